// Real sockets on loopback: the kernel must pick the shard by the tunnel id of the L2TP header, with and without a
// length field.
#include "runtime/net/endpoint_group.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <string>

#include "runtime/net/socket_address.hpp"
#include "runtime/net/steering.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::Endpoint;
using protocol::IpAddress;

constexpr std::size_t kShards = 4;

IpAddress loopback(int family) {
  if (family == 4) return IpAddress::v4(127, 0, 0, 1);
  IpAddress address = IpAddress::any_v6();
  address.octets[15] = 1;
  return address;
}

std::array<std::byte, 12> header(std::uint16_t tunnel_id, bool with_length) {
  std::array<std::byte, 12> octets{};
  const std::size_t at = with_length ? 4 : 2;
  octets[0] = with_length ? std::byte{0xc8} : std::byte{0x00};
  octets[1] = std::byte{2};
  octets[at] = static_cast<std::byte>(tunnel_id >> 8);
  octets[at + 1] = static_cast<std::byte>(tunnel_id & 0xff);
  return octets;
}

void send_to(int fd, const Endpoint& to, std::span<const std::byte> octets) {
  SocketAddress address;
  const socklen_t length = to_socket_address(to, address);
  ASSERT_EQ(::sendto(fd, octets.data(), octets.size(), 0, &address.any, length), static_cast<ssize_t>(octets.size()));
}

/// The shard that has a datagram waiting; takes it.
int receiver(const std::vector<UdpSocket>& sockets) {
  std::vector<pollfd> files;
  files.reserve(sockets.size());
  for (const UdpSocket& socket : sockets)
    files.push_back({.fd = socket.fd.get(), .events = POLLIN, .revents = 0});
  if (::poll(files.data(), files.size(), 5000) != 1) return -1;
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (files[i].revents == 0) continue;
    std::array<std::byte, 64> buffer;
    if (::recv(files[i].fd, buffer.data(), buffer.size(), MSG_DONTWAIT) <= 0) return -2;
    return static_cast<int>(i);
  }
  return -3;
}

class Steering : public testing::TestWithParam<int> {};

TEST_P(Steering, TunnelIdPicksTheShard) {
  auto sockets = open_endpoint_group({.address = loopback(GetParam()), .port = 0}, kShards, {});
  ASSERT_TRUE(sockets) << sockets.error().text;
  auto sender = open_udp_socket({.address = loopback(GetParam()), .port = 0}, {.share_port = false});
  ASSERT_TRUE(sender);
  for (unsigned id = 1; id < 65536; id += 1021) {
    for (const bool with_length : {true, false}) {
      const auto octets = header(static_cast<std::uint16_t>(id), with_length);
      send_to(sender->fd.get(), sockets->front().local, octets);
      ASSERT_EQ(receiver(*sockets), static_cast<int>(id % kShards)) << "tunnel id " << id;
      ASSERT_EQ(steered_shard(octets, kShards), id % kShards);
    }
  }
}

TEST_P(Steering, WithoutATunnelIdOneSourceAlwaysReachesOneShard) {
  auto sockets = open_endpoint_group({.address = loopback(GetParam()), .port = 0}, kShards, {});
  ASSERT_TRUE(sockets);
  std::array<int, kShards> seen{};
  for (int source = 0; source < 64; ++source) {
    auto sender = open_udp_socket({.address = loopback(GetParam()), .port = 0}, {.share_port = false});
    ASSERT_TRUE(sender);
    send_to(sender->fd.get(), sockets->front().local, header(0, true));
    const int first = receiver(*sockets);
    ASSERT_GE(first, 0);
    send_to(sender->fd.get(), sockets->front().local, header(0, true));
    EXPECT_EQ(receiver(*sockets), first);
    ++seen[static_cast<std::size_t>(first)];
  }
  int used = 0;
  for (const int count : seen)
    used += count > 0;
  EXPECT_GT(used, 1); // 64 sources on one of four shards by chance: 4^-63
}

TEST_P(Steering, DatagramTooShortForAHeaderReachesSomeShard) {
  auto sockets = open_endpoint_group({.address = loopback(GetParam()), .port = 0}, kShards, {});
  ASSERT_TRUE(sockets);
  auto sender = open_udp_socket({.address = loopback(GetParam()), .port = 0}, {.share_port = false});
  ASSERT_TRUE(sender);
  const auto octets = header(7, true);
  send_to(sender->fd.get(), sockets->front().local, std::span(octets).first(3));
  EXPECT_GE(receiver(*sockets), 0);
  EXPECT_EQ(steered_shard(std::span(octets).first(3), kShards), std::nullopt);
}

INSTANTIATE_TEST_SUITE_P(Families, Steering, testing::Values(4, 6),
                         [](const auto& test) { return test.param == 4 ? "V4" : "V6"; });

TEST(OpenUdpSocket, SaysWhatItCouldNotBind) {
  auto first = open_udp_socket({.address = loopback(4), .port = 0}, {.share_port = false});
  ASSERT_TRUE(first);
  auto second = open_udp_socket(first->local, {.share_port = false});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().error, EADDRINUSE);
  EXPECT_EQ(second.error().text, "cannot bind " + protocol::to_string(first->local) + ": Address already in use");
}

// The kernel's tunnel has a socket of its own on the port of a tunnel with an ephemeral one.
TEST(OpenUdpSocket, LetsAnotherJoinThePortThatWasItsAlone) {
  auto first = open_udp_socket({.address = loopback(4), .port = 0}, {.share_port = false});
  ASSERT_TRUE(first);
  const auto second = open_udp_socket(first->local, {.share_port = true});
  EXPECT_TRUE(second) << second.error().text;
}

TEST(OpenUdpSocket, RefusesAnEndpointWithoutAFamily) {
  auto socket = open_udp_socket({}, {});
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().error, EAFNOSUPPORT);
}

TEST(OpenEndpointGroup, BothFamiliesShareAPort) {
  auto v4 = open_endpoint_group({.address = IpAddress::any_v4(), .port = 0}, 2, {});
  ASSERT_TRUE(v4) << v4.error().text;
  auto v6 = open_endpoint_group({.address = IpAddress::any_v6(), .port = v4->front().local.port}, 2, {});
  ASSERT_TRUE(v6) << v6.error().text;
}

} // namespace
} // namespace openl2tp::runtime
