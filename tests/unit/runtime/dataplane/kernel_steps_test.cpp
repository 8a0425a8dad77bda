#include "runtime/dataplane/kernel_steps.hpp"

#include <gtest/gtest.h>

#include <cerrno>

#include "tests/unit/runtime/dataplane/fake_kernel.hpp"

namespace openl2tp::runtime::testing {
namespace {

using Calls = std::vector<std::string>;

KernelTunnel tunnel_7() {
  return {.tunnel = protocol::TunnelId{7}, .peer_tunnel = protocol::PeerTunnelId{70}, .route = {}};
}
KernelSession session_9() { return {.session = protocol::SessionId{9}, .peer_session = protocol::PeerSessionId{90}}; }

TEST(KernelSteps, ANetlinkTunnelIsMadeOnItsConnectedSocket) {
  FakeKernel kernel;
  EXPECT_TRUE(set_up_tunnel(kernel, tunnel_7()));
  EXPECT_EQ(kernel.calls(), (Calls{"open_udp 7", "create_tunnel 7", "connect_tunnel 7"}));
}

TEST(KernelSteps, ALegacyTunnelIsMadeByAManagementSocket) {
  FakeKernel kernel(false);
  const auto sockets = set_up_tunnel(kernel, tunnel_7());
  ASSERT_TRUE(sockets);
  EXPECT_TRUE(sockets->management);
  EXPECT_EQ(kernel.calls(), (Calls{"open_udp 7", "connect_tunnel 7"}));
}

TEST(KernelSteps, ATunnelKeepsItsPortsUntilItIsTakenDown) {
  for (const bool netlink : {true, false}) {
    FakeKernel kernel(netlink);
    auto sockets = set_up_tunnel(kernel, tunnel_7());
    ASSERT_TRUE(sockets);
    EXPECT_TRUE(kernel.ports_released().empty());
    EXPECT_TRUE(take_down_tunnel(kernel, tunnel_7(), std::move(sockets->management)));
    EXPECT_EQ(kernel.ports_released(), std::vector<std::uint16_t>{7});
  }
}

struct Failure {
  const char* call;
  KernelOperation operation;
};

TEST(KernelSteps, ATunnelThatFailsLeavesNothing) {
  for (const bool netlink : {true, false}) {
    for (const Failure& one :
         {Failure{"open_udp", KernelOperation::bind_socket}, Failure{"create_tunnel", KernelOperation::create_tunnel},
          Failure{"connect_tunnel", KernelOperation::create_tunnel}}) {
      if (!netlink && std::string(one.call) == "create_tunnel") continue;
      FakeKernel kernel(netlink);
      kernel.fail(one.call, ENOMEM);
      const auto sockets = set_up_tunnel(kernel, tunnel_7());
      ASSERT_FALSE(sockets) << one.call;
      EXPECT_EQ(sockets.error().operation, one.operation);
      EXPECT_EQ(sockets.error().error, ENOMEM);
      EXPECT_EQ(kernel.objects(), Calls()) << one.call;
      EXPECT_EQ(kernel.udp_left(), 0U) << one.call;
      const bool had_ports = std::string(one.call) != "open_udp";
      EXPECT_EQ(kernel.ports_released().size(), had_ports ? 1U : 0U) << one.call;
    }
  }
}

TEST(KernelSteps, ANetlinkSessionHasItsOptionsFromTheBeginning) {
  FakeKernel kernel;
  EXPECT_TRUE(set_up_session(kernel, tunnel_7(), session_9(), 3));
  EXPECT_EQ(kernel.calls(), (Calls{"create_session 7/9", "connect_session 7/9", "set_role 9"}));
}

TEST(KernelSteps, ALegacySessionGetsItsOptionsThroughItsSocket) {
  FakeKernel kernel(false);
  KernelSession session = session_9();
  session.send_sequence = true;
  session.reorder_timeout = std::chrono::milliseconds(50);
  EXPECT_TRUE(set_up_session(kernel, tunnel_7(), session, 3));
  EXPECT_EQ(kernel.calls(), (Calls{"connect_session 7/9", "set_role 9", "set_sequencing -S 50"}));
}

TEST(KernelSteps, ASessionThatFailsLeavesNothing) {
  for (const bool netlink : {true, false}) {
    for (const char* call : {"create_session", "connect_session", "set_role", "set_sequencing"}) {
      FakeKernel kernel(netlink);
      kernel.fail(call, EPERM);
      const auto socket = set_up_session(kernel, tunnel_7(), session_9(), 3);
      const bool needed = netlink ? std::string(call) != "set_sequencing" : std::string(call) != "create_session";
      if (!needed) continue;
      ASSERT_FALSE(socket) << call;
      EXPECT_EQ(socket.error().error, EPERM);
      EXPECT_EQ(kernel.objects(), Calls()) << call;
    }
  }
}

TEST(KernelSteps, AnErrorOfAnOptionNamesTheSession) {
  FakeKernel kernel;
  kernel.fail("set_role", EPERM);
  const auto socket = set_up_session(kernel, tunnel_7(), session_9(), 3);
  ASSERT_FALSE(socket);
  EXPECT_EQ(to_string(socket.error()), "tunnel 7 session 9: set_session_option: Operation not permitted");
}

TEST(KernelSteps, ASessionGoesWithItsSocketAndThenByName) {
  FakeKernel kernel;
  auto socket = set_up_session(kernel, tunnel_7(), session_9(), 3);
  ASSERT_TRUE(socket);
  take_down_session(kernel, tunnel_7(), protocol::SessionId{9}, std::move(*socket));
  EXPECT_EQ(kernel.calls().end()[-2], "close session socket 7/9");
  EXPECT_EQ(kernel.calls().end()[-1], "delete_session 7/9");
  EXPECT_EQ(kernel.objects(), Calls());
}

TEST(KernelSteps, ANetlinkTunnelGoesAfterItsManagementSocket) {
  FakeKernel kernel;
  auto sockets = set_up_tunnel(kernel, tunnel_7());
  ASSERT_TRUE(sockets);
  EXPECT_TRUE(take_down_tunnel(kernel, tunnel_7(), std::move(sockets->management)));
  EXPECT_EQ(kernel.calls().end()[-2], "close management 7");
  EXPECT_EQ(kernel.calls().end()[-1], "delete_tunnel 7");
}

TEST(KernelSteps, ALegacyTunnelGoesWithItsManagementSocket) {
  FakeKernel kernel(false);
  auto sockets = set_up_tunnel(kernel, tunnel_7());
  ASSERT_TRUE(sockets);
  EXPECT_TRUE(take_down_tunnel(kernel, tunnel_7(), std::move(sockets->management)));
  EXPECT_EQ(kernel.calls().back(), "close management 7");
}

TEST(KernelSteps, ATunnelThatTheKernelKeepsIsReported) {
  FakeKernel kernel;
  ASSERT_TRUE(set_up_tunnel(kernel, tunnel_7()));
  kernel.fail("delete_tunnel", EBUSY);
  const auto taken = take_down_tunnel(kernel, tunnel_7(), {});
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().error, EBUSY);
}

} // namespace
} // namespace openl2tp::runtime::testing
