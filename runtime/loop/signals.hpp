// Signals as values: blocked in every thread, read from a signalfd by one loop.
#pragma once

#include <sys/signalfd.h>

#include <initializer_list>

#include "runtime/loop/loop.hpp"
#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

/// Make it before any other thread exists: the calling thread blocks the signals, and threads inherit that. They stay
/// blocked.
class Signals {
 public:
  explicit Signals(std::initializer_list<int> numbers);

  /// The number of the next signal; 0 when the task was stopped; a negative errno value when the read failed. One
  /// waiter at a time.
  [[nodiscard]] Task<int> next();

 private:
  UniqueFd fd_;
};

} // namespace openl2tp::runtime
