// One thread's event loop: run queue, timers, ring, mailbox. Nothing here knows L2TP.
//
//   auto ring = UringRing::create({.features = features});          // in the thread that will run the loop
//   Loop loop(std::move(*ring));
//   UdpPool pool(loop, {});                                         // receive buffers, send slots
//   UdpEndpoint endpoint(loop, pool, std::move(fd), {.local = local}, sink);   // sink.on_datagrams(endpoint, batch)
//   loop.add_hook(shard);                                           // shard.next_deadline(), shard.before_wait(now)
//   endpoint.start();
//   loop.run(main_task(loop));                                      // Task<int> main_task(Loop&): returns what it
//   returns
//
//   Task<int> main_task(Loop& loop) {
//     TaskScope scope(loop, co_await this_stop());
//     scope.spawn(watch_signals(loop));                             // any Task<void>
//     const bool slept = co_await sleep_for(std::chrono::seconds(1));   // false: stopped
//     scope.request_stop();
//     co_await scope.join();
//     co_return 0;
//   }
//
// Another thread: loop.mailbox().call([...] { runs in the loop's thread }), with a Promise inside when it waits for an
// answer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/timer_wheel.hpp"
#include "runtime/coro/task.hpp"
#include "runtime/loop/mailbox.hpp"
#include "runtime/ring/ring.hpp"

namespace openl2tp::runtime {

/// Takes part in every turn. The engine of a shard is pumped by one; so are the datagrams of a UdpPool. Hooks are
/// called in the order in which they were added.
class LoopHook {
 public:
  /// After the completions of this turn, before timers and messages.
  virtual void after_completions(protocol::TimePoint now) noexcept { static_cast<void>(now); }
  /// After everything that came in was handled and every task ran; what is sent here goes out with the wait that
  /// follows. A hook whose deadline has passed handles it here.
  virtual void before_wait(protocol::TimePoint now) noexcept { static_cast<void>(now); }
  /// When before_wait() must be called again at the latest. Asked after before_wait().
  [[nodiscard]] virtual std::optional<protocol::TimePoint> next_deadline() const noexcept { return std::nullopt; }

 protected:
  ~LoopHook() = default;
};

/// A timer with a callback on the loop's wheel; what sleep_for() is made of. Cancel it before it is destroyed.
class LoopTimer : public protocol::Timer {
 public:
  virtual void on_timer(protocol::TimePoint now) noexcept = 0;

 protected:
  ~LoopTimer() = default;
};

class Loop {
 public:
  explicit Loop(std::unique_ptr<Ring> ring, std::size_t mailbox_limit = 1U << 17);
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  /// All tasks must have ended and all operations but the loop's own be complete. Messages that wait are discarded.
  ~Loop();

  /// Time of this turn; read once a turn.
  [[nodiscard]] protocol::TimePoint now() const noexcept { return now_; }
  [[nodiscard]] Ring& ring() noexcept { return *ring_; }
  [[nodiscard]] Mailbox& mailbox() noexcept { return mailbox_; }

  /// Runs the loop until `task` has ended; the task stops when request_stop() is called. Not from inside the loop.
  template <class T>
  T run(Task<T> task) {
    begin(task);
    while (!finished_)
      turn(true);
    return task.promise().take();
  }
  /// Begins what run() does, for a caller that turns the loop itself until finished(). `task` lives until then.
  template <class T>
  void begin(Task<T>& task) {
    finished_ = false;
    task.promise().start(
        *this, stop_.token(), [](PromiseBase&, void* loop) noexcept { static_cast<Loop*>(loop)->finished_ = true; },
        this);
  }
  [[nodiscard]] bool finished() const noexcept { return finished_; }
  /// Stops what run() runs (and every other that listens to its token). [loop thread]
  void request_stop() noexcept { stop_.request_stop(); }
  [[nodiscard]] StopToken stop() noexcept { return stop_.token(); }

  /// One turn. With `block` it may sleep when there is nothing to do. @return true when something was done.
  bool turn(bool block);
  /// The earliest of the loop's timers and its hooks' deadlines.
  [[nodiscard]] std::optional<protocol::TimePoint> next_deadline() const noexcept;

  void post(Runnable& work) noexcept { ready_.push(work); }
  void arm(LoopTimer& timer, protocol::TimePoint deadline) noexcept { wheel_.arm(timer, deadline); }
  void cancel(LoopTimer& timer) noexcept { wheel_.cancel(timer); }

  /// The hook stays until removed. Neither from inside a hook.
  void add_hook(LoopHook& hook) { hooks_.push_back(&hook); }
  void remove_hook(LoopHook& hook) noexcept { std::erase(hooks_, &hook); }

  /// Turns so far; for the statistics and for tests that nothing spins.
  [[nodiscard]] std::uint64_t turns() const noexcept { return turns_; }

 private:
  class MailboxWatch final : public Operation {
   public:
    explicit MailboxWatch(Loop& loop) noexcept : loop_(loop) {}
    void arm();
    void complete(const Completion& completion) noexcept override;
    [[nodiscard]] bool pending() const noexcept { return pending_; }
    void close() noexcept { closing_ = true; }

   private:
    Loop& loop_;
    RingFile file_;
    std::uint64_t count_ = 0;
    bool pending_ = false;
    bool closing_ = false;
  };

  std::unique_ptr<Ring> ring_;
  Mailbox mailbox_;
  protocol::TimePoint now_;
  protocol::TimerWheel wheel_;
  RunQueue ready_;
  StopSource stop_;
  std::vector<LoopHook*> hooks_;
  MailboxWatch mailbox_watch_;
  std::uint64_t turns_ = 0;
  bool finished_ = false; // what run() runs has ended: do not sleep any more
};

} // namespace openl2tp::runtime
