// Hosts, their engines and the network between them. What operators do is in operators.cpp, what must hold at the end
// in settle.cpp.
#include "tests/sim/world.hpp"

#include <algorithm>
#include <utility>

#include "protocol/wire/header.hpp"
#include "tests/sim/violation.hpp"

namespace openl2tp::protocol::sim {

namespace {

constexpr IpAddress attacker = IpAddress::v4(10, 0, 0, 200);

std::uint16_t tunnel_id_of(Octets datagram) {
  const auto control = decode_control_header(datagram);
  return control ? control->header.tunnel_id : std::uint16_t{0};
}

} // namespace

tl::expected<TunnelAdmission, Refusal> SimPolicy::admit_tunnel(const Route&, const Sccrq&) {
  if (rng_.chance(plan_.refuse_permille))
    return tl::unexpected(Refusal{RefusalCause::denied, make_reason(StopResult::not_authorised)});
  return TunnelAdmission{tunnel, users_.issue()};
}

tl::expected<SessionAdmission, Refusal> SimPolicy::admit_session(TunnelId, std::uintptr_t, const Message&) {
  if (rng_.chance(plan_.refuse_permille))
    return tl::unexpected(Refusal{RefusalCause::denied, make_reason(CdnResult::administrative)});
  return SessionAdmission{session, users_.issue()};
}

Crossing SimPolicy::crossing_elsewhere(const IpAddress& peer) {
  Crossing all;
  for (const auto& [shard, by_peer] : board_.of_shard) {
    const auto it = by_peer.find(peer);
    if (shard == shard_ || it == by_peer.end() || !it->second.any) continue;
    all.any = true;
    if (it->second.lowest && (!all.lowest || *it->second.lowest < *all.lowest)) all.lowest = it->second.lowest;
  }
  return all;
}

World::Shard::Shard(World& world, unsigned host, std::uint32_t index)
    : settings{.shard = index,
               .shards = world.plan_.hosts[host].shards,
               .half_open = world.plan_.hosts[host].half_open},
      random(world.rng_, world.plan_.hosts[host].id_range),
      policy(world.rng_, world.plan_.hosts[host], users, world.hosts_[host].crossings, index), ledger(settings, users) {
  policy.tunnel = std::make_shared<TunnelSettings>(world.plan_.hosts[host].tunnel);
  SessionSettings session;
  session.establish_timeout = world.plan_.session_timeout;
  policy.session = std::make_shared<SessionSettings>(std::move(session));
  engine = std::make_unique<Engine>(settings, random, policy, &witness, world.now_);
  engine->set_system_trace(trace::all);
}

World::World(std::uint64_t seed, Plan plan) : rng_(seed), plan_(std::move(plan)) {
  hosts_.resize(plan_.hosts.size());
  for (unsigned host = 0; host < hosts_.size(); ++host)
    for (std::uint32_t shard = 0; shard < plan_.hosts[host].shards; ++shard)
      hosts_[host].shards.push_back(std::make_unique<Shard>(*this, host, shard));
}

World::World(std::uint64_t seed, unsigned steps)
    : World(seed, [&] {
        Rng rng(~seed);
        return draw_plan(rng);
      }()) {
  steps_ = steps;
}

Endpoint World::address_of(unsigned host, std::uint16_t port) {
  return {.address = IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(host + 1)), .port = port};
}

std::optional<unsigned> World::host_at(const Endpoint& endpoint, std::size_t hosts) {
  const unsigned last = endpoint.address.octets[3];
  return last >= 1 && last <= hosts ? std::optional(last - 1) : std::nullopt;
}

std::vector<World::Place> World::tunnels(unsigned host) const {
  std::vector<Place> places;
  for (const auto& shard : hosts_[host].shards)
    for (const auto& [id, entry] : shard->ledger.tunnels())
      places.push_back({host, shard->settings.shard, id});
  return places;
}

// ---- engine calls -------------------------------------------------------------------------------------------------

void World::begin(unsigned host, Shard& shard) {
  shard.witness.clear();
  if (!verbose_) return;
  shard.name = std::to_string(now_.time_since_epoch().count()) + " host " + std::to_string(host);
  shard.witness.verbose = shard.name.c_str();
}

Instance& World::make_instance(unsigned host, Shard& shard, TunnelId id, bool wanted) {
  Instance& made = instances_.emplace_back();
  made.host = host;
  made.id = id;
  made.receive_window = shard.engine->find(id)->settings().receive_window;
  made.confused =
      (wanted && hosts_[host].ids_used.contains(id.value)) || hosts_[host].ids_before_restart.contains(id.value);
  hosts_[host].ids_used.insert(id.value);
  shard.live[id] = &made;
  return made;
}

void World::finish(unsigned host, Shard& shard, const Datagram* cause) {
  ActionBatch batch;
  shard.engine->end_turn(now_);
  shard.engine->take_actions(batch);
  for (const Witness::Delivered& message : shard.witness.delivered) {
    const auto at = shard.live.find(message.tunnel);
    require(at != shard.live.end(), [] { return std::string("a message was given to an unknown tunnel"); });
    watch_delivery(*at->second, message, cause ? cause->sender : nullptr);
  }

  std::vector<std::pair<std::uint32_t, Datagram>> over;
  std::size_t sent = 0;
  for (const Action& action : batch.actions) {
    shard.ledger.take(action, now_);
    count(action, shard);
    if (const auto* created = std::get_if<TunnelCreated>(&action)) {
      require(shard.engine->find(created->tunnel) != nullptr, [] { return std::string("created and gone at once"); });
      Instance& made = make_instance(host, shard, created->tunnel, false);
      made.peer = cause ? cause->sender : nullptr;
      made.delivered = 1; // the SCCRQ
    } else if (const auto* gone = std::get_if<TunnelGone>(&action)) {
      const auto it = shard.live.find(gone->tunnel);
      it->second->alive = false;
      if (it->second->confused) ++tally_.confused;
      shard.live.erase(it);
    } else if (const auto* datagram = std::get_if<SendDatagram>(&action)) {
      // Each datagram of a tunnel has its line in the trace; the answer that refuses an SCCRQ has none.
      Instance* sender = nullptr;
      if (!shard.witness.sent.empty()) {
        require(sent < shard.witness.sent.size(), [] { return std::string("more datagrams than the trace shows"); });
        sender = shard.live.at(shard.witness.sent[sent].tunnel);
      }
      ++sent;
      send(host, *datagram, batch.octets(datagram->octets), sender);
    } else if (const auto* hand_over = std::get_if<HandOver>(&action)) {
      const Octets octets = batch.octets(hand_over->octets);
      Datagram moved{hand_over->route.path.peer, hand_over->route.path.local, {octets.begin(), octets.end()}};
      if (cause) moved.sender = cause->sender, moved.hops = cause->hops + 1;
      require(moved.hops <= 2, [] { return std::string("a datagram goes round between shards"); });
      over.emplace_back(hand_over->shard, std::move(moved));
    } else if (const auto* bearer = std::get_if<OpenBearer>(&action)) {
      const unsigned choice = calm_ ? 0 : rng_.below(100);
      if (choice >= 90) continue; // never answers
      const Duration delay = choice < 60 ? rng_.duration(0, 3'000) : rng_.duration(0, 60'000);
      bearers_[{now_ + delay, ++order_}] = {host, shard.settings.shard, bearer->tunnel, bearer->session,
                                            choice < 60 || choice >= 75};
    }
  }
  require(shard.witness.sent.size() <= sent,
          [] { return std::string("the trace shows datagrams that were not sent"); });
  if (cause) // one window of messages and an acknowledgement: what one datagram may set free
    require(sent <= plan_.hosts[host].tunnel.transmit_window + 2U,
            [&] { return "one datagram was answered with " + std::to_string(sent); });
  shard.ledger.agree_in_number(*shard.engine);
  shard.deadline = shard.engine->next_deadline();
  for (auto& [to, datagram] : over)
    arrive_at(host, to, datagram);
  const std::vector<CrossingBoard::Lost> lost = std::exchange(hosts_[host].crossings.lost, {});
  for (const CrossingBoard::Lost& one : lost)
    for (const auto& other : hosts_[host].shards) {
      if (other->settings.shard == one.by) continue;
      begin(host, *other);
      other->engine->lose_ties(one.peer, one.winner, now_);
      finish(host, *other, nullptr);
    }
}

void World::count(const Action& action, const Shard& shard) {
  if (std::get_if<HandOver>(&action)) ++tally_.hand_overs;
  if (std::get_if<TunnelUp>(&action)) ++tally_.tunnels_up;
  if (std::get_if<AccmReceived>(&action)) ++tally_.accms;
  if (const auto* up = std::get_if<SessionUp>(&action))
    if (const Session* session = shard.engine->find(up->tunnel, up->session))
      ++tally_.sessions_up[static_cast<std::size_t>(session->type())];
  if (const auto* ended = std::get_if<SessionEnded>(&action))
    if (ended->cause == EndCause::no_bearer) ++tally_.bearers_failed;
  const auto* down = std::get_if<TunnelDown>(&action);
  if (!down) return;
  if (down->cause == EndCause::tie_lost) ++tally_.ties_lost;
  if (down->cause == EndCause::evicted) ++tally_.evicted;
  if (down->cause == EndCause::peer_silent) ++tally_.silent;
  if (down->cause == EndCause::not_authorised) ++tally_.not_authorised;
  const Tunnel* tunnel = shard.engine->find(down->tunnel);
  if (!tunnel) return;
  tally_.retransmits += tunnel->channel().counters().retransmits;
  tally_.held += tunnel->channel().counters().out_of_sequence;
  tally_.duplicates += tunnel->channel().counters().duplicates;
  tally_.hidden += tunnel->settings().hide_avps && down->was_up;
}

void World::restart(unsigned host) {
  ++tally_.restarts;
  hosts_[host].crossings = {};
  for (auto& shard : hosts_[host].shards) {
    for (auto& [id, instance] : shard->live) {
      instance->alive = false;
      hosts_[host].ids_before_restart.insert(id.value);
    }
    const std::uint32_t index = shard->settings.shard;
    shard.reset(); // the message pool asserts that it got everything back
    shard = std::make_unique<Shard>(*this, host, index);
  }
}

// ---- the network --------------------------------------------------------------------------------------------------

void World::cut(unsigned a, unsigned b, bool off) {
  const auto pair = std::minmax(a, b);
  if (off)
    cuts_.insert(pair);
  else
    cuts_.erase(pair);
}

void World::send(unsigned host, const SendDatagram& action, Octets octets, Instance* sender) {
  ++tally_.datagrams;
  if (sender) watch_send(*sender, octets);
  Datagram datagram{action.route.path.local, action.route.path.peer, {octets.begin(), octets.end()}, sender};
  if (datagram.from.address.is_unspecified()) datagram.from.address = address_of(host).address;
  if (datagram.from.port == 1701) datagram.from.port = plan_.hosts[host].answering_port;
  if (plan_.attack_permille != 0) {
    overheard_.push_back(datagram);
    if (overheard_.size() > 64) overheard_.pop_front();
  }
  unsigned copies = 1;
  while (rng_.chance(plan_.duplicate_permille) && copies < 3)
    ++copies;
  for (unsigned i = 0; i < copies; ++i)
    if (!rng_.chance(plan_.loss_permille)) post(datagram);
}

void World::post(Datagram datagram) {
  Duration delay = rng_.duration(1, plan_.delay_ms);
  if (rng_.chance(plan_.late_permille)) delay += rng_.duration(0, 15'000);
  in_flight_[{now_ + delay, ++order_}] = std::move(datagram);
}

void World::arrive(Datagram datagram) {
  const auto to = host_at(datagram.to, hosts_.size());
  if (!to) return; // to the attacker
  if (const auto from = host_at(datagram.from, hosts_.size()))
    if (cuts_.contains(std::minmax(*from, *to))) return;
  if (datagram.to.port == plan_.hosts[*to].answering_port) datagram.to.port = 1701;
  // The kernel picks the shard by the tunnel id, else by the source.
  const std::uint32_t shards = plan_.hosts[*to].shards;
  const std::uint16_t id = tunnel_id_of(datagram.octets);
  std::size_t shard = (id != 0 ? id : std::hash<Endpoint>{}(datagram.from)) % shards;
  if (id != 0 && rng_.chance(plan_.misdeliver_permille)) shard = rng_.below(shards);
  arrive_at(*to, static_cast<std::uint32_t>(shard), datagram);
}

void World::arrive_at(unsigned host, std::uint32_t index, const Datagram& datagram) {
  Shard& shard = *hosts_[host].shards[index];
  begin(host, shard);
  if (const auto control = decode_control_header(datagram.octets)) {
    const auto at = shard.live.find(TunnelId{control->header.tunnel_id});
    if (at != shard.live.end() && shard.engine->find(at->first)->route().path.peer.address == datagram.from.address)
      watch_acknowledgement(*at->second, control->header.nr);
    // A tunnel that does not know our id yet says it with id 0, as a StopCCN does.
    if (control->header.tunnel_id == 0 && datagram.from.address != attacker)
      for (auto& [id, instance] : shard.live)
        if (instance->peer == datagram.sender) watch_acknowledgement(*instance, control->header.nr);
  }
  shard.engine->handle_datagram(datagram.octets, {.path = {datagram.to, datagram.from}, .socket = 7}, now_);
  finish(host, shard, &datagram);
}

void World::answer(const BearerAnswer& answer) {
  Shard& shard = *hosts_[answer.host].shards[answer.shard];
  begin(answer.host, shard);
  // The call may be over, its tunnel too, or after a restart both are unknown.
  if (answer.up)
    static_cast<void>(shard.engine->bearer_up(answer.tunnel, answer.session, {.tx = 64'000, .rx = 0}, now_));
  else
    static_cast<void>(shard.engine->bearer_failed(answer.tunnel, answer.session, make_reason(CdnResult::busy), now_));
  finish(answer.host, shard, nullptr);
}

// ---- time ---------------------------------------------------------------------------------------------------------

void World::advance(Duration time) {
  const TimePoint until = now_ + time;
  unsigned at_this_moment = 0;
  while (true) {
    TimePoint next = TimePoint::max();
    if (!in_flight_.empty()) next = std::min(next, in_flight_.begin()->first.first);
    if (!bearers_.empty()) next = std::min(next, bearers_.begin()->first.first);
    for (const Host& host : hosts_)
      for (const auto& shard : host.shards)
        if (shard->deadline) next = std::min(next, *shard->deadline);
    if (next > until) break;
    at_this_moment = next > now_ ? 0 : at_this_moment + 1;
    require(at_this_moment < 100'000, [] { return std::string("time stands still"); });
    now_ = std::max(now_, next);

    if (!in_flight_.empty() && in_flight_.begin()->first.first <= now_) {
      arrive(std::move(in_flight_.extract(in_flight_.begin()).mapped()));
      continue;
    }
    if (!bearers_.empty() && bearers_.begin()->first.first <= now_) {
      answer(bearers_.extract(bearers_.begin()).mapped());
      continue;
    }
    for (unsigned host = 0; host < hosts_.size(); ++host)
      for (auto& shard : hosts_[host].shards) {
        if (!shard->deadline || *shard->deadline > now_) continue;
        begin(host, *shard);
        shard->engine->handle_timeout(now_);
        finish(host, *shard, nullptr);
      }
  }
  now_ = until;
}

} // namespace openl2tp::protocol::sim
