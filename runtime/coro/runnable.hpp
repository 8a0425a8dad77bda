// What the run queue of a loop holds: intrusive nodes, so posting never allocates and never fails.
#pragma once

#include <cstddef>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

class Loop;

/// Something that a loop will run once, soon. A node is in at most one queue at a time and must outlive its run.
class Runnable {
 public:
  using Run = void (*)(Runnable&) noexcept;

  explicit Runnable(Run run) noexcept : run_(run) {}
  Runnable(const Runnable&) = delete;
  Runnable& operator=(const Runnable&) = delete;
  ~Runnable() { OPENL2TP_ASSERT(!queued_); }

  [[nodiscard]] bool queued() const noexcept { return queued_; }

 protected:
  void set_run(Run run) noexcept { run_ = run; }

 private:
  friend class RunQueue;
  Runnable* next_ = nullptr;
  Run run_;
  bool queued_ = false;
};

/// First in, first out. Its bound is the number of nodes that exist: a coroutine, for one, waits for one thing at a
/// time.
class RunQueue {
 public:
  RunQueue() = default;
  RunQueue(const RunQueue&) = delete;
  RunQueue& operator=(const RunQueue&) = delete;

  void push(Runnable& work) noexcept {
    OPENL2TP_ASSERT(!work.queued_);
    work.queued_ = true;
    work.next_ = nullptr;
    (tail_ != nullptr ? tail_->next_ : head_) = &work;
    tail_ = &work;
  }

  [[nodiscard]] bool empty() const noexcept { return head_ == nullptr; }

  /// Runs at most `budget` nodes, also ones that are pushed meanwhile. @return how many ran.
  std::size_t run(std::size_t budget) noexcept {
    std::size_t count = 0;
    for (; count < budget && head_ != nullptr; ++count) {
      Runnable& work = *head_;
      head_ = work.next_;
      if (head_ == nullptr) tail_ = nullptr;
      work.queued_ = false;
      work.run_(work);
    }
    return count;
  }

 private:
  Runnable* head_ = nullptr;
  Runnable* tail_ = nullptr;
};

/// Puts `work` at the end of the run queue of `loop`. [loop thread]
void post(Loop& loop, Runnable& work) noexcept;

} // namespace openl2tp::runtime
