#include "plugins/ppp_kernel/coalescer.hpp"

#include <algorithm>

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::uint8_t dont_fragment = 0x40;
constexpr std::size_t tcp_window = 14, tcp_urgent = 18;

bool same_octets(ppp::Octets a, ppp::Octets b, std::size_t at, std::size_t size) noexcept {
  return std::memcmp(a.subspan(at, size).data(), b.subspan(at, size).data(), size) == 0;
}

/// All headers of a packet that may be joined to others; 0: it may not.
std::size_t joinable(const IpPacket& packet) noexcept {
  const std::size_t plain = packet.version == 4 ? ipv4_header_min : ipv6_header;
  if (packet.transport != plain) return 0; // options
  const ppp::Octets rest = packet.rest();
  if (packet.is(IpProtocol::tcp)) {
    const std::size_t size = tcp_header_size(packet);
    if (size == 0 || size == rest.size() || (u8_at(rest, tcp_flags) & ~tcp_psh) != tcp_ack) return 0;
    return plain + size;
  }
  if (!packet.is(IpProtocol::udp) || rest.size() <= udp_header || u16_at(rest, udp_length) != rest.size()) return 0;
  return u16_at(rest, udp_checksum) == 0 ? 0 : plain + udp_header;
}

bool same_flow(const IpPacket& a, const IpPacket& b) noexcept {
  if (a.version != b.version || a.protocol != b.protocol || a.fragment != b.fragment) return false;
  const bool same = a.version == 4 ? same_octets(a.octets, b.octets, 12, 8) : same_octets(a.octets, b.octets, 8, 32);
  return same && a.rest().size() >= 4 && b.rest().size() >= 4 && same_octets(a.rest(), b.rest(), 0, 4); // ports
}

bool checksum_is_right(const IpPacket& packet) noexcept {
  const ppp::Octets rest = packet.rest();
  const auto protocol = static_cast<IpProtocol>(packet.protocol);
  if (packet.version == 4 && fold(sum_of(packet.octets.first(packet.transport))) != 0xffff) return false;
  return fold(pseudo_sum(packet, protocol, rest.size()) + sum_of(rest)) == 0xffff;
}

/// What is not a number that counts on has to be the same.
bool same_headers(const IpPacket& a, const IpPacket& b, std::size_t header_size) noexcept {
  if (a.version == 4) {
    // Type of service, flags, time to live.
    if (!same_octets(a.octets, b.octets, 0, 2) || !same_octets(a.octets, b.octets, 6, 3)) return false;
  } else if (!same_octets(a.octets, b.octets, 0, 4) || !same_octets(a.octets, b.octets, 7, 1)) {
    return false; // traffic class, flow label, hop limit
  }
  if (!a.is(IpProtocol::tcp)) return true;
  const std::size_t tcp = header_size - a.transport;
  return same_octets(a.rest(), b.rest(), tcp_acknowledgement, 5) && same_octets(a.rest(), b.rest(), tcp_window, 2) &&
         same_octets(a.rest(), b.rest(), tcp_urgent, tcp - tcp_urgent);
}

} // namespace

void Coalescer::add(const IpPacket& packet) {
  if (!offloads_ || packet.fragment || (!packet.is(IpProtocol::tcp) && !packet.is(IpProtocol::udp))) {
    add_output(packet);
    return;
  }
  const std::size_t header_size = joinable(packet);
  for (std::size_t i = 0; i < streams_used_; ++i) {
    if (!same_flow(streams_[i].packet, packet)) continue;
    if (header_size != 0 && join(streams_[i], packet, header_size)) {
      std::rotate(streams_.begin(), streams_.begin() + static_cast<std::ptrdiff_t>(i),
                  streams_.begin() + static_cast<std::ptrdiff_t>(i) + 1);
      // A segment that is shorter, or is to be pushed, is the last.
      if (packet.octets.size() - header_size < streams_[0].segment_size || (streams_[0].flags & tcp_psh) != 0)
        forget(0);
      return;
    }
    forget(i); // what comes later must not overtake this packet
    break;
  }
  const std::uint32_t output = add_output(packet);
  if (header_size != 0) begin(packet, output, header_size);
}

std::uint32_t Coalescer::add_output(const IpPacket& packet) {
  const auto piece = static_cast<std::uint32_t>(pieces_.size());
  pieces_.push_back({.octets = packet.octets});
  outputs_.push_back({});
  outputs_.back().first = outputs_.back().last = piece;
  return static_cast<std::uint32_t>(outputs_.size() - 1);
}

void Coalescer::begin(const IpPacket& packet, std::uint32_t output, std::size_t header_size) {
  const bool tcp = packet.is(IpProtocol::tcp);
  const std::uint8_t flags = tcp ? u8_at(packet.rest(), tcp_flags) : std::uint8_t{0};
  if ((flags & tcp_psh) != 0) return;
  if (streams_used_ == streams_max) forget(streams_max - 1);
  std::move_backward(streams_.begin(), streams_.begin() + static_cast<std::ptrdiff_t>(streams_used_),
                     streams_.begin() + static_cast<std::ptrdiff_t>(streams_used_) + 1);
  ++streams_used_;
  Stream& stream = streams_[0];
  stream.packet = packet;
  stream.output = output;
  stream.header_size = header_size;
  stream.segment_size = packet.octets.size() - header_size;
  stream.size = packet.octets.size();
  stream.flags = flags;
  if (tcp) stream.next_sequence = u32_at(packet.rest(), tcp_sequence) + static_cast<std::uint32_t>(stream.segment_size);
  if (packet.version == 4) stream.next_identification = static_cast<std::uint16_t>(u16_at(packet.octets, 4) + 1);
}

bool Coalescer::join(Stream& stream, const IpPacket& packet, std::size_t header_size) {
  Output& output = outputs_[stream.output];
  const std::size_t payload = packet.octets.size() - header_size;
  const bool tcp = packet.is(IpProtocol::tcp);
  if (header_size != stream.header_size || payload > stream.segment_size ||
      stream.size + payload > offload_packet_max || output.pieces == pieces_a_packet)
    return false;
  if (tcp && u32_at(packet.rest(), tcp_sequence) != stream.next_sequence) return false;
  if (!same_headers(stream.packet, packet, header_size)) return false;
  // Nobody puts fragments together whose numbers the kernel makes up when it cuts the packet again.
  if (packet.version == 4 && (u8_at(packet.octets, 6) & dont_fragment) == 0 &&
      u16_at(packet.octets, 4) != stream.next_identification)
    return false;
  // The kernel believes us that they are right.
  if (!checksum_is_right(packet) || (output.pieces == 1 && !checksum_is_right(stream.packet))) return false;

  if (output.pieces == 1) {
    std::memcpy(output.header.data(), stream.packet.octets.data(), header_size);
    output.header_size = static_cast<std::uint16_t>(header_size);
    pieces_[output.first].octets = stream.packet.octets.subspan(header_size);
  }
  const auto piece = static_cast<std::uint32_t>(pieces_.size());
  pieces_.push_back({.octets = packet.octets.subspan(header_size)});
  pieces_[output.last].next = piece;
  output.last = piece;
  ++output.pieces;
  stream.size += payload;
  if (tcp) {
    stream.next_sequence += static_cast<std::uint32_t>(payload);
    stream.flags |= u8_at(packet.rest(), tcp_flags);
  }
  ++stream.next_identification;
  return true;
}

/// Makes the header of what was joined.
void Coalescer::finish(const Stream& stream) noexcept {
  Output& output = outputs_[stream.output];
  if (output.pieces == 1) return;
  const auto header = std::span(output.header).first(output.header_size);
  const bool tcp = stream.packet.is(IpProtocol::tcp);
  const std::size_t transport = stream.packet.transport, rest = stream.size - transport;
  if (stream.packet.version == 4) {
    put_u16(header, 2, static_cast<std::uint16_t>(stream.size));
    put_u16(header, 10, 0);
    put_folded(header, 10, static_cast<std::uint16_t>(~fold(sum_of(header.first(transport)))));
  } else {
    put_u16(header, 4, static_cast<std::uint16_t>(rest));
  }
  const std::size_t checksum = tcp ? tcp_checksum : udp_checksum;
  if (tcp)
    header[transport + tcp_flags] = static_cast<std::byte>(stream.flags);
  else
    put_u16(header, transport + udp_length, static_cast<std::uint16_t>(rest));
  const auto protocol = static_cast<IpProtocol>(stream.packet.protocol);
  put_folded(header, transport + checksum, fold(pseudo_sum(stream.packet, protocol, rest)));
  output.offload = {.flags = needs_checksum,
                    .gso_type = !tcp                         ? gso_udp
                                : stream.packet.version == 4 ? gso_tcp4
                                                             : gso_tcp6,
                    .header_size = output.header_size,
                    .gso_size = static_cast<std::uint16_t>(stream.segment_size),
                    .checksum_start = stream.packet.transport,
                    .checksum_offset = static_cast<std::uint16_t>(checksum)};
}

void Coalescer::forget(std::size_t index) noexcept {
  finish(streams_[index]);
  std::move(streams_.begin() + static_cast<std::ptrdiff_t>(index) + 1,
            streams_.begin() + static_cast<std::ptrdiff_t>(streams_used_),
            streams_.begin() + static_cast<std::ptrdiff_t>(index));
  --streams_used_;
}

std::span<const std::span<const iovec>> Coalescer::outputs() {
  while (streams_used_ != 0)
    forget(streams_used_ - 1);
  vectors_.clear();
  vectors_.reserve(pieces_.size() + 2 * outputs_.size()); // so that it stays where it is
  written_.clear();
  const auto put = [&](const void* octets, std::size_t size) { vectors_.push_back({const_cast<void*>(octets), size}); };
  for (Output& output : outputs_) {
    const std::size_t begin = vectors_.size();
    if (offloads_) put(&output.offload, offload_header_size);
    if (output.header_size != 0) put(output.header.data(), output.header_size);
    for (std::uint32_t piece = output.first; piece != none; piece = pieces_[piece].next)
      put(pieces_[piece].octets.data(), pieces_[piece].octets.size());
    written_.push_back(std::span(vectors_).subspan(begin));
  }
  return written_;
}

void Coalescer::clear() noexcept {
  streams_used_ = 0;
  outputs_.clear();
  pieces_.clear();
}

} // namespace openl2tp::ppp_kernel
