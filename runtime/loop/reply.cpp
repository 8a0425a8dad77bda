#include "runtime/loop/reply.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

namespace openl2tp::runtime::detail {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t));

void ReplyGate::open(ReplyState state) noexcept {
  state_.store(static_cast<std::uint32_t>(state), std::memory_order_release);
  ::syscall(SYS_futex, &state_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
}

ReplyState ReplyGate::wait_until(std::chrono::steady_clock::time_point deadline) noexcept {
  for (;;) {
    const std::uint32_t state = state_.load(std::memory_order_acquire);
    if (state != static_cast<std::uint32_t>(ReplyState::empty)) return static_cast<ReplyState>(state);
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return ReplyState::empty;
    const timespec timeout{.tv_sec = static_cast<time_t>(left.count() / 1'000'000'000),
                           .tv_nsec = left.count() % 1'000'000'000};
    ::syscall(SYS_futex, &state_, FUTEX_WAIT_PRIVATE, state, &timeout, nullptr, 0);
  }
}

} // namespace openl2tp::runtime::detail
