// Every parameter of a PPP profile, and what becomes of it.
#include "plugins/ppp_kernel/link_settings.hpp"

#include "plugins/ppp_profile/profile_rules.hpp"

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/fake_host.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using ppp::AuthMethod;
using ppp::AuthMethods;
using ppp::Duration;
using ppp::Ipv4;
using ppp::LinkSettings;
using test::Parameters;
using Profile = openl2tp_ppp_profile;

struct Row {
  const char* name;
  std::uint64_t given;
  std::uint32_t Profile::* value;
  std::int64_t (*seen)(const LinkSettings&); // milliseconds, or a count
  std::int64_t factor;
};

class Numbers : public testing::TestWithParam<Row> {};

TEST_P(Numbers, ReachTheEngineWhenTheyAreSet) {
  const Row& row = GetParam();
  Parameters p;
  p.profile.*row.value = 7;
  const auto untouched = row.seen(link_settings(p.params, "host"));
  EXPECT_NE(untouched, 7 * row.factor) << "it counts without being set";
  p.profile.given = row.given;
  EXPECT_EQ(row.seen(link_settings(p.params, "host")), 7 * row.factor);
  p.profile.*row.value = 0;
  EXPECT_EQ(row.seen(link_settings(p.params, "host")), untouched) << "0 is the engine's default";
}

INSTANTIATE_TEST_SUITE_P(
    Profile, Numbers,
    testing::Values(
        Row{"chap_interval", OPENL2TP_PPP_GIVEN_CHAP_INTERVAL, &Profile::chap_interval_s,
            [](const LinkSettings& s) { return s.chap_interval.count(); }, 1'000},
        Row{"chap_max_challenge", OPENL2TP_PPP_GIVEN_CHAP_CHALLENGES_MAX, &Profile::chap_challenges_max,
            [](const LinkSettings& s) { return std::int64_t{s.chap_challenges_max}; }, 1},
        Row{"chap_restart", OPENL2TP_PPP_GIVEN_CHAP_RESTART, &Profile::chap_restart_s,
            [](const LinkSettings& s) { return s.chap_restart.count(); }, 1'000},
        Row{"pap_max_auth_requests", OPENL2TP_PPP_GIVEN_PAP_REQUESTS_MAX, &Profile::pap_requests_max,
            [](const LinkSettings& s) { return std::int64_t{s.pap_requests_max}; }, 1},
        Row{"pap_restart", OPENL2TP_PPP_GIVEN_PAP_RESTART, &Profile::pap_restart_s,
            [](const LinkSettings& s) { return s.pap_restart.count(); }, 1'000},
        Row{"pap_timeout", OPENL2TP_PPP_GIVEN_PAP_TIMEOUT, &Profile::pap_timeout_s,
            [](const LinkSettings& s) { return s.pap_timeout.count(); }, 1'000},
        Row{"idle_timeout", OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s,
            [](const LinkSettings& s) { return s.idle_timeout.count(); }, 1'000},
        Row{"ipcp_config_requests", OPENL2TP_PPP_GIVEN_IPCP_CONFIG_REQUESTS_MAX, &Profile::ipcp_config_requests_max,
            [](const LinkSettings& s) { return std::int64_t{s.ncp.configure_max}; }, 1},
        Row{"ipcp_config_naks", OPENL2TP_PPP_GIVEN_IPCP_CONFIG_NAKS_MAX, &Profile::ipcp_config_naks_max,
            [](const LinkSettings& s) { return std::int64_t{s.ncp.failure_max}; }, 1},
        Row{"ipcp_terminates", OPENL2TP_PPP_GIVEN_IPCP_TERMINATE_REQUESTS_MAX, &Profile::ipcp_terminate_requests_max,
            [](const LinkSettings& s) { return std::int64_t{s.ncp.terminate_max}; }, 1},
        Row{"ipcp_retransmit", OPENL2TP_PPP_GIVEN_IPCP_RETRANSMIT, &Profile::ipcp_retransmit_s,
            [](const LinkSettings& s) { return s.ncp.restart.count(); }, 1'000},
        Row{"lcp_echo_failures", OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX, &Profile::lcp_echo_failures_max,
            [](const LinkSettings& s) { return std::int64_t{s.echo_failures}; }, 1},
        Row{"lcp_echo_interval", OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL, &Profile::lcp_echo_interval_s,
            [](const LinkSettings& s) { return s.echo_interval.count(); }, 1'000},
        Row{"lcp_config_requests", OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX, &Profile::lcp_config_requests_max,
            [](const LinkSettings& s) { return std::int64_t{s.lcp.configure_max}; }, 1},
        Row{"lcp_config_naks", OPENL2TP_PPP_GIVEN_LCP_CONFIG_NAKS_MAX, &Profile::lcp_config_naks_max,
            [](const LinkSettings& s) { return std::int64_t{s.lcp.failure_max}; }, 1},
        Row{"lcp_terminates", OPENL2TP_PPP_GIVEN_LCP_TERMINATE_REQUESTS_MAX, &Profile::lcp_terminate_requests_max,
            [](const LinkSettings& s) { return std::int64_t{s.lcp.terminate_max}; }, 1},
        Row{"lcp_retransmit", OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT, &Profile::lcp_retransmit_s,
            [](const LinkSettings& s) { return s.lcp.restart.count(); }, 1'000},
        Row{"max_connect_time", OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, &Profile::connect_time_max_s,
            [](const LinkSettings& s) { return s.connect_time.count(); }, 1'000}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(LinkSettings, CountsBeyondTheEnginesRangeAreItsLargest) {
  Parameters p;
  p.profile.given = OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX;
  p.profile.lcp_config_requests_max = 256;
  EXPECT_EQ(link_settings(p.params, "").lcp.configure_max, 255);
}

TEST(LinkSettings, PacketSizesFollowTheTunnelUnlessTheyAreSet) {
  Parameters p;
  p.params.mtu = 1'400;
  EXPECT_EQ(link_settings(p.params, "").mtu, 1'400);
  EXPECT_EQ(link_settings(p.params, "").mru, 1'400);
  p.profile.given = OPENL2TP_PPP_GIVEN_MRU | OPENL2TP_PPP_GIVEN_MTU;
  p.profile.mru = 1'300;
  p.profile.mtu = 1'200;
  EXPECT_EQ(link_settings(p.params, "").mru, 1'300);
  EXPECT_EQ(link_settings(p.params, "").mtu, 1'200);
}

TEST(LinkSettings, AccmIsAskedForWhenSetAndNotSynchronous) {
  Parameters p;
  p.profile.asyncmap = 5;
  EXPECT_FALSE(link_settings(p.params, "").request_accm);
  p.profile.given = OPENL2TP_PPP_GIVEN_ASYNCMAP;
  EXPECT_TRUE(link_settings(p.params, "").request_accm);
  EXPECT_EQ(link_settings(p.params, "").accm, 5U);
  p.profile.sync_mode = OPENL2TP_PPP_SYNC;
  EXPECT_FALSE(link_settings(p.params, "").request_accm);
}

TEST(LinkSettings, PeersProveThemselvesWhenTheProfileSaysSoOrTheyCameToUs) {
  Parameters p;
  EXPECT_TRUE(ppp_profile::peer_must_authenticate(p.params));
  p.params.flags = OPENL2TP_PPP_LOCAL;
  EXPECT_FALSE(ppp_profile::peer_must_authenticate(p.params));
  EXPECT_TRUE(link_settings(p.params, "").require.empty());
  p.profile.options = OPENL2TP_PPP_AUTH_PEER;
  EXPECT_TRUE(ppp_profile::peer_must_authenticate(p.params));
  p.params.flags = 0;
  p.profile.options = OPENL2TP_PPP_AUTH_NONE;
  EXPECT_FALSE(ppp_profile::peer_must_authenticate(p.params));
}

TEST(LinkSettings, RefusedMethodsAreNeitherAskedForNorAgreedTo) {
  Parameters p;
  p.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_REFUSE_MSCHAP;
  const AuthMethods left{AuthMethod::chap_md5, AuthMethod::mschap_v2};
  EXPECT_EQ(link_settings(p.params, "").require, left);
  p.params.flags = OPENL2TP_PPP_LOCAL;
  EXPECT_EQ(link_settings(p.params, "").offer, left);
  EXPECT_FALSE(contradiction(p.params));
}

TEST(LinkSettings, WhoCallsUsIsOfferedAProofOnlyOfTheNameThatTheProfileGivesUs) {
  Parameters p;
  EXPECT_TRUE(link_settings(p.params, "host").called);
  EXPECT_TRUE(link_settings(p.params, "host").offer.empty());
  Parameters::put(p.profile.local_name, p.profile.local_name_length, "server");
  p.profile.given = OPENL2TP_PPP_GIVEN_LOCAL_NAME;
  EXPECT_FALSE(link_settings(p.params, "host").offer.empty());
  p.profile.options = OPENL2TP_PPP_AUTH_NONE; // nobody proves who calls
  EXPECT_TRUE(link_settings(p.params, "host").offer.empty());
  Parameters::put(p.profile.remote_name, p.profile.remote_name_length, "caller");
  p.profile.given |= OPENL2TP_PPP_GIVEN_REMOTE_NAME;
  EXPECT_FALSE(link_settings(p.params, "host").offer.empty());
  p.params.flags = OPENL2TP_PPP_LOCAL;
  p.profile.given = 0;
  EXPECT_FALSE(link_settings(p.params, "host").called);
  EXPECT_FALSE(link_settings(p.params, "host").offer.empty());
}

TEST(LinkSettings, PeerThatMustProveItselfWithNothingIsAContradiction) {
  Parameters p;
  p.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_REFUSE_CHAP |
                      OPENL2TP_PPP_REFUSE_MSCHAP | OPENL2TP_PPP_REFUSE_MSCHAPV2;
  EXPECT_TRUE(contradiction(p.params));
  p.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_USE_RADIUS;
  EXPECT_TRUE(contradiction(p.params));
  p.profile.options = OPENL2TP_PPP_AUTH_NONE | OPENL2TP_PPP_USE_RADIUS;
  EXPECT_FALSE(contradiction(p.params));
}

TEST(LinkSettings, NamesAndAddressesAreTheProfiles) {
  Parameters p;
  EXPECT_EQ(link_settings(p.params, "host").local_name, "host");
  Parameters::put(p.profile.local_name, p.profile.local_name_length, "server");
  Parameters::put(p.profile.remote_name, p.profile.remote_name_length, "caller");
  p.profile.given = OPENL2TP_PPP_GIVEN_LOCAL_NAME | OPENL2TP_PPP_GIVEN_REMOTE_NAME;
  p.address(OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS, p.profile.local_address, {10, 0, 0, 1});
  p.address(OPENL2TP_PPP_GIVEN_PEER_ADDRESS, p.profile.peer_address, {10, 0, 0, 2});
  p.address(OPENL2TP_PPP_GIVEN_DNS_1, p.profile.dns_1, {10, 0, 0, 3});
  p.address(OPENL2TP_PPP_GIVEN_DNS_2, p.profile.dns_2, {10, 0, 0, 4});
  p.address(OPENL2TP_PPP_GIVEN_WINS_1, p.profile.wins_1, {10, 0, 0, 5});
  p.address(OPENL2TP_PPP_GIVEN_WINS_2, p.profile.wins_2, {10, 0, 0, 6});
  const LinkSettings s = link_settings(p.params, "host");
  EXPECT_EQ(s.local_name, "server");
  EXPECT_EQ(s.remote_name, "caller");
  EXPECT_EQ(s.local_address, Ipv4::of(10, 0, 0, 1));
  EXPECT_EQ(s.peer_address, Ipv4::of(10, 0, 0, 2));
  EXPECT_EQ(s.dns[0], Ipv4::of(10, 0, 0, 3));
  EXPECT_EQ(s.dns[1], Ipv4::of(10, 0, 0, 4));
  EXPECT_EQ(s.nbns[0], Ipv4::of(10, 0, 0, 5));
  EXPECT_EQ(s.nbns[1], Ipv4::of(10, 0, 0, 6));
}

TEST(LinkSettings, OnlyWhoWeDialInToChoosesItsAddress) {
  Parameters p;
  EXPECT_TRUE(link_settings(p.params, "").accept_peer);
  p.params.flags = OPENL2TP_PPP_LNS;
  EXPECT_FALSE(link_settings(p.params, "").accept_peer);
  EXPECT_FALSE(link_settings(p.params, "").ask_owner_address);
  p.profile.given = OPENL2TP_PPP_GIVEN_IP_POOL_NAME;
  Parameters::put(p.profile.ip_pool_name, p.profile.ip_pool_name_length, "pool");
  EXPECT_TRUE(link_settings(p.params, "").ask_owner_address);
}

} // namespace

} // namespace openl2tp::ppp_kernel
