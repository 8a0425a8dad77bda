#include "plugins/ppp_kernel/ip_packet.hpp"

namespace openl2tp::ppp_kernel {

namespace {

constexpr int extension_headers_max = 8; // RFC 8200 section 4.1 knows fewer; more are not looked behind

// RFC 8200 section 4.
constexpr std::uint8_t hop_by_hop = 0, routing = 43, fragmentation = 44, destination_options = 60;

std::optional<IpPacket> read_ipv4(ppp::Octets octets) noexcept {
  if (octets.size() < ipv4_header_min) return std::nullopt;
  const std::size_t header = (u8_at(octets, 0) & 0x0fU) * 4U, size = u16_at(octets, 2);
  if (header < ipv4_header_min || size < header || size > octets.size()) return std::nullopt;
  IpPacket packet;
  packet.octets = octets.first(size);
  packet.protocol = u8_at(octets, 9);
  packet.fragment = (u16_at(octets, 6) & 0x3fffU) != 0; // more fragments, or an offset
  packet.transport = static_cast<std::uint16_t>(header);
  return packet;
}

std::optional<IpPacket> read_ipv6(ppp::Octets octets) noexcept {
  if (octets.size() < ipv6_header) return std::nullopt;
  const std::size_t size = ipv6_header + u16_at(octets, 4);
  if (size > octets.size()) return std::nullopt;
  IpPacket packet;
  packet.octets = octets.first(size);
  packet.version = 6;
  packet.protocol = u8_at(octets, 6);
  std::size_t at = ipv6_header;
  for (int i = 0; i < extension_headers_max; ++i) {
    const std::uint8_t kind = packet.protocol;
    const bool options = kind == hop_by_hop || kind == routing || kind == destination_options;
    if (!options && kind != fragmentation) break;
    std::size_t length = 8;
    if (size - at >= length && options) length += std::size_t{u8_at(octets, at + 1)} * 8;
    if (size - at < length) { // cut short: nobody knows what it carries
      packet.protocol = static_cast<std::uint8_t>(IpProtocol::none);
      at = size;
      break;
    }
    packet.protocol = u8_at(octets, at);
    if (kind == fragmentation && (u16_at(octets, at + 2) & 0xfff9U) != 0) packet.fragment = true;
    at += length;
  }
  packet.transport = static_cast<std::uint16_t>(at);
  return packet;
}

} // namespace

std::optional<IpPacket> read_ip(ppp::Octets octets) noexcept {
  if (octets.empty()) return std::nullopt;
  const unsigned version = u8_at(octets, 0) >> 4;
  if (version == 4) return read_ipv4(octets);
  return version == 6 ? read_ipv6(octets) : std::nullopt;
}

Sum pseudo_sum(const IpPacket& packet, IpProtocol protocol, std::size_t size) noexcept {
  const ppp::Octets addresses = packet.version == 4 ? packet.octets.subspan(12, 8) : packet.octets.subspan(8, 32);
  // The length has 32 bits with IPv6, of which the upper are zero here.
  return sum_of(addresses) + sum_of_u16(static_cast<std::uint8_t>(protocol)) +
         sum_of_u16(static_cast<std::uint16_t>(size));
}

std::size_t tcp_header_size(const IpPacket& packet) noexcept {
  const ppp::Octets rest = packet.rest();
  if (!packet.is(IpProtocol::tcp) || rest.size() < tcp_header_min) return 0;
  const std::size_t size = (u8_at(rest, 12) >> 4) * 4U;
  return size < tcp_header_min || size > rest.size() ? 0 : size;
}

} // namespace openl2tp::ppp_kernel
