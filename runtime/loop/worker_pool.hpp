// Threads for calls that wait in the kernel (15 to 40 ms each where RCU is involved), shared by all loops of the
// daemon. A loop hands work over and gets it back as a message; it never takes a lock and never waits. What the work is
// about is nobody's business here.
//
//   auto pool = WorkerPool::create();                          // once, after privileges are dropped
//   LoopWorkers workers(**pool, loop);                         // one a loop, in the loop's thread
//
//   auto closed = co_await run_on(workers, [fd] { return ::close(fd); });   // tl::expected<int, WorkRefused>
//
//   struct Detach final : Work {                               // the same without a coroutine and without allocating
//     void run() noexcept override { ... }                     // on some thread of the pool: may wait
//     void done() noexcept override { ...; delete this; }      // in the loop's thread
//   };
//   if (!workers.submit(*detach)) ...                          // full: it still belongs to the caller
//
//   co_await workers.drained();                                // before `workers` or the loop goes
#pragma once

#include <atomic>
#include <chrono>
#include <coroutine>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>

#include <tl/expected.hpp>

#include "runtime/coro/event.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/loop/mailbox.hpp"

namespace openl2tp::runtime {

class LoopWorkers;

/// One call that may wait; a node that its sender made and that lives until done() ran. Submitted once at a time.
class Work : private Message {
 public:
  Work() = default;

 protected:
  ~Work() = default;
  /// On a thread of the pool, beside other works of the same loop and in any order with them. May wait; for the loop's
  /// own things it is a stranger.
  virtual void run() noexcept = 0;
  /// In the loop's thread, once, after run(). May submit and may delete this.
  virtual void done() noexcept = 0;

 private:
  friend class LoopWorkers;
  friend class WorkerPool;
  void deliver() noexcept final;
  void discard() noexcept final;

  LoopWorkers* owner_ = nullptr;
  Work* next_ = nullptr;
  std::chrono::steady_clock::time_point since_;
};

struct WorkerOptions {
  std::size_t threads = 16; // at least 1
};

/// Of the whole pool, since it began; each number is right, all together are of about one moment.
struct WorkerCounters {
  std::uint64_t waiting = 0; // submitted, not yet taken by a thread
  std::uint64_t running = 0;
  std::uint64_t done = 0;
  std::uint64_t refused = 0;                 // a loop had too many outstanding
  std::chrono::microseconds longest_wait{0}; // from submit to the thread that took it
  std::chrono::microseconds longest_run{0};
};

/// Runs works. Made by one thread, outlives every LoopWorkers. The daemon's pool has threads; a simulation runs works
/// in its own thread, in the order that it chooses.
class WorkerPool {
 public:
  /// The daemon's pool. Its threads serve the loops in turn, each loop in the order of its submissions, so one loop
  /// with much to do does not starve the others. The threads block every signal and are named "worker N".
  /// @error one line: a thread could not be started.
  [[nodiscard]] static tl::expected<std::unique_ptr<WorkerPool>, std::string> create(WorkerOptions options = {});
  virtual ~WorkerPool() = default; // no LoopWorkers is left
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  /// Any thread.
  [[nodiscard]] virtual WorkerCounters counters() const noexcept = 0;

 protected:
  WorkerPool() = default;
  virtual void attach(LoopWorkers& loop) = 0;
  virtual void detach(LoopWorkers& loop) noexcept = 0;
  /// [loop thread] `loop` has one more work for pop().
  virtual void submitted(LoopWorkers& loop) noexcept = 0;
  /// [loop thread] A loop had too many works outstanding.
  virtual void refused() noexcept = 0;

  /// Takes the oldest work of `loop`; nullptr when there is none. One thread at a time for each loop.
  [[nodiscard]] static Work* pop(LoopWorkers& loop) noexcept;
  static void run(Work& work) noexcept;
  /// After run(). The loop's thread will call done(). `work` may be gone when this returns.
  static void give_back(Work& work) noexcept;
  [[nodiscard]] static std::chrono::steady_clock::time_point submitted_at(const Work& work) noexcept;

 private:
  friend class LoopWorkers;
};

/// Of a loop: the way into the pool. All of it belongs to the loop's thread, but making and destroying it, which may
/// happen before and after that runs. Destroyed when nothing is outstanding.
class LoopWorkers {
 public:
  /// At this many outstanding works submit() refuses.
  static constexpr std::size_t outstanding_max = 65'536;

  LoopWorkers(WorkerPool& pool, Loop& loop, std::size_t limit = outstanding_max);
  ~LoopWorkers();
  LoopWorkers(const LoopWorkers&) = delete;
  LoopWorkers& operator=(const LoopWorkers&) = delete;

  /// Once this answered true, run() and done() happen for certain, as long as the loop turns.
  /// @return false when too many are outstanding; the work still belongs to the caller.
  [[nodiscard]] bool submit(Work& work) noexcept;
  /// Submitted, done() not yet called.
  [[nodiscard]] std::size_t outstanding() const noexcept { return outstanding_; }
  [[nodiscard]] Loop& loop() noexcept { return loop_; }

  class DrainedAwaiter final : public Waiter {
   public:
    explicit DrainedAwaiter(LoopWorkers& workers) noexcept : Waiter(workers.drained_), workers_(workers) {}
    bool await_ready() const noexcept { return workers_.outstanding_ == 0; }
    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
      return enqueue(handle.promise(), false);
    }
    void await_resume() const noexcept {}

   private:
    LoopWorkers& workers_;
  };
  /// `co_await workers.drained();` Resumes when nothing was outstanding; a stop of the waiting task does not cut it
  /// short.
  [[nodiscard]] DrainedAwaiter drained() noexcept { return DrainedAwaiter(*this); }

 private:
  friend class Work;
  friend class WorkerPool;
  void returned(Work& work) noexcept;
  [[nodiscard]] Work* pop() noexcept;

  WorkerPool& pool_;
  Loop& loop_;
  std::size_t limit_;
  std::size_t outstanding_ = 0;
  WaitList drained_;
  std::atomic<Work*> inbox_{nullptr};     // pushed by the loop, newest first
  std::atomic<std::uint32_t> sending_{0}; // threads of the pool inside the loop's mailbox
  Work* first_ = nullptr;                 // taken out of the inbox, oldest first; under the pool's mutex
};

/// Why a callable did not run: the loop has as many works outstanding as it may have.
enum class WorkRefused : std::uint8_t { full };

/// Awaiter of run_on(). The waiting task cannot be stopped meanwhile: the call comes back by itself.
template <class Call>
class RunOn final : private Work {
 public:
  using Answer = std::invoke_result_t<Call&>;
  using Result = tl::expected<Answer, WorkRefused>;

  RunOn(LoopWorkers& workers, Call call) : workers_(workers), call_(std::move(call)) {}

  bool await_ready() const noexcept { return false; }
  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) noexcept {
    promise_ = &handle.promise();
    OPENL2TP_ASSERT(&promise_->loop() == &workers_.loop());
    return workers_.submit(*this);
  }
  Result await_resume() {
    if (!answer_) return tl::unexpected(WorkRefused::full);
    if constexpr (std::is_void_v<Answer>) {
      return {};
    } else {
      return std::move(*answer_);
    }
  }

 private:
  struct Nothing {};
  void run() noexcept override {
    if constexpr (std::is_void_v<Answer>) {
      call_();
      answer_.emplace();
    } else {
      answer_.emplace(call_());
    }
  }
  void done() noexcept override { post(promise_->loop(), *promise_); }

  LoopWorkers& workers_;
  PromiseBase* promise_ = nullptr;
  Call call_;
  std::optional<std::conditional_t<std::is_void_v<Answer>, Nothing, Answer>> answer_;
};

/// `auto result = co_await run_on(workers, std::move(call));` Runs `call` on a thread that may wait and brings back
/// what it returned, or WorkRefused when it did not run. `call` lives in the waiting coroutine's frame, owns what it
/// needs and touches nothing of the loop's.
template <class Call>
[[nodiscard]] RunOn<Call> run_on(LoopWorkers& workers, Call call) {
  return RunOn<Call>(workers, std::move(call));
}

} // namespace openl2tp::runtime
