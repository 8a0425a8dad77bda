// What time does to tunnels and calls: time-outs, HELLO, back-off, windows, the wrap of sequence numbers.
// And what is hidden on the way. RFC 2661 §4.3, §5.5, §5.7, §5.8.
#include <gtest/gtest.h>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

using enum MessageType;

struct Timing : testing::Test {
  Bench bench;
  RawPeer peer{bench};

  /// When, in milliseconds from now on, messages of `type` go out within `duration`.
  std::vector<int> times(MessageType type, Duration duration) {
    const TimePoint start = bench.now;
    std::vector<int> at;
    std::size_t seen = bench.count(type);
    while (bench.now < start + duration) {
      bench.pass(Duration{4});
      for (; seen < bench.count(type); ++seen)
        at.push_back(static_cast<int>((bench.now - start).count()));
    }
    return at;
  }
};

::testing::AssertionResult about(const std::vector<int>& seconds, const std::vector<int>& milliseconds,
                                 int unit = 1000) {
  if (seconds.size() != milliseconds.size())
    return ::testing::AssertionFailure() << milliseconds.size() << " times: " << ::testing::PrintToString(milliseconds);
  for (std::size_t i = 0; i < seconds.size(); ++i)
    if (std::abs(seconds[i] * unit - milliseconds[i]) > 60)
      return ::testing::AssertionFailure() << ::testing::PrintToString(milliseconds);
  return ::testing::AssertionSuccess();
}

TEST_F(Timing, AnUnansweredSccrpIsRepeatedWithBackOffAndGivenUp) {
  bench.policy.tunnel->vendor_name.clear();
  peer.send(peer.sccrq());
  EXPECT_TRUE(about({1, 3, 7, 15, 23}, times(sccrp, Duration{40'000})));
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Timing, AnUnacknowledgedStopCcnIsRepeatedWithBackOffAndGivenUp) {
  peer.establish();
  ASSERT_TRUE(bench.engine.close_tunnel(peer.tunnel(), make_reason(StopResult::general_clear), bench.now));
  bench.take();
  // The round trip is known, so they are more in the same time.
  EXPECT_TRUE(about({2, 6, 14, 30, 62, 126, 206, 286}, times(stopccn, Duration{40'000}), 100));
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Timing, AClosingTunnelWaitsForItsAcknowledgementAndNoLonger) {
  peer.establish();
  ASSERT_TRUE(bench.engine.close_tunnel(peer.tunnel(), make_reason(StopResult::general_clear), bench.now));
  peer.take();
  EXPECT_EQ(bench.engine.tunnel_count(), 1u);
  EXPECT_EQ(peer.acknowledge(), Lines{"tunnel gone"});
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Timing, AStopCcnIsAcknowledgedAgainForAWholeCycle) {
  peer.establish();
  EXPECT_EQ(peer.send(a_stopccn(peer.id)), (Lines{"tunnel down: peer request 1/0", "ZLB", "tunnel gone"}));
  EXPECT_EQ(bench.engine.tunnel_count(), 0u) << "only its acknowledgement is kept";
  const TimePoint since = bench.now;
  for (const int second : {2, 10, 25}) {
    bench.pass(since + Duration{second * 1000} - bench.now);
    EXPECT_EQ(peer.repeat(), Lines{"ZLB"}) << second;
    EXPECT_EQ(bench.sent.back().header.nr, peer.ns);
  }
  EXPECT_EQ(bench.pass(Duration{10'000}), Lines{});
  EXPECT_EQ(peer.repeat(), Lines{});
}

TEST_F(Timing, AStopCcnOvertakesTheCallsThatWaitForTheWindow) {
  peer.establish();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  for (int i = 0; i < 50; ++i)
    ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
  ASSERT_TRUE(bench.engine.close_tunnel(peer.tunnel(), make_reason(StopResult::shutting_down), bench.now));
  peer.take();
  const std::size_t before = bench.count(MessageType::icrq);
  EXPECT_LT(before, 10u);
  peer.acknowledge();
  EXPECT_EQ(bench.newest(stopccn).number(9), peer.ours);
  EXPECT_EQ(bench.count(MessageType::icrq), before);
  EXPECT_EQ(bench.count(cdn), 0u);
}

TEST_F(Timing, ATunnelThatIsNotEstablishedInTimeIsClosed) {
  auto settings = PlainPolicy::default_tunnel();
  settings->establish_timeout = Duration{5000};
  peer.called(settings);
  peer.nr = 1;
  peer.acknowledge();
  const Lines lines = bench.pass(Duration{5010});
  EXPECT_EQ(lines, (Lines{"StopCCN 1/0", "tunnel down: not established in time 1/0"}));
}

TEST_F(Timing, ACallThatIsNotEstablishedInTimeIsCleared) {
  peer.establish();
  auto settings = std::make_shared<SessionSettings>();
  settings->establish_timeout = Duration{3000};
  settings->type = SessionType::lac_incoming;
  ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
  peer.take();
  peer.acknowledge();
  EXPECT_EQ(bench.pass(Duration{3010}), (Lines{"CDN 10/0", "session ended: not established in time 10/0"}));
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
}

TEST_F(Timing, AnIdleTunnelIsClosedAfterItsLastCall) {
  bench.policy.tunnel->idle_timeout = Duration{20'000};
  peer.establish();
  peer.send(an_icrq(5));
  peer.acknowledge();
  peer.pass(Duration{50'000});
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
  Cdn cdn;
  cdn.assigned_session_id = 5;
  cdn.result_code = {.result = 3};
  peer.send(cdn);
  EXPECT_EQ(bench.pass(Duration{19'000}), Lines{"ZLB"});
  EXPECT_EQ(bench.pass(Duration{1100}), (Lines{"StopCCN 1/0", "tunnel down: idle 1/0"}));
}

TEST_F(Timing, AModifiedHelloIntervalTakesEffectAtOnce) {
  peer.establish();
  auto settings = std::make_shared<TunnelSettings>(*bench.policy.tunnel);
  settings->hello_interval = Duration{2000};
  ASSERT_TRUE(bench.engine.modify_tunnel(peer.tunnel(), settings, bench.now));
  const auto at = times(hello, Duration{2300});
  ASSERT_FALSE(at.empty());
  EXPECT_NEAR(at[0], 2000, 210);
}

TEST_F(Timing, HellosCanBeSwitchedOffOnALivingTunnel) {
  peer.establish();
  auto settings = std::make_shared<TunnelSettings>(*bench.policy.tunnel);
  settings->hello_interval = Duration{0};
  ASSERT_TRUE(bench.engine.modify_tunnel(peer.tunnel(), settings, bench.now));
  EXPECT_EQ(bench.pass(Duration{600'000}), Lines{});
  EXPECT_EQ(peer.state()->state(), TunnelState::established); // no peer must say HELLO
}

TEST_F(Timing, AHelloGoesOutAfterAMinuteOfSilenceForNoSession) {
  peer.establish();
  const auto at = times(hello, Duration{67'000});
  ASSERT_GE(at.size(), 1u);
  EXPECT_GE(at[0], 53'000);
  EXPECT_EQ(bench.newest(hello).header.session_id, 0);
  EXPECT_EQ(bench.newest(hello).header.tunnel_id, peer.id);
}

TEST_F(Timing, AProbedTunnelSaysHelloAtOnce) {
  peer.establish();
  bench.engine.probe_tunnel(peer.tunnel(), bench.now);
  EXPECT_EQ(peer.pass(Duration{1}), Lines{"HELLO"});
  peer.acknowledge();
  EXPECT_EQ(bench.pass(Duration{10'000}), Lines{});
}

TEST_F(Timing, AProbedTunnelThatWaitsForAnAcknowledgementAsksNothingMore) {
  peer.establish();
  bench.engine.probe_tunnel(peer.tunnel(), bench.now);
  EXPECT_EQ(bench.pass(Duration{1}), Lines{"HELLO"});
  bench.engine.probe_tunnel(peer.tunnel(), bench.now);
  EXPECT_EQ(bench.pass(Duration{1}), Lines{});
  EXPECT_EQ(peer.state()->hello_counters().sent, 1u);
}

TEST_F(Timing, AProbedTunnelWhosePeerIsSilentGoesDown) {
  peer.establish();
  bench.engine.probe_tunnel(peer.tunnel(), bench.now);
  bench.pass(Duration{40'000});
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Timing, AnAcknowledgedHelloKeepsTheTunnel) {
  peer.establish();
  for (int i = 0; i < 10; ++i) {
    peer.pass(Duration{67'000});
    peer.acknowledge();
  }
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
  EXPECT_EQ(peer.state()->hello_counters().sent, bench.counters().messages[6].sent);
}

TEST_F(Timing, ARetransmissionCarriesTheNewestNr) {
  peer.establish();
  peer.send(an_icrq(5));
  const Bytes first = bench.newest(icrp).octets;
  peer.nr = 1; // the ICRP is not acknowledged
  peer.send(Hello{});
  bench.pass(Duration{1100});
  Bytes second = bench.newest(icrp).octets;
  EXPECT_EQ(bench.newest(icrp).header.nr, peer.ns);
  EXPECT_NE(first, second);
  second[10] = first[10];
  second[11] = first[11];
  EXPECT_EQ(first, second);
}

// ---- windows

TEST_F(Timing, AnAbsentReceiveWindowMeansFour) {
  peer.establish();
  EXPECT_EQ(peer.state()->channel().transmit_window(), 4);
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  for (int i = 0; i < 30; ++i)
    ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
  for (int i = 0; i < 30; ++i) { // never more than four beyond what is acknowledged
    const std::uint16_t acknowledged = peer.nr;
    peer.acknowledge();
    EXPECT_LE(static_cast<std::uint16_t>(peer.nr - acknowledged), 4);
  }
  EXPECT_EQ(bench.count(MessageType::icrq), 30u + bench.counters().retransmitted_control_frames);
}

TEST_F(Timing, APeerWindowOfOneIsHeeded) {
  Sccrq request = peer.sccrq();
  request.receive_window_size = 1;
  peer.send(request);
  peer.send(Scccn{});
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  for (int i = 0; i < 3; ++i)
    ASSERT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
  EXPECT_EQ(peer.take(), Lines{"ICRQ"});
  EXPECT_EQ(peer.acknowledge(), Lines{"ICRQ"});
}

TEST_F(Timing, AnOverrunOfOurWindowRecovers) {
  peer.establish();
  const std::uint16_t lost = peer.ns++;
  for (int i = 0; i < 40; ++i) // one is missing, and the window of ten is exceeded
    peer.send(Hello{});
  bench.receive(peer.datagram(body_of(Hello{}), 0, lost));
  EXPECT_EQ(peer.state()->channel().nr(), static_cast<std::uint16_t>(lost + 10));
  for (std::uint16_t ns = static_cast<std::uint16_t>(lost + 10); ns != peer.ns; ++ns)
    bench.receive(peer.datagram(body_of(Hello{}), 0, ns));
  EXPECT_EQ(peer.state()->channel().nr(), peer.ns);
  EXPECT_EQ(bench.counters().messages[6].received, 41u);
}

TEST_F(Timing, MessagesOutOfOrderAreHandledInOrder) {
  peer.establish();
  Cdn cdn;
  cdn.assigned_session_id = 5;
  cdn.result_code = {.result = 3};
  const std::uint16_t first = peer.ns++;
  EXPECT_EQ(peer.send(cdn), Lines{"ZLB"}) << "which repeats the acknowledgement";
  EXPECT_EQ(bench.receive(peer.datagram(body_of(an_icrq(5)), 0, first)),
            (Lines{"session created", "ICRP", "session ended: peer request 3/0"}));
}

TEST(SequenceNumbers, WrapUnder66000Hellos) {
  Pair pair;
  auto silent = PlainPolicy::default_tunnel(), talking = PlainPolicy::default_tunnel();
  silent->hello_interval = Duration{0};
  talking->hello_interval = Duration{1000};
  pair.lns.policy.tunnel = silent;
  const TunnelId id = pair.open(talking);
  pair.pass(Duration{200});
  const Tunnel* sender = pair.lac.engine.find(id);
  const Tunnel* receiver = pair.lns.engine.find(pair.lns.all<TunnelUp>()[0].tunnel);
  pair.pass(Duration{66'000LL * 1150});
  EXPECT_GE(sender->hello_counters().sent, 66'000u);
  EXPECT_EQ(receiver->hello_counters().received, sender->hello_counters().sent);
  EXPECT_EQ(sender->channel().counters().retransmits, 0u);
  EXPECT_EQ(sender->state(), TunnelState::established);
  EXPECT_EQ(receiver->state(), TunnelState::established);
}

// ---- hiding

struct HidingTunnels : testing::Test {
  Pair pair;
  TunnelId lac_tunnel, lns_tunnel;
  std::shared_ptr<TunnelSettings> settings = PlainPolicy::default_tunnel();
  void SetUp() override {
    settings->secret = Secret("sesame");
    settings->hide_avps = true;
    pair.lns.policy.tunnel = settings;
    lac_tunnel = pair.open(settings);
    pair.pass(Duration{200});
    ASSERT_EQ(pair.lns.count<TunnelUp>(), 1u);
    lns_tunnel = pair.lns.all<TunnelUp>()[0].tunnel;
  }
};

TEST_F(HidingTunnels, OnBothSidesCarriesCallsOfBothKinds) {
  const SessionId in = pair.call(pair.lac, lac_tunnel, SessionType::lac_incoming);
  const SessionId out = pair.call(pair.lns, lns_tunnel, SessionType::lns_outgoing);
  pair.pass(Duration{200});
  EXPECT_EQ(pair.lac.count<SessionUp>(), 2u);
  EXPECT_EQ(pair.lns.count<SessionUp>(), 2u);
  EXPECT_EQ(pair.lac.engine.find(lac_tunnel, in)->state(), SessionState::established);
  EXPECT_EQ(pair.lns.engine.find(lns_tunnel, out)->peer().tx_connect_speed, 64000u);
}

TEST_F(HidingTunnels, CarriesSliAndWen) {
  const SessionId call = pair.call(pair.lac, lac_tunnel, SessionType::lac_incoming);
  pair.pass(Duration{200});
  const SessionId other = pair.lns.all<SessionUp>()[0].session;
  ASSERT_TRUE(pair.lns.engine.send_accm(lns_tunnel, other, {.send = 1, .receive = 2}, pair.now));
  ASSERT_TRUE(pair.lac.engine.send_call_errors(lac_tunnel, call, {.crc = 7}, pair.now));
  pair.pass(Duration{200});
  EXPECT_EQ(pair.lac.engine.find(lac_tunnel, call)->peer().extras->accm, (Accm{.send = 1, .receive = 2}));
  EXPECT_EQ(pair.lns.engine.find(lns_tunnel, other)->peer().extras->call_errors.crc, 7u);
}

TEST_F(HidingTunnels, GoesOnWithTheSecretOfSetUpAfterAModification) {
  auto modified = std::make_shared<TunnelSettings>(*settings);
  modified->secret = Secret("another");
  ASSERT_TRUE(pair.lac.engine.modify_tunnel(lac_tunnel, modified, pair.now));
  pair.call(pair.lac, lac_tunnel, SessionType::lac_incoming);
  pair.pass(Duration{200});
  EXPECT_EQ(pair.lns.count<SessionUp>(), 1u);
}

TEST(HiddenAvps, AreInEveryMessageButSccrq) {
  Bench bench;
  bench.policy.tunnel->secret = Secret("sesame");
  bench.policy.tunnel->hide_avps = true;
  const auto hidden = [](const SentMessage& sent) {
    for (const RawAvp& avp : sent.avps())
      if (avp.hidden) return true;
    return false;
  };
  RawPeer called(bench, 100);
  called.called(bench.policy.tunnel);
  EXPECT_FALSE(hidden(bench.newest(sccrq)));
  RawPeer calling(bench, 101);
  calling.send(calling.sccrq());
  EXPECT_TRUE(hidden(bench.newest(sccrp)));
}

TEST(HiddenAvps, AreNotSentWithoutASecret) {
  Bench bench;
  bench.policy.tunnel->hide_avps = true;
  RawPeer peer(bench);
  peer.establish();
  peer.send(an_icrq(5));
  for (const SentMessage& sent : bench.sent)
    for (const RawAvp& avp : sent.type == zlb ? std::vector<RawAvp>{} : sent.avps())
      EXPECT_FALSE(avp.hidden);
}

TEST(HiddenAvps, OfAnSccrqAreOpenedWithThePeersSecret) {
  Bench bench;
  bench.policy.tunnel->secret = Secret("sesame");
  RawPeer peer(bench);
  SeededRandom random(3);
  const Secret secret("sesame");
  EXPECT_EQ(peer.send_body(body_of(peer.sccrq(), {.hide = true, .secret = secret.octets(), .random = &random})),
            (Lines{"tunnel created", "SCCRP"}));
  EXPECT_EQ(bench.newest(sccrp).header.tunnel_id, peer.id);
}

TEST(HiddenAvps, OfAnotherSecretRefuseTheTunnelOrTheCallOnly) {
  Bench bench;
  bench.policy.tunnel->secret = Secret("sesame");
  RawPeer peer(bench);
  peer.establish();
  SeededRandom random(3);
  const Secret wrong("wrong");
  const Lines lines = peer.send_body(body_of(an_icrq(5), {.hide = true, .secret = wrong.octets(), .random = &random}));
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_TRUE(lines[0].starts_with("CDN 2/"));
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
}

} // namespace
} // namespace openl2tp::protocol::test
