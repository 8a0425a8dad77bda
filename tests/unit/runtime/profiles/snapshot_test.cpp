#include "tests/unit/runtime/profiles/make_profiles.hpp"

namespace openl2tp::runtime {
namespace {

const SystemConfig kSystem;

std::shared_ptr<const TunnelConfig> tunnel_of(const ProfileStore& store,
                                              const TunnelParameters& parameters = to_peer()) {
  return store.current()->for_tunnel(parameters, kSystem).value();
}

ControlResult<SessionType> type_of(SessionType wanted, TunnelMode mode) {
  const ProfileStore store(0);
  SessionParameters parameters;
  if (wanted != SessionType::unspecified) parameters.session_type = wanted;
  return store.current()->for_session(*tunnel_of(store), mode, parameters, kSystem).transform([](const auto& config) {
    return config->settings->type;
  });
}

ControlFault fault_of(SessionType wanted, TunnelMode mode) { return type_of(wanted, mode).error().fault; }

TEST(Session, GetsTheBuiltInDefaults) {
  const ProfileStore store(0);
  const auto config = store.current()->for_incoming_session(*tunnel_of(store), SessionType::lns_incoming, kSystem);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->settings->type, SessionType::lns_incoming);
  EXPECT_EQ(config->settings->tx_connect_speed, 1'000'000U);
  EXPECT_EQ(config->settings->rx_connect_speed, 0U);
  EXPECT_EQ(config->settings->establish_timeout, protocol::Duration(120000));
  EXPECT_EQ(config->settings->framing_type, (Framing{true, true}));
  EXPECT_FALSE(config->settings->proxy);
  EXPECT_EQ(config->in_force.no_ppp, false);
  EXPECT_EQ(config->in_force.reorder_timeout, 0U);
  EXPECT_EQ(config->in_force.profile_name, "default");
  EXPECT_EQ(config->in_force.ppp_profile_name, "default");
  ASSERT_TRUE(config->ppp);
  EXPECT_EQ(config->ppp->in_force.mru, 1500);
}

TEST(Session, TypeFollowsTheTunnelsMode) {
  EXPECT_EQ(type_of(SessionType::unspecified, TunnelMode::lac), SessionType::lac_incoming);
  EXPECT_EQ(type_of(SessionType::unspecified, TunnelMode::lns), SessionType::lns_outgoing);
  EXPECT_EQ(type_of(SessionType::lac_incoming, TunnelMode::lac), SessionType::lac_incoming);
  EXPECT_EQ(type_of(SessionType::lns_outgoing, TunnelMode::lns), SessionType::lns_outgoing);
}

TEST(Session, TypeThatAnswersCannotBeCreated) {
  EXPECT_EQ(fault_of(SessionType::lac_outgoing, TunnelMode::lac), ControlFault::session_type_bad);
  EXPECT_EQ(fault_of(SessionType::lns_incoming, TunnelMode::lns), ControlFault::session_type_bad);
}

TEST(Session, TypeMustFitTheTunnel) {
  EXPECT_EQ(fault_of(SessionType::lac_incoming, TunnelMode::lns), ControlFault::session_type_illegal_for_tunnel);
  EXPECT_EQ(fault_of(SessionType::lns_outgoing, TunnelMode::lac), ControlFault::session_type_illegal_for_tunnel);
}

TEST(Session, TypeMayComeFromTheProfile) {
  ProfileStore store(0);
  SessionProfileParameters profile;
  profile.session_type = SessionType::lns_outgoing;
  create(store, "sp", profile);
  SessionParameters parameters;
  parameters.profile_name = "sp";
  const auto profiles = store.current();
  const auto tunnel = tunnel_of(store);
  EXPECT_EQ(profiles->for_session(*tunnel, TunnelMode::lac, parameters, kSystem).error().fault,
            ControlFault::session_type_illegal_for_tunnel);
  parameters.session_type = SessionType::lac_incoming;
  const auto config = profiles->for_session(*tunnel, TunnelMode::lac, parameters, kSystem);
  ASSERT_TRUE(config);
  EXPECT_EQ((*config)->in_force.session_type, SessionType::lac_incoming);
}

TEST(Session, ProfileIsTheExplicitOneElseTheTunnels) {
  ProfileStore store(0);
  SessionProfileParameters one, two;
  one.minimum_bps = 1;
  two.minimum_bps = 2;
  create(store, "one", one);
  create(store, "two", two);
  TunnelParameters tunnel = to_peer();
  tunnel.session_profile_name = "one";
  const auto on = tunnel_of(store, tunnel);
  SessionParameters parameters;
  EXPECT_EQ((*store.current()->for_session(*on, TunnelMode::lac, parameters, kSystem))->settings->minimum_bps, 1U);
  parameters.profile_name = "two";
  EXPECT_EQ((*store.current()->for_session(*on, TunnelMode::lac, parameters, kSystem))->settings->minimum_bps, 2U);
  parameters.profile_name = "nope";
  EXPECT_EQ(store.current()->for_session(*on, TunnelMode::lac, parameters, kSystem).error().fault,
            ControlFault::session_profile_not_found);
}

TEST(Session, APeersSessionFallsBackToDefaultWhenTheProfileIsGone) {
  ProfileStore store(0);
  TunnelParameters tunnel = to_peer();
  tunnel.session_profile_name = "gone";
  const auto config =
      store.current()->for_incoming_session(*tunnel_of(store, tunnel), SessionType::lns_incoming, kSystem);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->in_force.profile_name, "default");
}

TEST(Session, PppProfileIsExplicitThenTheSessionProfilesThenTheTunnels) {
  ProfileStore store(0);
  SessionProfileParameters profile;
  profile.ppp_profile_name = "of-profile";
  create(store, "sp", profile);
  profile.ppp_profile_name = "default"; // gives way
  create(store, "plain", profile);
  TunnelParameters tunnel = to_peer();
  tunnel.ppp_profile_name = "of-tunnel";
  const auto on = tunnel_of(store, tunnel);
  const auto ppp_name = [&](const SessionParameters& parameters) {
    return (*store.current()->for_session(*on, TunnelMode::lac, parameters, kSystem))->in_force.ppp_profile_name;
  };
  SessionParameters parameters;
  parameters.profile_name = "plain";
  EXPECT_EQ(ppp_name(parameters), "of-tunnel");
  parameters.profile_name = "sp";
  EXPECT_EQ(ppp_name(parameters), "of-profile");
  parameters.ppp_profile_name = "explicit";
  EXPECT_EQ(ppp_name(parameters), "explicit");
}

TEST(Session, CarriesThePppProfileAsItWasAndDefaultForAnUnknownOne) {
  ProfileStore store(0);
  PppProfileParameters ppp;
  ppp.mru = 1400;
  create(store, "pp", ppp);
  SessionParameters parameters;
  parameters.ppp_profile_name = "pp";
  const auto tunnel = tunnel_of(store);
  const auto known = store.current()->for_session(*tunnel, TunnelMode::lac, parameters, kSystem);
  ppp.mru = 1300;
  modify(store, "pp", ppp);
  ASSERT_TRUE(known);
  EXPECT_EQ((*known)->ppp->in_force.mru, 1400);
  parameters.ppp_profile_name = "unknown";
  const auto unknown = store.current()->for_session(*tunnel, TunnelMode::lac, parameters, kSystem);
  ASSERT_TRUE(unknown);
  EXPECT_EQ((*unknown)->ppp->in_force.mru, 1500);
  EXPECT_EQ((*unknown)->in_force.ppp_profile_name, "unknown");
}

TEST(Session, TraceIsWhatProfileAndTunnelShareUnlessExplicit) {
  ProfileStore store(0);
  SessionProfileParameters profile;
  profile.trace = protocol::trace::fsm | protocol::trace::ppp;
  modify(store, "default", profile);
  TunnelParameters tunnel = to_peer();
  tunnel.trace = protocol::trace::fsm | protocol::trace::api;
  const auto on = tunnel_of(store, tunnel);
  EXPECT_EQ(store.current()->for_incoming_session(*on, SessionType::lns_incoming, kSystem)->settings->trace,
            protocol::trace::fsm);
  SessionParameters parameters;
  parameters.trace = protocol::trace::data;
  EXPECT_EQ((*store.current()->for_session(*on, TunnelMode::lac, parameters, kSystem))->settings->trace,
            protocol::trace::data);
}

TEST(Session, SharesOneConfigurationForPeersCalls) {
  const ProfileStore store(0);
  const auto tunnel = tunnel_of(store);
  const auto profiles = store.current();
  const auto one = profiles->for_incoming_session(*tunnel, SessionType::lns_incoming, kSystem);
  EXPECT_EQ(one, profiles->for_incoming_session(*tunnel, SessionType::lns_incoming, kSystem));
  EXPECT_NE(one, profiles->for_incoming_session(*tunnel, SessionType::lac_outgoing, kSystem));
}

TEST(Session, HandsTheProxyParametersToTheEngine) {
  const ProfileStore store(0);
  SessionParameters parameters;
  parameters.proxy_auth_type = ProxyAuthType::chap;
  parameters.proxy_auth_name = "joe";
  parameters.proxy_auth_challenge = std::vector<std::byte>(16, std::byte{1});
  parameters.last_sent_confreq = std::vector<std::byte>(4, std::byte{2});
  const auto config = store.current()->for_session(*tunnel_of(store), TunnelMode::lac, parameters, kSystem);
  ASSERT_TRUE(config);
  const auto& proxy = (*config)->settings->proxy;
  ASSERT_TRUE(proxy);
  EXPECT_EQ(proxy->authen_type, 2);
  EXPECT_EQ(proxy->authen_name, "joe");
  EXPECT_EQ(proxy->authen_challenge.size(), 16U);
  EXPECT_EQ(proxy->last_sent_confreq, std::vector<std::byte>(4, std::byte{2}));
  EXPECT_TRUE(proxy->authen_response.empty());
}

TEST(Session, KeepsNamesPasswordAndNumbers) {
  const ProfileStore store(0);
  SessionParameters parameters;
  parameters.user_name = "joe";
  parameters.user_password = "pw";
  parameters.calling_number = "123";
  parameters.use_sequence_numbers = true;
  const auto config = store.current()->for_session(*tunnel_of(store), TunnelMode::lac, parameters, kSystem);
  ASSERT_TRUE(config);
  EXPECT_EQ((*config)->in_force.user_name, "joe");
  EXPECT_EQ((*config)->in_force.user_password, "pw");
  EXPECT_EQ((*config)->in_force.use_sequence_numbers, true);
  EXPECT_EQ((*config)->settings->calling_number, "123");
}

TEST(Session, MaximumRateMayNotBeLessThanTheMinimum) {
  const ProfileStore store(0);
  SessionParameters parameters;
  parameters.minimum_bps = 10;
  parameters.maximum_bps = 5;
  const auto result = store.current()->for_session(*tunnel_of(store), TunnelMode::lac, parameters, kSystem);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().detail, "maximum_bps: 5, allowed 0 or minimum_bps (10) and more");
}

// ---- what sessions that the operator makes share

std::shared_ptr<const SessionConfig> made(const ProfileStore& store, const SessionParameters& parameters) {
  return store.current()->for_session(*tunnel_of(store), TunnelMode::lac, parameters, kSystem).value();
}

TEST(Session, ForWhichNothingIsGivenSharesItsConfiguration) {
  const ProfileStore store(0);
  EXPECT_EQ(made(store, {}), made(store, {}));
}

TEST(Session, WithNamesOfItsOwnSharesTheEnginesSettings) {
  const ProfileStore store(0);
  SessionParameters parameters;
  parameters.session_name = "first";
  parameters.user_name = "alice";
  const auto first = made(store, parameters), plain = made(store, {});
  EXPECT_NE(first, plain);
  EXPECT_EQ(first->settings, plain->settings);
  EXPECT_EQ(first->in_force.session_name, "first");
  EXPECT_EQ(first->in_force.user_name, "alice");
  EXPECT_FALSE(plain->in_force.user_name);
}

TEST(Session, WithParametersOfTheCallHasSettingsOfItsOwn) {
  const ProfileStore store(0);
  SessionParameters parameters;
  parameters.called_number = "5551234";
  const auto config = made(store, parameters);
  EXPECT_EQ(config->settings->called_number, "5551234");
  EXPECT_EQ(made(store, {})->settings->called_number, "");
}

TEST(Session, KnowsWhatWasSupplied) {
  const ProfileStore store(0);
  SessionParameters parameters;
  parameters.user_name = "alice";
  parameters.rx_connect_speed = 64000;
  const auto config = made(store, parameters);
  const SessionParameters supplied = config->supplied.values(config->in_force);
  EXPECT_EQ(supplied.user_name, "alice");
  EXPECT_EQ(supplied.rx_connect_speed, 64000U);
  EXPECT_FALSE(supplied.tx_connect_speed || supplied.session_name || supplied.no_ppp);
}

} // namespace
} // namespace openl2tp::runtime
