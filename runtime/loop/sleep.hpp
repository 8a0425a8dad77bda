// Waiting for time, as awaitables. Ended early by the task's stop token.
#pragma once

#include <coroutine>
#include <utility>

#include "runtime/loop/loop.hpp"

namespace openl2tp::runtime {

/// Awaiter of sleep_until() and sleep_for(). Answers true when the time came, false when the task was stopped.
class Sleep final : private LoopTimer, private StopCallback {
 public:
  explicit Sleep(protocol::TimePoint deadline) noexcept : deadline_(deadline) {}
  explicit Sleep(protocol::Duration duration) noexcept : duration_(duration), relative_(true) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    return begin(handle.promise());
  }
  bool await_resume() const noexcept { return elapsed_; }

 private:
  bool begin(PromiseBase& promise) noexcept {
    if (promise.stop().stop_requested()) return false;
    promise_ = &promise;
    promise.stop().subscribe(*this);
    promise.loop().arm(*this, relative_ ? promise.loop().now() + duration_ : deadline_);
    return true;
  }
  void on_timer(protocol::TimePoint) noexcept override {
    StopCallback::unlink();
    elapsed_ = true;
    post(promise_->loop(), *promise_);
  }
  void on_stop() noexcept override {
    promise_->loop().cancel(*this);
    post(promise_->loop(), *promise_);
  }

  protocol::TimePoint deadline_{};
  protocol::Duration duration_{};
  PromiseBase* promise_ = nullptr;
  bool relative_ = false;
  bool elapsed_ = false;
};

/// `const bool elapsed = co_await sleep_until(when);` At most one tick (4 ms) late, never early.
[[nodiscard]] inline Sleep sleep_until(protocol::TimePoint when) noexcept { return Sleep(when); }
/// Counted from the loop's time of this turn.
[[nodiscard]] inline Sleep sleep_for(protocol::Duration duration) noexcept { return Sleep(duration); }

/// What with_deadline() answers: what the task returned, and whether it had been told to stop because time was up.
template <class T>
struct Timed {
  bool expired = false;
  T value;
};
template <>
struct Timed<void> {
  bool expired = false;
};

namespace detail {
class StopTimer final : public LoopTimer {
 public:
  StopTimer(Loop& loop, StopSource& source, protocol::TimePoint deadline) noexcept : loop_(loop), source_(source) {
    loop.arm(*this, deadline);
  }
  ~StopTimer() { loop_.cancel(*this); }
  void on_timer(protocol::TimePoint) noexcept override {
    expired_ = true;
    source_.request_stop();
  }
  [[nodiscard]] bool expired() const noexcept { return expired_; }

 private:
  Loop& loop_;
  StopSource& source_;
  bool expired_ = false;
};
} // namespace detail

/// Awaits `task`, and asks it to stop at `deadline`. The task is always awaited to its end, so nothing that it holds is
/// lost.
template <class T>
Task<Timed<T>> with_deadline(Task<T> task, protocol::TimePoint deadline) {
  Loop& loop = co_await this_loop();
  const StopToken outer = co_await this_stop();
  StopSource source(outer);
  detail::StopTimer timer(loop, source, deadline);
  Task<T> limited = std::move(task).with_stop(source.token());
  if constexpr (std::is_void_v<T>) {
    co_await std::move(limited);
    co_return Timed<void>{timer.expired()};
  } else {
    T value = co_await std::move(limited);
    co_return Timed<T>{timer.expired(), std::move(value)};
  }
}

} // namespace openl2tp::runtime
