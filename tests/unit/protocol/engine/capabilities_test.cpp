// What is asked of a peer stays within what it offered, and what it asks within what we did. RFC 2661 §4.4.3, §4.4.4.
#include <gtest/gtest.h>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

using enum MessageType;

constexpr Framing sync_only{true, false}, async_only{false, true}, both_framings{true, true};
constexpr Bearer digital_only{true, false}, analog_only{false, true}, both_bearers{true, true};
constexpr std::uint16_t bearer_avp = 18, framing_avp = 19, maximum_avp = 17;

struct Capabilities : testing::Test {
  Bench bench;
  RawPeer peer{bench};

  void establish(Framing framing, std::optional<Bearer> bearer) {
    Sccrq request = peer.sccrq();
    request.framing_capabilities = framing;
    request.bearer_capabilities = bearer;
    peer.send(request);
    peer.send(Scccn{});
    peer.pass(Duration{100});
  }
  Lines call(SessionType type, Framing framing = both_framings, Bearer bearer = both_bearers) {
    auto settings = std::make_shared<SessionSettings>();
    settings->type = type;
    settings->framing_type = framing;
    settings->bearer_type = bearer;
    settings->called_number = "5";
    EXPECT_TRUE(bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now));
    return peer.take();
  }
};

TEST_F(Capabilities, AnOcrqAsksForNoMoreThanThePeerOffers) {
  establish(sync_only, digital_only);
  EXPECT_EQ(call(SessionType::lns_outgoing), Lines{"OCRQ"});
  EXPECT_EQ(bench.newest(ocrq).number(bearer_avp), 1u);
  EXPECT_EQ(bench.newest(ocrq).number(framing_avp), 1u);
}

TEST_F(Capabilities, AnOcrqAsksForAllThatBothEndsHave) {
  establish(both_framings, both_bearers);
  call(SessionType::lns_outgoing);
  EXPECT_EQ(bench.newest(ocrq).number(bearer_avp), 3u);
  EXPECT_EQ(bench.newest(ocrq).number(framing_avp), 3u);
}

TEST_F(Capabilities, AnOcrqForWhatThePeerDoesNotOfferIsNotSent) {
  establish(sync_only, digital_only);
  EXPECT_EQ(call(SessionType::lns_outgoing, async_only), Lines{"session ended: call not placed 5/0"});
  EXPECT_EQ(call(SessionType::lns_outgoing, both_framings, analog_only), Lines{"session ended: call not placed 5/0"});
  EXPECT_EQ(bench.count(ocrq), 0u);
}

TEST_F(Capabilities, AnOcrqWithoutALimitOfSpeedDoesNotAskForZero) {
  establish(both_framings, both_bearers);
  call(SessionType::lns_outgoing);
  EXPECT_EQ(bench.newest(ocrq).number(maximum_avp), 1'000'000'000u);
}

TEST_F(Capabilities, TwoOfOursWithDefaultsPlaceAnOutgoingCall) {
  Pair pair;
  auto settings = PlainPolicy::default_tunnel();
  settings->framing_capabilities = sync_only;
  settings->bearer_capabilities = digital_only;
  const TunnelId id = pair.open(settings); // the LAC offers 1 and 1
  pair.settle();
  const TunnelId lns = pair.lns.all<TunnelUp>()[0].tunnel;
  pair.call(pair.lns, lns, SessionType::lns_outgoing);
  pair.settle();
  EXPECT_EQ(pair.lns.count<SessionUp>(), 1u);
  EXPECT_EQ(pair.lac.engine.find(id)->sessions().size(), 1u);
}

TEST_F(Capabilities, AnIccnCarriesOneFramingThatThePeerHas) {
  struct Row {
    Framing ours, peers;
    unsigned sent;
  };
  for (const Row& row : {Row{both_framings, both_framings, 1}, Row{both_framings, async_only, 2},
                         Row{async_only, both_framings, 2}, Row{both_framings, sync_only, 1}}) {
    Bench one;
    RawPeer lns(one);
    Sccrq request = lns.sccrq();
    request.framing_capabilities = row.peers;
    lns.send(request);
    lns.send(Scccn{});
    auto settings = std::make_shared<SessionSettings>();
    settings->type = SessionType::lac_incoming;
    settings->framing_type = row.ours;
    const auto id = one.engine.open_session(lns.tunnel(), settings, std::nullopt, 0, one.now);
    lns.take();
    lns.send(Icrp{.assigned_session_id = 9}, id->value);
    EXPECT_EQ(one.newest(iccn).number(framing_avp), row.sent);
  }
}

TEST_F(Capabilities, AnIncomingCallThatThePeerCannotFrameIsNotAskedFor) {
  establish(sync_only, std::nullopt);
  EXPECT_EQ(call(SessionType::lac_incoming, async_only), Lines{"session ended: call not placed 5/0"});
  EXPECT_EQ(bench.count(icrq), 0u);
}

TEST_F(Capabilities, AnOccnCarriesOneFramingOfThoseAskedFor) {
  for (const auto& [asked, sent] :
       {std::pair{both_framings, 1u}, std::pair{sync_only, 1u}, std::pair{async_only, 2u}}) {
    Bench one;
    RawPeer lns(one);
    lns.establish();
    Ocrq request = an_ocrq();
    request.framing_type = asked;
    lns.send(request);
    const auto bearer = one.last<OpenBearer>();
    ASSERT_TRUE(one.engine.bearer_up(bearer.tunnel, bearer.session, {.tx = 64000, .rx = 0}, one.now));
    lns.take();
    lns.acknowledge();
    EXPECT_EQ(one.newest(occn).number(framing_avp), sent);
  }
}

TEST_F(Capabilities, AnIccnWithAFramingThatWeDidNotAdvertiseEndsTheCall) {
  bench.policy.tunnel->framing_capabilities = async_only;
  peer.establish();
  peer.send(an_icrq(5));
  EXPECT_EQ(peer.send(an_iccn(), bench.last<SessionCreated>().session.value),
            (Lines{"CDN 2/3", "session ended: protocol error 2/3"}));
}

TEST_F(Capabilities, AnIccnWithBothBitsIsTaken) { // OpenL2TP 1.8 sends it
  bench.policy.tunnel->framing_capabilities = sync_only;
  peer.establish();
  peer.send(an_icrq(5));
  Iccn message = an_iccn();
  message.framing_type = both_framings;
  EXPECT_EQ(peer.send(message, bench.last<SessionCreated>().session.value), Lines{"session up"});
}

TEST_F(Capabilities, AnOccnWithAFramingThatWeDidNotAdvertiseEndsTheCall) {
  bench.policy.tunnel->framing_capabilities = async_only;
  peer.establish();
  call(SessionType::lns_outgoing);
  const std::uint16_t ours = bench.engine.find(peer.tunnel())->sessions().begin()->first.value;
  peer.send(Ocrp{.assigned_session_id = 9}, ours);
  EXPECT_EQ(peer.send(an_occn(), ours), (Lines{"CDN 2/3", "session ended: protocol error 2/3"}));
}

} // namespace
} // namespace openl2tp::protocol::test
