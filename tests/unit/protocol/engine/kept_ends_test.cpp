// Tunnels and sessions handed over as they ended, for those who want to look at them afterwards.
#include <gtest/gtest.h>

#include "tests/unit/protocol/engine/engine_fixture.hpp"

namespace openl2tp::protocol::test {
namespace {

class KeptEnds : public ::testing::Test {
 protected:
  void SetUp() override {
    tunnel_ = pair_.open();
    pair_.settle();
    session_ = pair_.call(pair_.lac, tunnel_, SessionType::lac_incoming);
    pair_.settle();
  }
  void end() {
    ASSERT_TRUE(pair_.lac.engine.close_tunnel(tunnel_, make_reason(StopResult::general_clear), pair_.now));
    pair_.pass(Duration{100});
    ASSERT_EQ(pair_.lac.count<TunnelGone>(), 1u);
    ASSERT_EQ(pair_.lac.count<SessionEnded>(), 1u);
  }
  Pair pair_;
  TunnelId tunnel_;
  SessionId session_;
};

TEST_F(KeptEnds, AnActionCarriesNothingUnlessAsked) {
  end();
  EXPECT_EQ(pair_.lac.all<TunnelGone>()[0].last, nullptr);
  EXPECT_EQ(pair_.lac.all<SessionEnded>()[0].last, nullptr);
}

TEST_F(KeptEnds, ATunnelIsSeenAsItEnded) {
  pair_.lac.engine.keep_ended(true, false);
  end();
  const auto last = pair_.lac.all<TunnelGone>()[0].last;
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->id(), tunnel_);
  EXPECT_EQ(last->peer().host_name, "host");
  EXPECT_EQ(last->reason().result, static_cast<std::uint16_t>(StopResult::general_clear));
  EXPECT_GT(last->channel().counters().sent_packets, 0u);
  EXPECT_EQ(pair_.lac.all<SessionEnded>()[0].last, nullptr) << "only tunnels were asked for";
  EXPECT_EQ(pair_.lac.engine.find(tunnel_), nullptr);
  EXPECT_EQ(pair_.lac.engine.tunnel_count(), 0u);
}

TEST_F(KeptEnds, ASessionOutlivesItsTunnel) {
  pair_.lac.engine.keep_ended(false, true);
  end();
  const auto last = pair_.lac.all<SessionEnded>()[0].last;
  ASSERT_NE(last, nullptr);
  EXPECT_EQ(last->id(), session_);
  EXPECT_TRUE(last->peer_id());
  EXPECT_EQ(pair_.lac.engine.session_count(), 0u);
}

TEST_F(KeptEnds, NothingHappensToATunnelThatIsKept) {
  pair_.lac.engine.keep_ended(true, true);
  pair_.cut = true; // its StopCCN is repeated until it gives up
  ASSERT_TRUE(pair_.lac.engine.close_tunnel(tunnel_, make_reason(StopResult::general_clear), pair_.now));
  pair_.pass(Duration{200'000}); // the other end has found that out, too
  ASSERT_EQ(pair_.lac.count<TunnelGone>(), 1u);
  const std::size_t sent = pair_.datagrams;
  pair_.pass(Duration{600'000});
  EXPECT_EQ(pair_.lac.count<TunnelGone>(), 1u);
  EXPECT_EQ(pair_.datagrams, sent);
}

} // namespace
} // namespace openl2tp::protocol::test
