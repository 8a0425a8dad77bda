// pppd's command line: every parameter of a profile by itself, then whole command lines against those that OpenL2TP 1.8
// was seen to use.
#include "plugins/ppp_unix/arguments.hpp"

#include <algorithm>
#include <sstream>

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_unix/fake_host.hpp"

namespace openl2tp::ppp_unix {

namespace {

using test::Parameters;
using Words = std::vector<std::string>;

constexpr Launch launch{.pppd_plugin = "/lib/pppd/openl2tpd.so", .unit = 2048};

Words words_of(std::string_view text) {
  std::istringstream in{std::string(text)};
  Words out;
  for (std::string word; in >> word;)
    out.push_back(word);
  return out;
}

/// What the session has on its command line beyond one with nothing set.
Words added(const Parameters& with) {
  const Parameters without;
  const Words base = pppd_arguments(without.params, launch);
  const Words all = pppd_arguments(with.params, launch);
  Words out;
  auto next = base.begin();
  for (const std::string& word : all) {
    if (next != base.end() && *next == word)
      ++next;
    else
      out.push_back(word);
  }
  EXPECT_EQ(next, base.end()) << "an argument went away";
  return out;
}

bool has(const Words& words, std::string_view word) { return std::ranges::find(words, word) != words.end(); }

struct NumberRow {
  std::uint64_t given;
  std::uint32_t openl2tp_ppp_profile::* value;
  const char* option;
};

class NumberParameter : public testing::TestWithParam<NumberRow> {};

TEST_P(NumberParameter, AppearsWhenSet) {
  Parameters with;
  with.profile.given = GetParam().given;
  with.profile.*GetParam().value = 17;
  EXPECT_EQ(added(with), (Words{GetParam().option, "17"}));
}

TEST_P(NumberParameter, DoesNotAppearWhenOnlyTheDefaultIsThere) {
  Parameters with;
  with.profile.*GetParam().value = 17;
  EXPECT_EQ(added(with), Words{});
}

TEST_P(NumberParameter, DoesNotAppearWhenZero) {
  Parameters with;
  with.profile.given = GetParam().given;
  EXPECT_EQ(added(with), Words{});
}

using P = openl2tp_ppp_profile;
INSTANTIATE_TEST_SUITE_P(
    Arguments, NumberParameter,
    testing::Values(
        NumberRow{OPENL2TP_PPP_GIVEN_CHAP_INTERVAL, &P::chap_interval_s, "chap-interval"},
        NumberRow{OPENL2TP_PPP_GIVEN_CHAP_CHALLENGES_MAX, &P::chap_challenges_max, "chap-max-challenge"},
        NumberRow{OPENL2TP_PPP_GIVEN_CHAP_RESTART, &P::chap_restart_s, "chap-restart"},
        NumberRow{OPENL2TP_PPP_GIVEN_PAP_REQUESTS_MAX, &P::pap_requests_max, "pap-max-authreq"},
        NumberRow{OPENL2TP_PPP_GIVEN_PAP_RESTART, &P::pap_restart_s, "pap-restart"},
        NumberRow{OPENL2TP_PPP_GIVEN_PAP_TIMEOUT, &P::pap_timeout_s, "pap-timeout"},
        NumberRow{OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &P::idle_timeout_s, "idle"},
        NumberRow{OPENL2TP_PPP_GIVEN_IPCP_CONFIG_REQUESTS_MAX, &P::ipcp_config_requests_max, "ipcp-max-configure"},
        NumberRow{OPENL2TP_PPP_GIVEN_IPCP_CONFIG_NAKS_MAX, &P::ipcp_config_naks_max, "ipcp-max-failure"},
        NumberRow{OPENL2TP_PPP_GIVEN_IPCP_TERMINATE_REQUESTS_MAX, &P::ipcp_terminate_requests_max,
                  "ipcp-max-terminate"},
        NumberRow{OPENL2TP_PPP_GIVEN_IPCP_RETRANSMIT, &P::ipcp_retransmit_s, "ipcp-restart"},
        NumberRow{OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX, &P::lcp_echo_failures_max, "lcp-echo-failure"},
        NumberRow{OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL, &P::lcp_echo_interval_s, "lcp-echo-interval"},
        NumberRow{OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX, &P::lcp_config_requests_max, "lcp-max-configure"},
        NumberRow{OPENL2TP_PPP_GIVEN_LCP_CONFIG_NAKS_MAX, &P::lcp_config_naks_max, "lcp-max-failure"},
        NumberRow{OPENL2TP_PPP_GIVEN_LCP_TERMINATE_REQUESTS_MAX, &P::lcp_terminate_requests_max, "lcp-max-terminate"},
        NumberRow{OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT, &P::lcp_retransmit_s, "lcp-restart"},
        NumberRow{OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, &P::connect_time_max_s, "maxconnect"},
        NumberRow{OPENL2TP_PPP_GIVEN_FAILURES_MAX, &P::failures_max, "maxfail"}),
    [](const auto& row) {
      std::string name = row.param.option;
      std::erase(name, '-');
      return name;
    });

TEST(Arguments, AsyncmapIsHexadecimalAsPppdReadsIt) {
  Parameters with;
  with.profile.given = OPENL2TP_PPP_GIVEN_ASYNCMAP;
  with.profile.asyncmap = 0x000a0000;
  EXPECT_EQ(added(with), (Words{"asyncmap", "a0000"}));
}

TEST(Arguments, BothAddressesMakeOneWord) {
  Parameters with;
  with.profile.given = OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS | OPENL2TP_PPP_GIVEN_PEER_ADDRESS;
  std::ranges::copy(std::array<std::uint8_t, 4>{10, 9, 0, 1}, with.profile.local_address);
  std::ranges::copy(std::array<std::uint8_t, 4>{10, 9, 0, 2}, with.profile.peer_address);
  EXPECT_EQ(added(with), Words{"10.9.0.1:10.9.0.2"});
}

TEST(Arguments, OneAddressLeavesTheOtherToThePeer) {
  Parameters with;
  with.profile.given = OPENL2TP_PPP_GIVEN_PEER_ADDRESS;
  std::ranges::copy(std::array<std::uint8_t, 4>{10, 9, 0, 2}, with.profile.peer_address);
  EXPECT_EQ(added(with), Words{":10.9.0.2"});
}

TEST(Arguments, NameServersComeInTheirOrder) {
  Parameters with;
  with.profile.given =
      OPENL2TP_PPP_GIVEN_DNS_1 | OPENL2TP_PPP_GIVEN_DNS_2 | OPENL2TP_PPP_GIVEN_WINS_1 | OPENL2TP_PPP_GIVEN_WINS_2;
  with.profile.dns_1[0] = 1;
  with.profile.dns_2[0] = 2;
  with.profile.wins_1[0] = 3;
  with.profile.wins_2[0] = 4;
  EXPECT_EQ(added(with), words_of("ms-dns 1.0.0.0 ms-dns 2.0.0.0 ms-wins 3.0.0.0 ms-wins 4.0.0.0"));
}

TEST(Arguments, PacketSizesAreTheOperators) {
  Parameters with;
  with.params.mtu = 1'428;
  with.profile.given = OPENL2TP_PPP_GIVEN_MTU | OPENL2TP_PPP_GIVEN_MRU;
  with.profile.mtu = 1'500;
  with.profile.mru = 1'492;
  EXPECT_EQ(added(with), words_of("mtu 1500 mru 1492"));
}

TEST(Arguments, PacketSizesThatAreNotSetFitTheTunnel) {
  Parameters with;
  with.params.mtu = 1'428;
  with.profile.mtu = with.profile.mru = 1'500; // the default
  EXPECT_EQ(added(with), words_of("mtu 1428 mru 1428"));
}

TEST(Arguments, PacketSizesStayPppsOwnWhereTheTunnelHasRoom) {
  Parameters with;
  with.params.mtu = 8'960;
  EXPECT_EQ(added(with), Words{});
}

TEST(Arguments, NamesAreThoseOfTheProfile) {
  Parameters with;
  with.profile.given = OPENL2TP_PPP_GIVEN_LOCAL_NAME | OPENL2TP_PPP_GIVEN_REMOTE_NAME;
  Parameters::put(with.profile.local_name, with.profile.local_name_length, "lns");
  Parameters::put(with.profile.remote_name, with.profile.remote_name_length, "lac");
  EXPECT_EQ(added(with), words_of("name lns remotename lac"));
}

TEST(Arguments, ATextEndsAtItsNul) {
  Parameters with;
  with.profile.given = OPENL2TP_PPP_GIVEN_LOCAL_NAME;
  with.profile.local_name = "lns\0 auth";
  with.profile.local_name_length = 9;
  EXPECT_EQ(added(with), words_of("name lns"));
}

TEST(Arguments, RadiusBringsItsPluginsAndItsFile) {
  Parameters with;
  with.profile.options = OPENL2TP_PPP_USE_RADIUS;
  with.profile.given = OPENL2TP_PPP_GIVEN_USE_RADIUS | OPENL2TP_PPP_GIVEN_RADIUS_HINT;
  Parameters::put(with.profile.radius_hint, with.profile.radius_hint_length, "/etc/rad");
  EXPECT_EQ(added(with), words_of("plugin radius.so plugin radattr.so radius-config-file /etc/rad"));
}

TEST(Arguments, ARadiusHintWithoutRadiusIsNothing) {
  Parameters with;
  with.profile.given = OPENL2TP_PPP_GIVEN_RADIUS_HINT;
  Parameters::put(with.profile.radius_hint, with.profile.radius_hint_length, "/etc/rad");
  EXPECT_EQ(added(with), Words{});
}

TEST(Arguments, AnAddressPoolBringsItsPlugin) {
  Parameters with;
  with.profile.given = OPENL2TP_PPP_GIVEN_IP_POOL_NAME;
  Parameters::put(with.profile.ip_pool_name, with.profile.ip_pool_name_length, "pool");
  EXPECT_EQ(added(with), words_of("plugin ippool.so ippool_name pool"));
}

TEST(Arguments, TheDefaultRouteIsSaidEitherWayWhenSet) {
  Parameters with;
  with.profile.given = OPENL2TP_PPP_GIVEN_DEFAULT_ROUTE;
  EXPECT_EQ(added(with), Words{"nodefaultroute"});
  with.profile.options = OPENL2TP_PPP_DEFAULT_ROUTE;
  EXPECT_EQ(added(with), Words{"defaultroute"});
}

TEST(Arguments, SyncIsLeftOutForAsynchronousFramingOnly) {
  Parameters with;
  with.profile.sync_mode = OPENL2TP_PPP_SYNC;
  EXPECT_TRUE(has(pppd_arguments(with.params, launch), "sync"));
  with.profile.sync_mode = OPENL2TP_PPP_SYNC_ASYNC;
  EXPECT_TRUE(has(pppd_arguments(with.params, launch), "sync"));
  with.profile.sync_mode = OPENL2TP_PPP_ASYNC;
  EXPECT_FALSE(has(pppd_arguments(with.params, launch), "sync"));
}

TEST(Arguments, MultilinkTakesThePlaceOfItsRefusal) {
  Parameters with;
  with.profile.options = OPENL2TP_PPP_MULTILINK;
  Parameters::put(with.params.interface_name, with.params.interface_name_length, "customer1");
  const Words words = pppd_arguments(with.params, launch);
  EXPECT_TRUE(has(words, "multilink"));
  EXPECT_FALSE(has(words, "nomp"));
  EXPECT_FALSE(has(words, "noendpoint"));
  EXPECT_FALSE(has(words, "ifname")) << "the interface is the bundle's";
}

TEST(Arguments, ProxyArpIsAnOption) {
  Parameters with;
  with.profile.options = OPENL2TP_PPP_PROXY_ARP;
  EXPECT_EQ(added(with), Words{"proxyarp"});
}

struct AuthRow {
  std::uint32_t options, flags;
  bool must;
};

TEST(Arguments, WhoMustAuthenticateIsTheProfilesWordAndElseGoesByWhoseIdeaTheSessionIs) {
  constexpr AuthRow rows[] = {
      {0, 0, true},
      {0, OPENL2TP_PPP_LOCAL, false},
      {OPENL2TP_PPP_AUTH_PEER, OPENL2TP_PPP_LOCAL, true},
      {OPENL2TP_PPP_AUTH_NONE, 0, false},
      {OPENL2TP_PPP_AUTH_NONE | OPENL2TP_PPP_AUTH_PEER, OPENL2TP_PPP_LOCAL, true},
  };
  for (const AuthRow& row : rows) {
    Parameters with;
    with.profile.options = row.options;
    with.params.flags = row.flags;
    const Words words = pppd_arguments(with.params, launch);
    EXPECT_EQ(has(words, "auth"), row.must) << row.options << " " << row.flags;
    EXPECT_EQ(has(words, "noauth"), !row.must) << row.options << " " << row.flags;
  }
}

TEST(Arguments, WhatIsRefusedIsNotAskedForEither) {
  Parameters with;
  with.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_REFUSE_EAP;
  EXPECT_EQ(added(with), words_of("refuse-eap refuse-pap require-mschap-v2 require-mschap require-chap"));
}

TEST(Arguments, NothingIsRequiredOfAPeerThatNeedNotAuthenticate) {
  Parameters with;
  with.profile.options = OPENL2TP_PPP_AUTH_NONE | OPENL2TP_PPP_REFUSE_PAP;
  const Words words = pppd_arguments(with.params, launch);
  EXPECT_TRUE(has(words, "refuse-pap"));
  EXPECT_TRUE(std::ranges::none_of(words, [](const std::string& word) { return word.starts_with("require-"); }));
}

TEST(Arguments, ToAskForNothingOfAPeerThatMustAuthenticateIsAContradiction) {
  Parameters with;
  with.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_REFUSE_CHAP |
                         OPENL2TP_PPP_REFUSE_MSCHAP | OPENL2TP_PPP_REFUSE_MSCHAPV2 | OPENL2TP_PPP_REFUSE_EAP;
  EXPECT_TRUE(contradiction(with.params));
  with.profile.options &= ~OPENL2TP_PPP_AUTH_PEER;
  with.params.flags = OPENL2TP_PPP_LOCAL;
  EXPECT_FALSE(contradiction(with.params));
}

TEST(Arguments, ANameThatPppdWouldCutIsRefused) {
  Parameters with;
  const std::string name(256, 'n');
  with.params.user_name = name.data();
  with.params.user_name_length = 255;
  EXPECT_FALSE(contradiction(with.params));
  with.params.user_name_length = 256;
  EXPECT_TRUE(contradiction(with.params));
}

TEST(Arguments, SecretsAndUserNameAreNeverAmongThem) {
  Parameters with;
  Parameters::put(with.params.user_name, with.params.user_name_length, "heather");
  Parameters::put(with.params.user_password, with.params.user_password_length, "tulip");
  EXPECT_EQ(added(with), Words{});
}

TEST(Arguments, TheSessionSaysHowItsSocketBehaves) {
  Parameters with;
  with.params.flags = OPENL2TP_PPP_LNS | OPENL2TP_PPP_SEQUENCE;
  with.params.reorder_timeout_ms = 200;
  EXPECT_EQ(added(with), words_of("pppol2tp_send_seq pppol2tp_recv_seq pppol2tp_reorderto 200 pppol2tp_lns_mode"));
}

TEST(Arguments, AnInterfaceGetsTheNameThatTheOperatorWants) {
  Parameters with;
  Parameters::put(with.params.interface_name, with.params.interface_name_length, "customer1");
  EXPECT_EQ(added(with), words_of("ifname customer1"));
}

TEST(Arguments, ANameThatTheKernelRefusesIsLeftOut) {
  for (const char* name : {"sixteen-octets-x", "..", "a/b", "a b", ""}) {
    Parameters with;
    Parameters::put(with.params.interface_name, with.params.interface_name_length, name);
    EXPECT_EQ(added(with), Words{}) << name;
  }
}

TEST(Arguments, ALongTunnelNameFitsIntoIpparam) {
  Parameters with;
  const std::string name(63, 't');
  with.params.tunnel_name = name.data();
  with.params.tunnel_name_length = name.size();
  const Words words = pppd_arguments(with.params, launch);
  EXPECT_TRUE(has(words, "l2tp-" + name));
}

TEST(Arguments, TraceOfPppIsPppdsDebug) {
  Parameters with;
  with.params.trace_mask = OPENL2TP_TRACE_PPP;
  EXPECT_EQ(added(with), words_of("debug pppol2tp_debug_mask 2"));
}

TEST(Arguments, TraceOfDataIsTheKernelsDebug) {
  Parameters with;
  with.profile.trace_mask = OPENL2TP_TRACE_DATA;
  EXPECT_EQ(added(with), words_of("kdebug 7 pppol2tp_debug_mask 8"));
}

// OpenL2TP 1.8, as LNS, with an untouched profile and all traces on. Ours differs in: our plugin for `openl2tp.so', and
// its option; the descriptor.
TEST(Arguments, AnUntouchedProfileMakesTheCommandLineOfOpenL2tp) {
  Parameters with;
  with.params.flags = OPENL2TP_PPP_LNS;
  with.params.tunnel_id = 28'727;
  with.params.session_id = 4'379;
  with.params.trace_mask = 0xffff'ffff;
  EXPECT_EQ(pppd_arguments(with.params, launch),
            words_of("pppd debug kdebug 7 noipdefault sync nodetach local auth noaccomp nopcomp nobsdcomp nodeflate "
                     "nopredictor1 novj novjccomp noendpoint nomp plugin pppol2tp.so plugin /lib/pppd/openl2tpd.so "
                     "openl2tpd_fd 3 pppol2tp 4 pppol2tp_lns_mode pppol2tp_tunnel_id 28727 pppol2tp_session_id 4379 "
                     "pppol2tp_debug_mask 15 ipparam l2tp unit 2048"));
}

// The same with every parameter set. It differs further in: asyncmap, which pppd reads as hexadecimal (10 is a).
TEST(Arguments, AFullProfileMakesTheCommandLineOfOpenL2tp) {
  Parameters with;
  auto& profile = with.profile;
  with.params.flags = OPENL2TP_PPP_LNS;
  with.params.tunnel_id = 28'727;
  with.params.session_id = 17'711;
  with.params.trace_mask = 0xffff'ffff;
  profile.given = ~std::uint64_t{0};
  profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_REFUSE_EAP | OPENL2TP_PPP_REFUSE_MSCHAP |
                    OPENL2TP_PPP_REFUSE_CHAP | OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_USE_RADIUS |
                    OPENL2TP_PPP_DEFAULT_ROUTE | OPENL2TP_PPP_MULTILINK | OPENL2TP_PPP_PROXY_ARP;
  const auto address = [](std::uint8_t(&to)[4], std::array<std::uint8_t, 4> from) { std::ranges::copy(from, to); };
  address(profile.local_address, {10, 9, 0, 1});
  address(profile.peer_address, {10, 9, 0, 2});
  address(profile.dns_1, {1, 1, 1, 1});
  address(profile.dns_2, {2, 2, 2, 2});
  address(profile.wins_1, {3, 3, 3, 3});
  address(profile.wins_2, {4, 4, 4, 4});
  profile.mtu = 1'400;
  profile.mru = 1'401;
  Parameters::put(profile.local_name, profile.local_name_length, "ln");
  Parameters::put(profile.remote_name, profile.remote_name_length, "rn");
  Parameters::put(profile.radius_hint, profile.radius_hint_length, "/etc/rad");
  Parameters::put(profile.ip_pool_name, profile.ip_pool_name_length, "pool");
  profile.sync_mode = OPENL2TP_PPP_ASYNC;
  std::uint32_t value = 10;
  for (std::uint32_t P::* member : {&P::asyncmap,
                                    &P::chap_interval_s,
                                    &P::chap_challenges_max,
                                    &P::chap_restart_s,
                                    &P::pap_requests_max,
                                    &P::pap_restart_s,
                                    &P::pap_timeout_s,
                                    &P::idle_timeout_s,
                                    &P::ipcp_config_requests_max,
                                    &P::ipcp_config_naks_max,
                                    &P::ipcp_terminate_requests_max,
                                    &P::ipcp_retransmit_s,
                                    &P::lcp_echo_failures_max,
                                    &P::lcp_echo_interval_s,
                                    &P::lcp_config_requests_max,
                                    &P::lcp_config_naks_max,
                                    &P::lcp_terminate_requests_max,
                                    &P::lcp_retransmit_s,
                                    &P::connect_time_max_s,
                                    &P::failures_max})
    profile.*member = value++;
  EXPECT_EQ(
      pppd_arguments(with.params, {.pppd_plugin = launch.pppd_plugin, .unit = 2049}),
      words_of("pppd 10.9.0.1:10.9.0.2 ms-dns 1.1.1.1 ms-dns 2.2.2.2 ms-wins 3.3.3.3 ms-wins 4.4.4.4 debug kdebug 7 "
               "mtu 1400 mru 1401 name ln remotename rn plugin radius.so plugin radattr.so radius-config-file /etc/rad "
               "defaultroute noipdefault plugin ippool.so ippool_name pool ippool_debug 1 refuse-eap refuse-mschap "
               "refuse-chap refuse-pap require-mschap-v2 asyncmap a chap-interval 11 chap-max-challenge 12 "
               "chap-restart 13 pap-max-authreq 14 pap-restart 15 pap-timeout 16 idle 17 ipcp-max-configure 18 "
               "ipcp-max-failure 19 ipcp-max-terminate 20 ipcp-restart 21 lcp-echo-failure 22 lcp-echo-interval 23 "
               "lcp-max-configure 24 lcp-max-failure 25 lcp-max-terminate 26 lcp-restart 27 maxconnect 28 maxfail 29 "
               "nodetach local auth noaccomp nopcomp nobsdcomp nodeflate nopredictor1 novj novjccomp multilink "
               "proxyarp plugin pppol2tp.so plugin /lib/pppd/openl2tpd.so openl2tpd_fd 3 pppol2tp 4 pppol2tp_lns_mode "
               "pppol2tp_tunnel_id 28727 pppol2tp_session_id 17711 pppol2tp_debug_mask 15 ipparam l2tp unit 2049"));
}

} // namespace

} // namespace openl2tp::ppp_unix
