#include "runtime/shard/tunnel_sockets.hpp"

#include <gtest/gtest.h>

#include "tests/unit/runtime/loop/fake_loop.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::Endpoint;
using protocol::IpAddress;

Task<int> close(TunnelSockets* sockets) {
  co_await sockets->close_all();
  co_return 0;
}

class Sockets : public ::testing::Test, private DatagramSink {
 protected:
  ~Sockets() override { EXPECT_EQ(fake_.loop.run(close(&sockets_)), 0); }
  UdpSocket open(const IpAddress& address, std::uint16_t port) {
    const Endpoint local{.address = address, .port = port};
    return {fake_.network.open_udp(local), local};
  }
  std::uint32_t adopt(std::uint16_t port, bool exclusive) {
    return sockets_.adopt({.socket = open(here, port), .exclusive = exclusive});
  }
  void on_datagrams(UdpEndpoint&, std::span<const Datagram>) noexcept override {}

  static constexpr IpAddress here = IpAddress::v4(192, 0, 2, 1), there = IpAddress::v4(192, 0, 2, 9);
  FakeLoop fake_;
  UdpPool pool_{fake_.loop, {.receive_buffers = 64}};
  TunnelSockets sockets_{fake_.loop, pool_, *this};
};

TEST_F(Sockets, ListeningSocketsAreNumberedInTheirOrder) {
  sockets_.listen(open(here, 1701));
  sockets_.listen(open(IpAddress::any_v6(), 1701));
  EXPECT_EQ(sockets_.number_of(*sockets_.find(1)), 1U);
  EXPECT_EQ(sockets_.find(2), nullptr);
  sockets_.release(0); // they stay
  EXPECT_NE(sockets_.find(0), nullptr);
}

TEST_F(Sockets, ATunnelLeavesFromTheSocketThatReachesItsPeer) {
  sockets_.listen(open(IpAddress::any_v4(), 1701));
  sockets_.listen(open(here, 1701));
  EXPECT_EQ(sockets_.listening_for(here, there), 1U);
  EXPECT_EQ(sockets_.listening_for(IpAddress::v4(192, 0, 2, 7), there), 0U);
  EXPECT_EQ(sockets_.listening_for({}, there), 0U);
  EXPECT_EQ(sockets_.listening_for({}, IpAddress::any_v6()), std::nullopt);
}

TEST_F(Sockets, ASharedSocketGoesWithItsLastTunnel) {
  sockets_.listen(open(here, 1701));
  const std::uint32_t number = adopt(5000, false);
  EXPECT_EQ(adopt(5000, false), number);
  UdpEndpoint* const endpoint = sockets_.find(number);
  ASSERT_NE(endpoint, nullptr);
  EXPECT_EQ(endpoint->local().port, 5000);
  sockets_.release(number);
  EXPECT_EQ(sockets_.find(number), endpoint);
  sockets_.release(number);
  EXPECT_EQ(sockets_.find(number), nullptr);
  EXPECT_EQ(sockets_.number_of(*endpoint), std::nullopt); // it closes in a task, so it is still there
  sockets_.release(number);
}

TEST_F(Sockets, AnExclusiveSocketIsSharedWithNobody) {
  const std::uint32_t first = adopt(5000, true);
  EXPECT_NE(adopt(5000, true), first);
  EXPECT_NE(adopt(5000, false), first);
}

TEST_F(Sockets, ANumberIsNotGivenOutAgainSoon) {
  const std::uint32_t first = adopt(5000, true);
  sockets_.release(first);
  EXPECT_NE(adopt(5000, true), first);
}

} // namespace
} // namespace openl2tp::runtime
