// Which control messages are lost on purpose.
#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "protocol/wire/header.hpp"
#include "runtime/shard/fault_injector.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::PeerSessionId;
using protocol::TunnelId;

/// A plain sequence: the rates come out exactly.
class Counting final : public protocol::RandomSource {
 public:
  void fill(std::span<std::byte> out) override {
    for (std::byte& octet : out)
      octet = std::byte{0};
    out.back() = static_cast<std::byte>(next_++ * 37 % 100); // 37 and 100 have no common factor: each value once in 100
  }

 private:
  unsigned next_ = 0;
};

std::vector<std::byte> message(std::uint16_t tunnel, std::uint16_t session = 0) {
  std::vector<std::byte> octets(20);
  protocol::encode_control_header(octets, {.tunnel_id = tunnel, .session_id = session, .ns = 0, .nr = 0});
  return octets;
}

class FaultInjection : public ::testing::Test {
 protected:
  /// How many of `count` received messages get lost.
  int lost(int count, std::uint16_t tunnel = 1, std::uint16_t session = 0) {
    int dropped = 0;
    for (int i = 0; i < count; ++i)
      dropped += injector_.drop_received(message(tunnel, session)) ? 1 : 0;
    return dropped;
  }
  Counting random_;
  std::atomic<bool> fired_{false};
  FaultInjector injector_{random_, fired_};
};

TEST_F(FaultInjection, NothingIsAskedUnlessTheDirectionAndTheTriggerAreOn) {
  EXPECT_FALSE(injector_.drops_received() || injector_.drops_sent());
  injector_.set({.drop_received = true});
  EXPECT_FALSE(injector_.drops_received()) << "the trigger is off";
  injector_.set({.trigger = FaultTrigger::on});
  EXPECT_FALSE(injector_.drops_received() || injector_.drops_sent()) << "both directions are off";
  injector_.set({.drop_sent = true, .trigger = FaultTrigger::low});
  EXPECT_TRUE(injector_.drops_sent());
  EXPECT_FALSE(injector_.drops_received());
}

TEST_F(FaultInjection, OnDropsEveryMessage) {
  injector_.set({.drop_received = true, .trigger = FaultTrigger::on});
  EXPECT_EQ(lost(20), 20);
  EXPECT_EQ(injector_.received_dropped(), 20u);
  EXPECT_EQ(injector_.sent_dropped(), 0u);
  EXPECT_TRUE(fired_);
}

TEST_F(FaultInjection, OnceDropsOneMessageOnAllShards) {
  FaultInjector other(random_, fired_);
  for (FaultInjector* one : {&injector_, &other})
    one->set({.drop_received = true, .drop_sent = true, .trigger = FaultTrigger::once});
  EXPECT_TRUE(other.drop_sent(message(1), TunnelId{2}, {}));
  EXPECT_EQ(lost(20), 0);
  EXPECT_FALSE(other.drop_sent(message(1), TunnelId{2}, {}));
  fired_ = false; // armed again
  EXPECT_EQ(lost(20), 1);
}

TEST_F(FaultInjection, TheRatesAreOneFiveAndTwentyInAHundred) {
  const std::pair<FaultTrigger, int> rates[] = {
      {FaultTrigger::low, 10}, {FaultTrigger::medium, 50}, {FaultTrigger::high, 200}};
  for (const auto& [trigger, of_thousand] : rates) {
    injector_.set({.drop_received = true, .trigger = trigger});
    EXPECT_EQ(lost(1000), of_thousand);
  }
}

class AlwaysZero final : public protocol::RandomSource {
 public:
  void fill(std::span<std::byte> out) override { std::ranges::fill(out, std::byte{0}); }
};

TEST(FaultInjectionInARow, ARandomTriggerDropsAtMostFourMessages) {
  AlwaysZero random;
  std::atomic<bool> fired{false};
  FaultInjector injector(random, fired);
  injector.set({.drop_received = true, .drop_sent = true, .trigger = FaultTrigger::low});
  std::vector<bool> got;
  for (int i = 0; i < 6; ++i)
    got.push_back(injector.drop_received(message(1)));
  EXPECT_EQ(got, (std::vector{true, true, true, true, false, true}));
  EXPECT_TRUE(injector.drop_sent(message(1), TunnelId{1}, {})) << "each direction counts for itself";
}

TEST_F(FaultInjection, DataMessagesAndScrapsAreLeftAlone) {
  injector_.set({.drop_received = true, .trigger = FaultTrigger::on});
  std::vector<std::byte> data(20);
  data[1] = std::byte{2}; // version 2, no T bit
  EXPECT_FALSE(injector_.drop_received(data));
  EXPECT_FALSE(injector_.drop_received(std::span(data).first(1)));
  EXPECT_FALSE(injector_.drop_received({}));
}

TEST_F(FaultInjection, ATunnelNarrowsItToThatTunnel) {
  injector_.set({.drop_received = true, .drop_sent = true, .trigger = FaultTrigger::on, .tunnel_id = 7});
  EXPECT_EQ(lost(1, 8), 0);
  EXPECT_EQ(lost(1, 7), 1);
  EXPECT_EQ(lost(1, 7, 99), 1) << "its sessions' messages, too";
  EXPECT_FALSE(injector_.drop_sent(message(7), TunnelId{8}, {})) << "7 is the peer's id there";
  EXPECT_TRUE(injector_.drop_sent(message(8), TunnelId{7}, {}));
}

TEST_F(FaultInjection, ASessionNarrowsItToMessagesThatCarryItsId) {
  injector_.set(
      {.drop_received = true, .drop_sent = true, .trigger = FaultTrigger::on, .tunnel_id = 7, .session_id = 5});
  EXPECT_EQ(lost(1, 7), 0);
  EXPECT_EQ(lost(1, 7, 6), 0);
  EXPECT_EQ(lost(1, 8, 5), 0);
  EXPECT_EQ(lost(1, 7, 5), 1);
  EXPECT_TRUE(injector_.drop_sent(message(8, 50), TunnelId{7}, PeerSessionId{50}));
  EXPECT_FALSE(injector_.drop_sent(message(8, 51), TunnelId{7}, PeerSessionId{50}));
  EXPECT_FALSE(injector_.drop_sent(message(8, 0), TunnelId{7}, {})) << "an id that is not known yet";
}

TEST(FaultSettingsModified, ASessionNeedsATunnelAndGoesWithIt) {
  const auto refused = modified(FaultSettings{}, {.session_id = 5});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().detail, "session_id: 5, allowed 0 unless tunnel_id is given");
  const auto both = modified(FaultSettings{}, {.tunnel_id = 7, .session_id = 5});
  ASSERT_TRUE(both);
  const auto none = modified(*both, {.tunnel_id = 0});
  ASSERT_TRUE(none);
  EXPECT_EQ(none->session_id, 0);
}

TEST(FaultSettingsModified, WhatIsNotSetStays) {
  const FaultSettings before{.drop_received = true,
                             .trigger = FaultTrigger::high,
                             .tunnel_id = 3,
                             .session_id = 4,
                             .hold_tunnels = true,
                             .hold_sessions = true,
                             .sequential_ids = true,
                             .show_profile_usage = true};
  const auto after = modified(before, {.drop_sent = true, .clear_trigger = true});
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->drop_received && after->drop_sent && after->hold_tunnels && after->hold_sessions &&
              after->sequential_ids && after->show_profile_usage);
  EXPECT_EQ(after->trigger, FaultTrigger::high);
  EXPECT_EQ(after->tunnel_id, 3);
  EXPECT_EQ(after->session_id, 4);
}

} // namespace
} // namespace openl2tp::runtime
