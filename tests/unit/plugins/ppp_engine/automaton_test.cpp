// The automaton against the table of RFC 1661 section 4.1, and against the README beside it.
#include "plugins/ppp_engine/automaton.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace openl2tp::ppp {
namespace {

// Typed from section 4.1, both halves side by side: events down, states 0 to 9 across.
constexpr std::string_view rfc_table = R"(
 Up      2        irc,scr/6    -         -             -      -        -          -          -          -
 Down    -         -           0       tls/1           0      1        1          1          1        tld/1
 Open  tls/1       1     irc,scr/6       3r            5r     5r       6          7          8          9r
 Close   0       tlf/0         2         2             4      4    irc,str/4  irc,str/4  irc,str/4  tld,irc,str/4
 TO+     -         -           -         -           str/4  str/5    scr/6      scr/6      scr/8        -
 TO-     -         -           -         -           tlf/2  tlf/3    tlf/3p     tlf/3p     tlf/3p       -
 RCR+    -         -         sta/2  irc,scr,sca/8      4      5      sca/8   sca,tlu/9     sca/8    tld,scr,sca/8
 RCR-    -         -         sta/2  irc,scr,scn/6      4      5      scn/6      scn/7      scn/6    tld,scr,scn/6
 RCA     -         -         sta/2     sta/3           4      5      irc/7      scr/6x   irc,tlu/9    tld,scr/6x
 RCN     -         -         sta/2     sta/3           4      5    irc,scr/6    scr/6x   irc,scr/8    tld,scr/6x
 RTR     -         -         sta/2     sta/3         sta/4  sta/5    sta/6      sta/6      sta/6    tld,zrc,sta/5
 RTA     -         -           2         3           tlf/2  tlf/3      6          6          8        tld,scr/6
 RUC     -         -         scj/2     scj/3         scj/4  scj/5    scj/6      scj/7      scj/8      scj/9
 RXJ+    -         -           2         3             4      5        6          6          8          9
 RXJ-    -         -         tlf/2     tlf/3         tlf/2  tlf/3    tlf/3      tlf/3      tlf/3    tld,irc,str/5
 RXR     -         -           2         3             4      5        6          7          8        ser/9
)";

std::string_view word(Do action) {
  constexpr std::string_view words[] = {"",    "tlu", "tld", "tls", "tlf", "irc", "zrc",
                                        "scr", "sca", "scn", "str", "sta", "scj", "ser"};
  return words[static_cast<std::size_t>(action)];
}

/// What the compiled cell does, in the RFC's notation without footnotes.
std::string text(const Cell& cell) {
  if (!cell.legal) return "-";
  std::string actions;
  for (const Do action : cell.actions)
    if (action != Do::nothing) actions += (actions.empty() ? "" : ",") + std::string(word(action));
  return actions + (actions.empty() ? "" : "/") + std::to_string(static_cast<int>(cell.to));
}

std::string without_footnote(std::string cell) {
  if (!cell.empty() && (cell.back() == 'r' || cell.back() == 'p' || cell.back() == 'x')) cell.pop_back();
  return cell;
}

TEST(Automaton, IsTheTableOfRfc1661CellByCell) {
  std::istringstream lines{std::string(rfc_table)};
  std::size_t cells = 0;
  for (std::size_t event = 0; event < event_count; ++event) {
    std::string row;
    ASSERT_TRUE(lines >> row);
    EXPECT_EQ(row, name(static_cast<Event>(event)));
    for (std::size_t state = 0; state < state_count; ++state, ++cells) {
      std::string cell;
      ASSERT_TRUE(lines >> cell);
      EXPECT_EQ(automaton_rows[event].cells[state], cell) << row << " in state " << state;
      EXPECT_EQ(text(automaton_cell(static_cast<State>(state), static_cast<Event>(event))), without_footnote(cell))
          << row << " in state " << state;
    }
  }
  EXPECT_EQ(cells, 160U);
}

TEST(Automaton, RunsTheRestartTimerWhereTheRfcHasTimeouts) {
  for (std::size_t state = 0; state < state_count; ++state) {
    const auto which = static_cast<State>(state);
    EXPECT_EQ(restart_timer_runs(which), which >= State::closing && which != State::opened) << name(which);
  }
}

// ---- the README

std::string readme_table() {
  std::string table = "| |";
  for (std::size_t state = 0; state < state_count; ++state)
    table += " " + std::to_string(state) + " " + std::string(name(static_cast<State>(state))) + " |";
  table += "\n| --- |";
  for (std::size_t state = 0; state < state_count; ++state)
    table += " --- |";
  for (const AutomatonRow& row : automaton_rows) {
    table += "\n| " + std::string(name(row.on)) + " |";
    for (const std::string_view cell : row.cells)
      table += " " + std::string(cell) + " |";
  }
  return table + "\n";
}

// OPENL2TP_UPDATE_TABLES=1 writes the table there.
TEST(Automaton, StandsInTheReadmeAsInTheCode) {
  constexpr std::string_view begin_mark = "<!-- automaton: begin -->\n", end_mark = "<!-- automaton: end -->";
  const std::string path = OPENL2TP_SOURCE_DIR "/plugins/ppp_engine/README.md";
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  std::string readme = content.str();
  const std::size_t begin = readme.find(begin_mark), end = readme.find(end_mark);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const std::size_t from = begin + begin_mark.size();
  if (std::getenv("OPENL2TP_UPDATE_TABLES") != nullptr) {
    readme.replace(from, end - from, readme_table());
    std::ofstream(path) << readme;
    return;
  }
  EXPECT_EQ(readme.substr(from, end - from), readme_table());
}

} // namespace
} // namespace openl2tp::ppp
