// The deadlines of a shard's links: a heap in which each entry knows its place, so that a change costs no memory. Who
// wakes up when the first one comes is the shard's.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "plugins/ppp_engine/clock.hpp"

namespace openl2tp::ppp_kernel {

/// Something with a deadline: a base. Leaves the heap before it goes.
class Waiting {
 public:
  Waiting() = default;
  Waiting(const Waiting&) = delete;
  Waiting& operator=(const Waiting&) = delete;

 protected:
  ~Waiting() = default;

 private:
  friend class Deadlines;
  static constexpr std::size_t nowhere = static_cast<std::size_t>(-1);
  ppp::TimePoint at_ = ppp::never;
  std::size_t place_ = nowhere;
};

class Deadlines {
 public:
  /// `never` takes it out.
  void set(Waiting& who, ppp::TimePoint at) {
    if (at == ppp::never) return remove(who);
    who.at_ = at;
    if (who.place_ == Waiting::nowhere) {
      who.place_ = heap_.size();
      heap_.push_back(&who);
    }
    sift(who.place_);
  }
  void remove(Waiting& who) noexcept {
    const std::size_t place = std::exchange(who.place_, Waiting::nowhere);
    if (place == Waiting::nowhere) return;
    Waiting* last = heap_.back();
    heap_.pop_back();
    if (last == &who) return;
    heap_[place] = last;
    last->place_ = place;
    sift(place);
  }
  [[nodiscard]] ppp::TimePoint first() const noexcept { return heap_.empty() ? ppp::never : heap_.front()->at_; }
  /// The first one, taken out, if its time has come; else nullptr.
  [[nodiscard]] Waiting* take_due(ppp::TimePoint now) noexcept {
    if (first() > now || heap_.empty()) return nullptr;
    Waiting* who = heap_.front();
    remove(*who);
    return who;
  }
  [[nodiscard]] std::size_t size() const noexcept { return heap_.size(); }

 private:
  void swap(std::size_t a, std::size_t b) noexcept {
    std::swap(heap_[a], heap_[b]);
    heap_[a]->place_ = a;
    heap_[b]->place_ = b;
  }
  void sift(std::size_t place) noexcept {
    while (place > 0 && heap_[place]->at_ < heap_[(place - 1) / 2]->at_) {
      swap(place, (place - 1) / 2);
      place = (place - 1) / 2;
    }
    for (;;) {
      std::size_t least = place;
      for (std::size_t child = 2 * place + 1; child <= 2 * place + 2 && child < heap_.size(); ++child)
        if (heap_[child]->at_ < heap_[least]->at_) least = child;
      if (least == place) return;
      swap(place, least);
      place = least;
    }
  }

  std::vector<Waiting*> heap_;
};

} // namespace openl2tp::ppp_kernel
