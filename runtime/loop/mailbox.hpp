// Messages into a loop from any thread. Lock-free: many push with one compare-and-swap, the loop takes all with one
// exchange and restores their order. The eventfd is written only when the mailbox was empty, so a burst costs one
// wake-up.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

/// One message; a node that its sender made and that disposes of itself. Exactly one of deliver() and discard() is
/// called, once.
class Message {
 public:
  Message() = default;
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;

  /// In the loop's thread, from its turn. May delete this.
  virtual void deliver() noexcept = 0;
  /// The loop ended first. In the loop's thread. May delete this.
  virtual void discard() noexcept = 0;

 protected:
  ~Message() = default;

 private:
  friend class Mailbox;
  Message* next_ = nullptr;
};

class Mailbox {
 public:
  /// @param limit  messages that may wait at once; send() refuses beyond it. Aborts when there is no eventfd: start-up
  /// only.
  explicit Mailbox(std::size_t limit = 1U << 17);
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();

  /// Any thread. @return false when the mailbox is full or closed; the message then still belongs to the caller.
  [[nodiscard]] bool send(Message& message) noexcept;
  /// send() beyond the limit, for an answer that somebody waits for: there are no more of them than questions. The
  /// mailbox must be open, so its owner waits for its answers before it closes.
  void send_reply(Message& message) noexcept;
  /// send() of a callable `void()`, allocated here. When it is refused or discarded the callable is destroyed,
  /// uncalled.
  template <class Call>
  [[nodiscard]] bool call(Call call) {
    struct CallMessage final : Message {
      explicit CallMessage(Call&& c) : call(std::move(c)) {}
      void deliver() noexcept override {
        call();
        delete this;
      }
      void discard() noexcept override { delete this; }
      Call call;
    };
    auto* const message = new CallMessage(std::move(call));
    if (send(*message)) return true;
    message->discard();
    return false;
  }

  /// Loop thread: delivers what is there now, in the order of arrival. @return how many.
  std::size_t deliver_all() noexcept;
  /// Loop thread: refuses from now on and discards what waits.
  void close() noexcept;
  /// Any thread; a hint.
  [[nodiscard]] bool empty() const noexcept { return head_.load(std::memory_order_relaxed) == nullptr; }
  /// Readable when messages came; a blocking eventfd of eight octets.
  [[nodiscard]] int wake_fd() const noexcept { return wake_fd_.get(); }

 private:
  [[nodiscard]] bool push(Message& message) noexcept;
  Message* take_all(Message* leave) noexcept;
  static Message* closed() noexcept;

  std::atomic<Message*> head_{nullptr};
  std::atomic<std::size_t> waiting_{0};
  const std::size_t limit_;
  UniqueFd wake_fd_;
};

} // namespace openl2tp::runtime
