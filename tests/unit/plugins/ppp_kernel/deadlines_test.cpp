#include "plugins/ppp_kernel/deadlines.hpp"

#include <array>

#include <gtest/gtest.h>

namespace openl2tp::ppp_kernel {

namespace {

struct Waiter final : Waiting {};

ppp::TimePoint at(int ms) { return ppp::TimePoint{ppp::Duration{ms}}; }

TEST(Deadlines, ComeInOrderAndNotBeforeTheirTime) {
  Deadlines deadlines;
  std::array<Waiter, 50> waiters;
  for (int i = 0; i < 50; ++i)
    deadlines.set(waiters[static_cast<std::size_t>(i * 7 % 50)], at(i * 7 % 50));
  EXPECT_EQ(deadlines.take_due(at(-1)), nullptr);
  for (std::size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(deadlines.first(), at(static_cast<int>(i)));
    EXPECT_EQ(deadlines.take_due(at(100)), &waiters[i]);
  }
  EXPECT_EQ(deadlines.first(), ppp::never);
}

TEST(Deadlines, ChangeWithoutASecondEntry) {
  Deadlines deadlines;
  Waiter a, b;
  deadlines.set(a, at(10));
  deadlines.set(b, at(20));
  deadlines.set(a, at(30));
  EXPECT_EQ(deadlines.size(), 2U);
  EXPECT_EQ(deadlines.take_due(at(100)), &b);
  deadlines.set(a, ppp::never);
  EXPECT_EQ(deadlines.size(), 0U);
}

TEST(Deadlines, LeaveTheOthersInOrderWhenOneIsRemoved) {
  Deadlines deadlines;
  std::array<Waiter, 20> waiters;
  for (int i = 0; i < 20; ++i)
    deadlines.set(waiters[static_cast<std::size_t>(i)], at(20 - i));
  for (std::size_t i = 0; i < 20; i += 2)
    deadlines.remove(waiters[i]);
  for (std::size_t i = 19; i < 20; i -= 2)
    EXPECT_EQ(deadlines.take_due(at(100)), &waiters[i]);
  EXPECT_EQ(deadlines.size(), 0U);
}

} // namespace

} // namespace openl2tp::ppp_kernel
