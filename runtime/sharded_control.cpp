#include "runtime/sharded_control.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <string>

#include "runtime/plugin/hung_calls.hpp"

#include "runtime/net/listening.hpp"

namespace openl2tp::runtime {

using protocol::TunnelId;

ShardedControl::ShardedControl(ShardGroup& group, const SystemConfig& system, std::unique_ptr<ProfileStore> profiles)
    : group_(group), system_(system), profiles_(std::move(profiles)) {}

namespace {

// Why a shard did not answer, as far as can be told: a plugin's call that holds one up.
std::string silence(const ShardGroup& group) {
  const protocol::TimePoint now = system_environment().now();
  for (const auto& shard : group.shards) {
    const auto call = shard->plugin_call();
    if (call && now - call->since >= std::chrono::seconds(1))
      return "shard " + std::to_string(shard->index()) + " does not answer: " + describe(*call, now);
  }
  return "a shard did not answer in time";
}

} // namespace

// ---- asking a shard
// ---------------------------------------------------------------------------------------------------

template <class Answer, class Call>
ControlResult<ShardedControl::Asked<Answer>> ShardedControl::post(Shard& shard, Call call) {
  auto [promise, future] = make_reply<ControlResult<Answer>>();
  const bool posted = shard.post(
      [&shard, request = std::move(call), reply = std::move(promise)]() mutable { reply.set(request(shard)); });
  if (!posted) return tl::unexpected(ControlError{ControlFault::shutting_down, "the shard takes no requests"});
  return std::move(future);
}

template <class Answer>
ControlResult<Answer> ShardedControl::wait(Asked<Answer>& future, std::chrono::steady_clock::time_point deadline) {
  while (group_.drive && !future.ready() && group_.drive()) {
  }
  auto answer = group_.drive ? future.wait_for(std::chrono::milliseconds{0}) : future.wait_until(deadline);
  if (answer) return std::move(*answer);
  switch (answer.error()) {
  case NoReply::timed_out: return tl::unexpected(ControlError{ControlFault::timed_out, silence(group_)});
  case NoReply::abandoned: return tl::unexpected(ControlError{ControlFault::shutting_down, "the daemon is ending"});
  }
  return tl::unexpected(ControlError{ControlFault::timed_out, {}});
}

template <class Answer, class Call>
ControlResult<Answer> ShardedControl::ask(Shard& shard, Call call) {
  auto asked = post<Answer>(shard, std::move(call));
  if (!asked) return tl::unexpected(asked.error());
  return wait<Answer>(*asked, std::chrono::steady_clock::now() + patience);
}

template <class Answer, class Call>
std::vector<ControlResult<Answer>> ShardedControl::ask_all(const Call& call) {
  std::vector<ControlResult<Asked<Answer>>> asked;
  for (const auto& shard : group_.shards)
    asked.push_back(post<Answer>(*shard, call));
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::vector<ControlResult<Answer>> answers;
  for (auto& one : asked) {
    if (one)
      answers.push_back(wait<Answer>(*one, deadline));
    else
      answers.push_back(tl::unexpected(one.error()));
  }
  return answers;
}

Shard& ShardedControl::shard_of(TunnelId tunnel) const { return *group_.shards[tunnel.value % group_.shards.size()]; }

ControlResult<ShardedControl::Place> ShardedControl::locate(const TunnelName& tunnel) {
  if (tunnel.id != 0) return Place{&shard_of(TunnelId{tunnel.id}), TunnelId{tunnel.id}};
  if (!tunnel.name) return tl::unexpected(ControlError{ControlFault::tunnel_not_found, {}});
  using Found = std::optional<TunnelId>;
  const auto answers =
      ask_all<Found>([name = *tunnel.name](Shard& one) -> ControlResult<Found> { return one.find_tunnel(name); });
  for (const auto& found : answers)
    if (found && *found) return Place{&shard_of(**found), **found};
  for (const auto& found : answers)
    if (!found) return tl::unexpected(found.error());
  return tl::unexpected(ControlError{ControlFault::tunnel_not_found, {}});
}

template <class Answer, class Call>
ControlResult<Answer> ShardedControl::ask_about(const TunnelName& tunnel, Call call) {
  const auto asked = [&]() -> ControlResult<Answer> {
    const auto place = locate(tunnel);
    if (!place) return tl::unexpected(place.error());
    return ask<Answer>(*place->shard,
                       [id = place->tunnel, request = std::move(call)](Shard& one) { return request(one, id); });
  };
  ControlResult<Answer> answer = asked();
  const bool found = answer || answer.error().fault != ControlFault::tunnel_not_found;
  (tunnel.id != 0 ? tunnel_ids_ : tunnel_names_).note(found);
  return answer;
}

template <class Answer, class Call>
ControlResult<Answer> ShardedControl::ask_about(const SessionName& session, Call call) {
  ControlResult<Answer> answer = ask_about<Answer>(session.tunnel, std::move(call));
  const bool with_tunnel = answer || answer.error().fault != ControlFault::tunnel_not_found;
  if (session.id != 0 && with_tunnel)
    session_ids_.note(answer || answer.error().fault != ControlFault::session_not_found);
  return answer;
}

ControlResult<void> ShardedControl::name_is_free(const std::string& name) {
  const auto place = locate({.id = 0, .name = name});
  if (place) return tl::unexpected(ControlError{ControlFault::tunnel_already_exists, {}});
  if (place.error().fault != ControlFault::tunnel_not_found) return tl::unexpected(place.error());
  return {};
}

ControlResult<void> ShardedControl::config_id_is_free(const IpAddress& peer, std::uint32_t config_id) {
  for (const auto& shard : group_.shards) {
    const auto taken = ask<bool>(
        *shard, [peer, config_id](Shard& one) -> ControlResult<bool> { return one.has_config_id(peer, config_id); });
    if (!taken) return tl::unexpected(taken.error());
    if (*taken)
      return tl::unexpected(
          ControlError{ControlFault::tunnel_already_exists,
                       "config_id: " + std::to_string(config_id) + " is that of another tunnel to " + to_string(peer)});
  }
  return {};
}

// ---- system
// -----------------------------------------------------------------------------------------------------------

ControlResult<SystemReport> ShardedControl::system_get() {
  SystemReport report;
  {
    const std::lock_guard lock(mutex_);
    report.config = system_;
    report.changed = changed_;
  }
  for (const auto& totals :
       ask_all<Shard::Totals>([](Shard& one) -> ControlResult<Shard::Totals> { return one.totals(); })) {
    if (!totals) return tl::unexpected(totals.error());
    report.counters += totals->counters;
    report.tunnels += totals->tunnels;
    report.sessions += totals->sessions;
  }
  return report;
}

ControlResult<void> ShardedControl::system_modify(const SystemChange& change) {
  const std::lock_guard order(changes_);
  auto config = modified(system(), change);
  if (!config) return tl::unexpected(config.error());
  for (const auto& done :
       ask_all<void>([config = *config, reset = change.reset_statistics](Shard& one) -> ControlResult<void> {
         one.set_system(config);
         if (reset) one.reset_statistics();
         return {};
       }))
    if (!done) return done;
  const std::lock_guard lock(mutex_);
  system_ = *config;
  remember_changed(change);
  return {};
}

SystemConfig ShardedControl::system() {
  const std::lock_guard lock(mutex_);
  return system_;
}

void ShardedControl::remember_changed(const SystemChange& change) {
  const auto note = [](auto& kept, const auto& given) {
    if (given) kept = given;
  };
  note(changed_.trace, change.trace);
  note(changed_.tunnels_max, change.tunnels_max);
  note(changed_.sessions_max, change.sessions_max);
  note(changed_.drain, change.drain);
  note(changed_.tunnel_establish_timeout_s, change.tunnel_establish_timeout_s);
  note(changed_.session_establish_timeout_s, change.session_establish_timeout_s);
  note(changed_.tunnel_persist_pend_timeout_s, change.tunnel_persist_pend_timeout_s);
  note(changed_.session_persist_pend_timeout_s, change.session_persist_pend_timeout_s);
  note(changed_.deny_local_tunnel_creates, change.deny_local_tunnel_creates);
  note(changed_.deny_remote_tunnel_creates, change.deny_remote_tunnel_creates);
}

// ---- fault injection
// --------------------------------------------------------------------------------------------------

ControlResult<FaultReport> ShardedControl::fault_get() {
  FaultReport report{.settings = fault_settings(),
                     .fired = group_.fault_fired.load(),
                     .tunnel_ids = tunnel_ids_.read(),
                     .tunnel_names = tunnel_names_.read(),
                     .session_ids = session_ids_.read()};
  using Totals = Shard::FaultTotals;
  for (const auto& totals : ask_all<Totals>([](Shard& one) -> ControlResult<Totals> { return one.fault_totals(); })) {
    if (!totals) return tl::unexpected(totals.error());
    report.received_dropped += totals->received_dropped;
    report.sent_dropped += totals->sent_dropped;
  }
  return report;
}

ControlResult<void> ShardedControl::fault_modify(const FaultChange& change) {
  const std::lock_guard order(changes_);
  const auto settings = modified(fault_settings(), change);
  if (!settings) return tl::unexpected(settings.error());
  if (change.clear_trigger || change.trigger) group_.fault_fired = false;
  for (const auto& done :
       ask_all<void>([settings = *settings, reset = change.reset_ids](Shard& one) -> ControlResult<void> {
         one.set_faults(settings, reset);
         return {};
       }))
    if (!done) return done;
  const std::lock_guard lock(mutex_);
  faults_ = *settings;
  return {};
}

FaultSettings ShardedControl::fault_settings() {
  const std::lock_guard lock(mutex_);
  return faults_;
}

// ---- tunnels
// ----------------------------------------------------------------------------------------------------------

Shard& ShardedControl::shard_for_new_tunnel(const TunnelConfig& config) {
  const TunnelParameters& wanted = config.in_force;
  const std::size_t count = group_.shards.size();
  if (wanted.tunnel_id) return shard_of(TunnelId{*wanted.tunnel_id});
  // Tunnels that share a fixed port of their own share its socket, which belongs to one shard.
  if (wanted.our_udp_port && *wanted.our_udp_port != 0) return *group_.shards[*wanted.our_udp_port % count];
  return *group_.shards[next_shard_++ % count];
}

// The port that a new tunnel is to be opened from: as asked, else the daemon's own; 0, any other, where a second tunnel
// between the same addresses and ports could not carry data.
ControlResult<std::uint16_t> ShardedControl::port_for(const TunnelParameters& wanted, std::uint16_t own) {
  if (wanted.our_udp_port) return *wanted.our_udp_port;
  if (!group_.ports_apart) return own;
  const protocol::Path path{.local = {.address = wanted.our_addr.value_or(IpAddress{}), .port = own},
                            .peer = {.address = *wanted.peer_addr, .port = *wanted.peer_udp_port}};
  for (const auto& taken :
       ask_all<bool>([path](Shard& one) -> ControlResult<bool> { return one.has_tunnel_between(path); })) {
    if (!taken) return tl::unexpected(taken.error());
    if (*taken) return std::uint16_t{0};
  }
  return own;
}

ControlResult<std::uint16_t> ShardedControl::tunnel_create(const TunnelParameters& parameters) {
  const std::lock_guard order(creations_); // what is free stays free until it is taken
  const SystemConfig system = this->system();
  if (system.drain || system.deny_local_tunnel_creates)
    return tl::unexpected(ControlError{ControlFault::tunnel_create_admin_disabled, {}});
  auto config = profiles_->current()->for_tunnel(parameters, system);
  if (!config) return tl::unexpected(config.error());
  if (parameters.tunnel_name)
    if (auto free = name_is_free(*parameters.tunnel_name); !free) return tl::unexpected(free.error());

  const TunnelParameters& wanted = (*config)->in_force;
  if (parameters.config_id.value_or(0) != 0)
    if (auto free = config_id_is_free(*wanted.peer_addr, *parameters.config_id); !free)
      return tl::unexpected(free.error());
  auto port = port_for(wanted, system.udp_port);
  if (!port) return tl::unexpected(port.error());
  TunnelSocket socket;
  if (*port != system.udp_port) {
    const IpAddress any = wanted.peer_addr->family == 6 ? IpAddress::any_v6() : IpAddress::any_v4();
    const IpAddress local = wanted.our_addr.value_or(any);
    socket.exclusive = *port == 0;
    auto opened = group_.open_socket({.address = local.is_unspecified() ? any : local, .port = *port}, {});
    if (!opened) return tl::unexpected(ControlError{ControlFault::out_of_resources, opened.error().text});
    socket.socket = std::move(*opened);
  }
  Shard& shard = shard_for_new_tunnel(**config);
  auto id = ask<TunnelId>(shard, [config = std::move(*config), socket = std::move(socket)](Shard& one) mutable {
    return one.create_tunnel(std::move(config), std::move(socket));
  });
  if (!id) return tl::unexpected(id.error());
  return id->value;
}

ControlResult<void> ShardedControl::tunnel_delete(const TunnelName& tunnel, const std::string& reason) {
  return ask_about<void>(tunnel, [reason](Shard& one, TunnelId id) { return one.close_tunnel(id, reason); });
}

namespace {

/// Of an object that is looked for by id and by name: the name alone, where the id led nowhere.
template <class Name>
std::optional<Name> by_name_alone(const Name& named, bool not_found) {
  if (!not_found || named.id == 0 || !named.name || named.name->empty()) return std::nullopt;
  Name result = named;
  result.id = 0;
  return result;
}

template <class T>
bool lacks_tunnel(const ControlResult<T>& result) {
  return !result && result.error().fault == ControlFault::tunnel_not_found;
}
template <class T>
bool lacks_session(const ControlResult<T>& result) {
  return !result && result.error().fault == ControlFault::session_not_found;
}

} // namespace

ControlResult<void> ShardedControl::tunnel_modify(const TunnelName& tunnel, const TunnelParameters& parameters) {
  auto done =
      ask_about<void>(tunnel, [parameters](Shard& one, TunnelId id) { return one.modify_tunnel(id, parameters); });
  if (const auto named = by_name_alone(tunnel, lacks_tunnel(done))) return tunnel_modify(*named, parameters);
  return done;
}

ControlResult<TunnelReport> ShardedControl::tunnel_get(const TunnelName& tunnel) {
  auto report = ask_about<TunnelReport>(tunnel, [](Shard& one, TunnelId id) { return one.report_tunnel(id); });
  if (const auto named = by_name_alone(tunnel, lacks_tunnel(report))) return tunnel_get(*named);
  return report;
}

ControlResult<std::vector<std::uint16_t>> ShardedControl::tunnel_list() {
  std::vector<std::uint16_t> all;
  using Ids = std::vector<std::uint16_t>;
  for (const auto& ids : ask_all<Ids>([](Shard& one) -> ControlResult<Ids> { return one.list_tunnels(); })) {
    if (!ids) return tl::unexpected(ids.error());
    all.insert(all.end(), ids->begin(), ids->end());
  }
  std::sort(all.begin(), all.end());
  return all;
}

// ---- sessions
// ---------------------------------------------------------------------------------------------------------

ControlResult<std::uint16_t> ShardedControl::session_create(const TunnelName& tunnel,
                                                            const SessionParameters& parameters) {
  auto id = ask_about<protocol::SessionId>(
      tunnel, [parameters](Shard& one, TunnelId of) { return one.create_session(of, parameters); });
  if (!id) return tl::unexpected(id.error());
  return id->value;
}

ControlResult<void> ShardedControl::session_delete(const SessionName& session, const std::string& reason) {
  auto done = ask_about<void>(
      session, [session, reason](Shard& one, TunnelId of) { return one.close_session(of, session, reason); });
  if (const auto named = by_name_alone(session, lacks_session(done))) return session_delete(*named, reason);
  return done;
}

ControlResult<void> ShardedControl::session_modify(const SessionName& session, const SessionParameters& parameters) {
  auto done = ask_about<void>(
      session, [session, parameters](Shard& one, TunnelId of) { return one.modify_session(of, session, parameters); });
  if (const auto named = by_name_alone(session, lacks_session(done))) return session_modify(*named, parameters);
  return done;
}

ControlResult<SessionReport> ShardedControl::session_get(const SessionName& session) {
  auto report =
      ask_about<SessionReport>(session, [session](Shard& one, TunnelId of) { return one.report_session(of, session); });
  if (const auto named = by_name_alone(session, lacks_session(report))) return session_get(*named);
  return report;
}

ControlResult<std::vector<std::uint16_t>> ShardedControl::session_list(const TunnelName& tunnel) {
  using Ids = std::vector<std::uint16_t>;
  return ask_about<Ids>(tunnel, [](Shard& one, TunnelId id) { return one.list_sessions(id); });
}

// ---- peers and users
// --------------------------------------------------------------------------------------------------

ControlResult<std::vector<PeerReport>> ShardedControl::peer_list() {
  std::map<std::pair<IpAddress, IpAddress>, std::uint32_t> pairs;
  using Peers = std::vector<PeerReport>;
  for (const auto& peers : ask_all<Peers>([](Shard& one) -> ControlResult<Peers> { return one.list_peers(); })) {
    if (!peers) return tl::unexpected(peers.error());
    for (const PeerReport& peer : *peers)
      pairs[{peer.local, peer.peer}] += peer.tunnels;
  }
  std::vector<PeerReport> all;
  for (const auto& [addresses, tunnels] : pairs)
    all.push_back({.local = addresses.first, .peer = addresses.second, .tunnels = tunnels});
  return all;
}

ControlResult<std::uint32_t> ShardedControl::peer_profile_uses(const std::string& name) {
  std::uint32_t all = 0;
  for (const auto& uses : ask_all<std::uint32_t>(
           [name](Shard& one) -> ControlResult<std::uint32_t> { return one.peer_profile_uses(name); })) {
    if (!uses) return tl::unexpected(uses.error());
    all += *uses;
  }
  return all;
}

ControlResult<ProfileUses> ShardedControl::peer_profile_uses() {
  ProfileUses all;
  for (const auto& uses :
       ask_all<ProfileUses>([](Shard& one) -> ControlResult<ProfileUses> { return one.peer_profile_uses(); })) {
    if (!uses) return tl::unexpected(uses.error());
    for (const auto& [name, tunnels] : *uses)
      all[name] += tunnels;
  }
  return all;
}

ControlResult<std::vector<std::string>> ShardedControl::profile_users(ProfileKind kind, const std::string& name,
                                                                      std::size_t most) {
  using Users = std::vector<std::string>;
  Users all;
  for (const auto& shard : group_.shards) {
    if (all.size() >= most) break;
    auto users = ask<Users>(*shard, [kind, name, rest = most - all.size()](Shard& one) -> ControlResult<Users> {
      return one.profile_users(kind, name, rest);
    });
    if (!users) return tl::unexpected(users.error());
    all.insert(all.end(), users->begin(), users->end());
  }
  return all;
}

ControlResult<std::vector<UserReport>> ShardedControl::user_list() {
  std::vector<UserReport> all;
  using Users = std::vector<UserReport>;
  for (const auto& users : ask_all<Users>([](Shard& one) -> ControlResult<Users> { return one.list_users(); })) {
    if (!users) return tl::unexpected(users.error());
    all.insert(all.end(), users->begin(), users->end());
  }
  std::sort(all.begin(), all.end(), [](const UserReport& a, const UserReport& b) {
    return std::pair(a.tunnel_id, a.session_id) < std::pair(b.tunnel_id, b.session_id);
  });
  return all;
}

ControlResult<UserPage> ShardedControl::users_after(std::uint16_t tunnel_id, std::uint16_t session_id,
                                                    std::uint32_t most) {
  UserPage all;
  for (auto& page : ask_all<UserPage>([tunnel_id, session_id, most](Shard& one) -> ControlResult<UserPage> {
         return one.users_after(tunnel_id, session_id, most);
       })) {
    if (!page) return tl::unexpected(page.error());
    all.users.insert(all.users.end(), std::make_move_iterator(page->users.begin()),
                     std::make_move_iterator(page->users.end()));
    all.more = all.more || page->more;
  }
  std::ranges::sort(all.users, {},
                    [](const UserDetail& one) { return std::pair(one.user.tunnel_id, one.user.session_id); });
  if (all.users.size() > most) {
    all.users.erase(all.users.begin() + most, all.users.end());
    all.more = true;
  }
  return all;
}

} // namespace openl2tp::runtime
