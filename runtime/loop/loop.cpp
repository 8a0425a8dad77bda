// The turn: run what is ready, let hooks act, submit and wait, hand out completions, datagrams, timers, messages.
#include "runtime/loop/loop.hpp"

#include <algorithm>
#include <span>

namespace openl2tp::runtime {

namespace {
constexpr std::size_t kRunBudget = 1024; // resumptions a turn; the rest follows after the kernel was asked
} // namespace

void post(Loop& loop, Runnable& work) noexcept { loop.post(work); }

Loop::Loop(std::unique_ptr<Ring> ring, std::size_t mailbox_limit)
    : ring_(std::move(ring)), mailbox_(mailbox_limit), now_(ring_->now()), wheel_(now_), mailbox_watch_(*this) {
  mailbox_watch_.arm();
}

Loop::~Loop() {
  mailbox_.close();
  mailbox_watch_.close();
  if (mailbox_watch_.pending()) ring_->cancel(mailbox_watch_);
  while (mailbox_watch_.pending())
    (void)ring_->wait(std::nullopt, true);
  OPENL2TP_ASSERT(ready_.empty());
}

bool Loop::turn(bool block) {
  ++turns_;
  bool busy = ready_.run(kRunBudget) > 0;
  for (LoopHook* hook : hooks_)
    hook->before_wait(now_);

  const std::optional<protocol::TimePoint> deadline = next_deadline();
  const bool due = deadline && *deadline <= now_;
  busy |= ring_->wait(deadline, block && !finished_ && ready_.empty() && mailbox_.empty() && !due) > 0;
  now_ = std::max(now_, ring_->now());

  for (LoopHook* hook : hooks_)
    hook->after_completions(now_);
  wheel_.expire(now_, [&](protocol::Timer& timer) {
    busy = true;
    static_cast<LoopTimer&>(timer).on_timer(now_);
  });
  busy |= mailbox_.deliver_all() > 0;
  if (busy || !ready_.empty()) return true;
  // A hook that became due while this turn waited acts at the beginning of the next one.
  const std::optional<protocol::TimePoint> next = next_deadline();
  return next && *next <= now_;
}

std::optional<protocol::TimePoint> Loop::next_deadline() const noexcept {
  std::optional<protocol::TimePoint> earliest = wheel_.next_deadline();
  for (const LoopHook* hook : hooks_) {
    const std::optional<protocol::TimePoint> deadline = hook->next_deadline();
    if (deadline && (!earliest || *deadline < *earliest)) earliest = deadline;
  }
  return earliest;
}

void Loop::MailboxWatch::arm() {
  file_ = file_.fd < 0 ? loop_.ring_->register_file(loop_.mailbox_.wake_fd()) : file_;
  pending_ = true;
  loop_.ring_->read(*this, file_, std::as_writable_bytes(std::span(&count_, 1)));
}

void Loop::MailboxWatch::complete(const Completion&) noexcept {
  pending_ = false;
  if (closing_) {
    loop_.ring_->unregister_file(file_);
  } else {
    arm();
  }
}

} // namespace openl2tp::runtime
