#include "plugins/ppp_unix/units.hpp"

#include <set>

#include <gtest/gtest.h>

namespace openl2tp::ppp_unix {

namespace {

TEST(Units, BeginAwayFromThoseOfOtherPrograms) {
  Units units(0, 1);
  EXPECT_EQ(units.take(0), 2'048U);
  EXPECT_EQ(units.take(0), 2'049U);
}

TEST(Units, OfDifferentShardsAreNeverTheSame) {
  std::set<std::uint32_t> seen;
  for (std::uint32_t index = 0; index < 3; ++index) {
    Units units(index, 3);
    for (int i = 0; i < 5; ++i)
      EXPECT_TRUE(seen.insert(units.take(0)).second);
  }
}

TEST(Units, RestBeforeTheyAreTakenAgain) {
  Units units(1, 2);
  const std::uint32_t unit = units.take(0);
  units.give_back(unit, 100);
  EXPECT_NE(units.take(99), unit);
  EXPECT_EQ(units.take(100), unit);
}

TEST(Units, AreTakenFromTheLowestOn) {
  Units units(0, 1);
  const std::uint32_t first = units.take(0), second = units.take(0), third = units.take(0);
  units.give_back(third, 1);
  units.give_back(first, 2);
  units.give_back(second, 3);
  EXPECT_EQ(units.take(10), first);
  EXPECT_EQ(units.take(10), second);
  EXPECT_EQ(units.take(10), third);
}

} // namespace

} // namespace openl2tp::ppp_unix
