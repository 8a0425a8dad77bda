// A bounded queue between tasks of one loop. For other threads there is the mailbox.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

#include "runtime/coro/event.hpp"

namespace openl2tp::runtime {

/// Many producers, one consumer, at most `capacity` values. A full channel refuses (push answers false): the producer
/// counts or waits, as fits it.
template <class T>
class Channel {
 public:
  explicit Channel(std::size_t capacity) noexcept : capacity_(capacity) {}

  /// @return false when the channel is full or closed; `value` is then dropped.
  [[nodiscard]] bool push(T value) {
    if (closed_ || values_.size() >= capacity_) return false;
    values_.push_back(std::move(value));
    waiters_.wake_one();
    return true;
  }
  /// No more values: the consumer gets what is left, then nothing.
  void close() noexcept {
    closed_ = true;
    waiters_.wake_all();
  }
  [[nodiscard]] std::size_t size() const noexcept { return values_.size(); }

  class Awaiter final : public Waiter {
   public:
    explicit Awaiter(Channel& channel) noexcept : Waiter(channel.waiters_), channel_(channel) {}
    bool await_ready() const noexcept { return !channel_.values_.empty() || channel_.closed_; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      OPENL2TP_ASSERT(channel_.waiters_.empty());
      return enqueue(handle.promise(), true);
    }
    std::optional<T> await_resume() {
      if (channel_.values_.empty()) return std::nullopt;
      std::optional<T> value(std::move(channel_.values_.front()));
      channel_.values_.pop_front();
      return value;
    }

   private:
    Channel& channel_;
  };

  /// `std::optional<T> value = co_await channel.pop();` Empty when the channel is closed and drained, or the task was
  /// stopped.
  [[nodiscard]] Awaiter pop() noexcept { return Awaiter(*this); }

 private:
  std::size_t capacity_;
  std::deque<T> values_;
  WaitList waiters_;
  bool closed_ = false;
};

} // namespace openl2tp::runtime
