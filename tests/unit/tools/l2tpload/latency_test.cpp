#include "tools/l2tpload/latency.hpp"

#include <gtest/gtest.h>

namespace openl2tp::load {
namespace {

TEST(Latency, PercentilesOfSmallValuesAreExact) {
  Latency latency;
  for (std::uint32_t value = 1; value <= 10; ++value)
    latency.add(value);
  EXPECT_EQ(latency.percentile(50), 5u);
  EXPECT_EQ(latency.percentile(90), 9u);
  EXPECT_EQ(latency.percentile(100), 10u);
}

TEST(Latency, AValueIsNeverReportedTooSmallNorMoreThanASixteenthTooLarge) {
  for (std::uint64_t value = 1; value <= 0xffffffff; value = value * 3 / 2 + 1) {
    Latency latency;
    latency.add(static_cast<std::uint32_t>(value));
    latency.add(0xffffffff); // so that the maximum does not cut the bucket
    EXPECT_GE(latency.percentile(50), value);
    EXPECT_LE(latency.percentile(50), value + value / 16);
  }
}

TEST(Latency, NothingMeasuredIsZero) { EXPECT_EQ(Latency{}.percentile(99), 0u); }

} // namespace
} // namespace openl2tp::load
