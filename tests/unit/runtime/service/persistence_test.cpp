// Persistent tunnels: what ends by anything but the operator's word comes back, with its sessions, under its ids.
#include <gtest/gtest.h>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using testing::by_id;
using testing::by_name;
using testing::eventually;
using testing::fails_with;
using testing::TwoDaemons;

class ServicePersistence : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    pair_.lac.modify({.tunnel_persist_pend_timeout_s = 1, .session_persist_pend_timeout_s = 1});
    auto parameters = TwoDaemons::to_lns();
    parameters.tunnel_name = "kept";
    parameters.persist = true;
    parameters.retries_max = 0; // ends a second after the peer fell silent, and lingers no longer
    tunnel_ = pair_.open(parameters);
    ASSERT_NE(tunnel_, 0);
  }
  /// The peer ends the tunnel.
  void cut() { ASSERT_TRUE(pair_.lns.control().tunnel_delete(by_id(pair_.far(tunnel_)), {})); }
  bool comes_to(std::string_view state) {
    return eventually([&] { return pair_.lac.state(tunnel_) == state; });
  }
  TwoDaemons pair_{GetParam()};
  std::uint16_t tunnel_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Shards, ServicePersistence, ::testing::Values(2));

TEST_P(ServicePersistence, ATunnelComesBackWithItsSessionsUnderTheirIds) {
  SessionParameters parameters;
  parameters.session_name = "first";
  parameters.user_name = "alice";
  const std::uint16_t first = pair_.call(tunnel_, parameters), second = pair_.call(tunnel_);
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  EXPECT_EQ(pair_.lac.tunnels(), std::vector{tunnel_});
  EXPECT_EQ(pair_.lac.sessions(tunnel_), (std::vector{std::min(first, second), std::max(first, second)}));
  EXPECT_EQ(pair_.lac.state(tunnel_, first), "RETRY");
  EXPECT_TRUE(pair_.lac.control().user_list()->empty());
  ASSERT_TRUE(comes_to("ESTABLISHED"));
  EXPECT_TRUE(eventually([&] {
    return pair_.lac.state(tunnel_, first) == "ESTABLISHED" && pair_.lac.state(tunnel_, second) == "ESTABLISHED";
  }));
  EXPECT_EQ(pair_.lac.control().tunnel_get(by_name("kept"))->tunnel_id, tunnel_);
  EXPECT_EQ(pair_.lac.control().session_get({.tunnel = by_id(tunnel_), .id = 0, .name = "first"})->session_id, first);
  EXPECT_EQ(pair_.lac.control().user_list()->size(), 1u);
  EXPECT_EQ(pair_.lac.system().sessions, 2u);
}

TEST_P(ServicePersistence, TheRetryDoesNotWaitForARetransmissionCycle) {
  auto parameters = TwoDaemons::to_lns();
  parameters.persist = true;
  parameters.retries_max = 5; // a cycle of 31 seconds, longer than the test has patience
  tunnel_ = pair_.open(parameters);
  const std::uint16_t session = pair_.call(tunnel_);
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  ASSERT_TRUE(comes_to("ESTABLISHED"));
  EXPECT_TRUE(eventually([&] { return pair_.lac.state(tunnel_, session) == "ESTABLISHED"; }));
}

TEST_P(ServicePersistence, AWaitingTunnelIsOneOfItsPeer) {
  const auto peers = [&] { return *pair_.lac.control().peer_list(); };
  const std::vector<PeerReport> before = peers();
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  ASSERT_EQ(before.size(), 1u);
  ASSERT_EQ(peers().size(), 1u);
  EXPECT_EQ(peers()[0].peer, testing::here(2));
  EXPECT_EQ(peers()[0].local, before[0].local);
  EXPECT_EQ(peers()[0].tunnels, 1u);
}

TEST_P(ServicePersistence, ATunnelComesBackWhenItsPeerIsStartedAgain) {
  const std::uint16_t session = pair_.call(tunnel_);
  pair_.lns.stop();
  ASSERT_TRUE(comes_to("RETRY"));
  testing::Daemon again({.shards = GetParam(), .listen = {testing::here(2)}, .port = pair_.port});
  again.start();
  ASSERT_TRUE(comes_to("ESTABLISHED"));
  EXPECT_TRUE(eventually([&] { return pair_.lac.state(tunnel_, session) == "ESTABLISHED"; }));
  EXPECT_EQ(again.system().tunnels, 1u);
}

TEST_P(ServicePersistence, ItCanBeDeletedWhileItWaits) {
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_name("kept"), {}));
  EXPECT_TRUE(pair_.lac.tunnels().empty());
  EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_get(by_name("kept")), ControlFault::tunnel_not_found));
  auto parameters = TwoDaemons::to_lns();
  parameters.tunnel_name = "kept";
  parameters.tunnel_id = tunnel_;
  EXPECT_EQ(pair_.open(parameters), tunnel_) << "name and id are free";
}

TEST_P(ServicePersistence, ItCanBeChangedWhileItWaits) {
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  ASSERT_TRUE(pair_.lac.control().tunnel_modify(by_id(tunnel_), {.hello_timeout_s = 1}));
  EXPECT_EQ(pair_.lac.tunnel(tunnel_).config.hello_timeout_s, 1u);
  ASSERT_TRUE(comes_to("ESTABLISHED"));
  EXPECT_TRUE(eventually([&] { return pair_.lac.tunnel(tunnel_).statistics.sent_hellos > 0; }));
}

TEST_P(ServicePersistence, ASessionDeletedWhileItsTunnelWaitsStaysAway) {
  const std::uint16_t goes = pair_.call(tunnel_), stays = pair_.call(tunnel_);
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  EXPECT_TRUE(pair_.lac.control().session_delete(by_id(tunnel_, goes), {}));
  EXPECT_TRUE(
      fails_with(pair_.lac.control().session_delete(by_id(tunnel_, goes), {}), ControlFault::session_not_found));
  ASSERT_TRUE(comes_to("ESTABLISHED"));
  EXPECT_TRUE(eventually([&] { return pair_.lac.state(tunnel_, stays) == "ESTABLISHED"; }));
  EXPECT_EQ(pair_.lac.sessions(tunnel_), std::vector{stays});
}

TEST_P(ServicePersistence, ASessionThatThePeerEndsComesBackAlone) {
  const std::uint16_t id = pair_.call(tunnel_);
  const std::uint16_t before = pair_.far(tunnel_, id);
  ASSERT_TRUE(pair_.lns.control().session_delete(by_id(pair_.far(tunnel_), before), {}));
  ASSERT_TRUE(eventually([&] { return pair_.lac.state(tunnel_, id) == "RETRY"; }));
  EXPECT_EQ(pair_.lac.sessions(tunnel_), std::vector{id});
  EXPECT_TRUE(eventually([&] { return pair_.lac.state(tunnel_, id) == "ESTABLISHED"; }));
  EXPECT_EQ(pair_.lac.state(tunnel_), "ESTABLISHED");
}

TEST_P(ServicePersistence, WhatTheOperatorDeletesStaysAway) {
  const std::uint16_t id = pair_.call(tunnel_);
  ASSERT_TRUE(pair_.lac.control().session_delete(by_id(tunnel_, id), {}));
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(tunnel_), {}));
  EXPECT_TRUE(eventually([&] { return pair_.lac.tunnels().empty(); }));
  EXPECT_EQ(pair_.lac.system().sessions, 0u);
  EXPECT_FALSE(pair_.lac.logged("is tried again"));
}

TEST_P(ServicePersistence, AWaitingTunnelDoesNotHoldUpTheEnd) {
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  pair_.lac.stop();
  EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_list(), ControlFault::shutting_down));
}

} // namespace
} // namespace openl2tp::runtime
