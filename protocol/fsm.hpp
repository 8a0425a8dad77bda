// What the five state machines of RFC 2661 §7 have in common: a table of rows, found by (state, event). Steps are
// names; tunnel.cpp and session.cpp carry them out.
#pragma once

#include <array>
#include <cstddef>

namespace openl2tp::protocol {

inline constexpr std::size_t fsm_steps_max = 4;

template <class State, class Event, class Do>
struct FsmRow {
  State from;
  Event on;
  std::array<Do, fsm_steps_max> steps; // up to the first Do::nothing
  State to;
};

/// The row for (`from`, `on`); nullptr when the table has none.
template <class Row, std::size_t size, class State, class Event>
[[nodiscard]] constexpr const Row* find_row(const Row (&rows)[size], State from, Event on) noexcept {
  for (const Row& row : rows)
    if (row.from == from && row.on == on) return &row;
  return nullptr;
}

/// False when two rows answer the same (state, event).
template <class Row, std::size_t size>
[[nodiscard]] constexpr bool deterministic(const Row (&rows)[size]) noexcept {
  for (std::size_t i = 0; i < size; ++i)
    for (std::size_t j = i + 1; j < size; ++j)
      if (rows[i].from == rows[j].from && rows[i].on == rows[j].on) return false;
  return true;
}

} // namespace openl2tp::protocol
