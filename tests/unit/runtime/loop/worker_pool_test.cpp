#include "runtime/loop/worker_pool.hpp"

#include <gtest/gtest.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <string>
#include <thread>
#include <vector>

#include "runtime/coro/scope.hpp"
#include "tests/unit/runtime/loop/fake_loop.hpp"

namespace openl2tp::runtime {
namespace {

std::unique_ptr<WorkerPool> make_pool(std::size_t threads) {
  auto pool = WorkerPool::create({.threads = threads});
  EXPECT_TRUE(pool) << pool.error();
  return std::move(*pool);
}

struct Fixture {
  explicit Fixture(std::size_t threads = 2, std::size_t limit = LoopWorkers::outstanding_max)
      : pool(make_pool(threads)), workers(*pool, fake.loop, limit) {}
  void drain() { fake.loop.run(wait_for_all(&workers)); }
  static Task<void> wait_for_all(LoopWorkers* workers) { co_await workers->drained(); }

  FakeLoop fake{true};
  std::unique_ptr<WorkerPool> pool;
  LoopWorkers workers;
};

struct Noted final : Work {
  void run() noexcept override {
    ran_in = std::this_thread::get_id();
    if (gate != nullptr) gate->wait();
    if (order != nullptr) order->push_back(number);
  }
  void done() noexcept override {
    done_in = std::this_thread::get_id();
    ++done_count;
  }
  std::latch* gate = nullptr;
  std::vector<int>* order = nullptr;
  int number = 0, done_count = 0;
  std::thread::id ran_in, done_in;
};

TEST(WorkerPool, RunsElsewhereAndIsDoneInTheLoop) {
  Fixture f;
  Noted work;
  ASSERT_TRUE(f.workers.submit(work));
  EXPECT_EQ(f.workers.outstanding(), 1U);
  f.drain();
  EXPECT_EQ(work.done_count, 1);
  EXPECT_EQ(work.done_in, std::this_thread::get_id());
  EXPECT_NE(work.ran_in, std::thread::id{});
  EXPECT_NE(work.ran_in, std::this_thread::get_id());
  EXPECT_EQ(f.workers.outstanding(), 0U);
}

TEST(WorkerPool, WorksRunSideBySide) {
  Fixture f(3);
  // Each waits for all three: on fewer threads they would never come back.
  std::latch all(3);
  struct Meeting final : Work {
    void run() noexcept override { all->arrive_and_wait(); }
    void done() noexcept override {}
    std::latch* all = nullptr;
  };
  std::array<Meeting, 3> works;
  for (Meeting& work : works) {
    work.all = &all;
    ASSERT_TRUE(f.workers.submit(work));
  }
  f.drain();
  EXPECT_EQ(f.pool->counters().done, 3U);
}

TEST(WorkerPool, OneThreadKeepsTheOrder) {
  Fixture f(1);
  std::vector<int> order;
  std::array<Noted, 50> works;
  for (int i = 0; i < 50; ++i) {
    works[static_cast<std::size_t>(i)].order = &order;
    works[static_cast<std::size_t>(i)].number = i;
    ASSERT_TRUE(f.workers.submit(works[static_cast<std::size_t>(i)]));
  }
  f.drain();
  ASSERT_EQ(order.size(), 50U);
  EXPECT_TRUE(std::ranges::is_sorted(order));
}

TEST(WorkerPool, ABusyLoopDoesNotStarveAnother) {
  FakeLoop busy(true), quiet(true);
  const auto pool = make_pool(1);
  LoopWorkers much(*pool, busy.loop), little(*pool, quiet.loop);
  std::latch gate(1);
  std::vector<int> order;
  std::array<Noted, 10> works;
  works[0].gate = &gate; // holds the only thread until everything is submitted
  for (int i = 0; i < 9; ++i) {
    works[static_cast<std::size_t>(i)].order = &order;
    works[static_cast<std::size_t>(i)].number = i;
    ASSERT_TRUE(much.submit(works[static_cast<std::size_t>(i)]));
  }
  works[9].order = &order;
  works[9].number = 9;
  ASSERT_TRUE(little.submit(works[9]));
  gate.count_down();
  busy.loop.run(Fixture::wait_for_all(&much));
  quiet.loop.run(Fixture::wait_for_all(&little));
  ASSERT_EQ(order.size(), 10U);
  EXPECT_LE(std::ranges::find(order, 9) - order.begin(), 2);
}

TEST(WorkerPool, RefusesBeyondTheLimitOfTheLoop) {
  Fixture f(1, 2);
  std::array<Noted, 3> works;
  EXPECT_TRUE(f.workers.submit(works[0]));
  EXPECT_TRUE(f.workers.submit(works[1]));
  EXPECT_FALSE(f.workers.submit(works[2]));
  EXPECT_EQ(f.pool->counters().refused, 1U);
  f.drain();
  EXPECT_EQ(works[2].done_count, 0);
  EXPECT_TRUE(f.workers.submit(works[2]));
  f.drain();
  EXPECT_EQ(works[2].done_count, 1);
}

TEST(WorkerPool, DoneMaySubmitAgain) {
  struct Chain final : Work {
    void run() noexcept override { ++runs; }
    void done() noexcept override {
      if (runs < 5) EXPECT_TRUE(workers->submit(*this));
    }
    LoopWorkers* workers = nullptr;
    int runs = 0;
  } chain;
  Fixture f;
  chain.workers = &f.workers;
  ASSERT_TRUE(f.workers.submit(chain));
  f.drain();
  EXPECT_EQ(chain.runs, 5);
}

TEST(WorkerPool, CountsWhatWaitsAndWhatRuns) {
  Fixture f(1);
  std::latch started(1), gate(1);
  struct Holding final : Work {
    void run() noexcept override {
      started->count_down();
      gate->wait();
    }
    void done() noexcept override {}
    std::latch *started = nullptr, *gate = nullptr;
  } first;
  first.started = &started;
  first.gate = &gate;
  Noted second;
  ASSERT_TRUE(f.workers.submit(first));
  started.wait();
  ASSERT_TRUE(f.workers.submit(second));
  EXPECT_EQ(f.pool->counters().running, 1U);
  EXPECT_EQ(f.pool->counters().waiting, 1U);
  gate.count_down();
  f.drain();
  const WorkerCounters after = f.pool->counters();
  EXPECT_EQ(after.running, 0U);
  EXPECT_EQ(after.waiting, 0U);
  EXPECT_EQ(after.done, 2U);
  EXPECT_GT(after.longest_wait.count(), 0);
}

Task<void> look_at_thread(LoopWorkers* workers, std::string* name, bool* blocked) {
  struct Look {
    bool operator()() const {
      std::array<char, 16> text{};
      ::pthread_getname_np(::pthread_self(), text.data(), text.size());
      *name = text.data();
      sigset_t mask;
      ::pthread_sigmask(SIG_BLOCK, nullptr, &mask);
      return sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGCHLD) == 1;
    }
    std::string* name;
  };
  const auto result = co_await run_on(*workers, Look{name});
  *blocked = result.has_value() && *result;
}

TEST(WorkerPool, ThreadsAreNamedAndTakeNoSignals) {
  Fixture f(1);
  std::string name;
  bool blocked = false;
  f.fake.loop.run(look_at_thread(&f.workers, &name, &blocked));
  EXPECT_EQ(name, "worker 0");
  EXPECT_TRUE(blocked);
}

TEST(WorkerPool, TheMakersSignalMaskStays) {
  sigset_t before, after;
  ::pthread_sigmask(SIG_BLOCK, nullptr, &before);
  const auto pool = make_pool(1);
  ::pthread_sigmask(SIG_BLOCK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGTERM), sigismember(&after, SIGTERM));
}

struct Twice {
  std::unique_ptr<int> operator()() { return std::make_unique<int>(2 * *value); }
  std::unique_ptr<int> value;
};

Task<int> twice(LoopWorkers* workers, int value) {
  auto result = co_await run_on(*workers, Twice{std::make_unique<int>(value)});
  co_return result ? **result : -1;
}

TEST(RunOn, BringsTheAnswerHome) {
  Fixture f;
  EXPECT_EQ(f.fake.loop.run(twice(&f.workers, 21)), 42);
}

Task<bool> nothing(LoopWorkers* workers, std::atomic<int>* runs) {
  struct Count {
    void operator()() const { ++*runs; }
    std::atomic<int>* runs;
  };
  const tl::expected<void, WorkRefused> result = co_await run_on(*workers, Count{runs});
  co_return result.has_value();
}

TEST(RunOn, MayAnswerNothing) {
  Fixture f;
  std::atomic<int> runs{0};
  EXPECT_TRUE(f.fake.loop.run(nothing(&f.workers, &runs)));
  EXPECT_EQ(runs, 1);
}

TEST(RunOn, IsRefusedWhenTheLoopHasTooMuchOutstanding) {
  Fixture f(1, 0);
  std::atomic<int> runs{0};
  EXPECT_FALSE(f.fake.loop.run(nothing(&f.workers, &runs)));
  EXPECT_EQ(runs, 0);
}

Task<void> add(LoopWorkers* workers, std::atomic<int>* runs) {
  const bool ran = co_await nothing(workers, runs);
  EXPECT_TRUE(ran);
}

Task<void> many(LoopWorkers* workers, std::atomic<int>* runs, int count) {
  Loop& loop = co_await this_loop();
  TaskScope scope(loop);
  for (int i = 0; i < count; ++i)
    scope.spawn(add(workers, runs));
  co_await scope.join();
}

TEST(RunOn, ThousandsAtOnceAllComeBack) {
  Fixture f(8);
  std::atomic<int> runs{0};
  f.fake.loop.run(many(&f.workers, &runs, 5000));
  EXPECT_EQ(runs, 5000);
  EXPECT_EQ(f.pool->counters().done, 5000U);
}

} // namespace
} // namespace openl2tp::runtime
