// The option negotiation automaton of RFC 1661 section 4.1, row for row and in the RFC's own notation: "irc,scr/6" is
// actions and new state, "-" an illegal transition. The letters r, p and x are the RFC's footnotes: the restart option
// (r) and the passive option (p) are not taken. What the actions do is negotiator.hpp's.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace openl2tp::ppp {

enum class State : std::uint8_t {
  initial,
  starting,
  closed,
  stopped,
  closing,
  stopping,
  req_sent,
  ack_rcvd,
  ack_sent,
  opened,
};
inline constexpr std::size_t state_count = 10;

enum class Event : std::uint8_t {
  up,
  down,
  open,
  close,
  to_plus,   // the Restart timer expired with the counter above zero
  to_minus,  // ... with the counter at zero
  rcr_plus,  // a good Configure-Request
  rcr_minus, // one that is answered with a Nak or Reject
  rca,
  rcn, // Configure-Nak or Configure-Reject
  rtr,
  rta,
  ruc,       // a code that is not known
  rxj_plus,  // a Code-Reject or Protocol-Reject that can be lived with
  rxj_minus, // ... that cannot
  rxr,       // Echo-Request, Echo-Reply, Discard-Request
};
inline constexpr std::size_t event_count = 16;

/// Actions, by the RFC's abbreviations (section 4.4).
enum class Do : std::uint8_t { nothing, tlu, tld, tls, tlf, irc, zrc, scr, sca, scn, str, sta, scj, ser };

struct Cell {
  bool legal = false;
  std::array<Do, 3> actions{}; // up to the first Do::nothing
  State to{};
};

/// One row of the RFC's table, columns 0 Initial to 9 Opened.
struct AutomatonRow {
  Event on;
  std::array<std::string_view, state_count> cells;
};

inline constexpr std::array<AutomatonRow, event_count> automaton_rows = {{
    // clang-format off
    //                   Initial  Starting     Closed       Stopped          Closing      Stopping     Req-Sent       Ack-Rcvd       Ack-Sent       Opened
    {Event::up,        {"2",     "irc,scr/6", "-",         "-",             "-",         "-",         "-",           "-",           "-",           "-"}},
    {Event::down,      {"-",     "-",         "0",         "tls/1",         "0",         "1",         "1",           "1",           "1",           "tld/1"}},
    {Event::open,      {"tls/1", "1",         "irc,scr/6", "3r",            "5r",        "5r",        "6",           "7",           "8",           "9r"}},
    {Event::close,     {"0",     "tlf/0",     "2",         "2",             "4",         "4",         "irc,str/4",   "irc,str/4",   "irc,str/4",   "tld,irc,str/4"}},

    {Event::to_plus,   {"-",     "-",         "-",         "-",             "str/4",     "str/5",     "scr/6",       "scr/6",       "scr/8",       "-"}},
    {Event::to_minus,  {"-",     "-",         "-",         "-",             "tlf/2",     "tlf/3",     "tlf/3p",      "tlf/3p",      "tlf/3p",      "-"}},

    {Event::rcr_plus,  {"-",     "-",         "sta/2",     "irc,scr,sca/8", "4",         "5",         "sca/8",       "sca,tlu/9",   "sca/8",       "tld,scr,sca/8"}},
    {Event::rcr_minus, {"-",     "-",         "sta/2",     "irc,scr,scn/6", "4",         "5",         "scn/6",       "scn/7",       "scn/6",       "tld,scr,scn/6"}},
    {Event::rca,       {"-",     "-",         "sta/2",     "sta/3",         "4",         "5",         "irc/7",       "scr/6x",      "irc,tlu/9",   "tld,scr/6x"}},
    {Event::rcn,       {"-",     "-",         "sta/2",     "sta/3",         "4",         "5",         "irc,scr/6",   "scr/6x",      "irc,scr/8",   "tld,scr/6x"}},

    {Event::rtr,       {"-",     "-",         "sta/2",     "sta/3",         "sta/4",     "sta/5",     "sta/6",       "sta/6",       "sta/6",       "tld,zrc,sta/5"}},
    {Event::rta,       {"-",     "-",         "2",         "3",             "tlf/2",     "tlf/3",     "6",           "6",           "8",           "tld,scr/6"}},

    {Event::ruc,       {"-",     "-",         "scj/2",     "scj/3",         "scj/4",     "scj/5",     "scj/6",       "scj/7",       "scj/8",       "scj/9"}},
    {Event::rxj_plus,  {"-",     "-",         "2",         "3",             "4",         "5",         "6",           "6",           "8",           "9"}},
    {Event::rxj_minus, {"-",     "-",         "tlf/2",     "tlf/3",         "tlf/2",     "tlf/3",     "tlf/3",       "tlf/3",       "tlf/3",       "tld,irc,str/5"}},

    {Event::rxr,       {"-",     "-",         "2",         "3",             "4",         "5",         "6",           "7",           "8",           "ser/9"}},
    // clang-format on
}};

[[nodiscard]] std::string_view name(State state) noexcept; // as the RFC's column
[[nodiscard]] std::string_view name(Event event) noexcept; // as the RFC's row

namespace automaton_detail {

// Never called: a cell that cannot be read ends the compilation here.
void cell_is_not_in_the_notation_of_the_rfc();

constexpr Do parse_action(std::string_view word) {
  constexpr std::string_view words[] = {"",    "tlu", "tld", "tls", "tlf", "irc", "zrc",
                                        "scr", "sca", "scn", "str", "sta", "scj", "ser"};
  for (std::size_t i = 1; i < std::size(words); ++i)
    if (words[i] == word) return static_cast<Do>(i);
  cell_is_not_in_the_notation_of_the_rfc();
  return Do::nothing;
}

constexpr Cell parse_cell(std::string_view text) {
  if (text == "-") return {};
  Cell cell{.legal = true};
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    std::string_view words = text.substr(0, slash);
    text.remove_prefix(slash + 1);
    for (Do& action : cell.actions) {
      const std::size_t comma = words.find(',');
      action = parse_action(words.substr(0, comma));
      if (comma == std::string_view::npos) break;
      words.remove_prefix(comma + 1);
    }
  }
  if (text.empty() || text[0] < '0' || text[0] > '9') cell_is_not_in_the_notation_of_the_rfc();
  if (text.size() > 2 || (text.size() == 2 && std::string_view("rpx").find(text[1]) == std::string_view::npos))
    cell_is_not_in_the_notation_of_the_rfc();
  cell.to = static_cast<State>(text[0] - '0');
  return cell;
}

consteval auto parse_rows() {
  std::array<std::array<Cell, state_count>, event_count> cells{};
  for (std::size_t event = 0; event < event_count; ++event) {
    if (automaton_rows[event].on != static_cast<Event>(event)) cell_is_not_in_the_notation_of_the_rfc();
    for (std::size_t state = 0; state < state_count; ++state)
      cells[event][state] = parse_cell(automaton_rows[event].cells[state]);
  }
  return cells;
}

inline constexpr auto cells = parse_rows();

} // namespace automaton_detail

/// What happens on `event` in `state`. A cell that is not legal is ignored by the caller: nothing happens.
[[nodiscard]] constexpr const Cell& automaton_cell(State state, Event event) noexcept {
  return automaton_detail::cells[static_cast<std::size_t>(event)][static_cast<std::size_t>(state)];
}

/// The states in which the Restart timer runs: those with TO events (section 4.1).
[[nodiscard]] constexpr bool restart_timer_runs(State state) noexcept {
  return automaton_cell(state, Event::to_plus).legal;
}

} // namespace openl2tp::ppp
