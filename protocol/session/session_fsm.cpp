#include "protocol/session/session_fsm.hpp"

#include "protocol/session/incoming_lac_fsm.hpp"
#include "protocol/session/incoming_lns_fsm.hpp"
#include "protocol/session/outgoing_lac_fsm.hpp"
#include "protocol/session/outgoing_lns_fsm.hpp"

namespace openl2tp::protocol {

const SessionRow* session_transition(SessionType type, SessionState from, SessionEvent on) noexcept {
  switch (type) {
  case SessionType::unspecified: return nullptr;
  case SessionType::lac_incoming: return find_row(incoming_lac_rows, from, on);
  case SessionType::lac_outgoing: return find_row(outgoing_lac_rows, from, on);
  case SessionType::lns_incoming: return find_row(incoming_lns_rows, from, on);
  case SessionType::lns_outgoing: return find_row(outgoing_lns_rows, from, on);
  }
  return nullptr;
}

} // namespace openl2tp::protocol
