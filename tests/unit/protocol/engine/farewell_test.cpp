// A tunnel that its peer closed is gone at once. Its id is free for a successor, and the StopCCN is still acknowledged
// when it comes again (§5.7).
#include <gtest/gtest.h>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

class FarewellTest : public ::testing::Test {
 protected:
  /// A tunnel of ours that was up until the peer said StopCCN; its id.
  TunnelId ended() {
    const TunnelId id = peer.called();
    peer.send(peer.sccrp());
    peer.pass(Duration{100});
    peer.send(a_stopccn(peer.id));
    EXPECT_EQ(bench.engine.find(id), nullptr);
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

TEST_F(FarewellTest, LeavesNoTunnelAndTheIdIsFree) {
  const TunnelId id = ended();
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
  reopen(id);
  EXPECT_EQ(bench.engine.find(id)->state(), TunnelState::wait_ctl_reply);
}

TEST_F(FarewellTest, IsGivenToAPeerThatKnowsNoIdOfOurs) {
  peer.send(peer.sccrq());
  peer.ours = 0;
  EXPECT_EQ(peer.send(a_stopccn(peer.id)), (Lines{"tunnel down: peer request 1/0", "ZLB", "tunnel gone"}));
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  EXPECT_EQ(bench.sent.back().header.tunnel_id, peer.id);
  EXPECT_EQ(bench.sent.back().header.nr, peer.ns);
}

TEST_F(FarewellTest, IsForThePeerAlone) {
  ended();
  peer.address.port = 5000;
  EXPECT_EQ(peer.repeat(), Lines{});
}

TEST_F(FarewellTest, AnswersNoZlb) {
  ended();
  EXPECT_EQ(peer.acknowledge(), Lines{});
}

// An SCCRP that nobody waits for any more would be taken for the answer to the peer's next SCCRQ.
TEST_F(FarewellTest, EndsTheRepetitionOfWhatWasOutstanding) {
  peer.send(peer.sccrq());
  peer.ours = 0;
  peer.send(a_stopccn(peer.id));
  EXPECT_EQ(bench.pass(Duration{60'000}), Lines{});
  RawPeer again(bench, peer.id);
  EXPECT_EQ(again.send(again.sccrq()), (Lines{"tunnel created", "SCCRP"}));
}

TEST_F(FarewellTest, TheStopccnIsStillAcknowledgedForACycle) {
  ended();
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  bench.pass(Duration{25'000});
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  EXPECT_EQ(bench.pass(Duration{60'000}), Lines{}) << "nothing more is said of it";
  EXPECT_EQ(peer.repeat(), Lines{});
}

TEST_F(FarewellTest, TheStopccnComesAgainWhileTheSuccessorWaitsForItsReply) {
  const TunnelId id = ended();
  reopen(id);
  EXPECT_EQ(peer.repeat(), Lines{"ZLB"});
  EXPECT_EQ(bench.newest(MessageType::zlb).header.tunnel_id, peer.id);
  EXPECT_EQ(bench.engine.find(id)->state(), TunnelState::wait_ctl_reply);
}

TEST_F(FarewellTest, TheStopccnComesAgainWhenTheSuccessorIsUp) {
  const TunnelId id = ended();
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

TEST_F(FarewellTest, TheSuccessorHearsItsOwnStopccn) {
  const TunnelId id = ended();
  reopen(id);
  RawPeer anew(bench, 101);
  anew.ours = id.value;
  anew.nr = 1;
  anew.send(anew.sccrp());
  anew.send(a_stopccn(101));
  EXPECT_EQ(bench.engine.find(id), nullptr) << "it follows in its turn";
  reopen(id);
  EXPECT_EQ(anew.repeat(), Lines{"ZLB"});
}

TEST_F(FarewellTest, ARefusalOfTheSuccessorIsHeard) {
  const TunnelId id = ended();
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
