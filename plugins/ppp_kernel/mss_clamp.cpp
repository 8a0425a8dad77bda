#include "plugins/ppp_kernel/mss_clamp.hpp"

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::uint8_t option_end = 0, option_nothing = 1, option_mss = 2;

} // namespace

std::optional<MssOption> find_large_mss(const IpPacket& packet, std::size_t mtu) noexcept {
  const std::size_t header = tcp_header_size(packet);
  if (header <= tcp_header_min || (u8_at(packet.rest(), tcp_flags) & tcp_syn) == 0) return std::nullopt;
  // Options of IP and TCP are not counted: the sender makes room for them (RFC 6691).
  const std::size_t headers = (packet.version == 4 ? ipv4_header_min : ipv6_header) + tcp_header_min;
  if (mtu <= headers) return std::nullopt;
  const ppp::Octets tcp = packet.rest().first(header);
  for (std::size_t at = tcp_header_min; at < header;) {
    const std::uint8_t kind = u8_at(tcp, at);
    if (kind == option_end) break;
    if (kind == option_nothing) {
      ++at;
      continue;
    }
    if (header - at < 2) break;
    const std::size_t length = u8_at(tcp, at + 1);
    if (length < 2 || length > header - at) break;
    if (kind == option_mss && length == 4) {
      if (u16_at(tcp, at + 2) <= mtu - headers) break;
      return MssOption{.at = at + 2, .limit = static_cast<std::uint16_t>(mtu - headers)};
    }
    at += length;
  }
  return std::nullopt;
}

void lower_mss(std::span<std::byte> octets, const IpPacket& packet, const MssOption& option,
               bool checksummed) noexcept {
  const auto tcp = octets.subspan(packet.transport, tcp_header_size(packet));
  if (checksummed)
    change_u16(tcp, option.at, option.limit, tcp_checksum);
  else
    put_u16(tcp, option.at, option.limit);
}

} // namespace openl2tp::ppp_kernel
