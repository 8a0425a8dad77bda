// Waiting for one another inside one loop: a manual-reset event. It wakes through the run queue.
#pragma once

#include <coroutine>

#include "runtime/coro/task.hpp"

namespace openl2tp::runtime {

class WaitList;

/// A coroutine that waits in a WaitList until it is woken or its stop token fires. The awaiter of everything in this
/// folder.
class Waiter : private StopCallback {
 public:
  explicit Waiter(WaitList& list) noexcept : list_(&list) {}

 protected:
  ~Waiter() { OPENL2TP_ASSERT(!waiting_); }

  /// @return false when the stop came before: do not suspend.
  bool enqueue(PromiseBase& promise, bool stoppable) noexcept;
  [[nodiscard]] bool woken() const noexcept { return woken_; }

 private:
  friend class WaitList;
  void on_stop() noexcept override;
  void wake(bool woken) noexcept {
    StopCallback::unlink();
    waiting_ = false;
    woken_ = woken;
    post(promise_->loop(), *promise_);
  }

  WaitList* list_;
  PromiseBase* promise_ = nullptr;
  Waiter* next_ = nullptr;
  Waiter* previous_ = nullptr;
  bool waiting_ = false;
  bool woken_ = false;
};

/// First come, first woken.
class WaitList {
 public:
  WaitList() = default;
  WaitList(const WaitList&) = delete;
  WaitList& operator=(const WaitList&) = delete;
  ~WaitList() { OPENL2TP_ASSERT(head_ == nullptr); }

  [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }
  void wake_one() noexcept {
    if (head_ == nullptr) return;
    Waiter& waiter = *head_;
    remove(waiter);
    waiter.wake(true);
  }
  void wake_all() noexcept {
    while (head_ != nullptr)
      wake_one();
  }

 private:
  friend class Waiter;
  void append(Waiter& waiter) noexcept {
    waiter.next_ = nullptr;
    waiter.previous_ = tail_;
    (tail_ != nullptr ? tail_->next_ : head_) = &waiter;
    tail_ = &waiter;
  }
  void remove(Waiter& waiter) noexcept {
    (waiter.previous_ != nullptr ? waiter.previous_->next_ : head_) = waiter.next_;
    (waiter.next_ != nullptr ? waiter.next_->previous_ : tail_) = waiter.previous_;
  }

  Waiter* head_ = nullptr;
  Waiter* tail_ = nullptr;
};

inline bool Waiter::enqueue(PromiseBase& promise, bool stoppable) noexcept {
  if (stoppable) {
    if (promise.stop().stop_requested()) return false;
    promise.stop().subscribe(*this);
  }
  promise_ = &promise;
  waiting_ = true;
  list_->append(*this);
  return true;
}

inline void Waiter::on_stop() noexcept {
  list_->remove(*this);
  wake(false);
}

/// Stays set until reset() is called. `const bool set = co_await event.wait();` is false when the waiting task was
/// stopped.
class Event {
 public:
  class Awaiter final : public Waiter {
   public:
    explicit Awaiter(Event& event) noexcept : Waiter(event.waiters_), event_(event) {}
    bool await_ready() const noexcept { return event_.set_; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      return enqueue(handle.promise(), true);
    }
    bool await_resume() const noexcept { return woken() || event_.set_; }

   private:
    Event& event_;
  };

  void set() noexcept {
    set_ = true;
    waiters_.wake_all();
  }
  void reset() noexcept { set_ = false; }
  [[nodiscard]] bool is_set() const noexcept { return set_; }
  [[nodiscard]] Awaiter wait() noexcept { return Awaiter(*this); }

 private:
  WaitList waiters_;
  bool set_ = false;
};

} // namespace openl2tp::runtime
