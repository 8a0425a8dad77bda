// Task<T>: a lazy coroutine, awaited once, that always resumes from its loop's run queue. So the stack stays flat
// whatever the compiler does with tail calls, and nothing runs from inside a submit or a completion. Results are
// values: what throws terminates.
//
//   Task<int> answer(int question) { co_await sleep_for(1s); co_return question + 1; }
//   const int n = co_await answer(41);
//
// Rules: parameters by value or of things that outlive the scope; no capturing lambda as a coroutine; no co_await
// inside a condition, a ternary or an initialiser list.
#pragma once

#include <coroutine>
#include <exception>
#include <optional>
#include <utility>

#include "protocol/assert.hpp"
#include "runtime/coro/runnable.hpp"
#include "runtime/coro/stop.hpp"

namespace openl2tp::runtime {

template <class T>
class Task;

/// What every coroutine of ours carries: its loop, its stop token (both inherited from who awaits or spawns it) and who
/// to wake.
class PromiseBase : public Runnable {
 public:
  using Done = void (*)(PromiseBase&, void* owner) noexcept;

  PromiseBase() noexcept : Runnable(&PromiseBase::resume) {}

  [[nodiscard]] Loop& loop() const noexcept { return *loop_; }
  [[nodiscard]] const StopToken& stop() const noexcept { return stop_; }

  /// Queues the first run. `done` is called from the run queue after the coroutine ended; it may destroy the frame.
  void start(Loop& loop, StopToken stop, Done done, void* owner) noexcept {
    loop_ = &loop;
    if (!own_stop_) stop_ = stop;
    done_ = done;
    owner_ = owner;
    begin();
  }

  [[nodiscard]] bool running() const noexcept { return started_ && !finished_; }
  [[nodiscard]] bool finished() const noexcept { return finished_; }
  [[nodiscard]] std::coroutine_handle<> handle() const noexcept { return self_; }

  struct FinalAwaiter {
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> handle) const noexcept {
      handle.promise().finish();
    }
    void await_resume() const noexcept {}
  };

  std::suspend_always initial_suspend() const noexcept { return {}; }
  FinalAwaiter final_suspend() const noexcept { return {}; }
  void unhandled_exception() const noexcept { std::terminate(); }

 protected:
  void set_handle(std::coroutine_handle<> self) noexcept { self_ = self; }

 private:
  template <class T>
  friend class Task;

  void start_for(PromiseBase& awaiter) noexcept {
    loop_ = awaiter.loop_;
    if (!own_stop_) stop_ = awaiter.stop_;
    continuation_ = &awaiter;
    begin();
  }
  void begin() noexcept {
    OPENL2TP_ASSERT(!started_);
    started_ = true;
    post(*loop_, *this);
  }
  void finish() noexcept {
    finished_ = true;
    if (continuation_ != nullptr) {
      post(*loop_, *continuation_);
    } else if (done_ != nullptr) {
      set_run(&PromiseBase::report_done);
      post(*loop_, *this);
    }
  }
  static void resume(Runnable& work) noexcept { static_cast<PromiseBase&>(work).self_.resume(); }
  static void report_done(Runnable& work) noexcept {
    auto& promise = static_cast<PromiseBase&>(work);
    promise.done_(promise, promise.owner_);
  }

  std::coroutine_handle<> self_;
  Loop* loop_ = nullptr;
  StopToken stop_;
  PromiseBase* continuation_ = nullptr;
  Done done_ = nullptr;
  void* owner_ = nullptr;
  bool own_stop_ = false;
  bool started_ = false;
  bool finished_ = false;
};

namespace detail {

template <class T>
class TaskPromise final : public PromiseBase {
 public:
  TaskPromise() noexcept { set_handle(std::coroutine_handle<TaskPromise>::from_promise(*this)); }
  Task<T> get_return_object() noexcept;
  template <class U>
  void return_value(U&& value) {
    value_.emplace(std::forward<U>(value));
  }
  T take() {
    OPENL2TP_ASSERT(value_.has_value());
    return std::move(*value_);
  }

 private:
  std::optional<T> value_;
};

template <>
class TaskPromise<void> final : public PromiseBase {
 public:
  TaskPromise() noexcept { set_handle(std::coroutine_handle<TaskPromise>::from_promise(*this)); }
  Task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  void take() const noexcept {}
};

} // namespace detail

/// Owns the frame. Must be awaited (or spawned, or run by a loop) at most once, and not be destroyed while it runs.
template <class T = void>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::TaskPromise<T>;
  using Handle = std::coroutine_handle<promise_type>;

  explicit Task(Handle handle) noexcept : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    if (this != &other) {
      destroy();
      handle_ = std::exchange(other.handle_, nullptr);
    }
    return *this;
  }
  ~Task() { destroy(); }

  /// Makes the task (and what it awaits) listen to `stop` instead of the token of whoever awaits it.
  Task&& with_stop(StopToken stop) && noexcept {
    handle_.promise().stop_ = stop;
    handle_.promise().own_stop_ = true;
    return std::move(*this);
  }

  class Awaiter {
   public:
    explicit Awaiter(Handle child) noexcept : child_(child) {}
    bool await_ready() const noexcept { return false; }
    template <class Promise>
    void await_suspend(std::coroutine_handle<Promise> parent) const noexcept {
      child_.promise().start_for(parent.promise());
    }
    T await_resume() const { return child_.promise().take(); }

   private:
    Handle child_;
  };

  [[nodiscard]] Awaiter operator co_await() && noexcept { return Awaiter(handle_); }

  /// For schedulers: the promise, and giving up the frame (whoever takes it destroys it).
  [[nodiscard]] promise_type& promise() const noexcept { return handle_.promise(); }
  [[nodiscard]] Handle release() noexcept { return std::exchange(handle_, nullptr); }

 private:
  void destroy() noexcept {
    if (!handle_) return;
    OPENL2TP_ASSERT(!handle_.promise().running());
    handle_.destroy();
    handle_ = nullptr;
  }

  Handle handle_;
};

template <class T>
Task<T> detail::TaskPromise<T>::get_return_object() noexcept {
  return Task<T>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}
inline Task<void> detail::TaskPromise<void>::get_return_object() noexcept {
  return Task<void>(std::coroutine_handle<TaskPromise>::from_promise(*this));
}

/// `Loop& loop = co_await this_loop();` Never suspends.
class this_loop {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    loop_ = &handle.promise().loop();
    return false;
  }
  Loop& await_resume() const noexcept { return *loop_; }

 private:
  Loop* loop_ = nullptr;
};

/// `const StopToken stop = co_await this_stop();` Never suspends.
class this_stop {
 public:
  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    stop_ = handle.promise().stop();
    return false;
  }
  StopToken await_resume() const noexcept { return stop_; }

 private:
  StopToken stop_;
};

} // namespace openl2tp::runtime
