// Submitting is one push and one sem_post. The semaphore counts works, so a thread that passed it finds one: only the
// threads of the pool compete, and they do so under the pool's mutex.
#include "runtime/loop/worker_pool.hpp"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <mutex>
#include <system_error>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

namespace {

std::int64_t micros(std::chrono::steady_clock::duration duration) noexcept {
  return std::chrono::duration_cast<std::chrono::microseconds>(duration).count();
}

void raise(std::atomic<std::int64_t>& longest, std::int64_t value) noexcept {
  std::int64_t known = longest.load(std::memory_order_relaxed);
  while (known < value && !longest.compare_exchange_weak(known, value, std::memory_order_relaxed)) {
  }
}

/// Blocks every signal of the calling thread, so that the threads it starts begin that way.
class SignalsBlocked {
 public:
  SignalsBlocked() noexcept {
    sigset_t all;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

/// The pool of the daemon.
class ThreadPool final : public WorkerPool {
 public:
  ThreadPool() { OPENL2TP_ASSERT(::sem_init(&semaphore_, 0, 0) == 0); }
  ~ThreadPool() override;
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;
  /// @return empty, or why a thread could not be started.
  [[nodiscard]] std::string start(WorkerOptions options);
  [[nodiscard]] WorkerCounters counters() const noexcept override;

 private:
  void work() noexcept;
  [[nodiscard]] Work* take() noexcept;
  void attach(LoopWorkers& loop) override;
  void detach(LoopWorkers& loop) noexcept override;
  void submitted(LoopWorkers& loop) noexcept override;
  void refused() noexcept override { refused_.fetch_add(1, std::memory_order_relaxed); }

  sem_t semaphore_; // as many as there are works waiting; raised without a lock
  std::atomic<bool> ending_{false};
  std::mutex mutex_; // among the threads of the pool, and for attach and detach; no submit takes it
  std::vector<LoopWorkers*> loops_;
  std::size_t turn_ = 0; // whose turn it is among loops_
  std::atomic<std::uint64_t> submitted_count_{0}, taken_{0}, finished_{0}, refused_{0};
  std::atomic<std::int64_t> longest_wait_us_{0}, longest_run_us_{0};
  std::vector<std::thread> threads_;
};

std::string ThreadPool::start(WorkerOptions options) {
  OPENL2TP_ASSERT(options.threads > 0);
  threads_.reserve(options.threads);
  const SignalsBlocked blocked;
  for (std::size_t i = 0; i < options.threads; ++i) {
    try {
      threads_.emplace_back([this] { work(); });
    } catch (const std::system_error& fault) {
      return fmt::format("cannot start worker thread {} of {}: {}", i + 1, options.threads, fault.code().message());
    }
    ::pthread_setname_np(threads_.back().native_handle(), fmt::format("worker {}", i).substr(0, 15).c_str());
  }
  return {};
}

ThreadPool::~ThreadPool() {
  OPENL2TP_ASSERT(loops_.empty());
  ending_.store(true, std::memory_order_relaxed);
  for (std::size_t i = 0; i < threads_.size(); ++i)
    ::sem_post(&semaphore_);
  for (std::thread& thread : threads_)
    thread.join();
  ::sem_destroy(&semaphore_);
}

WorkerCounters ThreadPool::counters() const noexcept {
  // In the order in which they lag behind each other, so that no difference is negative.
  const std::uint64_t finished = finished_.load(std::memory_order_acquire);
  const std::uint64_t taken = taken_.load(std::memory_order_acquire);
  const std::uint64_t submitted = submitted_count_.load(std::memory_order_acquire);
  return {.waiting = submitted - taken,
          .running = taken - finished,
          .done = finished,
          .refused = refused_.load(std::memory_order_relaxed),
          .longest_wait = std::chrono::microseconds(longest_wait_us_.load(std::memory_order_relaxed)),
          .longest_run = std::chrono::microseconds(longest_run_us_.load(std::memory_order_relaxed))};
}

void ThreadPool::submitted(LoopWorkers&) noexcept {
  submitted_count_.fetch_add(1, std::memory_order_release);
  // Cannot overflow: the limits of all loops together are far from SEM_VALUE_MAX.
  OPENL2TP_ASSERT(::sem_post(&semaphore_) == 0);
}

void ThreadPool::work() noexcept {
  while (true) {
    while (::sem_wait(&semaphore_) != 0)
      OPENL2TP_ASSERT(errno == EINTR);
    Work* const work = take();
    if (work == nullptr) return; // only the end raises the semaphore without a work
    taken_.fetch_add(1, std::memory_order_release);
    const auto begin = std::chrono::steady_clock::now();
    raise(longest_wait_us_, micros(begin - submitted_at(*work)));
    run(*work);
    raise(longest_run_us_, micros(std::chrono::steady_clock::now() - begin));
    finished_.fetch_add(1, std::memory_order_release);
    give_back(*work);
  }
}

Work* ThreadPool::take() noexcept {
  const std::scoped_lock lock(mutex_);
  for (std::size_t tried = 0; tried < loops_.size(); ++tried) {
    LoopWorkers& loop = *loops_[turn_];
    turn_ = (turn_ + 1) % loops_.size();
    if (Work* const work = pop(loop)) return work;
  }
  OPENL2TP_ASSERT(ending_.load(std::memory_order_relaxed));
  return nullptr;
}

void ThreadPool::attach(LoopWorkers& loop) {
  const std::scoped_lock lock(mutex_);
  loops_.push_back(&loop);
}

void ThreadPool::detach(LoopWorkers& loop) noexcept {
  const std::scoped_lock lock(mutex_);
  std::erase(loops_, &loop);
  turn_ = 0;
}

} // namespace

void Work::deliver() noexcept { owner_->returned(*this); }

// A loop's mailbox closes after drained().
void Work::discard() noexcept { OPENL2TP_ASSERT(false && "a loop ended before its works came back"); }

Work* WorkerPool::pop(LoopWorkers& loop) noexcept { return loop.pop(); }
void WorkerPool::run(Work& work) noexcept { work.run(); }
std::chrono::steady_clock::time_point WorkerPool::submitted_at(const Work& work) noexcept { return work.since_; }

// The work may be gone as soon as it is sent, and then the loop, too: its LoopWorkers waits for this thread to be out
// of the mailbox.
void WorkerPool::give_back(Work& work) noexcept {
  LoopWorkers& owner = *work.owner_;
  owner.sending_.fetch_add(1, std::memory_order_relaxed);
  // Never refused: nobody could tell whoever waits for it. The loop outlives its outstanding works.
  owner.loop_.mailbox().send_reply(work);
  owner.sending_.fetch_sub(1, std::memory_order_release);
}

tl::expected<std::unique_ptr<WorkerPool>, std::string> WorkerPool::create(WorkerOptions options) {
  auto pool = std::make_unique<ThreadPool>();
  if (std::string fault = pool->start(options); !fault.empty()) return tl::unexpected(std::move(fault));
  return pool;
}

LoopWorkers::LoopWorkers(WorkerPool& pool, Loop& loop, std::size_t limit) : pool_(pool), loop_(loop), limit_(limit) {
  pool_.attach(*this);
}

LoopWorkers::~LoopWorkers() {
  OPENL2TP_ASSERT(outstanding_ == 0);
  while (sending_.load(std::memory_order_acquire) != 0) // a thread of the pool wakes the loop right now
    std::this_thread::yield();
  pool_.detach(*this);
}

bool LoopWorkers::submit(Work& work) noexcept {
  if (outstanding_ >= limit_) {
    pool_.refused();
    return false;
  }
  ++outstanding_;
  work.owner_ = this;
  work.since_ = std::chrono::steady_clock::now();
  work.next_ = inbox_.load(std::memory_order_relaxed);
  while (!inbox_.compare_exchange_weak(work.next_, &work, std::memory_order_release, std::memory_order_relaxed)) {
  }
  pool_.submitted(*this);
  return true;
}

Work* LoopWorkers::pop() noexcept {
  if (first_ == nullptr) {
    for (Work* newest = inbox_.exchange(nullptr, std::memory_order_acquire); newest != nullptr;) {
      Work* const next = newest->next_;
      newest->next_ = first_;
      first_ = newest;
      newest = next;
    }
  }
  Work* const work = first_;
  if (work != nullptr) first_ = work->next_;
  return work;
}

void LoopWorkers::returned(Work& work) noexcept {
  --outstanding_;
  work.done(); // may submit, and may delete the work
  if (outstanding_ == 0) drained_.wake_all();
}

} // namespace openl2tp::runtime
