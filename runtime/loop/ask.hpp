// A question from a task of one loop to another loop: runs a callable there, and brings its answer home. Both ways by
// mailbox; the message lives in the asking coroutine's frame.
#pragma once

#include <cstdint>
#include <optional>
#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

#include "runtime/coro/task.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/loop/mailbox.hpp"

namespace openl2tp::runtime {

enum class Unreachable : std::uint8_t {
  refused,   // the other mailbox is full or closed; the callable did not run
  discarded, // the other loop ended before it came to it; the callable did not run
};

/// Awaiter of ask(). The waiting task cannot be stopped while the question is out: the other loop answers, or discards
/// it, soon.
template <class Call>
class Ask final : private Message {
 public:
  using Answer = std::invoke_result_t<Call&>;

  Ask(Mailbox& target, Call call) : target_(target), call_(std::move(call)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    promise_ = &handle.promise();
    home_ = &promise_->loop().mailbox();
    // Not another word about members once it is sent: the answer may be there already.
    return target_.send(*this) || refuse();
  }
  tl::expected<Answer, Unreachable> await_resume() {
    if (!answer_) return tl::unexpected(error_);
    return std::move(*answer_);
  }

 private:
  bool refuse() noexcept {
    error_ = Unreachable::refused;
    return false;
  }
  void deliver() noexcept override {
    if (there_) return post(promise_->loop(), *promise_); // home again
    answer_.emplace(call_());
    go_home();
  }
  void discard() noexcept override {
    // Home cannot be closed: a loop outlives its tasks.
    OPENL2TP_ASSERT(!there_);
    error_ = Unreachable::discarded;
    go_home();
  }
  void go_home() noexcept {
    there_ = true;
    // An answer is never refused for lack of room: nobody could tell the asker.
    home_->send_reply(*this);
  }

  Mailbox& target_;
  Mailbox* home_ = nullptr;
  PromiseBase* promise_ = nullptr;
  Call call_;
  std::optional<Answer> answer_;
  Unreachable error_ = Unreachable::refused;
  bool there_ = false;
};

/// `auto answer = co_await ask(other.mailbox(), std::move(call));` with tl::expected<what call returns (not void),
/// Unreachable>. `call` runs in the other loop's thread and must not touch what belongs to this one; it is destroyed at
/// home.
template <class Call>
[[nodiscard]] Ask<Call> ask(Mailbox& target, Call call) {
  return Ask<Call>(target, std::move(call));
}

} // namespace openl2tp::runtime
