// Tunnels between two daemons, through Control: made, found, listed, changed and deleted, with one shard and several.
#include <gtest/gtest.h>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using testing::by_id;
using testing::by_name;
using testing::eventually;
using testing::fails_with;
using testing::here;
using testing::TwoDaemons;

class ServiceTunnels : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  TwoDaemons pair_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Shards, ServiceTunnels, ::testing::Values(1, 4));

TEST_P(ServiceTunnels, ComeUpAtBothEnds) {
  const std::uint16_t id = pair_.open();
  ASSERT_NE(id, 0);
  const TunnelReport ours = pair_.lac.tunnel(id);
  const TunnelReport theirs = pair_.lns.tunnel(ours.peer_tunnel_id);
  EXPECT_EQ(theirs.peer_tunnel_id, id);
  EXPECT_EQ(ours.mode, TunnelMode::lac);
  EXPECT_EQ(theirs.mode, TunnelMode::lns);
  EXPECT_TRUE(ours.created_by_admin);
  EXPECT_FALSE(theirs.created_by_admin);
  EXPECT_EQ(ours.peer_endpoint, (protocol::Endpoint{.address = here(2), .port = pair_.port}));
  EXPECT_EQ(theirs.peer_endpoint, (protocol::Endpoint{.address = here(1), .port = pair_.port}));
  EXPECT_EQ(ours.peer.protocol_version, 1);
  EXPECT_FALSE(ours.peer.host_name.empty());
  EXPECT_EQ(ours.peer.host_name, theirs.config.host_name.value_or(ours.peer.host_name));
  EXPECT_EQ(ours.supplied.retries_max, 1u);
  EXPECT_FALSE(ours.supplied.hello_timeout_s);
  EXPECT_EQ(ours.config.hello_timeout_s, 60u);
}

TEST_P(ServiceTunnels, AreListedInAscendingOrder) {
  std::vector<std::uint16_t> made;
  for (int i = 0; i < 9; ++i)
    made.push_back(pair_.open());
  std::ranges::sort(made);
  EXPECT_EQ(pair_.lac.tunnels(), made);
  const auto theirs = pair_.lns.tunnels();
  EXPECT_EQ(theirs.size(), made.size());
  EXPECT_TRUE(std::ranges::is_sorted(theirs));
  EXPECT_EQ(pair_.lac.system().tunnels, 9u);
}

TEST_P(ServiceTunnels, GoAtBothEndsWhenDeletedById) {
  const std::uint16_t id = pair_.open();
  const std::uint16_t far = pair_.far(id);
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(id), "no longer needed"));
  EXPECT_TRUE(eventually([&] { return pair_.lac.tunnels().empty() && pair_.lns.tunnels().empty(); }));
  EXPECT_FALSE(pair_.lns.control().tunnel_get(by_id(far))) << "what acknowledges a repeated StopCCN is not listed";
}

TEST_P(ServiceTunnels, AreFoundByName) {
  auto parameters = TwoDaemons::to_lns();
  parameters.tunnel_name = "north";
  const std::uint16_t id = pair_.open(parameters);
  ASSERT_TRUE(pair_.open());
  const auto found = pair_.lac.control().tunnel_get(by_name("north"));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tunnel_id, id);
  EXPECT_EQ(found->config.tunnel_name, "north");
  EXPECT_TRUE(pair_.lac.control().tunnel_modify(by_name("north"), {.idle_timeout_s = 77}));
  EXPECT_EQ(pair_.lac.tunnel(id).config.idle_timeout_s, 77u);
  EXPECT_TRUE(pair_.lac.control().session_create(by_name("north"), {}));
  EXPECT_EQ(pair_.lac.control().session_list(by_name("north"))->size(), 1u);
  EXPECT_TRUE(pair_.lac.control().tunnel_delete(by_name("north"), {}));
  EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_get(by_name("north")), ControlFault::tunnel_not_found));
}

TEST_P(ServiceTunnels, TheIdWinsOverTheName) {
  auto parameters = TwoDaemons::to_lns();
  parameters.tunnel_name = "north";
  const std::uint16_t north = pair_.open(parameters);
  const std::uint16_t other = pair_.open();
  const auto found = pair_.lac.control().tunnel_get({.id = other, .name = "north"});
  ASSERT_TRUE(found);
  EXPECT_EQ(found->tunnel_id, other);
  EXPECT_NE(other, north);
}

TEST_P(ServiceTunnels, ANameIsGivenOnceOverAllShards) {
  auto parameters = TwoDaemons::to_lns();
  parameters.tunnel_name = "north";
  const std::uint16_t id = pair_.open(parameters);
  for (int i = 0; i < 5; ++i) // whatever shard's turn it is
    EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_create(parameters), ControlFault::tunnel_already_exists));
  EXPECT_EQ(pair_.lac.system().tunnels, 1u);
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(id), {}));
  EXPECT_NE(pair_.open(parameters), 0) << "the name is free again at once";
}

TEST_P(ServiceTunnels, ANameIsFreeAgainWhenThePeerEndsTheTunnel) {
  auto parameters = TwoDaemons::to_lns();
  parameters.tunnel_name = "north";
  const std::uint16_t id = pair_.open(parameters);
  ASSERT_TRUE(pair_.lns.control().tunnel_delete(by_id(pair_.far(id)), {}));
  EXPECT_TRUE(eventually([&] { return pair_.lac.state(id) != "ESTABLISHED"; }));
  EXPECT_NE(pair_.open(parameters), 0);
}

TEST_P(ServiceTunnels, UnknownOnesAreNotFound) {
  Control& control = pair_.lac.control();
  for (const TunnelName& nobody : {by_id(4711), by_name("nobody"), TunnelName{}}) {
    EXPECT_TRUE(fails_with(control.tunnel_get(nobody), ControlFault::tunnel_not_found));
    EXPECT_TRUE(fails_with(control.tunnel_modify(nobody, {}), ControlFault::tunnel_not_found));
    EXPECT_TRUE(fails_with(control.tunnel_delete(nobody, {}), ControlFault::tunnel_not_found));
    EXPECT_TRUE(fails_with(control.session_list(nobody), ControlFault::tunnel_not_found));
    EXPECT_TRUE(fails_with(control.session_create(nobody, {}), ControlFault::tunnel_not_found));
    const SessionName session{.tunnel = nobody, .id = 1, .name = {}};
    EXPECT_TRUE(fails_with(control.session_get(session), ControlFault::tunnel_not_found));
    EXPECT_TRUE(fails_with(control.session_modify(session, {}), ControlFault::tunnel_not_found));
    EXPECT_TRUE(fails_with(control.session_delete(session, {}), ControlFault::tunnel_not_found));
  }
}

TEST_P(ServiceTunnels, AWantedIdIsGivenOnTheShardOfItsClass) {
  for (std::uint16_t id = 1000; id < 1008; ++id) {
    auto parameters = TwoDaemons::to_lns();
    parameters.tunnel_id = id;
    EXPECT_EQ(pair_.open(parameters), id);
    EXPECT_EQ(pair_.lns.tunnel(pair_.far(id)).peer_tunnel_id, id);
    EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_create(parameters), ControlFault::tunnel_already_exists));
  }
  EXPECT_EQ(pair_.lac.system().tunnels, 8u);
}

TEST_P(ServiceTunnels, ADeletedTunnelsIdMayBeWantedAgain) {
  auto parameters = TwoDaemons::to_lns();
  parameters.tunnel_id = 777;
  ASSERT_EQ(pair_.open(parameters), 777);
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(777), {}));
  ASSERT_TRUE(eventually([&] { return pair_.lac.tunnels().empty(); }));
  EXPECT_EQ(pair_.open(parameters), 777);
}

TEST_P(ServiceTunnels, ModifyRefusesWhatCannotChange) {
  const std::uint16_t id = pair_.open();
  EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_modify(by_id(id), {.secret = "x"}),
                         ControlFault::parameter_not_modifiable));
  EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_modify(by_id(id), {.retry_timeout_s = 61}),
                         ControlFault::invalid_argument));
  EXPECT_EQ(pair_.lac.tunnel(id).config.retry_timeout_s, 1u);
}

TEST_P(ServiceTunnels, AreCountedByPairOfAddresses) {
  for (int i = 0; i < 3; ++i)
    ASSERT_NE(pair_.open(), 0);
  const auto peers = pair_.lac.control().peer_list();
  ASSERT_TRUE(peers);
  ASSERT_EQ(peers->size(), 1u);
  EXPECT_EQ(peers->front().local, here(1));
  EXPECT_EQ(peers->front().peer, here(2));
  EXPECT_EQ(peers->front().tunnels, 3u);
  const auto theirs = pair_.lns.control().peer_list();
  ASSERT_TRUE(theirs);
  ASSERT_EQ(theirs->size(), 1u);
  EXPECT_EQ(theirs->front().tunnels, 3u);
}

TEST(ServiceTunnel, WithoutAnAddressIsRefused) {
  TwoDaemons pair;
  EXPECT_TRUE(fails_with(pair.lac.control().tunnel_create({}), ControlFault::peer_address_missing));
}

TEST(ServiceTunnel, EndsAfterItsRetriesWhenNobodyAnswers) {
  TwoDaemons pair;
  auto parameters = TwoDaemons::to(here(9));
  parameters.retries_max = 0;
  const auto id = pair.lac.control().tunnel_create(parameters);
  ASSERT_TRUE(id);
  EXPECT_EQ(pair.lac.state(*id), "WAITCTLREPLY");
  EXPECT_TRUE(eventually([&] { return pair.lac.tunnels().empty(); }));
  EXPECT_EQ(pair.lac.system().counters.tunnel_setup_failures, 1u);
}

TEST(ServiceTunnel, IsGivenUpWhenNotEstablishedInTime) {
  TwoDaemons pair;
  pair.lac.modify({.tunnel_establish_timeout_s = 1});
  auto parameters = TwoDaemons::to(here(9));
  parameters.retry_timeout_s = 60; // only the establish timeout can end it soon
  const auto id = pair.lac.control().tunnel_create(parameters);
  ASSERT_TRUE(id);
  EXPECT_TRUE(eventually([&] { return pair.lac.state(*id) == "CLOSING"; }));
  pair.lac.stop(std::chrono::milliseconds(0));
  EXPECT_TRUE(pair.lac.logged("establish"));
}

TEST(ServiceTunnel, ConfigIdsAreTheLowestFree) {
  TwoDaemons pair;
  const std::uint16_t first = pair.open(), second = pair.open(), third = pair.open();
  EXPECT_EQ(pair.lac.tunnel(first).config.config_id, 1u);
  EXPECT_EQ(pair.lac.tunnel(second).config.config_id, 2u);
  EXPECT_EQ(pair.lac.tunnel(third).config.config_id, 3u);
  ASSERT_TRUE(pair.lac.control().tunnel_delete(by_id(second), {}));
  ASSERT_TRUE(eventually([&] { return pair.lac.state(second).empty(); }));
  EXPECT_EQ(pair.lac.tunnel(pair.open()).config.config_id, 2u);
  auto given = TwoDaemons::to_lns();
  given.config_id = 99;
  EXPECT_EQ(pair.lac.tunnel(pair.open(given)).config.config_id, 99u);
  EXPECT_EQ(pair.lac.tunnel(pair.open()).config.config_id, 4u);
}

TEST(ServiceTunnel, ConfigIdsOfAPeerDifferOverShards) {
  TwoDaemons pair(4);
  std::vector<std::uint32_t> given;
  for (int i = 0; i < 8; ++i)
    given.push_back(pair.lac.tunnel(pair.open()).config.config_id.value_or(0));
  std::ranges::sort(given);
  EXPECT_EQ(std::ranges::adjacent_find(given), given.end());
  EXPECT_EQ(given.front(), 1u);
}

TEST(ServiceTunnel, AChangedHelloTimeoutTakesEffect) {
  TwoDaemons pair;
  auto parameters = TwoDaemons::to_lns();
  parameters.hello_timeout_s = 0;
  const std::uint16_t id = pair.open(parameters);
  EXPECT_EQ(pair.lac.tunnel(id).statistics.sent_hellos, 0u);
  ASSERT_TRUE(pair.lac.control().tunnel_modify(by_id(id), {.hello_timeout_s = 1}));
  EXPECT_TRUE(eventually([&] { return pair.lac.tunnel(id).statistics.sent_hellos > 0; }));
  EXPECT_TRUE(eventually([&] { return pair.lns.tunnel(pair.far(id)).statistics.received_hellos > 0; }));
}

TEST(ServiceTunnel, AnIdleOneEndsByItself) {
  TwoDaemons pair;
  const std::uint16_t id = pair.open();
  ASSERT_TRUE(pair.lac.control().tunnel_modify(by_id(id), {.idle_timeout_s = 1}));
  EXPECT_TRUE(eventually([&] { return pair.lac.tunnels().empty(); }));
}

TEST_P(ServiceTunnels, WhatTheKernelRefusesToSendIsCounted) {
  // Nothing here may send to everybody: the kernel says so when it tries.
  ASSERT_TRUE(pair_.lac.control().tunnel_create(TwoDaemons::to(IpAddress::v4(255, 255, 255, 255))));
  EXPECT_TRUE(eventually([&] { return pair_.lac.system().counters.control_frame_send_failures > 0; }));
}

} // namespace
} // namespace openl2tp::runtime
