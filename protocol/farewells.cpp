#include "protocol/farewells.hpp"

namespace openl2tp::protocol {

void Farewells::erase(TunnelId id) {
  const auto it = by_id_.find(id);
  if (it == by_id_.end()) return;
  const auto by_key = by_key_.find(it->second.key);
  if (by_key != by_key_.end() && by_key->second == id) by_key_.erase(by_key);
  by_id_.erase(it);
}

void Farewells::add(TunnelId id, const Farewell& farewell) {
  erase(id);
  by_id_.emplace(id, farewell);
  by_key_[farewell.key] = id;
  order_.push_back({farewell.until, id});
}

const Farewell* Farewells::find(TunnelId id, TimePoint now) const {
  const auto it = by_id_.find(id);
  return it == by_id_.end() || it->second.until <= now ? nullptr : &it->second;
}

const Farewell* Farewells::find(const PeerKey& key, TimePoint now) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : find(it->second, now);
}

void Farewells::expire(TimePoint now) {
  // Under heavy churn the order holds many entries of one id; its length stays within a factor of the ids in use.
  while (!order_.empty() && (order_.front().until <= now || order_.size() > 2 * by_id_.size() + 1024)) {
    const Entry oldest = order_.front();
    order_.pop_front();
    const auto it = by_id_.find(oldest.id);
    if (it != by_id_.end() && it->second.until == oldest.until) erase(oldest.id);
  }
}

} // namespace openl2tp::protocol
