// The names of states, events, steps and causes, for traces, logs and ARCHITECTURE.md.
#include "protocol/action.hpp"
#include "protocol/session/session_fsm.hpp"
#include "protocol/tunnel/tunnel_fsm.hpp"

namespace openl2tp::protocol {

#define NAME(type, value)                                                                                              \
  case type::value: return #value

std::string_view name(EndCause cause) noexcept {
  switch (cause) {
  case EndCause::local_request: return "local request";
  case EndCause::peer_request: return "peer request";
  case EndCause::peer_silent: return "peer silent";
  case EndCause::establish_timeout: return "not established in time";
  case EndCause::idle_timeout: return "idle";
  case EndCause::protocol_error: return "protocol error";
  case EndCause::not_authorised: return "not authorised";
  case EndCause::tie_lost: return "tie lost";
  case EndCause::evicted: return "too many half-open tunnels";
  case EndCause::peer_restarted: return "peer restarted";
  case EndCause::stale_request: return "late or forged SCCRQ";
  case EndCause::tunnel_ended: return "tunnel ended";
  case EndCause::no_bearer: return "call not placed";
  case EndCause::no_resources: return "out of resources";
  }
  return "?";
}

std::string_view name(TunnelState state) noexcept {
  switch (state) {
    NAME(TunnelState, idle);
    NAME(TunnelState, wait_ctl_reply);
    NAME(TunnelState, wait_ctl_conn);
    NAME(TunnelState, established);
    NAME(TunnelState, closing);
  }
  return "?";
}

std::string_view name(TunnelEvent event) noexcept {
  switch (event) {
    NAME(TunnelEvent, open_request);
    NAME(TunnelEvent, sccrq_ok);
    NAME(TunnelEvent, sccrq_tie_lost);
    NAME(TunnelEvent, sccrq);
    NAME(TunnelEvent, sccrp_ok);
    NAME(TunnelEvent, sccrp_bad);
    NAME(TunnelEvent, scccn_ok);
    NAME(TunnelEvent, scccn_bad);
    NAME(TunnelEvent, stopccn);
    NAME(TunnelEvent, close_request);
    NAME(TunnelEvent, malformed);
    NAME(TunnelEvent, establish_timeout);
    NAME(TunnelEvent, peer_silent);
    NAME(TunnelEvent, closed);
    NAME(TunnelEvent, superseded);
  }
  return "?";
}

std::string_view name(TunnelDo step) noexcept {
  switch (step) {
    NAME(TunnelDo, nothing);
    NAME(TunnelDo, send_sccrq);
    NAME(TunnelDo, send_sccrp);
    NAME(TunnelDo, send_scccn);
    NAME(TunnelDo, send_stopccn);
    NAME(TunnelDo, come_up);
    NAME(TunnelDo, go_down);
    NAME(TunnelDo, forget);
    NAME(TunnelDo, keep_acknowledging);
  }
  return "?";
}

std::string_view name(SessionType type) noexcept {
  switch (type) {
  case SessionType::unspecified: return "unspecified";
  case SessionType::lac_incoming: return "incoming-lac";
  case SessionType::lac_outgoing: return "outgoing-lac";
  case SessionType::lns_incoming: return "incoming-lns";
  case SessionType::lns_outgoing: return "outgoing-lns";
  }
  return "?";
}

std::string_view name(SessionState state) noexcept {
  switch (state) {
    NAME(SessionState, idle);
    NAME(SessionState, wait_tunnel);
    NAME(SessionState, wait_reply);
    NAME(SessionState, wait_connect);
    NAME(SessionState, wait_cs_answer);
    NAME(SessionState, established);
  }
  return "?";
}

std::string_view name(SessionEvent event) noexcept {
  switch (event) {
    NAME(SessionEvent, open_request);
    NAME(SessionEvent, tunnel_open);
    NAME(SessionEvent, icrq_ok);
    NAME(SessionEvent, icrq_bad);
    NAME(SessionEvent, icrp_ok);
    NAME(SessionEvent, icrp_bad);
    NAME(SessionEvent, iccn_ok);
    NAME(SessionEvent, iccn_bad);
    NAME(SessionEvent, ocrq_ok);
    NAME(SessionEvent, ocrq_bad);
    NAME(SessionEvent, ocrp_ok);
    NAME(SessionEvent, ocrp_bad);
    NAME(SessionEvent, occn_ok);
    NAME(SessionEvent, occn_bad);
    NAME(SessionEvent, cdn);
    NAME(SessionEvent, bearer_up);
    NAME(SessionEvent, bearer_failed);
    NAME(SessionEvent, close_request);
    NAME(SessionEvent, malformed);
    NAME(SessionEvent, timeout);
  }
  return "?";
}

std::string_view name(SessionDo step) noexcept {
  switch (step) {
    NAME(SessionDo, nothing);
    NAME(SessionDo, send_icrq);
    NAME(SessionDo, send_icrp);
    NAME(SessionDo, send_iccn);
    NAME(SessionDo, send_ocrq);
    NAME(SessionDo, send_ocrp);
    NAME(SessionDo, send_occn);
    NAME(SessionDo, send_cdn);
    NAME(SessionDo, open_bearer);
    NAME(SessionDo, come_up);
    NAME(SessionDo, clean_up);
  }
  return "?";
}

#undef NAME

} // namespace openl2tp::protocol
