// The words that the four session state machines share. RFC 2661 §7.4 and §7.5; each has its own table in a file of its
// own.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/fsm.hpp"
#include "protocol/settings.hpp"

namespace openl2tp::protocol {

enum class SessionState : std::uint8_t { idle, wait_tunnel, wait_reply, wait_connect, wait_cs_answer, established };
inline constexpr std::size_t session_state_count = 6;

enum class SessionEvent : std::uint8_t {
  open_request, // "bearer ring", "local open request"
  tunnel_open,
  icrq_ok,
  icrq_bad,
  icrp_ok,
  icrp_bad,
  iccn_ok,
  iccn_bad,
  ocrq_ok,
  ocrq_bad,
  ocrp_ok,
  ocrp_bad,
  occn_ok,
  occn_bad,
  cdn,
  bearer_up, // "bearer answer, framing detected"
  bearer_failed,
  close_request, // "local close request", "bearer line drop"
  malformed,     // beyond the tables, §7.1: a message for the session that cannot be decoded
  timeout,       // beyond the tables: an operator's bound on the time to establish
};
inline constexpr std::size_t session_event_count = 20;

enum class SessionDo : std::uint8_t {
  nothing,
  send_icrq,
  send_icrp,
  send_iccn,
  send_ocrq,
  send_ocrp,
  send_occn,
  send_cdn,
  open_bearer,
  come_up,
  clean_up, // report the end and forget the session
};

using SessionRow = FsmRow<SessionState, SessionEvent, SessionDo>;

/// The row of `type`'s table; nullptr when it has none: the pair is ignored.
[[nodiscard]] const SessionRow* session_transition(SessionType type, SessionState from, SessionEvent on) noexcept;

[[nodiscard]] std::string_view name(SessionType type) noexcept; // "incoming-lac", ...
[[nodiscard]] std::string_view name(SessionState state) noexcept;
[[nodiscard]] std::string_view name(SessionEvent event) noexcept;
[[nodiscard]] std::string_view name(SessionDo step) noexcept;

} // namespace openl2tp::protocol
