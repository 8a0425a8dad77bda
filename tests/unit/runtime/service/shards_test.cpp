// Several shards as one daemon: tunnels spread, tie breakers meet, and many threads manage at once. A raw socket plays
// the peer whose SCCRQ must cross ours.
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <set>

#include "protocol/wire/codec.hpp"
#include "protocol/wire/header.hpp"
#include "runtime/net/socket_address.hpp"
#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using testing::by_id;
using testing::Daemon;
using testing::eventually;
using testing::here;
using testing::TwoDaemons;

TEST(ServiceShards, TunnelsSpreadOverAllShards) {
  TwoDaemons pair(4);
  std::array<int, 4> ours{}, theirs{};
  auto parameters = TwoDaemons::to_lns();
  parameters.our_udp_port = 0; // a source of its own for each, so that the far kernel's hash spreads them
  parameters.our_addr = here(1);
  for (int i = 0; i < 40; ++i) {
    const std::uint16_t id = pair.open(parameters);
    ASSERT_NE(id, 0);
    ++ours[id % 4];
    ++theirs[pair.far(id) % 4];
  }
  for (std::size_t shard = 0; shard < 4; ++shard) {
    EXPECT_EQ(ours[shard], 10) << "shard " << shard;
    EXPECT_GT(theirs[shard], 0) << "shard " << shard; // 1 in 100,000 runs by chance
  }
}

/// A peer made of one socket: it says an SCCRQ and hears what comes back.
class RawPeer {
 public:
  explicit RawPeer(const protocol::Endpoint& local) : socket_(open_udp_socket(local, {.share_port = false})) {
    EXPECT_TRUE(socket_);
  }
  void send_sccrq(const protocol::Endpoint& to, std::uint16_t id,
                  const std::optional<protocol::TieBreaker>& tie_breaker) {
    protocol::Sccrq request;
    request.protocol_version = {1, 0};
    request.framing_capabilities = {true, true};
    request.host_name = "raw";
    request.assigned_tunnel_id = id;
    request.tie_breaker = tie_breaker;
    std::array<std::byte, 512> octets{};
    const auto length = protocol::encode(octets, 0, 0, request);
    ASSERT_TRUE(length);
    SocketAddress address;
    const socklen_t size = to_socket_address(to, address);
    ASSERT_EQ(::sendto(socket_->fd.get(), octets.data(), *length, 0, &address.any, size),
              static_cast<ssize_t>(*length));
  }
  /// Waits for a message of `type` addressed to our tunnel `id`.
  bool hears(protocol::MessageType type, std::uint16_t id) {
    return eventually([&] {
      std::array<std::byte, 2048> octets{};
      const ssize_t length = ::recv(socket_->fd.get(), octets.data(), octets.size(), MSG_DONTWAIT);
      if (length <= 0) return false;
      const auto control = protocol::decode_control_header(std::span(octets).first(static_cast<std::size_t>(length)));
      if (!control || control->header.tunnel_id != id || control->body.size() < 8) return false;
      return std::to_integer<std::uint16_t>(control->body[7]) == static_cast<std::uint16_t>(type);
    });
  }

 private:
  tl::expected<UdpSocket, SocketError> socket_;
};

class ServiceTieBreakers : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    lac_.start();
    auto parameters = TwoDaemons::to(here(9));
    parameters.use_tie_breaker = true;
    parameters.retry_timeout_s = 60;
    const auto id = lac_.control().tunnel_create(parameters);
    ASSERT_TRUE(id);
    ours_ = *id;
    ASSERT_TRUE(peer_.hears(protocol::MessageType::sccrq, 0));
  }
  static protocol::TieBreaker all(std::uint8_t octet) {
    protocol::TieBreaker value;
    value.fill(std::byte{octet});
    return value;
  }
  std::uint16_t port_ = testing::free_port();
  Daemon lac_{{.shards = GetParam(), .listen = {here(1)}, .port = port_}};
  RawPeer peer_{{.address = here(9), .port = port_}};
  std::uint16_t ours_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Shards, ServiceTieBreakers, ::testing::Values(1, 2, 4));

TEST_P(ServiceTieBreakers, TheLowerOneOfThePeerWins) {
  peer_.send_sccrq({.address = here(1), .port = port_}, 500, all(0));
  EXPECT_TRUE(peer_.hears(protocol::MessageType::sccrp, 500));
  EXPECT_TRUE(eventually([&] { return lac_.state(ours_).empty(); }));
  EXPECT_EQ(lac_.tunnels().size(), 1u);
}

TEST_P(ServiceTieBreakers, TheLowerOneOfOursWins) {
  peer_.send_sccrq({.address = here(1), .port = port_}, 500, all(0xff));
  ASSERT_TRUE(eventually([&] {
    return lac_.system().counters.messages[static_cast<std::size_t>(protocol::MessageType::sccrq)].received > 0;
  }));
  EXPECT_TRUE(eventually([&] { return lac_.system().counters.received_control_frames > 0; }));
  EXPECT_EQ(lac_.state(ours_), "WAITCTLREPLY");
  EXPECT_EQ(lac_.tunnels(), std::vector{ours_});
}

TEST_P(ServiceTieBreakers, ThePeersSccrqWithoutOneLosesOnEveryShard) {
  constexpr std::uint32_t asked = 12; // from as many ports: the kernel spreads them over the shards
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (std::uint32_t i = 0; i < asked; ++i) {
    peers.push_back(std::make_unique<RawPeer>(protocol::Endpoint{.address = here(9), .port = 0}));
    peers.back()->send_sccrq({.address = here(1), .port = port_}, static_cast<std::uint16_t>(500 + i), std::nullopt);
  }
  ASSERT_TRUE(eventually([&] {
    return lac_.system().counters.messages[static_cast<std::size_t>(protocol::MessageType::sccrq)].received == asked;
  }));
  EXPECT_EQ(lac_.tunnels(), std::vector{ours_});
}

TEST_P(ServiceTieBreakers, TheLowerOneOfThePeerWinsOnWhicheverShardItArrives) {
  for (std::uint16_t round = 1; round <= 6; ++round) {
    auto parameters = TwoDaemons::to(here(9));
    parameters.use_tie_breaker = true;
    parameters.retry_timeout_s = 60;
    const auto id = lac_.control().tunnel_create(parameters);
    ASSERT_TRUE(id);
    RawPeer peer({.address = here(9), .port = 0});
    peer.send_sccrq({.address = here(1), .port = port_}, round, all(0));
    EXPECT_TRUE(peer.hears(protocol::MessageType::sccrp, round));
    EXPECT_TRUE(eventually([&] { return lac_.state(*id).empty() && lac_.state(ours_).empty(); }));
  }
}

TEST_P(ServiceTieBreakers, OursLoseOnWhicheverShardTheirIdsPutThem) {
  std::vector<std::uint16_t> ids;
  for (std::uint16_t wanted = 1; wanted <= GetParam(); ++wanted) {
    auto parameters = TwoDaemons::to(here(9));
    parameters.use_tie_breaker = true;
    parameters.retry_timeout_s = 60;
    parameters.tunnel_id = wanted;
    if (wanted == ours_) continue;
    const auto id = lac_.control().tunnel_create(parameters);
    ASSERT_TRUE(id);
    ids.push_back(*id);
  }
  peer_.send_sccrq({.address = here(1), .port = port_}, 500, all(0));
  EXPECT_TRUE(peer_.hears(protocol::MessageType::sccrp, 500));
  EXPECT_TRUE(eventually([&] { return lac_.tunnels().size() == 1; })) << "all of ours lost";
}

TEST_P(ServiceTieBreakers, ThePeerMayAnswerThePortThatATunnelOfOursComesFrom) {
  auto parameters = TwoDaemons::to(here(9));
  parameters.our_addr = here(1);
  parameters.our_udp_port = testing::free_port();
  parameters.retry_timeout_s = 60;
  ASSERT_TRUE(lac_.control().tunnel_create(parameters));
  peer_.send_sccrq({.address = here(1), .port = *parameters.our_udp_port}, 500, all(0));
  EXPECT_TRUE(peer_.hears(protocol::MessageType::sccrp, 500));
}

TEST_P(ServiceTieBreakers, OneTunnelIsLeftOfTwoDaemonsThatOpenedItAtOnce) {
  Daemon other({.shards = GetParam(), .listen = {here(8)}, .port = port_});
  auto parameters = TwoDaemons::to(here(8));
  parameters.use_tie_breaker = true;
  parameters.retries_max = 5;
  const auto from_us = lac_.control().tunnel_create(parameters); // unheard: the other is not there yet
  ASSERT_TRUE(from_us);
  EXPECT_EQ(lac_.system().tunnels, 2u); // a turn later: the SCCRQ has left, and met nobody
  other.start();
  parameters.peer_addr = here(1);
  parameters.retry_timeout_s = 4; // ours is repeated first, so that no loser's SCCRQ is under way when it matters
  ASSERT_TRUE(other.control().tunnel_create(parameters));
  ASSERT_TRUE(eventually([&] {
    return other.tunnels_in("ESTABLISHED") == 1 && lac_.tunnels_in("ESTABLISHED") == 1 && other.tunnels().size() == 1;
  }));
  EXPECT_TRUE(eventually([&] { return lac_.tunnels().size() == 2; })); // and the one to the raw peer
}

TEST(ServiceThreads, ManyMayManageAtOnce) {
  TwoDaemons pair(2);
  constexpr int kThreads = 4, kRounds = 12;
  std::atomic<int> made{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread)
    threads.emplace_back([&pair, &made, thread] {
      Control& control = pair.lac.control();
      for (int round = 0; round < kRounds; ++round) {
        auto parameters = TwoDaemons::to_lns();
        parameters.tunnel_name = std::to_string(thread);
        const auto id = control.tunnel_create(parameters);
        if (!id) continue;
        ++made;
        static_cast<void>(control.session_create(by_id(*id), {.user_name = "user"}));
        static_cast<void>(control.profiles().modify<TunnelProfileParameters>(
            "default", {.idle_timeout_s = static_cast<std::uint32_t>(1000 + round)}));
        static_cast<void>(control.tunnel_modify(by_id(*id), {.hello_timeout_s = 30}));
        static_cast<void>(control.system_modify({.sessions_max = 1000}));
        for (Control* one : {&control, &pair.lns.control()}) {
          static_cast<void>(one->system_get());
          static_cast<void>(one->peer_list());
          static_cast<void>(one->user_list());
          const auto ids = one->tunnel_list();
          for (const std::uint16_t other : ids.value_or(std::vector<std::uint16_t>{})) {
            static_cast<void>(one->tunnel_get(by_id(other)));
            static_cast<void>(one->session_list(by_id(other)));
          }
        }
        EXPECT_TRUE(control.tunnel_delete(testing::by_name(std::to_string(thread)), "round"));
      }
    });
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(made, kThreads * kRounds);
  EXPECT_TRUE(eventually([&] { return pair.lac.system().tunnels == 0 && pair.lac.system().sessions == 0; }));
  EXPECT_NE(pair.call(pair.open()), 0);
}

} // namespace
} // namespace openl2tp::runtime
