// Treiber stack, emptied as a whole, so there is no ABA problem.
#include "runtime/loop/mailbox.hpp"

#include <sys/eventfd.h>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

// Stands in head_ once the mailbox is closed; never dereferenced.
Message* Mailbox::closed() noexcept {
  alignas(Message) static char mark[sizeof(Message)];
  return reinterpret_cast<Message*>(mark);
}

Mailbox::Mailbox(std::size_t limit) : limit_(limit), wake_fd_(::eventfd(0, EFD_CLOEXEC)) { OPENL2TP_ASSERT(wake_fd_); }

Mailbox::~Mailbox() { close(); }

bool Mailbox::send(Message& message) noexcept {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) >= limit_) {
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
  if (push(message)) return true;
  waiting_.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

void Mailbox::send_reply(Message& message) noexcept {
  waiting_.fetch_add(1, std::memory_order_relaxed);
  OPENL2TP_ASSERT(push(message));
}

bool Mailbox::push(Message& message) noexcept {
  Message* head = head_.load(std::memory_order_relaxed);
  do {
    if (head == closed()) return false;
    message.next_ = head;
  } while (!head_.compare_exchange_weak(head, &message, std::memory_order_release, std::memory_order_relaxed));
  if (head == nullptr) {
    const std::uint64_t one = 1;
    // Cannot fail: the counter is far from its end, and the descriptor lives as long as the mailbox.
    [[maybe_unused]] const ssize_t written = ::write(wake_fd_.get(), &one, sizeof one);
  }
  return true;
}

Message* Mailbox::take_all(Message* leave) noexcept {
  Message* newest = head_.exchange(leave, std::memory_order_acquire);
  if (newest == closed()) return nullptr;
  Message* oldest = nullptr;
  while (newest != nullptr) {
    Message* const next = newest->next_;
    newest->next_ = oldest;
    oldest = newest;
    newest = next;
  }
  return oldest;
}

std::size_t Mailbox::deliver_all() noexcept {
  if (empty() || head_.load(std::memory_order_relaxed) == closed()) return 0;
  std::size_t count = 0;
  for (Message* message = take_all(nullptr); message != nullptr; ++count) {
    Message* const next = message->next_;
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    message->deliver();
    message = next;
  }
  return count;
}

void Mailbox::close() noexcept {
  for (Message* message = take_all(closed()); message != nullptr;) {
    Message* const next = message->next_;
    message->discard();
    message = next;
  }
}

} // namespace openl2tp::runtime
