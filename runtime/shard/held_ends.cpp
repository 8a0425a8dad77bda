#include "runtime/shard/held_ends.hpp"

#include <algorithm>

namespace openl2tp::runtime {

using protocol::SessionId;
using protocol::TunnelId;

namespace {

/// Takes the oldest out of a full map; the end where there is room.
template <class Map>
typename Map::iterator oldest_when_full(Map& map) {
  if (map.size() < HeldEnds::held_max) return map.end();
  return std::ranges::min_element(map, {}, [](const auto& entry) { return entry.second.order; });
}

} // namespace

TunnelId HeldEnds::add(TunnelReport report) {
  const TunnelId id{report.tunnel_id};
  TunnelId gone;
  if (const auto oldest = oldest_when_full(tunnels_); oldest != tunnels_.end()) {
    gone = oldest->first;
    tunnels_.erase(oldest);
  }
  tunnels_.insert_or_assign(id, Tunnel{next_++, std::move(report)});
  return gone;
}

void HeldEnds::add(SessionReport report) {
  const Ids ids{report.tunnel_id, report.session_id};
  if (const auto oldest = oldest_when_full(sessions_); oldest != sessions_.end()) sessions_.erase(oldest);
  sessions_.insert_or_assign(ids, Session{next_++, std::move(report)});
}

const TunnelReport* HeldEnds::tunnel(TunnelId id) const {
  const auto it = tunnels_.find(id);
  return it == tunnels_.end() ? nullptr : &it->second.report;
}

const SessionReport* HeldEnds::session(TunnelId tunnel, const SessionName& session) const {
  for (auto it = sessions_.lower_bound({tunnel.value, 0}); it != sessions_.end() && it->first.first == tunnel.value;
       ++it) {
    const SessionReport& report = it->second.report;
    if (session.id != 0 ? report.session_id == session.id : session.name && report.config.session_name == session.name)
      return &report;
  }
  return nullptr;
}

std::vector<TunnelId> HeldEnds::tunnels() const {
  std::vector<TunnelId> ids;
  for (const auto& [id, held] : tunnels_)
    ids.push_back(id);
  return ids;
}

std::vector<SessionId> HeldEnds::sessions(TunnelId tunnel) const {
  std::vector<SessionId> ids;
  for (auto it = sessions_.lower_bound({tunnel.value, 0}); it != sessions_.end() && it->first.first == tunnel.value;
       ++it)
    ids.push_back(SessionId{it->first.second});
  return ids;
}

bool HeldEnds::release(TunnelId tunnel) { return tunnels_.erase(tunnel) != 0; }

bool HeldEnds::release(TunnelId tunnel, const SessionName& session) {
  const SessionReport* held = this->session(tunnel, session);
  return held != nullptr && sessions_.erase({tunnel.value, held->session_id}) != 0;
}

} // namespace openl2tp::runtime
