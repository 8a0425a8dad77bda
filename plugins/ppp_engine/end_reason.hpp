// Why a link ended, and which result of RFC 2661 4.4.2 the session's CDN then has.
#pragma once

#include <cstdint>
#include <string_view>

namespace openl2tp::ppp {

enum class EndReason : std::uint8_t {
  none,
  local_close,            // Link::close()
  peer_terminated,        // the peer's Terminate-Request
  peer_silent,            // Configure-Requests without an answer
  echo_failure,           // Echo-Requests without an answer
  not_converging,         // LCP options that the two sides cannot agree on
  looped_back,            // we hear ourselves
  protocol_rejected,      // the peer rejected what PPP cannot do without
  peer_refuses_auth,      // the peer will not authenticate itself in any way that we take
  we_refuse_auth,         // the peer wants a proof that we do not give
  authentication_failed,  // the peer's proof is wrong
  we_are_refused,         // the peer says that ours is
  peer_not_genuine,       // MS-CHAPv2: the authenticator does not know the password either
  authentication_timeout, // no answer from the peer, or from who decides
  no_network,             // no network protocol came up, or none is left
  no_address,             // the owner had no address to give
  establish_timeout,      // not up in the time allowed
  idle_timeout,
  connect_time,            // longer than the profile allows
  too_many_renegotiations, // the peer starts over for ever
};
inline constexpr std::size_t end_reason_count = 20;

/// For logs and for the CDN's message; no control characters, below 60 octets.
[[nodiscard]] std::string_view name(EndReason reason) noexcept;

/// Result Code of the CDN: 1 lost carrier, 3 administrative, 4 no facilities for now, 10 not established in time, 11 no
/// appropriate framing.
[[nodiscard]] std::uint16_t cdn_result(EndReason reason) noexcept;

} // namespace openl2tp::ppp
