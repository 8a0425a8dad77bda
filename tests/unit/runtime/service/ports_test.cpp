// Where datagrams leave from: the daemon's port, an ephemeral or a fixed one, the address that was asked, IPv6.
#include <gtest/gtest.h>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using testing::by_id;
using testing::Daemon;
using testing::eventually;
using testing::fails_with;
using testing::free_port;
using testing::here;
using testing::loopback_v6;
using testing::TwoDaemons;

class ServicePorts : public ::testing::TestWithParam<std::uint32_t> {};
INSTANTIATE_TEST_SUITE_P(Shards, ServicePorts, ::testing::Values(1, 4));

/// How the LNS sees the LAC of the tunnel `id`.
protocol::Endpoint seen(TwoDaemons& pair, std::uint16_t id) { return pair.lns.tunnel(pair.far(id)).peer_endpoint; }

TEST_P(ServicePorts, ATunnelLeavesFromTheDaemonsPort) {
  TwoDaemons pair(GetParam());
  const std::uint16_t id = pair.open();
  EXPECT_EQ(seen(pair, id), (protocol::Endpoint{.address = here(1), .port = pair.port}));
  auto same = TwoDaemons::to_lns();
  same.our_udp_port = pair.port; // said explicitly
  EXPECT_EQ(seen(pair, pair.open(same)).port, pair.port);
}

// As where the kernel cannot tell two tunnels between the same ports apart.
TEST_P(ServicePorts, ASecondTunnelToAPeerHasAnotherPortWhereTheyAreKeptApart) {
  TwoDaemons pair(GetParam(), {.keep_ports_apart = true});
  const std::uint16_t first = pair.open(), second = pair.open(), third = pair.open();
  EXPECT_EQ(seen(pair, first).port, pair.port);
  EXPECT_NE(seen(pair, second).port, pair.port);
  EXPECT_NE(seen(pair, third).port, pair.port);
  EXPECT_NE(seen(pair, second).port, seen(pair, third).port);
  EXPECT_NE(pair.call(second), 0);
  ASSERT_TRUE(pair.lac.control().tunnel_delete(by_id(first), {}));
  ASSERT_TRUE(eventually([&] { return pair.lac.state(first) != "ESTABLISHED"; }));
  EXPECT_EQ(seen(pair, pair.open()).port, pair.port) << "it is free again";
}

TEST_P(ServicePorts, ATunnelOfThePeerCountsWherePortsAreKeptApart) {
  TwoDaemons pair(GetParam(), {}, {.keep_ports_apart = true});
  ASSERT_NE(pair.open(), 0);
  const auto back = pair.lns.control().tunnel_create(TwoDaemons::to(here(1)));
  ASSERT_TRUE(back) << back.error().detail;
  ASSERT_TRUE(eventually([&] { return pair.lns.state(*back) == "ESTABLISHED"; }));
  EXPECT_NE(pair.lns.tunnel(*back).local.port, pair.port);
}

TEST_P(ServicePorts, ThePortThatTheOperatorSaysIsTakenAnyway) {
  TwoDaemons pair(GetParam(), {.keep_ports_apart = true});
  auto fixed = TwoDaemons::to_lns();
  fixed.our_udp_port = pair.port;
  const std::uint16_t first = pair.open(fixed), second = pair.open(fixed);
  EXPECT_EQ(seen(pair, first).port, pair.port);
  EXPECT_EQ(seen(pair, second).port, pair.port);
}

TEST_P(ServicePorts, AnEphemeralPortBelongsToOneTunnel) {
  TwoDaemons pair(GetParam());
  auto parameters = TwoDaemons::to_lns();
  parameters.our_udp_port = 0;
  parameters.our_addr = here(1);
  const std::uint16_t first = pair.open(parameters), second = pair.open(parameters);
  EXPECT_NE(seen(pair, first).port, pair.port);
  EXPECT_NE(seen(pair, first).port, seen(pair, second).port);
  EXPECT_EQ(pair.lac.tunnel(first).local, seen(pair, first));
  EXPECT_NE(pair.call(first), 0);
  EXPECT_NE(pair.call(second), 0);
  ASSERT_TRUE(pair.lac.control().tunnel_delete(by_id(first), {}));
  EXPECT_TRUE(eventually([&] { return pair.lac.state(first).empty(); }));
  EXPECT_NE(pair.call(second), 0) << "its own port is still there";
}

TEST_P(ServicePorts, TwoTunnelsShareAFixedPort) {
  TwoDaemons pair(GetParam());
  auto parameters = TwoDaemons::to_lns();
  parameters.our_addr = here(1);
  parameters.our_udp_port = free_port();
  const std::uint16_t first = pair.open(parameters), second = pair.open(parameters);
  EXPECT_EQ(seen(pair, first).port, parameters.our_udp_port);
  EXPECT_EQ(seen(pair, second).port, parameters.our_udp_port);
  ASSERT_TRUE(pair.lac.control().tunnel_delete(by_id(first), {}));
  ASSERT_TRUE(eventually([&] { return pair.lac.state(first).empty(); }));
  EXPECT_NE(pair.call(second), 0) << "the port stays while a tunnel uses it";
  ASSERT_TRUE(pair.lac.control().tunnel_delete(by_id(second), {}));
  ASSERT_TRUE(eventually([&] { return pair.lac.state(second).empty(); }));
  EXPECT_NE(pair.open(parameters), 0) << "it is opened anew";
}

// Datagrams reach the shard that the kernel picks among those that share the port, whatever tunnel they are for.
TEST_P(ServicePorts, TunnelsOfAllShardsShareAFixedPort) {
  TwoDaemons pair(GetParam());
  auto parameters = TwoDaemons::to_lns();
  parameters.our_addr = here(1);
  parameters.our_udp_port = free_port();
  for (std::uint16_t id = 4000; id < 4008; ++id) {
    parameters.tunnel_id = id;
    ASSERT_EQ(pair.open(parameters), id);
    EXPECT_EQ(seen(pair, id).port, parameters.our_udp_port);
  }
  for (std::uint16_t id = 4000; id < 4008; ++id)
    EXPECT_NE(pair.call(id), 0);
}

TEST_P(ServicePorts, TheSourceAddressMayBeChosen) {
  const testing::DaemonOptions two{.listen = {here(1), here(4)}};
  TwoDaemons pair(GetParam(), two);
  auto parameters = TwoDaemons::to_lns();
  parameters.our_addr = here(4);
  const std::uint16_t id = pair.open(parameters);
  EXPECT_EQ(seen(pair, id).address, here(4));
  EXPECT_EQ(pair.lac.tunnel(id).local.address, here(4));
  parameters.our_udp_port = 0;
  EXPECT_EQ(seen(pair, pair.open(parameters)).address, here(4));
}

TEST_P(ServicePorts, ASourceAddressThatWeDoNotListenOnIsRefused) {
  TwoDaemons pair(GetParam());
  auto parameters = TwoDaemons::to_lns();
  parameters.our_addr = here(7);
  EXPECT_TRUE(fails_with(pair.lac.control().tunnel_create(parameters), ControlFault::invalid_argument));
  parameters.our_udp_port = 0;
  parameters.our_addr = IpAddress::v4(192, 0, 2, 1); // not of this host
  EXPECT_TRUE(fails_with(pair.lac.control().tunnel_create(parameters), ControlFault::out_of_resources));
  EXPECT_EQ(pair.lac.system().tunnels, 0u);
}

TEST_P(ServicePorts, AnswersLeaveFromTheAddressThatWasAsked) {
  TwoDaemons pair(GetParam(), {.port = free_port()}, {.listen = {IpAddress::any_v4()}});
  for (const std::uint8_t host : {std::uint8_t{3}, std::uint8_t{5}}) {
    auto parameters = TwoDaemons::to(here(host));
    parameters.peer_udp_port = pair.port;
    const std::uint16_t id = pair.open(parameters);
    ASSERT_NE(id, 0);
    EXPECT_EQ(pair.lac.tunnel(id).peer_endpoint.address, here(host));
    EXPECT_EQ(pair.lns.tunnel(pair.far(id)).local.address, here(host));
    EXPECT_NE(pair.call(id), 0);
  }
}

TEST_P(ServicePorts, ATunnelOfADaemonOnAnyAddressLeavesFromTheChosenOne) {
  const std::uint16_t port = free_port();
  TwoDaemons pair(GetParam(), {.listen = {IpAddress::any_v4()}, .port = port});
  auto parameters = TwoDaemons::to_lns();
  parameters.peer_udp_port = pair.port;
  parameters.our_addr = here(6);
  const std::uint16_t id = pair.open(parameters);
  EXPECT_EQ(seen(pair, id), (protocol::Endpoint{.address = here(6), .port = port}));
}

TEST_P(ServicePorts, TunnelsRunOverIpv6) {
  TwoDaemons pair(GetParam(), {.listen = {loopback_v6()}, .port = free_port()}, {.listen = {loopback_v6()}});
  auto parameters = TwoDaemons::to(loopback_v6());
  parameters.peer_udp_port = pair.port;
  const std::uint16_t id = pair.open(parameters);
  ASSERT_NE(id, 0);
  EXPECT_EQ(pair.lac.tunnel(id).peer_endpoint, (protocol::Endpoint{.address = loopback_v6(), .port = pair.port}));
  EXPECT_NE(pair.call(id), 0);
  parameters.our_udp_port = 0;
  EXPECT_NE(pair.open(parameters), 0);
  parameters.peer_addr = here(2);
  EXPECT_TRUE(fails_with(pair.lac.control().tunnel_create({.peer_addr = here(2)}), ControlFault::invalid_argument))
      << "nothing of ours reaches IPv4";
}

TEST(ServiceStart, FailsInOneLineWhenItsAddressIsNotOurs) {
  testing::CapturedLog captured;
  PluginSet plugins(captured.log());
  ASSERT_TRUE(plugins.load(testing::real_plugin("ppp_null")));
  Service service({.shards = 2, .listen = {IpAddress::v4(192, 0, 2, 1)}, .udp_port = 1701}, plugins, captured.log());
  const auto started = service.start();
  ASSERT_FALSE(started);
  EXPECT_NE(started.error().find("192.0.2.1:1701"), std::string::npos);
  EXPECT_EQ(started.error().find('\n'), std::string::npos);
  service.stop(std::chrono::milliseconds(0));
}

} // namespace
} // namespace openl2tp::runtime
