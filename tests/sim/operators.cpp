// What operators do to the hosts of a World, and what befalls these: one thing a step, drawn by weight.
#include <algorithm>

#include "tests/sim/violation.hpp"
#include "tests/sim/world.hpp"

namespace openl2tp::protocol::sim {

namespace {

template <class T>
void require_error(const tl::expected<T, CommandError>& result, CommandError error, const char* what) {
  require(!result && result.error() == error, [&] { return std::string(what) + " was not refused as it must be"; });
}

} // namespace

std::optional<World::Place> World::open_tunnel(unsigned from, unsigned to, std::optional<TunnelId> wanted) {
  const HostPlan& plan = plan_.hosts[from];
  const Endpoint peer = address_of(to);
  std::uint32_t index = rng_.below(plan.shards);
  if (wanted) index = wanted->value % plan.shards;
  Shard& shard = *hosts_[from].shards[index];

  Endpoint local = address_of(from);
  if (rng_.chance(200)) local.port = hosts_[from].next_port++;
  if (rng_.chance(200)) local.address = {};
  begin(from, shard);
  const std::uintptr_t user = shard.users.issue();
  const auto id =
      shard.engine->open_tunnel({.path = {local, peer}, .socket = 7}, shard.policy.tunnel, wanted, user, now_);
  if (!id) {
    shard.users.give_back(user);
    require(id.error() == CommandError::id_in_use || id.error() == CommandError::no_tunnel_id,
            [] { return std::string("open_tunnel failed for no reason"); });
  } else {
    require(!wanted || *id == *wanted, [] { return std::string("another tunnel id than the one wanted"); });
    shard.ledger.opened(*id);
    // Wanted ids may have been somebody's a moment ago.
    make_instance(from, shard, *id, wanted.has_value());
  }
  finish(from, shard, nullptr);
  if (!id) return std::nullopt;
  return Place{from, index, *id};
}

std::optional<SessionId> World::open_session(const Place& at, SessionType type, std::optional<SessionId> wanted) {
  Shard& shard = shard_at(at);
  auto settings = std::make_shared<SessionSettings>();
  settings->type = type;
  settings->called_number = "5551234";
  settings->establish_timeout = plan_.session_timeout;
  settings->sequencing_required = rng_.chance(300);
  const Ledger::TunnelEntry* entry = shard.ledger.find(at.id);
  const bool down = entry && entry->down;
  const bool taken = entry && wanted && entry->sessions.contains(*wanted);
  begin(at.host, shard);
  const std::uintptr_t user = shard.users.issue();
  const auto id = shard.engine->open_session(at.id, std::move(settings), wanted, user, now_);
  if (!id) {
    shard.users.give_back(user);
  } else {
    require(entry && !down && !taken, [] { return std::string("open_session on what cannot have it"); });
    shard.ledger.opened(at.id, *id);
  }
  finish(at.host, shard, nullptr);
  return id ? std::optional(*id) : std::nullopt;
}

void World::close_tunnel(const Place& at) {
  Shard& shard = shard_at(at);
  const bool known = shard.ledger.find(at.id) != nullptr;
  begin(at.host, shard);
  const auto closed = shard.engine->close_tunnel(at.id, make_reason(StopResult::general_clear), now_);
  require(closed.has_value() == known, [] { return std::string("close_tunnel does not know its tunnels"); });
  finish(at.host, shard, nullptr);
}

void World::close_session(const Place& at, SessionId session) {
  Shard& shard = shard_at(at);
  const Ledger::TunnelEntry* entry = shard.ledger.find(at.id);
  const bool known = entry && entry->sessions.contains(session);
  begin(at.host, shard);
  const auto closed = shard.engine->close_session(at.id, session, make_reason(CdnResult::administrative), now_);
  require(closed.has_value() == known, [] { return std::string("close_session does not know its sessions"); });
  finish(at.host, shard, nullptr);
  if (known && shard.ledger.find(at.id))
    require(!shard.ledger.find(at.id)->sessions.contains(session),
            [] { return std::string("a closed session lives on"); });
}

std::optional<World::Place> World::any_tunnel() {
  const std::vector<Place> places = tunnels(rng_.below(hosts_.size()));
  if (places.empty()) return std::nullopt;
  return places[rng_.below(places.size())];
}

void World::modify(const Place& at) {
  Shard& shard = shard_at(at);
  const Tunnel* tunnel = shard.engine->find(at.id);
  auto settings = std::make_shared<TunnelSettings>(tunnel->settings());
  settings->hello_interval = rng_.duration(2'000, 20'000);
  settings->retries_max = static_cast<std::uint16_t>(rng_.between(2, 6));
  settings->retransmit_interval = rng_.duration(300, 1'500);
  settings->idle_timeout = rng_.chance(300) ? rng_.duration(5'000, 60'000) : Duration{0};
  begin(at.host, shard);
  require(shard.engine->modify_tunnel(at.id, std::move(settings), now_).has_value(),
          [] { return std::string("modify_tunnel failed"); });
  finish(at.host, shard, nullptr);
}

void World::operate_on_session(const Place& at, SessionId session) {
  Shard& shard = shard_at(at);
  Engine& engine = *shard.engine;
  const Session& one = *engine.find(at.id, session);
  const bool lac = one.type() == SessionType::lac_incoming || one.type() == SessionType::lac_outgoing;
  const bool up = one.state() == SessionState::established;
  switch (rng_.below(6)) {
  case 0:
  case 1: return close_session(at, session);
  case 2: {
    begin(at.host, shard);
    const auto sent = engine.send_accm(at.id, session, {.send = 0, .receive = 0}, now_);
    require(sent.has_value() == (up && !lac), [] { return std::string("SLI by the wrong end or state"); });
    break;
  }
  case 3: {
    begin(at.host, shard);
    const auto sent = engine.send_call_errors(at.id, session, {.crc = 1}, now_);
    require(sent.has_value() == (up && lac), [] { return std::string("WEN by the wrong end or state"); });
    break;
  }
  case 4: { // the line drops
    if (one.type() != SessionType::lac_outgoing) return;
    begin(at.host, shard);
    require(engine.bearer_failed(at.id, session, make_reason(CdnResult::lost_carrier), now_).has_value(),
            [] { return std::string("bearer_failed failed"); });
    break;
  }
  case 5: {
    begin(at.host, shard);
    require(engine
                .modify_session(at.id, session,
                                std::make_shared<SessionSettings>(one.settings().type == SessionType::unspecified
                                                                      ? SessionSettings{}
                                                                      : SessionSettings{.type = one.settings().type}))
                .has_value(),
            [] { return std::string("modify_session failed"); });
    break;
  }
  }
  finish(at.host, shard, nullptr);
}

void World::operate_on_tunnel(const Place& at) {
  Shard& shard = shard_at(at);
  const auto& sessions = shard.ledger.find(at.id)->sessions;
  const unsigned choice = rng_.below(100);
  if (choice < 55) {
    const SessionType type = rng_.chance(500) ? SessionType::lac_incoming : SessionType::lns_outgoing;
    std::optional<SessionId> wanted;
    // The same ids are asked for at both ends, each only once in a tunnel.
    if (rng_.chance(200))
      wanted = SessionId{static_cast<std::uint16_t>(60'000 + wanted_sessions_[shard.live.at(at.id)]++)};
    static_cast<void>(open_session(at, type, wanted));
  } else if (choice < 85) {
    if (sessions.empty()) return;
    operate_on_session(at, std::next(sessions.begin(), rng_.below(sessions.size()))->first);
  } else if (choice < 92) {
    modify(at);
  } else {
    close_tunnel(at);
  }
}

void World::operate() {
  const auto hosts = static_cast<unsigned>(hosts_.size());
  if (rng_.chance(plan_.restart_permille)) restart(rng_.below(hosts));
  if (rng_.chance(plan_.partition_permille)) {
    const unsigned a = rng_.below(hosts);
    cut(a, (a + 1) % hosts, true);
  }
  if (!cuts_.empty() && rng_.chance(50)) cuts_.clear();
  if (!overheard_.empty() && rng_.chance(plan_.attack_permille)) {
    Datagram again = overheard_[rng_.below(overheard_.size())];
    again.from = {.address = IpAddress::v4(10, 0, 0, 200), .port = again.from.port};
    post(std::move(again));
  }

  const unsigned choice = rng_.below(100);
  if (choice < 12) {
    const unsigned from = rng_.below(hosts);
    const unsigned to = (from + 1 + rng_.below(hosts - 1)) % hosts;
    std::optional<TunnelId> wanted;
    if (rng_.chance(100)) wanted = TunnelId{static_cast<std::uint16_t>(rng_.between(50'000, 65'535))};
    static_cast<void>(open_tunnel(from, to, wanted));
  } else if (choice < 15) { // what does not exist
    Shard& shard = *hosts_[0].shards[0];
    begin(0, shard);
    const TunnelId none{}, tunnel = shard.live.empty() ? none : shard.live.begin()->first;
    require_error(shard.engine->close_session(none, {}, {}, now_), CommandError::no_such_tunnel,
                  "closing a call of none");
    if (tunnel)
      require_error(shard.engine->close_session(tunnel, {}, {}, now_), CommandError::no_such_session,
                    "closing no call");
    finish(0, shard, nullptr);
  } else if (const auto at = any_tunnel()) {
    operate_on_tunnel(*at);
  }
}

} // namespace openl2tp::protocol::sim
