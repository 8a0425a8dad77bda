// Peers that lost their state and dial again without goodbye, forged and late SCCRQs, and what counts as a sign of
// life. RFC 2661 §5.5, §5.8.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

using enum MessageType;

struct Restart : testing::Test {
  Bench bench;
  RawPeer peer{bench};       // before it restarts
  RawPeer again{bench, 100}; // the same one afterwards: from the same port, with the same id and the same SCCRQ
  void establish() {
    peer.establish();
    again.listen_from_here();
  }
  void dial_again() {
    again.send(again.sccrq());
    peer.listen_from_here(); // it has the same id, and is not to take the answer for its own
  }
  Lines up_again() {
    again.send(again.sccrq());
    return again.send(Scccn{});
  }
  static std::ptrdiff_t number_of(const Lines& lines, const std::string& line) {
    return std::ranges::count(lines, line);
  }
};

// ---- A peer whose tunnel was up

TEST_F(Restart, TheSameSccrqIsAnsweredAtOnceWithANewTunnel) {
  establish();
  EXPECT_EQ(again.send(again.sccrq()), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_NE(again.ours, peer.ours);
  EXPECT_EQ(peer.state()->state(), TunnelState::established) << "nothing is proved yet";
}

TEST_F(Restart, TheOldTunnelEndsWithoutAWordWhenTheScccnArrives) {
  establish();
  peer.send(an_icrq(5));
  EXPECT_EQ(up_again(),
            (Lines{"session ended: tunnel ended 0/0", "tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
  EXPECT_EQ(bench.count(stopccn), 0u) << "the peer would take it for the new tunnel's";
}

TEST_F(Restart, AnotherSccrqWithTheSameIdEndsTheOldTunnelAsWell) {
  establish();
  Sccrq request = again.sccrq();
  request.host_name = "upgraded";
  again.send(request);
  EXPECT_EQ(again.send(Scccn{}), (Lines{"tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
}

TEST_F(Restart, ARetransmissionOfTheNewSccrqIsNoThirdTunnel) {
  establish();
  dial_again();
  EXPECT_EQ(again.repeat(), Lines{"ZLB"});
  EXPECT_EQ(bench.newest(zlb).header.nr, 1);
  EXPECT_EQ(bench.engine.tunnel_count(), 2u);
}

TEST_F(Restart, BetweenTheAcknowledgementOfTheSccrpAndTheScccnIsNoticed) {
  peer.send(peer.sccrq());
  peer.acknowledge();
  again.listen_from_here();
  EXPECT_EQ(again.send(again.sccrq()), (Lines{"tunnel created", "SCCRP"})) << "the old SCCRP is not sent again";
  EXPECT_EQ(again.send(Scccn{}), (Lines{"tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
}

TEST_F(Restart, CanHappenAgainAndAgain) {
  establish();
  for (int i = 0; i < 20; ++i) {
    RawPeer next(bench, peer.id);
    next.send(next.sccrq());
    EXPECT_EQ(next.send(Scccn{}), (Lines{"tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
  }
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
}

TEST_F(Restart, TheOldTunnelSendsNothingThatTheNewOneWouldTakeForItsOwn) {
  bench.policy.tunnel->hello_interval = Duration{1000};
  establish();
  dial_again();
  const Lines lines = again.pass(Duration{6000});
  EXPECT_EQ(number_of(lines, "HELLO"), 0);
  EXPECT_EQ(number_of(lines, "SCCRP"), std::ssize(lines));
  again.send(Scccn{});
  EXPECT_EQ(again.send(an_icrq(5)), (Lines{"session created", "ICRP"}));
  EXPECT_EQ(bench.newest(icrp).header.ns, 1);
}

TEST_F(Restart, ItsCallsWaitWhileTheNewOneIsUndecided) {
  establish();
  dial_again();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
  EXPECT_EQ(bench.take(), Lines{});
}

TEST_F(Restart, AClosingTunnelFallsSilentAndGivesWay) {
  establish();
  ASSERT_TRUE(bench.engine.close_tunnel(peer.tunnel(), make_reason(StopResult::general_clear), bench.now));
  bench.take();
  EXPECT_EQ(again.send(again.sccrq()), (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(number_of(again.pass(Duration{6000}), "StopCCN 1/0"), 0);
  EXPECT_EQ(again.send(Scccn{}), (Lines{"tunnel up", "tunnel gone"}));
}

TEST_F(Restart, OfAPeerThatWeCalledEndsTheTunnelThatItsIdNamed) {
  const TunnelId before = peer.called();
  peer.send(peer.sccrp());
  again.listen_from_here();
  again.called();
  again.nr = 1;
  const Lines lines = again.send(again.sccrp());
  EXPECT_EQ(lines, (Lines{"SCCCN", "tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
  EXPECT_EQ(bench.engine.find(before), nullptr);
}

TEST_F(Restart, OfAPeerThatWeCalledAndThatCallsNowEndsTheOldTunnel) {
  const TunnelId before = peer.called();
  peer.send(peer.sccrp());
  again.listen_from_here();
  EXPECT_EQ(up_again(), (Lines{"tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
  EXPECT_EQ(bench.engine.find(before), nullptr);
}

TEST_F(Restart, LeavesTunnelsOfOtherIdsPortsAndAddressesAlone) {
  RawPeer other_id(bench, 101), other_port(bench, 100, {.address = lac_endpoint.address, .port = 5000}),
      other_address(bench, 100, {.address = IpAddress::v4(192, 0, 2, 9), .port = 1701});
  for (RawPeer* one : {&peer, &other_id, &other_port, &other_address})
    one->establish();
  again.listen_from_here();
  up_again();
  EXPECT_EQ(bench.engine.tunnel_count(), 4u);
  for (RawPeer* one : {&other_id, &other_port, &other_address})
    EXPECT_EQ(one->state()->state(), TunnelState::established);
}

TEST_F(Restart, LeavesATunnelToAnotherAddressOfOursAlone) {
  establish();
  const Route elsewhere{.path = {{.address = IpAddress::v4(192, 0, 2, 3), .port = 1701}, lac_endpoint}};
  bench.engine.handle_datagram(again.datagram(body_of(again.sccrq()), 0, 0), elsewhere, bench.now);
  EXPECT_EQ(again.take(), (Lines{"tunnel created", "SCCRP"}));
  again.ns = 1;
  bench.engine.handle_datagram(again.datagram(body_of(Scccn{}), 0, 1), elsewhere, bench.now);
  EXPECT_EQ(again.take(), Lines{"tunnel up"});
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
}

// ---- SCCRQs that the peer did not send, or sent long ago

TEST_F(Restart, AForgedSccrqEndsWhenThePeerIsHeardOnItsTunnel) {
  establish();
  dial_again();
  // The peer takes the SCCRP for a duplicate and acknowledges it.
  EXPECT_EQ(peer.acknowledge(), (Lines{"tunnel down: late or forged SCCRQ 0/0", "tunnel gone"}));
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
}

TEST_F(Restart, WhatTheTunnelHadToSayIsSaidThen) {
  establish();
  dial_again();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
  bench.take();
  const Lines lines = peer.acknowledge();
  EXPECT_EQ(number_of(lines, "ICRQ"), 1);
  EXPECT_EQ(bench.newest(icrq).header.tunnel_id, peer.id);
}

TEST_F(Restart, AnUnansweredSccrqSilencesTheTunnelForHalfAMinuteAtMost) {
  bench.policy.tunnel->hello_interval = Duration{1000};
  establish();
  dial_again();
  EXPECT_GE(number_of(bench.pass(Duration{31'500}), "HELLO"), 1);
  // And not again, before the peer is heard.
  RawPeer forged(bench, peer.id);
  Sccrq request = forged.sccrq();
  request.host_name = "forged";
  forged.send(request);
  EXPECT_GE(number_of(bench.pass(Duration{5000}), "HELLO"), 1);
}

TEST_F(Restart, AForgedScccnWithoutTheSecretEndsNothing) {
  bench.policy.tunnel->secret = Secret("sesame");
  establish();
  bench.policy.tunnel->auth_mode = AuthMode::challenge;
  dial_again();
  Scccn forged;
  forged.challenge_response.emplace();
  const Lines lines = again.send(forged);
  EXPECT_EQ(number_of(lines, "tunnel down: not authorised 4/0"), 1);
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
}

TEST_F(Restart, OnlyTheNewestOfSeveralSccrqsIsAnsweredAgain) {
  dial_again();
  RawPeer newest(bench, again.id);
  Sccrq request = newest.sccrq();
  request.host_name = "newer";
  newest.send(request);
  const std::size_t before = bench.sent.size();
  bench.pass(Duration{3500});
  ASSERT_EQ(bench.sent.size(), before + 2);
  for (std::size_t i = before; i < bench.sent.size(); ++i)
    EXPECT_EQ(bench.sent[i].number(9), newest.ours);
  EXPECT_EQ(newest.send(Scccn{}), (Lines{"tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
}

TEST_F(Restart, AnOlderSccrqMayStillBeCompleted) {
  dial_again();
  RawPeer forged(bench, again.id);
  Sccrq request = forged.sccrq();
  request.host_name = "forged";
  forged.send(request);
  again.listen_from_here();
  EXPECT_EQ(again.send(Scccn{}), (Lines{"tunnel down: peer restarted 0/0", "tunnel up", "tunnel gone"}));
  EXPECT_EQ(again.state()->state(), TunnelState::established);
}

TEST_F(Restart, SccrqsUnderOneIdAreBounded) {
  establish();
  for (int i = 0; i < 100; ++i) {
    RawPeer forged(bench, peer.id);
    Sccrq request = forged.sccrq();
    const std::string host = "forged" + std::to_string(i);
    request.host_name = host;
    forged.send(request);
  }
  EXPECT_LE(bench.engine.tunnel_count(), 1u + HalfOpenLimits::per_key_max);
  again.listen_from_here();
  EXPECT_EQ(up_again().back(), "tunnel gone");
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
}

// ---- signs of life

TEST_F(Restart, DuplicatesAreNoSignOfLife) {
  bench.policy.tunnel->hello_interval = Duration{10'000};
  establish();
  for (int second = 0; second < 45; ++second) {
    peer.repeat(); // its SCCCN
    bench.pass(Duration{1000});
  }
  EXPECT_EQ(bench.engine.tunnel_count(), 0u) << "the HELLO was never acknowledged";
}

TEST_F(Restart, MessagesBeyondTheWindowAreNoSignOfLife) {
  bench.policy.tunnel->hello_interval = Duration{10'000};
  establish();
  for (int second = 0; second < 45; ++second) {
    bench.receive(peer.datagram(body_of(Hello{}), 0, static_cast<std::uint16_t>(peer.ns + 100)));
    bench.pass(Duration{1000});
  }
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Restart, ZlbsThatAcknowledgeNothingAreNoSignOfLife) {
  bench.policy.tunnel->hello_interval = Duration{10'000};
  establish();
  for (int second = 0; second < 45; ++second) {
    bench.receive(peer.datagram({}, 0, peer.ns));
    bench.pass(Duration{1000});
  }
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Restart, AnAcknowledgementOfSomethingNewIsASignOfLife) {
  bench.policy.tunnel->hello_interval = Duration{10'000};
  establish();
  for (int second = 0; second < 45; ++second) {
    peer.pass(Duration{1000});
    peer.acknowledge();
  }
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
}

// ---- a power cut

struct PowerCut : testing::TestWithParam<bool> {};

// All LACs of a site dial again at the same moment, with the octets of before, and answer a moment later.
TEST_P(PowerCut, TenThousandPeersAreAllUpAgainAtOnce) {
  constexpr unsigned count = 10'000;
  Bench bench;
  std::vector<RawPeer> peers;
  for (unsigned i = 0; i < count; ++i) {
    Endpoint at{.address = lac_endpoint.address, .port = static_cast<std::uint16_t>(20'000 + i)}; // behind one NAT
    if (!GetParam())
      at = {.address = IpAddress::v4(10, 0, static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)),
            .port = 1701};
    peers.emplace_back(bench, 100, at);
  }
  const auto all = [&](auto step) {
    for (RawPeer& one : peers) {
      bench.sent.clear();
      one.forget_heard();
      step(one);
    }
  };
  const auto dial = [&] {
    all([](RawPeer& one) {
      one.ours = one.ns = one.nr = 0;
      EXPECT_EQ(one.send(one.sccrq()), (Lines{"tunnel created", "SCCRP"}));
    });
    bench.now += Duration{100};
    all([](RawPeer& one) { one.send(Scccn{}); });
  };
  dial();
  ASSERT_EQ(bench.engine.tunnel_count(), count);
  bench.pass(Duration{20'000});
  bench.actions.clear();
  dial();
  EXPECT_EQ(bench.engine.tunnel_count(), count);
  EXPECT_EQ(bench.all<TunnelUp>().size(), count);
  for (const RawPeer& one : peers) {
    ASSERT_NE(one.state(), nullptr);
    ASSERT_EQ(one.state()->state(), TunnelState::established);
  }
  EXPECT_EQ(bench.counters().retransmitted_control_frames, 0u);
}

INSTANTIATE_TEST_SUITE_P(Site, PowerCut, testing::Bool(),
                         [](const auto& info) { return info.param ? "BehindOneAddress" : "WithAnAddressEach"; });

// ---- no state lasts for ever

TEST(BoundedStates, AClosingTunnelEndsThoughThePeerDrawsOutItsAcknowledgements) {
  Bench bench;
  RawPeer peer(bench);
  peer.establish();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  for (int i = 0; i < 8; ++i) {
    ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
    peer.take();
    peer.acknowledge(); // opens the window
  }
  for (int i = 0; i < 4; ++i)
    ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
  ASSERT_TRUE(bench.engine.close_tunnel(peer.tunnel(), make_reason(StopResult::general_clear), bench.now));
  const std::uint16_t all = peer.nr;
  for (int i = 1; i <= 4; ++i) {
    bench.pass(Duration{22'000});
    peer.nr = static_cast<std::uint16_t>(all + i); // one more at a time
    bench.receive(peer.datagram({}, 0, peer.ns));
  }
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST(BoundedStates, AClosingTunnelWhoseStopCcnFoundNoMemoryEnds) {
  Bench bench({.message_memory = {.octets_max = MessagePool::slab_octets * 3, .idle_octets_max = 0}});
  RawPeer idle(bench, 100), busy(bench, 101);
  idle.establish();
  busy.establish();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  for (const std::size_t length : {200u, 60u, 1u}) { // fills the rooms for messages of each size
    settings->called_number.assign(length, '5');
    while (bench.counters().no_control_frame_resources == 0)
      ASSERT_TRUE(bench.engine.open_session(busy.tunnel(), settings, std::nullopt, 0, bench.now));
    bench.engine.reset_counters();
  }
  bench.take();
  ASSERT_TRUE(bench.engine.close_tunnel(idle.tunnel(), make_reason(StopResult::general_clear), bench.now));
  EXPECT_EQ(idle.take(), Lines{"tunnel down: local request 1/0"}) << "there is memory for a StopCCN";
  const Lines lines = bench.pass(Duration{10});
  EXPECT_EQ(std::ranges::count(lines, "tunnel gone"), 1);
  EXPECT_EQ(idle.state(), nullptr);
}

TEST(BoundedStates, APeerThatNeverSendsItsScccnIsGivenUpThoughTheOperatorSetNoLimit) {
  Bench bench;
  bench.policy.tunnel->establish_timeout = Duration{0};
  RawPeer peer(bench);
  peer.send(peer.sccrq());
  peer.acknowledge();
  bench.pass(Duration{200'000});
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

} // namespace
} // namespace openl2tp::protocol::test
