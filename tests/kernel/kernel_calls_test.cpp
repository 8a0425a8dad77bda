// KernelL2tp and its steps against a real kernel, over loopback, both ends in one process: what the fakes of the unit
// tests pretend. Runs in a guest (cases/calls.py), once by netlink and once by the socket interface.
#include <sys/socket.h>
#include <sys/time.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/dataplane/kernel_l2tp.hpp"
#include "runtime/dataplane/kernel_steps.hpp"
#include "runtime/net/socket_address.hpp"

namespace openl2tp::runtime {
namespace {

protocol::Endpoint endpoint(const char* address, std::uint16_t port) {
  return {.address = *protocol::parse_ip_address(address), .port = port};
}

/// One end of a tunnel and its session 1 (peer's 2) or 2 (peer's 1).
struct End {
  KernelTunnel tunnel;
  KernelSession session;
};

End lac(const char* ours = "127.0.0.1", const char* theirs = "127.0.0.2") {
  return {.tunnel = {.tunnel = {10},
                     .peer_tunnel = {20},
                     .route = {.path = {.local = endpoint(ours, 1701), .peer = endpoint(theirs, 1701)}}},
          .session = {.session = {1}, .peer_session = {2}}};
}

End lns(const char* ours = "127.0.0.2", const char* theirs = "127.0.0.1") {
  return {.tunnel = {.tunnel = {20},
                     .peer_tunnel = {10},
                     .route = {.path = {.local = endpoint(ours, 1701), .peer = endpoint(theirs, 1701)}}},
          .session = {.session = {2}, .peer_session = {1}, .lns = true}};
}

std::string shown_by_kernel() {
  std::ifstream file("/proc/net/pppol2tp");
  return {std::istreambuf_iterator<char>(file), {}};
}

class KernelCallsTest : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    if (!GetParam() && !kernel_.netlink()) GTEST_SKIP() << "this kernel has no l2tp_netlink";
    EXPECT_EQ(kernel_.netlink(), !GetParam());
  }
  /// Whatever a test did, it took away.
  void TearDown() override {
    EXPECT_EQ(shown_by_kernel().find("SESSION '"), std::string::npos) << shown_by_kernel();
    if (!kernel_.netlink()) return;
    EXPECT_EQ(kernel_.list_tunnels()->size(), 0u);
    EXPECT_EQ(kernel_.list_sessions()->size(), 0u);
  }

  struct Up {
    End end;
    KernelTunnelSockets sockets;
    UniqueFd session;
  };
  /// An empty session socket when it failed; the test has then failed.
  Up set_up(const End& end) {
    auto sockets = set_up_tunnel(kernel_, end.tunnel);
    if (!sockets) {
      ADD_FAILURE() << to_string(sockets.error());
      return {end, {}, {}};
    }
    auto session = set_up_session(kernel_, end.tunnel, end.session, sockets->udp.get());
    if (!session) ADD_FAILURE() << to_string(session.error());
    return {end, std::move(*sockets), session ? std::move(*session) : UniqueFd()};
  }
  SessionStatistics take_down(Up up) {
    const SessionStatistics counted =
        kernel_.read_statistics(up.sockets.management.get(), up.end.session.session).value_or(SessionStatistics{});
    take_down_session(kernel_, up.end.tunnel, up.end.session.session, std::move(up.session));
    const auto gone = take_down_tunnel(kernel_, up.end.tunnel, std::move(up.sockets.management));
    EXPECT_TRUE(gone) << to_string(gone.error());
    kernel_.close(std::move(up.sockets.udp));
    return counted;
  }

  KernelL2tp kernel_{GetParam()};
};

/// Waits ten seconds at most: loopback loses nothing.
std::string receive(int socket) {
  const timeval limit{.tv_sec = 10, .tv_usec = 0};
  ::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  std::array<char, 2048> octets{};
  const ssize_t length = ::recv(socket, octets.data(), octets.size(), 0);
  return length < 0 ? std::string("errno ") + std::to_string(errno)
                    : std::string(octets.data(), static_cast<std::size_t>(length));
}

std::string receive_now(int socket) {
  std::array<char, 2048> octets{};
  const ssize_t length = ::recv(socket, octets.data(), octets.size(), MSG_DONTWAIT);
  return length < 0 ? std::string("nothing") : std::string(octets.data(), static_cast<std::size_t>(length));
}

void send(int socket, const std::string& octets) {
  ASSERT_EQ(::send(socket, octets.data(), octets.size(), 0), static_cast<ssize_t>(octets.size())) << errno;
}

const std::string frame = "\xC0\x21\x09\x01 a PPP frame";

TEST_P(KernelCallsTest, FramesPassBothWaysAndAreCounted) {
  Up left = set_up(lac()), right = set_up(lns());
  send(left.session.get(), frame);
  EXPECT_EQ(receive(right.session.get()), frame);
  send(right.session.get(), frame + "!");
  EXPECT_EQ(receive(left.session.get()), frame + "!");
  const auto counted = kernel_.read_statistics(left.sockets.management.get(), left.end.session.session);
  ASSERT_TRUE(counted) << to_string(counted.error());
  EXPECT_EQ(counted->received_packets, 1u);
  EXPECT_EQ(counted->sent_packets, 1u);
  EXPECT_EQ(take_down(std::move(left)).received_packets, 1u);
  EXPECT_EQ(take_down(std::move(right)).sent_packets, 1u);
}

TEST_P(KernelCallsTest, FramesPassOverIpv6) {
  Up left = set_up(lac("::1", "fd00:9::1")), right = set_up(lns("fd00:9::1", "::1"));
  send(left.session.get(), frame);
  EXPECT_EQ(receive(right.session.get()), frame);
  take_down(std::move(left));
  take_down(std::move(right));
}

TEST_P(KernelCallsTest, FramesPassWithoutUdpChecksumsOverEitherFamily) {
  for (const bool six : {false, true}) {
    End one = six ? lac("::1", "fd00:9::1") : lac(), other = six ? lns("fd00:9::1", "::1") : lns();
    one.tunnel.udp_checksums = other.tunnel.udp_checksums = false;
    if (six) { // ids of its own: the kernel takes a tunnel away in its own time
      one.tunnel.tunnel.value = other.tunnel.peer_tunnel.value = 11;
      other.tunnel.tunnel.value = one.tunnel.peer_tunnel.value = 21;
    }
    Up left = set_up(one), right = set_up(other);
    send(left.session.get(), frame);
    EXPECT_EQ(receive(right.session.get()), frame);
    take_down(std::move(left));
    take_down(std::move(right));
  }
}

TEST_P(KernelCallsTest, SequencingAndModeAreWhatWasAsked) {
  End end = lns();
  end.session.send_sequence = end.session.receive_sequence = true;
  end.session.reorder_timeout = std::chrono::milliseconds(100);
  Up up = set_up(end);
  EXPECT_NE(shown_by_kernel().find("/R/S/LNS"), std::string::npos) << shown_by_kernel();
  ASSERT_TRUE(kernel_.set_sequencing(up.session.get(), {.send_sequence = false, .receive_sequence = false}));
  EXPECT_NE(shown_by_kernel().find("/-/-/LNS"), std::string::npos) << shown_by_kernel();
  take_down(std::move(up));
}

TEST_P(KernelCallsTest, NumberedFramesPass) {
  End one = lac(), other = lns();
  for (End* end : {&one, &other}) {
    end->session.send_sequence = end->session.receive_sequence = true;
    end->session.reorder_timeout = std::chrono::milliseconds(100);
  }
  Up left = set_up(one), right = set_up(other);
  for (int n = 0; n < 3; ++n) {
    send(left.session.get(), frame + std::to_string(n));
    EXPECT_EQ(receive(right.session.get()), frame + std::to_string(n));
  }
  EXPECT_EQ(take_down(std::move(left)).sent_packets, 3u);
  EXPECT_EQ(take_down(std::move(right)).received_out_of_sequence, 0u);
}

TEST_P(KernelCallsTest, ControlMessagesAndStrayDataArriveAtTheTunnelsSocket) {
  Up up = set_up(lac());
  const UniqueFd peer(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  SocketAddress local, remote;
  const socklen_t length = to_socket_address(up.end.tunnel.route.path.peer, local);
  to_socket_address(up.end.tunnel.route.path.local, remote);
  ASSERT_EQ(::bind(peer.get(), &local.any, length), 0);
  ASSERT_EQ(::connect(peer.get(), &remote.any, length), 0);
  const std::string zlb("\xC8\x02\x00\x0C\x00\x0A\x00\x00\x00\x00\x00\x00", 12);
  send(peer.get(), zlb);
  EXPECT_EQ(receive(up.sockets.udp.get()), zlb);
  const std::string of_nobody =
      std::string("\x00\x02\x00\x0A\x00\x63", 6) + "\xFF\x03" + frame; // tunnel 10, session 99
  send(peer.get(), of_nobody);
  EXPECT_EQ(receive(up.sockets.udp.get()), of_nobody);
  EXPECT_EQ(receive_now(up.session.get()), "nothing");
  take_down(std::move(up));
}

TEST_P(KernelCallsTest, SecondTunnelOrSessionOfAnIdIsRefusedAndLeavesTheFirst) {
  Up left = set_up(lac()), right = set_up(lns());
  const auto tunnel = set_up_tunnel(kernel_, left.end.tunnel);
  ASSERT_FALSE(tunnel);
  EXPECT_TRUE(tunnel.error().temporary()) << to_string(tunnel.error());
  const auto session = set_up_session(kernel_, left.end.tunnel, left.end.session, left.sockets.udp.get());
  ASSERT_FALSE(session);
  EXPECT_TRUE(session.error().temporary()) << to_string(session.error());
  send(left.session.get(), frame);
  EXPECT_EQ(receive(right.session.get()), frame);
  take_down(std::move(left));
  take_down(std::move(right));
}

TEST_P(KernelCallsTest, TakingDownASessionLeavesTheOthersOfItsTunnel) {
  Up left = set_up(lac()), right = set_up(lns());
  const KernelSession more{.session = {5}, .peer_session = {6}};
  auto second = set_up_session(kernel_, left.end.tunnel, more, left.sockets.udp.get());
  ASSERT_TRUE(second) << to_string(second.error());
  take_down_session(kernel_, left.end.tunnel, more.session, std::move(*second));
  send(left.session.get(), frame);
  EXPECT_EQ(receive(right.session.get()), frame);
  take_down(std::move(left));
  take_down(std::move(right));
}

TEST_P(KernelCallsTest, TunnelThatLosesItsSocketIsGone) {
  Up up = set_up(lac());
  up = {}; // as when the daemon dies: every descriptor closes, nothing is taken down
  // The kernel finishes on its own time.
  for (int n = 0; n < 200 && shown_by_kernel().find("SESSION '") != std::string::npos; ++n)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  EXPECT_EQ(shown_by_kernel().find("SESSION '"), std::string::npos);
  for (int n = 0; n < 200 && kernel_.netlink() && !kernel_.list_tunnels()->empty(); ++n)
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
}

TEST_P(KernelCallsTest, SessionThatAnotherProcessHoldsIsTakenFromIt) {
  if (!kernel_.netlink()) GTEST_SKIP() << "a socket's session goes when its last holder closes it";
  Up up = set_up(lac());
  const UniqueFd held(::dup(up.session.get())); // as pppd has it
  take_down(std::move(up));
  EXPECT_EQ(kernel_.list_sessions()->size(), 0u);
}

TEST_P(KernelCallsTest, SessionOfNoTunnelIsRefused) {
  if (!kernel_.netlink()) GTEST_SKIP() << "a session's socket names its tunnel by a descriptor";
  const auto session = kernel_.create_session({77}, lac().session);
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().error, ENODEV);
  EXPECT_FALSE(session.error().temporary());
}

TEST_P(KernelCallsTest, KernelTellsWhatItHas) {
  if (!kernel_.netlink()) GTEST_SKIP() << "needs l2tp_netlink";
  Up up = set_up(lac());
  const auto tunnels = kernel_.list_tunnels();
  ASSERT_TRUE(tunnels && tunnels->size() == 1u);
  EXPECT_EQ(tunnels->front().tunnel, 10u);
  EXPECT_EQ(tunnels->front().peer_tunnel, 20u);
  EXPECT_EQ(tunnels->front().protocol_version, 2u);
  EXPECT_EQ(tunnels->front().path, up.end.tunnel.route.path);
  const auto session = kernel_.find_session({10}, {1});
  ASSERT_TRUE(session) << to_string(session.error());
  EXPECT_EQ(session->peer_session, 2u);
  EXPECT_FALSE(session->lns);
  const auto none = kernel_.find_session({10}, {3});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().error, ENODEV);
  take_down(std::move(up));
}

TEST_P(KernelCallsTest, ManyAreMadeAndTakenDownByWorkersAtOnce) {
  Up up = set_up(lac());
  constexpr std::uint16_t workers = 8, each = 25;
  std::atomic<int> failed = 0;
  std::vector<std::vector<UniqueFd>> sockets(workers);
  const auto in_parallel = [&](auto work) {
    std::vector<std::jthread> threads;
    for (std::uint16_t worker = 0; worker < workers; ++worker)
      threads.emplace_back([&, worker] { work(worker); });
  };
  const auto id = [](std::uint16_t worker, std::uint16_t n) {
    return static_cast<std::uint16_t>(1000 + worker * each + n);
  };
  in_parallel([&](std::uint16_t worker) {
    for (std::uint16_t n = 0; n < each; ++n) {
      const std::uint16_t number = id(worker, n);
      auto socket =
          set_up_session(kernel_, up.end.tunnel, {.session = {number}, .peer_session = {number}}, up.sockets.udp.get());
      if (socket)
        sockets[worker].push_back(std::move(*socket));
      else
        ++failed;
    }
  });
  EXPECT_EQ(failed.load(), 0);
  if (kernel_.netlink()) EXPECT_EQ(kernel_.list_sessions()->size(), 1u + workers * each);
  in_parallel([&](std::uint16_t worker) {
    std::uint16_t n = 0;
    for (UniqueFd& socket : sockets[worker])
      take_down_session(kernel_, up.end.tunnel, {id(worker, n++)}, std::move(socket));
  });
  take_down(std::move(up));
}

INSTANTIATE_TEST_SUITE_P(By, KernelCallsTest, testing::Values(false, true),
                         [](const auto& info) { return info.param ? "sockets" : "netlink"; });

} // namespace
} // namespace openl2tp::runtime
