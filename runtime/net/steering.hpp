// Which shard a datagram belongs to, read from its first octets: the rule of the kernel's steering program, for a shard
// that gets a datagram of another (after a hash, or from a tunnel's own socket) and hands it over.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace openl2tp::runtime {

/// Tunnel id of an L2TP header (RFC 2661 §3.1), not validated further; 0 when there is none or the datagram is too
/// short.
[[nodiscard]] inline std::uint16_t peek_tunnel_id(std::span<const std::byte> datagram) noexcept {
  constexpr std::byte has_length{0x40};
  if (datagram.size() < 2) return 0;
  const std::size_t at = (datagram[0] & has_length) != std::byte{0} ? 4 : 2;
  if (datagram.size() < at + 2) return 0;
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(datagram[at]) << 8 |
                                    std::to_integer<unsigned>(datagram[at + 1]));
}

/// The shard whose class the tunnel id is in; nullopt without a tunnel id: whoever gets it may keep it.
[[nodiscard]] inline std::optional<unsigned> steered_shard(std::span<const std::byte> datagram,
                                                           unsigned shards) noexcept {
  const std::uint16_t id = peek_tunnel_id(datagram);
  if (id == 0 || shards == 0) return std::nullopt;
  return id % shards;
}

} // namespace openl2tp::runtime
