// Sockets of their own that tunnels have, and when they go.
#include <gtest/gtest.h>

#include "tests/unit/runtime/shard/lab_plugin.hpp"
#include "tests/unit/runtime/shard/shard_lab.hpp"

namespace openl2tp::runtime {
namespace {

using testing::LabPlugin;
using testing::ShardLab;

TEST(ShardSockets, ASocketThatIsReleasedInTheMiddleOfABatchIsNotLookedAtAgain) {
  const LabPlugin plugin(OPENL2TP_DATA_PATH_FRAMES);
  ShardLab lab({.kernel = false, .plugin = &LabPlugin::entry});
  const protocol::Endpoint own{.address = ShardLab::here.address, .port = 5555};
  const auto tunnel = lab.create_tunnel({}, TunnelSocket{UdpSocket{lab.network.open_udp(own), own}, true});
  ASSERT_TRUE(lab.run_until([&] { return lab.shard().report_tunnel(tunnel)->state == "ESTABLISHED"; }));
  ASSERT_TRUE(lab.shard().create_session(tunnel, {}));
  ASSERT_TRUE(lab.run_until([&] { return lab.peer.node.count<protocol::SessionUp>() == 1; }));
  ASSERT_EQ(LabPlugin::count("open 2"), 1U);
  const auto up = lab.peer.node.all<protocol::SessionUp>().front();
  const auto frame = lab.peer.data_for(up.tunnel, up.session, 9);

  // Acknowledging our StopCCN ends the tunnel, and the datagram behind it makes the shard perform that at once.
  lab.peer.holding = true;
  ASSERT_TRUE(lab.shard().close_tunnel(tunnel, "enough"));
  ASSERT_TRUE(lab.run_until([&] { return lab.peer.held() != 0; }));
  for (int i = 0; i < 3; ++i)
    lab.peer.send(own, frame);
  lab.peer.release();
  EXPECT_TRUE(lab.run_until([&] { return lab.shard().list_tunnels().empty(); }, protocol::Duration{100}));
  lab.stop();
  EXPECT_EQ(LabPlugin::count("close 0") + LabPlugin::count("close 1"), 1U);
}

} // namespace
} // namespace openl2tp::runtime
