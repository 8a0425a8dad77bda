// The one source of chance of a run, and what daemons read of clocks and randomness on top of it.
#pragma once

#include "runtime/environment.hpp"
#include "tests/sim/random.hpp"
#include "tests/support/fake_ring.hpp"

namespace openl2tp::daemon_sim {

using Dice = protocol::sim::Rng;

/// Virtual time, and octets from the seed.
class SimEnvironment final : public runtime::Environment {
 public:
  SimEnvironment(const runtime::FakeNetwork& network, Dice& dice) noexcept : network_(network), dice_(dice) {}

  [[nodiscard]] protocol::TimePoint now() const noexcept override { return network_.now(); }
  [[nodiscard]] std::chrono::milliseconds wall_clock() const noexcept override {
    return std::chrono::hours(24 * 365 * 50) + network_.now().time_since_epoch();
  }
  void fill_random(std::span<std::byte> out) noexcept override {
    for (std::byte& octet : out)
      octet = static_cast<std::byte>(dice_.next() >> 56);
  }

 private:
  const runtime::FakeNetwork& network_;
  Dice& dice_;
};

} // namespace openl2tp::daemon_sim
