// What the management asks of one shard.
#include <algorithm>
#include <chrono>
#include <map>

#include "runtime/shard/reports.hpp"
#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

using protocol::CommandError;
using protocol::SessionId;
using protocol::TunnelId;

namespace {

ControlError error_of(CommandError error) {
  switch (error) {
  case CommandError::no_such_tunnel: return {ControlFault::tunnel_not_found, {}};
  case CommandError::no_such_session: return {ControlFault::session_not_found, {}};
  case CommandError::tunnel_closing: return {ControlFault::tunnel_not_found, "the tunnel is closing"};
  case CommandError::no_tunnel_id:
    return {ControlFault::tunnel_id_alloc_failure, "all tunnel ids of the shard are in use"};
  case CommandError::no_session_id:
    return {ControlFault::session_id_alloc_failure, "all session ids of the tunnel are in use"};
  case CommandError::id_in_use: return {ControlFault::tunnel_already_exists, "the id is in use"};
  case CommandError::session_limit: return {ControlFault::tunnel_too_many_sessions, {}};
  case CommandError::peer_cannot_call_out:
    return {ControlFault::session_type_illegal_for_tunnel,
            "the peer offers no outgoing calls (no Bearer Capabilities)"};
  case CommandError::wrong_state: return {ControlFault::invalid_argument, "not in this state of the session"};
  case CommandError::hiding_needs_secret: return {ControlFault::hide_avps_needs_secret, {}};
  }
  return {ControlFault::out_of_resources, {}};
}

} // namespace

// ---- tunnels
// ----------------------------------------------------------------------------------------------------------

std::int64_t Shard::wall_clock() const noexcept {
  return std::chrono::duration_cast<std::chrono::seconds>(options_.environment->wall_clock()).count();
}

ControlResult<TunnelId> Shard::create_tunnel(std::shared_ptr<const TunnelConfig> config, TunnelSocket socket) {
  if (shutdown_.is_set()) return tl::unexpected(ControlError{ControlFault::shutting_down, {}});
  const TunnelParameters& wanted = config->in_force;
  if (wanted.tunnel_name && book_.find(*wanted.tunnel_name))
    return tl::unexpected(ControlError{ControlFault::tunnel_already_exists, {}});
  const IpAddress local = wanted.our_addr.value_or(IpAddress{});
  const IpAddress peer = *wanted.peer_addr;

  std::uint32_t number = 0;
  if (socket.socket) {
    number = sockets_->adopt(std::move(socket));
  } else {
    const auto listening = sockets_->listening_for(local, peer);
    if (!listening)
      return tl::unexpected(
          ControlError{ControlFault::invalid_argument,
                       "src_ipaddr: the daemon does not listen on an address that reaches this peer"});
    number = *listening;
  }
  const protocol::Route route = route_of(*config, number);

  if (!admission_->count_tunnel()) {
    ++engine_->counters().too_many_tunnels;
    sockets_->release(route.socket);
    return tl::unexpected(ControlError{ControlFault::tunnel_limit_exceeded, {}});
  }
  TunnelRecord& record = book_.make_tunnel(
      {.config = config, .peer = peer, .socket = route.socket, .created_at = wall_clock(), .created_by_admin = true});
  const std::optional<TunnelId> id =
      wanted.tunnel_id ? std::optional(TunnelId{*wanted.tunnel_id}) : std::optional<TunnelId>();
  const auto opened = engine_->open_tunnel(route, config->settings, id, record.user(), loop_->now());
  if (!opened) {
    sockets_->release(route.socket);
    book_.forget({}, record);
    return tl::unexpected(error_of(opened.error()));
  }
  book_.enter(*opened, record);
  book_.note_path(record, route.path);
  events_->tell_created(*opened);
  pump();
  return *opened;
}

protocol::Route Shard::route_of(const TunnelConfig& config, std::uint32_t socket) const noexcept {
  protocol::Route route;
  route.socket = socket;
  route.path.peer = {.address = *config.in_force.peer_addr, .port = *config.in_force.peer_udp_port};
  if (const UdpEndpoint* from = sockets_->find(socket)) route.path.local = from->local(); // else the shard is ending
  const IpAddress local = config.in_force.our_addr.value_or(IpAddress{});
  if (!local.is_unspecified()) route.path.local.address = local;
  return route;
}

TunnelRecord* Shard::record_of(TunnelId tunnel) const noexcept {
  const protocol::Tunnel* found = engine_->find(tunnel);
  return found != nullptr ? TunnelRecord::of(found->user()) : book_.waiting(tunnel);
}

ControlResult<void> Shard::close_tunnel(TunnelId tunnel, const std::string& reason) {
  if (TunnelRecord* waiting = book_.waiting(tunnel)) {
    engine_->unreserve_id(tunnel, loop_->now());
    forget_tunnel(tunnel, *waiting);
    return {};
  }
  if (held_.tunnel(tunnel) != nullptr) {
    release_held_tunnel(tunnel);
    return {};
  }
  if (TunnelRecord* record = record_of(tunnel)) record->deleted = true;
  const auto closed = engine_->close_tunnel(
      tunnel, protocol::make_reason(protocol::StopResult::general_clear, protocol::GeneralError::none, reason),
      loop_->now());
  if (!closed) return tl::unexpected(error_of(closed.error()));
  if (const TunnelRecord* record = record_of(tunnel)) book_.give_up_name(tunnel, *record); // free for the next at once
  pump();
  return {};
}

ControlResult<void> Shard::modify_tunnel(TunnelId tunnel, const TunnelParameters& change) {
  TunnelRecord* found = record_of(tunnel);
  if (found == nullptr) return tl::unexpected(ControlError{ControlFault::tunnel_not_found, {}});
  TunnelRecord& record = *found;
  auto config = modified(*record.config, change, admission_->system());
  if (!config) return tl::unexpected(config.error());
  if (change.peer_profile_name) { // as it would be made again from a saved configuration
    const TunnelParameters asked{.peer_addr = (*config)->in_force.peer_addr,
                                 .peer_profile_name = change.peer_profile_name};
    if (const auto again = admission_->profiles().for_tunnel(asked, admission_->system()); !again)
      return tl::unexpected(again.error());
  }
  book_.set_config(record, std::move(*config));
  static_cast<void>(
      engine_->modify_tunnel(tunnel, record.config->settings, loop_->now())); // a waiting one has none yet
  if (kernel_path_)
    if (const auto changed =
            kernel_path_->modify_tunnel(tunnel, record.config->in_force.use_udp_checksums.value_or(true));
        !changed)
      options_.log->warning("data path: " + to_string(changed.error()));
  events_->tell(OPENL2TP_EVENT_MODIFIED, tunnel, record, {});
  pump();
  return {};
}

ControlResult<TunnelReport> Shard::report_tunnel(TunnelId tunnel) const {
  if (const TunnelRecord* waiting = book_.waiting(tunnel))
    return make_report(tunnel, *waiting, route_of(*waiting->config, waiting->socket).path);
  if (const TunnelReport* held = held_.tunnel(tunnel)) return *held;
  const protocol::Tunnel* found = engine_->find(tunnel);
  if (found == nullptr) return tl::unexpected(ControlError{ControlFault::tunnel_not_found, {}});
  TunnelReport report = make_report(*found, *TunnelRecord::of(found->user()), mode_of(*found));
  add_data_statistics(tunnel, report.statistics);
  return report;
}

TunnelMode Shard::mode_of(const protocol::Tunnel& tunnel) const noexcept {
  const TunnelRecord& record = *TunnelRecord::of(tunnel.user());
  return tunnel_mode(*record.config, record.created_by_admin);
}

std::vector<std::uint16_t> Shard::list_tunnels() const {
  std::vector<std::uint16_t> ids;
  const auto all = engine_->tunnels();
  ids.reserve(all.size());
  for (const TunnelId id : all)
    ids.push_back(id.value);
  for (const auto& [id, record] : book_.waiting())
    ids.push_back(id.value);
  for (const TunnelId id : held_.tunnels())
    ids.push_back(id.value);
  std::sort(ids.begin(), ids.end());
  return ids;
}

std::vector<std::string> Shard::profile_users(ProfileKind kind, const std::string& name, std::size_t most) const {
  std::vector<std::string> users;
  const auto tunnel_uses = [&](const TunnelParameters& in_force) {
    switch (kind) {
    case ProfileKind::tunnel: return in_force.tunnel_profile_name == name;
    case ProfileKind::peer: return in_force.peer_profile_name == name;
    case ProfileKind::session: // the names that a tunnel passes on count with the sessions that took them
    case ProfileKind::ppp: break;
    }
    return false;
  };
  for (const auto& [id, record] : book_.made_by_admin()) {
    if (users.size() >= most) break;
    const TunnelParameters& in_force = record->config->in_force;
    const std::string label = in_force.tunnel_name.value_or(std::to_string(id.value));
    if (tunnel_uses(in_force)) users.push_back("tunnel " + label);
    if (kind != ProfileKind::session) continue;
    const auto note = [&](SessionId session, const SessionConfig& config) {
      if (users.size() < most && config.in_force.profile_name == name)
        users.push_back("session " + label + "/" +
                        config.in_force.session_name.value_or(std::to_string(session.value)));
    };
    if (record->waiting_sessions)
      for (const auto& [session, waiting] : *record->waiting_sessions)
        note(session, *waiting.config);
    const protocol::Tunnel* tunnel = engine_->find(id);
    if (tunnel == nullptr) continue;
    for (const auto& [session, state] : tunnel->sessions())
      if (const SessionRecord& one = *SessionRecord::of(state->user()); one.created_by_admin)
        note(session, *one.config);
  }
  return users;
}

bool Shard::has_config_id(const protocol::IpAddress& peer, std::uint32_t config_id) const {
  return std::ranges::any_of(book_.made_by_admin(), [&](const auto& entry) {
    const TunnelRecord& record = *entry.second;
    return !record.deleted && record.config_id == config_id && record.peer == peer;
  });
}

std::vector<PeerReport> Shard::list_peers() const {
  std::map<std::pair<IpAddress, IpAddress>, std::uint32_t> pairs;
  for (const TunnelId id : engine_->tunnels()) {
    const protocol::Tunnel* tunnel = engine_->find(id);
    if (tunnel != nullptr) ++pairs[{tunnel->route().path.local.address, tunnel->route().path.peer.address}];
  }
  for (const auto& [id, record] : book_.waiting()) { // they will be tried again
    const protocol::Path path = route_of(*record->config, record->socket).path;
    ++pairs[{path.local.address, path.peer.address}];
  }
  std::vector<PeerReport> peers;
  for (const auto& [addresses, tunnels] : pairs)
    peers.push_back({.local = addresses.first, .peer = addresses.second, .tunnels = tunnels});
  return peers;
}

std::vector<UserReport> Shard::list_users() const {
  std::vector<UserReport> users;
  for (const auto& [ids, record] : book_.users())
    users.push_back(user_report({ids.first}, {ids.second}, *record));
  return users;
}

UserPage Shard::users_after(std::uint16_t tunnel, std::uint16_t session, std::uint32_t most) const {
  UserPage page;
  for (auto it = book_.users().upper_bound({tunnel, session}); it != book_.users().end(); ++it) {
    if (page.users.size() == most) {
      page.more = true;
      break;
    }
    const TunnelId of{it->first.first};
    const SessionId id{it->first.second};
    page.users.push_back({.user = user_report(of, id, *it->second),
                          .ppp = ppp_report(of, id, *it->second),
                          .statistics = data_statistics(of, id)});
  }
  return page;
}

UserReport Shard::user_report(TunnelId tunnel, SessionId session, const SessionRecord& record) const {
  // Whom PPP let in counts before whom the operator asked us to be.
  const PppFacts* ppp = plugins_->facts(tunnel, session);
  return {.user_name = ppp != nullptr && !ppp->user_name.empty()
                           ? ppp->user_name
                           : record.config->in_force.user_name.value_or(std::string{}),
          .created_at = record.created_at,
          .created_by_admin = record.created_by_admin,
          .tunnel_id = tunnel.value,
          .session_id = session.value};
}

std::optional<TunnelId> Shard::find_tunnel(const std::string& name) const { return book_.find(name); }

// ---- sessions
// ---------------------------------------------------------------------------------------------------------

ControlResult<Shard::NamedSession> Shard::find_session(TunnelId tunnel, const SessionName& session) const {
  TunnelRecord* owner = record_of(tunnel);
  if (owner == nullptr) return tl::unexpected(ControlError{ControlFault::tunnel_not_found, {}});
  std::optional<SessionId> id;
  if (session.id != 0)
    id = SessionId{session.id};
  else if (session.name)
    id = TunnelBook::find(*owner, *session.name);
  protocol::Session* live = id ? engine_->find(tunnel, *id) : nullptr;
  WaitingSession* waiting = id && live == nullptr ? TunnelBook::waiting(*owner, *id) : nullptr;
  if (live == nullptr && waiting == nullptr) return tl::unexpected(ControlError{ControlFault::session_not_found, {}});
  return NamedSession{*owner, *id, live, waiting};
}

ControlResult<SessionId> Shard::create_session(TunnelId tunnel, const SessionParameters& parameters) {
  if (shutdown_.is_set()) return tl::unexpected(ControlError{ControlFault::shutting_down, {}});
  TunnelRecord* found = record_of(tunnel);
  if (found == nullptr) return tl::unexpected(ControlError{ControlFault::tunnel_not_found, {}});
  if (admission_->system().drain) return tl::unexpected(ControlError{ControlFault::tunnel_add_admin_disabled, {}});
  TunnelRecord& owner = *found;
  if (parameters.session_name && TunnelBook::find(owner, *parameters.session_name))
    return tl::unexpected(ControlError{ControlFault::session_already_exists, {}});
  const SessionId wanted{parameters.session_id.value_or(0)};
  if (wanted && (engine_->find(tunnel, wanted) != nullptr || TunnelBook::waiting(owner, wanted) != nullptr))
    return tl::unexpected(ControlError{ControlFault::session_already_exists, "the session id is in use"});
  auto config = admission_->profiles().for_session(*owner.config, tunnel_mode(*owner.config, owner.created_by_admin),
                                                   parameters, admission_->system());
  if (!config) return tl::unexpected(config.error());
  if (engine_->find(tunnel) == nullptr) { // it waits to be tried again, and the session with it
    const auto id = book_.free_session_id(tunnel, owner, wanted ? wanted : SessionId{random_.next_u16()});
    if (!id) return tl::unexpected(error_of(CommandError::no_session_id));
    static_cast<void>(book_.keep(owner, *id, std::move(*config), wall_clock()));
    return *id;
  }
  if (!admission_->count_session()) {
    ++engine_->counters().too_many_sessions;
    return tl::unexpected(ControlError{ControlFault::session_limit_exceeded, {}});
  }
  SessionRecord& record = book_.make_session(std::move(*config), plugins_->next_turn(), wall_clock(), true);
  const auto opened = engine_->open_session(tunnel, record.config->settings,
                                            wanted ? std::optional(wanted) : std::nullopt, record.user(), loop_->now());
  if (!opened) {
    book_.forget(tunnel, {}, &owner, record);
    return tl::unexpected(error_of(opened.error()));
  }
  book_.enter(tunnel, *opened, owner, record);
  events_->tell(OPENL2TP_EVENT_CREATED, {tunnel, *opened, record.turn}, {});
  pump();
  return *opened;
}

ControlResult<void> Shard::close_session(TunnelId tunnel, const SessionName& session, const std::string& reason) {
  const auto found = find_session(tunnel, session);
  if (!found) {
    if (held_.release(tunnel, session)) return {};
    return tl::unexpected(found.error());
  }
  if (found->waiting != nullptr) {
    book_.drop(found->owner, found->id);
    return {};
  }
  SessionRecord::of(found->live->user())->deleted = true;
  static_cast<void>(engine_->close_session(
      tunnel, found->id,
      protocol::make_reason(protocol::CdnResult::administrative, protocol::GeneralError::none, reason), loop_->now()));
  pump();
  return {};
}

ControlResult<void> Shard::modify_session(TunnelId tunnel, const SessionName& session,
                                          const SessionParameters& change) {
  const auto found = find_session(tunnel, session);
  if (!found) return tl::unexpected(found.error());
  std::shared_ptr<const SessionConfig>& kept =
      found->waiting != nullptr ? found->waiting->config : SessionRecord::of(found->live->user())->config;
  auto config = modified(*kept, change, admission_->system());
  if (!config) return tl::unexpected(config.error());
  kept = std::move(*config);
  if (found->waiting != nullptr) return {};
  static_cast<void>(engine_->modify_session(tunnel, found->id, kept->settings));
  if (const auto key = key_of_session(tunnel, found->id)) ppp_->modify(*key);
  pump();
  return {};
}

ControlResult<SessionReport> Shard::report_session(TunnelId tunnel, const SessionName& session) const {
  const auto found = find_session(tunnel, session);
  if (!found) {
    if (const SessionReport* held = held_.session(tunnel, session)) return *held;
    return tl::unexpected(found.error());
  }
  SessionReport report;
  if (found->waiting != nullptr) {
    report = make_report(found->id, *found->waiting);
  } else {
    const SessionRecord& record = *SessionRecord::of(found->live->user());
    report = make_report(*found->live, record);
    report.ppp = ppp_report(tunnel, found->id, record);
  }
  report.tunnel_id = tunnel.value;
  report.tunnel_name = found->owner.config->in_force.tunnel_name;
  if (found->waiting == nullptr) report.statistics = data_statistics(tunnel, found->id); // last: it asks the plugin
  return report;
}

ControlResult<std::vector<std::uint16_t>> Shard::list_sessions(TunnelId tunnel) const {
  const TunnelRecord* owner = record_of(tunnel);
  if (owner == nullptr && held_.tunnel(tunnel) == nullptr)
    return tl::unexpected(ControlError{ControlFault::tunnel_not_found, {}});
  std::vector<std::uint16_t> ids;
  if (const protocol::Tunnel* found = engine_->find(tunnel)) {
    ids.reserve(found->sessions().size());
    for (const auto& [id, session] : found->sessions())
      ids.push_back(id.value);
  }
  if (owner != nullptr && owner->waiting_sessions)
    for (const auto& [id, waiting] : *owner->waiting_sessions)
      ids.push_back(id.value);
  for (const SessionId id : held_.sessions(tunnel))
    ids.push_back(id.value);
  std::sort(ids.begin(), ids.end());
  ids.erase(std::unique(ids.begin(), ids.end()), ids.end());
  return ids;
}

// ---- system
// -----------------------------------------------------------------------------------------------------------

Shard::Totals Shard::totals() const {
  Totals totals{engine_->counters(), static_cast<std::uint32_t>(engine_->tunnel_count()),
                static_cast<std::uint32_t>(engine_->session_count())};
  totals.counters.mismatched_tunnel_ids += frames_path_->counters().foreign; // our ids, from somebody else
  return totals;
}

void Shard::reset_statistics() noexcept {
  engine_->reset_counters();
  faults_.reset_counters();
}

void Shard::set_system(const SystemConfig& system) {
  admission_->set_system(system);
  engine_->set_system_trace(system.trace);
}

} // namespace openl2tp::runtime
