#include "protocol/pending_tunnels.hpp"

namespace openl2tp::protocol {

Crossing PendingTunnels::OfPeer::crossing() const {
  return {.any = !tunnels.empty(), .lowest = ties.empty() ? std::nullopt : std::optional(*ties.begin())};
}

PendingTunnels::Place PendingTunnels::add(Tunnel& tunnel, const IpAddress& peer, const std::optional<TieBreaker>& tie) {
  OfPeer& pending = by_peer_[peer];
  const Crossing before = pending.crossing();
  const Place place = pending.tunnels.insert(pending.tunnels.end(), &tunnel);
  if (tie) pending.ties.insert(*tie);
  if (const Crossing now = pending.crossing(); now != before) policy_.note_crossing(peer, now);
  return place;
}

void PendingTunnels::remove(Place place, const IpAddress& peer, const std::optional<TieBreaker>& tie) {
  const auto it = by_peer_.find(peer);
  OfPeer& pending = it->second;
  const Crossing before = pending.crossing();
  pending.tunnels.erase(place);
  if (tie) pending.ties.erase(pending.ties.find(*tie));
  const Crossing now = pending.crossing();
  if (!now.any) by_peer_.erase(it);
  if (now != before) policy_.note_crossing(peer, now);
}

Crossing PendingTunnels::crossing(const IpAddress& peer) const {
  const auto it = by_peer_.find(peer);
  return it == by_peer_.end() ? Crossing{} : it->second.crossing();
}

std::vector<Tunnel*> PendingTunnels::tunnels(const IpAddress& peer) const {
  const auto it = by_peer_.find(peer);
  if (it == by_peer_.end()) return {};
  return {it->second.tunnels.begin(), it->second.tunnels.end()};
}

} // namespace openl2tp::protocol
