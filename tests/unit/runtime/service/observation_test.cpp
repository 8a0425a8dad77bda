// What an operator sees of a running daemon: statistics of system, tunnel and session, and trace lines.
#include <gtest/gtest.h>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::MessageType;
using testing::by_id;
using testing::eventually;
using testing::TwoDaemons;
namespace trace = protocol::trace;

const protocol::MessageCounters& row(const SystemReport& report, MessageType type) {
  return report.counters.messages[static_cast<std::size_t>(type)];
}

class ServiceStatistics : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  TwoDaemons pair_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Shards, ServiceStatistics, ::testing::Values(1, 4));

TEST_P(ServiceStatistics, OfTheSystemCountEveryMessageType) {
  for (int i = 0; i < 4; ++i)
    ASSERT_NE(pair_.call(pair_.open()), 0);
  const SystemReport lac = pair_.lac.system(), lns = pair_.lns.system();
  for (const MessageType type : {MessageType::sccrq, MessageType::scccn, MessageType::icrq, MessageType::iccn}) {
    EXPECT_EQ(row(lac, type).sent, 4u);
    EXPECT_EQ(row(lns, type).received, 4u);
  }
  for (const MessageType type : {MessageType::sccrp, MessageType::icrp}) {
    EXPECT_EQ(row(lns, type).sent, 4u);
    EXPECT_EQ(row(lac, type).received, 4u);
  }
  EXPECT_GE(lac.counters.sent_control_frames, 16u);
  EXPECT_GE(lns.counters.received_control_frames, 16u);
}

TEST_P(ServiceStatistics, OfATunnelCountItsMessages) {
  const std::uint16_t id = pair_.open();
  ASSERT_NE(pair_.call(id), 0);
  ASSERT_TRUE(eventually([&] { return pair_.lac.tunnel(id).statistics.peer_nr == 4; })); // all is acknowledged
  const TunnelStatistics ours = pair_.lac.tunnel(id).statistics;
  EXPECT_EQ(ours.ns, 4); // SCCRQ, SCCCN, ICRQ, ICCN
  EXPECT_EQ(ours.nr, 2); // SCCRP, ICRP
  EXPECT_GE(ours.control_sent_packets, 4u);
  EXPECT_GE(ours.control_received_packets, 2u);
  EXPECT_GT(ours.control_sent_octets, ours.control_sent_packets * 12);
  EXPECT_GT(ours.cwnd, 0);
}

TEST_P(ServiceStatistics, AreResetOnDemand) {
  ASSERT_NE(pair_.open(), 0);
  ASSERT_NE(pair_.lac.system().counters.sent_control_frames, 0u);
  pair_.lac.modify({.reset_statistics = true});
  const SystemReport report = pair_.lac.system();
  EXPECT_EQ(row(report, MessageType::sccrq).sent, 0u);
  EXPECT_EQ(row(report, MessageType::sccrp).received, 0u);
  EXPECT_EQ(report.tunnels, 1u);
}

TEST(ServiceTrace, WritesNothingWhenOff) {
  TwoDaemons pair;
  ASSERT_NE(pair.call(pair.open()), 0);
  EXPECT_EQ(pair.lac.trace_lines(), 0u);
  EXPECT_EQ(pair.lns.trace_lines(), 0u);
}

TEST(ServiceTrace, OfTheSystemShowsEveryTunnel) {
  TwoDaemons pair(2, {.trace = trace::protocol});
  const std::uint16_t first = pair.open(), second = pair.open();
  EXPECT_GE(pair.lac.trace_lines("tunnel " + std::to_string(first) + ":"), 3u);
  EXPECT_GE(pair.lac.trace_lines("tunnel " + std::to_string(second) + ":"), 3u);
  EXPECT_EQ(pair.lac.trace_lines("--"), 0u) << "state changes are another category";
}

TEST(ServiceTrace, OfTheSystemCanBeTurnedOnAndOff) {
  TwoDaemons pair(2);
  const std::uint16_t before = pair.open();
  pair.lac.modify({.trace = trace::fsm});
  const std::uint16_t traced = pair.open();
  pair.lac.modify({.trace = trace::protocol, .trace_bits = trace::protocol});
  EXPECT_EQ(pair.lac.system().config.trace, trace::protocol | trace::fsm);
  pair.lac.modify({.trace = 0});
  const std::uint16_t after = pair.open();
  EXPECT_EQ(pair.lac.trace_lines("tunnel " + std::to_string(before) + ":"), 0u);
  EXPECT_EQ(pair.lac.trace_lines("tunnel " + std::to_string(after) + ":"), 0u);
  EXPECT_GE(pair.lac.trace_lines("tunnel " + std::to_string(traced) + ": tunnel "), 1u);
}

TEST(ServiceTrace, OfATunnelShowsThatOneAlone) {
  TwoDaemons pair;
  auto parameters = TwoDaemons::to_lns();
  parameters.trace = trace::protocol;
  const std::uint16_t traced = pair.open(parameters), other = pair.open();
  EXPECT_EQ(pair.lac.trace_lines("tunnel " + std::to_string(traced) + ": received SCCRP"), 1u);
  EXPECT_EQ(pair.lac.trace_lines("tunnel " + std::to_string(other)), 0u);
}

TEST(ServiceTrace, OfATunnelCanBeTurnedOnByModify) {
  TwoDaemons pair;
  const std::uint16_t id = pair.open();
  ASSERT_TRUE(pair.lac.control().tunnel_modify(by_id(id), {.trace = trace::protocol}));
  ASSERT_NE(pair.call(id), 0);
  ASSERT_TRUE(pair.lac.control().tunnel_modify(by_id(id), {.trace = 0}));
  ASSERT_NE(pair.call(id), 0);
  EXPECT_EQ(pair.lac.trace_lines("sent ICRQ"), 1u);
}

TEST(ServiceTrace, OfASessionShowsThatOneAlone) {
  TwoDaemons pair;
  const std::uint16_t id = pair.open();
  SessionParameters parameters;
  parameters.trace = trace::fsm;
  const std::uint16_t traced = pair.call(id, parameters), other = pair.call(id);
  EXPECT_GE(pair.lac.trace_lines("session " + std::to_string(traced) + ":"), 2u);
  EXPECT_EQ(pair.lac.trace_lines("session " + std::to_string(other) + ":"), 0u);
}

TEST(ServiceTrace, NeverShowsASecret) {
  TwoDaemons pair(1, {.trace = trace::all}, {.trace = trace::all});
  ASSERT_TRUE(pair.lns.control().profiles().modify<TunnelProfileParameters>("default", {.secret = "swordfish"}));
  auto parameters = TwoDaemons::to_lns();
  parameters.secret = "swordfish";
  parameters.auth_mode = AuthMode::challenge;
  SessionParameters call;
  call.proxy_auth_type = ProxyAuthType::pap;
  call.proxy_auth_name = "someone";
  call.proxy_auth_response = std::vector<std::byte>(8, std::byte{'z'});
  ASSERT_NE(pair.call(pair.open(parameters), call), 0);
  EXPECT_GT(pair.lns.trace_lines(), 10u);
  for (testing::Daemon* daemon : {&pair.lac, &pair.lns}) {
    EXPECT_FALSE(daemon->logged("swordfish"));
    EXPECT_FALSE(daemon->logged("zzzzzzzz"));
    EXPECT_FALSE(daemon->logged("7a7a7a7a7a7a7a7a"));
  }
}

} // namespace
} // namespace openl2tp::runtime
