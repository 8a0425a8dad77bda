#include "tests/daemon_sim/workers.hpp"

#include <algorithm>

namespace openl2tp::daemon_sim {

protocol::TimePoint SimWorkers::later() noexcept {
  const unsigned most = dice_.chance(slow_) ? most_ms_ * 50 : most_ms_;
  return network_.now() + dice_.duration(0, most);
}

void SimWorkers::submitted(runtime::LoopWorkers& loop) noexcept {
  if (runtime::Work* const work = pop(loop)) items_.push_back({work, later(), false});
}

std::optional<protocol::TimePoint> SimWorkers::next() const noexcept {
  const auto first = std::ranges::min_element(items_, {}, &Item::at);
  if (first == items_.end()) return std::nullopt;
  return first->at;
}

bool SimWorkers::run_one() {
  std::vector<std::size_t> due;
  for (std::size_t i = 0; i < items_.size(); ++i)
    if (items_[i].at <= network_.now()) due.push_back(i);
  if (due.empty()) return false;
  const std::size_t chosen = due[dice_.below(due.size())];
  const Item item = items_[chosen];
  if (!item.ran) {
    items_[chosen].at = later();
    items_[chosen].ran = true;
    run(*item.work);
    return true;
  }
  items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(chosen));
  ++done_;
  give_back(*item.work);
  return true;
}

} // namespace openl2tp::daemon_sim
