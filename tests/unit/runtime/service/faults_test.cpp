// Faults that the management injects into running daemons.
#include <gtest/gtest.h>

#include "runtime/faults.hpp"
#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using testing::by_id;
using testing::eventually;
using testing::fails_with;
using testing::TwoDaemons;

class ServiceFaults : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  static FaultReport report(testing::Daemon& daemon) {
    auto report = daemon.control().faults()->fault_get();
    EXPECT_TRUE(report);
    return report.value_or(FaultReport{});
  }
  static void inject(testing::Daemon& daemon, const FaultChange& change) {
    const auto done = daemon.control().faults()->fault_modify(change);
    ASSERT_TRUE(done) << done.error().detail;
  }
  TwoDaemons pair_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Shards, ServiceFaults, ::testing::Values(1, 3));

TEST_P(ServiceFaults, ALostSccrpIsRepeatedAndTheTunnelComesUp) {
  inject(pair_.lac, {.drop_received = true, .trigger = FaultTrigger::once});
  EXPECT_FALSE(report(pair_.lac).fired);
  const std::uint16_t tunnel = pair_.open();
  ASSERT_NE(tunnel, 0);
  EXPECT_EQ(report(pair_.lac).received_dropped, 1u);
  EXPECT_EQ(report(pair_.lac).sent_dropped, 0u);
  EXPECT_TRUE(report(pair_.lac).fired);
  EXPECT_GE(
      pair_.lac.tunnel(tunnel).statistics.retransmits + pair_.lns.tunnel(pair_.far(tunnel)).statistics.retransmits, 1u);
}

TEST_P(ServiceFaults, ALostSccrqIsRepeatedAndTheTunnelComesUp) {
  inject(pair_.lac, {.drop_sent = true, .trigger = FaultTrigger::once});
  const std::uint16_t tunnel = pair_.open();
  ASSERT_NE(tunnel, 0);
  EXPECT_EQ(report(pair_.lac).sent_dropped, 1u);
  EXPECT_EQ(pair_.lac.tunnel(tunnel).statistics.retransmits, 1u);
}

TEST_P(ServiceFaults, TheTriggerStaysFiredUntilItIsCleared) {
  inject(pair_.lac, {.drop_sent = true, .trigger = FaultTrigger::once});
  ASSERT_NE(pair_.open(), 0);
  ASSERT_NE(pair_.open(), 0);
  EXPECT_EQ(report(pair_.lac).sent_dropped, 1u);
  inject(pair_.lac, {.clear_trigger = true});
  EXPECT_FALSE(report(pair_.lac).fired);
  ASSERT_NE(pair_.open(), 0);
  EXPECT_EQ(report(pair_.lac).sent_dropped, 2u);
  pair_.lac.modify({.reset_statistics = true});
  EXPECT_EQ(report(pair_.lac).sent_dropped, 0u);
}

TEST_P(ServiceFaults, NothingComesThroughWhileTheTriggerIsOn) {
  inject(pair_.lac, {.drop_received = true, .trigger = FaultTrigger::on});
  const auto tunnel = pair_.lac.control().tunnel_create(TwoDaemons::to_lns());
  ASSERT_TRUE(tunnel);
  ASSERT_TRUE(eventually([&] { return pair_.lac.tunnels().empty(); })) << "it gives up";
  inject(pair_.lac, {.trigger = FaultTrigger::off});
  EXPECT_NE(pair_.open(), 0);
}

TEST_P(ServiceFaults, OtherTunnelsAreSparedWhereOneIsNamed) {
  const std::uint16_t hit = pair_.open(), spared = pair_.open();
  inject(pair_.lac, {.drop_sent = true, .trigger = FaultTrigger::on, .tunnel_id = hit});
  EXPECT_NE(pair_.call(spared), 0);
  const auto session = pair_.lac.control().session_create(by_id(hit), {});
  ASSERT_TRUE(session);
  ASSERT_TRUE(eventually([&] { return pair_.lac.tunnels() == std::vector{spared}; })) << "its ICRQ never arrives";
}

TEST_P(ServiceFaults, AHeldTunnelStaysVisibleUntilReleased) {
  inject(pair_.lac, {.hold_tunnels = true});
  const std::uint16_t tunnel = pair_.open();
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(tunnel), {}));
  ASSERT_TRUE(eventually([&] { return pair_.lac.state(tunnel) == "DEAD"; }));
  EXPECT_EQ(pair_.lac.tunnels(), std::vector{tunnel});
  const TunnelReport held = pair_.lac.tunnel(tunnel);
  EXPECT_GT(held.statistics.control_sent_packets, 2u);
  EXPECT_FALSE(held.peer.host_name.empty());
  EXPECT_EQ(pair_.lac.system().tunnels, 0u);
  EXPECT_TRUE(pair_.lac.control().peer_list()->empty());
  auto same_id = TwoDaemons::to_lns();
  same_id.tunnel_id = tunnel;
  EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_create(same_id), ControlFault::tunnel_already_exists));
  inject(pair_.lac, {.hold_tunnels = false});
  EXPECT_TRUE(pair_.lac.tunnels().empty());
  EXPECT_EQ(pair_.open(same_id), tunnel);
}

TEST_P(ServiceFaults, AHeldTunnelCanBeReleasedAlone) {
  inject(pair_.lac, {.hold_tunnels = true});
  const std::uint16_t first = pair_.open(), second = pair_.open();
  for (const std::uint16_t id : {first, second})
    ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(id), {}));
  ASSERT_TRUE(eventually([&] { return pair_.lac.tunnels_in("DEAD") == 2; }));
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(first), {}));
  EXPECT_EQ(pair_.lac.tunnels(), std::vector{second});
}

TEST_P(ServiceFaults, AHeldSessionStaysVisibleUntilReleased) {
  inject(pair_.lac, {.hold_sessions = true});
  const std::uint16_t tunnel = pair_.open();
  SessionParameters parameters;
  parameters.session_name = "held";
  const std::uint16_t gone = pair_.call(tunnel, parameters), alive = pair_.call(tunnel);
  ASSERT_TRUE(pair_.lac.control().session_delete(by_id(tunnel, gone), {}));
  ASSERT_TRUE(eventually([&] { return pair_.lac.state(tunnel, gone) == "DEAD"; }));
  std::vector<std::uint16_t> both{gone, alive};
  std::ranges::sort(both);
  EXPECT_EQ(pair_.lac.sessions(tunnel), both);
  const auto by_name = pair_.lac.control().session_get({.tunnel = by_id(tunnel), .id = 0, .name = "held"});
  ASSERT_TRUE(by_name);
  EXPECT_EQ(by_name->session_id, gone);
  EXPECT_NE(by_name->peer_session_id, 0);
  EXPECT_EQ(pair_.lac.system().sessions, 1u);
  inject(pair_.lac, {.hold_sessions = false});
  EXPECT_EQ(pair_.lac.sessions(tunnel), std::vector{alive});
}

TEST_P(ServiceFaults, AHeldTunnelShowsItsHeldSessions) {
  inject(pair_.lac, {.hold_tunnels = true, .hold_sessions = true});
  const std::uint16_t tunnel = pair_.open();
  const std::uint16_t session = pair_.call(tunnel);
  ASSERT_TRUE(pair_.lac.control().tunnel_delete(by_id(tunnel), {}));
  ASSERT_TRUE(eventually([&] { return pair_.lac.state(tunnel) == "DEAD"; }));
  EXPECT_EQ(pair_.lac.sessions(tunnel), std::vector{session});
  EXPECT_EQ(pair_.lac.state(tunnel, session), "DEAD");
  ASSERT_TRUE(pair_.lac.control().session_delete(by_id(tunnel, session), {}));
  EXPECT_TRUE(pair_.lac.sessions(tunnel).empty());
}

TEST_P(ServiceFaults, IdsComeInSequence) {
  inject(pair_.lac, {.sequential_ids = true});
  std::vector<std::uint16_t> ids;
  for (std::uint32_t i = 0; i < GetParam() * 2; ++i)
    ids.push_back(pair_.open());
  std::ranges::sort(ids);
  for (std::uint32_t i = 0; i < ids.size(); ++i)
    EXPECT_EQ(ids[i], i + 1) << "shards take turns";
  EXPECT_EQ(pair_.call(ids[0]), 1);
  EXPECT_EQ(pair_.call(ids[0]), 2);
  inject(pair_.lac, {.reset_ids = true});
  EXPECT_EQ(pair_.call(ids[0]), 3) << "the lowest that is not in use";
}

TEST_P(ServiceFaults, LookUpsAreCounted) {
  const std::uint16_t tunnel = pair_.open();
  const FaultReport before = report(pair_.lac);
  const std::uint16_t nobody = tunnel == 1 ? 2 : 1;
  EXPECT_EQ(pair_.lac.state(tunnel), "ESTABLISHED");
  EXPECT_EQ(pair_.lac.state(nobody), "");
  EXPECT_EQ(pair_.lac.state(tunnel, 1), "");
  EXPECT_TRUE(fails_with(pair_.lac.control().tunnel_get(testing::by_name("x")), ControlFault::tunnel_not_found));
  const FaultReport after = report(pair_.lac);
  EXPECT_EQ(after.tunnel_ids.hits - before.tunnel_ids.hits, 2u);
  EXPECT_EQ(after.tunnel_ids.misses - before.tunnel_ids.misses, 1u);
  EXPECT_EQ(after.tunnel_names.misses - before.tunnel_names.misses, 1u);
  EXPECT_EQ(after.tunnel_names.hits - before.tunnel_names.hits, 0u);
  EXPECT_EQ(after.session_ids.misses - before.session_ids.misses, 1u);
}

TEST_P(ServiceFaults, ASessionWithoutATunnelIsRefused) {
  EXPECT_TRUE(
      fails_with(pair_.lac.control().faults()->fault_modify({.session_id = 4}), ControlFault::invalid_argument));
}

} // namespace
} // namespace openl2tp::runtime
