// Ids in sequence, for tests of whole daemons that must know them beforehand.
#include <gtest/gtest.h>

#include "tests/unit/protocol/engine/engine_fixture.hpp"

namespace openl2tp::protocol::test {
namespace {

std::vector<int> opened(Node& node, int count) {
  std::vector<int> ids;
  for (int i = 0; i < count; ++i)
    ids.push_back(node.engine
                      .open_tunnel({.path = {lac_endpoint, lns_endpoint}}, PlainPolicy::default_tunnel(), std::nullopt,
                                   0, TimePoint{})
                      .value()
                      .value);
  return ids;
}

TEST(IdsInSequence, TunnelsCountFromOne) {
  Node node(1, lac_endpoint);
  node.engine.set_sequential_ids(true);
  EXPECT_EQ(opened(node, 3), (std::vector{1, 2, 3}));
}

TEST(IdsInSequence, AShardCountsInItsClass) {
  Node zero(1, lac_endpoint, {.shard = 0, .shards = 4, .half_open = {}});
  Node three(1, lac_endpoint, {.shard = 3, .shards = 4, .half_open = {}});
  zero.engine.set_sequential_ids(true);
  three.engine.set_sequential_ids(true);
  EXPECT_EQ(opened(zero, 2), (std::vector{4, 8}));
  EXPECT_EQ(opened(three, 2), (std::vector{3, 7}));
}

TEST(IdsInSequence, OneInUseIsPassedOver) {
  Node node(1, lac_endpoint);
  node.engine.set_sequential_ids(true);
  ASSERT_TRUE(node.engine.open_tunnel({.path = {lac_endpoint, lns_endpoint}}, PlainPolicy::default_tunnel(),
                                      TunnelId{2}, 0, TimePoint{}));
  EXPECT_EQ(opened(node, 2), (std::vector{1, 3}));
}

TEST(IdsInSequence, TheSequenceGoesOnAfterAnEndAndBeginsAnewWhenAsked) {
  Pair pair;
  pair.lac.engine.set_sequential_ids(true);
  const TunnelId first = pair.open();
  pair.settle();
  ASSERT_TRUE(pair.lac.engine.close_tunnel(first, make_reason(StopResult::general_clear), pair.now));
  pair.pass(Duration{100}); // gone, and its id rests
  ASSERT_EQ(pair.lac.count<TunnelGone>(), 1u);
  EXPECT_EQ(pair.open().value, 2);
  pair.lac.engine.restart_ids();
  EXPECT_EQ(pair.open().value, 1);
  EXPECT_EQ(pair.open().value, 3);
}

TEST(IdsInSequence, TheLastIdIsFollowedByTheFirst) {
  Node node(1, lac_endpoint, {.shard = 7, .shards = 256, .half_open = {}});
  node.engine.set_sequential_ids(true);
  const std::vector<int> ids = opened(node, 255);
  EXPECT_EQ(ids.back(), 7 + 254 * 256);
  ASSERT_TRUE(node.engine.open_tunnel({.path = {lac_endpoint, lns_endpoint}}, PlainPolicy::default_tunnel(),
                                      std::nullopt, 0, TimePoint{}));
  EXPECT_FALSE(node.engine.open_tunnel({.path = {lac_endpoint, lns_endpoint}}, PlainPolicy::default_tunnel(),
                                       std::nullopt, 0, TimePoint{}))
      << "all 256 of the class are in use";
}

TEST(IdsInSequence, SessionsCountThroughAllTunnels) {
  Pair pair;
  pair.lac.engine.set_sequential_ids(true);
  const TunnelId first = pair.open(), second = pair.open();
  pair.settle();
  EXPECT_EQ(pair.call(pair.lac, first, SessionType::lac_incoming).value, 1);
  EXPECT_EQ(pair.call(pair.lac, second, SessionType::lac_incoming).value, 2);
  pair.lac.engine.restart_ids();
  EXPECT_EQ(pair.call(pair.lac, first, SessionType::lac_incoming).value, 2) << "1 is in use there";
  EXPECT_EQ(pair.call(pair.lac, second, SessionType::lac_incoming).value, 3);
}

TEST(IdsInSequence, TheyAreRandomAgainWhenSwitchedOff) {
  Node node(1, lac_endpoint);
  node.engine.set_sequential_ids(true);
  opened(node, 2);
  node.engine.set_sequential_ids(false);
  Node other(1, lac_endpoint); // the same randomness, never switched on
  EXPECT_EQ(opened(node, 4), opened(other, 4));
}

} // namespace
} // namespace openl2tp::protocol::test
