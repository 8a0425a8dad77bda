#include <unistd.h>

#include "tests/unit/runtime/profiles/make_profiles.hpp"

namespace openl2tp::runtime {
namespace {

const SystemConfig kSystem;

PeerProfileParameters peer_at(const IpAddress& address, std::optional<IpAddress> netmask = {}) {
  PeerProfileParameters peer;
  peer.peer_addr = address;
  peer.netmask = netmask;
  return peer;
}

std::string incoming_peer(const ProfileStore& store, const IpAddress& address, std::string_view host_name = "") {
  const auto config = store.current()->for_incoming_tunnel(address, host_name, kSystem);
  return config ? config->in_force.peer_profile_name.value_or("no name") : "refused";
}

TEST(IncomingTunnel, GetsTheBuiltInDefaults) {
  const auto config = Profiles::built_in(0)->for_incoming_tunnel(kPeer, "peer", kSystem);
  ASSERT_TRUE(config);
  const protocol::TunnelSettings& settings = *config->settings;
  EXPECT_EQ(settings.receive_window, 10);
  EXPECT_EQ(settings.transmit_window, 10);
  EXPECT_EQ(settings.retries_max, 5);
  EXPECT_EQ(settings.retransmit_interval, protocol::Duration(1000));
  EXPECT_EQ(settings.hello_interval, protocol::Duration(60000));
  EXPECT_EQ(settings.establish_timeout, protocol::Duration(120000));
  EXPECT_EQ(settings.auth_mode, AuthMode::none);
  EXPECT_EQ(settings.framing_capabilities, (Framing{true, true}));
  EXPECT_EQ(settings.bearer_capabilities, (Bearer{true, true}));
  EXPECT_TRUE(settings.secret.empty());
  EXPECT_EQ(settings.firmware_revision, 0x0200);
  EXPECT_TRUE(settings.vendor_name.starts_with("openl2tpd ")) << settings.vendor_name;
  char host_name[256] = {};
  ASSERT_EQ(::gethostname(host_name, 255), 0);
  EXPECT_EQ(settings.host_name, host_name);
  EXPECT_EQ(config->in_force.mtu, 1460);
  EXPECT_EQ(config->in_force.use_udp_checksums, true);
  EXPECT_EQ(config->in_force.peer_udp_port, 1701);
  EXPECT_FALSE(config->in_force.our_udp_port);
  EXPECT_EQ(config->in_force.tunnel_profile_name, "default");
  EXPECT_EQ(config->in_force.session_profile_name, "default");
  EXPECT_EQ(config->in_force.ppp_profile_name, "default");
  EXPECT_FALSE(config->supplied.mtu);
}

TEST(IncomingTunnel, TakesEstablishTimeoutAndPortFromTheSystem) {
  SystemConfig system;
  const auto profiles = Profiles::built_in(0);
  const auto before = profiles->for_incoming_tunnel(kPeer, "", system);
  system.udp_port = 1801;
  system.tunnel_establish_timeout_s = 7;
  const auto after = profiles->for_incoming_tunnel(kPeer, "", system);
  EXPECT_EQ(before->in_force.peer_udp_port, 1701);
  EXPECT_EQ(after->in_force.peer_udp_port, 1801);
  EXPECT_EQ(after->settings->establish_timeout, protocol::Duration(7000));
}

TEST(IncomingTunnel, SharesOneConfigurationAProfile) {
  ProfileStore store(0);
  create(store, "net", peer_at(IpAddress::v4(10, 0, 0, 0), IpAddress::v4(255, 0, 0, 0)));
  const auto profiles = store.current();
  const auto one = profiles->for_incoming_tunnel(IpAddress::v4(10, 0, 0, 1), "a", kSystem);
  EXPECT_EQ(one, profiles->for_incoming_tunnel(IpAddress::v4(10, 0, 0, 2), "b", kSystem));
  EXPECT_NE(one, profiles->for_incoming_tunnel(IpAddress::v4(11, 0, 0, 2), "b", kSystem));
}

TEST(IncomingTunnel, PrefersHostNameThenAddressThenLongestNetmaskThenDefault) {
  ProfileStore store(0);
  create(store, "wide", peer_at(IpAddress::v4(10, 0, 0, 0), IpAddress::v4(255, 0, 0, 0)));
  create(store, "narrow", peer_at(IpAddress::v4(10, 1, 2, 0), IpAddress::v4(255, 255, 255, 0)));
  create(store, "exact", peer_at(kPeer));
  create(store, "lac.example", PeerProfileParameters{});
  EXPECT_EQ(incoming_peer(store, kPeer, "lac.example"), "lac.example");
  EXPECT_EQ(incoming_peer(store, kPeer, "other"), "exact");
  EXPECT_EQ(incoming_peer(store, IpAddress::v4(10, 1, 2, 4)), "narrow");
  EXPECT_EQ(incoming_peer(store, IpAddress::v4(10, 9, 9, 9)), "wide");
  EXPECT_EQ(incoming_peer(store, IpAddress::v4(11, 1, 2, 3)), "default");
  EXPECT_EQ(incoming_peer(store, *protocol::parse_ip_address("2001:db8::1")), "default");
}

TEST(IncomingTunnel, InheritsThroughThePeerProfile) {
  ProfileStore store(0);
  TunnelProfileParameters tunnel;
  tunnel.secret = "s3cret";
  tunnel.auth_mode = AuthMode::challenge;
  create(store, "tp", tunnel);
  PeerProfileParameters peer = peer_at(kPeer);
  peer.tunnel_profile_name = "tp";
  peer.session_profile_name = "sp";
  peer.ppp_profile_name = "pp";
  peer.mode = TunnelMode::lns;
  create(store, "p", peer);
  const auto config = store.current()->for_incoming_tunnel(kPeer, "", kSystem);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->settings->secret, protocol::Secret(std::string_view("s3cret")));
  EXPECT_EQ(config->settings->auth_mode, AuthMode::challenge);
  EXPECT_EQ(config->in_force.tunnel_profile_name, "tp");
  EXPECT_EQ(config->in_force.session_profile_name, "sp");
  EXPECT_EQ(config->in_force.ppp_profile_name, "pp");
  EXPECT_EQ(config->allowed_mode, TunnelMode::lns);
  EXPECT_FALSE(config->supplied.secret) << "the profile's, not the tunnel's";
  EXPECT_FALSE(config->supplied.hello_timeout_s);
}

TEST(IncomingTunnel, NamesOfTheTunnelProfileComeBeforeThoseOfThePeerProfile) {
  ProfileStore store(0);
  TunnelProfileParameters tunnel;
  tunnel.session_profile_name = "of-tunnel";
  tunnel.ppp_profile_name = "default"; // gives way
  create(store, "tp", tunnel);
  PeerProfileParameters peer = peer_at(kPeer);
  peer.tunnel_profile_name = "tp";
  peer.session_profile_name = "of-peer";
  peer.ppp_profile_name = "of-peer";
  create(store, "p", peer);
  const auto config = store.current()->for_incoming_tunnel(kPeer, "", kSystem);
  EXPECT_EQ(config->in_force.session_profile_name, "of-tunnel");
  EXPECT_EQ(config->in_force.ppp_profile_name, "of-peer");
}

TEST(IncomingTunnel, IsRefusedWhenItsTunnelProfileDoesNotExist) {
  ProfileStore store(0);
  PeerProfileParameters peer = peer_at(kPeer);
  peer.tunnel_profile_name = "not-yet";
  create(store, "p", peer);
  EXPECT_EQ(incoming_peer(store, kPeer), "refused");
  create(store, "not-yet", TunnelProfileParameters{});
  EXPECT_EQ(incoming_peer(store, kPeer), "p");
}

class SimpleAuthentication : public testing::Test {
 protected:
  void SetUp() override {
    TunnelProfileParameters simple;
    simple.auth_mode = AuthMode::simple;
    modify(store, "default", simple);
  }
  ProfileStore store{0};
};

TEST_F(SimpleAuthentication, RefusesAPeerThatOnlyDefaultMatches) { EXPECT_EQ(incoming_peer(store, kPeer), "refused"); }

TEST_F(SimpleAuthentication, RefusesAPeerThatCallsItselfDefault) {
  EXPECT_EQ(incoming_peer(store, kPeer, "default"), "refused");
}

TEST_F(SimpleAuthentication, TakesAPeerByHostNameOrAddress) {
  create(store, "lac", PeerProfileParameters{});
  create(store, "net", peer_at(IpAddress::v4(10, 1, 0, 0), IpAddress::v4(255, 255, 0, 0)));
  EXPECT_EQ(incoming_peer(store, IpAddress::v4(11, 0, 0, 1), "lac"), "lac");
  EXPECT_EQ(incoming_peer(store, kPeer, "x"), "net");
  EXPECT_EQ(incoming_peer(store, IpAddress::v4(11, 0, 0, 1), "x"), "refused");
}

TEST_F(SimpleAuthentication, TakesDefaultAsConfiguredOnceItHasANetwork) {
  modify(store, "default", peer_at(IpAddress::v4(10, 0, 0, 0), IpAddress::v4(255, 0, 0, 0)));
  EXPECT_EQ(incoming_peer(store, kPeer), "default");
  EXPECT_EQ(incoming_peer(store, IpAddress::v4(11, 0, 0, 1)), "refused");
}

TEST(OperatorsTunnel, NeedsAPeerAddress) {
  const auto profiles = Profiles::built_in(0);
  const auto missing = profiles->for_tunnel({}, kSystem);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().fault, ControlFault::peer_address_missing);
  TunnelParameters any;
  any.peer_addr = IpAddress::any_v4();
  const auto unspecified = profiles->for_tunnel(any, kSystem);
  ASSERT_FALSE(unspecified);
  EXPECT_EQ(unspecified.error().fault, ControlFault::peer_address_missing);
}

TEST(OperatorsTunnel, TakesThePeerAddressFromTunnelOrPeerProfile) {
  ProfileStore store(0);
  create(store, "tp", to_peer());
  PeerProfileParameters peer = peer_at(IpAddress::v4(10, 7, 7, 7));
  peer.peer_port = 1999;
  create(store, "host", peer);
  create(store, "net", peer_at(IpAddress::v4(10, 8, 0, 0), IpAddress::v4(255, 255, 0, 0)));
  TunnelParameters by_tunnel, by_host, by_net;
  by_tunnel.tunnel_profile_name = "tp";
  by_host.peer_profile_name = "host";
  by_net.peer_profile_name = "net";
  const auto profiles = store.current();
  const auto first = profiles->for_tunnel(by_tunnel, kSystem);
  ASSERT_TRUE(first) << failure(first);
  EXPECT_EQ((*first)->in_force.peer_addr, kPeer);
  EXPECT_EQ((*first)->in_force.peer_udp_port, 1701);
  const auto second = profiles->for_tunnel(by_host, kSystem);
  ASSERT_TRUE(second) << failure(second);
  EXPECT_EQ((*second)->in_force.peer_addr, IpAddress::v4(10, 7, 7, 7));
  EXPECT_EQ((*second)->in_force.peer_udp_port, 1999);
  const auto third = profiles->for_tunnel(by_net, kSystem);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().fault, ControlFault::peer_address_missing);
}

TEST(OperatorsTunnel, NamesWhatItDoesNotFind) {
  const auto profiles = Profiles::built_in(0);
  TunnelParameters parameters = to_peer();
  parameters.tunnel_profile_name = "nope";
  auto result = profiles->for_tunnel(parameters, kSystem);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, ControlFault::tunnel_profile_not_found);
  parameters.tunnel_profile_name.reset();
  parameters.peer_profile_name = "nope";
  result = profiles->for_tunnel(parameters, kSystem);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, ControlFault::peer_profile_not_found);
}

TEST(OperatorsTunnel, LaysItsParametersOverTheProfile) {
  ProfileStore store(0);
  TunnelProfileParameters profile;
  profile.hello_timeout_s = 30;
  profile.retries_max = 9;
  profile.secret = "profile";
  create(store, "tp", profile);
  TunnelParameters parameters = to_peer();
  parameters.tunnel_profile_name = "tp";
  parameters.retries_max = 2;
  parameters.secret = ""; // none, whatever the profile says
  const auto config = store.current()->for_tunnel(parameters, kSystem);
  ASSERT_TRUE(config) << failure(config);
  EXPECT_EQ((*config)->in_force.hello_timeout_s, 30U);
  EXPECT_EQ((*config)->settings->retries_max, 2);
  EXPECT_FALSE((*config)->in_force.secret);
  EXPECT_TRUE((*config)->settings->secret.empty());
  EXPECT_EQ((*config)->supplied.retries_max, 2U);
  EXPECT_FALSE((*config)->supplied.hello_timeout_s) << "the profile's, not the tunnel's";
  EXPECT_FALSE((*config)->supplied.idle_timeout_s);
}

TEST(OperatorsTunnel, FindsItsPeerProfileByNameTunnelProfileThenAddress) {
  ProfileStore store(0);
  create(store, "named", PeerProfileParameters{});
  create(store, "of-tunnel", PeerProfileParameters{});
  create(store, "by-address", peer_at(kPeer));
  TunnelProfileParameters tunnel;
  tunnel.peer_profile_name = "of-tunnel";
  create(store, "tp", tunnel);
  const auto profiles = store.current();
  TunnelParameters parameters = to_peer();
  EXPECT_EQ((*profiles->for_tunnel(parameters, kSystem))->in_force.peer_profile_name, "by-address");
  parameters.tunnel_profile_name = "tp";
  EXPECT_EQ((*profiles->for_tunnel(parameters, kSystem))->in_force.peer_profile_name, "of-tunnel");
  parameters.peer_profile_name = "named";
  EXPECT_EQ((*profiles->for_tunnel(parameters, kSystem))->in_force.peer_profile_name, "named");
}

TEST(OperatorsTunnel, ExplicitTunnelProfileComesBeforeThePeersOne) {
  ProfileStore store(0);
  TunnelProfileParameters one, two;
  one.mtu = 1000;
  two.mtu = 1200;
  create(store, "one", one);
  create(store, "two", two);
  PeerProfileParameters peer;
  peer.tunnel_profile_name = "one";
  create(store, "p", peer);
  TunnelParameters parameters = to_peer();
  parameters.peer_profile_name = "p";
  EXPECT_EQ((*store.current()->for_tunnel(parameters, kSystem))->in_force.mtu, 1000U);
  parameters.tunnel_profile_name = "two";
  EXPECT_EQ((*store.current()->for_tunnel(parameters, kSystem))->in_force.mtu, 1200U);
}

TEST(OperatorsTunnel, AnExplicitNameDefaultOverridesThePeerProfile) {
  ProfileStore store(0);
  PeerProfileParameters peer;
  peer.session_profile_name = "sp";
  create(store, "p", peer);
  TunnelParameters parameters = to_peer();
  parameters.peer_profile_name = "p";
  EXPECT_EQ((*store.current()->for_tunnel(parameters, kSystem))->in_force.session_profile_name, "sp");
  parameters.session_profile_name = "default";
  EXPECT_EQ((*store.current()->for_tunnel(parameters, kSystem))->in_force.session_profile_name, "default");
}

TEST(OperatorsTunnel, HidingOrChallengingNeedsASecret) {
  const auto profiles = Profiles::built_in(0);
  TunnelParameters hiding = to_peer();
  hiding.hide_avps = true;
  auto result = profiles->for_tunnel(hiding, kSystem);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, ControlFault::hide_avps_needs_secret);
  hiding.secret = "abc";
  EXPECT_TRUE(profiles->for_tunnel(hiding, kSystem));
  TunnelParameters challenging = to_peer();
  challenging.auth_mode = AuthMode::challenge;
  result = profiles->for_tunnel(challenging, kSystem);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, ControlFault::invalid_argument);
}

TEST(OperatorsTunnel, AddressesMustBeOfOneFamily) {
  TunnelParameters parameters = to_peer();
  parameters.our_addr = protocol::parse_ip_address("2001:db8::1");
  const auto result = Profiles::built_in(0)->for_tunnel(parameters, kSystem);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().detail, "src_ipaddr: 2001:db8::1, allowed addresses of the family of 10.1.2.3");
}

TEST(OperatorsTunnel, PortZeroIsEphemeralOursAndDefaultTheirs) {
  TunnelParameters parameters = to_peer();
  parameters.our_udp_port = 0;
  parameters.peer_udp_port = 0;
  const auto config = Profiles::built_in(0)->for_tunnel(parameters, kSystem);
  ASSERT_TRUE(config);
  EXPECT_EQ((*config)->in_force.our_udp_port, 0);
  EXPECT_EQ((*config)->in_force.peer_udp_port, 1701);
}

TEST(TunnelMode, FollowsWhoOpensUnlessThePeerProfileAllowsOneOnly) {
  TunnelConfig config;
  EXPECT_EQ(tunnel_mode(config, true), TunnelMode::lac);
  EXPECT_EQ(tunnel_mode(config, false), TunnelMode::lns);
  config.allowed_mode = TunnelMode::lns;
  EXPECT_EQ(tunnel_mode(config, true), TunnelMode::lns);
  config.allowed_mode = TunnelMode::lac;
  EXPECT_EQ(tunnel_mode(config, false), TunnelMode::lac);
}

} // namespace
} // namespace openl2tp::runtime
