// The time that the protocol reckons with: monotonic milliseconds handed in as arguments.
// There is no now() here on purpose; only the runtime (or a simulation) knows what time it is.
#pragma once

#include <chrono>
#include <cstdint>

namespace openl2tp::protocol {

/// Monotonic time in milliseconds from an arbitrary origin. Has no now(): time is always an argument.
struct Clock {
  using rep = std::int64_t;
  using period = std::milli;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<Clock, duration>;
  static constexpr bool is_steady = true;
};

using Duration = Clock::duration;
using TimePoint = Clock::time_point;

} // namespace openl2tp::protocol
