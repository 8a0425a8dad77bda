// Rules about sessions and their PPP profiles that hold whichever plugin carries PPP.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include <openl2tp/ppp.h>

namespace openl2tp::ppp_profile {

/// Whether the peer has to prove who it is: what the profile says, else yes in sessions that the peer asked for.
[[nodiscard]] bool peer_must_authenticate(const openl2tp_ppp_params& params) noexcept;

/// One of `mtu` and `mru`. Not set, or 0, it is what fits into a datagram of the tunnel, where that is less than PPP's
/// own 1500: a packet that is larger would travel in fragments. @return nullopt: PPP's own
[[nodiscard]] std::optional<std::uint16_t> packet_size(bool given, std::uint16_t value, std::uint32_t fits) noexcept;

/// Whether `text` is the IPv4 address of these octets.
[[nodiscard]] bool is_address(const std::uint8_t (&octets)[4], std::string_view text) noexcept;

/// What a plugin has to offer.
struct Abilities {
  std::uint32_t methods = 0; // OPENL2TP_PPP_REFUSE_*: those of the methods that it knows
  bool radius = false;
};
/// Why the session cannot be had, now and later.
[[nodiscard]] std::optional<std::string_view> contradiction(const openl2tp_ppp_params& params,
                                                            const Abilities& abilities) noexcept;

} // namespace openl2tp::ppp_profile
