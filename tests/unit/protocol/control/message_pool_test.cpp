#include "protocol/control/message_pool.hpp"

#include <algorithm>
#include <cstring>
#include <random>
#include <set>
#include <vector>

#include <gtest/gtest.h>

namespace openl2tp::protocol {
namespace {

constexpr std::size_t slab = MessagePool::slab_octets;

MessagePool::Limits slabs(std::size_t most, std::size_t idle) {
  return {.octets_max = most * slab, .idle_octets_max = idle * slab};
}

void release_all(MessagePool& pool, std::vector<MessageNode*>& nodes) {
  for (MessageNode* node : nodes)
    pool.release(node);
  nodes.clear();
}

std::vector<MessageNode*> allocate_until_full(MessagePool& pool, std::size_t length) {
  std::vector<MessageNode*> nodes;
  while (MessageNode* node = pool.allocate(length))
    nodes.push_back(node);
  return nodes;
}

TEST(MessagePool, AnEmptyPoolTakesNoMemory) {
  const MessagePool pool;
  EXPECT_EQ(pool.usage().reserved_octets, 0U);
  EXPECT_EQ(pool.usage().messages, 0U);
}

TEST(MessagePool, ANodeHoldsTheOctetsItWasAskedForAndLittleMore) {
  struct Row {
    std::size_t length, memory;
  };
  const Row rows[] = {{0, 64},       {1, 64},        {20, 64},       {48, 64},      {49, 128},    {112, 128},
                      {113, 256},    {240, 256},     {241, 512},     {496, 512},    {497, 1024},  {1008, 1024},
                      {1009, 2048},  {2032, 2048},   {2033, 4096},   {4080, 4096},  {4081, 9344}, {9328, 9344},
                      {9329, 32704}, {32688, 32704}, {32689, 65472}, {65456, 65472}};
  MessagePool pool;
  for (const Row& row : rows) {
    MessageNode* node = pool.allocate(row.length);
    ASSERT_NE(node, nullptr) << row.length;
    ASSERT_EQ(node->octets().size(), row.length);
    EXPECT_EQ(node->next, nullptr);
    EXPECT_EQ(node->ns, 0);
    EXPECT_EQ(node->session_id, 0);
    std::ranges::fill(node->octets(), std::byte{0xee}); // AddressSanitizer watches
    EXPECT_EQ(pool.usage().message_octets, row.memory) << row.length;
    pool.release(node);
    EXPECT_EQ(pool.usage().message_octets, 0U);
  }
  static_assert(MessagePool::message_octets_max == 65456);
}

TEST(MessagePool, TooLongAMessageIsRefused) {
  MessagePool pool;
  EXPECT_EQ(pool.allocate(MessagePool::message_octets_max + 1), nullptr);
  EXPECT_EQ(pool.allocate_spare(MessagePool::spare_message_octets_max + 1), nullptr);
  EXPECT_EQ(pool.usage().reserved_octets, 0U);
}

TEST(MessagePool, RefusesBeyondItsLimitAndGoesOnAfterARelease) {
  MessagePool pool(slabs(2, 2));
  std::vector<MessageNode*> nodes = allocate_until_full(pool, 40);
  EXPECT_EQ(nodes.size(), 2U * 1023U);
  EXPECT_EQ(pool.usage().reserved_octets, 2 * slab);
  EXPECT_EQ(pool.allocate(40), nullptr);
  pool.release(nodes.back());
  nodes.back() = pool.allocate(40);
  EXPECT_NE(nodes.back(), nullptr);
  release_all(pool, nodes);
}

TEST(MessagePool, ASlabThatEmptiesServesAnotherSize) {
  MessagePool pool(slabs(1, 1));
  std::vector<MessageNode*> small = allocate_until_full(pool, 40);
  EXPECT_EQ(pool.allocate(4000), nullptr);
  release_all(pool, small);
  std::vector<MessageNode*> large = allocate_until_full(pool, 4000);
  EXPECT_EQ(large.size(), 15U);
  release_all(pool, large);
}

TEST(MessagePool, SteadyUseTakesNoFurtherMemory) {
  MessagePool pool;
  for (int round = 0; round < 1000; ++round) {
    MessageNode* a = pool.allocate(40);
    MessageNode* b = pool.allocate(200);
    pool.release(a);
    pool.release(b);
    ASSERT_EQ(pool.usage().reserved_octets, 2 * slab);
    ASSERT_EQ(pool.usage().idle_octets, 2 * slab);
  }
}

TEST(MessagePool, IdleSlabsBeyondTheAllowanceGoBack) {
  MessagePool pool(slabs(100, 3));
  std::vector<MessageNode*> nodes;
  for (int i = 0; i < 10 * 1023; ++i)
    nodes.push_back(pool.allocate(40));
  EXPECT_EQ(pool.usage().reserved_octets, 10 * slab);
  release_all(pool, nodes);
  EXPECT_EQ(pool.usage().reserved_octets, 3 * slab);
  EXPECT_EQ(pool.usage().idle_octets, 3 * slab);
  EXPECT_EQ(pool.usage().free_octets(), 3 * slab);
}

TEST(MessagePool, SpareMessagesLeaveHalfOfThePoolToOthers) {
  MessagePool pool(slabs(4, 4));
  std::vector<MessageNode*> nodes;
  while (MessageNode* node = pool.allocate_spare(40))
    nodes.push_back(node);
  EXPECT_EQ(nodes.size(), 2U * 1023U);
  EXPECT_EQ(pool.allocate_spare(400), nullptr);
  MessageNode* own = pool.allocate(400);
  EXPECT_NE(own, nullptr);
  pool.release(own);
  release_all(pool, nodes);
}

TEST(MessagePool, SpareMessagesDoNotFillTheHolesOfAPoolInUse) {
  MessagePool pool(slabs(4, 4));
  std::vector<MessageNode*> nodes;
  for (int i = 0; i < 3 * 1023 + 1; ++i)
    nodes.push_back(pool.allocate(40)); // the fourth slab has plenty of room
  EXPECT_EQ(pool.allocate_spare(40), nullptr);
  release_all(pool, nodes);
}

TEST(MessagePool, NodesNeverOverlapUnderRandomUse) {
  std::mt19937 random(20240611);
  MessagePool pool(slabs(64, 1));
  std::vector<std::pair<MessageNode*, std::byte>> live;
  for (int step = 0; step < 20000; ++step) {
    if (random() % 100 < 52) {
      const std::size_t length = random() % 8 == 0 ? random() % 60000 : random() % 600;
      MessageNode* node = pool.allocate(length);
      if (node == nullptr) continue;
      const auto mark = static_cast<std::byte>(random());
      std::ranges::fill(node->octets(), mark);
      live.emplace_back(node, mark);
    } else if (!live.empty()) {
      std::swap(live[random() % live.size()], live.back());
      const auto [node, mark] = live.back();
      live.pop_back();
      ASSERT_TRUE(std::ranges::all_of(node->octets(), [m = mark](std::byte b) { return b == m; }));
      pool.release(node);
    }
    ASSERT_EQ(pool.usage().messages, live.size());
    ASSERT_LE(pool.usage().reserved_octets, 64 * slab);
  }
  for (const auto& [node, mark] : live)
    pool.release(node);
  EXPECT_EQ(pool.usage().messages, 0U);
  EXPECT_EQ(pool.usage().message_octets, 0U);
  EXPECT_LE(pool.usage().reserved_octets, slab);
}

} // namespace
} // namespace openl2tp::protocol
