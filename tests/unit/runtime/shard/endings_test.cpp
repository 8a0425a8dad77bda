// What arrives in one batch, or is asked for in one turn, may end what came up in it: the shard looks up again what it
// knew before.
#include <gtest/gtest.h>

#include "tests/unit/runtime/shard/lab_plugin.hpp"
#include "tests/unit/runtime/shard/shard_lab.hpp"

namespace openl2tp::runtime {
namespace {

using testing::LabPeer;
using testing::LabPlugin;
using testing::ShardLab;

class ShardEndings : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  /// The peer's tunnel is up at both ends.
  void open_tunnel() {
    tunnel_ = lab_.peer.open(ShardLab::here);
    ASSERT_TRUE(lab_.run_until([&] { return lab_.peer.node.count<protocol::TunnelUp>() == 1; }));
    ASSERT_TRUE(lab_.run_until([&] { return lab_.shard().totals().tunnels == 1; }));
  }
  /// The peer's ICCN is held, ready to arrive with what follows.
  void call_up_to_iccn() {
    session_ = lab_.peer.call(tunnel_);
    lab_.peer.loop.turn(false); // the ICRQ is on its way
    lab_.peer.holding = true;
    ASSERT_TRUE(lab_.run_until([&] { return lab_.peer.node.count<protocol::SessionUp>() == 1; }));
    ASSERT_TRUE(lab_.run_until([&] { return lab_.peer.held() != 0; }));
  }
  static constexpr std::uint8_t terminate_ack = 6, echo_request = 9;
  [[nodiscard]] testing::Bytes data(std::uint8_t lcp_code = echo_request) const {
    return lab_.peer.data_for(tunnel_, session_, lcp_code);
  }
  void expect_nothing_left() {
    lab_.run_for(protocol::Duration{1000});
    EXPECT_EQ(lab_.shard().totals().sessions, 0U);
    lab_.stop();
    EXPECT_EQ(lab_.kernel.objects(), std::vector<std::string>{});
    EXPECT_EQ(LabPlugin::count("open " + std::to_string(GetParam())),
              LabPlugin::count("close 3") + LabPlugin::count("close 1"));
    EXPECT_EQ(lab_.count_lines("unknown token"), 0U);
  }
  LabPlugin plugin_{GetParam()};
  ShardLab lab_{{.kernel = true, .plugin = &LabPlugin::entry}};
  protocol::TunnelId tunnel_;
  protocol::SessionId session_;
};

TEST_P(ShardEndings, ASessionComesUpAndEndsInOneBatch) {
  open_tunnel();
  call_up_to_iccn();
  const auto frame = data();
  lab_.peer.send(ShardLab::here, frame);
  lab_.peer.hang_up(tunnel_, session_);
  lab_.peer.release();
  expect_nothing_left();
}

TEST_P(ShardEndings, ATunnelEndsInTheTurnInWhichItsSessionComesUp) {
  open_tunnel();
  call_up_to_iccn();
  const auto frame = data();
  lab_.peer.send(ShardLab::here, frame);
  static_cast<void>(lab_.peer.node.engine.close_tunnel(
      tunnel_, protocol::make_reason(protocol::StopResult::general_clear), lab_.peer.loop.now()));
  lab_.peer.release();
  expect_nothing_left();
}

TEST_P(ShardEndings, TheOperatorDeletesATunnelInTheTurnInWhichItsSessionComesUp) {
  open_tunnel();
  call_up_to_iccn();
  const protocol::TunnelId ours{lab_.peer.node.engine.find(tunnel_)->peer_id().value};
  bool deleted = false;
  lab_.peer.release();
  lab_.run_for(protocol::Duration{0});
  // Messages are delivered after the datagrams of a turn.
  lab_.network.advance_to(lab_.network.now() + protocol::Duration{1});
  ASSERT_TRUE(lab_.shard().post([&] { deleted = lab_.shard().close_tunnel(ours, "enough").has_value(); }));
  ASSERT_TRUE(lab_.run_until([&] { return deleted; }));
  expect_nothing_left();
}

TEST_P(ShardEndings, ASessionEndsWhileTheKernelMakesIt) {
  open_tunnel();
  lab_.workers_held = true;
  call_up_to_iccn();
  lab_.peer.release();
  lab_.run_for(protocol::Duration{10});
  lab_.peer.hang_up(tunnel_, session_);
  lab_.run_for(protocol::Duration{10});
  lab_.workers_held = false;
  expect_nothing_left();
}

TEST_P(ShardEndings, APluginUsesItsTokenWhileItsSessionEnds) {
  open_tunnel();
  call_up_to_iccn();
  lab_.peer.release();
  ASSERT_TRUE(lab_.run_until([&] { return LabPlugin::count("open " + std::to_string(GetParam())) == 1; }));
  lab_.peer.holding = true;
  const auto frame = data();
  lab_.peer.hang_up(tunnel_, session_);
  lab_.peer.send(ShardLab::here, frame); // behind the CDN: PPP may still hear it, with a token that is good
  lab_.peer.release();
  expect_nothing_left();
}

TEST_P(ShardEndings, APluginThatEndsItsSessionMayTraceUntilItIsClosed) {
  open_tunnel();
  call_up_to_iccn();
  lab_.peer.release();
  ASSERT_TRUE(lab_.run_until([&] { return LabPlugin::count("open " + std::to_string(GetParam())) == 1; }));
  lab_.peer.holding = true;
  lab_.peer.send(ShardLab::here, data(terminate_ack));
  lab_.peer.send(ShardLab::here, data());
  const auto more = data();
  lab_.peer.hang_up(tunnel_, session_);
  lab_.peer.send(ShardLab::here, more);
  lab_.peer.release();
  expect_nothing_left();
}

INSTANTIATE_TEST_SUITE_P(DataPaths, ShardEndings,
                         ::testing::Values(OPENL2TP_DATA_PATH_NONE, OPENL2TP_DATA_PATH_KERNEL,
                                           OPENL2TP_DATA_PATH_FRAMES));

} // namespace
} // namespace openl2tp::runtime
