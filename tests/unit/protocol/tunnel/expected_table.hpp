// What the tests of the state tables share: a table of words beside the real one, and both as comparable text.
#pragma once

#include <span>
#include <sstream>
#include <string>
#include <string_view>

namespace openl2tp::protocol::test {

/// One row for several states and events at once, names apart by spaces.
struct Expected {
  std::string_view states, events, steps, next;
};

inline bool has_word(std::string_view words, std::string_view word) {
  std::istringstream in{std::string(words)};
  for (std::string one; in >> one;)
    if (one == word) return true;
  return false;
}

/// "send_icrp -> wait_connect"; "ignored" for a pair that no row names.
inline std::string look_up(std::span<const Expected> rows, std::string_view state, std::string_view event) {
  for (const Expected& row : rows)
    if (has_word(row.states, state) && has_word(row.events, event))
      return std::string(row.steps) + " -> " + std::string(row.next);
  return "ignored";
}

/// The same of a row of the real table; null is ignored.
template <class Row>
std::string actual(const Row* row) {
  if (row == nullptr) return "ignored";
  std::string text;
  for (const auto step : row->steps) {
    if (name(step) == "nothing") break;
    text += (text.empty() ? "" : " ") + std::string(name(step));
  }
  return text + " -> " + std::string(name(row->to));
}

} // namespace openl2tp::protocol::test
