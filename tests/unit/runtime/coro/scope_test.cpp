#include "runtime/coro/scope.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "runtime/coro/event.hpp"
#include "tests/unit/runtime/loop/fake_loop.hpp"

namespace openl2tp::runtime {
namespace {

using namespace std::chrono_literals;

Task<void> sleeper(std::vector<int>* woke, int name, protocol::Duration duration) {
  const bool elapsed = co_await sleep_for(duration);
  woke->push_back(elapsed ? name : -name);
}

Task<void> run_three(std::vector<int>* woke) {
  Loop& loop = co_await this_loop();
  TaskScope scope(loop);
  scope.spawn(sleeper(woke, 3, 3s));
  scope.spawn(sleeper(woke, 1, 1s));
  scope.spawn(sleeper(woke, 2, 2s));
  co_await scope.join();
  woke->push_back(0);
}

TEST(TaskScope, JoinWaitsForEveryTask) {
  FakeLoop fake;
  std::vector<int> woke;
  const auto begin = fake.loop.now();
  fake.loop.run(run_three(&woke));
  EXPECT_EQ(woke, (std::vector{1, 2, 3, 0}));
  EXPECT_EQ(fake.loop.now() - begin, 3s);
}

Task<void> stop_after_one_second(std::vector<int>* woke) {
  Loop& loop = co_await this_loop();
  TaskScope scope(loop);
  scope.spawn(sleeper(woke, 1, 500ms));
  scope.spawn(sleeper(woke, 2, 1h));
  co_await sleep_for(1s);
  scope.request_stop();
  scope.spawn(sleeper(woke, 3, 1h));
  co_await scope.join();
}

TEST(TaskScope, StopEndsSleepersAndThoseSpawnedLater) {
  FakeLoop fake;
  std::vector<int> woke;
  const auto begin = fake.loop.now();
  fake.loop.run(stop_after_one_second(&woke));
  EXPECT_EQ(woke, (std::vector{1, -2, -3}));
  EXPECT_EQ(fake.loop.now() - begin, 1s);
}

Task<void> inner_scope(std::vector<int>* woke) {
  Loop& loop = co_await this_loop();
  const StopToken stop = co_await this_stop();
  TaskScope scope(loop, stop);
  scope.spawn(sleeper(woke, 1, 1h));
  co_await scope.join();
}

Task<void> outer_scope(std::vector<int>* woke) {
  Loop& loop = co_await this_loop();
  TaskScope scope(loop);
  scope.spawn(inner_scope(woke));
  co_await sleep_for(10ms);
  scope.request_stop();
  co_await scope.join();
}

TEST(TaskScope, StopReachesNestedScopes) {
  FakeLoop fake;
  std::vector<int> woke;
  fake.loop.run(outer_scope(&woke));
  EXPECT_EQ(woke, std::vector{-1});
}

Task<void> join_nothing() {
  Loop& loop = co_await this_loop();
  TaskScope scope(loop);
  co_await scope.join();
}

TEST(TaskScope, JoiningAnEmptyScopeDoesNotWait) {
  FakeLoop fake;
  const auto begin = fake.loop.now();
  fake.loop.run(join_nothing());
  EXPECT_EQ(fake.loop.now(), begin);
}

Task<void> endless() { co_await sleep_for(1h); }

void abandon_a_scope() {
  FakeLoop fake;
  TaskScope scope(fake.loop);
  scope.spawn(endless());
}

TEST(TaskScopeDeathTest, ScopeWithTasksMustNotBeDestroyed) { EXPECT_DEATH(abandon_a_scope(), "count_ == 0"); }

Task<void> wait_for_event(Event* event, std::vector<int>* woke, int name) {
  const bool set = co_await event->wait();
  woke->push_back(set ? name : -name);
}

Task<void> set_event(std::vector<int>* woke) {
  Loop& loop = co_await this_loop();
  Event event;
  TaskScope scope(loop);
  scope.spawn(wait_for_event(&event, woke, 1));
  scope.spawn(wait_for_event(&event, woke, 2));
  co_await sleep_for(1s);
  event.set();
  scope.spawn(wait_for_event(&event, woke, 3));
  co_await scope.join();
  event.reset();
  scope.spawn(wait_for_event(&event, woke, 4));
  co_await sleep_for(1s);
  scope.request_stop();
  co_await scope.join();
}

TEST(Event, WakesAllWaitersInOrderAndStaysSetUntilReset) {
  FakeLoop fake;
  std::vector<int> woke;
  fake.loop.run(set_event(&woke));
  EXPECT_EQ(woke, (std::vector{1, 2, 3, -4}));
}

} // namespace
} // namespace openl2tp::runtime
