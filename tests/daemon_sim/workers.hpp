// The worker threads of a simulated daemon: works run in the simulator's own thread, after delays and in an order that
// the seed decides.
#pragma once

#include <optional>
#include <vector>

#include "runtime/loop/worker_pool.hpp"
#include "tests/daemon_sim/dice.hpp"

namespace openl2tp::daemon_sim {

class SimWorkers final : public runtime::WorkerPool {
 public:
  SimWorkers(const runtime::FakeNetwork& network, Dice& dice) noexcept : network_(network), dice_(dice) {}

  /// From now on a work takes at most this; `slow` of a thousand take up to 50 times as long.
  void set_delays(unsigned most_ms, unsigned slow) noexcept { most_ms_ = most_ms, slow_ = slow; }
  /// When the next step of a work is due; nullopt: there is none.
  [[nodiscard]] std::optional<protocol::TimePoint> next() const noexcept;
  /// Does one step of a work that is due: its call, or its answer. @return false: none is due.
  bool run_one();
  [[nodiscard]] std::size_t in_hand() const noexcept { return items_.size(); }
  [[nodiscard]] runtime::WorkerCounters counters() const noexcept override { return {.done = done_}; }

 private:
  struct Item {
    runtime::Work* work;
    protocol::TimePoint at; // of the next step
    bool ran;
  };
  void attach(runtime::LoopWorkers&) override {}
  void detach(runtime::LoopWorkers&) noexcept override {}
  void submitted(runtime::LoopWorkers& loop) noexcept override;
  void refused() noexcept override {}
  [[nodiscard]] protocol::TimePoint later() noexcept;

  const runtime::FakeNetwork& network_;
  Dice& dice_;
  unsigned most_ms_ = 0, slow_ = 0;
  std::vector<Item> items_;
  std::uint64_t done_ = 0;
};

} // namespace openl2tp::daemon_sim
