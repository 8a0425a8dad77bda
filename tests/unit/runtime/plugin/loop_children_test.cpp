// spawn, child_signal and child_leave through the C ABI, with a real helper process.
#include <gtest/gtest.h>
#include <signal.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <vector>

#include "runtime/process/spawner.hpp"
#include "tests/unit/runtime/plugin/loop_lab.hpp"

namespace openl2tp::runtime {
namespace {

using namespace std::chrono_literals;
using testing::Called;
using testing::LoopLab;

Spawner make_spawner() {
  auto spawner = Spawner::start({.channels = 1, .grace = 20ms});
  EXPECT_TRUE(spawner) << spawner.error();
  return std::move(*spawner);
}

struct ChildLab {
  explicit ChildLab(PluginLoopLimits limits = {})
      : spawner(make_spawner()), lab(limits, 10, nullptr, spawner.take_channel(0), spawner.process()) {}

  ~ChildLab() {
    lab.end();
    EXPECT_TRUE(spawner.finish(60s));
  }

  openl2tp_child* start(std::vector<const char*> arguments, std::vector<openl2tp_child_fd> fds = {}) {
    openl2tp_child* child = nullptr;
    EXPECT_EQ(try_start(&child, std::move(arguments), std::move(fds)), OPENL2TP_OK);
    return child;
  }
  openl2tp_status try_start(openl2tp_child** child, std::vector<const char*> arguments,
                            std::vector<openl2tp_child_fd> fds = {}) {
    arguments.push_back(nullptr);
    const char* const environment[] = {"WORD=there", nullptr};
    const openl2tp_spawn_params params{.struct_size = sizeof params,
                                       .flags = 0,
                                       .path = arguments[0],
                                       .arguments = arguments.data(),
                                       .environment = environment,
                                       .fds = fds.data(),
                                       .fd_count = fds.size()};
    return lab.ops.spawn(lab.at, child, &params, Called::exit, &called);
  }
  std::int32_t wait() {
    lab.turn_until([&] { return called.count > 0; });
    return called.status;
  }

  Called called;
  Spawner spawner;
  LoopLab lab;
};

TEST(PluginChild, ReportsItsStatusOnceAndIsDeadThen) {
  ChildLab children;
  openl2tp_child* const child = children.start({"/bin/false"});
  EXPECT_EQ(children.lab.at->counters().children, 1U);
  EXPECT_EQ(children.wait(), 1);
  EXPECT_EQ(children.lab.at->counters().children, 0U);
  children.lab.ops.child_signal(child, SIGTERM);
  children.lab.ops.child_leave(child, 0);
  EXPECT_EQ(children.lab.at->counters().rules_broken, 2U);
  EXPECT_EQ(children.called.count, 1);
  EXPECT_TRUE(children.lab.logged("plugin lab: child_signal of what does not exist (any more)"));
}

TEST(PluginChild, ReportsTheErrorOfAStartThatFailed) {
  ChildLab children;
  children.start({"/nowhere/at/all"});
  EXPECT_EQ(children.wait(), -ENOENT);
}

TEST(PluginChild, IsSignalled) {
  ChildLab children;
  openl2tp_child* const child = children.start({"/bin/sleep", "1000"});
  children.lab.ops.child_signal(child, SIGUSR2);
  EXPECT_EQ(children.wait(), 256 + SIGUSR2);
}

TEST(PluginChild, GetsItsEnvironmentAndDescriptors) {
  ChildLab children;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  UniqueFd reader(ends[0]), writer(ends[1]);
  children.start({"/usr/bin/env"}, {{.from = writer.get(), .to = 1}});
  writer.reset();
  std::string text(64, '\0');
  text.resize(static_cast<std::size_t>(::read(reader.get(), text.data(), text.size())));
  EXPECT_EQ(text, "WORD=there\n");
  EXPECT_EQ(children.wait(), 0);
}

TEST(PluginChild, ALeftOneIsNotReported) {
  ChildLab children;
  openl2tp_child* const child = children.start({"/bin/sleep", "1000"});
  children.lab.ops.child_leave(child, 1000);
  EXPECT_EQ(children.lab.at->counters().children, 0U);
  Called other;
  children.start({"/bin/true"});
  EXPECT_EQ(children.wait(), 0);
  EXPECT_EQ(children.called.count, 1);
}

TEST(PluginChild, NoneIsStartedBeyondTheBound) {
  ChildLab children({.children = 1});
  openl2tp_child* const child = children.start({"/bin/sleep", "1000"});
  openl2tp_child* second = nullptr;
  EXPECT_EQ(children.try_start(&second, {"/bin/true"}), OPENL2TP_E_BUSY);
  children.lab.ops.child_leave(child, 0);
}

TEST(PluginChild, ParametersBeyondTheLimitsAreRefusedAndNamed) {
  ChildLab children;
  openl2tp_child* child = nullptr;
  EXPECT_EQ(children.try_start(&child, {"bin/true"}), OPENL2TP_E_INVALID);
  EXPECT_EQ(children.try_start(&child, std::vector<const char*>(256, "/bin/true")), OPENL2TP_E_INVALID);
  EXPECT_EQ(children.try_start(&child, {"/bin/true"}, {{.from = 0, .to = 64}}), OPENL2TP_E_INVALID);
  EXPECT_EQ(children.try_start(&child, {"/bin/true"}, {{.from = -1, .to = 0}}), OPENL2TP_E_INVALID);
  EXPECT_EQ(children.try_start(&child, {"/bin/true"}, {{.from = 0, .to = 5}, {.from = 0, .to = 5}}),
            OPENL2TP_E_INVALID);
  EXPECT_EQ(children.try_start(&child, {"/bin/true"}, std::vector<openl2tp_child_fd>(17, {.from = 0, .to = 0})),
            OPENL2TP_E_INVALID);
  EXPECT_EQ(children.lab.at->counters().children, 0U);
  EXPECT_TRUE(children.lab.logged("plugin lab: spawn: an absolute path"));
}

TEST(PluginChild, TheStructIsJudged) {
  ChildLab children;
  const char* const arguments[] = {"/bin/true", nullptr};
  openl2tp_spawn_params params{.struct_size = sizeof params,
                               .flags = 0,
                               .path = "/bin/true",
                               .arguments = arguments,
                               .environment = nullptr,
                               .fds = nullptr,
                               .fd_count = 0};
  openl2tp_child* child = nullptr;
  const auto start = [&](const openl2tp_spawn_params* p) {
    return children.lab.ops.spawn(children.lab.at, &child, p, Called::exit, &children.called);
  };
  EXPECT_EQ(start(nullptr), OPENL2TP_E_INVALID);
  params.flags = 1;
  EXPECT_EQ(start(&params), OPENL2TP_E_INVALID);
  params.flags = 0;
  params.struct_size = 8;
  EXPECT_EQ(start(&params), OPENL2TP_E_INVALID);
  params.struct_size = sizeof params + 8; // of a newer header
  EXPECT_EQ(start(&params), OPENL2TP_OK);
  EXPECT_EQ(children.wait(), 0);
  params.arguments = nullptr;
  EXPECT_EQ(start(&params), OPENL2TP_E_INVALID);
  params.arguments = arguments;
  params.fd_count = 1;
  EXPECT_EQ(start(&params), OPENL2TP_E_INVALID);
}

TEST(PluginChild, WithoutAHelperItIsUnsupported) {
  LoopLab lab;
  const char* const arguments[] = {"/bin/true", nullptr};
  const openl2tp_spawn_params params{.struct_size = sizeof params,
                                     .flags = 0,
                                     .path = "/bin/true",
                                     .arguments = arguments,
                                     .environment = nullptr,
                                     .fds = nullptr,
                                     .fd_count = 0};
  openl2tp_child* child = nullptr;
  Called called;
  EXPECT_EQ(lab.ops.spawn(lab.at, &child, &params, Called::exit, &called), OPENL2TP_E_UNSUPPORTED);
}

TEST(PluginChild, AfterTheHelpersDeathNothingIsStarted) {
  ChildLab children;
  children.start({"/bin/sleep", "1000"});
  ASSERT_EQ(::kill(children.spawner.process(), SIGKILL), 0);
  EXPECT_LT(children.wait(), 512); // killed with it, or never started
  openl2tp_child* child = nullptr;
  EXPECT_EQ(children.try_start(&child, {"/bin/true"}), OPENL2TP_E_FAILED);
  EXPECT_TRUE(children.lab.logged("plugin lab: spawn: the process that starts programs has ended"));
}

TEST(PluginChild, WhatTheShardLeavesIsEndedAndNamed) {
  ChildLab children;
  std::array<int, 2> ends{};
  ASSERT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
  UniqueFd reader(ends[0]), writer(ends[1]);
  children.start({"/bin/sleep", "1000"}, {{.from = writer.get(), .to = 1}});
  writer.reset();
  children.lab.drain();
  children.lab.end();
  char octet = 0;
  EXPECT_EQ(::read(reader.get(), &octet, 1), 0); // the child is gone
  EXPECT_EQ(children.called.count, 0);
  EXPECT_TRUE(children.lab.captured.has("plugin lab: shard_stop left 0 timers, 0 watches and 1 children"));
}

} // namespace
} // namespace openl2tp::runtime
