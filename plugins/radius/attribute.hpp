// Attributes by number: RFC 2865 to 2869, 2548, 2868, 3162, 5176. Names and numbers only; values are read in
// packet.hpp.
#pragma once

#include <compare>
#include <cstdint>

namespace openl2tp::radius {

/// An attribute of the RADIUS space (`vendor` 0) or of a vendor (its SMI number, RFC 2865 5.26).
struct AttributeId {
  std::uint32_t vendor = 0;
  std::uint8_t type = 0;
  auto operator<=>(const AttributeId&) const = default;
};

inline constexpr std::uint32_t vendor_microsoft = 311;

namespace attribute {

inline constexpr AttributeId user_name{0, 1}, user_password{0, 2}, chap_password{0, 3}, framed_ip_address{0, 8},
    reply_message{0, 18}, state{0, 24}, class_{0, 25}, vendor_specific{0, 26}, proxy_state{0, 33},
    chap_challenge{0, 60}, tunnel_password{0, 69}, eap_message{0, 79}, message_authenticator{0, 80};
inline constexpr AttributeId ms_chap_response{vendor_microsoft, 1}, ms_chap_error{vendor_microsoft, 2},
    ms_chap_challenge{vendor_microsoft, 11}, ms_mppe_send_key{vendor_microsoft, 16},
    ms_mppe_recv_key{vendor_microsoft, 17}, ms_chap2_response{vendor_microsoft, 25},
    ms_chap2_success{vendor_microsoft, 26};

} // namespace attribute

} // namespace openl2tp::radius
