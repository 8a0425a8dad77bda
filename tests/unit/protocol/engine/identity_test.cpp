// Which tunnel and which call a message belongs to: duplicates, restarts, strangers, ports, ids of the two ends, tie
// breakers, shards. RFC 2661 §4.4.3, §4.4.4, §5.8, §8.1.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

using enum MessageType;

constexpr Endpoint other_port{.address = lac_endpoint.address, .port = 40'000};
constexpr Endpoint other_address{.address = IpAddress::v4(192, 0, 2, 77), .port = 1701};

struct Identity : testing::Test {
  Bench bench;
  RawPeer peer{bench};
};

// ---- SCCRQ

TEST_F(Identity, ARepeatedSccrqIsAcknowledgedAndMakesNoSecondTunnel) {
  peer.send(peer.sccrq());
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
}

TEST_F(Identity, AnotherSccrqWithTheSameIdIsAnotherTunnelAndLeavesTheOldOneUntilItsScccn) {
  peer.establish();
  RawPeer again(bench, peer.id);
  Sccrq request = again.sccrq();
  request.host_name = "restarted";
  EXPECT_EQ(again.send(request), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
  EXPECT_EQ(again.send(Scccn{}), (Lines{"tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
  EXPECT_NE(again.ours, peer.ours);
}

TEST_F(Identity, ThePeerThatSaidStopCcnMayAskForATunnelWithTheSameOctets) {
  peer.establish();
  peer.send(a_stopccn(peer.id));
  RawPeer again(bench, peer.id);
  EXPECT_EQ(again.send(again.sccrq()), (Lines{"tunnel created", "SCCRP"}));
}

TEST_F(Identity, ConcurrentSccrqsFromOneAddressAndPortAreAllTunnels) {
  std::vector<RawPeer> peers;
  for (std::uint16_t i = 1; i <= 50; ++i)
    peers.emplace_back(bench, i);
  for (RawPeer& one : peers)
    one.send(one.sccrq());
  for (RawPeer& one : peers)
    EXPECT_EQ(one.send(Scccn{}), Lines{"tunnel up"});
  EXPECT_EQ(bench.engine.tunnel_count(), 50u);
}

TEST_F(Identity, AnSccrqThatIsNotTheFirstMessageMakesNoTunnel) {
  peer.ns = 1;
  EXPECT_EQ(peer.send(peer.sccrq()), Lines{});
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Identity, TheSccrqOfOursHasTunnelIdZeroAndGoesWhereItIsTold) {
  peer.called();
  EXPECT_EQ(bench.sent[0].header.tunnel_id, 0);
  EXPECT_EQ(bench.sent[0].header.session_id, 0);
  EXPECT_EQ(bench.sent[0].route.path.peer, lac_endpoint);
}

TEST_F(Identity, AnswersGoToTheAddressAndPortThatAskedFromTheOneThatWasAsked) {
  RawPeer odd(bench, 9, other_port);
  odd.establish();
  for (const SentMessage& one : bench.sent) {
    EXPECT_EQ(one.route.path.peer, other_port);
    EXPECT_EQ(one.route.path.local, lns_endpoint);
  }
}

// ---- silence

TEST_F(Identity, NothingIsAnsweredToWhatIsNoControlMessageForUs) {
  peer.establish();
  const Bytes l2f = hex("a1 01 00 00 00 00 00 00 00 00 00 00 00 00");
  const Bytes l2f_control = hex("c8 01 00 0c 00 00 00 00 00 00 00 00");
  const Bytes v3 = hex("c8 03 00 0c 00 00 00 00 00 00 00 00");
  const Bytes data = hex("00 02 12 34 56 78 ff 03 c0 21");
  const Bytes stray_data = hex("40 02 00 0a 00 01 00 02 ff 03");
  for (const Bytes& one : {l2f, l2f_control, v3, data, stray_data, Bytes{}, Bytes(1), Bytes(65507)})
    EXPECT_EQ(bench.receive(one), Lines{});
}

TEST_F(Identity, ZlbsAreNeverAnswered) {
  peer.establish();
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(peer.acknowledge(), Lines{});
  EXPECT_EQ(bench.pass(Duration{1000}), Lines{});
  EXPECT_EQ(bench.receive(RawPeer(bench).datagram({}, 0, 0)), Lines{}); // tunnel id 0
}

TEST_F(Identity, NothingIsAnsweredToAnUnknownTunnelId) {
  peer.establish();
  RawPeer lost(bench, 101);
  lost.ours = static_cast<std::uint16_t>(peer.ours ^ 1);
  for (const Message& message : {Message(Hello{}), Message(lost.sccrp()), Message(a_stopccn(1)), Message(an_icrq(1))})
    EXPECT_EQ(lost.send(message), Lines{});
  EXPECT_EQ(bench.counters().no_matching_tunnel, 4u);
}

TEST_F(Identity, AnUnansweredSccrqDrawsAtMostTwelveTimesItsOctets) {
  for (const bool challenge : {false, true}) {
    Bench one;
    if (challenge) {
      one.policy.tunnel->secret = Secret("sesame");
      one.policy.tunnel->auth_mode = AuthMode::challenge;
    }
    RawPeer spoofed(one);
    Sccrq smallest;
    smallest.host_name = "h";
    smallest.assigned_tunnel_id = 1;
    spoofed.send(smallest);
    one.pass(Duration{300'000});
    std::size_t octets = 0;
    for (const SentMessage& sent : one.sent)
      octets += sent.octets.size();
    EXPECT_LE(octets, 12 * spoofed.last.size());
    EXPECT_GE(one.count(sccrp), 3u);
    EXPECT_EQ(one.engine.tunnel_count(), 0u);
  }
}

// ---- addresses and ports, §8.1

TEST_F(Identity, MessagesFromAnotherPortOrAddressHaveNoEffect) {
  peer.establish();
  peer.send(an_icrq(5));
  const std::uint16_t call = bench.last<SessionCreated>().session.value;
  Cdn cdn;
  cdn.assigned_session_id = 5;
  cdn.result_code = {.result = 3};
  for (const Endpoint& from : {other_port, other_address}) {
    for (const Message& message : {Message(a_stopccn(peer.id)), Message(Hello{}), Message(Zlb{})})
      EXPECT_EQ(bench.receive(peer.datagram(body_of(message), 0, peer.ns), from), Lines{});
    EXPECT_EQ(bench.receive(peer.datagram(body_of(cdn), call, peer.ns), from), Lines{});
  }
  EXPECT_EQ(bench.counters().mismatched_tunnel_ids, 8u);
  EXPECT_EQ(peer.state()->channel().nr(), peer.ns);
  EXPECT_NE(bench.engine.find(peer.tunnel(), SessionId{call}), nullptr);
}

TEST_F(Identity, AStopCcnWithTunnelIdZeroFromAnotherPortHasNoEffect) {
  peer.establish();
  RawPeer blind(bench, peer.id, other_port);
  blind.ns = 2;
  EXPECT_EQ(blind.send(a_stopccn(peer.id)), Lines{});
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
}

TEST_F(Identity, AnSccrpFromAnotherPortIsFollowedAndThenThatPortAloneCounts) {
  peer.called();
  RawPeer moved(bench, peer.id, other_port);
  moved.ours = peer.ours;
  moved.nr = 1;
  EXPECT_EQ(moved.send(moved.sccrp()), (Lines{"SCCCN", "tunnel up"}));
  EXPECT_EQ(bench.newest(scccn).route.path.peer, other_port);
  peer.ns = 1;
  EXPECT_EQ(peer.send(Hello{}), Lines{});
  EXPECT_EQ(bench.counters().mismatched_tunnel_ids, 1u);
  moved.send(Hello{});
  EXPECT_EQ(bench.counters().messages[6].received, 1u);
}

TEST_F(Identity, AnSccrpFromAnotherAddressIsNotFollowed) {
  peer.called();
  RawPeer stranger(bench, peer.id, other_address);
  stranger.ours = peer.ours;
  stranger.nr = 1;
  EXPECT_EQ(stranger.send(stranger.sccrp()), Lines{});
  EXPECT_EQ(peer.state()->state(), TunnelState::wait_ctl_reply);
}

TEST_F(Identity, AStopCcnInAnswerToOurSccrqIsFollowedToo) {
  peer.called();
  RawPeer moved(bench, peer.id, other_port);
  moved.ours = peer.ours;
  moved.nr = 1;
  EXPECT_EQ(moved.send(a_stopccn(peer.id)), (Lines{"tunnel down: peer request 1/0", "ZLB", "tunnel gone"}));
  EXPECT_EQ(bench.sent.back().route.path.peer, other_port);
  EXPECT_EQ(bench.sent.back().header.tunnel_id, peer.id);
}

// ---- ids that the peer does not know yet

TEST_F(Identity, AStopCcnWithTunnelIdZeroIsMatchedByItsAssignedIdAndSource) {
  peer.send(peer.sccrq());
  RawPeer neighbour(bench, peer.id, other_port); // the same id from elsewhere
  neighbour.send(neighbour.sccrq());
  peer.ours = 0;
  EXPECT_EQ(peer.send(a_stopccn(peer.id)), (Lines{"tunnel down: peer request 1/0", "ZLB", "tunnel gone"}));
  EXPECT_EQ(neighbour.state()->state(), TunnelState::wait_ctl_conn);
}

TEST_F(Identity, ACdnWithSessionIdZeroIsMatchedByItsAssignedId) {
  peer.establish();
  peer.send(an_icrq(5));
  peer.send(an_icrq(6));
  Cdn cdn;
  cdn.assigned_session_id = 5;
  cdn.result_code = {.result = 3};
  EXPECT_EQ(peer.send(cdn), Lines{"session ended: peer request 3/0"});
  EXPECT_EQ(bench.engine.session_count(), 1u);
  EXPECT_EQ(bench.last<SessionEnded>().session, bench.all<SessionCreated>()[0].session);
}

TEST_F(Identity, ACdnInAnotherTunnelHasNoEffect) {
  peer.establish();
  peer.send(an_icrq(5));
  RawPeer second(bench, 101);
  second.establish();
  Cdn cdn;
  cdn.assigned_session_id = 5;
  cdn.result_code = {.result = 3};
  EXPECT_EQ(second.send(cdn), Lines{});
  EXPECT_EQ(second.send(cdn, bench.last<SessionCreated>().session.value), Lines{});
  EXPECT_EQ(bench.engine.session_count(), 1u);
}

TEST_F(Identity, IdsOfTheTwoEndsNeverMixInTenThousandCalls) {
  // The peer calls each of its sessions by the id that we gave to another one.
  peer.establish();
  std::set<std::uint16_t> taken;
  std::uint16_t id = 1;
  std::vector<std::pair<std::uint16_t, std::uint16_t>> calls; // theirs, ours
  std::vector<std::uint16_t> given;
  while (calls.size() < 10'000) {
    while (!taken.insert(id).second)
      ++id;
    peer.send(an_icrq(id));
    const std::uint16_t ours = bench.last<SessionCreated>().session.value;
    bench.actions.clear();
    bench.sent.clear();
    peer.forget_heard();
    calls.emplace_back(id, ours);
    if (!taken.contains(ours)) given.push_back(ours);
    id = given.empty() ? static_cast<std::uint16_t>(id + 1) : given[given.size() / 2];
  }
  for (const auto& [theirs, ours] : calls) {
    peer.send(an_iccn(), ours);
    ASSERT_EQ(bench.last<SessionUp>().session.value, ours);
    bench.actions.clear();
  }
  for (const auto& [theirs, ours] : calls) {
    const Session* session = bench.engine.find(peer.tunnel(), SessionId{ours});
    ASSERT_NE(session, nullptr);
    ASSERT_EQ(session->peer_id().value, theirs);
  }
  // Every second one is cleared by its own id and no other.
  for (std::size_t i = 0; i < calls.size(); i += 2) {
    Cdn cdn;
    cdn.assigned_session_id = calls[i].first;
    cdn.result_code = {.result = 3};
    peer.send(cdn, calls[i].second);
    ASSERT_EQ(bench.last<SessionEnded>().session.value, calls[i].second);
    bench.actions.clear();
  }
  EXPECT_EQ(bench.engine.session_count(), calls.size() / 2);
  for (std::size_t i = 1; i < calls.size(); i += 2)
    ASSERT_NE(bench.engine.find(peer.tunnel(), SessionId{calls[i].second}), nullptr);
}

// ---- unpredictable, never zero

TEST_F(Identity, TunnelIdsAreNotZeroAndTakeNoSmallSteps) {
  std::vector<int> ids;
  for (std::uint16_t i = 1; i <= 10; ++i) {
    RawPeer one(bench, i);
    one.send(one.sccrq());
    ids.push_back(one.ours);
  }
  EXPECT_EQ(std::ranges::find(ids, 0), ids.end());
  int small = 0;
  for (std::size_t i = 1; i < ids.size(); ++i)
    small += std::abs(ids[i] - ids[i - 1]) < 16;
  EXPECT_LE(small, 1);
}

TEST_F(Identity, CallSerialNumbersGrow) {
  peer.establish();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  std::vector<unsigned> numbers;
  for (int i = 0; i < 5; ++i) {
    ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
    peer.acknowledge();
    peer.acknowledge();
  }
  for (const SentMessage& one : bench.sent)
    if (one.type == MessageType::icrq) numbers.push_back(one.number(15));
  ASSERT_EQ(numbers.size(), 5u);
  EXPECT_EQ(std::ranges::adjacent_find(numbers, std::greater_equal<>{}), numbers.end());
}

// ---- tie breakers, §4.4.3

TieBreaker tie(unsigned value) {
  TieBreaker breaker{};
  breaker[7] = std::byte(value);
  return breaker;
}

struct Ties : Identity {
  std::shared_ptr<TunnelSettings> settings = PlainPolicy::default_tunnel();
  Ties() { settings->use_tie_breaker = true; }
  /// The peer's SCCRQ crosses ours.
  Lines cross(std::optional<TieBreaker> breaker) {
    peer.called(settings);
    RawPeer crossing(bench, 300);
    Sccrq request = crossing.sccrq();
    request.tie_breaker = breaker;
    return crossing.send(request);
  }
  [[nodiscard]] TieBreaker ours() const {
    TieBreaker breaker{};
    std::ranges::copy(*bench.newest(sccrq).value(5), breaker.begin());
    return breaker;
  }
};

TEST_F(Ties, AreWonByTheLowerValue) {
  EXPECT_EQ(cross(TieBreaker{}), (Lines{"tunnel down: tie lost 0/0", "tunnel created", "SCCRP", "tunnel gone"}));
}

TEST_F(Ties, AreLostByTheHigherValueWithoutAWord) {
  TieBreaker highest;
  highest.fill(std::byte{0xff});
  EXPECT_EQ(cross(highest), Lines{});
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
}

TEST_F(Ties, OfEqualValuesDropBoth) {
  peer.called(settings);
  RawPeer crossing(bench, 300);
  Sccrq request = crossing.sccrq();
  request.tie_breaker = ours();
  EXPECT_EQ(crossing.send(request), (Lines{"tunnel down: tie lost 0/0", "tunnel gone"}));
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Ties, OfWhichOnlyThePeerHasOneAreThePeers) {
  settings->use_tie_breaker = false;
  EXPECT_EQ(cross(tie(200)), (Lines{"tunnel down: tie lost 0/0", "tunnel created", "SCCRP", "tunnel gone"}));
}

TEST_F(Ties, OfWhichOnlyWeHaveOneAreOurs) {
  EXPECT_EQ(cross(std::nullopt), Lines{});
  EXPECT_EQ(peer.state()->state(), TunnelState::wait_ctl_reply);
}

TEST_F(Ties, WithoutAnyTieBreakerMakeTwoTunnels) {
  settings->use_tie_breaker = false;
  EXPECT_EQ(cross(std::nullopt), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(bench.engine.tunnel_count(), 2u);
}

TEST_F(Ties, DoNotConcernTunnelsThatAreUp) {
  peer.called(settings);
  peer.nr = 1;
  peer.send(peer.sccrp());
  RawPeer second(bench, 300);
  Sccrq request = second.sccrq();
  request.tie_breaker = TieBreaker{};
  EXPECT_EQ(second.send(request), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
}

TEST_F(Ties, WithdrawWhatThePolicyAdmittedForTheLoser) {
  TieBreaker highest;
  highest.fill(std::byte{0xff});
  cross(highest);
  EXPECT_EQ(bench.policy.withdrawn, 1);
}

TEST(Tunnels, OpenedByBothHostsAtOnceAllComeUp) {
  Pair pair;
  for (int i = 0; i < 100; ++i) {
    pair.open();
    ASSERT_TRUE(pair.lns.engine.open_tunnel({.path = {lns_endpoint, lac_endpoint}}, PlainPolicy::default_tunnel(),
                                            std::nullopt, 0, pair.now));
  }
  pair.pass(Duration{500});
  EXPECT_EQ(pair.lac.count<TunnelUp>(), 200u);
  EXPECT_EQ(pair.lns.count<TunnelUp>(), 200u);
}

// ---- shards

TEST(Shards, HandAMessageForAnothersTunnelOver) {
  Bench bench({.shard = 1, .shards = 4});
  RawPeer peer(bench);
  peer.ours = 4 * 100 + 3;
  EXPECT_EQ(peer.send(Hello{}), Lines{"hand over to 3"});
  EXPECT_EQ(bench.handed_over, peer.last);
  EXPECT_EQ(bench.counters().received_control_frames, 0u); // the other shard counts it
}

TEST(Shards, GiveOutIdsOfTheirOwnClass) {
  Bench bench({.shard = 2, .shards = 4});
  for (std::uint16_t i = 1; i <= 50; ++i) {
    RawPeer peer(bench, i);
    peer.send(peer.sccrq());
    EXPECT_EQ(peer.ours % 4, 2);
  }
}

// ---- tie breakers that several engines of one daemon share

struct TiesOfShards : Ties {
  TiesOfShards() : Ties() { bench.policy.elsewhere.any = true; }
  /// The peer's SCCRQ crosses one of ours on another shard.
  Lines meet(std::optional<TieBreaker> theirs, std::optional<TieBreaker> ours) {
    bench.policy.elsewhere.lowest = ours;
    RawPeer crossing(bench, next_id++);
    Sccrq request = crossing.sccrq();
    request.tie_breaker = theirs;
    return crossing.send(request);
  }
  std::uint16_t next_id = 300;
};

TEST_F(TiesOfShards, AreWonByOursWithoutAWord) {
  EXPECT_EQ(meet(tie(9), tie(8)), Lines{});
  EXPECT_EQ(meet(std::nullopt, tie(8)), Lines{}) << "of which only ours has one";
  EXPECT_TRUE(bench.policy.lost_elsewhere.empty());
  EXPECT_EQ(bench.policy.withdrawn, 2);
}

TEST_F(TiesOfShards, AreWonByTheirsWhichEndsOursThere) {
  EXPECT_EQ(meet(tie(7), tie(8)), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(bench.policy.lost_elsewhere, std::vector{tie(7)});
}

TEST_F(TiesOfShards, AreWonByTheirsWhereOursHasNone) {
  EXPECT_EQ(meet(tie(7), std::nullopt), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(bench.policy.lost_elsewhere, std::vector{tie(7)});
}

TEST_F(TiesOfShards, OfEqualValuesDropBoth) {
  EXPECT_EQ(meet(tie(8), tie(8)), Lines{});
  EXPECT_EQ(bench.policy.lost_elsewhere, std::vector{tie(8)});
}

TEST_F(TiesOfShards, WithoutAnyTieBreakerMakeTwoTunnels) {
  EXPECT_EQ(meet(std::nullopt, std::nullopt), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_TRUE(bench.policy.lost_elsewhere.empty());
}

TEST_F(Ties, LostOnAnotherShardEndTheTunnelsThatDoNotBeatTheWinner) {
  peer.called(settings);
  bench.engine.lose_ties(bench.newest(sccrq).route.path.peer.address, tie(200), bench.now);
  EXPECT_EQ(bench.take(), (Lines{"tunnel down: tie lost 0/0", "tunnel gone"}));
  peer.called(settings);
  TieBreaker highest;
  highest.fill(std::byte{0xff});
  bench.engine.lose_ties(bench.newest(sccrq).route.path.peer.address, highest, bench.now);
  EXPECT_EQ(bench.take(), Lines{}) << "ours is lower";
}

TEST_F(Ties, UnderWayAreToldToTheOtherShards) {
  peer.called(settings);
  ASSERT_EQ(bench.policy.noted.size(), 1u);
  EXPECT_EQ(bench.policy.noted.back(), (Crossing{.any = true, .lowest = ours()}));
  peer.send(peer.sccrp());
  EXPECT_EQ(bench.policy.noted.back(), Crossing{}) << "it is answered";
}

// ---- several of ours cross one of the peer's

struct SeveralTies : Ties {
  SeveralTies() {
    for (int i = 0; i < 3; ++i) {
      peer.called(settings);
      values.push_back(ours());
    }
    std::ranges::sort(values);
  }
  Lines meets(std::optional<TieBreaker> breaker) {
    RawPeer crossing(bench, 300);
    Sccrq request = crossing.sccrq();
    request.tie_breaker = breaker;
    return crossing.send(request);
  }
  std::vector<TieBreaker> values; // ascending
};

TEST_F(SeveralTies, TheirsLosesToTheLowestOfOurs) {
  EXPECT_EQ(meets(values[1]), Lines{}) << "though the others do not beat it";
  EXPECT_EQ(bench.engine.tunnel_count(), 3u);
}

TEST_F(SeveralTies, TheirsThatBeatsAllEndsAllOfOurs) {
  const Lines lines = meets(TieBreaker{});
  EXPECT_EQ(std::ranges::count(lines, "tunnel down: tie lost 0/0"), 3);
  EXPECT_EQ(std::ranges::count(lines, "SCCRP"), 1);
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
}

TEST_F(SeveralTies, TheirsWithoutOneLosesThoughAnOlderOneOfOursHasNone) {
  settings = PlainPolicy::default_tunnel();
  Bench fresh;
  RawPeer with(fresh), without(fresh, 301);
  without.called(settings);
  auto breaking = PlainPolicy::default_tunnel();
  breaking->use_tie_breaker = true;
  with.called(breaking);
  RawPeer crossing(fresh, 300);
  EXPECT_EQ(crossing.send(crossing.sccrq()), Lines{});
  EXPECT_EQ(fresh.engine.tunnel_count(), 2u);
}

} // namespace
} // namespace openl2tp::protocol::test
