// The clocks and the randomness that a daemon reads. Tests and simulations pass their own, so that one seed decides
// everything.
#pragma once

#include <chrono>
#include <cstddef>
#include <span>

#include "protocol/clock.hpp"

namespace openl2tp::runtime {

/// Any thread.
class Environment {
 public:
  /// Monotonic, in the protocol's terms.
  [[nodiscard]] virtual protocol::TimePoint now() const noexcept = 0;
  /// Since 1970, UTC.
  [[nodiscard]] virtual std::chrono::milliseconds wall_clock() const noexcept = 0;
  /// Unpredictable octets.
  virtual void fill_random(std::span<std::byte> out) noexcept = 0;

 protected:
  ~Environment() = default;
};

/// The clocks of this machine and getrandom(2).
[[nodiscard]] Environment& system_environment() noexcept;

} // namespace openl2tp::runtime
