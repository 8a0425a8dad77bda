// What a PPP plugin is told of a session: sizes, every parameter of the profile with its bit, the facts of each kind of
// call. Two engines on a wire make the sessions.
#include "runtime/plugin/ppp_params.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "tests/unit/protocol/engine/engine_fixture.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::SessionId;
using protocol::SessionSettings;
using protocol::TunnelId;
using Profile = openl2tp_ppp_profile;
using P = PppProfileParameters;

std::string text(const char* octets, std::size_t length) {
  return length == 0 ? std::string() : std::string(octets, length);
}
std::string octets(const std::uint8_t* at, std::size_t length) {
  return text(reinterpret_cast<const char*>(at), length);
}
std::vector<std::byte> bytes(std::string_view of) {
  const auto all = std::as_bytes(std::span(of));
  return {all.begin(), all.end()};
}

/// A session that is up between two engines, as both ends know it, with configurations to choose.
class Params : public ::testing::Test {
 protected:
  void SetUp() override {
    wire_.lac.policy.tunnel->host_name = "the-lac";
    wire_.lns.policy.tunnel->host_name = "the-lns";
    tunnel_ = wire_.open(wire_.lac.policy.tunnel);
    wire_.settle();
    far_tunnel_ = {lac_tunnel().peer_id().value};
    session_config_.ppp = std::make_shared<PppConfig>(PppConfig{built_in_parameters<P>(0), {}});
  }
  protocol::Tunnel& lac_tunnel() { return *wire_.lac.engine.find(tunnel_); }
  protocol::Tunnel& lns_tunnel() { return *wire_.lns.engine.find(far_tunnel_); }

  /// A call; its session at the end that asks, and at the other.
  void call(SessionType type, std::shared_ptr<SessionSettings> settings = std::make_shared<SessionSettings>()) {
    const bool incoming = type == SessionType::lac_incoming;
    settings->type = type;
    protocol::test::Node& from = incoming ? wire_.lac : wire_.lns;
    protocol::test::Node& to = incoming ? wire_.lns : wire_.lac;
    const TunnelId here = incoming ? tunnel_ : far_tunnel_, there = incoming ? far_tunnel_ : tunnel_;
    const auto id = from.engine.open_session(here, std::move(settings), std::nullopt, 0, wire_.now);
    ASSERT_TRUE(id);
    wire_.settle();
    asker_ = from.engine.find(here, *id);
    ASSERT_NE(asker_, nullptr);
    ASSERT_EQ(asker_->state(), protocol::SessionState::established);
    answerer_ = to.engine.find(there, {asker_->peer_id().value});
    ASSERT_NE(answerer_, nullptr);
    asker_tunnel_ = from.engine.find(here);
    answerer_tunnel_ = to.engine.find(there);
  }
  std::unique_ptr<PppParams> asker(bool local = true) {
    return std::make_unique<PppParams>(*asker_tunnel_, *asker_, tunnel_config_, session_config_, local);
  }
  std::unique_ptr<PppParams> answerer(bool local = false) {
    return std::make_unique<PppParams>(*answerer_tunnel_, *answerer_, tunnel_config_, session_config_, local);
  }
  void set_profile(const P& supplied) {
    PppConfig config{built_in_parameters<P>(0), {}};
    Layered<P> layers{config.in_force, {}};
    apply(layers, supplied, config.in_force);
    session_config_.ppp = std::make_shared<PppConfig>(PppConfig{layers.in_force, layers.supplied});
  }

  protocol::test::Pair wire_;
  TunnelId tunnel_, far_tunnel_;
  protocol::Session *asker_ = nullptr, *answerer_ = nullptr;
  protocol::Tunnel *asker_tunnel_ = nullptr, *answerer_tunnel_ = nullptr;
  TunnelConfig tunnel_config_;
  SessionConfig session_config_;
};

// ---- sizes

TEST_F(Params, EveryStructSaysItsSize) {
  auto settings = std::make_shared<SessionSettings>();
  settings->proxy = std::make_unique<protocol::ProxySettings>(protocol::ProxySettings{.authen_type = 3});
  call(SessionType::lac_incoming, settings);
  const auto params = asker();
  EXPECT_EQ(params->get().struct_size, sizeof(openl2tp_ppp_params));
  ASSERT_NE(params->get().profile, nullptr);
  EXPECT_EQ(params->get().profile->struct_size, sizeof(Profile));
  EXPECT_EQ(params->get().profile->reserved, 0u);
  ASSERT_NE(params->get().proxy, nullptr);
  EXPECT_EQ(params->get().proxy->struct_size, sizeof(openl2tp_ppp_proxy));
  EXPECT_EQ(params->get().proxy->reserved, 0u);
}

// ---- the profile

/// What the plugin sees of a parameter, and the bit that says it was given.
struct Seen {
  std::uint64_t bit;
  std::function<std::string(const Profile&)> value;
};

template <class Member>
Seen number(std::uint64_t bit, Member member) {
  return {bit, [member](const Profile& profile) { return std::to_string(profile.*member); }};
}
Seen option(std::uint64_t bit, std::uint32_t mask) {
  return {bit, [mask](const Profile& profile) { return std::to_string((profile.options & mask) != 0 ? 1 : 0); }};
}
Seen address(std::uint64_t bit, std::uint8_t (Profile::*member)[4]) {
  return {bit, [member](const Profile& profile) {
            const auto& a = profile.*member;
            return to_string(IpAddress::v4(a[0], a[1], a[2], a[3]));
          }};
}
Seen name(std::uint64_t bit, const char* Profile::* member, std::size_t Profile::* length) {
  return {bit, [=](const Profile& profile) { return text(profile.*member, profile.*length); }};
}

/// By the names of the management interface; trace_flags has no bit.
const std::map<std::string_view, Seen>& seen_by_plugins() {
  static const std::map<std::string_view, Seen> all{
      {"trace_flags", number(0, &Profile::trace_mask)},
      {"asyncmap", number(OPENL2TP_PPP_GIVEN_ASYNCMAP, &Profile::asyncmap)},
      {"mru", number(OPENL2TP_PPP_GIVEN_MRU, &Profile::mru)},
      {"mtu", number(OPENL2TP_PPP_GIVEN_MTU, &Profile::mtu)},
      {"auth_none", option(OPENL2TP_PPP_GIVEN_AUTH, OPENL2TP_PPP_AUTH_NONE)},
      {"auth_peer", option(OPENL2TP_PPP_GIVEN_AUTH, OPENL2TP_PPP_AUTH_PEER)},
      {"auth_refuse_pap", option(OPENL2TP_PPP_GIVEN_AUTH, OPENL2TP_PPP_REFUSE_PAP)},
      {"auth_refuse_chap", option(OPENL2TP_PPP_GIVEN_AUTH, OPENL2TP_PPP_REFUSE_CHAP)},
      {"auth_refuse_mschap", option(OPENL2TP_PPP_GIVEN_AUTH, OPENL2TP_PPP_REFUSE_MSCHAP)},
      {"auth_refuse_mschapv2", option(OPENL2TP_PPP_GIVEN_AUTH, OPENL2TP_PPP_REFUSE_MSCHAPV2)},
      {"auth_refuse_eap", option(OPENL2TP_PPP_GIVEN_AUTH, OPENL2TP_PPP_REFUSE_EAP)},
      {"sync_mode", number(OPENL2TP_PPP_GIVEN_SYNC_MODE, &Profile::sync_mode)},
      {"chap_interval", number(OPENL2TP_PPP_GIVEN_CHAP_INTERVAL, &Profile::chap_interval_s)},
      {"chap_max_challenge", number(OPENL2TP_PPP_GIVEN_CHAP_CHALLENGES_MAX, &Profile::chap_challenges_max)},
      {"chap_restart", number(OPENL2TP_PPP_GIVEN_CHAP_RESTART, &Profile::chap_restart_s)},
      {"pap_max_auth_requests", number(OPENL2TP_PPP_GIVEN_PAP_REQUESTS_MAX, &Profile::pap_requests_max)},
      {"pap_restart_interval", number(OPENL2TP_PPP_GIVEN_PAP_RESTART, &Profile::pap_restart_s)},
      {"pap_timeout", number(OPENL2TP_PPP_GIVEN_PAP_TIMEOUT, &Profile::pap_timeout_s)},
      {"idle_timeout", number(OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s)},
      {"ipcp_max_config_requests",
       number(OPENL2TP_PPP_GIVEN_IPCP_CONFIG_REQUESTS_MAX, &Profile::ipcp_config_requests_max)},
      {"ipcp_max_config_naks", number(OPENL2TP_PPP_GIVEN_IPCP_CONFIG_NAKS_MAX, &Profile::ipcp_config_naks_max)},
      {"ipcp_max_terminate_requests",
       number(OPENL2TP_PPP_GIVEN_IPCP_TERMINATE_REQUESTS_MAX, &Profile::ipcp_terminate_requests_max)},
      {"ipcp_retransmit_interval", number(OPENL2TP_PPP_GIVEN_IPCP_RETRANSMIT, &Profile::ipcp_retransmit_s)},
      {"lcp_echo_failure_count", number(OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX, &Profile::lcp_echo_failures_max)},
      {"lcp_echo_interval", number(OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL, &Profile::lcp_echo_interval_s)},
      {"lcp_max_config_requests",
       number(OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX, &Profile::lcp_config_requests_max)},
      {"lcp_max_config_naks", number(OPENL2TP_PPP_GIVEN_LCP_CONFIG_NAKS_MAX, &Profile::lcp_config_naks_max)},
      {"lcp_max_terminate_requests",
       number(OPENL2TP_PPP_GIVEN_LCP_TERMINATE_REQUESTS_MAX, &Profile::lcp_terminate_requests_max)},
      {"lcp_retransmit_interval", number(OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT, &Profile::lcp_retransmit_s)},
      {"max_connect_time", number(OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, &Profile::connect_time_max_s)},
      {"max_failure_count", number(OPENL2TP_PPP_GIVEN_FAILURES_MAX, &Profile::failures_max)},
      {"local_ipaddr", address(OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS, &Profile::local_address)},
      {"remote_ipaddr", address(OPENL2TP_PPP_GIVEN_PEER_ADDRESS, &Profile::peer_address)},
      {"dns_ipaddr_pri", address(OPENL2TP_PPP_GIVEN_DNS_1, &Profile::dns_1)},
      {"dns_ipaddr_sec", address(OPENL2TP_PPP_GIVEN_DNS_2, &Profile::dns_2)},
      {"wins_ipaddr_pri", address(OPENL2TP_PPP_GIVEN_WINS_1, &Profile::wins_1)},
      {"wins_ipaddr_sec", address(OPENL2TP_PPP_GIVEN_WINS_2, &Profile::wins_2)},
      {"ip_pool_name", name(OPENL2TP_PPP_GIVEN_IP_POOL_NAME, &Profile::ip_pool_name, &Profile::ip_pool_name_length)},
      {"use_radius", option(OPENL2TP_PPP_GIVEN_USE_RADIUS, OPENL2TP_PPP_USE_RADIUS)},
      {"radius_hint", name(OPENL2TP_PPP_GIVEN_RADIUS_HINT, &Profile::radius_hint, &Profile::radius_hint_length)},
      {"default_route", option(OPENL2TP_PPP_GIVEN_DEFAULT_ROUTE, OPENL2TP_PPP_DEFAULT_ROUTE)},
      {"multilink", option(OPENL2TP_PPP_GIVEN_MULTILINK, OPENL2TP_PPP_MULTILINK)},
      {"local_name", name(OPENL2TP_PPP_GIVEN_LOCAL_NAME, &Profile::local_name, &Profile::local_name_length)},
      {"remote_name", name(OPENL2TP_PPP_GIVEN_REMOTE_NAME, &Profile::remote_name, &Profile::remote_name_length)},
      {"proxy_arp", option(OPENL2TP_PPP_GIVEN_PROXY_ARP, OPENL2TP_PPP_PROXY_ARP)},
  };
  return all;
}

/// Gives a field a value that no default has; the value as the tests spell it.
struct Give {
  P& parameters;
  std::string operator()(std::optional<bool> P::* field) const { return (parameters.*field = true, "1"); }
  std::string operator()(std::optional<std::uint16_t> P::* field) const { return (parameters.*field = 1234, "1234"); }
  std::string operator()(std::optional<std::uint32_t> P::* field) const { return (parameters.*field = 77, "77"); }
  std::string operator()(std::optional<std::string> P::* field) const { return (parameters.*field = "gold", "gold"); }
  std::string operator()(std::optional<IpAddress> P::* field) const {
    return (parameters.*field = IpAddress::v4(192, 0, 2, 77), "192.0.2.77");
  }
  std::string operator()(std::optional<PppSyncMode> P::* field) const {
    parameters.*field = PppSyncMode::async;
    return std::to_string(OPENL2TP_PPP_ASYNC);
  }
  template <class T>
  std::string operator()(std::optional<T> P::*) const {
    ADD_FAILURE() << "a kind of parameter that this test does not know";
    return {};
  }
};

TEST_F(Params, EveryParameterOfTheProfileArrivesWithItsBit) {
  call(SessionType::lac_incoming);
  for (const Parameter<P>& row : parameter_table<P>()) {
    const auto seen = seen_by_plugins().find(row.name);
    ASSERT_NE(seen, seen_by_plugins().end()) << row.name << " does not reach plugins";
    P supplied;
    const std::string value = std::visit(Give{supplied}, row.field);
    set_profile(supplied);
    const auto params = asker();
    EXPECT_EQ(params->get().profile->given, seen->second.bit) << row.name;
    EXPECT_EQ(seen->second.value(*params->get().profile), value) << row.name;
  }
}

TEST_F(Params, NoTwoParametersButThoseOfAuthenticationShareABit) {
  std::map<std::uint64_t, std::set<std::string_view>> by_bit;
  for (const auto& [parameter, seen] : seen_by_plugins())
    by_bit[seen.bit].insert(parameter);
  for (const auto& [bit, parameters] : by_bit)
    EXPECT_EQ(parameters.size(), bit == OPENL2TP_PPP_GIVEN_AUTH ? 7u : 1u) << *parameters.begin();
  EXPECT_EQ(by_bit.size(), 39u); // 38 bits, and the trace mask without one
}

TEST_F(Params, AProfileThatNobodyTouchedHasTheDefaultsAndNoBit) {
  call(SessionType::lac_incoming);
  const auto params = asker();
  const Profile& profile = *params->get().profile;
  EXPECT_EQ(profile.given, 0u);
  EXPECT_EQ(profile.options, 0u);
  EXPECT_EQ(profile.mru, 1500);
  EXPECT_EQ(profile.lcp_retransmit_s, 3u);
  EXPECT_EQ(profile.sync_mode, OPENL2TP_PPP_SYNC_ASYNC);
  EXPECT_EQ(profile.ip_pool_name_length, 0u);
}

TEST_F(Params, AParameterThatIsGivenItsDefaultIsGivenAllTheSame) {
  call(SessionType::lac_incoming);
  set_profile({.mru = 1500, .auth_peer = false, .multilink = false});
  const auto params = asker();
  EXPECT_EQ(params->get().profile->given,
            OPENL2TP_PPP_GIVEN_MRU | OPENL2TP_PPP_GIVEN_AUTH | OPENL2TP_PPP_GIVEN_MULTILINK);
  EXPECT_EQ(params->get().profile->options, 0u);
}

TEST_F(Params, TheProfileHasItsName) {
  call(SessionType::lac_incoming);
  session_config_.in_force.ppp_profile_name = "gold";
  const auto params = asker();
  EXPECT_EQ(text(params->get().profile->profile_name, params->get().profile->profile_name_length), "gold");
}

// ---- the call

std::shared_ptr<SessionSettings> full_call() {
  auto settings = std::make_shared<SessionSettings>();
  settings->calling_number = "0301";
  settings->called_number = "0302";
  settings->sub_address = "21";
  settings->private_group_id = "group";
  settings->framing_type = {.sync = true, .async = false};
  settings->bearer_type = {.digital = false, .analog = true};
  settings->tx_connect_speed = 64'000;
  settings->rx_connect_speed = 56'000;
  return settings;
}

TEST_F(Params, BothEndsOfAnIncomingCallHearWhatTheLacKnows) {
  call(SessionType::lac_incoming, full_call());
  for (const bool lns : {false, true}) {
    const auto held = lns ? answerer() : asker();
    const openl2tp_ppp_params& params = held->get();
    EXPECT_EQ(params.flags, lns ? OPENL2TP_PPP_LNS : OPENL2TP_PPP_LOCAL);
    EXPECT_EQ(text(params.calling_number, params.calling_number_length), "0301") << lns;
    EXPECT_EQ(text(params.called_number, params.called_number_length), "0302") << lns;
    EXPECT_EQ(text(params.sub_address, params.sub_address_length), "21") << lns;
    EXPECT_EQ(text(params.private_group, params.private_group_length), "group") << lns;
    EXPECT_EQ(params.framing_type, OPENL2TP_FRAMING_SYNC) << lns;
    EXPECT_EQ(params.bearer_type, OPENL2TP_BEARER_ANALOG) << lns;
    EXPECT_EQ(params.tx_bps, 64'000u) << lns;
    EXPECT_EQ(params.rx_bps, 56'000u) << lns;
    EXPECT_EQ(params.call_serial_number, asker_->call_serial_number()) << lns;
  }
}

TEST_F(Params, BothEndsOfAnOutgoingCallHearWhatTheLnsAskedForAndTheSpeedsOfTheBearer) {
  auto settings = full_call();
  settings->calling_number.clear();
  settings->private_group_id.clear();
  call(SessionType::lns_outgoing, settings); // the bearer of the wire has 64,000 both ways
  for (const bool lns : {true, false}) {
    const auto held = lns ? asker() : answerer();
    const openl2tp_ppp_params& params = held->get();
    EXPECT_EQ(params.flags, OPENL2TP_PPP_OUTGOING | (lns ? OPENL2TP_PPP_LNS | OPENL2TP_PPP_LOCAL : 0U));
    EXPECT_EQ(text(params.called_number, params.called_number_length), "0302") << lns;
    EXPECT_EQ(text(params.sub_address, params.sub_address_length), "21") << lns;
    EXPECT_EQ(params.bearer_type, OPENL2TP_BEARER_ANALOG) << lns;
    EXPECT_EQ(params.tx_bps, 64'000u) << lns;
    EXPECT_EQ(params.rx_bps, 64'000u) << lns;
    EXPECT_EQ(params.calling_number_length, 0u) << lns;
  }
}

TEST_F(Params, ACallWithoutNumbersHasNone) {
  call(SessionType::lac_incoming);
  for (const auto& held : {asker(), answerer()}) {
    const openl2tp_ppp_params& params = held->get();
    EXPECT_EQ(params.calling_number_length + params.called_number_length + params.sub_address_length +
                  params.private_group_length,
              0u);
    EXPECT_EQ(params.proxy, nullptr);
    EXPECT_EQ(params.rx_bps, params.tx_bps) << "it is not sent where it is the same";
  }
}

TEST_F(Params, BothEndsHearTheProxyAvps) {
  auto settings = full_call();
  settings->proxy = std::make_unique<protocol::ProxySettings>(protocol::ProxySettings{
      .initial_received_confreq = bytes("one"),
      .last_sent_confreq = bytes("two"),
      .last_received_confreq = bytes("three"),
      .authen_type = 2,
      .authen_id = 9,
      .authen_name = "someone",
      .authen_challenge = bytes("challenge"),
      .authen_response = bytes("response"),
  });
  call(SessionType::lac_incoming, settings);
  for (const auto& held : {asker(), answerer()}) {
    ASSERT_NE(held->get().proxy, nullptr);
    const openl2tp_ppp_proxy& proxy = *held->get().proxy;
    EXPECT_EQ(proxy.auth_type, 2);
    EXPECT_EQ(proxy.auth_id, 9);
    EXPECT_EQ(octets(proxy.auth_name, proxy.auth_name_length), "someone");
    EXPECT_EQ(octets(proxy.auth_challenge, proxy.auth_challenge_length), "challenge");
    EXPECT_EQ(octets(proxy.auth_response, proxy.auth_response_length), "response");
    EXPECT_EQ(octets(proxy.initial_received_confreq, proxy.initial_received_confreq_length), "one");
    EXPECT_EQ(octets(proxy.last_sent_confreq, proxy.last_sent_confreq_length), "two");
    EXPECT_EQ(octets(proxy.last_received_confreq, proxy.last_received_confreq_length), "three");
  }
}

// ---- ids, names and what the operator says

TEST_F(Params, IdsAndAddressesAreThoseOfThisEnd) {
  call(SessionType::lac_incoming);
  const auto held = asker();
  const openl2tp_ppp_params& params = held->get();
  EXPECT_EQ(params.tunnel_id, tunnel_.value);
  EXPECT_EQ(params.peer_tunnel_id, far_tunnel_.value);
  EXPECT_EQ(params.session_id, asker_->id().value);
  EXPECT_EQ(params.peer_session_id, answerer_->id().value);
  EXPECT_EQ(text(params.local_address, params.local_address_length), "192.0.2.1");
  EXPECT_EQ(text(params.peer_address, params.peer_address_length), "192.0.2.2");
  EXPECT_EQ(text(params.peer_host_name, params.peer_host_name_length), "the-lns");
  EXPECT_EQ(params.session_fd, -1);
}

TEST_F(Params, NamesUserAndPasswordAreTheOperators) {
  call(SessionType::lac_incoming);
  tunnel_config_.in_force.tunnel_name = "t1";
  session_config_.in_force.session_name = "s1";
  session_config_.in_force.interface_name = "ppp7";
  session_config_.in_force.user_name = "alice";
  session_config_.in_force.user_password = "open sesame";
  const auto held = asker();
  const openl2tp_ppp_params& params = held->get();
  EXPECT_EQ(text(params.tunnel_name, params.tunnel_name_length), "t1");
  EXPECT_EQ(text(params.session_name, params.session_name_length), "s1");
  EXPECT_EQ(text(params.interface_name, params.interface_name_length), "ppp7");
  EXPECT_EQ(text(params.user_name, params.user_name_length), "alice");
  EXPECT_EQ(text(params.user_password, params.user_password_length), "open sesame");
}

TEST_F(Params, SequenceNumbersAreToldWhoeverWantsThem) {
  auto required = std::make_shared<SessionSettings>();
  required->sequencing_required = true;
  call(SessionType::lac_incoming, required);
  session_config_.in_force.reorder_timeout = 40;
  EXPECT_NE(answerer()->get().flags & OPENL2TP_PPP_SEQUENCE, 0u) << "the LAC said so in its ICCN";
  EXPECT_EQ(answerer()->get().reorder_timeout_ms, 40u);
  session_config_.in_force.use_sequence_numbers = true;
  EXPECT_NE(asker()->get().flags & OPENL2TP_PPP_SEQUENCE, 0u);
  session_config_.in_force.use_sequence_numbers = false;
  EXPECT_EQ(asker()->get().flags & OPENL2TP_PPP_SEQUENCE, 0u);
}

TEST_F(Params, AsLnsTheTunnelAllowsTheProxyOfTheLac) {
  call(SessionType::lac_incoming);
  const auto may = [this] { return (answerer()->get().flags & OPENL2TP_PPP_PROXY) != 0; };
  session_config_.in_force.use_ppp_proxy = true;
  EXPECT_FALSE(may());
  tunnel_config_.in_force.allow_ppp_proxy = true;
  EXPECT_TRUE(may());
}

TEST_F(Params, AsLacTheSessionSaysWhetherOurProxyIsTold) {
  call(SessionType::lac_incoming);
  const auto told = [this] { return (asker()->get().flags & OPENL2TP_PPP_PROXY) != 0; };
  tunnel_config_.in_force.allow_ppp_proxy = true;
  EXPECT_FALSE(told());
  session_config_.in_force.use_ppp_proxy = true;
  EXPECT_TRUE(told());
}

TEST_F(Params, TheMtuIsTheTunnelsOrWhatEthernetLeaves) {
  call(SessionType::lac_incoming);
  EXPECT_EQ(asker()->get().mtu, 1456u);
  tunnel_config_.in_force.mtu = 1400;
  EXPECT_EQ(asker()->get().mtu, 1400u);
}

} // namespace
} // namespace openl2tp::runtime
