#include "runtime/coro/task.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/runtime/loop/fake_loop.hpp"

namespace openl2tp::runtime {
namespace {

Task<int> give(int value) { co_return value; }

Task<int> add(int a, int b) {
  const int x = co_await give(a);
  const int y = co_await give(b);
  co_return x + y;
}

TEST(Task, ReturnsWhatItsChildrenReturn) {
  FakeLoop fake;
  EXPECT_EQ(fake.loop.run(add(40, 2)), 42);
}

Task<std::unique_ptr<std::string>> make_text(std::string text) {
  co_return std::make_unique<std::string>(std::move(text));
}

Task<std::string> read_text() {
  std::unique_ptr<std::string> text = co_await make_text("moved, not copied");
  co_return *text;
}

TEST(Task, MovesItsResult) {
  FakeLoop fake;
  EXPECT_EQ(fake.loop.run(read_text()), "moved, not copied");
}

Task<void> note(std::vector<int>* order, int value) {
  order->push_back(value);
  co_return;
}

TEST(Task, DoesNothingUntilAwaited) {
  std::vector<int> order;
  {
    Task<void> never = note(&order, 1);
    Task<void> moved = std::move(never);
  }
  EXPECT_TRUE(order.empty());
}

Task<long> count_down(long calls) {
  long sum = 0;
  for (long i = 0; i < calls; ++i) {
    const int one = co_await give(1);
    sum += one;
  }
  co_return sum;
}

TEST(Task, ManySynchronousAwaitsKeepTheStackFlat) {
  FakeLoop fake;
  EXPECT_EQ(fake.loop.run(count_down(1'000'000)), 1'000'000);
}

Task<long> nested(long depth) {
  if (depth == 0) co_return 0;
  const long below = co_await nested(depth - 1);
  co_return below + 1;
}

TEST(Task, DeepNestingKeepsTheStackFlat) {
  FakeLoop fake;
  EXPECT_EQ(fake.loop.run(nested(100'000)), 100'000);
}

struct Tracked {
  explicit Tracked(int* live) noexcept : live_(live) { ++*live_; }
  Tracked(const Tracked& other) noexcept : live_(other.live_) { ++*live_; }
  Tracked& operator=(const Tracked&) = delete;
  ~Tracked() { --*live_; }
  int* live_;
};

Task<Tracked> pass(Tracked tracked) { co_return tracked; }

Task<int> pass_along(int* live) {
  Tracked outer(live);
  Tracked result = co_await pass(outer);
  co_return *result.live_;
}

TEST(Task, DestroysEveryObjectOnce) {
  int live = 0;
  {
    FakeLoop fake;
    EXPECT_GE(fake.loop.run(pass_along(&live)), 2);
    {
      Task<Tracked> dropped = pass(Tracked(&live));
    }
  }
  EXPECT_EQ(live, 0);
}

Task<Loop*> which_loop() {
  Loop& loop = co_await this_loop();
  co_return &loop;
}

TEST(Task, ChildrenInheritTheLoop) {
  FakeLoop fake;
  EXPECT_EQ(fake.loop.run(which_loop()), &fake.loop);
}

} // namespace
} // namespace openl2tp::runtime
