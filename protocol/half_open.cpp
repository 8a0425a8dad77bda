#include "protocol/half_open.hpp"

namespace openl2tp::protocol {

bool HalfOpen::source_full(const IpAddress& source) const {
  const auto it = by_source_.find(source);
  return it != by_source_.end() && it->second >= limits_.per_source_max;
}

Tunnel* HalfOpen::oldest_when_full() const { return order_.size() < limits_.total_max ? nullptr : order_.front(); }

HalfOpen::Place HalfOpen::add(Tunnel& tunnel, const IpAddress& source) {
  ++by_source_[source];
  return order_.insert(order_.end(), &tunnel);
}

void HalfOpen::remove(Place place, const IpAddress& source) {
  order_.erase(place);
  const auto it = by_source_.find(source);
  if (--it->second == 0) by_source_.erase(it);
}

} // namespace openl2tp::protocol
