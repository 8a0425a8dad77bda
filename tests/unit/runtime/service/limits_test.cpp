// What the operator forbids: limits over all shards, drain, tunnels that nobody may make.
#include <gtest/gtest.h>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using testing::by_id;
using testing::eventually;
using testing::fails_with;
using testing::TwoDaemons;

class ServiceLimits : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  /// A tunnel of the LAC that the LNS refuses; false when it came up.
  bool refused() {
    const auto id = pair_.lac.control().tunnel_create(TwoDaemons::to_lns());
    EXPECT_TRUE(id);
    if (!id) return false;
    std::string state;
    EXPECT_TRUE(eventually([&] { return (state = pair_.lac.state(*id)) != "WAITCTLREPLY"; }));
    return state != "ESTABLISHED";
  }
  TwoDaemons pair_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Shards, ServiceLimits, ::testing::Values(1, 4));

TEST_P(ServiceLimits, TunnelsThatWeOpenAreLimitedOverAllShards) {
  pair_.lac.modify({.tunnels_max = 3});
  const std::uint16_t first = pair_.open();
  ASSERT_NE(pair_.open(), 0);
  ASSERT_NE(pair_.open(), 0);
  for (int i = 0; i < 5; ++i)
    EXPECT_TRUE(
        fails_with(pair_.lac.control().tunnel_create(TwoDaemons::to_lns()), ControlFault::tunnel_limit_exceeded));
  EXPECT_EQ(pair_.lac.system().counters.too_many_tunnels, 5u);
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(first), {}));
  ASSERT_TRUE(eventually([&] { return pair_.lac.state(first).empty(); }));
  EXPECT_NE(pair_.open(), 0);
}

TEST_P(ServiceLimits, TunnelsOfPeersAreLimitedOverAllShards) {
  pair_.lns.modify({.tunnels_max = 2});
  const std::uint16_t first = pair_.open();
  ASSERT_NE(pair_.open(), 0);
  EXPECT_TRUE(refused());
  EXPECT_TRUE(refused());
  EXPECT_EQ(pair_.lns.system().counters.too_many_tunnels, 2u);
  EXPECT_EQ(pair_.lns.tunnels_in("ESTABLISHED"), 2u);
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(first), {}));
  ASSERT_TRUE(eventually([&] { return pair_.lns.tunnels_in("ESTABLISHED") == 1; }));
  EXPECT_NE(pair_.open(), 0) << "one that its peer closed takes nobody's place";
}

TEST_P(ServiceLimits, SessionsAreLimitedOverAllTunnels) {
  pair_.lac.modify({.sessions_max = 3});
  const std::uint16_t first = pair_.open(), second = pair_.open();
  const std::uint16_t call = pair_.call(first);
  ASSERT_NE(pair_.call(second), 0);
  ASSERT_NE(pair_.call(second), 0);
  EXPECT_TRUE(fails_with(pair_.lac.control().session_create(by_id(first), {}), ControlFault::session_limit_exceeded));
  EXPECT_TRUE(fails_with(pair_.lac.control().session_create(by_id(second), {}), ControlFault::session_limit_exceeded));
  EXPECT_EQ(pair_.lac.system().counters.too_many_sessions, 2u);
  ASSERT_TRUE(pair_.lac.control().session_delete(by_id(first, call), {}));
  EXPECT_NE(pair_.call(second), 0);
}

TEST_P(ServiceLimits, SessionsOfPeersAreLimitedOverAllTunnels) {
  pair_.lns.modify({.sessions_max = 2});
  const std::uint16_t first = pair_.open(), second = pair_.open();
  ASSERT_NE(pair_.call(first), 0);
  ASSERT_NE(pair_.call(second), 0);
  ASSERT_TRUE(pair_.lac.control().session_create(by_id(first), {}));
  EXPECT_TRUE(eventually([&] { return pair_.lns.system().counters.too_many_sessions == 1; }));
  EXPECT_TRUE(eventually([&] { return pair_.lac.system().sessions == 2; }));
  EXPECT_EQ(pair_.lns.system().sessions, 2u);
}

TEST_P(ServiceLimits, SessionsOfATunnelAreLimited) {
  auto parameters = TwoDaemons::to_lns();
  parameters.sessions_max = 1;
  const std::uint16_t id = pair_.open(parameters);
  ASSERT_NE(pair_.call(id), 0);
  EXPECT_TRUE(fails_with(pair_.lac.control().session_create(by_id(id), {}), ControlFault::tunnel_too_many_sessions));
  EXPECT_EQ(pair_.lac.system().sessions, 1u);
  ASSERT_TRUE(pair_.lac.control().tunnel_modify(by_id(id), {.sessions_max = 2}));
  EXPECT_NE(pair_.call(id), 0);
}

TEST_P(ServiceLimits, NothingNewIsMadeWhileDraining) {
  const std::uint16_t id = pair_.open();
  const std::uint16_t call = pair_.call(id);
  pair_.lac.modify({.drain = true});
  EXPECT_TRUE(
      fails_with(pair_.lac.control().tunnel_create(TwoDaemons::to_lns()), ControlFault::tunnel_create_admin_disabled));
  EXPECT_TRUE(fails_with(pair_.lac.control().session_create(by_id(id), {}), ControlFault::tunnel_add_admin_disabled));
  EXPECT_EQ(pair_.lac.state(id), "ESTABLISHED");
  EXPECT_EQ(pair_.lac.state(id, call), "ESTABLISHED");
  pair_.lac.modify({.drain = false});
  EXPECT_NE(pair_.call(id), 0);
  EXPECT_NE(pair_.open(), 0);
}

TEST_P(ServiceLimits, PeersGetNothingNewWhileWeDrain) {
  const std::uint16_t id = pair_.open();
  const std::uint16_t call = pair_.call(id);
  pair_.lns.modify({.drain = true});
  EXPECT_TRUE(refused());
  const auto late = pair_.lac.control().session_create(by_id(id), {});
  ASSERT_TRUE(late);
  EXPECT_TRUE(eventually([&] { return pair_.lac.state(id, *late).empty(); }));
  EXPECT_EQ(pair_.lac.state(id), "ESTABLISHED");
  EXPECT_EQ(pair_.lac.state(id, call), "ESTABLISHED");
}

TEST_P(ServiceLimits, LocalTunnelsMayBeDenied) {
  pair_.lac.modify({.deny_local_tunnel_creates = true});
  EXPECT_TRUE(
      fails_with(pair_.lac.control().tunnel_create(TwoDaemons::to_lns()), ControlFault::tunnel_create_admin_disabled));
}

TEST_P(ServiceLimits, TunnelsOfPeersMayBeDenied) {
  pair_.lns.modify({.deny_remote_tunnel_creates = true});
  EXPECT_TRUE(refused());
  EXPECT_TRUE(pair_.lns.tunnels().empty());
  pair_.lns.modify({.deny_remote_tunnel_creates = false});
  EXPECT_FALSE(refused());
}

TEST_P(ServiceLimits, TheSystemSaysWhatWasChanged) {
  pair_.lac.modify({.tunnels_max = 10, .drain = false});
  const SystemReport report = pair_.lac.system();
  EXPECT_EQ(report.config.udp_port, pair_.port);
  EXPECT_EQ(report.config.tunnels_max, 10u);
  EXPECT_EQ(report.changed.tunnels_max, 10u);
  EXPECT_EQ(report.changed.drain, false);
  EXPECT_FALSE(report.changed.sessions_max);
}

TEST_P(ServiceLimits, ASystemChangeOutOfRangeChangesNothing) {
  EXPECT_TRUE(fails_with(pair_.lac.control().system_modify({.tunnels_max = 5, .tunnel_persist_pend_timeout_s = 0}),
                         ControlFault::invalid_argument));
  EXPECT_EQ(pair_.lac.system().config.tunnels_max, 0u);
  EXPECT_FALSE(pair_.lac.system().changed.tunnels_max);
}

} // namespace
} // namespace openl2tp::runtime
