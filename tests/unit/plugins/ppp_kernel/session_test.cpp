// Links, devices, packets and secrets of sessions.
#include "plugins/ppp_kernel/session.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using test::alice;
using test::bob;
using test::elsewhere;
using test::FakeHost;
using test::lns_address;
using test::packet;
using test::Packet;
using test::Parameters;

class PppKernel : public test::TwoShards {};

TEST_F(PppKernel, BringsALinkUpWithChap) {
  call(1, "alice", "wonderland");
  run();
  ASSERT_EQ(lns_host.ups.size(), 1U);
  const auto& up = lns_host.ups[0];
  EXPECT_EQ(up.token, 1U);
  EXPECT_EQ(up.interface_name, "l2tp0");
  EXPECT_EQ(up.user, "alice");
  EXPECT_EQ(up.auth, name(ppp::AuthMethod::chap_md5));
  EXPECT_EQ(lns_host.peers[1], "10.0.0.10");
  EXPECT_EQ(lns_host.locals[1], "10.0.0.1");
  EXPECT_EQ(up.facts.mtu, 1'500);
  ASSERT_EQ(lac_host.ups.size(), 1U);
  EXPECT_EQ(lac_host.ups[0].user, "alice");
  EXPECT_EQ(lac_host.locals[1], "10.0.0.10");
  EXPECT_EQ(lac_host.peers[1], "10.0.0.1");
}

TEST_F(PppKernel, TellsOfIpv4OnlyWhenItsRouteIsThere) {
  const auto routed = [this] {
    return std::any_of(lns_network.log.begin(), lns_network.log.end(),
                       [](const std::string& line) { return line.starts_with("route 10.0.0.10 "); });
  };
  call(1, "alice", "wonderland");
  run([&] { EXPECT_TRUE(routed() || !lns_host.peers.contains(1)); });
  ASSERT_EQ(lns_host.ups.size(), 1U);
  EXPECT_EQ(lns_host.ups[0].facts.given & (OPENL2TP_PPP_KNOWN_IPV4 | OPENL2TP_PPP_KNOWN_IPV6), OPENL2TP_PPP_KNOWN_IPV6)
      << "IPv6 is up first, or this shows nothing";
  EXPECT_TRUE(routed());
  EXPECT_TRUE(lns_host.peers.contains(1));
}

TEST_F(PppKernel, PassesPacketsBothWaysAndCountsThem) {
  call(1, "alice", "wonderland");
  run();
  const Packet there = packet(alice, lns_address), back = packet(lns_address, alice);
  lac_network.put("l2tp0", there);
  read_devices();
  EXPECT_EQ(lns_network.take("l2tp0"), there);
  lns_network.put("l2tp0", back);
  read_devices();
  EXPECT_EQ(lac_network.take("l2tp0"), back);
  openl2tp_ppp_stats stats{};
  ASSERT_TRUE(lns_sessions[1]->stats(stats));
  EXPECT_EQ(stats.received_packets, 1U);
  EXPECT_EQ(stats.received_octets, there.size());
  EXPECT_EQ(stats.sent_packets, 1U);
  EXPECT_EQ(stats.sent_octets, back.size());
  EXPECT_EQ(stats.received_errors, 0U);
}

TEST_F(PppKernel, DropsAndCountsWhatACallerSendsFromAnotherAddress) {
  call(1, "alice", "wonderland");
  run();
  lac_network.put("l2tp0", packet(bob, lns_address));
  read_devices();
  EXPECT_TRUE(lns_network.take("l2tp0").empty());
  openl2tp_ppp_stats stats{};
  ASSERT_TRUE(lns_sessions[1]->stats(stats));
  EXPECT_EQ(stats.received_errors, 1U);
  EXPECT_EQ(stats.received_packets, 0U);
}

TEST_F(PppKernel, TakesAnySourceAddressFromWhereItDialledIn) {
  call(1, "alice", "wonderland");
  run();
  const Packet from_afar = packet(elsewhere, alice);
  lns_network.put("l2tp0", from_afar);
  read_devices();
  EXPECT_EQ(lac_network.take("l2tp0"), from_afar);
}

TEST_F(PppKernel, DropsPacketsWhoseLengthIsWrong) {
  call(1, "alice", "wonderland");
  run();
  Packet longer = packet(alice, lns_address);
  longer[3] = static_cast<std::uint8_t>(longer[3] + 1);
  Packet header = packet(alice, lns_address);
  header[0] = 0x44;
  Packet cut = packet(alice, lns_address);
  cut.resize(19);
  for (const Packet& bad : {longer, header, cut})
    lac_network.put("l2tp0", bad);
  read_devices();
  EXPECT_TRUE(lns_network.take("l2tp0").empty());
}

TEST_F(PppKernel, FindsEachCallerOnTheSharedDeviceByItsAddress) {
  call(1, "alice", "wonderland");
  call(2, "bob", "builder");
  run();
  ASSERT_EQ(lns_network.devices.size(), 1U);
  const Packet to_bob = packet(lns_address, bob);
  lns_network.put("l2tp0", to_bob);
  lns_network.put("l2tp0", packet(lns_address, elsewhere));
  read_devices();
  EXPECT_EQ(lac_network.take("l2tp1"), to_bob);
  EXPECT_TRUE(lac_network.take("l2tp0").empty());
}

TEST_F(PppKernel, ReadsInTurnsWhatIsMoreThanOneTurnsShare) {
  call(1, "alice", "wonderland");
  run();
  const std::size_t many = TunPaths::frames_a_turn + 10;
  for (std::size_t i = 0; i < many; ++i)
    lns_network.put("l2tp0", packet(lns_address, alice));
  lns_host.run_watches();
  EXPECT_EQ(lns_host.sent.size(), TunPaths::frames_a_turn);
  lns_host.turn();
  EXPECT_EQ(lns_host.sent.size(), many);
}

/// Requests of IPv4, and of devices.
std::vector<std::string> without_ipv6(std::vector<std::string> log) {
  std::erase_if(log, [](const std::string& line) { return line.find("fe80::") != std::string::npos; });
  return log;
}

TEST_F(PppKernel, TellsItsPhasesInTurn) {
  call(1, "alice", "wonderland");
  run();
  // That it is up, ppp_up says.
  const std::vector<std::uint32_t> in_turn{OPENL2TP_PPP_PHASE_LCP, OPENL2TP_PPP_PHASE_AUTHENTICATING,
                                           OPENL2TP_PPP_PHASE_NETWORK};
  EXPECT_EQ(lns_host.phases, in_turn);
  EXPECT_EQ(lac_host.phases, in_turn);
  ASSERT_EQ(lns_host.ups.size(), 1U);
}

TEST_F(PppKernel, TellsNoPhaseToADaemonOf1_0) {
  lns_host.ops.abi_minor = 0;
  call(1, "alice", "wonderland");
  run();
  EXPECT_TRUE(lns_host.phases.empty());
  EXPECT_EQ(lns_host.ups.size(), 1U);
}

TEST_F(PppKernel, RoutesGoWithTheirCallerAndTheDeviceWithTheLast) {
  call(1, "alice", "wonderland");
  call(2, "bob", "builder");
  run();
  EXPECT_EQ(without_ipv6(lns_network.log),
            (std::vector<std::string>{"open l2tp0", "address 10.0.0.1 to 0.0.0.0", "route 10.0.0.10 mtu 1500",
                                      "route 10.0.0.11 mtu 1500"}));
  lns_network.log.clear();
  hang_up(1);
  EXPECT_EQ(without_ipv6(lns_network.log), (std::vector<std::string>{"no route 10.0.0.10"}));
  lns_network.log.clear();
  hang_up(2);
  EXPECT_EQ(without_ipv6(lns_network.log).back(), "close l2tp0");
  EXPECT_TRUE(lac_network.devices.empty());
  EXPECT_EQ(lns->sessions(), 0U);
}

TEST_F(PppKernel, CallersIpv6HasARouteWhichGoesWithIt) {
  const auto routes = [&] {
    return std::count_if(lns_network.log.begin(), lns_network.log.end(),
                         [](const std::string& line) { return line.starts_with("route fe80::"); }) -
           std::count_if(lns_network.log.begin(), lns_network.log.end(),
                         [](const std::string& line) { return line.starts_with("no route fe80::"); });
  };
  call(1, "alice", "wonderland");
  call(2, "bob", "builder");
  run();
  EXPECT_EQ(routes(), 2);
  hang_up(1);
  EXPECT_EQ(routes(), 1);
}

TEST_F(PppKernel, WrongPasswordEndsTheCallWithAnAdministrativeResult) {
  call(1, "alice", "looking-glass");
  run();
  pass(3'000);
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].result, 3);
  EXPECT_EQ(lns_host.downs[0].reason, name(ppp::EndReason::authentication_failed));
  EXPECT_TRUE(lns_host.ups.empty());
  EXPECT_TRUE(lns_network.devices.empty());
}

TEST_F(PppKernel, NoTwoCallersHaveOneAddress) {
  configure("profile default same_user=refuse\n");
  call(1, "alice", "wonderland");
  call(2, "alice", "wonderland");
  run();
  pass(3'000);
  EXPECT_EQ(lns_host.ups.size(), 1U);
  EXPECT_TRUE(lns_host.logged("another session has the address 10.0.0.10"));
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].result, 4);
  hang_up(2);
  hang_up(1);
  call(3, "alice", "wonderland");
  run();
  EXPECT_EQ(lns_host.ups.size(), 2U) << "the address is free again";
}

TEST_F(PppKernel, DeviceThatCannotBeMadeEndsTheCall) {
  lns_network.fault = "no /dev/net/tun";
  call(1, "alice", "wonderland");
  run();
  pass(3'000);
  EXPECT_TRUE(lns_host.ups.empty());
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].result, 4);
  EXPECT_EQ(lns_host.downs[0].reason, "no /dev/net/tun");
  EXPECT_TRUE(lns_host.logged("no /dev/net/tun"));
  lns_network.fault.clear();
  hang_up(1);
  call(2, "alice", "wonderland");
  run();
  EXPECT_EQ(lns_host.ups.size(), 1U) << "the next call tries again";
}

TEST_F(PppKernel, SecretsAreReadAgainOnceTheyChanged) {
  call(1, "carol", "singer");
  run();
  pass(3'000);
  EXPECT_TRUE(lns_host.ups.empty());
  hang_up(1);
  write_secrets("carol * singer 10.0.0.12\n");
  pass(Freshness::look_interval_ms);
  call(2, "carol", "singer");
  run();
  ASSERT_EQ(lns_host.ups.size(), 1U);
  EXPECT_EQ(lns_host.ups[0].user, "carol");
}

TEST_F(PppKernel, SessionThatGoesWhileItWaitsForSecretsIsForgotten) {
  call(1, "alice", "wonderland");
  while (lns_host.works.empty() &&
         (carry(lns_host, lac.get(), lac_sessions) || carry(lac_host, lns.get(), lns_sessions))) {
  }
  ASSERT_FALSE(lns_host.works.empty()) << "the secrets are to be read";
  hang_up(1);
  EXPECT_TRUE(lns_host.ups.empty());
  EXPECT_TRUE(lns_host.downs.empty());
}

TEST_F(PppKernel, SessionThatGoesWhileItsDeviceIsMadeLeavesNothing) {
  call(1, "alice", "wonderland");
  for (int i = 0; i < 1'000 && lac_host.works.empty(); ++i) {
    lns_host.turn();
    carry(lns_host, lac.get(), lac_sessions);
    carry(lac_host, lns.get(), lns_sessions);
  }
  ASSERT_FALSE(lac_host.works.empty());
  hang_up(1);
  EXPECT_TRUE(lac_host.ups.empty());
  EXPECT_TRUE(lac_network.devices.empty());
  EXPECT_TRUE(lns_network.devices.empty());
}

TEST_F(PppKernel, SilentPeerIsGivenUpWithoutATimerOfItsSession) {
  const std::size_t timers = lns_host.timers.size();
  lns_sessions[1] = std::make_unique<Session>(*lns, 1, lns_parameters.params);
  lns_sessions[2] = std::make_unique<Session>(*lns, 2, lns_parameters.params);
  for (int i = 0; i < 60 && lns_host.downs.size() < 2; ++i)
    pass(1'000);
  ASSERT_EQ(lns_host.downs.size(), 2U);
  EXPECT_EQ(lns_host.downs[0].reason, name(ppp::EndReason::peer_silent));
  EXPECT_EQ(lns_host.timers.size(), timers);
}

TEST_F(PppKernel, ClosingSaysGoodbyeToThePeer) {
  call(1, "alice", "wonderland");
  run();
  lns_sessions[1]->closing(0);
  lns_sessions.erase(1);
  run();
  pass(3'000);
  ASSERT_EQ(lac_host.downs.size(), 1U);
  EXPECT_EQ(lac_host.downs[0].reason, name(ppp::EndReason::peer_terminated));
  EXPECT_TRUE(lns_host.downs.empty()) << "the daemon knows: it asked for it";
}

TEST_F(PppKernel, ProfileThatContradictsItselfIsRefused) {
  lns_parameters.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_USE_RADIUS;
  EXPECT_THROW(Session(*lns, 1, lns_parameters.params), std::invalid_argument);
  EXPECT_EQ(lns->sessions(), 0U);
}

TEST_F(PppKernel, ProfileMayHaveTunDevicesAlthoughTheKernelCould) {
  configure("profile slow data=tun\n");
  EXPECT_EQ(Session::data_path(*lns, lns_parameters.params), OPENL2TP_DATA_PATH_KERNEL);
  Parameters::put(lns_parameters.profile.profile_name, lns_parameters.profile.profile_name_length, "slow");
  EXPECT_EQ(Session::data_path(*lns, lns_parameters.params), OPENL2TP_DATA_PATH_FRAMES);
}

TEST_F(PppKernel, NamedInterfaceIsTheSessionsOwn) {
  Parameters::put(lns_parameters.params.interface_name, lns_parameters.params.interface_name_length, "mine");
  call(1, "alice", "wonderland");
  run();
  ASSERT_EQ(lns_host.ups.size(), 1U);
  EXPECT_EQ(lns_host.ups[0].interface_name, "mine");
}

} // namespace

} // namespace openl2tp::ppp_kernel
