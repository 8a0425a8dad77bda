// What another process has cost so far, read from /proc. Linux only; any number is 0 when it cannot be read.
#pragma once

#include <sys/types.h>

#include <cstdint>

namespace openl2tp::load {

struct Usage {
  std::uint64_t cpu_ns = 0;  // time on a processor, all threads that live now
  std::uint64_t rss_kib = 0; // resident memory
};

[[nodiscard]] Usage usage_of(pid_t process);
/// Our own processor time, in nanoseconds.
[[nodiscard]] std::uint64_t own_cpu_ns() noexcept;
/// The monotonic clock, in microseconds.
[[nodiscard]] std::uint64_t now_us() noexcept;

} // namespace openl2tp::load
