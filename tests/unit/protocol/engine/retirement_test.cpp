// A tunnel that only lingers makes room for its successor under the same id, and still acknowledges (§5.7).
#include <gtest/gtest.h>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

class Retirement : public ::testing::Test {
 protected:
  /// A tunnel of ours that was up until the peer said StopCCN; its id.
  TunnelId ended() {
    const TunnelId id = peer.called();
    peer.send(peer.sccrp());
    peer.pass(Duration{100});
    peer.send(a_stopccn(peer.id));
    EXPECT_EQ(bench.engine.find(id)->state(), TunnelState::lingering);
    return id;
  }
  /// The successor: another tunnel to the same peer, which calls it `called`.
  void reopen(TunnelId id) {
    const auto opened = bench.engine.open_tunnel({.path = {lns_endpoint, lac_endpoint}}, PlainPolicy::default_tunnel(),
                                                 id, 0, bench.now);
    ASSERT_EQ(opened, id);
    bench.take();
  }
  Bench bench;
  RawPeer peer{bench};
};

TEST_F(Retirement, IsSaidAtOnceAndTheIdIsFree) {
  const TunnelId id = ended();
  EXPECT_TRUE(bench.engine.retire_lingering(id, bench.now));
  EXPECT_EQ(bench.take(), Lines{"tunnel gone"});
  EXPECT_EQ(bench.engine.find(id), nullptr);
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
  reopen(id);
  EXPECT_EQ(bench.engine.find(id)->state(), TunnelState::wait_ctl_reply);
}

TEST_F(Retirement, IsForLingeringTunnelsAlone) {
  const TunnelId id = peer.called();
  EXPECT_FALSE(bench.engine.retire_lingering(id, bench.now));
  EXPECT_FALSE(bench.engine.retire_lingering(TunnelId{1}, bench.now));
  EXPECT_EQ(bench.take(), Lines{});
  EXPECT_NE(bench.engine.find(id), nullptr);
}

TEST_F(Retirement, TheStopccnIsStillAcknowledgedForACycle) {
  ASSERT_TRUE(bench.engine.retire_lingering(ended(), bench.now));
  bench.take();
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  bench.pass(Duration{25'000});
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  EXPECT_EQ(bench.pass(Duration{60'000}), Lines{}) << "nothing more is said of it";
  EXPECT_EQ(peer.repeat(), Lines{});
}

TEST_F(Retirement, TheStopccnComesAgainWhileTheSuccessorWaitsForItsReply) {
  const TunnelId id = ended();
  ASSERT_TRUE(bench.engine.retire_lingering(id, bench.now));
  reopen(id);
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  EXPECT_EQ(bench.newest(MessageType::zlb).header.tunnel_id, peer.id);
  EXPECT_EQ(bench.engine.find(id)->state(), TunnelState::wait_ctl_reply);
}

TEST_F(Retirement, TheStopccnComesAgainWhenTheSuccessorIsUp) {
  const TunnelId id = ended();
  ASSERT_TRUE(bench.engine.retire_lingering(id, bench.now));
  reopen(id);
  RawPeer anew(bench, 101);
  anew.ours = id.value;
  anew.nr = 1;
  EXPECT_EQ(anew.send(anew.sccrp()), (Lines{"SCCCN", "tunnel up"}));
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  EXPECT_EQ(bench.newest(MessageType::zlb).header.tunnel_id, peer.id);
  EXPECT_EQ(bench.engine.find(id)->state(), TunnelState::established);
  EXPECT_EQ(anew.send(Hello{}), Lines{}); // to be acknowledged in a moment
  EXPECT_EQ(bench.engine.find(id)->hello_counters().received, 1u);
}

TEST_F(Retirement, TheSuccessorHearsItsOwnStopccn) {
  const TunnelId id = ended();
  ASSERT_TRUE(bench.engine.retire_lingering(id, bench.now));
  reopen(id);
  RawPeer anew(bench, 101);
  anew.ours = id.value;
  anew.nr = 1;
  anew.send(anew.sccrp());
  anew.send(a_stopccn(101));
  EXPECT_EQ(bench.engine.find(id)->state(), TunnelState::lingering);
  EXPECT_TRUE(bench.engine.retire_lingering(id, bench.now)) << "it follows in its turn";
  bench.take();
  reopen(id);
  EXPECT_EQ(anew.repeat(), Lines{"ZLB"});
}

TEST_F(Retirement, ARefusalOfTheSuccessorIsHeard) {
  const TunnelId id = ended();
  ASSERT_TRUE(bench.engine.retire_lingering(id, bench.now));
  reopen(id);
  RawPeer anew(bench, 101);
  anew.ours = id.value;
  anew.nr = 1;
  const Lines lines = anew.send(a_stopccn(101, 2));
  ASSERT_FALSE(lines.empty());
  EXPECT_EQ(lines.front(), "tunnel down: peer request 2/0");
}

} // namespace
} // namespace openl2tp::protocol::test
