// Every way into a plugin goes through the door: what throws is caught and named, what crashes or ends the process is
// named, and the mark is gone afterwards.
#include "runtime/plugin/door.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <string>

#include "runtime/plugin/crash_note.hpp"
#include "runtime/plugin/loader.hpp"
#include "runtime/plugin/profile_observers.hpp"
#include "tests/unit/runtime/plugin/loop_lab.hpp"
#include "tests/unit/runtime/plugin/plugin_files.hpp"

namespace openl2tp::runtime {
namespace {

using testing::CapturedLog;
using testing::LoopLab;
using testing::test_plugin;

// What the plugin does when it is called, whichever way.
using Deed = void (*)();
Deed deed = nullptr;
int calls = 0;

void plain(void*) {
  ++calls;
  deed();
}
void quiet(void*) {}
void ready(void*, std::uint32_t) {
  ++calls;
  deed();
}

// A way into a plugin through its loop, and what the log calls it.
struct Way {
  const char* function;
  void (*go)(LoopLab& lab);
};
const std::array<Way, 6> ways{{
    {"on_timer",
     [](LoopLab& lab) {
       openl2tp_timer* timer = nullptr;
       ASSERT_EQ(lab.ops.timer_make(lab.at, &timer, plain, nullptr), OPENL2TP_OK);
       lab.ops.timer_arm(timer, 1);
       lab.pass(protocol::Duration{100});
       lab.ops.timer_free(timer);
     }},
    {"on_ready",
     [](LoopLab& lab) {
       std::array<int, 2> ends{};
       ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
       const UniqueFd ours(ends[0]), theirs(ends[1]);
       openl2tp_watch* watch = nullptr;
       ASSERT_EQ(lab.ops.watch_start(lab.at, &watch, ends[0], OPENL2TP_WATCH_WRITE, ready, nullptr), OPENL2TP_OK);
       lab.turn_until([] { return calls > 0; });
       lab.ops.watch_stop(watch, nullptr, nullptr);
       lab.drain();
     }},
    {"stopped of watch_stop",
     [](LoopLab& lab) {
       std::array<int, 2> ends{};
       ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()), 0);
       const UniqueFd ours(ends[0]), theirs(ends[1]);
       openl2tp_watch* watch = nullptr;
       ASSERT_EQ(lab.ops.watch_start(lab.at, &watch, ends[0], OPENL2TP_WATCH_READ, ready, nullptr), OPENL2TP_OK);
       lab.ops.watch_stop(watch, plain, nullptr);
       lab.drain();
     }},
    {"a call of run_on_shard",
     [](LoopLab& lab) {
       ASSERT_EQ(lab.ops.run_on_shard(lab.at, plain, nullptr), OPENL2TP_OK);
       lab.drain();
     }},
    {"a work of run_on_worker",
     [](LoopLab& lab) {
       ASSERT_EQ(lab.ops.run_on_worker(lab.at, plain, quiet, nullptr), OPENL2TP_OK);
       lab.drain();
     }},
    {"done of run_on_worker",
     [](LoopLab& lab) {
       ASSERT_EQ(lab.ops.run_on_worker(lab.at, quiet, plain, nullptr), OPENL2TP_OK);
       lab.drain();
     }},
}};

void go(const Way& way, Deed what) {
  deed = what;
  calls = 0;
  LoopLab lab;
  way.go(lab);
}

TEST(PluginDoor, WhatThrowsInALoopsFunctionIsCaughtNamedAndCounted) {
  for (const Way& way : ways) {
    SCOPED_TRACE(way.function);
    deed = [] { throw std::runtime_error("no\nluck"); };
    calls = 0;
    LoopLab lab;
    way.go(lab);
    EXPECT_EQ(calls, 1);
    EXPECT_EQ(lab.at->counters().rules_broken, 1U);
    EXPECT_TRUE(plugin_calls().empty());
    EXPECT_TRUE(lab.logged(std::string("plugin lab: ") + way.function + " threw an exception (no\\x0aluck)"));
  }
}

TEST(PluginDoorDeathTest, ACrashInALoopsFunctionNamesIt) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const Way& way : ways)
    EXPECT_DEATH(
        {
          install_crash_note(false);
          go(way, [] { std::abort(); });
        },
        std::string("signal 6 inside plugin lab, function ") + way.function);
}

TEST(PluginDoorDeathTest, ExitInAPluginIsNamedAndEndsTheProcessAtOnce) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  for (const Way& way : ways)
    EXPECT_EXIT(
        {
          install_crash_note(false);
          go(way, [] { std::exit(0); });
        },
        ::testing::ExitedWithCode(EXIT_FAILURE),
        std::string("exit.0. inside plugin lab, function ") + way.function + ": a plugin must not end the daemon");
}

TEST(PluginDoorDeathTest, OutsideOfPluginsACrashBlamesNone) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        install_crash_note(false);
        go(ways[0], [] {}); // it was inside one, once
        std::abort();
      },
      "signal 6 outside of any plugin");
}

TEST(PluginDoor, ACallThatIsUnderWayIsSeenFromOtherThreads) {
  LoopLab lab;
  std::vector<PluginCall> seen;
  enter_plugin(lab.host, "outer", PluginThread::shard, [&] {
    enter_plugin(lab.host, "inner", PluginThread::shard, [] {});
    std::thread([&] { seen = plugin_calls(); }).join();
  });
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_EQ(seen[0].plugin, "lab");
  EXPECT_EQ(seen[0].function, "outer");
  EXPECT_EQ(seen[0].kind, PluginThread::shard);
  EXPECT_FALSE(seen[0].thread.empty());
  EXPECT_TRUE(plugin_calls().empty());
}

TEST(PluginDoor, TwoCallsOfAThreadAreToldApart) {
  LoopLab lab;
  std::array<PluginCall, 2> seen;
  for (PluginCall& call : seen)
    enter_plugin(lab.host, "same", PluginThread::worker, [&] { call = plugin_calls().at(0); });
  EXPECT_EQ(seen[0].mark, seen[1].mark);
  EXPECT_NE(seen[0].number, seen[1].number);
}

TEST(PluginDoor, AnEntryPointThatThrowsIsNoPlugin) {
  CapturedLog captured;
  PluginSet plugins(captured.log());
  const std::string file = test_plugin("throws_at_entry");
  EXPECT_EQ(plugins.load(file).error(), "plugin " + file + ": its entry point threw an exception");
  EXPECT_TRUE(plugins.plugins().empty());
  EXPECT_TRUE(captured.has("plugin throws_at_entry: openl2tp_plugin_entry threw an exception (no licence)"));
}

TEST(PluginDoor, AnExtensionThatThrowsIsNoPlugin) {
  CapturedLog captured;
  PluginSet plugins(captured.log());
  const std::string file = test_plugin("throws_at_extension");
  EXPECT_EQ(plugins.load(file).error(),
            "plugin " + file + ": it threw an exception when asked for openl2tp.observer/1");
  EXPECT_TRUE(plugins.plugins().empty());
}

TEST(PluginDoor, AnObserverOfProfilesThatThrowsIsCaughtAndNamed) {
  CapturedLog captured;
  PluginSet plugins(captured.log());
  ASSERT_TRUE(plugins.load(test_plugin("throws")));
  observe_profile(plugins, OPENL2TP_EVENT_CREATED, OPENL2TP_PROFILE_PPP, "gold");
  EXPECT_TRUE(captured.has("plugin throws: profile of openl2tp.observer/1 threw an exception"));
}

} // namespace
} // namespace openl2tp::runtime
