// Submitting is one push and one sem_post. The semaphore counts works, so a thread that passed it finds one: only the
// threads of the pool compete, and they do so under the pool's mutex.
#include "runtime/loop/worker_pool.hpp"

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

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

} // namespace

void Work::deliver() noexcept { owner_->returned(*this); }

// A loop's mailbox closes after drained().
void Work::discard() noexcept { OPENL2TP_ASSERT(false && "a loop ended before its works came back"); }

WorkerPool::WorkerPool() { OPENL2TP_ASSERT(::sem_init(&submitted_, 0, 0) == 0); }

tl::expected<std::unique_ptr<WorkerPool>, std::string> WorkerPool::create(WorkerOptions options) {
  OPENL2TP_ASSERT(options.threads > 0);
  std::unique_ptr<WorkerPool> pool(new WorkerPool);
  pool->threads_.reserve(options.threads);
  const SignalsBlocked blocked;
  for (std::size_t i = 0; i < options.threads; ++i) {
    try {
      pool->threads_.emplace_back([self = pool.get()] { self->work(); });
    } catch (const std::system_error& fault) {
      return tl::unexpected(
          fmt::format("cannot start worker thread {} of {}: {}", i + 1, options.threads, fault.code().message()));
    }
    ::pthread_setname_np(pool->threads_.back().native_handle(), fmt::format("worker {}", i).substr(0, 15).c_str());
  }
  return pool;
}

WorkerPool::~WorkerPool() {
  OPENL2TP_ASSERT(loops_.empty());
  ending_.store(true, std::memory_order_relaxed);
  for (std::size_t i = 0; i < threads_.size(); ++i)
    ::sem_post(&submitted_);
  for (std::thread& thread : threads_)
    thread.join();
  ::sem_destroy(&submitted_);
}

WorkerCounters WorkerPool::counters() const noexcept {
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

void WorkerPool::work() noexcept {
  while (true) {
    while (::sem_wait(&submitted_) != 0)
      OPENL2TP_ASSERT(errno == EINTR);
    Work* const work = take();
    if (work == nullptr) return; // only the end raises the semaphore without a work
    taken_.fetch_add(1, std::memory_order_release);
    const auto begin = std::chrono::steady_clock::now();
    raise(longest_wait_us_, micros(begin - work->since_));
    work->run();
    raise(longest_run_us_, micros(std::chrono::steady_clock::now() - begin));
    finished_.fetch_add(1, std::memory_order_release);
    // The work may be gone as soon as it is sent, and then the loop, too: its LoopWorkers waits for this thread to be
    // out of the mailbox.
    LoopWorkers& owner = *work->owner_;
    owner.sending_.fetch_add(1, std::memory_order_relaxed);
    // Never refused: nobody could tell whoever waits for it. The loop outlives its outstanding works.
    owner.loop_.mailbox().send_reply(*work);
    owner.sending_.fetch_sub(1, std::memory_order_release);
  }
}

Work* WorkerPool::take() noexcept {
  const std::scoped_lock lock(mutex_);
  for (std::size_t tried = 0; tried < loops_.size(); ++tried) {
    LoopWorkers& loop = *loops_[turn_];
    turn_ = (turn_ + 1) % loops_.size();
    if (Work* const work = loop.pop()) return work;
  }
  OPENL2TP_ASSERT(ending_.load(std::memory_order_relaxed));
  return nullptr;
}

void WorkerPool::attach(LoopWorkers& loop) {
  const std::scoped_lock lock(mutex_);
  loops_.push_back(&loop);
}

void WorkerPool::detach(LoopWorkers& loop) noexcept {
  const std::scoped_lock lock(mutex_);
  std::erase(loops_, &loop);
  turn_ = 0;
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
    pool_.refused_.fetch_add(1, std::memory_order_relaxed);
    return false;
  }
  ++outstanding_;
  work.owner_ = this;
  work.since_ = std::chrono::steady_clock::now();
  pool_.submitted_count_.fetch_add(1, std::memory_order_release);
  work.next_ = inbox_.load(std::memory_order_relaxed);
  while (!inbox_.compare_exchange_weak(work.next_, &work, std::memory_order_release, std::memory_order_relaxed)) {
  }
  // Cannot overflow: the limits of all loops together are far from SEM_VALUE_MAX.
  OPENL2TP_ASSERT(::sem_post(&pool_.submitted_) == 0);
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
