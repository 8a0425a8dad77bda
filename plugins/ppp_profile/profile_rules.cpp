#include "plugins/ppp_profile/profile_rules.hpp"

#include <array>
#include <cstring>
#include <string>

#include <arpa/inet.h>

namespace openl2tp::ppp_profile {

namespace {

constexpr std::size_t text_max = 255; // of PAP, CHAP and pppd

} // namespace

bool peer_must_authenticate(const openl2tp_ppp_params& params) noexcept {
  const std::uint32_t options = params.profile->options;
  if ((options & OPENL2TP_PPP_AUTH_PEER) != 0) return true;
  if ((options & OPENL2TP_PPP_AUTH_NONE) != 0) return false;
  return (params.flags & OPENL2TP_PPP_LOCAL) == 0;
}

bool is_address(const std::uint8_t (&octets)[4], std::string_view text) noexcept {
  std::array<char, INET_ADDRSTRLEN> copy{};
  if (text.empty() || text.size() >= copy.size()) return false;
  std::memcpy(copy.data(), text.data(), text.size());
  std::array<std::uint8_t, 4> read{};
  return inet_pton(AF_INET, copy.data(), read.data()) == 1 && std::memcmp(read.data(), octets, read.size()) == 0;
}

std::optional<std::uint16_t> packet_size(bool given, std::uint16_t value, std::uint32_t fits) noexcept {
  constexpr std::uint32_t ppp_default = 1'500, ppp_least = 128;
  if (given && value != 0) return value;
  if (fits >= ppp_least && fits < ppp_default) return static_cast<std::uint16_t>(fits);
  return std::nullopt;
}

std::optional<std::string_view> contradiction(const openl2tp_ppp_params& params, const Abilities& abilities) noexcept {
  const openl2tp_ppp_profile& profile = *params.profile;
  if (peer_must_authenticate(params)) {
    if ((profile.options & OPENL2TP_PPP_USE_RADIUS) != 0 && !abilities.radius)
      return "the profile wants RADIUS (use_radius), which is not there";
    if ((profile.options & abilities.methods) == abilities.methods)
      return "the peer has to authenticate, and every method is refused";
  }
  if (params.user_name_length > text_max) return "the user name has more than 255 octets";
  if (params.user_password_length > text_max) return "the password has more than 255 octets";
  if ((profile.given & OPENL2TP_PPP_GIVEN_PEER_ADDRESS) != 0 && params.peer_address != nullptr &&
      is_address(profile.peer_address, {params.peer_address, params.peer_address_length}))
    return "remote_ipaddr is the peer's end of the tunnel: the tunnel would carry itself";
  return std::nullopt;
}

} // namespace openl2tp::ppp_profile
