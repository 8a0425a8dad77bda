#include "runtime/shard/set_up_gate.hpp"

#include <gtest/gtest.h>

namespace openl2tp::runtime {
namespace {

SessionKey session(std::uint16_t id) { return {{1}, {id}, id}; }

TEST(SetUpGate, WithoutABoundItIsNeverFull) {
  SetUpGate gate(0, 4);
  for (int i = 0; i < 100; ++i)
    gate.begin(session(1), {});
  EXPECT_FALSE(gate.full());
}

TEST(SetUpGate, EachShardHasItsShareButAtLeastOne) {
  SetUpGate shared(8, 4), small(2, 4);
  shared.begin(session(1), {});
  EXPECT_FALSE(shared.full());
  shared.begin(session(1), {});
  EXPECT_TRUE(shared.full());
  small.begin(session(1), {});
  EXPECT_TRUE(small.full());
}

TEST(SetUpGate, WhoWaitsGoesInOrderWhenOthersAreThrough) {
  SetUpGate gate(1, 1);
  gate.begin(session(1), {});
  ASSERT_TRUE(gate.wait(session(1)));
  ASSERT_TRUE(gate.wait(session(2)));
  EXPECT_FALSE(gate.next());
  gate.end();
  EXPECT_EQ(gate.next(), session(1));
  gate.begin(session(1), {});
  EXPECT_FALSE(gate.next());
  gate.end();
  EXPECT_EQ(gate.next(), session(2));
  EXPECT_FALSE(gate.next());
}

TEST(SetUpGate, TheQueueHasABound) {
  SetUpGate gate(1, 1);
  for (std::size_t i = 0; i < SetUpGate::waiting_max; ++i)
    ASSERT_TRUE(gate.wait(session(1)));
  EXPECT_FALSE(gate.wait(session(2)));
}

TEST(SetUpGate, SlowSetUpsAreNamedOnceTheOldestFirst) {
  using protocol::Duration;
  using protocol::TimePoint;
  SetUpGate gate(2, 1);
  gate.begin(session(1), TimePoint{Duration{1000}});
  gate.begin(session(2), TimePoint{Duration{2000}});
  EXPECT_FALSE(gate.next_begun_by(TimePoint{Duration{999}}));
  EXPECT_EQ(gate.next_begun_by(TimePoint{Duration{1000}}), session(1));
  EXPECT_FALSE(gate.next_begun_by(TimePoint{Duration{1999}}));
  EXPECT_EQ(gate.next_begun_by(TimePoint{Duration{5000}}), session(2));
  EXPECT_FALSE(gate.next_begun_by(TimePoint{Duration{5000}}));
  EXPECT_EQ(gate.under_way(), 2u) << "they count until they end";
}

TEST(SetUpGate, WithoutABoundNobodyIsRemembered) {
  SetUpGate gate(0, 1);
  gate.begin(session(1), {});
  EXPECT_FALSE(gate.next_begun_by(protocol::TimePoint::max()));
}

} // namespace
} // namespace openl2tp::runtime
