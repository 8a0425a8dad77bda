#include "runtime/net/loss_report.hpp"

#include <gtest/gtest.h>

namespace openl2tp::runtime {
namespace {

TEST(LossReport, TellsWhatHasGrown) {
  LossReport report;
  EXPECT_TRUE(report.take({{"too long", 0}, {"no slot", 0}}).empty());
  EXPECT_EQ(report.take({{"too long", 2}, {"no slot", 0}}),
            std::vector<std::string>{"too long: 2 more, 2 since the start"});
  EXPECT_TRUE(report.take({{"too long", 2}, {"no slot", 0}}).empty());
  EXPECT_EQ(report.take({{"too long", 3}, {"no slot", 5}}),
            (std::vector<std::string>{"too long: 1 more, 3 since the start", "no slot: 5 more, 5 since the start"}));
}

} // namespace
} // namespace openl2tp::runtime
