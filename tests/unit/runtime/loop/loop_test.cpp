#include "runtime/loop/loop.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <atomic>
#include <chrono>
#include <thread>
#include <vector>

#include "runtime/coro/scope.hpp"
#include "runtime/loop/ask.hpp"
#include "runtime/loop/file_io.hpp"
#include "runtime/loop/reply.hpp"
#include "tests/unit/runtime/loop/fake_loop.hpp"

namespace openl2tp::runtime {
namespace {

using namespace std::chrono_literals;

struct Doubler {
  explicit Doubler(int v) : value(v) {}
  int operator()() const { return 2 * value; }
  int value;
};

Task<bool> sleep_once(protocol::Duration duration) {
  const bool elapsed = co_await sleep_for(duration);
  co_return elapsed;
}

TEST(Loop, SleepTakesVirtualTimeOnly) {
  FakeLoop fake;
  const auto begin = fake.loop.now();
  EXPECT_TRUE(fake.loop.run(sleep_once(24h)));
  EXPECT_EQ(fake.loop.now() - begin, 24h);
}

TEST(Loop, StopEndsTheTaskThatRuns) {
  FakeLoop fake;
  ASSERT_TRUE(fake.loop.mailbox().call([&] { fake.loop.request_stop(); }));
  EXPECT_FALSE(fake.loop.run(sleep_once(24h)));
}

Task<Timed<bool>> limited(protocol::Duration work, protocol::Duration limit) {
  Loop& loop = co_await this_loop();
  Timed<bool> result = co_await with_deadline(sleep_once(work), loop.now() + limit);
  co_return result;
}

TEST(WithDeadline, StopsTheTaskThatIsLate) {
  FakeLoop fake;
  const auto begin = fake.loop.now();
  const Timed<bool> late = fake.loop.run(limited(10s, 1s));
  EXPECT_TRUE(late.expired);
  EXPECT_FALSE(late.value);
  EXPECT_EQ(fake.loop.now() - begin, 1s);
}

TEST(WithDeadline, LeavesTheTaskThatIsInTime) {
  FakeLoop fake;
  const Timed<bool> early = fake.loop.run(limited(1s, 10s));
  EXPECT_FALSE(early.expired);
  EXPECT_TRUE(early.value);
}

struct CountingHook final : LoopHook {
  explicit CountingHook(protocol::TimePoint first) : deadline(first) {}
  void before_wait(protocol::TimePoint now) noexcept override {
    if (now < deadline) return;
    fired.push_back(now);
    deadline = now + 5s;
  }
  std::optional<protocol::TimePoint> next_deadline() const noexcept override { return deadline; }
  protocol::TimePoint deadline;
  std::vector<protocol::TimePoint> fired;
};

TEST(Loop, HookIsCalledAtItsDeadlines) {
  FakeLoop fake;
  const auto begin = fake.loop.now();
  CountingHook hook(begin + 5s);
  fake.loop.add_hook(hook);
  fake.loop.run(sleep_once(17s));
  EXPECT_EQ(hook.fired, (std::vector{begin + 5s, begin + 10s, begin + 15s}));
  EXPECT_LT(fake.loop.turns(), 40U);
  fake.loop.remove_hook(hook);
}

TEST(Loop, MessagesArriveInOrderWithOneWakeUp) {
  FakeLoop fake;
  std::vector<int> seen;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(fake.loop.mailbox().call([&seen, i] { seen.push_back(i); }));
  }
  while (fake.loop.turn(false)) {
  }
  EXPECT_EQ(seen, (std::vector{0, 1, 2, 3, 4}));
}

TEST(Mailbox, RefusesBeyondItsLimit) {
  Mailbox mailbox(2);
  int delivered = 0;
  EXPECT_TRUE(mailbox.call([&] { ++delivered; }));
  EXPECT_TRUE(mailbox.call([&] { ++delivered; }));
  EXPECT_FALSE(mailbox.call([&] { ++delivered; }));
  EXPECT_EQ(mailbox.deliver_all(), 2U);
  EXPECT_TRUE(mailbox.call([&] { ++delivered; }));
  EXPECT_EQ(mailbox.deliver_all(), 1U);
  EXPECT_EQ(delivered, 3);
}

TEST(Mailbox, ClosedMailboxDiscardsAndRefuses) {
  Mailbox mailbox;
  auto alive = std::make_shared<int>(0);
  ASSERT_TRUE(mailbox.call([alive] { ++*alive; }));
  mailbox.close();
  EXPECT_EQ(*alive, 0);
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_FALSE(mailbox.call([alive] { ++*alive; }));
  EXPECT_EQ(alive.use_count(), 1);
  EXPECT_EQ(mailbox.deliver_all(), 0U);
}

Task<void> wait_until_set(Event* event) { co_await event->wait(); }

TEST(Mailbox, ManyThreadsLoseNothingAndKeepTheirOrder) {
  FakeLoop fake(true);
  constexpr int kThreads = 4, kEach = 20'000;
  std::vector<int> last(kThreads, -1);
  int total = 0;
  Event all;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        while (!fake.loop.mailbox().call([&, t, i] {
          EXPECT_EQ(last[static_cast<std::size_t>(t)], i - 1);
          last[static_cast<std::size_t>(t)] = i;
          if (++total == kThreads * kEach) all.set();
        })) {
          std::this_thread::yield();
        }
      }
    });
  }
  fake.loop.run(wait_until_set(&all));
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(total, kThreads * kEach);
}

Task<int> ask_often(Mailbox* other, int times) {
  int sum = 0;
  for (int i = 0; i < times; ++i) {
    Doubler doubler(i);
    const tl::expected<int, Unreachable> answer = co_await ask(*other, doubler);
    sum += answer.value_or(-1'000'000);
  }
  co_return sum;
}

TEST(Ask, RunsInTheOtherLoopAndBringsTheAnswerHome) {
  FakeLoop asker(true);
  Mailbox* other = nullptr;
  Event* stop = nullptr;
  std::atomic<bool> ready{false};
  std::thread thread([&] {
    FakeLoop answerer(true);
    Event end;
    other = &answerer.loop.mailbox();
    stop = &end;
    ready.store(true, std::memory_order_release);
    answerer.loop.run(wait_until_set(&end));
  });
  while (!ready.load(std::memory_order_acquire))
    std::this_thread::yield();
  EXPECT_EQ(asker.loop.run(ask_often(other, 1000)), 999 * 1000);
  ASSERT_TRUE(other->call([stop] { stop->set(); }));
  thread.join();
}

Task<tl::expected<int, Unreachable>> ask_once(Mailbox* other) {
  Doubler doubler(21);
  const tl::expected<int, Unreachable> answer = co_await ask(*other, doubler);
  co_return answer;
}

TEST(Ask, SaysWhenTheOtherLoopRefusesOrEnds) {
  FakeLoop fake(true);
  Mailbox full(0);
  EXPECT_EQ(fake.loop.run(ask_once(&full)), tl::unexpected(Unreachable::refused));
  Mailbox ending;
  ASSERT_TRUE(fake.loop.mailbox().call([&] { ending.close(); }));
  EXPECT_EQ(fake.loop.run(ask_once(&ending)), tl::unexpected(Unreachable::discarded));
}

TEST(Reply, AnswerReachesTheWaitingThread) {
  FakeLoop fake(true);
  Event done;
  std::thread asker([&] {
    auto [promise, future] = make_reply<int>();
    ASSERT_TRUE(fake.loop.mailbox().call([p = std::move(promise)]() mutable { p.set(42); }));
    EXPECT_EQ(future.wait_for(60s), 42);
    ASSERT_TRUE(fake.loop.mailbox().call([&] { done.set(); }));
  });
  fake.loop.run(wait_until_set(&done));
  asker.join();
}

TEST(Reply, AnswerAfterTheDeadlineIsDropped) {
  auto [promise, future] = make_reply<std::vector<int>>();
  EXPECT_EQ(future.wait_for(1ms), tl::unexpected(NoReply::timed_out));
  promise.set({1, 2, 3});
}

TEST(Reply, DiscardedMessageAnswersAbandoned) {
  auto [promise, future] = make_reply<int>();
  {
    Mailbox mailbox;
    ASSERT_TRUE(mailbox.call([p = std::move(promise)]() mutable { p.set(1); }));
  }
  EXPECT_EQ(future.wait_for(60s), tl::unexpected(NoReply::abandoned));
}

TEST(Reply, ManyRacesBetweenAnswerAndDeadlineAreSafe) {
  for (int i = 0; i < 500; ++i) {
    auto [promise, future] = make_reply<std::vector<int>>();
    std::thread answerer([p = std::move(promise), i]() mutable {
      if (i % 3 != 0) p.set(std::vector<int>(3, i));
    });
    const auto answer = future.wait_until(std::chrono::steady_clock::now() + std::chrono::microseconds(i % 50));
    if (answer) {
      EXPECT_EQ(answer->size(), 3U);
    }
    answerer.join();
  }
}

Task<int> read_pipe(int fd, std::byte* octet) {
  const int octets = co_await read_file(fd, std::span(octet, 1));
  co_return octets;
}

TEST(FileRequest, IsCancelledByAStop) {
  FakeLoop fake(true);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  std::byte octet{};
  ASSERT_TRUE(fake.loop.mailbox().call([&] { fake.loop.request_stop(); }));
  EXPECT_EQ(fake.loop.run(read_pipe(reader.get(), &octet)), -ECANCELED);
  EXPECT_EQ(fake.loop.ring().in_flight(), 1U); // the mailbox's own
}

TEST(FileRequest, ReadsWhatIsThere) {
  FakeLoop fake(true);
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  const UniqueFd reader(ends[0]), writer(ends[1]);
  std::byte octet{};
  ASSERT_EQ(::write(writer.get(), "x", 1), 1);
  EXPECT_EQ(fake.loop.run(read_pipe(reader.get(), &octet)), 1);
  EXPECT_EQ(octet, std::byte{'x'});
}

} // namespace
} // namespace openl2tp::runtime
