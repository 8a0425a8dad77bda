#include "runtime/shard/tunnel_book.hpp"

#include <algorithm>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

using protocol::SessionId;
using protocol::TunnelId;

TunnelBook::~TunnelBook() { OPENL2TP_ASSERT(tunnel_records_ == 0 && session_records_ == 0); }

// ---- tunnels

TunnelRecord& TunnelBook::make_tunnel(NewTunnel facts) {
  auto record = std::make_unique<TunnelRecord>();
  record->serial = ++serial_;
  record->created_at = facts.created_at;
  record->created_by_admin = facts.created_by_admin;
  record->counted = facts.counted;
  record->peer = facts.peer;
  record->socket = facts.socket;
  record->config_id_given = facts.created_by_admin && facts.config->supplied.config_id.has_value();
  record->config_id = record->config_id_given ? *facts.config->supplied.config_id : config_ids_.take(facts.peer);
  profile_uses_.take(*facts.config->in_force.peer_profile_name);
  record->config = std::move(facts.config);
  ++tunnel_records_;
  return *record.release(); // forget() deletes it
}

void TunnelBook::enter(TunnelId id, TunnelRecord& record) {
  admin_tunnels_[id] = &record;
  if (const auto& name = record.config->in_force.tunnel_name) names_[*name] = id;
}

TunnelRecord* TunnelBook::made_by_admin(TunnelId id) const noexcept {
  const auto found = admin_tunnels_.find(id);
  return found == admin_tunnels_.end() ? nullptr : found->second;
}

std::optional<TunnelId> TunnelBook::find(const std::string& name) const {
  const auto found = names_.find(name);
  return found == names_.end() ? std::nullopt : std::optional(found->second);
}

void TunnelBook::give_up_name(TunnelId id, const TunnelRecord& record) {
  const auto& name = record.config->in_force.tunnel_name;
  if (!name) return;
  const auto found = names_.find(*name);
  if (found != names_.end() && found->second == id) names_.erase(found);
}

void TunnelBook::begin_counting(TunnelRecord& record) noexcept {
  if (!std::exchange(record.counted, true)) counts_.tunnels.fetch_add(1, std::memory_order_relaxed);
}

void TunnelBook::stop_counting(TunnelRecord& record) noexcept {
  if (std::exchange(record.counted, false)) counts_.tunnels.fetch_sub(1, std::memory_order_relaxed);
}

void TunnelBook::set_config(TunnelRecord& record, std::shared_ptr<const TunnelConfig> config) {
  profile_uses_.take(*config->in_force.peer_profile_name);
  profile_uses_.give_back(*record.config->in_force.peer_profile_name);
  record.config = std::move(config);
}

void TunnelBook::forget(TunnelId id, TunnelRecord& record) noexcept {
  if (const auto found = admin_tunnels_.find(id); found != admin_tunnels_.end() && found->second == &record) {
    give_up_name(id, record);
    admin_tunnels_.erase(found);
  }
  if (const auto found = waiting_.find(id); found != waiting_.end() && found->second == &record) waiting_.erase(found);
  if (!record.config_id_given) config_ids_.give_back(record.peer, record.config_id);
  profile_uses_.give_back(*record.config->in_force.peer_profile_name);
  stop_counting(record);
  give_up_path(record);
  --tunnel_records_;
  delete &record;
}

void TunnelBook::note_path(TunnelRecord& record, const protocol::Path& path) {
  if (!ports_apart_ || record.path) return;
  paths_.add(path);
  record.path = std::make_unique<const protocol::Path>(path);
}

void TunnelBook::give_up_path(TunnelRecord& record) {
  if (const auto path = std::exchange(record.path, nullptr)) paths_.remove(*path);
}

TunnelRecord* TunnelBook::waiting(TunnelId id) const noexcept {
  const auto found = waiting_.find(id);
  return found == waiting_.end() ? nullptr : found->second;
}

TunnelRecord* TunnelBook::take_waiting(TunnelId id, std::uint32_t serial) noexcept {
  const auto found = waiting_.find(id);
  if (found == waiting_.end() || found->second->serial != serial) return nullptr;
  TunnelRecord* const record = found->second;
  waiting_.erase(found);
  return record;
}

// ---- sessions

SessionRecord& TunnelBook::make_session(std::shared_ptr<const SessionConfig> config, std::uint32_t turn,
                                        std::int64_t created_at, bool created_by_admin) {
  auto record = std::make_unique<SessionRecord>();
  record->turn = turn;
  record->config = std::move(config);
  record->created_at = created_at;
  record->created_by_admin = created_by_admin;
  ++session_records_;
  return *record.release(); // forget() deletes it
}

void TunnelBook::enter(TunnelId tunnel, SessionId id, TunnelRecord& owner, SessionRecord& record) {
  sessions_[ids_of(tunnel, id)] = &record;
  if (waiting(owner, id) != nullptr) move_waiting(tunnel, owner, id);
  name_session(owner, record.config->in_force.session_name, id);
  if (record.config->in_force.user_name) note_user(tunnel, id, record);
}

SessionRecord* TunnelBook::session(const SessionKey& key) const noexcept {
  const auto found = sessions_.find(ids_of(key.tunnel, key.session));
  return found != sessions_.end() && found->second->turn == key.turn ? found->second : nullptr;
}

std::optional<SessionId> TunnelBook::find(const TunnelRecord& owner, const std::string& name) {
  if (!owner.session_names) return std::nullopt;
  const auto found = owner.session_names->find(name);
  return found == owner.session_names->end() ? std::nullopt : std::optional(found->second);
}

void TunnelBook::forget(TunnelId tunnel, SessionId id, TunnelRecord* owner, SessionRecord& record) noexcept {
  if (const auto found = sessions_.find(ids_of(tunnel, id)); found != sessions_.end() && found->second == &record) {
    sessions_.erase(found);
    users_.erase({tunnel.value, id.value});
    if (owner != nullptr) give_up_name(*owner, record.config->in_force.session_name, id);
  }
  counts_.sessions.fetch_sub(1, std::memory_order_relaxed);
  --session_records_;
  delete &record;
}

void TunnelBook::name_session(TunnelRecord& owner, const std::optional<std::string>& name, SessionId id) {
  if (!name) return;
  if (!owner.session_names) owner.session_names = std::make_unique<std::unordered_map<std::string, SessionId>>();
  (*owner.session_names)[*name] = id;
}

void TunnelBook::give_up_name(TunnelRecord& owner, const std::optional<std::string>& name, SessionId id) noexcept {
  if (!name || !owner.session_names) return;
  const auto found = owner.session_names->find(*name);
  if (found != owner.session_names->end() && found->second == id) owner.session_names->erase(found);
}

// ---- sessions that wait

WaitingSession* TunnelBook::waiting(const TunnelRecord& owner, SessionId id) noexcept {
  if (!owner.waiting_sessions) return nullptr;
  const auto found = owner.waiting_sessions->find(id);
  return found == owner.waiting_sessions->end() ? nullptr : &found->second;
}

std::optional<SessionId> TunnelBook::waiting_with_serial(const TunnelRecord& owner, SessionId id,
                                                         std::uint32_t serial) noexcept {
  if (!owner.waiting_sessions) return std::nullopt;
  if (const WaitingSession* found = waiting(owner, id); found != nullptr && found->serial == serial) return id;
  for (const auto& [other, session] : *owner.waiting_sessions) // it was given another id
    if (session.serial == serial) return other;
  return std::nullopt;
}

std::uint32_t TunnelBook::keep(TunnelRecord& owner, SessionId id, std::shared_ptr<const SessionConfig> config,
                               std::int64_t created_at) {
  if (!owner.waiting_sessions) owner.waiting_sessions = std::make_unique<WaitingSessions>();
  name_session(owner, config->in_force.session_name, id);
  owner.waiting_sessions->insert_or_assign(
      id, WaitingSession{.serial = ++serial_, .config = std::move(config), .created_at = created_at});
  return serial_;
}

void TunnelBook::drop(TunnelRecord& owner, SessionId id) noexcept {
  const WaitingSession* const found = waiting(owner, id);
  if (found == nullptr) return;
  give_up_name(owner, found->config->in_force.session_name, id);
  owner.waiting_sessions->erase(id);
  if (owner.waiting_sessions->empty()) owner.waiting_sessions.reset();
}

// A session has its id now. Where all ids are in use, which a tunnel never comes to, the session that waits goes.
void TunnelBook::move_waiting(TunnelId tunnel, TunnelRecord& owner, SessionId id) {
  const auto free = free_session_id(tunnel, owner, id);
  if (!free) return drop(owner, id);
  auto moved = owner.waiting_sessions->extract(id);
  moved.key() = *free;
  name_session(owner, moved.mapped().config->in_force.session_name, *free);
  owner.waiting_sessions->insert(std::move(moved));
}

std::optional<SessionId> TunnelBook::free_session_id(TunnelId tunnel, const TunnelRecord& owner,
                                                     SessionId wanted) const {
  std::uint16_t id = wanted.value;
  for (std::uint32_t tries = 0; tries < 65'536; ++tries, ++id)
    if (id != 0 && !sessions_.contains(ids_of(tunnel, SessionId{id})) && waiting(owner, SessionId{id}) == nullptr)
      return SessionId{id};
  return std::nullopt;
}

} // namespace openl2tp::runtime
