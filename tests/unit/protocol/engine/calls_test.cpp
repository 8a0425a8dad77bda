// Tunnels and calls of all four types, end to end between two engines.
#include <gtest/gtest.h>

#include "tests/unit/protocol/engine/engine_fixture.hpp"

namespace openl2tp::protocol::test {
namespace {

TEST(Tunnels, ComeUpAtBothEnds) {
  Pair pair;
  const TunnelId id = pair.open();
  pair.pass(Duration{200});
  ASSERT_EQ(pair.lac.count<TunnelUp>(), 1u);
  ASSERT_EQ(pair.lns.count<TunnelUp>(), 1u);
  const Tunnel* ours = pair.lac.engine.find(id);
  ASSERT_NE(ours, nullptr);
  EXPECT_EQ(ours->state(), TunnelState::established);
  EXPECT_EQ(ours->peer_id().value, pair.lns.all<TunnelUp>()[0].tunnel.value);
  EXPECT_EQ(ours->peer().host_name, "host");
  EXPECT_EQ(ours->peer().receive_window, 10);
}

TEST(Tunnels, OfAPairOfHostsAreNotLimitedToOne) {
  Pair pair;
  for (int i = 0; i < 500; ++i)
    pair.open();
  pair.pass(Duration{500});
  EXPECT_EQ(pair.lac.count<TunnelUp>(), 500u);
  EXPECT_EQ(pair.lns.count<TunnelUp>(), 500u);
}

TEST(Tunnels, AuthenticateBothWays) {
  Pair pair;
  auto settings = PlainPolicy::default_tunnel();
  settings->secret = Secret("sesame");
  settings->auth_mode = AuthMode::challenge;
  pair.lns.policy.tunnel = std::make_shared<TunnelSettings>(*settings);
  pair.open(settings);
  pair.pass(Duration{200});
  EXPECT_EQ(pair.lac.count<TunnelUp>(), 1u);
  EXPECT_EQ(pair.lns.count<TunnelUp>(), 1u);
}

TEST(Tunnels, WithAWrongSecretEndWithResultFourAtBothEnds) {
  Pair pair;
  auto settings = PlainPolicy::default_tunnel();
  settings->secret = Secret("sesame");
  pair.lns.policy.tunnel = std::make_shared<TunnelSettings>(*settings);
  pair.lns.policy.tunnel->auth_mode = AuthMode::challenge;
  settings->secret = Secret("other");
  pair.open(settings);
  pair.pass(Duration{40'000});
  ASSERT_EQ(pair.lns.count<TunnelDown>(), 1u);
  EXPECT_EQ(pair.lns.all<TunnelDown>()[0].cause, EndCause::not_authorised);
  EXPECT_EQ(pair.lns.engine.counters().authentication_failures, 1u);
  ASSERT_EQ(pair.lac.count<TunnelDown>(), 1u);
  EXPECT_EQ(pair.lac.all<TunnelDown>()[0].reason.result, 4);
  EXPECT_EQ(pair.lac.engine.tunnel_count() + pair.lns.engine.tunnel_count(), 0u);
}

struct CallCase {
  SessionType ours, peers;
  bool from_lac;
};

class Calls : public testing::TestWithParam<CallCase> {};

TEST_P(Calls, ComeUpAndClearFromEitherEnd) {
  for (const bool opener_clears : {true, false}) {
    Pair pair;
    const TunnelId lac_tunnel = pair.open();
    pair.pass(Duration{200});
    const TunnelId lns_tunnel = pair.lns.all<TunnelUp>()[0].tunnel;
    Node& opener = GetParam().from_lac ? pair.lac : pair.lns;
    Node& other = GetParam().from_lac ? pair.lns : pair.lac;
    const TunnelId tunnel = GetParam().from_lac ? lac_tunnel : lns_tunnel;
    const SessionId id = pair.call(opener, tunnel, GetParam().ours);
    pair.pass(Duration{200});
    ASSERT_EQ(opener.count<SessionUp>(), 1u);
    ASSERT_EQ(other.count<SessionUp>(), 1u);
    const SessionUp theirs = other.all<SessionUp>()[0];
    EXPECT_EQ(opener.engine.find(tunnel, id)->peer_id().value, theirs.session.value);
    EXPECT_EQ(other.engine.find(theirs.tunnel, theirs.session)->type(), GetParam().peers);
    EXPECT_EQ(other.engine.find(theirs.tunnel, theirs.session)->state(), SessionState::established);

    const Reason reason = make_reason(CdnResult::administrative, GeneralError::none, "bye");
    if (opener_clears)
      ASSERT_TRUE(opener.engine.close_session(tunnel, id, reason, pair.now));
    else
      ASSERT_TRUE(other.engine.close_session(theirs.tunnel, theirs.session, reason, pair.now));
    pair.pass(Duration{200});
    ASSERT_EQ(opener.count<SessionEnded>(), 1u);
    ASSERT_EQ(other.count<SessionEnded>(), 1u);
    EXPECT_EQ((opener_clears ? other : opener).all<SessionEnded>()[0].reason, reason);
    EXPECT_EQ(pair.lac.engine.session_count() + pair.lns.engine.session_count(), 0u);
    EXPECT_EQ(pair.lac.engine.find(lac_tunnel)->state(), TunnelState::established);
  }
}

INSTANTIATE_TEST_SUITE_P(OfAllTypes, Calls,
                         testing::Values(CallCase{SessionType::lac_incoming, SessionType::lns_incoming, true},
                                         CallCase{SessionType::lns_outgoing, SessionType::lac_outgoing, false},
                                         // The one who opened the tunnel may be the LNS of a call, too.
                                         CallCase{SessionType::lns_outgoing, SessionType::lac_outgoing, true},
                                         CallCase{SessionType::lac_incoming, SessionType::lns_incoming, false}));

TEST(Tunnels, OfASilentPeerAreGivenUpAfterTheRetries) {
  Pair pair;
  const TunnelId id = pair.open();
  pair.pass(Duration{200});
  pair.call(pair.lac, id, SessionType::lac_incoming);
  pair.pass(Duration{200});
  pair.cut = true;
  pair.pass(Duration{60'000 * 11 / 10 + 31'000 + 1000});
  ASSERT_EQ(pair.lac.count<TunnelDown>(), 1u);
  EXPECT_EQ(pair.lac.all<TunnelDown>()[0].cause, EndCause::peer_silent);
  EXPECT_EQ(pair.lac.count<SessionEnded>(), 1u);
  EXPECT_EQ(pair.lac.engine.tunnel_count(), 0u);
}

TEST(Tunnels, ThatCloseEndTheirSessionsWithoutCdnAndAreGoneAtBothEnds) {
  Pair pair;
  const TunnelId id = pair.open();
  pair.pass(Duration{200});
  for (int i = 0; i < 5; ++i)
    pair.call(pair.lac, id, SessionType::lac_incoming);
  pair.pass(Duration{500});
  ASSERT_EQ(pair.lns.count<SessionUp>(), 5u);
  ASSERT_TRUE(pair.lac.engine.close_tunnel(id, make_reason(StopResult::general_clear), pair.now));
  pair.pass(Duration{1000});
  EXPECT_EQ(pair.lns.count<SessionEnded>(), 5u);
  EXPECT_EQ(pair.lac.engine.counters().messages[14].sent, 0u);
  EXPECT_EQ(pair.lac.engine.tunnel_count(), 0u);
  EXPECT_EQ(pair.lns.engine.tunnel_count(), 0u);
}

TEST(Tunnels, StayUpThroughHellosForTenMinutes) {
  Pair pair;
  pair.open();
  pair.pass(Duration{600'000});
  EXPECT_EQ(pair.lac.engine.tunnel_count(), 1u);
  EXPECT_GE(pair.lac.engine.counters().messages[6].sent + pair.lns.engine.counters().messages[6].sent, 9u);
}

TEST(Tunnels, CountWhatCouldNotBeSent) {
  Pair pair;
  const TunnelId id = pair.open();
  pair.pass(Duration{200});
  const Tunnel* tunnel = pair.lac.engine.find(id);
  const std::vector<std::byte> zlb(12);
  std::vector<std::byte> hello(20);
  hello[19] = std::byte{6}; // the value of its Message Type AVP
  pair.lac.engine.note_send_failure(id, zlb);
  pair.lac.engine.note_send_failure(id, hello);
  pair.lac.engine.note_send_failure({}, hello); // no tunnel's
  EXPECT_EQ(tunnel->zlb_send_failures(), 1u);
  EXPECT_EQ(tunnel->hello_counters().send_failures, 1u);
  EXPECT_EQ(pair.lac.engine.counters().control_frame_send_failures, 3u);
}

} // namespace
} // namespace openl2tp::protocol::test
