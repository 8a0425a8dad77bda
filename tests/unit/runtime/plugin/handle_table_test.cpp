#include "runtime/plugin/handle_table.hpp"

#include <gtest/gtest.h>

namespace openl2tp::runtime {
namespace {

TEST(Handle, SurvivesItsTravelAsAPointer) {
  const Handle handle{.index = (1U << 20) - 1, .generation = (1U << 24) - 1, .owner = (1U << 18) - 1, .kind = 3};
  const Handle back = Handle::unpack(handle.pack<int>());
  EXPECT_EQ(back.index, handle.index);
  EXPECT_EQ(back.generation, handle.generation);
  EXPECT_EQ(back.owner, handle.owner);
  EXPECT_EQ(back.kind, handle.kind);
}

TEST(Handle, IsNeverNull) {
  HandleTable<int> table(1, 0, 10);
  EXPECT_NE(table.add(std::make_unique<int>(1)).pack<int>(), nullptr);
}

TEST(HandleTable, FindsWhatWasAdded) {
  HandleTable<int> table(1, 7, 10);
  const Handle one = table.add(std::make_unique<int>(1)), two = table.add(std::make_unique<int>(2));
  EXPECT_EQ(*table.find(one), 1);
  EXPECT_EQ(*table.find(two), 2);
  EXPECT_EQ(table.size(), 2U);
}

TEST(HandleTable, ARemovedHandleIsDeadThoughItsPlaceLives) {
  HandleTable<int> table(1, 7, 10);
  const Handle old = table.add(std::make_unique<int>(1));
  EXPECT_EQ(*table.remove(old), 1);
  const Handle fresh = table.add(std::make_unique<int>(2));
  EXPECT_EQ(fresh.index, old.index);
  EXPECT_EQ(table.find(old), nullptr);
  EXPECT_EQ(table.remove(old), nullptr);
  EXPECT_EQ(*table.find(fresh), 2);
}

TEST(HandleTable, ForeignHandlesNameNothing) {
  HandleTable<int> table(1, 7, 10);
  const Handle handle = table.add(std::make_unique<int>(1));
  Handle other = handle;
  other.kind = 2;
  EXPECT_EQ(table.find(other), nullptr);
  other = handle;
  other.owner = 8;
  EXPECT_EQ(table.find(other), nullptr);
  other = handle;
  other.index = 1;
  EXPECT_EQ(table.find(other), nullptr);
}

TEST(HandleTable, IsFullAtItsLimit) {
  HandleTable<int> table(1, 7, 2);
  const Handle first = table.add(std::make_unique<int>(1));
  EXPECT_FALSE(table.full());
  table.add(std::make_unique<int>(2));
  EXPECT_TRUE(table.full());
  table.remove(first).reset();
  EXPECT_FALSE(table.full());
}

TEST(HandleTable, TakingAllKillsEveryHandle) {
  HandleTable<int> table(1, 7, 10);
  const Handle one = table.add(std::make_unique<int>(1)), two = table.add(std::make_unique<int>(2));
  table.remove(one).reset();
  const auto all = table.take_all();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(*all[0], 2);
  EXPECT_EQ(table.find(two), nullptr);
  EXPECT_EQ(table.size(), 0U);
}

} // namespace
} // namespace openl2tp::runtime
