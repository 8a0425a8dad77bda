// Fault injection: what a shard loses on purpose, and what it goes on showing after its end.
#include <string>

#include "runtime/shard/reports.hpp"
#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

using protocol::TunnelId;

void Shard::set_faults(const FaultSettings& settings, bool reset_ids) {
  faults_.set(settings);
  engine_->keep_ended(settings.hold_tunnels, settings.hold_sessions);
  engine_->set_sequential_ids(settings.sequential_ids);
  if (reset_ids) engine_->restart_ids();
  if (!settings.hold_tunnels)
    for (const TunnelId id : held_.tunnels())
      release_held_tunnel(id);
  if (!settings.hold_sessions) held_.release_sessions();
}

Shard::FaultTotals Shard::fault_totals() const noexcept {
  return {.received_dropped = faults_.received_dropped(), .sent_dropped = faults_.sent_dropped()};
}

bool Shard::lose_received(std::span<const std::byte> datagram) {
  if (!faults_.drop_received(datagram)) return false;
  events_->log("test: a received control message of " + std::to_string(datagram.size()) + " octets is dropped");
  return true;
}

bool Shard::lose_sent(const protocol::SendDatagram& action) {
  const FaultSettings& settings = faults_.settings();
  protocol::PeerSessionId session;
  if (settings.session_id != 0)
    if (const protocol::Session* found = engine_->find(action.tunnel, protocol::SessionId{settings.session_id}))
      session = found->peer_id();
  const protocol::Octets octets = batch_.octets(action.octets);
  if (!faults_.drop_sent(octets, action.tunnel, session)) return false;
  events_->log("test: a control message of tunnel " + std::to_string(action.tunnel.value) + " of " +
               std::to_string(octets.size()) + " octets is dropped");
  return true;
}

// Its id stays in use, so that it means this tunnel and no other.
void Shard::hold(const protocol::Tunnel& tunnel, const TunnelRecord& record) {
  if (!engine_->reserve_id(tunnel.id())) return; // cannot be: the id went to rest in this very turn
  TunnelReport report = make_report(tunnel, record, mode_of(tunnel));
  report.state = "DEAD";
  if (const TunnelId gone = held_.add(std::move(report))) engine_->unreserve_id(gone, loop_->now());
}

void Shard::hold(const protocol::SessionEnded& action, const TunnelRecord* owner, PppReport ppp) {
  SessionReport report = make_report(*action.last, *SessionRecord::of(action.user));
  report.tunnel_id = action.tunnel.value;
  if (owner != nullptr) report.tunnel_name = owner->config->in_force.tunnel_name;
  report.state = "DEAD";
  report.ppp = std::move(ppp);
  held_.add(std::move(report));
}

void Shard::release_held_tunnel(TunnelId tunnel) {
  if (held_.release(tunnel)) engine_->unreserve_id(tunnel, loop_->now());
}

} // namespace openl2tp::runtime
