#include "plugins/ppp_engine/automaton.hpp"

namespace openl2tp::ppp {

std::string_view name(State state) noexcept {
  switch (state) {
  case State::initial: return "Initial";
  case State::starting: return "Starting";
  case State::closed: return "Closed";
  case State::stopped: return "Stopped";
  case State::closing: return "Closing";
  case State::stopping: return "Stopping";
  case State::req_sent: return "Req-Sent";
  case State::ack_rcvd: return "Ack-Rcvd";
  case State::ack_sent: return "Ack-Sent";
  case State::opened: return "Opened";
  }
  return "?";
}

std::string_view name(Event event) noexcept {
  switch (event) {
  case Event::up: return "Up";
  case Event::down: return "Down";
  case Event::open: return "Open";
  case Event::close: return "Close";
  case Event::to_plus: return "TO+";
  case Event::to_minus: return "TO-";
  case Event::rcr_plus: return "RCR+";
  case Event::rcr_minus: return "RCR-";
  case Event::rca: return "RCA";
  case Event::rcn: return "RCN";
  case Event::rtr: return "RTR";
  case Event::rta: return "RTA";
  case Event::ruc: return "RUC";
  case Event::rxj_plus: return "RXJ+";
  case Event::rxj_minus: return "RXJ-";
  case Event::rxr: return "RXR";
  }
  return "?";
}

} // namespace openl2tp::ppp
