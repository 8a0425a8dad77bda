#include "plugins/ppp_unix/machine.hpp"

#include <string>

#include <gtest/gtest.h>

namespace openl2tp::ppp_unix {

namespace {

constexpr State states[] = {State::starting, State::up, State::ended};
constexpr Event events[] = {Event::network_up, Event::process_ended, Event::broken, Event::out_of_time};

TEST(Machine, HasOneRowForAPairAtMost) {
  for (std::size_t i = 0; i < rows.size(); ++i)
    for (std::size_t j = i + 1; j < rows.size(); ++j)
      EXPECT_FALSE(rows[i].from == rows[j].from && rows[i].on == rows[j].on) << i << " " << j;
}

TEST(Machine, IgnoresExactlyThePairsThatCannotMatter) {
  std::string ignored;
  for (const State state : states)
    for (const Event event : events)
      if (transition(state, event).step == Step::none)
        ignored.append(name_of(state)).append("/").append(std::to_string(static_cast<int>(event))).append(" ");
  EXPECT_EQ(ignored, "up/3 ended/0 ended/1 ended/2 ended/3 ");
}

TEST(Machine, ReportsDownWheneverItEnds) {
  for (const Row& row : rows)
    EXPECT_EQ(row.to == State::ended, row.step == Step::report_down);
}

TEST(Machine, ReportsUpOnceOnly) {
  for (const Row& row : rows)
    EXPECT_EQ(row.step == Step::report_up, row.from == State::starting && row.to == State::up);
}

} // namespace

} // namespace openl2tp::ppp_unix
