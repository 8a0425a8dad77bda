#include "tests/unit/runtime/profiles/make_profiles.hpp"

namespace openl2tp::runtime {
namespace {

const SystemConfig kSystem;

TEST(ProfileStore, HasADefaultOfEachKind) {
  const ProfileStore store(0);
  const std::vector<std::string> only_default{"default"};
  EXPECT_EQ(store.list<PeerProfileParameters>(), only_default);
  EXPECT_EQ(store.list<TunnelProfileParameters>(), only_default);
  EXPECT_EQ(store.list<SessionProfileParameters>(), only_default);
  EXPECT_EQ(store.list<PppProfileParameters>(), only_default);
}

template <class Parameters>
void expect_tabled_faults(ControlFault not_found) {
  ProfileStore store(0);
  const std::vector<std::string_view> nothing;
  const auto fault = [](const auto& result) { return result ? ControlFault::timed_out : result.error().fault; };
  EXPECT_EQ(fault(store.create("default", Parameters{})), ControlFault::profile_name_illegal);
  EXPECT_EQ(fault(store.create("", Parameters{})), ControlFault::profile_name_missing);
  EXPECT_EQ(fault(store.create(std::string(256, 'x'), Parameters{})), ControlFault::profile_name_illegal);
  EXPECT_EQ(fault(store.create("a\nb", Parameters{})), ControlFault::profile_name_illegal);
  EXPECT_EQ(fault(store.modify("nope", Parameters{})), not_found);
  EXPECT_EQ(fault(store.modify("", Parameters{})), ControlFault::profile_name_missing);
  EXPECT_EQ(fault(store.template unset<Parameters>("nope", nothing)), not_found);
  EXPECT_EQ(fault(store.template remove<Parameters>("nope")), not_found);
  EXPECT_EQ(fault(store.template remove<Parameters>("default")), ControlFault::profile_name_illegal);
  EXPECT_EQ(fault(store.template get<Parameters>("nope")), not_found);
  create(store, "x", Parameters{});
  EXPECT_EQ(fault(store.create("x", Parameters{})), ControlFault::profile_already_exists);
}

TEST(ProfileStore, AnswersWithTheTabledFaultsForEachKind) {
  expect_tabled_faults<PeerProfileParameters>(ControlFault::peer_profile_not_found);
  expect_tabled_faults<TunnelProfileParameters>(ControlFault::tunnel_profile_not_found);
  expect_tabled_faults<SessionProfileParameters>(ControlFault::session_profile_not_found);
  expect_tabled_faults<PppProfileParameters>(ControlFault::ppp_profile_not_found);
}

TEST(ProfileStore, ListsDefaultFirstThenByName) {
  ProfileStore store(0);
  for (const char* name : {"zz", "aa", "mm"})
    create(store, name, PppProfileParameters{});
  EXPECT_EQ(store.list<PppProfileParameters>(), (std::vector<std::string>{"default", "aa", "mm", "zz"}));
  ASSERT_TRUE(store.remove<PppProfileParameters>("mm"));
  EXPECT_EQ(store.list<PppProfileParameters>(), (std::vector<std::string>{"default", "aa", "zz"}));
}

TEST(ProfileStore, ReportsWhatIsInForceAndWhatOfItWasSupplied) {
  ProfileStore store(protocol::trace::fsm);
  TunnelProfileParameters given;
  given.hello_timeout_s = 60; // the default's value, but given
  given.secret = "s3cret";
  create(store, "tp", given);
  const auto report = store.get<TunnelProfileParameters>("tp");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->name, "tp");
  EXPECT_EQ(report->in_force.mtu, 1460U);
  EXPECT_EQ(report->in_force.trace, protocol::trace::fsm);
  EXPECT_FALSE(report->in_force.peer_profile_name) << "only `default` has names without being given any";
  EXPECT_EQ(report->supplied.hello_timeout_s, 60U);
  EXPECT_EQ(report->supplied.secret, "s3cret");
  EXPECT_FALSE(report->supplied.mtu);
  EXPECT_FALSE(report->supplied.trace);
  EXPECT_FALSE(report->in_force.host_name);
}

TEST(ProfileStore, PeerProfilesReadUnsetNamesAsDefault) {
  const ProfileStore store(0);
  const auto report = store.get<PeerProfileParameters>("default");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->in_force.tunnel_profile_name, "default");
  EXPECT_EQ(report->in_force.session_profile_name, "default");
  EXPECT_EQ(report->in_force.ppp_profile_name, "default");
  EXPECT_EQ(report->in_force.mode, TunnelMode::lac_lns);
  EXPECT_EQ(report->in_force.peer_port, 0);
  EXPECT_FALSE(report->supplied.tunnel_profile_name);
}

TEST(ProfileStore, NewProfilesStartAsACopyOfThePresentDefault) {
  ProfileStore store(0);
  SessionProfileParameters change;
  change.minimum_bps = 5;
  modify(store, "default", change);
  create(store, "sp", SessionProfileParameters{});
  change.minimum_bps = 6;
  modify(store, "default", change); // does not reach the copy
  const auto report = store.get<SessionProfileParameters>("sp");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->in_force.minimum_bps, 5U);
  EXPECT_EQ(report->supplied.minimum_bps, 5U);
}

TEST(ProfileStore, CopiesAreNotSuppliedAsLongAsDefaultHasTheSame) {
  ProfileStore store(0);
  SessionProfileParameters change;
  change.minimum_bps = 5;
  change.private_group_id = "group";
  modify(store, "default", change);
  SessionProfileParameters given;
  given.reorder_timeout = 42;
  create(store, "sp", given);
  const auto copy = store.get<SessionProfileParameters>("sp");
  ASSERT_TRUE(copy);
  EXPECT_EQ(copy->in_force.minimum_bps, 5U);
  EXPECT_FALSE(copy->supplied.minimum_bps);
  EXPECT_EQ(copy->supplied.reorder_timeout, 42U);
  EXPECT_FALSE(copy->in_force.private_group_id) << "a profile's own";
  change.minimum_bps = 5;
  change.private_group_id.reset();
  modify(store, "sp", change); // the same value, but given
  const auto own = store.get<SessionProfileParameters>("sp");
  ASSERT_TRUE(own);
  EXPECT_EQ(own->supplied.minimum_bps, 5U);
}

TEST(ProfileStore, SecretStaysAsLongAsAvpsAreHiddenWithIt) {
  ProfileStore store(0);
  TunnelProfileParameters given;
  given.secret = "sesame";
  given.hide_avps = true;
  create(store, "tp", given);
  const auto refused = store.unset<TunnelProfileParameters>("tp", std::vector<std::string_view>{"secret"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().fault, ControlFault::hide_avps_needs_secret);
  EXPECT_TRUE(store.unset<TunnelProfileParameters>("tp", std::vector<std::string_view>{"secret", "hide_avps"}));
}

TEST(ProfileStore, UnsetRestoresTheBuiltInAndIsNoLongerSupplied) {
  ProfileStore store(0);
  PppProfileParameters given;
  given.mtu = 1400;
  given.mru = 1401;
  given.auth_peer = true;
  given.dns_addr_1 = IpAddress::v4(1, 1, 1, 1);
  given.local_name = "ln";
  create(store, "pp", given);
  unset<PppProfileParameters>(store, "pp", {"mtu", "auth_peer", "dns_ipaddr_pri", "local_name"});
  const auto report = store.get<PppProfileParameters>("pp");
  ASSERT_TRUE(report);
  EXPECT_EQ(report->in_force.mtu, 1500);
  EXPECT_EQ(report->in_force.auth_peer, false);
  EXPECT_FALSE(report->in_force.dns_addr_1);
  EXPECT_FALSE(report->in_force.local_name);
  EXPECT_FALSE(report->supplied.mtu);
  EXPECT_EQ(report->supplied.mru, 1401);
}

TEST(ProfileStore, UnsetOfAnUnknownParameterChangesNothing) {
  ProfileStore store(0);
  TunnelProfileParameters given;
  given.mtu = 1400;
  create(store, "tp", given);
  for (const std::string_view bad : {"nonsense", "tunnel_id", "persist"}) {
    const std::vector<std::string_view> names{"mtu", bad};
    const auto result = store.unset<TunnelProfileParameters>("tp", names);
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().fault, ControlFault::invalid_argument);
  }
  EXPECT_EQ(store.get<TunnelProfileParameters>("tp")->in_force.mtu, 1400U);
}

TEST(ProfileStore, EmptyTextUnsets) {
  ProfileStore store(0);
  TunnelProfileParameters given;
  given.secret = "abc";
  given.session_profile_name = "sp";
  create(store, "tp", given);
  given.secret = "";
  given.session_profile_name = "";
  modify(store, "tp", given);
  const auto report = store.get<TunnelProfileParameters>("tp");
  ASSERT_TRUE(report);
  EXPECT_FALSE(report->in_force.secret);
  EXPECT_FALSE(report->supplied.secret);
  EXPECT_FALSE(report->in_force.session_profile_name) << "a name that is not given is not said";
  EXPECT_FALSE(report->supplied.session_profile_name);
}

TEST(ProfileStore, ModifiesOnlyTheTraceBitsThatCount) {
  ProfileStore store(protocol::trace::all);
  PppProfileParameters change;
  change.trace = 0;
  change.trace_bits = protocol::trace::ppp;
  modify(store, "default", change);
  EXPECT_EQ(store.get<PppProfileParameters>("default")->in_force.trace, protocol::trace::all & ~protocol::trace::ppp);
}

TEST(ProfileStore, RefusesWhatIsNoParameterOfAProfile) {
  ProfileStore store(0);
  TunnelProfileParameters tunnel;
  tunnel.persist = true;
  const auto result = store.create("tp", tunnel);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, ControlFault::invalid_argument);
  SessionProfileParameters session;
  session.user_password = "pw";
  const auto secret = store.modify("default", session);
  ASSERT_FALSE(secret);
  EXPECT_EQ(secret.error().detail, "user_password: not a parameter of a profile");
}

TEST(ProfileStore, RefusesANetmaskThatIsNoneOrOfTheOtherFamily) {
  ProfileStore store(0);
  PeerProfileParameters holes;
  holes.peer_addr = kPeer;
  holes.netmask = IpAddress::v4(255, 0, 255, 0);
  EXPECT_EQ(store.create("p", holes).error().detail, "netmask: 255.0.255.0, allowed contiguous masks");
  PeerProfileParameters mixed;
  mixed.peer_addr = protocol::parse_ip_address("2001:db8::1");
  create(store, "p", mixed);
  PeerProfileParameters mask;
  mask.netmask = IpAddress::v4(255, 0, 0, 0);
  const auto result = store.modify("p", mask);
  ASSERT_FALSE(result);
  EXPECT_FALSE(store.get<PeerProfileParameters>("p")->in_force.netmask);
}

TEST(ProfileStore, KeepsTheAddressIndexInStep) {
  ProfileStore store(0);
  const auto matched = [&store](const IpAddress& address) {
    return *store.current()->for_incoming_tunnel(address, "", kSystem)->in_force.peer_profile_name;
  };
  PeerProfileParameters peer;
  peer.peer_addr = kPeer;
  create(store, "p", peer);
  EXPECT_EQ(matched(kPeer), "p");
  peer.peer_addr = IpAddress::v4(10, 0, 0, 1);
  modify(store, "p", peer);
  EXPECT_EQ(matched(kPeer), "default");
  EXPECT_EQ(matched(IpAddress::v4(10, 0, 0, 1)), "p");
  unset<PeerProfileParameters>(store, "p", {"peer_ipaddr"});
  EXPECT_EQ(matched(IpAddress::v4(10, 0, 0, 1)), "default");
  modify(store, "p", peer);
  ASSERT_TRUE(store.remove<PeerProfileParameters>("p"));
  EXPECT_EQ(matched(IpAddress::v4(10, 0, 0, 1)), "default");
}

TEST(ProfileStore, ASnapshotIsUnaffectedByLaterChanges) {
  ProfileStore store(0);
  TunnelProfileParameters given;
  given.hello_timeout_s = 10;
  modify(store, "default", given);
  const auto before = store.current();
  const auto tunnel = before->for_incoming_tunnel(kPeer, "", kSystem);
  given.hello_timeout_s = 20;
  modify(store, "default", given);
  EXPECT_EQ(tunnel->settings->hello_interval, protocol::Duration(10000));
  EXPECT_EQ(before->for_incoming_tunnel(kPeer, "", kSystem), tunnel);
  EXPECT_EQ(store.current()->for_incoming_tunnel(kPeer, "", kSystem)->settings->hello_interval,
            protocol::Duration(20000));
}

TEST(ProfileStore, PublishesOnceAChangeAndNotForFailures) {
  std::vector<std::shared_ptr<const Profiles>> published;
  ProfileStore store(0, [&](std::shared_ptr<const Profiles> profiles) { published.push_back(std::move(profiles)); });
  ASSERT_EQ(published.size(), 1U);
  create(store, "p", PeerProfileParameters{});
  EXPECT_FALSE(store.create("p", PeerProfileParameters{}));
  ASSERT_EQ(published.size(), 2U);
  EXPECT_EQ(published.back(), store.current());
  EXPECT_NE(published.front(), published.back());
}

TEST(ProfileStore, ResetLeavesTheBuiltInProfilesOnly) {
  ProfileStore store(protocol::trace::api);
  create(store, "p", PeerProfileParameters{});
  TunnelProfileParameters change;
  change.mtu = 1000;
  change.trace = 0;
  modify(store, "default", change);
  store.reset();
  EXPECT_EQ(store.list<PeerProfileParameters>(), std::vector<std::string>{"default"});
  EXPECT_EQ(store.get<TunnelProfileParameters>("default")->in_force.mtu, 1460U);
  EXPECT_EQ(store.get<TunnelProfileParameters>("default")->in_force.trace, protocol::trace::api);
}

TEST(ProfileStore, AdoptsAnotherStoreWholeInOneChange) {
  int published = 0;
  ProfileStore store(0, [&](const std::shared_ptr<const Profiles>&) { ++published; });
  create(store, "old", PeerProfileParameters{});
  ProfileStore aside(0);
  create(aside, "new-1", PeerProfileParameters{});
  create(aside, "new-2", PeerProfileParameters{});
  const int before = published;
  store.adopt(aside);
  EXPECT_EQ(published, before + 1);
  EXPECT_EQ(store.list<PeerProfileParameters>(), (std::vector<std::string>{"default", "new-1", "new-2"}));
}

TEST(ProfileStore, SaysSoWhenFullAndHasRoomAgainAfterADeletion) {
  ProfileStore store(0, {}, 3); // of each kind
  create(store, "one", PeerProfileParameters{});
  create(store, "two", PeerProfileParameters{});
  create(store, "other-kind", PppProfileParameters{});
  const auto result = store.create("three", PeerProfileParameters{});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().fault, ControlFault::out_of_resources);
  EXPECT_EQ(result.error().detail, "profiles: 3, allowed 3 a kind");
  ASSERT_TRUE(store.remove<PeerProfileParameters>("one"));
  EXPECT_TRUE(store.create("three", PeerProfileParameters{}));
}

TEST(ProfileStoreObserver, HearsWhatEachChangeConcerns) {
  ProfileStore store(0);
  std::vector<std::string> heard;
  store.observe([&](ProfileEvent event, ProfileKind kind, const std::string& name) {
    heard.push_back(std::to_string(static_cast<int>(event)) + std::to_string(static_cast<int>(kind)) + name);
  });
  PppProfileParameters ppp;
  ASSERT_TRUE(store.create<PppProfileParameters>("gold", ppp));
  ppp.mtu = 1400;
  ASSERT_TRUE(store.modify<PppProfileParameters>("gold", ppp));
  ASSERT_TRUE(store.create<PeerProfileParameters>("paris", {}));
  ASSERT_TRUE(store.remove<PppProfileParameters>("gold"));
  EXPECT_EQ(heard, (std::vector<std::string>{"02gold", "12gold", "03paris", "22gold"}));
}

} // namespace
} // namespace openl2tp::runtime
