// TaskScope: where concurrent tasks live. Whoever opens a scope awaits join() before it goes; nothing runs detached.
//
//   TaskScope scope(loop);
//   scope.spawn(hello(tunnel));
//   ...
//   scope.request_stop();
//   co_await scope.join();
#pragma once

#include <coroutine>
#include <cstddef>

#include "runtime/coro/event.hpp"
#include "runtime/coro/task.hpp"

namespace openl2tp::runtime {

class TaskScope {
 public:
  /// `parent` also stops the scope's tasks (usually `co_await this_stop()`).
  explicit TaskScope(Loop& loop, StopToken parent = {}) noexcept : loop_(loop), stop_(parent) {}
  TaskScope(const TaskScope&) = delete;
  TaskScope& operator=(const TaskScope&) = delete;
  ~TaskScope() { OPENL2TP_ASSERT(count_ == 0); }

  /// Starts `task` at the next turn of the run queue; its frame goes when it ends. Spawning after request_stop() is
  /// allowed: the task runs and sees the stop.
  void spawn(Task<void> task) noexcept {
    ++count_;
    task.release().promise().start(loop_, stop_.token(), &TaskScope::ended, this);
  }

  void request_stop() noexcept { stop_.request_stop(); }
  [[nodiscard]] StopToken stop() noexcept { return stop_.token(); }
  /// Tasks that have not ended.
  [[nodiscard]] std::size_t size() const noexcept { return count_; }

  class Awaiter final : public Waiter {
   public:
    explicit Awaiter(TaskScope& scope) noexcept : Waiter(scope.joiners_), scope_(scope) {}
    bool await_ready() const noexcept { return scope_.count_ == 0; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      return enqueue(handle.promise(), false);
    }
    void await_resume() const noexcept {}

   private:
    TaskScope& scope_;
  };

  /// Resumes when no task is left. A stop of the waiting task does not cut it short.
  [[nodiscard]] Awaiter join() noexcept { return Awaiter(*this); }

 private:
  static void ended(PromiseBase& promise, void* owner) noexcept {
    auto& scope = *static_cast<TaskScope*>(owner);
    promise.handle().destroy();
    if (--scope.count_ == 0) scope.joiners_.wake_all();
  }

  Loop& loop_;
  StopSource stop_;
  WaitList joiners_;
  std::size_t count_ = 0;
};

} // namespace openl2tp::runtime
