// A shard's loop with everything that a plugin's loop is made of, and the ABI's functions. For tests.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/plugin/loop_services.hpp"
#include "runtime/plugin/plugin_loop.hpp"
#include "tests/unit/runtime/loop/fake_loop.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime::testing {

/// Counts its calls. Goes as `user`.
struct Called {
  int count = 0;
  std::uint32_t events = 0;
  std::int32_t status = 0;
  std::thread::id thread;
  static void plain(void* user) {
    auto& self = *static_cast<Called*>(user);
    ++self.count;
    self.thread = std::this_thread::get_id();
  }
  static void ready(void* user, std::uint32_t events) {
    auto& self = *static_cast<Called*>(user);
    ++self.count;
    self.events |= events;
  }
  static void exit(void* user, std::int32_t status) {
    auto& self = *static_cast<Called*>(user);
    ++self.count;
    self.status = status;
  }
};

class LoopLab {
 public:
  explicit LoopLab(PluginLoopLimits limits = {}, std::size_t works_max = LoopWorkers::outstanding_max,
                   std::unique_ptr<Ring> ring = nullptr, UniqueFd spawner_channel = {}, pid_t helper = 0)
      : loop(ring ? std::move(ring) : std::make_unique<FakeRing>(network, true)),
        pool(std::move(*WorkerPool::create({.threads = 2}))), workers(*pool, loop, works_max) {
    if (spawner_channel)
      spawner = std::make_unique<SpawnerClient>(loop, std::move(spawner_channel), helper, captured.log());
    at =
        &make_plugin_loop({.loop = loop, .workers = workers, .spawner = spawner.get(), .host = host, .limits = limits});
    add_loop_services(ops);
  }
  ~LoopLab() { end(); }

  void drain() { loop.run(at->drain()); }
  void end() {
    if (std::exchange(ended_, true)) return;
    at->close();
    loop.run(at->end());
    if (spawner) loop.run(spawner->close());
  }
  /// Ends everything, then looks for a line.
  bool logged(std::string_view part) {
    end();
    return captured.has(part);
  }
  void turn_until(auto condition) {
    while (!condition())
      if (!loop.turn(false) && !condition()) loop.turn(true);
  }
  /// Lets virtual time pass.
  void pass(protocol::Duration duration) {
    std::array<Loop*, 1> loops{&loop};
    simulate(network, loops, network.now() + duration);
  }
  openl2tp_timer* timer(Called& called) {
    openl2tp_timer* made = nullptr;
    EXPECT_EQ(ops.timer_make(at, &made, Called::plain, &called), OPENL2TP_OK);
    return made;
  }

  FakeNetwork network;
  CapturedLog captured;
  openl2tp_host host{captured.log(), "lab"};
  Loop loop;
  std::unique_ptr<WorkerPool> pool;
  LoopWorkers workers;
  std::unique_ptr<SpawnerClient> spawner;
  openl2tp_loop* at = nullptr;
  openl2tp_host_ops ops{};

 private:
  bool ended_ = false;
};

} // namespace openl2tp::runtime::testing
