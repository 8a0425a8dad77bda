// Persistent tunnels and their sessions: what ended by anything but the operator's word is opened again, under its own
// id, after a pause that doubles with every failure.
#include <algorithm>
#include <vector>

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
  if (!engine_->reserve_id(tunnel)) return forget_tunnel(tunnel, *record); // cannot be: the id rests since this turn
  book_.keep(tunnel, *record);
  if (record->observed) record->observed->peer_tunnel = {}; // its next life has another
  const protocol::Duration pause = pause_before(record->attempts++, admission_->system().tunnel_persist_pend_timeout_s);
  events_->log("tunnel " + std::to_string(tunnel.value) + " is tried again in " + std::to_string(pause.count() / 1000) +
               " s");
  scope_->spawn(revive_tunnel(tunnel, record->serial, loop_->now() + pause));
}

Task<void> Shard::revive_tunnel(TunnelId tunnel, std::uint32_t serial, protocol::TimePoint when) {
  const bool elapsed = co_await sleep_until(when);
  if (!elapsed || shutdown_.is_set()) co_return;
  TunnelRecord* record = book_.take_waiting(tunnel, serial);
  if (record == nullptr) co_return; // the operator deleted it
  engine_->unreserve_id(tunnel, loop_->now());
  const protocol::Route route = route_of(*record->config, record->socket);
  const auto opened = engine_->open_tunnel(route, record->config->settings, tunnel, record->user(), loop_->now());
  if (!opened) {
    events_->log("tunnel " + std::to_string(tunnel.value) + " cannot be opened again for now");
    keep_for_revival(tunnel, record);
    co_return;
  }
  reopen_sessions(tunnel);
  pump();
}

// ---- sessions

bool Shard::takes_calls(TunnelId tunnel) const noexcept {
  const protocol::Tunnel* found = engine_->find(tunnel);
  if (found == nullptr) return false;
  switch (found->state()) {
  case protocol::TunnelState::idle:
  case protocol::TunnelState::closing: return false;
  case protocol::TunnelState::wait_ctl_reply:
  case protocol::TunnelState::wait_ctl_conn:
  case protocol::TunnelState::established: return true;
  }
  return false;
}

void Shard::retry_later(TunnelId tunnel, SessionId session, WaitingSession& waiting) {
  waiting.scheduled = true;
  const auto pause = std::chrono::seconds(std::max(admission_->system().session_persist_pend_timeout_s, 1U));
  scope_->spawn(retry_session(tunnel, session, waiting.serial, loop_->now() + pause));
}

Task<void> Shard::retry_session(TunnelId tunnel, SessionId session, std::uint32_t serial, protocol::TimePoint when) {
  const bool elapsed = co_await sleep_until(when);
  if (!elapsed || shutdown_.is_set()) co_return;
  TunnelRecord* owner = record_of(tunnel);
  if (owner == nullptr) co_return;
  const auto id = TunnelBook::waiting_with_serial(*owner, session, serial);
  if (!id) co_return; // the operator deleted it
  TunnelBook::waiting(*owner, *id)->scheduled = false;
  if (!owner->persists()) {
    book_.drop(*owner, *id);
    co_return;
  }
  if (!takes_calls(tunnel)) co_return; // the tunnel went meanwhile: the session waits for it
  reopen_session(tunnel, *id);
  pump();
}

void Shard::reopen_sessions(TunnelId tunnel) {
  const TunnelRecord* owner = record_of(tunnel);
  if (owner == nullptr || !owner->waiting_sessions) return;
  std::vector<SessionId> ids;
  for (const auto& [id, waiting] : *owner->waiting_sessions)
    if (!waiting.scheduled) ids.push_back(id);
  for (const SessionId id : ids)
    reopen_session(tunnel, id);
}

// What cannot be opened now goes on waiting.
void Shard::reopen_session(TunnelId tunnel, SessionId session) {
  TunnelRecord* owner = record_of(tunnel);
  WaitingSession* waiting = owner == nullptr ? nullptr : TunnelBook::waiting(*owner, session);
  if (waiting == nullptr) return;
  if (!admission_->count_session()) return retry_later(tunnel, session, *waiting);
  const std::shared_ptr<const SessionConfig> config = waiting->config;
  SessionRecord& record = book_.make_session(config, plugins_->next_turn(), wall_clock(), true);
  auto opened = engine_->open_session(tunnel, config->settings, session, record.user(), loop_->now());
  if (!opened) // its id is somebody else's by now
    opened = engine_->open_session(tunnel, config->settings, std::nullopt, record.user(), loop_->now());
  if (!opened) {
    book_.forget(tunnel, {}, owner, record);
    return retry_later(tunnel, session, *waiting);
  }
  book_.drop(*owner, session);
  book_.enter(tunnel, *opened, *owner, record);
  events_->tell(OPENL2TP_EVENT_CREATED, {tunnel, *opened, record.turn}, {});
}

} // namespace openl2tp::runtime
