// A number of places for tasks of one loop; who finds none waits in line.
#pragma once

#include <cstddef>

#include "runtime/coro/event.hpp"

namespace openl2tp::runtime {

class Slots {
 public:
  explicit Slots(std::size_t count) noexcept : free_(count) {}

  class Awaiter final : public Waiter {
   public:
    explicit Awaiter(Slots& slots) noexcept : Waiter(slots.waiters_), slots_(slots) {}
    bool await_ready() const noexcept {
      if (slots_.free_ == 0) return false;
      --slots_.free_;
      return true;
    }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      return enqueue(handle.promise(), false);
    }
    void await_resume() const noexcept {}

   private:
    Slots& slots_;
  };

  /// Resumes with a place, which release() gives back. A stop does not cut it short.
  [[nodiscard]] Awaiter acquire() noexcept { return Awaiter(*this); }
  void release() noexcept {
    if (waiters_.empty()) {
      ++free_;
    } else {
      waiters_.wake_one(); // the place is the waiter's
    }
  }
  [[nodiscard]] std::size_t free() const noexcept { return free_; }

 private:
  std::size_t free_;
  WaitList waiters_;
};

} // namespace openl2tp::runtime
