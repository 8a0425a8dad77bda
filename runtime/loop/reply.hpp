// One answer for a thread that has no loop (the RPC thread) and may block. The side that answers never waits: one
// atomic store and one futex wake. Either side may go first; an answer after the deadline is dropped quietly.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include <tl/expected.hpp>

namespace openl2tp::runtime {

enum class NoReply : std::uint8_t {
  timed_out, // the deadline passed first
  abandoned, // the promise went without an answer: the message was discarded, or the callee gave up
};

namespace detail {

enum class ReplyState : std::uint32_t { empty, ready, abandoned };

/// The waking part, without the value.
class ReplyGate {
 public:
  void open(ReplyState state) noexcept;
  [[nodiscard]] bool is_open() const noexcept {
    return state_.load(std::memory_order_acquire) != static_cast<std::uint32_t>(ReplyState::empty);
  }
  [[nodiscard]] ReplyState wait_until(std::chrono::steady_clock::time_point deadline) noexcept;

 private:
  std::atomic<std::uint32_t> state_{static_cast<std::uint32_t>(ReplyState::empty)};
};

template <class T>
struct ReplySlot {
  ReplyGate gate;
  std::optional<T> value; // written before the gate opens, read after
};

} // namespace detail

/// The answering end. Movable, so that it travels inside a message. Destroyed without set(), it answers "abandoned".
template <class T>
class Promise {
 public:
  explicit Promise(std::shared_ptr<detail::ReplySlot<T>> slot) noexcept : slot_(std::move(slot)) {}
  Promise(Promise&&) noexcept = default;
  Promise& operator=(Promise&& other) noexcept {
    if (this != &other) {
      abandon();
      slot_ = std::move(other.slot_);
    }
    return *this;
  }
  ~Promise() { abandon(); }

  /// At most once; a second answer is ignored. Any thread; never blocks.
  void set(T value) {
    if (!slot_) return;
    slot_->value.emplace(std::move(value));
    slot_->gate.open(detail::ReplyState::ready);
    slot_.reset();
  }

 private:
  void abandon() noexcept {
    if (slot_) slot_->gate.open(detail::ReplyState::abandoned);
    slot_.reset();
  }
  std::shared_ptr<detail::ReplySlot<T>> slot_;
};

/// The waiting end. Never in a loop's thread: it blocks.
template <class T>
class Future {
 public:
  explicit Future(std::shared_ptr<detail::ReplySlot<T>> slot) noexcept : slot_(std::move(slot)) {}

  /// Whether waiting would end at once. Before the answer was taken.
  [[nodiscard]] bool ready() const noexcept { return slot_->gate.is_open(); }
  /// Waits for the answer and takes it. Once.
  [[nodiscard]] tl::expected<T, NoReply> wait_until(std::chrono::steady_clock::time_point deadline) {
    const std::shared_ptr<detail::ReplySlot<T>> slot = std::move(slot_);
    switch (slot->gate.wait_until(deadline)) {
    case detail::ReplyState::empty: return tl::unexpected(NoReply::timed_out);
    case detail::ReplyState::abandoned: return tl::unexpected(NoReply::abandoned);
    case detail::ReplyState::ready: break;
    }
    if (!slot->value) return tl::unexpected(NoReply::abandoned); // cannot be: the value is set before the gate opens
    return std::move(*slot->value);
  }
  [[nodiscard]] tl::expected<T, NoReply> wait_for(std::chrono::milliseconds duration) {
    return wait_until(std::chrono::steady_clock::now() + duration);
  }

 private:
  std::shared_ptr<detail::ReplySlot<T>> slot_;
};

/// `auto [promise, future] = make_reply<Answer>();`
template <class T>
[[nodiscard]] std::pair<Promise<T>, Future<T>> make_reply() {
  auto slot = std::make_shared<detail::ReplySlot<T>>();
  return {Promise<T>(slot), Future<T>(slot)};
}

} // namespace openl2tp::runtime
