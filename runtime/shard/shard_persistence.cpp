// Persistent tunnels and their sessions: what ended by anything but the operator's word is opened again, under its own
// id, after a pause that doubles with every failure.
#include <algorithm>

#include "runtime/loop/sleep.hpp"
#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

using protocol::SessionId;
using protocol::TunnelId;

namespace {

/// 5 s, 10 s, 20 s... up to the operator's bound.
protocol::Duration pause_before(std::uint32_t attempt, std::uint32_t bound_s) {
  const protocol::Duration bound = std::chrono::seconds(std::max(bound_s, 1U));
  protocol::Duration pause = std::chrono::seconds(5);
  for (std::uint32_t i = 0; i < attempt && pause < bound; ++i)
    pause *= 2;
  return std::min(pause, bound);
}

} // namespace

void Shard::keep_for_revival(TunnelId tunnel, TunnelRecord* record) {
  if (!engine_->reserve_id(tunnel)) { // cannot be: the id went to rest in this very turn
    observe_deleted(tunnel, *record);
    admin_tunnels_.erase(tunnel);
    return discard(record);
  }
  waiting_[tunnel] = record;
  if (record->observed) record->observed->peer_tunnel = {}; // its next life has another
  const protocol::Duration pause = pause_before(record->attempts++, options_.system.tunnel_persist_pend_timeout_s);
  log_event("tunnel " + std::to_string(tunnel.value) + " is tried again in " + std::to_string(pause.count() / 1000) +
            " s");
  scope_->spawn(revive_tunnel(tunnel, record, loop_->now() + pause));
}

Task<void> Shard::revive_tunnel(TunnelId tunnel, TunnelRecord* record, protocol::TimePoint when) {
  const bool elapsed = co_await sleep_until(when);
  const auto it = waiting_.find(tunnel);
  // Stopping, or the operator deleted it.
  if (!elapsed || shutdown_.is_set() || it == waiting_.end() || it->second != record) co_return;
  waiting_.erase(it);
  engine_->unreserve_id(tunnel, loop_->now());

  protocol::Route route = route_of(*record->config, record->socket);
  std::unique_ptr<std::vector<LostSession>> sessions = std::move(record->lost_sessions);
  const auto opened = engine_->open_tunnel(route, record->config->settings, tunnel, record->user(), loop_->now());
  if (!opened) {
    log_event("tunnel " + std::to_string(tunnel.value) + " cannot be opened again");
    observe_deleted(tunnel, *record);
    admin_tunnels_.erase(tunnel);
    forget_names(tunnel, *record);
    release_socket(record->socket);
    discard(record);
    co_return;
  }
  if (sessions)
    for (LostSession& session : *sessions)
      reopen_session(tunnel, *record, std::move(session));
  pump();
}

void Shard::lose_session(TunnelId tunnel, SessionId session, TunnelRecord& owner, const SessionRecord& record) {
  LostSession lost{session, record.config};
  const protocol::Tunnel* found = engine_->find(tunnel);
  if (found != nullptr && found->state() == protocol::TunnelState::established) {
    // The tunnel stands: the call alone is tried again.
    scope_->spawn(revive_session(
        tunnel, std::move(lost),
        loop_->now() + std::chrono::seconds(std::max(options_.system.session_persist_pend_timeout_s, 1U))));
    return;
  }
  if (!owner.lost_sessions) owner.lost_sessions = std::make_unique<std::vector<LostSession>>();
  owner.lost_sessions->push_back(std::move(lost));
}

// @return whether such a session waited for its tunnel; then it waits no longer.
bool Shard::drop_lost(TunnelRecord& owner, const SessionName& session) {
  if (!owner.lost_sessions) return false;
  return std::erase_if(*owner.lost_sessions, [&session](const LostSession& lost) {
           if (session.id != 0) return lost.id.value == session.id;
           return session.name && lost.config->in_force.session_name == session.name;
         }) != 0;
}

Task<void> Shard::revive_session(TunnelId tunnel, LostSession session, protocol::TimePoint when) {
  const bool elapsed = co_await sleep_until(when);
  if (!elapsed || shutdown_.is_set()) co_return;
  const protocol::Tunnel* found = engine_->find(tunnel);
  TunnelRecord* owner = found ? TunnelRecord::of(found->user()) : nullptr;
  if (owner == nullptr) {
    const auto waiting = waiting_.find(tunnel);
    owner = waiting == waiting_.end() ? nullptr : waiting->second;
  }
  if (owner == nullptr || !owner->persists()) co_return;
  if (found == nullptr || found->state() != protocol::TunnelState::established) {
    // The tunnel went meanwhile: the session waits for it.
    if (!owner->lost_sessions) owner->lost_sessions = std::make_unique<std::vector<LostSession>>();
    owner->lost_sessions->push_back(std::move(session));
    co_return;
  }
  reopen_session(tunnel, *owner, std::move(session));
  pump();
}

void Shard::reopen_session(TunnelId tunnel, TunnelRecord& owner, LostSession session) {
  const auto& name = session.config->in_force.session_name;
  if (name && owner.session_names && owner.session_names->contains(*name)) return; // the operator has made it anew
  if (!count_session()) return;
  auto record = std::make_unique<SessionRecord>();
  record->turn = plugins_->next_turn();
  record->config = std::move(session.config);
  record->created_at = wall_clock();
  record->created_by_admin = true;
  auto opened = engine_->open_session(tunnel, record->config->settings, session.id, record->user(), loop_->now());
  if (!opened) // its id is somebody else's by now
    opened = engine_->open_session(tunnel, record->config->settings, std::nullopt, record->user(), loop_->now());
  if (!opened) return discard(record.release());
  name_session(owner, record->config->in_force.session_name, *opened);
  note_session(tunnel, *opened, *record);
  const SessionKey key{tunnel, *opened, record->turn};
  static_cast<void>(record.release()); // the engine has it as "user"
  observe(OPENL2TP_EVENT_CREATED, key, {});
}

} // namespace openl2tp::runtime
