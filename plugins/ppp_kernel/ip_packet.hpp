// Where things lie in an IPv4 or IPv6 packet (RFC 791, RFC 8200), and the numbers of TCP and UDP that the TUN path
// looks at. Reads only; views are of the caller's octets.
#pragma once

#include <optional>

#include "plugins/ppp_kernel/checksum.hpp"

namespace openl2tp::ppp_kernel {

enum class IpProtocol : std::uint8_t { tcp = 6, udp = 17, none = 59 };

/// A packet whose headers are whole.
struct IpPacket {
  ppp::Octets octets; // all of the packet and nothing else: padding behind it is cut off
  std::uint8_t version = 4;
  std::uint8_t protocol = 0;   // of what begins at `transport`; IpProtocol names those that matter
  bool fragment = false;       // a part of a datagram: what begins at `transport` need not be a header
  std::uint16_t transport = 0; // behind the IP headers; at most octets.size()

  [[nodiscard]] bool is(IpProtocol which) const noexcept {
    return protocol == static_cast<std::uint8_t>(which) && !fragment;
  }
  [[nodiscard]] ppp::Octets rest() const noexcept { return octets.subspan(transport); }
  [[nodiscard]] std::uint32_t source4() const noexcept { return u32_at(octets, 12); }
  [[nodiscard]] std::uint32_t destination4() const noexcept { return u32_at(octets, 16); }
  /// The upper and the lower half.
  [[nodiscard]] std::uint64_t source6(bool lower) const noexcept { return u64_at(octets, lower ? 16 : 8); }
  [[nodiscard]] std::uint64_t destination6(bool lower) const noexcept { return u64_at(octets, lower ? 32 : 24); }
};

constexpr std::size_t ipv4_header_min = 20, ipv6_header = 40, tcp_header_min = 20, udp_header = 8;
/// fe80::/64, where PPP's interface identifiers live (RFC 5072 section 5).
constexpr std::uint64_t link_local_prefix = 0xfe80'0000'0000'0000;

/// @return nullopt for what is no IP packet, or is not all there.
[[nodiscard]] std::optional<IpPacket> read_ip(ppp::Octets octets) noexcept;

/// The sum of the pseudo header (RFC 9293 section 3.1, RFC 8200 section 8.1) in front of `size` octets of `protocol`.
[[nodiscard]] Sum pseudo_sum(const IpPacket& packet, IpProtocol protocol, std::size_t size) noexcept;

/// The length of the TCP header at `transport`; 0: it is not whole.
[[nodiscard]] std::size_t tcp_header_size(const IpPacket& packet) noexcept;

constexpr std::size_t tcp_sequence = 4, tcp_acknowledgement = 8, tcp_flags = 13, tcp_checksum = 16;
constexpr std::uint8_t tcp_fin = 0x01, tcp_syn = 0x02, tcp_psh = 0x08, tcp_ack = 0x10, tcp_cwr = 0x80;
constexpr std::size_t udp_length = 4, udp_checksum = 6;

} // namespace openl2tp::ppp_kernel
