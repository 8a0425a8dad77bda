// Keeps TCP's segments as small as a link's packets have to be, where path MTU discovery would have to find out: the
// MSS option (RFC 9293 section 3.7.1) of a SYN that passes is lowered to what fits.
#pragma once

#include "plugins/ppp_kernel/ip_packet.hpp"

namespace openl2tp::ppp_kernel {

/// Where the MSS is that has to be lowered.
struct MssOption {
  std::size_t at = 0; // of its value, in the TCP header
  std::uint16_t limit = 0;
};

/// @param mtu of the link @return nullopt: this packet passes as it is
[[nodiscard]] std::optional<MssOption> find_large_mss(const IpPacket& packet, std::size_t mtu) noexcept;

/// Lowers it. `octets` are those of the packet in which it was found, or a copy.
/// @param checksummed false: TCP's checksum is still to be made, and not touched
void lower_mss(std::span<std::byte> octets, const IpPacket& packet, const MssOption& option, bool checksummed) noexcept;

} // namespace openl2tp::ppp_kernel
