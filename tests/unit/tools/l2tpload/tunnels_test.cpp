// The generator's reliable channel against a plain socket that plays the peer, on loopback.

#include "tools/l2tpload/tunnels.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <unistd.h>

#include <array>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace openl2tp::load {
namespace {

class Recorder final : public Script {
 public:
  void handle_request(const Received&, const Address&, std::size_t) override { ++requests; }
  void handle_message(std::uint32_t, const Received& message) override { messages.push_back(message.type); }
  void handle_acknowledged(std::uint32_t, MessageType type, std::uint16_t) override { acknowledged.push_back(type); }
  void handle_silence(std::uint32_t) override { ++silences; }
  std::vector<MessageType> messages, acknowledged;
  int requests = 0, silences = 0;
};

class TunnelsTest : public testing::Test {
 protected:
  void SetUp() override {
    peer_ = socket(AF_INET, SOCK_DGRAM, 0);
    Address peer_address = *Address::parse("127.0.0.1", 0);
    ASSERT_EQ(bind(peer_, peer_address.raw(), peer_address.size()), 0);
    socklen_t size = Address::size_max();
    getsockname(peer_, peer_address.raw(), &size);
    TransportOptions options;
    options.local = *Address::parse("127.0.0.1", 0);
    options.target = peer_address;
    transport_ = std::make_unique<Transport>(*Transport::open(options));
    tunnels_ = std::make_unique<Tunnels>(TunnelsOptions{.tunnels = 2, .calls = 2}, *transport_, templates_);
    tunnels_->set_script(&recorder_);
    tunnels_->tunnel(0).state = TunnelState::up;
    tunnels_->tunnel(0).peer_id = 77;
    us_ = *Address::parse("127.0.0.1", transport_->local_port(0));
  }
  void TearDown() override { close(peer_); }

  /// The next message at the peer; nullopt when there is none.
  std::optional<Received> next() {
    std::array<std::byte, 512> buffer{};
    const auto size = recv(peer_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return size < 0 ? std::nullopt : decode(std::span(buffer).first(static_cast<std::size_t>(size)));
  }
  void say(MessageType type, std::uint16_t ns, std::uint16_t nr) {
    std::array<std::byte, message_size_max> buffer{};
    const auto size = templates_.encode(type, {1, 0, ns, nr}, 0, 0, buffer);
    ASSERT_GT(sendto(peer_, buffer.data(), size, 0, us_.raw(), us_.size()), 0);
    tunnels_->turn(0);
  }

  const Templates templates_{"test", 8};
  int peer_ = -1;
  Address us_;
  Recorder recorder_;
  std::unique_ptr<Transport> transport_;
  std::unique_ptr<Tunnels> tunnels_;
};

TEST_F(TunnelsTest, ThePeersWindowIsKept) {
  tunnels_->tunnel(0).window = 2;
  for (int i = 0; i < 3; ++i)
    tunnels_->send(0, MessageType::hello);
  tunnels_->turn(0);
  EXPECT_EQ(next()->header.ns, 0);
  EXPECT_EQ(next()->header.ns, 1);
  EXPECT_FALSE(next());
  say(MessageType::zlb, 0, 1);
  EXPECT_EQ(next()->header.ns, 2);
  EXPECT_EQ(recorder_.acknowledged, std::vector{MessageType::hello});
}

TEST_F(TunnelsTest, AMessageIsAcknowledgedByAZlbAndHandledOnce) {
  say(MessageType::hello, 0, 0);
  say(MessageType::hello, 0, 0);
  EXPECT_EQ(recorder_.messages, std::vector{MessageType::hello});
  for (int i = 0; i < 2; ++i) {
    const auto answer = next();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->type, MessageType::zlb);
    EXPECT_EQ(answer->header.tunnel, 77);
    EXPECT_EQ(answer->header.nr, 1);
  }
  EXPECT_EQ(tunnels_->counters().duplicates, 1u);
}

TEST_F(TunnelsTest, AMessageAheadOfItsTurnIsDroppedWithoutAnAnswer) {
  say(MessageType::hello, 1, 0);
  EXPECT_TRUE(recorder_.messages.empty());
  EXPECT_FALSE(next());
  EXPECT_EQ(tunnels_->counters().out_of_order, 1u);
}

TEST_F(TunnelsTest, AnAcknowledgementOfWhatWasNotSentIsIgnored) {
  tunnels_->send(0, MessageType::hello);
  say(MessageType::zlb, 0, 2);
  EXPECT_TRUE(recorder_.acknowledged.empty());
  EXPECT_EQ(tunnels_->outstanding(), 1u);
}

TEST_F(TunnelsTest, SequenceNumbersGoThroughZero) {
  Tunnel& tunnel = tunnels_->tunnel(0);
  tunnel.acknowledged = tunnel.sent = tunnel.queued = tunnel.expected = 0xffff;
  tunnels_->send(0, MessageType::hello);
  tunnels_->send(0, MessageType::hello);
  say(MessageType::hello, 0xffff, 1);
  EXPECT_EQ(recorder_.acknowledged.size(), 2u);
  EXPECT_EQ(recorder_.messages.size(), 1u);
  EXPECT_EQ(tunnel.expected, 0);
}

TEST_F(TunnelsTest, AnIcrqNamesNoSessionOfThePeerThoughItsSlotWasUsedBefore) {
  tunnels_->call(0, 0).peer_id = 99;
  tunnels_->send(0, MessageType::cdn, 0);
  tunnels_->send(0, MessageType::icrq, 0);
  tunnels_->turn(0);
  EXPECT_EQ(next()->header.session, 99);
  const auto request = next();
  EXPECT_EQ(request->header.session, 0);
  EXPECT_EQ(request->assigned_session, 1);
}

TEST_F(TunnelsTest, TheQueueOfATunnelIsBounded) {
  for (int i = 0; i < Tunnels::queue_size; ++i)
    EXPECT_TRUE(tunnels_->send(0, MessageType::hello));
  EXPECT_FALSE(tunnels_->send(0, MessageType::hello));
  tunnels_->forget_queue(0);
  EXPECT_EQ(tunnels_->outstanding(), 0u);
  EXPECT_TRUE(tunnels_->send(0, MessageType::hello));
}

} // namespace
} // namespace openl2tp::load
