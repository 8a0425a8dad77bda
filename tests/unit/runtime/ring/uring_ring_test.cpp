// The real ring: needs a kernel that allows io_uring, as the daemon does.
#include "runtime/ring/uring_ring.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include <chrono>
#include <cstring>
#include <memory>
#include <thread>
#include <vector>

#include "runtime/coro/scope.hpp"
#include "runtime/loop/file_io.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/loop/reply.hpp"
#include "runtime/loop/signals.hpp"
#include "runtime/loop/sleep.hpp"
#include "runtime/loop/watch.hpp"

namespace openl2tp::runtime {
namespace {

using namespace std::chrono_literals;

std::unique_ptr<Ring> make_ring(UringOptions options = {}) {
  auto ring = UringRing::create(options);
  EXPECT_TRUE(ring) << ring.error().text;
  return std::move(*ring);
}

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  UniqueFd reader, writer;
};

Task<int> read_one(int fd, std::byte* octet) {
  const int octets = co_await read_file(fd, std::span(octet, 1));
  co_return octets;
}

Task<void> write_later(int fd) {
  co_await sleep_for(20ms);
  const std::byte octet{'y'};
  const int octets = co_await write_file(fd, std::span(&octet, 1));
  EXPECT_EQ(octets, 1);
}

Task<int> read_and_write(Pipe* pipe, std::byte* octet) {
  Loop& loop = co_await this_loop();
  TaskScope scope(loop);
  scope.spawn(write_later(pipe->writer.get()));
  const int octets = co_await read_one(pipe->reader.get(), octet);
  co_await scope.join();
  co_return octets;
}

TEST(UringRing, ReadsAndWritesFiles) {
  Loop loop(make_ring());
  Pipe pipe;
  std::byte octet{};
  EXPECT_EQ(loop.run(read_and_write(&pipe, &octet)), 1);
  EXPECT_EQ(octet, std::byte{'y'});
}

Task<bool> sleep_once(protocol::Duration duration) {
  const bool elapsed = co_await sleep_for(duration);
  co_return elapsed;
}

TEST(UringRing, SleepIsNeverEarlyAndDoesNotSpin) {
  Loop loop(make_ring());
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_TRUE(loop.run(sleep_once(50ms)));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 50ms - 1ms); // the loop counts whole milliseconds
  EXPECT_LT(loop.turns(), 12U);
}

Task<int> read_with_limit(int fd, std::byte* octet) {
  Loop& loop = co_await this_loop();
  const Timed<int> result = co_await with_deadline(read_one(fd, octet), loop.now() + 20ms);
  EXPECT_TRUE(result.expired);
  co_return result.value;
}

TEST(UringRing, DeadlineCancelsARequestAndAwaitsItsCompletion) {
  Loop loop(make_ring());
  Pipe pipe;
  std::byte octet{};
  EXPECT_EQ(loop.run(read_with_limit(pipe.reader.get(), &octet)), -ECANCELED);
  EXPECT_EQ(loop.ring().in_flight(), 1U); // the mailbox's own
}

Task<int> poll_twice(Pipe* pipe) {
  const int before = co_await poll_file(pipe->writer.get(), POLLOUT);
  EXPECT_TRUE(before & POLLOUT);
  EXPECT_EQ(::write(pipe->writer.get(), "z", 1), 1);
  const int after = co_await poll_file(pipe->reader.get(), POLLIN);
  co_return after;
}

TEST(UringRing, PollsForReadiness) {
  Loop loop(make_ring());
  Pipe pipe;
  EXPECT_TRUE(loop.run(poll_twice(&pipe)) & POLLIN);
}

struct CountingOperation final : Operation {
  void complete(const Completion& completion) noexcept override {
    ++completions;
    result = completion.result;
  }
  int completions = 0;
  int result = 0;
};

TEST(UringRing, MoreRequestsThanTheQueuesHoldAllComplete) {
  const auto ring =
      make_ring({.submission_entries = 4, .completion_entries = 8, .registered_files = 0, .features = {}});
  Pipe pipe;
  std::vector<CountingOperation> operations(300);
  for (CountingOperation& operation : operations)
    ring->poll(operation, {.fd = pipe.writer.get(), .slot = -1}, POLLOUT, false);
  while (ring->in_flight() > 0)
    (void)ring->wait(std::nullopt, true);
  for (const CountingOperation& operation : operations) {
    EXPECT_EQ(operation.completions, 1);
    EXPECT_TRUE(operation.result & POLLOUT);
  }
}

TEST(UringRing, FullFileTableFallsBackToPlainDescriptors) {
  const auto ring =
      make_ring({.submission_entries = 8, .completion_entries = 16, .registered_files = 1, .features = {}});
  Pipe pipe;
  const RingFile first = ring->register_file(pipe.writer.get());
  const RingFile second = ring->register_file(pipe.reader.get());
  EXPECT_EQ(first.slot, 0);
  EXPECT_EQ(second.slot, -1);
  const std::byte octet{'r'};
  std::byte read{};
  CountingOperation write_operation, read_operation;
  ring->write(write_operation, first, std::span(&octet, 1));
  while (write_operation.completions == 0)
    (void)ring->wait(std::nullopt, true);
  ring->read(read_operation, second, std::span(&read, 1));
  while (read_operation.completions == 0)
    (void)ring->wait(std::nullopt, true);
  EXPECT_EQ(read, octet);
  ring->unregister_file(first);
  EXPECT_EQ(ring->register_file(pipe.writer.get()).slot, 0);
}

Task<void> wait_for(Event* event) { co_await event->wait(); }

TEST(UringRing, OtherThreadsWakeTheLoop) {
  Loop loop(make_ring());
  Event done;
  std::thread asker([&] {
    for (int i = 0; i < 200; ++i) {
      auto [promise, future] = make_reply<int>();
      ASSERT_TRUE(loop.mailbox().call([p = std::move(promise), i]() mutable { p.set(i); }));
      EXPECT_EQ(future.wait_for(60s), i);
    }
    ASSERT_TRUE(loop.mailbox().call([&] { done.set(); }));
  });
  loop.run(wait_for(&done));
  asker.join();
}

struct PipeWatch final : FileWatch {
  PipeWatch(Loop& loop, int fd) : FileWatch(loop, fd, POLLIN), fd_(fd) {}
  void on_ready(std::uint32_t events, int error) noexcept override {
    EXPECT_EQ(error, 0);
    if ((events & POLLIN) == 0) return;
    std::array<char, 8> buffer{};
    octets += ::read(fd_, buffer.data(), buffer.size());
    if (octets >= 3) enough.set();
  }
  int fd_;
  ssize_t octets = 0;
  Event enough;
};

Task<void> feed_watch(PipeWatch* watch, int writer) {
  watch->start();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(::write(writer, "w", 1), 1);
    co_await sleep_for(5ms);
  }
  co_await watch->enough.wait();
  watch->close();
  co_await watch->closed().wait();
}

TEST(FileWatch, ReportsEveryEdgeUntilClosed) {
  Loop loop(make_ring());
  Pipe pipe;
  PipeWatch watch(loop, pipe.reader.get());
  loop.run(feed_watch(&watch, pipe.writer.get()));
  EXPECT_EQ(watch.octets, 3);
}

Task<int> next_signal(Signals* signals) {
  const int number = co_await signals->next();
  co_return number;
}

TEST(Signals, ArriveAsValues) {
  Signals signals({SIGUSR2});
  Loop loop(make_ring());
  ASSERT_EQ(::raise(SIGUSR2), 0);
  EXPECT_EQ(loop.run(next_signal(&signals)), SIGUSR2);
}

} // namespace
} // namespace openl2tp::runtime
