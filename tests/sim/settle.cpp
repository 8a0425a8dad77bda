// A whole run, and what must hold when trouble is over: liveness, agreement of the two ends, and emptiness after
// closing.
#include <algorithm>

#include "tests/sim/violation.hpp"
#include "tests/sim/world.hpp"

namespace openl2tp::protocol::sim {

void World::run() {
  for (unsigned step = 0; step < steps_; ++step) {
    operate();
    advance(rng_.chance(50) ? rng_.duration(1'000, 20'000) : rng_.duration(0, 300));
    check_all();
  }
  settle();
  close_all();
}

void World::check_all() const {
  for (const Host& host : hosts_)
    for (const auto& shard : host.shards)
      shard->ledger.agree(*shard->engine);
}

Duration World::cycle_max() const { return Duration{1'500 + 3'000 + 6'000 + 4 * 8'000 + 1'000}; }

// The stated time: what was opened last comes up or is given up (establish timeout); who then holds half of something
// finds out by HELLO and one retransmission cycle; its StopCCN takes another.
void World::settle() {
  calm_ = true;
  cuts_.clear();
  plan_.loss_permille = plan_.duplicate_permille = plan_.late_permille = 0;
  plan_.attack_permille = plan_.misdeliver_permille = 0;
  plan_.delay_ms = std::min(plan_.delay_ms, 100U);
  Duration establish{0};
  for (const HostPlan& host : plan_.hosts)
    establish = std::max(establish, host.tunnel.establish_timeout);
  advance(establish + plan_.session_timeout + Duration{22'000} + 2 * cycle_max());
  check_all();
  for (unsigned host = 0; host < hosts_.size(); ++host)
    for (const auto& shard : hosts_[host].shards)
      for (const auto& [id, entry] : shard->ledger.tunnels())
        check_both_ends(host, *shard, id);
}

void World::check_both_ends(unsigned host, const Shard& shard, TunnelId id) {
  const Tunnel& tunnel = *shard.engine->find(id);
  const std::string text = "host " + std::to_string(host) + " tunnel " + std::to_string(id.value);
  // An idle timeout may strike at any time; everything else is over by now.
  if (tunnel.state() == TunnelState::closing) {
    require(tunnel.reason().text == "idle", [&] { return text + " is still closing"; });
    return;
  }
  require(tunnel.state() == TunnelState::established, [&] { return text + " was left half-open"; });

  const auto other = host_at(tunnel.route().path.peer, hosts_.size());
  require(other.has_value(), [&] { return text + " leads nowhere"; });
  const std::uint16_t peer_id = tunnel.peer_id().value;
  const Shard& there = *hosts_[*other].shards[peer_id % plan_.hosts[*other].shards];
  const Tunnel* peer = there.engine->find(TunnelId{peer_id});
  if (peer && peer->state() >= TunnelState::closing && peer->reason().text == "idle") return;
  require(peer && peer->state() == TunnelState::established && peer->peer_id().value == id.value,
          [&] { return text + " has no other end"; });
  ++tally_.pairs_left;
  require(tunnel.channel().all_acknowledged() || tunnel.channel().retries() <= 1,
          [&] { return text + " is not at rest"; });

  const Instance& mine = *shard.live.at(id);
  if (!mine.confused && mine.peer && !mine.peer->confused && tunnel.channel().all_acknowledged() &&
      peer->channel().all_acknowledged())
    require(mine.peer == there.live.at(TunnelId{peer_id}) && mine.peer->peer == &mine &&
                mine.delivered == mine.peer->sent.size(),
            [&] {
              return text + " was given " + std::to_string(mine.delivered) + " of " + mine.peer->text() +
                     ", which sent " + std::to_string(mine.peer->sent.size());
            });

  for (const auto& [session_id, session] : tunnel.sessions()) {
    const std::string call = text + " session " + std::to_string(session_id.value);
    require(session->state() == SessionState::established, [&] { return call + " was left half-up"; });
    const Session* partner = there.engine->find(TunnelId{peer_id}, SessionId{session->peer_id().value});
    require(partner && partner->state() == SessionState::established && partner->peer_id().value == session_id.value,
            [&] { return call + " has no other end"; });
    const auto types = std::minmax({session->type(), partner->type()});
    require(types == std::minmax({SessionType::lac_incoming, SessionType::lns_incoming}) ||
                types == std::minmax({SessionType::lac_outgoing, SessionType::lns_outgoing}),
            [&] { return call + " and its other end are of different kinds"; });
    ++tally_.session_pairs_left;
  }
}

void World::close_all() {
  calm_ = true;
  for (unsigned host = 0; host < hosts_.size(); ++host) {
    for (const Place& place : tunnels(host))
      close_tunnel(place);
    advance(rng_.duration(0, 2'000));
  }
  // One cycle until an unanswered StopCCN is given up, one in which a peer's may be repeated, and the retention.
  advance(2 * cycle_max() + TunnelIds::retention);
  check_all();
  for (const Host& host : hosts_)
    for (const auto& shard : host.shards) {
      const Engine& engine = *shard->engine;
      require(engine.tunnel_count() == 0 && engine.session_count() == 0,
              [] { return std::string("not empty at last"); });
      require(engine.message_memory().messages == 0, [] { return std::string("the message pool lost messages"); });
      require(!engine.next_deadline(), [] { return std::string("a timer without a tunnel"); });
      require(shard->users.outstanding() == 0, [] { return std::string("users that never came back"); });
    }
}

} // namespace openl2tp::protocol::sim
