#include "tests/unit/runtime/profiles/make_profiles.hpp"

namespace openl2tp::runtime {
namespace {

const SystemConfig kSystem;

std::shared_ptr<const TunnelConfig> tunnel() { return Profiles::built_in(0)->for_tunnel(to_peer(), kSystem).value(); }

TEST(ModifiedTunnel, ChangesParametersAndSettingsAndLeavesTheOldOneAlone) {
  const auto before = tunnel();
  TunnelParameters change;
  change.hello_timeout_s = 11;
  change.mtu = 1300;
  change.interface_name = "ifx";
  const auto after = modified(*before, change, kSystem);
  ASSERT_TRUE(after) << failure(after);
  EXPECT_EQ((*after)->settings->hello_interval, protocol::Duration(11000));
  EXPECT_EQ((*after)->in_force.mtu, 1300U);
  EXPECT_EQ((*after)->in_force.interface_name, "ifx");
  EXPECT_EQ((*after)->in_force.peer_addr, kPeer);
  EXPECT_TRUE((*after)->supplied.mtu);
  EXPECT_EQ(before->settings->hello_interval, protocol::Duration(60000));
  EXPECT_EQ(before->in_force.mtu, 1460U);
}

TEST(ModifiedTunnel, RefusesWhatOnlyCreationTakes) {
  std::vector<TunnelParameters> changes(6);
  changes[0].peer_addr = kPeer;
  changes[1].secret = "x";
  changes[2].receive_window = 4;
  changes[3].config_id = 1;
  changes[4].our_udp_port = 1;
  changes[5].hide_avps = false;
  for (const TunnelParameters& change : changes) {
    const auto result = modified(*tunnel(), change, kSystem);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, ControlFault::parameter_not_modifiable) << result.error().detail;
  }
}

TEST(ModifiedTunnel, ChangesOnlyTheTraceBitsThatCount) {
  TunnelParameters parameters = to_peer();
  parameters.trace = protocol::trace::fsm | protocol::trace::api;
  const auto before = Profiles::built_in(0)->for_tunnel(parameters, kSystem).value();
  TunnelParameters change;
  change.trace = protocol::trace::data;
  change.trace_bits = protocol::trace::data | protocol::trace::api;
  const auto after = modified(*before, change, kSystem);
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->settings->trace, protocol::trace::fsm | protocol::trace::data);
}

TEST(ModifiedTunnel, AnEmptyProfileNameMeansDefault) {
  TunnelParameters parameters = to_peer();
  parameters.session_profile_name = "sp";
  const auto before = Profiles::built_in(0)->for_tunnel(parameters, kSystem).value();
  TunnelParameters change;
  change.session_profile_name = "";
  const auto after = modified(*before, change, kSystem);
  ASSERT_TRUE(after);
  EXPECT_EQ((*after)->in_force.session_profile_name, "default");
  EXPECT_FALSE((*after)->supplied.session_profile_name);
}

TEST(ModifiedSession, TakesTraceAndSequencingOnly) {
  const auto profiles = Profiles::built_in(0);
  const auto before = profiles->for_session(*tunnel(), TunnelMode::lac, {}, kSystem).value();
  SessionParameters change;
  change.sequencing_required = true;
  change.reorder_timeout = 12;
  const auto after = modified(*before, change, kSystem);
  ASSERT_TRUE(after);
  EXPECT_TRUE((*after)->settings->sequencing_required);
  EXPECT_EQ((*after)->in_force.reorder_timeout, 12U);
  EXPECT_EQ((*after)->ppp, before->ppp);
  change.user_name = "x";
  const auto refused = modified(*before, change, kSystem);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, ControlFault::parameter_not_modifiable);
}

TEST(ModifiedSystem, AppliesWhatIsSet) {
  SystemConfig config;
  config.trace = protocol::trace::fsm;
  SystemChange change;
  change.tunnels_max = 7;
  change.drain = true;
  change.session_establish_timeout_s = 0;
  change.trace = protocol::trace::api;
  change.trace_bits = protocol::trace::api;
  const auto result = modified(config, change);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->tunnels_max, 7U);
  EXPECT_TRUE(result->drain);
  EXPECT_EQ(result->session_establish_timeout_s, 0U);
  EXPECT_EQ(result->tunnel_establish_timeout_s, 120U);
  EXPECT_EQ(result->trace, protocol::trace::fsm | protocol::trace::api);
}

TEST(ModifiedSystem, RefusesValuesOutOfRange) {
  std::vector<std::pair<SystemChange, std::string>> rows(4);
  rows[0].first.tunnel_establish_timeout_s = 86401;
  rows[0].second = "tunnel_establish_timeout: 86401, allowed 0 to 86400";
  rows[1].first.tunnel_persist_pend_timeout_s = 0;
  rows[1].second = "tunnel_persist_pend_timeout: 0, allowed 1 to 86400";
  rows[2].first.sessions_max = 0x80000000U;
  rows[2].second = "max_sessions: 2147483648, allowed 0 to 2147483647";
  rows[3].first.session_persist_pend_timeout_s = 90000;
  rows[3].second = "session_persist_pend_timeout: 90000, allowed 1 to 86400";
  for (const auto& [change, message] : rows) {
    const auto result = modified(SystemConfig{}, change);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, ControlFault::invalid_argument);
    EXPECT_EQ(result.error().detail, message);
  }
}

} // namespace
} // namespace openl2tp::runtime
