// Timers, watches, works and calls through the C ABI; children are in loop_children_test.cpp.
#include "runtime/plugin/loop_services.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <latch>
#include <thread>

#include "runtime/ring/uring_ring.hpp"
#include "tests/unit/runtime/plugin/loop_lab.hpp"

namespace openl2tp::runtime {
namespace {

using namespace std::chrono_literals;
using testing::Called;
using testing::LoopLab;

// ---- timers ----

TEST(PluginTimer, FiresOnceAndNotEarly) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.ops.timer_arm(timer, 1000);
  lab.pass(999ms);
  EXPECT_EQ(called.count, 0);
  lab.pass(10ms);
  EXPECT_EQ(called.count, 1);
  lab.pass(1h);
  EXPECT_EQ(called.count, 1);
  lab.ops.timer_free(timer);
}

TEST(PluginTimer, CountsFromWhenItIsArmedNotFromTheTurnsBeginning) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.network.advance_to(lab.network.now() + 500ms); // the turn has been long
  lab.ops.timer_arm(timer, 100);
  lab.pass(90ms);
  EXPECT_EQ(called.count, 0);
  lab.pass(20ms);
  EXPECT_EQ(called.count, 1);
  lab.ops.timer_free(timer);
}

TEST(PluginTimer, ArmingReplacesWhatItWasArmedFor) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.ops.timer_arm(timer, 10);
  lab.ops.timer_arm(timer, 1000);
  lab.pass(500ms);
  EXPECT_EQ(called.count, 0);
  lab.pass(600ms);
  EXPECT_EQ(called.count, 1);
  lab.ops.timer_free(timer);
}

TEST(PluginTimer, ACancelledOneDoesNotFireUnlessArmedAgain) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.ops.timer_arm(timer, 10);
  lab.ops.timer_cancel(timer);
  lab.pass(1s);
  EXPECT_EQ(called.count, 0);
  lab.ops.timer_arm(timer, 10);
  lab.pass(1s);
  EXPECT_EQ(called.count, 1);
  lab.ops.timer_free(timer);
}

TEST(PluginTimer, AFreedOneDoesNotFire) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.ops.timer_arm(timer, 10);
  lab.ops.timer_free(timer);
  lab.pass(1s);
  EXPECT_EQ(called.count, 0);
  EXPECT_EQ(lab.at->counters().timers, 0U);
}

TEST(PluginTimer, MayBeArmedForEver) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.ops.timer_arm(timer, ~std::uint64_t{0});
  lab.pass(std::chrono::hours(24 * 365));
  EXPECT_EQ(called.count, 0);
  lab.ops.timer_free(timer);
}

struct Freeing {
  LoopLab* lab = nullptr;
  openl2tp_timer* timer = nullptr;
  int count = 0;
  static void fire(void* user) {
    auto& self = *static_cast<Freeing*>(user);
    ++self.count;
    self.lab->ops.timer_free(self.timer);
  }
};

TEST(PluginTimer, MayBeFreedFromInsideItsCallback) {
  LoopLab lab;
  Freeing freeing{.lab = &lab};
  ASSERT_EQ(lab.ops.timer_make(lab.at, &freeing.timer, Freeing::fire, &freeing), OPENL2TP_OK);
  lab.ops.timer_arm(freeing.timer, 10);
  lab.pass(1s);
  EXPECT_EQ(freeing.count, 1);
  EXPECT_EQ(lab.at->counters().timers, 0U);
  EXPECT_EQ(lab.at->counters().rules_broken, 0U);
}

TEST(PluginTimer, UsingOneThatWasFreedIsCaughtAndNamed) {
  LoopLab lab;
  Called called, other;
  openl2tp_timer* const timer = lab.timer(called);
  lab.ops.timer_free(timer);
  openl2tp_timer* const successor = lab.timer(other); // in the same place
  lab.ops.timer_arm(timer, 1);
  lab.ops.timer_cancel(timer);
  lab.ops.timer_free(timer);
  lab.pass(1s);
  EXPECT_EQ(called.count + other.count, 0);
  EXPECT_EQ(lab.at->counters().timers, 1U);
  EXPECT_EQ(lab.at->counters().rules_broken, 3U);
  lab.ops.timer_free(successor);
  EXPECT_TRUE(lab.logged("plugin lab: timer_free of what does not exist (any more)"));
}

TEST(PluginTimer, IsNotTakenForAWatch) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.ops.watch_stop(reinterpret_cast<openl2tp_watch*>(timer), nullptr, nullptr);
  EXPECT_EQ(lab.at->counters().rules_broken, 1U);
  lab.ops.timer_free(timer);
}

TEST(PluginTimer, NoneIsMadeBeyondTheBound) {
  LoopLab lab({.timers = 2});
  Called called;
  openl2tp_timer *const first = lab.timer(called), *const second = lab.timer(called);
  openl2tp_timer* third = nullptr;
  EXPECT_EQ(lab.ops.timer_make(lab.at, &third, Called::plain, &called), OPENL2TP_E_BUSY);
  EXPECT_EQ(lab.at->counters().refused, 1U);
  lab.ops.timer_free(first);
  EXPECT_EQ(lab.ops.timer_make(lab.at, &third, Called::plain, &called), OPENL2TP_OK);
  lab.ops.timer_free(second);
  lab.ops.timer_free(third);
}

TEST(PluginTimer, NeedsAFunction) {
  LoopLab lab;
  openl2tp_timer* timer = nullptr;
  EXPECT_EQ(lab.ops.timer_make(lab.at, &timer, nullptr, nullptr), OPENL2TP_E_INVALID);
  EXPECT_EQ(lab.ops.timer_make(lab.at, nullptr, Called::plain, nullptr), OPENL2TP_E_INVALID);
  EXPECT_EQ(lab.ops.timer_make(nullptr, &timer, Called::plain, nullptr), OPENL2TP_E_INVALID);
}

TEST(PluginTimer, ASlowCallbackIsNamed) {
  LoopLab lab;
  openl2tp_timer* timer = nullptr;
  ASSERT_EQ(
      lab.ops.timer_make(lab.at, &timer, [](void*) { std::this_thread::sleep_for(120ms); }, nullptr), OPENL2TP_OK);
  lab.ops.timer_arm(timer, 0);
  lab.pass(1s);
  EXPECT_EQ(lab.at->counters().slow_calls, 1U);
  lab.ops.timer_free(timer);
  EXPECT_TRUE(lab.logged("plugin lab: on_timer took 1"));
}

// ---- the right thread ----

TEST(PluginLoop, ShardFunctionsOnAnotherThreadAreRefusedAndNamed) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  std::thread([&] {
    openl2tp_timer* made = nullptr;
    openl2tp_watch* watch = nullptr;
    openl2tp_child* child = nullptr;
    EXPECT_EQ(lab.ops.timer_make(lab.at, &made, Called::plain, &called), OPENL2TP_E_WRONG_THREAD);
    EXPECT_EQ(lab.ops.watch_start(lab.at, &watch, 0, OPENL2TP_WATCH_READ, Called::ready, &called),
              OPENL2TP_E_WRONG_THREAD);
    EXPECT_EQ(lab.ops.run_on_worker(lab.at, Called::plain, Called::plain, &called), OPENL2TP_E_WRONG_THREAD);
    EXPECT_EQ(lab.ops.spawn(lab.at, &child, nullptr, Called::exit, &called), OPENL2TP_E_WRONG_THREAD);
    lab.ops.timer_arm(timer, 0);
    lab.ops.timer_free(timer);
  }).join();
  lab.pass(1s);
  EXPECT_EQ(called.count, 0);
  EXPECT_EQ(lab.at->counters().timers, 1U);
  lab.ops.timer_free(timer);
  EXPECT_TRUE(lab.logged("plugin lab: timer_free called on a thread that is not its loop's"));
  EXPECT_TRUE(lab.captured.has("plugin lab: watch_start called on a thread that is not its loop's"));
}

TEST(PluginLoop, OneThreadMayHaveSeveral) {
  LoopLab first, second;
  Called a, b;
  openl2tp_timer *const of_first = first.timer(a), *const of_second = second.timer(b);
  first.ops.timer_arm(of_first, 10);
  first.ops.timer_arm(of_second, 10);
  first.pass(1s);
  EXPECT_EQ(a.count, 1);
  EXPECT_EQ(b.count, 0);
  second.pass(1s);
  EXPECT_EQ(b.count, 1);
  first.end();
  second.ops.timer_free(of_second);
  EXPECT_EQ(second.at->counters().timers, 0U);
}

TEST(PluginLoop, AnEndedOneRefusesQuietly) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.end();
  openl2tp_timer* made = nullptr;
  EXPECT_EQ(lab.ops.timer_make(lab.at, &made, Called::plain, &called), OPENL2TP_E_BUSY);
  EXPECT_EQ(lab.ops.run_on_shard(lab.at, Called::plain, &called), OPENL2TP_E_BUSY);
  EXPECT_EQ(lab.ops.run_on_worker(lab.at, Called::plain, Called::plain, &called), OPENL2TP_E_BUSY);
  lab.ops.timer_free(timer);
}

TEST(PluginLoop, APointerThatIsNoLoopIsRefused) {
  LoopLab lab;
  Called called;
  openl2tp_timer* timer = nullptr;
  EXPECT_EQ(lab.ops.timer_make(reinterpret_cast<openl2tp_loop*>(&called), &timer, Called::plain, &called),
            OPENL2TP_E_INVALID);
}

// ---- posted calls ----

TEST(RunOnShard, RunsOnTheLoopsThreadFromAnyThread) {
  LoopLab lab;
  Called called;
  std::thread([&] { EXPECT_EQ(lab.ops.run_on_shard(lab.at, Called::plain, &called), OPENL2TP_OK); }).join();
  EXPECT_EQ(called.count, 0);
  lab.turn_until([&] { return called.count == 1; });
  EXPECT_EQ(called.thread, std::this_thread::get_id());
  EXPECT_EQ(lab.at->counters().calls, 0U);
}

TEST(RunOnShard, IsRefusedWhenTooManyWait) {
  LoopLab lab({.calls = 2});
  Called called;
  EXPECT_EQ(lab.ops.run_on_shard(lab.at, Called::plain, &called), OPENL2TP_OK);
  EXPECT_EQ(lab.ops.run_on_shard(lab.at, Called::plain, &called), OPENL2TP_OK);
  EXPECT_EQ(lab.ops.run_on_shard(lab.at, Called::plain, &called), OPENL2TP_E_BUSY);
  lab.turn_until([&] { return called.count == 2; });
  EXPECT_EQ(lab.ops.run_on_shard(lab.at, Called::plain, &called), OPENL2TP_OK);
  lab.turn_until([&] { return called.count == 3; });
}

TEST(RunOnShard, NeedsAFunction) {
  LoopLab lab;
  EXPECT_EQ(lab.ops.run_on_shard(lab.at, nullptr, nullptr), OPENL2TP_E_INVALID);
  EXPECT_EQ(lab.ops.run_on_shard(nullptr, Called::plain, nullptr), OPENL2TP_E_INVALID);
}

// ---- works ----

struct Errand {
  Called work, done;
  std::latch* gate = nullptr;
  static void go(void* user) {
    auto& self = *static_cast<Errand*>(user);
    if (self.gate != nullptr) self.gate->wait();
    Called::plain(&self.work);
  }
  static void back(void* user) { Called::plain(&static_cast<Errand*>(user)->done); }
};

TEST(RunOnWorker, WorksElsewhereAndIsDoneInTheLoop) {
  LoopLab lab;
  Errand errand;
  ASSERT_EQ(lab.ops.run_on_worker(lab.at, Errand::go, Errand::back, &errand), OPENL2TP_OK);
  EXPECT_EQ(lab.at->counters().works, 1U);
  lab.turn_until([&] { return errand.done.count == 1; });
  EXPECT_EQ(errand.work.count, 1);
  EXPECT_NE(errand.work.thread, std::this_thread::get_id());
  EXPECT_EQ(errand.done.thread, std::this_thread::get_id());
  EXPECT_EQ(lab.at->counters().works, 0U);
}

TEST(RunOnWorker, IsRefusedWhenTooManyAreOutstanding) {
  LoopLab lab({}, 1);
  std::latch gate(1);
  Errand errand{.work = {}, .done = {}, .gate = &gate}, refused;
  EXPECT_EQ(lab.ops.run_on_worker(lab.at, Errand::go, Errand::back, &errand), OPENL2TP_OK);
  EXPECT_EQ(lab.ops.run_on_worker(lab.at, Errand::go, Errand::back, &refused), OPENL2TP_E_BUSY);
  gate.count_down();
  lab.drain();
  EXPECT_EQ(errand.done.count, 1);
  EXPECT_EQ(refused.work.count + refused.done.count, 0);
}

TEST(RunOnWorker, NeedsBothFunctions) {
  LoopLab lab;
  EXPECT_EQ(lab.ops.run_on_worker(lab.at, nullptr, Called::plain, nullptr), OPENL2TP_E_INVALID);
  EXPECT_EQ(lab.ops.run_on_worker(lab.at, Called::plain, nullptr, nullptr), OPENL2TP_E_INVALID);
}

// ---- watches ----

struct Socket {
  Socket() {
    std::array<int, 2> ends{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
    ours.reset(ends[0]);
    theirs.reset(ends[1]);
  }
  UniqueFd ours, theirs;
};

// Reads what is there, as an edge-triggered watch asks for.
struct Reader : Called {
  explicit Reader(int descriptor) : fd(descriptor) {}
  static void ready(void* user, std::uint32_t events) {
    auto& self = *static_cast<Reader*>(user);
    Called::ready(static_cast<Called*>(&self), events);
    std::array<char, 64> room{};
    for (ssize_t length = 0; (length = ::read(self.fd, room.data(), room.size())) > 0;)
      self.octets += static_cast<int>(length);
  }
  int fd;
  int octets = 0;
};

openl2tp_watch* watch_reading(LoopLab& lab, Reader& reader) {
  openl2tp_watch* watch = nullptr;
  EXPECT_EQ(lab.ops.watch_start(lab.at, &watch, reader.fd, OPENL2TP_WATCH_READ, Reader::ready, &reader), OPENL2TP_OK);
  return watch;
}

std::unique_ptr<Ring> real_ring() {
  auto ring = UringRing::create({});
  EXPECT_TRUE(ring) << ring.error().text;
  return std::move(*ring);
}

void tells_of_each_arrival(LoopLab& lab) {
  Socket socket;
  Reader reader(socket.ours.get());
  openl2tp_watch* const watch = watch_reading(lab, reader);
  ASSERT_EQ(::write(socket.theirs.get(), "ab", 2), 2);
  lab.turn_until([&] { return reader.octets == 2; });
  EXPECT_EQ(reader.events, OPENL2TP_WATCH_READ);
  ASSERT_EQ(::write(socket.theirs.get(), "c", 1), 1);
  lab.turn_until([&] { return reader.octets == 3; });
  lab.ops.watch_stop(watch, nullptr, nullptr);
  lab.drain();
  EXPECT_EQ(lab.at->counters().watches, 0U);
}

TEST(PluginWatch, TellsOfEachArrival) {
  LoopLab lab;
  tells_of_each_arrival(lab);
}

TEST(PluginWatch, TellsOfEachArrivalOnTheRealRing) {
  LoopLab lab({}, 10, real_ring());
  tells_of_each_arrival(lab);
}

TEST(PluginWatch, TellsThatTheOtherEndIsGone) {
  LoopLab lab;
  Socket socket;
  Reader reader(socket.ours.get());
  openl2tp_watch* const watch = watch_reading(lab, reader);
  socket.theirs.reset();
  lab.turn_until([&] { return reader.count > 0; });
  EXPECT_EQ(reader.events, OPENL2TP_WATCH_READ | OPENL2TP_WATCH_HANGUP);
  lab.ops.watch_stop(watch, nullptr, nullptr);
}

TEST(PluginWatch, TellsThatItIsWritableOnceOnTheRealRing) {
  LoopLab lab({}, 10, real_ring());
  Socket socket;
  Called called;
  openl2tp_watch* watch = nullptr;
  ASSERT_EQ(lab.ops.watch_start(lab.at, &watch, socket.ours.get(), OPENL2TP_WATCH_READ | OPENL2TP_WATCH_WRITE,
                                Called::ready, &called),
            OPENL2TP_OK);
  lab.turn_until([&] { return called.count > 0; });
  EXPECT_EQ(called.events, OPENL2TP_WATCH_WRITE);
  for (int i = 0; i < 5; ++i)
    lab.loop.turn(false);
  EXPECT_EQ(called.count, 1); // an edge, not a level
  lab.ops.watch_stop(watch, nullptr, nullptr);
  lab.drain();
}

TEST(PluginWatch, StoppedComesOnceAndOnReadyNoMore) {
  LoopLab lab;
  Socket socket;
  Reader reader(socket.ours.get());
  Called stopped;
  openl2tp_watch* const watch = watch_reading(lab, reader);
  ASSERT_EQ(::write(socket.theirs.get(), "ab", 2), 2);
  lab.loop.turn(false); // the event is noted, the plugin not yet called
  lab.ops.watch_stop(watch, Called::plain, &stopped);
  EXPECT_EQ(stopped.count, 0);
  lab.drain();
  EXPECT_EQ(stopped.count, 1);
  EXPECT_EQ(reader.count, 0);
}

struct Stopping {
  LoopLab* lab = nullptr;
  openl2tp_watch* watch = nullptr;
  Called ready, stopped;
  static void fire(void* user, std::uint32_t events) {
    auto& self = *static_cast<Stopping*>(user);
    Called::ready(&self.ready, events);
    self.lab->ops.watch_stop(self.watch, Called::plain, &self.stopped);
  }
};

TEST(PluginWatch, MayBeStoppedFromInsideItsCallback) {
  LoopLab lab;
  Socket socket;
  Stopping stopping{.lab = &lab, .watch = nullptr, .ready = {}, .stopped = {}};
  ASSERT_EQ(
      lab.ops.watch_start(lab.at, &stopping.watch, socket.ours.get(), OPENL2TP_WATCH_WRITE, Stopping::fire, &stopping),
      OPENL2TP_OK);
  lab.turn_until([&] { return stopping.stopped.count == 1; });
  EXPECT_EQ(stopping.ready.count, 1);
  EXPECT_EQ(lab.at->counters().watches, 0U);
}

// Such a watch would never rest: the file is always ready.
TEST(PluginWatch, ADescriptorThatIsAlwaysReadyIsRefused) {
  LoopLab lab({}, 10, real_ring());
  const UniqueFd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  Called called;
  openl2tp_watch* watch = nullptr;
  EXPECT_EQ(lab.ops.watch_start(lab.at, &watch, file.get(), OPENL2TP_WATCH_READ, Called::ready, &called),
            OPENL2TP_E_INVALID);
  EXPECT_EQ(lab.at->counters().watches, 0U);
  EXPECT_TRUE(lab.logged("it must be open and of a kind that can be polled"));
}

// Watching the same descriptor twice, and asking again after it was refused once, leave nothing behind.
TEST(PluginWatch, AskingWhetherADescriptorCanBePolledLeavesNothingBehind) {
  LoopLab lab;
  Socket socket;
  Reader first(socket.ours.get()), second(socket.ours.get());
  openl2tp_watch* const one = watch_reading(lab, first);
  openl2tp_watch* const two = watch_reading(lab, second);
  lab.ops.watch_stop(one, nullptr, nullptr);
  lab.ops.watch_stop(two, nullptr, nullptr);
  lab.drain();
  EXPECT_EQ(lab.at->counters().watches, 0U);
}

TEST(PluginWatch, RefusesWhatItCannotWatch) {
  LoopLab lab;
  Called called;
  openl2tp_watch* watch = nullptr;
  const auto start = [&](int fd, std::uint32_t events) {
    return lab.ops.watch_start(lab.at, &watch, fd, events, Called::ready, &called);
  };
  EXPECT_EQ(start(-1, OPENL2TP_WATCH_READ), OPENL2TP_E_INVALID);
  EXPECT_EQ(start(1'000'000, OPENL2TP_WATCH_READ), OPENL2TP_E_INVALID);
  EXPECT_EQ(start(0, 0), OPENL2TP_E_INVALID);
  EXPECT_EQ(start(0, OPENL2TP_WATCH_READ | OPENL2TP_WATCH_HANGUP), OPENL2TP_E_INVALID);
  EXPECT_TRUE(lab.logged("plugin lab: watch_start of descriptor -1"));
}

TEST(PluginWatch, OneThatEndsStillCounts) {
  LoopLab lab({.watches = 1});
  Socket socket;
  Reader reader(socket.ours.get());
  openl2tp_watch* watch = watch_reading(lab, reader);
  openl2tp_watch* second = nullptr;
  EXPECT_EQ(lab.ops.watch_start(lab.at, &second, reader.fd, OPENL2TP_WATCH_READ, Reader::ready, &reader),
            OPENL2TP_E_BUSY);
  lab.ops.watch_stop(watch, nullptr, nullptr);
  EXPECT_EQ(lab.ops.watch_start(lab.at, &second, reader.fd, OPENL2TP_WATCH_READ, Reader::ready, &reader),
            OPENL2TP_E_BUSY);
  lab.turn_until([&] { return lab.at->counters().watches == 0; });
  watch = watch_reading(lab, reader);
  lab.ops.watch_stop(watch, nullptr, nullptr);
}

TEST(PluginWatch, StoppingOneTwiceIsCaught) {
  LoopLab lab;
  Socket socket;
  Reader reader(socket.ours.get());
  Called stopped;
  openl2tp_watch* const watch = watch_reading(lab, reader);
  lab.ops.watch_stop(watch, Called::plain, &stopped);
  lab.ops.watch_stop(watch, Called::plain, &stopped);
  lab.drain();
  EXPECT_EQ(stopped.count, 1);
  EXPECT_TRUE(lab.logged("plugin lab: watch_stop of what does not exist (any more)"));
}

// ---- the end of a shard ----

TEST(PluginLoopEnd, DrainWaitsForWorksAndCallsTheirDone) {
  LoopLab lab;
  Errand errand;
  ASSERT_EQ(lab.ops.run_on_worker(lab.at, Errand::go, Errand::back, &errand), OPENL2TP_OK);
  lab.drain();
  EXPECT_EQ(errand.done.count, 1);
}

struct Chain {
  LoopLab* lab = nullptr;
  int left = 0;
  static void go(void*) {}
  static void back(void* user) {
    auto& self = *static_cast<Chain*>(user);
    if (--self.left > 0) EXPECT_EQ(self.lab->ops.run_on_worker(self.lab->at, go, back, user), OPENL2TP_OK);
  }
};

TEST(PluginLoopEnd, DrainWaitsForWorksThatOtherWorksLeadTo) {
  LoopLab lab({}, 10, real_ring()); // on virtual time its patience would be over at once
  Chain chain{.lab = &lab, .left = 10};
  ASSERT_EQ(lab.ops.run_on_worker(lab.at, Chain::go, Chain::back, &chain), OPENL2TP_OK);
  lab.drain();
  EXPECT_EQ(chain.left, 0);
}

TEST(PluginLoopEnd, DrainRunsTheCallsThatWereTaken) {
  LoopLab lab;
  Called called;
  ASSERT_EQ(lab.ops.run_on_shard(lab.at, Called::plain, &called), OPENL2TP_OK);
  lab.drain();
  EXPECT_EQ(called.count, 1);
}

struct PostingAtItsEnd {
  LoopLab* lab = nullptr;
  Called called;
  static void go(void*) {}
  static void back(void* user) {
    auto& self = *static_cast<PostingAtItsEnd*>(user);
    EXPECT_EQ(self.lab->ops.run_on_shard(self.lab->at, Called::plain, &self.called), OPENL2TP_OK);
  }
};

// What a shard sees that goes on at once.
Task<int> count_after_drain(openl2tp_loop* loop, const Called* called) {
  co_await loop->drain();
  co_return called->count;
}

TEST(PluginLoopEnd, DrainRunsTheCallThatTheLastWorkPosted) {
  LoopLab lab({}, 10, real_ring());
  PostingAtItsEnd posting{.lab = &lab, .called = {}};
  ASSERT_EQ(lab.ops.run_on_worker(lab.at, PostingAtItsEnd::go, PostingAtItsEnd::back, &posting), OPENL2TP_OK);
  EXPECT_EQ(lab.loop.run(count_after_drain(lab.at, &posting.called)), 1);
}

TEST(PluginLoopEnd, NothingNewIsTakenAfterDrain) {
  LoopLab lab;
  const Socket socket;
  lab.drain();
  Called called;
  openl2tp_timer* timer = nullptr;
  openl2tp_watch* watch = nullptr;
  openl2tp_child* child = nullptr;
  const char* const arguments[] = {"/bin/true", nullptr};
  const openl2tp_spawn_params params{.struct_size = sizeof params,
                                     .flags = 0,
                                     .path = "/bin/true",
                                     .arguments = arguments,
                                     .environment = nullptr,
                                     .fds = nullptr,
                                     .fd_count = 0};
  EXPECT_EQ(lab.ops.run_on_shard(lab.at, Called::plain, &called), OPENL2TP_E_BUSY);
  EXPECT_EQ(lab.ops.run_on_worker(lab.at, Called::plain, Called::plain, &called), OPENL2TP_E_BUSY);
  EXPECT_EQ(lab.ops.timer_make(lab.at, &timer, Called::plain, &called), OPENL2TP_E_BUSY);
  EXPECT_EQ(lab.ops.watch_start(lab.at, &watch, socket.ours.get(), OPENL2TP_WATCH_READ, Called::ready, &called),
            OPENL2TP_E_BUSY);
  EXPECT_EQ(lab.ops.spawn(lab.at, &child, &params, Called::exit, &called), OPENL2TP_E_BUSY);
}

TEST(PluginLoopEnd, AShardThatIsToldToStopStillWaits) {
  LoopLab lab;
  std::latch gate(1);
  Errand errand{.work = {}, .done = {}, .gate = &gate};
  ASSERT_EQ(lab.ops.run_on_worker(lab.at, Errand::go, Errand::back, &errand), OPENL2TP_OK);
  ASSERT_EQ(lab.ops.run_on_shard(
                lab.at, [](void* open) { static_cast<std::latch*>(open)->count_down(); }, &gate),
            OPENL2TP_OK);
  lab.loop.request_stop();
  lab.drain();
  EXPECT_EQ(errand.done.count, 1);
}

TEST(PluginLoopEnd, APluginThatKeepsItWaitingIsNamed) {
  LoopLab lab;
  std::latch gate(1);
  Errand errand{.work = {}, .done = {}, .gate = &gate};
  ASSERT_EQ(lab.ops.run_on_worker(lab.at, Errand::go, Errand::back, &errand), OPENL2TP_OK);
  // The virtual clock reaches the deadline at once; the gate opens only after that.
  Called late;
  openl2tp_timer* const timer = lab.timer(late);
  lab.ops.timer_arm(timer, 6000);
  struct Opener final : LoopTimer {
    void on_timer(protocol::TimePoint) noexcept override { gate->count_down(); }
    std::latch* gate = nullptr;
  } opener;
  opener.gate = &gate;
  lab.loop.arm(opener, lab.loop.now() + 7s);
  lab.drain();
  EXPECT_EQ(errand.done.count, 1);
  lab.ops.timer_free(timer);
  EXPECT_TRUE(lab.logged("plugin lab: the end of its shard waits for 1 works and 0 watches"));
}

TEST(PluginLoopEnd, WhatIsLeftIsFreedAndNamed) {
  LoopLab lab;
  Socket socket;
  Reader reader(socket.ours.get());
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.ops.timer_arm(timer, 20);
  watch_reading(lab, reader);
  ASSERT_EQ(::write(socket.theirs.get(), "x", 1), 1);
  lab.loop.turn(false); // both are due; the watch has its turn next
  const int before = called.count + reader.count;
  lab.end();
  lab.pass(1s);
  EXPECT_EQ(called.count + reader.count, before);
  EXPECT_TRUE(lab.captured.has("plugin lab: shard_stop left 1 timers, 1 watches and 0 children"));
}

TEST(PluginLoopEnd, WhatThePluginFreedItselfIsNotNamed) {
  LoopLab lab;
  Called called;
  openl2tp_timer* const timer = lab.timer(called);
  lab.drain();
  lab.ops.timer_free(timer); // in shard_stop
  lab.end();
  EXPECT_FALSE(lab.captured.has("shard_stop left"));
}

TEST(PluginLoopEnd, StoppedDoesNotComeAfterTheInstanceHasEnded) {
  LoopLab lab;
  Socket socket;
  Reader reader(socket.ours.get());
  Called stopped;
  openl2tp_watch* const watch = watch_reading(lab, reader);
  lab.drain();
  lab.ops.watch_stop(watch, Called::plain, &stopped); // in shard_stop
  lab.end();
  EXPECT_EQ(stopped.count, 0);
}

TEST(PluginLoopEnd, WithoutDrainWorksComeBackUnheard) {
  LoopLab lab;
  Errand errand;
  ASSERT_EQ(lab.ops.run_on_worker(lab.at, Errand::go, Errand::back, &errand), OPENL2TP_OK);
  lab.end(); // as after a failed start
  EXPECT_EQ(errand.work.count, 1);
  EXPECT_EQ(errand.done.count, 0);
}

TEST(PluginLoopEnd, ThreadsThatPostMeanwhileAreAnsweredOneWayOrTheOther) {
  LoopLab lab;
  struct Count {
    std::atomic<int> taken{0}, ran{0};
  } count;
  std::latch begun(2);
  const auto post_for_ever = [&] {
    begun.arrive_and_wait();
    while (lab.ops.run_on_shard(lab.at, [](void* user) { ++static_cast<Count*>(user)->ran; }, &count) == OPENL2TP_OK)
      ++count.taken;
  };
  std::thread poster(post_for_ever);
  begun.arrive_and_wait();
  lab.drain();
  poster.join(); // it was refused
  lab.end();
  EXPECT_EQ(count.ran, count.taken);
}

} // namespace
} // namespace openl2tp::runtime
