// What shards know of each other's SCCRQs.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "runtime/shard/crossings.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::Crossing;
using protocol::IpAddress;
using protocol::TieBreaker;

TieBreaker all(unsigned octet) {
  TieBreaker value;
  value.fill(static_cast<std::byte>(octet));
  return value;
}
IpAddress peer(unsigned number) {
  return IpAddress::v4(192, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number));
}

TEST(Crossings, AreSeenByTheOthersAndNotByTheirOwnShard) {
  Crossings crossings(3);
  ASSERT_TRUE(crossings.set(1, peer(1), {.any = true, .lowest = all(7)}));
  EXPECT_EQ(crossings.others(0, peer(1)), (Crossing{.any = true, .lowest = all(7)}));
  EXPECT_EQ(crossings.others(2, peer(1)), (Crossing{.any = true, .lowest = all(7)}));
  EXPECT_EQ(crossings.others(1, peer(1)), Crossing{});
  EXPECT_EQ(crossings.others(0, peer(2)), Crossing{}) << "another peer";
}

TEST(Crossings, TheLowestTieBreakerOfAllShardsCounts) {
  Crossings crossings(4);
  ASSERT_TRUE(crossings.set(1, peer(1), {.any = true, .lowest = all(9)}));
  ASSERT_TRUE(crossings.set(2, peer(1), {.any = true, .lowest = all(5)}));
  ASSERT_TRUE(crossings.set(3, peer(1), {.any = true, .lowest = std::nullopt}));
  EXPECT_EQ(crossings.others(0, peer(1)).lowest, all(5));
  EXPECT_EQ(crossings.others(2, peer(1)).lowest, all(9));
}

TEST(Crossings, OneWithoutATieBreakerIsToldAsSuch) {
  Crossings crossings(2);
  ASSERT_TRUE(crossings.set(1, peer(1), {.any = true, .lowest = std::nullopt}));
  EXPECT_EQ(crossings.others(0, peer(1)), (Crossing{.any = true, .lowest = std::nullopt}));
}

TEST(Crossings, ChangeAndEnd) {
  Crossings crossings(2);
  ASSERT_TRUE(crossings.set(1, peer(1), {.any = true, .lowest = all(7)}));
  ASSERT_TRUE(crossings.set(1, peer(1), {.any = true, .lowest = all(3)}));
  EXPECT_EQ(crossings.others(0, peer(1)).lowest, all(3));
  ASSERT_TRUE(crossings.set(1, peer(1), {}));
  EXPECT_EQ(crossings.others(0, peer(1)), Crossing{});
  EXPECT_TRUE(crossings.set(1, peer(1), {})) << "twice is once";
}

TEST(Crossings, AFamilyIsPartOfAnAddress) {
  Crossings crossings(2);
  IpAddress six = peer(1);
  six.family = 6;
  ASSERT_TRUE(crossings.set(1, six, {.any = true, .lowest = all(7)}));
  EXPECT_EQ(crossings.others(0, peer(1)), Crossing{});
  EXPECT_TRUE(crossings.others(0, six).any);
}

TEST(Crossings, WhatHasNoRoomIsNotToldAndGetsItLater) {
  Crossings crossings(2);
  unsigned refused = 0;
  for (unsigned i = 0; i < 4 * Crossings::buckets * Crossings::slots && refused == 0; ++i)
    if (!crossings.set(1, peer(i), {.any = true, .lowest = all(1)})) refused = i;
  ASSERT_NE(refused, 0u);
  EXPECT_EQ(crossings.others(0, peer(refused)), Crossing{});
  for (unsigned i = 0; i < refused; ++i)
    ASSERT_TRUE(crossings.set(1, peer(i), {}));
  EXPECT_TRUE(crossings.set(1, peer(refused), {.any = true, .lowest = all(1)}));
  EXPECT_TRUE(crossings.others(0, peer(refused)).any);
}

TEST(Crossings, AReaderNeverSeesHalfOfAChange) {
  Crossings crossings(2);
  std::atomic<bool> going{true};
  std::thread writer([&] {
    for (unsigned i = 0; going; ++i)
      static_cast<void>(crossings.set(1, peer(1), {.any = true, .lowest = all(i & 0xff)}));
  });
  int seen = 0;
  while (seen < 50'000) { // the writer takes its time to begin
    const Crossing crossing = crossings.others(0, peer(1));
    if (!crossing.lowest) continue;
    ++seen;
    for (const std::byte octet : *crossing.lowest)
      ASSERT_EQ(octet, crossing.lowest->front());
  }
  going = false;
  writer.join();
}

} // namespace
} // namespace openl2tp::runtime
