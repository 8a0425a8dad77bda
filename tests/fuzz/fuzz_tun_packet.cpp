// Packets of TUN devices and of peers: their headers, the cut of large ones, the MSS, and joining. RFC 791, 8200, 9293.
// Oracle: views stay inside; segments cover the payload once and fit; what was joined and is cut again is what it was.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <vector>

#include "plugins/ppp_kernel/coalescer.hpp"
#include "plugins/ppp_kernel/mss_clamp.hpp"
#include "plugins/ppp_kernel/segmenter.hpp"
#include "tests/fuzz/check.hpp"

using namespace openl2tp::ppp_kernel;
using openl2tp::ppp::Octets;

namespace {

using Bytes = std::vector<std::byte>;

constexpr std::size_t room = 8; // in front of a packet; a guard

std::vector<Bytes> cut(const OffloadHeader& header, const Bytes& packet) {
  std::vector<Bytes> made;
  Bytes memory(room + packet.size());
  std::copy(packet.begin(), packet.end(), memory.begin() + room);
  auto segments = Segmenter::make(header, std::span(memory).subspan(room));
  if (!segments) return made;
  std::size_t octets = 0;
  for (auto segment = segments->next(); !segment.empty(); segment = segments->next()) {
    FUZZ_CHECK(segment.data() >= memory.data() + room &&
               segment.data() + segment.size() <= memory.data() + memory.size());
    FUZZ_CHECK(segment.size() <= segments->largest());
    made.emplace_back(segment.begin(), segment.end());
    octets += segment.size();
    std::memset(segment.data() - 4, 0xff, 4); // the PPP header
  }
  FUZZ_CHECK(made.size() == segments->count() && octets == segments->octets());
  return made;
}

void check_read(const Bytes& octets) {
  const auto packet = read_ip(octets);
  if (!packet) return;
  FUZZ_CHECK(packet->octets.data() == octets.data() && packet->octets.size() <= octets.size());
  FUZZ_CHECK(packet->transport <= packet->octets.size());
  const std::size_t tcp = tcp_header_size(*packet);
  FUZZ_CHECK(tcp == 0 || (tcp >= tcp_header_min && tcp <= packet->rest().size()));
  for (const std::size_t mtu : {0U, 60U, 576U, 1'400U}) {
    const auto option = find_large_mss(*packet, mtu);
    if (!option) continue;
    FUZZ_CHECK(option->at >= tcp_header_min + 2 && option->at + 2 <= tcp);
    Bytes changed = octets;
    const Sum before = pseudo_sum(*packet, IpProtocol::tcp, packet->rest().size()) + sum_of(packet->rest());
    lower_mss(changed, *packet, *option, true);
    const auto again = read_ip(changed);
    FUZZ_CHECK(again && !find_large_mss(*again, mtu));
    const Sum after = pseudo_sum(*again, IpProtocol::tcp, again->rest().size()) + sum_of(again->rest());
    // A right checksum stays right, a wrong one wrong.
    FUZZ_CHECK((fold(before) == 0xffff) == (fold(after) == 0xffff));
  }
}

/// Packets, each with two octets of length in front, as one batch.
void check_joined(std::span<const std::uint8_t> input) {
  std::vector<Bytes> packets;
  while (input.size() > 2 && packets.size() < Coalescer::packets_max) {
    const std::size_t size = std::min<std::size_t>(std::size_t{input[0]} << 8 | input[1], input.size() - 2);
    const auto octets = std::as_bytes(input.subspan(2, size));
    packets.emplace_back(octets.begin(), octets.end());
    input = input.subspan(2 + size);
  }
  Coalescer coalescer(true);
  std::vector<Bytes> given, written;
  for (const Bytes& packet : packets)
    if (const auto read = read_ip(packet)) {
      coalescer.add(*read);
      given.emplace_back(read->octets.begin(), read->octets.end());
    }
  for (const auto parts : coalescer.outputs()) {
    FUZZ_CHECK(!parts.empty() && parts[0].iov_len == offload_header_size);
    OffloadHeader header;
    std::memcpy(&header, parts[0].iov_base, sizeof header);
    Bytes whole;
    for (const iovec& part : parts.subspan(1)) {
      const auto* octets = static_cast<const std::byte*>(part.iov_base);
      whole.insert(whole.end(), octets, octets + part.iov_len);
    }
    FUZZ_CHECK(whole.size() <= offload_packet_max);
    auto segments = cut(header, whole);
    FUZZ_CHECK(!segments.empty());
    written.insert(written.end(), segments.begin(), segments.end());
  }
  // Streams may change places among each other, and identifications of packets that are not fragmented do not count.
  const auto plain = [](Bytes packet) {
    const auto read = read_ip(packet);
    if (read && read->version == 4 && (u8_at(packet, 6) & 0x40) != 0) {
      put_u16(packet, 4, 0);
      put_u16(packet, 10, 0);
    }
    // A checksum has two zeros.
    if (read && read->is(IpProtocol::udp) && read->rest().size() >= udp_header &&
        u16_at(read->rest(), udp_checksum) == 0xffff)
      put_u16(packet, read->transport + udp_checksum, 0);
    if (read && read->is(IpProtocol::tcp) && read->rest().size() >= tcp_header_min &&
        u16_at(read->rest(), tcp_checksum) == 0xffff)
      put_u16(packet, read->transport + tcp_checksum, 0);
    return packet;
  };
  std::transform(given.begin(), given.end(), given.begin(), plain);
  std::transform(written.begin(), written.end(), written.begin(), plain);
  std::sort(given.begin(), given.end());
  std::sort(written.begin(), written.end());
  FUZZ_CHECK(given == written);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  if (data[0] % 2 != 0) {
    check_joined({data + 1, size - 1});
    return 0;
  }
  if (size < 1 + offload_header_size) return 0;
  OffloadHeader header;
  std::memcpy(&header, data + 1, sizeof header);
  const auto octets = std::as_bytes(std::span(data, size).subspan(1 + offload_header_size));
  const Bytes packet(octets.begin(), octets.end());
  check_read(packet);
  (void)cut(header, packet);
  return 0;
}
