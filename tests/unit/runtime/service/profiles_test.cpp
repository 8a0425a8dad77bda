// Profiles at work: the secret of tunnels that peers open, and that a change concerns new tunnels only.
#include <gtest/gtest.h>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using testing::by_id;
using testing::eventually;
using testing::here;
using testing::TwoDaemons;

class ServiceProfiles : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  ProfileStore& lns() { return pair_.lns.control().profiles(); }
  static TunnelParameters with(const std::string& secret) {
    auto parameters = TwoDaemons::to_lns();
    parameters.secret = secret;
    parameters.auth_mode = AuthMode::challenge;
    return parameters;
  }
  bool refused(const TunnelParameters& parameters) {
    const auto id = pair_.lac.control().tunnel_create(parameters);
    EXPECT_TRUE(id);
    if (!id) return false;
    std::string state;
    EXPECT_TRUE(eventually([&] { return (state = pair_.lac.state(*id)) != "WAITCTLREPLY"; }));
    return state != "ESTABLISHED";
  }
  TwoDaemons pair_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Shards, ServiceProfiles, ::testing::Values(1, 4));

TEST_P(ServiceProfiles, TheDefaultTunnelProfileHoldsTheSecretOfPeers) {
  ASSERT_TRUE(lns().modify<TunnelProfileParameters>("default", {.secret = "swordfish"}));
  EXPECT_NE(pair_.open(with("swordfish")), 0);
  EXPECT_TRUE(refused(with("marlin")));
  EXPECT_EQ(pair_.lac.system().counters.authentication_failures, 1u);
}

TEST_P(ServiceProfiles, WeChallengeWhoeverOpensATunnel) {
  ASSERT_TRUE(
      lns().modify<TunnelProfileParameters>("default", {.auth_mode = AuthMode::challenge, .secret = "swordfish"}));
  auto answers_only = with("swordfish");
  answers_only.auth_mode = AuthMode::none;
  EXPECT_NE(pair_.open(answers_only), 0);
  EXPECT_TRUE(refused(TwoDaemons::to_lns()));
}

TEST_P(ServiceProfiles, APeerProfileHoldsTheSecretOfItsAddress) {
  ASSERT_TRUE(lns().create<TunnelProfileParameters>("secret", {.secret = "swordfish", .hello_timeout_s = 33}));
  ASSERT_TRUE(lns().create<PeerProfileParameters>("lac", {.peer_addr = here(1), .tunnel_profile_name = "secret"}));
  const std::uint16_t id = pair_.open(with("swordfish"));
  ASSERT_NE(id, 0);
  const TunnelReport report = pair_.lns.tunnel(pair_.far(id));
  EXPECT_EQ(report.config.peer_profile_name, "lac");
  EXPECT_EQ(report.config.tunnel_profile_name, "secret");
  EXPECT_EQ(report.config.hello_timeout_s, 33u);
}

TEST_P(ServiceProfiles, APeerProfileCountsTheTunnelsThatAreThere) {
  ASSERT_TRUE(lns().create<PeerProfileParameters>("lac", {.peer_addr = here(1)}));
  Control& control = pair_.lac.control();
  ASSERT_TRUE(control.profiles().create<PeerProfileParameters>("other", {}));
  const std::uint16_t first = pair_.open(), second = pair_.open();
  ASSERT_TRUE(first != 0 && second != 0);
  EXPECT_EQ(pair_.lns.control().peer_profile_uses("lac"), 2u);
  EXPECT_EQ(pair_.lns.control().peer_profile_uses("default"), 0u);
  EXPECT_EQ(control.peer_profile_uses("default"), 2u);
  ASSERT_TRUE(control.tunnel_modify(by_id(first), {.peer_profile_name = "other"}));
  EXPECT_EQ(control.peer_profile_uses("default"), 1u);
  EXPECT_EQ(control.peer_profile_uses("other"), 1u);
  EXPECT_EQ(control.peer_profile_uses(), (ProfileUses{{"default", 1}, {"other", 1}}));
  auto refused_one = TwoDaemons::to_lns();
  refused_one.tunnel_id = second; // taken
  ASSERT_FALSE(control.tunnel_create(refused_one));
  EXPECT_EQ(control.peer_profile_uses("default"), 1u);
  ASSERT_TRUE(control.tunnel_delete(by_id(first), {}));
  EXPECT_TRUE(eventually([&] { return control.peer_profile_uses("other") == 0u; }));
  EXPECT_EQ(control.peer_profile_uses("default"), 1u);
}

TEST_P(ServiceProfiles, APeerProfileIsFoundByHostName) {
  ASSERT_TRUE(lns().create<PeerProfileParameters>("lac.example", {}));
  auto parameters = TwoDaemons::to_lns();
  parameters.host_name = "lac.example";
  const TunnelReport report = pair_.lns.tunnel(pair_.far(pair_.open(parameters)));
  EXPECT_EQ(report.config.peer_profile_name, "lac.example");
  EXPECT_EQ(report.peer.host_name, "lac.example");
}

TEST_P(ServiceProfiles, AuthModeSimpleWantsAKnownPeer) {
  ASSERT_TRUE(lns().modify<TunnelProfileParameters>("default", {.auth_mode = AuthMode::simple}));
  EXPECT_TRUE(refused(TwoDaemons::to_lns()));
  EXPECT_EQ(pair_.lns.system().counters.authentication_failures, 1u);
  ASSERT_TRUE(lns().create<PeerProfileParameters>("lac", {.peer_addr = here(1)}));
  EXPECT_NE(pair_.open(), 0);
}

TEST_P(ServiceProfiles, AChangeConcernsNewTunnelsOnly) {
  const std::uint16_t before = pair_.open();
  ASSERT_TRUE(lns().modify<TunnelProfileParameters>("default", {.hello_timeout_s = 17}));
  ASSERT_TRUE(pair_.lac.control().profiles().modify<TunnelProfileParameters>("default", {.hello_timeout_s = 18}));
  const std::uint16_t after = pair_.open();
  EXPECT_EQ(pair_.lac.tunnel(before).config.hello_timeout_s, 60u);
  EXPECT_EQ(pair_.lns.tunnel(pair_.far(before)).config.hello_timeout_s, 60u);
  EXPECT_EQ(pair_.lac.tunnel(after).config.hello_timeout_s, 18u);
  EXPECT_EQ(pair_.lns.tunnel(pair_.far(after)).config.hello_timeout_s, 17u);
}

TEST_P(ServiceProfiles, AvpsAreHiddenBothWays) {
  ASSERT_TRUE(lns().modify<TunnelProfileParameters>("default", {.hide_avps = true, .secret = "swordfish"}));
  auto parameters = with("swordfish");
  parameters.hide_avps = true;
  const std::uint16_t id = pair_.open(parameters);
  SessionParameters call;
  call.calling_number = "0301";
  const std::uint16_t session = pair_.call(id, call);
  EXPECT_EQ(pair_.lns.session(pair_.far(id), pair_.far(id, session)).peer.calling_number, "0301");
}

TEST_P(ServiceProfiles, SessionsOfPeersFollowTheirSessionProfile) {
  ASSERT_TRUE(lns().modify<SessionProfileParameters>("default", {.reorder_timeout = 55}));
  const std::uint16_t id = pair_.open();
  const std::uint16_t session = pair_.call(id);
  EXPECT_EQ(pair_.lns.session(pair_.far(id), pair_.far(id, session)).config.reorder_timeout, 55u);
  EXPECT_EQ(pair_.lac.session(id, session).config.reorder_timeout, 0u);
}

} // namespace
} // namespace openl2tp::runtime
