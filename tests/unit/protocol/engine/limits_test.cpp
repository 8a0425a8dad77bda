// How many tunnels and calls there may be, what happens when ids or room run out, and how long ids rest. RFC 2661 §5.7,
// §9.1.
#include <gtest/gtest.h>

#include <set>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

using enum MessageType;

/// Sets tunnels up by the thousand from one address and port: SCCRQ and SCCCN for each id of the peer. No lines.
class Crowd {
 public:
  explicit Crowd(Engine& engine, Endpoint from = lac_endpoint) : engine_(engine), from_(from) {
    RawPeer peer(bench_);
    sccrq_ = peer.datagram(body_of(peer.sccrq()), 0, 0);
    scccn_ = peer.datagram(body_of(Scccn{}), 0, 1);
    for (at_ = control_header_size;; ++at_) // where the Assigned Tunnel ID stands
      if (sccrq_[at_ + 4] == std::byte{0} && sccrq_[at_ + 5] == std::byte{9} && sccrq_[at_ + 7] == std::byte{100})
        break;
    put(scccn_, 10, 1); // Nr
  }
  /// The id that the engine gave; 0 when it gave none.
  std::uint16_t add(std::uint16_t id, TimePoint now) {
    put(sccrq_, at_ + 6, id);
    const std::uint16_t ours = answer(sccrq_, now);
    if (ours == 0) return 0;
    put(scccn_, 4, ours);
    answer(scccn_, now);
    return ours;
  }

 private:
  static void put(Bytes& octets, std::size_t at, std::uint16_t value) {
    octets[at] = std::byte(value >> 8);
    octets[at + 1] = std::byte(value & 0xff);
  }
  std::uint16_t answer(const Bytes& datagram, TimePoint now) {
    engine_.handle_datagram(datagram, {.path = {lns_endpoint, from_}}, now);
    engine_.take_actions(batch_);
    for (const Action& action : batch_.actions)
      if (const auto* created = std::get_if<TunnelCreated>(&action)) return created->tunnel.value;
    return 0;
  }
  Bench bench_; // to make messages with
  Engine& engine_;
  Endpoint from_;
  Bytes sccrq_, scccn_;
  std::size_t at_ = 0;
  ActionBatch batch_;
};

std::size_t established(const Engine& engine) {
  std::size_t found = 0;
  for (const TunnelId id : engine.tunnels())
    found += engine.find(id)->state() == TunnelState::established;
  return found;
}

TEST(Tunnels, NumberAll65535IdsFromOnePeerAddressAndPort) {
  Bench bench;
  Crowd crowd(bench.engine);
  for (std::uint32_t id = 1; id <= 65'535; ++id)
    ASSERT_NE(crowd.add(static_cast<std::uint16_t>(id), bench.now), 0) << id;
  EXPECT_EQ(established(bench.engine), 65'535u);

  // One more: the ids are exhausted.
  RawPeer peer(bench, 1, {.address = lac_endpoint.address, .port = 5000});
  EXPECT_EQ(peer.send(peer.sccrq()), Lines{"StopCCN 2/4"});
  EXPECT_EQ(bench.counters().no_tunnel_resources, 1u);
  const auto mine =
      bench.engine.open_tunnel({.path = {lns_endpoint, lac_endpoint}}, PlainPolicy::default_tunnel(), {}, 0, bench.now);
  ASSERT_FALSE(mine);
  EXPECT_EQ(mine.error(), CommandError::no_tunnel_id);

  // The id of a tunnel that is over rests, but not when there is no other.
  RawPeer leaving(bench, 77);
  const Tunnel* tunnel = nullptr;
  for (const TunnelId id : bench.engine.tunnels())
    if (bench.engine.find(id)->peer_id().value == 77) tunnel = bench.engine.find(id);
  ASSERT_NE(tunnel, nullptr);
  leaving.ours = tunnel->id().value;
  leaving.ns = 2;
  StopCcn stop;
  stop.assigned_tunnel_id = 77;
  stop.result_code = {.result = 1};
  leaving.send(stop);
  EXPECT_EQ(peer.repeat(), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(peer.ours, leaving.ours);
}

TEST(Tunnels, NumberAll65535IdsOverFourShards) {
  std::set<std::uint16_t> ids;
  std::size_t sum = 0;
  for (std::uint32_t shard = 0; shard < 4; ++shard) {
    Bench bench({.shard = shard, .shards = 4});
    Crowd crowd(bench.engine);
    for (std::uint32_t id = 1; id <= 16'384; ++id)
      if (const std::uint16_t ours = crowd.add(static_cast<std::uint16_t>(id), bench.now)) ids.insert(ours);
    sum += established(bench.engine);
  }
  EXPECT_EQ(sum, 65'535u);
  EXPECT_EQ(ids.size(), 65'535u);
  EXPECT_FALSE(ids.contains(0));
}

TEST(HalfOpenTunnels, OfOneSourceAreBounded) {
  Bench bench({.half_open = {.total_max = 100, .per_source_max = 3}});
  for (std::uint16_t id = 1; id <= 5; ++id) {
    RawPeer peer(bench, id);
    EXPECT_EQ(peer.send(peer.sccrq()), id <= 3 ? (Lines{"tunnel created", "SCCRP"}) : Lines{});
  }
  EXPECT_EQ(bench.counters().no_peer_resources, 2u);
  RawPeer other(bench, 1, {.address = IpAddress::v4(192, 0, 2, 50), .port = 1701});
  EXPECT_EQ(other.send(other.sccrq()), (Lines{"tunnel created", "SCCRP"}));
}

TEST(HalfOpenTunnels, ThatComeUpMakeRoom) {
  Bench bench({.half_open = {.total_max = 100, .per_source_max = 1}});
  RawPeer first(bench, 1), second(bench, 2);
  first.send(first.sccrq());
  EXPECT_EQ(second.send(second.sccrq()), Lines{});
  first.send(Scccn{});
  EXPECT_EQ(second.repeat(), (Lines{"tunnel created", "SCCRP"}));
}

TEST(HalfOpenTunnels, GiveWayTheOldestFirstWhenThereAreTooMany) {
  Bench bench({.half_open = {.total_max = 2, .per_source_max = 100}});
  RawPeer first(bench, 1), second(bench, 2), third(bench, 3);
  first.send(first.sccrq());
  second.send(second.sccrq());
  EXPECT_EQ(third.send(third.sccrq()),
            (Lines{"tunnel down: too many half-open tunnels 0/0", "tunnel created", "SCCRP", "tunnel gone"}));
  EXPECT_EQ(bench.last<TunnelGone>().tunnel, first.tunnel());
  EXPECT_EQ(second.send(Scccn{}), Lines{"tunnel up"});
}

TEST(HalfOpenTunnels, NeverPushOutOneThatIsUp) {
  Bench bench({.half_open = {.total_max = 1, .per_source_max = 100}});
  RawPeer up(bench, 1), one(bench, 2), two(bench, 3);
  up.establish();
  one.send(one.sccrq());
  two.send(two.sccrq());
  EXPECT_EQ(up.state()->state(), TunnelState::established);
  EXPECT_EQ(bench.engine.tunnel_count(), 2u);
}

TEST(HalfOpenTunnels, AreGoneWithinAMinuteOfSilence) {
  Bench bench;
  for (std::uint16_t id = 1; id <= 1000; ++id) {
    RawPeer peer(bench, id);
    peer.send(peer.sccrq());
  }
  EXPECT_EQ(bench.engine.tunnel_count(), 1000u);
  bench.pass(Duration{35'000});
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST(TunnelIdsAtWork, AreNotGivenOutAgainForARetransmissionCycle) {
  Bench bench({.shard = 0, .shards = 256}); // 255 ids
  std::set<std::uint16_t> recent;
  for (std::uint16_t i = 1; i <= 100; ++i) { // open and gone at once: 31 s pass only after all of them
    const auto id = bench.engine.open_tunnel({.path = {lns_endpoint, lac_endpoint}}, PlainPolicy::default_tunnel(), {},
                                             0, bench.now);
    ASSERT_TRUE(id);
    EXPECT_TRUE(recent.insert(id->value).second);
    RawPeer peer(bench, i);
    peer.ours = id->value;
    peer.nr = 1;
    peer.acknowledge();
    ASSERT_TRUE(bench.engine.close_tunnel(*id, make_reason(StopResult::general_clear), bench.now));
    bench.take();
    peer.nr = 2;
    ASSERT_EQ(peer.acknowledge(), Lines{"tunnel gone"});
  }
}

TEST(TunnelIdsAtWork, CanBeWishedForUnlessInUseOrOfAnotherShard) {
  Bench bench({.shard = 1, .shards = 2});
  const auto open = [&](std::uint16_t id) {
    return bench.engine.open_tunnel({.path = {lns_endpoint, lac_endpoint}}, PlainPolicy::default_tunnel(), TunnelId{id},
                                    0, bench.now);
  };
  EXPECT_EQ(open(77).value().value, 77);
  EXPECT_EQ(open(77).error(), CommandError::id_in_use);
  EXPECT_EQ(open(78).error(), CommandError::id_in_use);
  EXPECT_EQ(open(0).error(), CommandError::id_in_use);
}

TEST(SessionIds, OfACallThatEndedRest) {
  Bench bench;
  RawPeer peer(bench);
  peer.establish();
  std::set<std::uint16_t> seen;
  for (std::uint16_t i = 0; i < 3000; ++i) {
    peer.send(an_icrq(5));
    const std::uint16_t ours = bench.last<SessionCreated>().session.value;
    EXPECT_NE(ours, 0);
    EXPECT_TRUE(seen.insert(ours).second) << "given out again at once";
    Cdn cdn;
    cdn.assigned_session_id = 5;
    cdn.result_code = {.result = 3};
    peer.send(cdn, ours);
    bench.actions.clear();
    bench.sent.clear();
    peer.forget_heard();
  }
}

TEST(SessionIds, AreAll65535OfATunnelAndThenRefused) {
  Bench bench;
  RawPeer peer(bench);
  peer.establish();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  for (std::uint32_t i = 0; i < 65'535; ++i)
    ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now)) << i;
  const auto more = bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now);
  ASSERT_FALSE(more);
  EXPECT_EQ(more.error(), CommandError::no_session_id);
  EXPECT_EQ(peer.send(an_icrq(5)).back(), "ICRQ"); // the CDN stands behind the calls that wait for the window
  EXPECT_EQ(bench.counters().no_session_resources, 1u);
  EXPECT_EQ(bench.engine.find(peer.tunnel())->find(SessionId{0}), nullptr);
}

struct Commands : testing::Test {
  Bench bench;
  RawPeer peer{bench};
  std::shared_ptr<SessionSettings> call = std::make_shared<SessionSettings>();
  Commands() { call->type = SessionType::lac_incoming; }
  [[nodiscard]] auto open(std::optional<SessionId> wanted = std::nullopt) {
    return bench.engine.open_session(peer.tunnel(), call, wanted, 0, bench.now);
  }
};

TEST_F(Commands, ToATunnelThatIsNotThereSaySo) {
  const TunnelId none{9};
  const Reason reason;
  EXPECT_EQ(bench.engine.close_tunnel(none, reason, bench.now).error(), CommandError::no_such_tunnel);
  EXPECT_EQ(bench.engine.open_session(none, call, {}, 0, bench.now).error(), CommandError::no_such_tunnel);
  EXPECT_EQ(bench.engine.close_session(none, {1}, reason, bench.now).error(), CommandError::no_such_tunnel);
  EXPECT_EQ(bench.engine.bearer_up(none, {1}, {}, bench.now).error(), CommandError::no_such_tunnel);
  EXPECT_EQ(bench.engine.bearer_failed(none, {1}, reason, bench.now).error(), CommandError::no_such_tunnel);
  EXPECT_EQ(bench.engine.send_accm(none, {1}, {}, bench.now).error(), CommandError::no_such_tunnel);
  EXPECT_EQ(bench.engine.send_call_errors(none, {1}, {}, bench.now).error(), CommandError::no_such_tunnel);
  EXPECT_EQ(bench.engine.modify_tunnel(none, PlainPolicy::default_tunnel(), bench.now).error(),
            CommandError::no_such_tunnel);
  EXPECT_EQ(bench.engine.modify_session(none, {1}, call).error(), CommandError::no_such_tunnel);
}

TEST_F(Commands, ToASessionThatIsNotThereSaySo) {
  peer.establish();
  const TunnelId tunnel = peer.tunnel();
  const Reason reason;
  EXPECT_EQ(bench.engine.close_session(tunnel, {1}, reason, bench.now).error(), CommandError::no_such_session);
  EXPECT_EQ(bench.engine.bearer_up(tunnel, {1}, {}, bench.now).error(), CommandError::no_such_session);
  EXPECT_EQ(bench.engine.bearer_failed(tunnel, {1}, reason, bench.now).error(), CommandError::no_such_session);
  EXPECT_EQ(bench.engine.send_accm(tunnel, {1}, {}, bench.now).error(), CommandError::no_such_session);
  EXPECT_EQ(bench.engine.send_call_errors(tunnel, {1}, {}, bench.now).error(), CommandError::no_such_session);
  EXPECT_EQ(bench.engine.modify_session(tunnel, {1}, call).error(), CommandError::no_such_session);
}

TEST_F(Commands, InTheWrongStateOrRoleSaySo) {
  peer.establish();
  const SessionId id = *open();
  EXPECT_EQ(bench.engine.bearer_up(peer.tunnel(), id, {}, bench.now).error(), CommandError::wrong_state);
  EXPECT_EQ(bench.engine.bearer_failed(peer.tunnel(), id, {}, bench.now).error(), CommandError::wrong_state);
  EXPECT_EQ(bench.engine.send_accm(peer.tunnel(), id, {}, bench.now).error(), CommandError::wrong_state);
  EXPECT_EQ(bench.engine.send_call_errors(peer.tunnel(), id, {}, bench.now).error(), CommandError::wrong_state);
}

TEST_F(Commands, ThatOpenCallsBeyondTheLimitAreRefused) {
  bench.policy.tunnel->sessions_max = 1;
  peer.establish();
  ASSERT_TRUE(open());
  EXPECT_EQ(open().error(), CommandError::session_limit);
}

TEST_F(Commands, ThatWishForASessionIdInUseAreRefused) {
  peer.establish();
  EXPECT_EQ(open(SessionId{7})->value, 7);
  EXPECT_EQ(open(SessionId{7}).error(), CommandError::id_in_use);
  EXPECT_EQ(open(SessionId{0}).error(), CommandError::id_in_use);
}

TEST_F(Commands, ThatOpenCallsOnAClosingTunnelAreRefused) {
  peer.establish();
  ASSERT_TRUE(bench.engine.close_tunnel(peer.tunnel(), make_reason(StopResult::general_clear), bench.now));
  EXPECT_EQ(open().error(), CommandError::tunnel_closing);
}

TEST_F(Commands, ThatWouldHideWithoutASecretAreRefused) {
  auto settings = PlainPolicy::default_tunnel();
  settings->hide_avps = true;
  EXPECT_EQ(bench.engine.open_tunnel({.path = {lns_endpoint, lac_endpoint}}, settings, {}, 0, bench.now).error(),
            CommandError::hiding_needs_secret);
}

TEST_F(Commands, ForOutgoingCallsNeedThePeersBearerCapabilities) {
  Sccrq request = peer.sccrq();
  request.bearer_capabilities.reset();
  peer.send(request);
  peer.send(Scccn{});
  call->type = SessionType::lns_outgoing;
  EXPECT_EQ(open().error(), CommandError::peer_cannot_call_out);
  EXPECT_EQ(bench.count(ocrq), 0u);
}

TEST_F(Commands, ForOutgoingCallsEndWhenTheTunnelComesUpWithoutBearerCapabilities) {
  peer.called();
  call->type = SessionType::lns_outgoing;
  ASSERT_TRUE(open());
  peer.nr = 1;
  Sccrp reply = peer.sccrp();
  reply.bearer_capabilities.reset();
  EXPECT_EQ(peer.send(reply), (Lines{"SCCCN", "tunnel up", "session ended: call not placed 5/0"}));
}

} // namespace
} // namespace openl2tp::protocol::test
