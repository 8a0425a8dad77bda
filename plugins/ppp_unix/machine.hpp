// The life of one session's PPP as a table. What each step does is session.cpp's business.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace openl2tp::ppp_unix {

enum class State : std::uint8_t {
  starting, // pppd runs, no network protocol is up
  up,       // one was up at least once
  ended,    // the daemon knows; it will close the session
};

enum class Event : std::uint8_t {
  network_up,    // IPCP or IPV6CP is up
  process_ended, // pppd is gone
  broken,        // pppd says what cannot be understood
  out_of_time,   // not up within the limit
};

enum class Step : std::uint8_t {
  none,
  report_up,
  update_facts, // a second network protocol, or the first one again
  report_down,
};

struct Row {
  State from;
  Event on;
  Step step;
  State to;
};

inline constexpr std::array rows{
    Row{State::starting, Event::network_up, Step::report_up, State::up},
    Row{State::starting, Event::process_ended, Step::report_down, State::ended},
    Row{State::starting, Event::broken, Step::report_down, State::ended},
    Row{State::starting, Event::out_of_time, Step::report_down, State::ended},
    Row{State::up, Event::network_up, Step::update_facts, State::up},
    Row{State::up, Event::process_ended, Step::report_down, State::ended},
    Row{State::up, Event::broken, Step::report_down, State::ended},
};

/// What `event` does in `from`. Pairs without a row change nothing: pppd may end after a session was reported down.
[[nodiscard]] constexpr Row transition(State from, Event event) noexcept {
  for (const Row& row : rows)
    if (row.from == from && row.on == event) return row;
  return {from, event, Step::none, from};
}

[[nodiscard]] constexpr std::string_view name_of(State state) noexcept {
  switch (state) {
  case State::starting: return "starting";
  case State::up: return "up";
  case State::ended: return "ended";
  }
  return "";
}

} // namespace openl2tp::ppp_unix
