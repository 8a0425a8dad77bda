#include "tools/rpc/large_calls.hpp"

#include <csignal>

namespace openl2tp::rpc {

void LargeCalls::start() {
  for (std::size_t i = 0; i < kThreads; ++i)
    threads_.emplace_back([this] { run(); });
}

void LargeCalls::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  for (std::thread& thread : threads_)
    thread.join();
  threads_.clear();
}

bool LargeCalls::post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || waiting_.size() >= kWaitingMax) return false;
    waiting_.push_back(std::move(job));
  }
  wake_.notify_one();
  return true;
}

std::vector<LargeCalls::Job> LargeCalls::take_answered() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answered_, {});
}

void LargeCalls::run() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr); // signals are for the daemon's own threads
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
      if (stopping_) return;
      job = std::move(waiting_.front());
      waiting_.pop_front();
    }
    job.reply = dispatcher_.answer(job.call, job.caller, job.reply_max, {.refusal = &job.refusal});
    {
      const std::lock_guard lock(mutex_);
      answered_.push_back(std::move(job));
    }
    done_();
  }
}

} // namespace openl2tp::rpc
