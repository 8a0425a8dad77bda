// Events that wait for one monitoring client. A client that is slower than events come loses the oldest, and is told
// how many. One thread: the service's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <iterator>
#include <utility>
#include <vector>

#include "runtime/events.hpp"

namespace openl2tp::rpc {

class EventQueue {
 public:
  static constexpr std::size_t kEventsMax = 4096;

  void push(const runtime::MonitorEvent& event) {
    if (events_.size() == kEventsMax) {
      events_.pop_front();
      ++lost_;
    }
    events_.push_back(event);
  }
  [[nodiscard]] bool empty() const noexcept { return events_.empty(); }

  /// The oldest events, at most `max`.
  [[nodiscard]] std::vector<runtime::MonitorEvent> take(std::size_t max) {
    const auto end = events_.begin() + static_cast<std::ptrdiff_t>(std::min(max, events_.size()));
    std::vector<runtime::MonitorEvent> taken(std::make_move_iterator(events_.begin()), std::make_move_iterator(end));
    events_.erase(events_.begin(), end);
    return taken;
  }
  /// Counts events that were lost before they came here.
  void add_lost(std::uint64_t count) noexcept { lost_ += count; }
  /// How many were lost since the last time this was asked.
  [[nodiscard]] std::uint64_t take_lost() noexcept { return std::exchange(lost_, 0); }

 private:
  std::deque<runtime::MonitorEvent> events_;
  std::uint64_t lost_ = 0;
};

} // namespace openl2tp::rpc
