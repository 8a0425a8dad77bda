// Session ids that ended a moment ago. They are not given out again for a while, so that late messages and data frames
// of the old session cannot reach a new one.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_set>

#include "protocol/clock.hpp"
#include "protocol/ids.hpp"

namespace openl2tp::protocol {

class RecentSessions {
 public:
  static constexpr Duration retention{31'000};    // a full retransmission cycle, §5.7
  static constexpr std::size_t size_max = 65'536; // beyond that the oldest are forgotten early

  void remember(TunnelId tunnel, SessionId session, TimePoint now) {
    if (order_.size() >= size_max) forget_oldest();
    if (ids_.insert(key(tunnel, session)).second) order_.push_back({now + retention, key(tunnel, session)});
  }

  [[nodiscard]] bool contains(TunnelId tunnel, SessionId session, TimePoint now) {
    while (!order_.empty() && order_.front().until <= now)
      forget_oldest();
    return ids_.contains(key(tunnel, session));
  }

 private:
  struct Entry {
    TimePoint until;
    std::uint32_t key;
  };
  static std::uint32_t key(TunnelId tunnel, SessionId session) noexcept {
    return static_cast<std::uint32_t>(tunnel.value) << 16 | session.value;
  }
  void forget_oldest() {
    ids_.erase(order_.front().key);
    order_.pop_front();
  }
  std::deque<Entry> order_;
  std::unordered_set<std::uint32_t> ids_;
};

} // namespace openl2tp::protocol
