#include "plugins/ppp_unix/units.hpp"

namespace openl2tp::ppp_unix {

std::uint32_t Units::take(std::uint64_t now_ms) {
  while (!resting_.empty() && resting_.front().free_at_ms <= now_ms) {
    free_.insert(resting_.front().slot);
    resting_.pop_front();
  }
  std::uint32_t slot = next_;
  if (free_.empty()) {
    ++next_;
  } else {
    slot = *free_.begin();
    free_.erase(free_.begin());
  }
  return first + index_ + slot * shards_;
}

void Units::give_back(std::uint32_t unit, std::uint64_t free_at_ms) {
  resting_.push_back({free_at_ms, (unit - first - index_) / shards_});
}

} // namespace openl2tp::ppp_unix
