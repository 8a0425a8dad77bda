// The time that the engine reckons with: monotonic milliseconds handed in as arguments. There is no now() on purpose.
#pragma once

#include <chrono>
#include <cstdint>

namespace openl2tp::ppp {

struct Clock {
  using rep = std::int64_t;
  using period = std::milli;
  using duration = std::chrono::duration<rep, period>;
  using time_point = std::chrono::time_point<Clock, duration>;
  static constexpr bool is_steady = true;
};

using Duration = Clock::duration;
using TimePoint = Clock::time_point;

/// No deadline: a timer that does not run.
inline constexpr TimePoint never = TimePoint::max();

} // namespace openl2tp::ppp
