#include "plugins/ppp_engine/end_reason.hpp"

namespace openl2tp::ppp {

std::string_view name(EndReason reason) noexcept {
  switch (reason) {
  case EndReason::none: return "not ended";
  case EndReason::local_close: return "closed here";
  case EndReason::peer_terminated: return "peer terminated PPP";
  case EndReason::peer_silent: return "peer does not answer LCP";
  case EndReason::echo_failure: return "peer does not answer echo requests";
  case EndReason::not_converging: return "LCP options do not converge";
  case EndReason::looped_back: return "line is looped back";
  case EndReason::protocol_rejected: return "peer rejects a required protocol";
  case EndReason::peer_refuses_auth: return "peer refuses to authenticate itself";
  case EndReason::we_refuse_auth: return "peer wants an authentication that is not allowed here";
  case EndReason::authentication_failed: return "authentication failed";
  case EndReason::we_are_refused: return "peer refuses our authentication";
  case EndReason::peer_not_genuine: return "peer does not know the password";
  case EndReason::authentication_timeout: return "authentication timed out";
  case EndReason::no_network: return "no network protocol is up";
  case EndReason::no_address: return "no address to give";
  case EndReason::establish_timeout: return "not established in time";
  case EndReason::idle_timeout: return "idle for too long";
  case EndReason::connect_time: return "connected for as long as allowed";
  case EndReason::too_many_renegotiations: return "peer renegotiates too often";
  }
  return "?";
}

std::uint16_t cdn_result(EndReason reason) noexcept {
  constexpr std::uint16_t lost_carrier = 1, administrative = 3, no_facilities = 4, not_in_time = 10, no_framing = 11;
  switch (reason) {
  case EndReason::none:
  case EndReason::peer_terminated:
  case EndReason::echo_failure: return lost_carrier;
  case EndReason::local_close:
  case EndReason::peer_refuses_auth:
  case EndReason::we_refuse_auth:
  case EndReason::authentication_failed:
  case EndReason::we_are_refused:
  case EndReason::peer_not_genuine:
  case EndReason::idle_timeout:
  case EndReason::connect_time: return administrative;
  case EndReason::no_address: return no_facilities;
  case EndReason::peer_silent:
  case EndReason::authentication_timeout:
  case EndReason::establish_timeout: return not_in_time;
  case EndReason::not_converging:
  case EndReason::looped_back:
  case EndReason::protocol_rejected:
  case EndReason::no_network:
  case EndReason::too_many_renegotiations: return no_framing;
  }
  return lost_carrier;
}

} // namespace openl2tp::ppp
