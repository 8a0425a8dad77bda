// The state tables in ARCHITECTURE.md are those of the code. OPENL2TP_UPDATE_TABLES=1 writes them there.
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "protocol/session/incoming_lac_fsm.hpp"
#include "protocol/session/incoming_lns_fsm.hpp"
#include "protocol/session/outgoing_lac_fsm.hpp"
#include "protocol/session/outgoing_lns_fsm.hpp"
#include "protocol/tunnel/tunnel_fsm.hpp"

namespace openl2tp::protocol {
namespace {

constexpr std::string_view begin_mark = "<!-- tables: begin -->\n", end_mark = "<!-- tables: end -->";

// Rows that differ in the event alone share a line, so that a reader sees the RFC's rows.
template <class Row, std::size_t size>
std::string table(const std::string& title, const Row (&rows)[size]) {
  struct Line {
    std::string from, events, steps, to;
  };
  std::vector<Line> lines;
  for (const Row& row : rows) {
    std::string steps;
    for (const auto step : row.steps) {
      if (step == decltype(step){}) break;
      steps += (steps.empty() ? "" : ", ") + std::string(name(step));
    }
    const std::string from(name(row.from)), to(name(row.to)), event(name(row.on));
    bool joined = false;
    for (Line& line : lines)
      if (line.from == from && line.steps == steps && line.to == to) {
        line.events += ", " + event;
        joined = true;
      }
    if (!joined) lines.push_back({from, event, steps, to});
  }
  std::string text = "### " + title + "\n\n| from | event | do | to |\n| --- | --- | --- | --- |\n";
  for (const Line& line : lines)
    text += "| " + line.from + " | " + line.events + " | " + line.steps + " | " + line.to + " |\n";
  return text + "\n";
}

std::string all_tables() {
  return "\n" + table("Tunnel, section 7.2.1", tunnel_rows) +
         table("Incoming call at the LAC, section 7.4.1", incoming_lac_rows) +
         table("Incoming call at the LNS, section 7.4.2", incoming_lns_rows) +
         table("Outgoing call at the LAC, section 7.5.1", outgoing_lac_rows) +
         table("Outgoing call at the LNS, section 7.5.2", outgoing_lns_rows);
}

TEST(StateTables, StandInArchitectureAsInTheCode) {
  const std::string path = OPENL2TP_SOURCE_DIR "/ARCHITECTURE.md";
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  std::string text = content.str();
  const std::size_t begin = text.find(begin_mark), end = text.find(end_mark);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const std::size_t from = begin + begin_mark.size();
  if (std::getenv("OPENL2TP_UPDATE_TABLES") != nullptr) {
    text.replace(from, end - from, all_tables());
    std::ofstream(path) << text;
    return;
  }
  EXPECT_EQ(text.substr(from, end - from), all_tables());
}

} // namespace
} // namespace openl2tp::protocol
