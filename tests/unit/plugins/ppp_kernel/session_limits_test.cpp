// The profile's limits of a session, as the daemon sees their end; and what a running session takes from a change.
#include <gtest/gtest.h>

#include "plugins/ppp_kernel/session_terms.hpp"
#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using ppp::EndReason;
using test::alice;
using test::lns_address;
using test::packet;
using test::Parameters;

class PppLimits : public test::TwoShards {
 protected:
  using Profile = openl2tp_ppp_profile;
  void limit(std::uint64_t given, std::uint32_t Profile::* value, std::uint32_t to) {
    lns_parameters.profile.given |= given;
    lns_parameters.profile.*value = to;
  }
  void call_alice() {
    call(1, "alice", "wonderland");
    run();
    ASSERT_EQ(lns_host.ups.size(), 1U);
  }
  /// What ended the session of the LNS; "up": nothing yet.
  std::string end() {
    return lns_host.downs.empty() ? "up" : std::to_string(lns_host.downs[0].result) + " " + lns_host.downs[0].reason;
  }
  static std::string because(std::uint16_t result, EndReason reason) {
    return std::to_string(result) + " " + std::string(name(reason));
  }
  void seconds(int count) {
    for (int i = 0; i < count; ++i)
      pass(1'000);
  }
};

TEST_F(PppLimits, IdleTimeoutEndsASessionWithoutPackets) {
  limit(OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s, 60);
  call_alice();
  seconds(59);
  EXPECT_EQ(end(), "up");
  seconds(5);
  EXPECT_EQ(end(), because(3, EndReason::idle_timeout));
}

TEST_F(PppLimits, PacketsOfEitherSidePutTheIdleTimeoutOff) {
  limit(OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s, 60);
  call_alice();
  seconds(50);
  lac_network.put("l2tp0", packet(alice, lns_address));
  read_devices();
  seconds(50);
  lns_network.put("l2tp0", packet(lns_address, alice));
  read_devices();
  seconds(50);
  EXPECT_EQ(end(), "up");
  seconds(15);
  EXPECT_EQ(end(), because(3, EndReason::idle_timeout));
}

TEST_F(PppLimits, ConnectTimeEndsABusySessionToo) {
  limit(OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, &Profile::connect_time_max_s, 60);
  call_alice();
  for (int i = 0; i < 59; ++i) {
    lac_network.put("l2tp0", packet(alice, lns_address));
    read_devices();
    seconds(1);
  }
  EXPECT_EQ(end(), "up");
  seconds(5);
  EXPECT_EQ(end(), because(3, EndReason::connect_time));
}

TEST_F(PppLimits, EchoEndsASessionWhosePeerIsGone) {
  limit(OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL, &Profile::lcp_echo_interval_s, 10);
  limit(OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX, &Profile::lcp_echo_failures_max, 3);
  call_alice();
  seconds(100);
  EXPECT_EQ(end(), "up") << "the peer answers";
  lac_sessions.erase(1);
  run();
  seconds(29);
  EXPECT_EQ(end(), "up");
  seconds(30);
  EXPECT_EQ(end(), because(1, EndReason::echo_failure));
}

TEST_F(PppLimits, ChapAsksAgainInItsInterval) {
  limit(OPENL2TP_PPP_GIVEN_CHAP_INTERVAL, &Profile::chap_interval_s, 30);
  call_alice();
  seconds(70);
  EXPECT_EQ(end(), "up");
  write_secrets("alice * changed 10.0.0.10\n");
  seconds(35);
  EXPECT_EQ(end(), because(3, EndReason::authentication_failed));
}

TEST_F(PppLimits, CountsOfTheProfileBoundASilentPeer) {
  limit(OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX, &Profile::lcp_config_requests_max, 2);
  limit(OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT, &Profile::lcp_retransmit_s, 5);
  lns_sessions[1] = std::make_unique<Session>(*lns, 1, lns_parameters.params);
  seconds(9);
  EXPECT_EQ(end(), "up");
  EXPECT_EQ(lns_host.sent.size(), 0U) << "nobody hears";
  seconds(2);
  EXPECT_EQ(end(), because(10, EndReason::peer_silent));
}

TEST_F(PppLimits, CountsOfTheProfileBoundAChapPeerThatDoesNotAnswer) {
  limit(OPENL2TP_PPP_GIVEN_CHAP_CHALLENGES_MAX, &Profile::chap_challenges_max, 2);
  limit(OPENL2TP_PPP_GIVEN_CHAP_RESTART, &Profile::chap_restart_s, 4);
  call(1, "alice", "wonderland");
  const std::array<std::uint8_t, 2> chap{0xc2, 0x23};
  for (int i = 0; i < 20; ++i) { // LCP alone: the caller's responses are lost
    carry(lns_host, lac.get(), lac_sessions);
    std::erase_if(lac_host.sent, [&](const auto& sent) {
      return std::search(sent.second.begin(), sent.second.begin() + 4, chap.begin(), chap.end()) !=
             sent.second.begin() + 4;
    });
    carry(lac_host, lns.get(), lns_sessions);
  }
  for (int i = 0; i < 20; ++i)
    lns_host.pass(1'000);
  EXPECT_EQ(end(), because(10, EndReason::authentication_timeout));
}

TEST_F(PppLimits, AreWhatTheOperatorChangesOnARunningSession) {
  limit(OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s, 1'000);
  call_alice();
  seconds(30);
  limit(OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s, 60);
  lns_sessions[1]->modify(lns_parameters.params);
  seconds(29);
  EXPECT_EQ(end(), "up");
  seconds(5);
  EXPECT_EQ(end(), because(3, EndReason::idle_timeout));
}

TEST_F(PppLimits, ThatAreTakenAwayEndNothing) {
  limit(OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s, 60);
  limit(OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, &Profile::connect_time_max_s, 60);
  call_alice();
  limit(OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s, 0);
  limit(OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, &Profile::connect_time_max_s, 0);
  lns_sessions[1]->modify(lns_parameters.params);
  seconds(100);
  EXPECT_EQ(end(), "up");
}

TEST_F(PppLimits, ConnectTimeThatIsChangedCountsFromTheBeginning) {
  call_alice();
  seconds(50);
  limit(OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, &Profile::connect_time_max_s, 60);
  lns_sessions[1]->modify(lns_parameters.params);
  seconds(8);
  EXPECT_EQ(end(), "up");
  seconds(5);
  EXPECT_EQ(end(), because(3, EndReason::connect_time));
}

TEST_F(PppLimits, EchoThatIsChangedBeginsAnew) {
  call_alice();
  limit(OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL, &Profile::lcp_echo_interval_s, 5);
  limit(OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX, &Profile::lcp_echo_failures_max, 2);
  lns_sessions[1]->modify(lns_parameters.params);
  lac_sessions.erase(1);
  seconds(30);
  EXPECT_EQ(end(), because(1, EndReason::echo_failure));
}

TEST_F(PppLimits, ChangeOfWhatWasNegotiatedIsIgnored) {
  call_alice();
  limit(OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT, &Profile::lcp_retransmit_s, 5);
  lns_parameters.profile.given |= OPENL2TP_PPP_GIVEN_MRU;
  lns_parameters.profile.mru = 700;
  lns_sessions[1]->modify(lns_parameters.params);
  EXPECT_EQ(lns_sessions[1]->link().facts().mru, 1'500);
  EXPECT_TRUE(lns_sessions[1]->link().up(ppp::Network::ipv4));
}

TEST_F(PppLimits, RadiusIsRefusedByName) {
  lns_parameters.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_USE_RADIUS;
  Parameters::put(lns_parameters.profile.profile_name, lns_parameters.profile.profile_name_length, "gold");
  try {
    Session(*lns, 1, lns_parameters.params);
    FAIL() << "it was taken";
  } catch (const std::invalid_argument& refusal) {
    EXPECT_STREQ(refusal.what(),
                 "session 7/9, PPP profile \"gold\": the profile wants RADIUS (use_radius), which is not there");
  }
}

// ---- what sessions share

TEST(SharedTerms, AreOneForEqualSessions) {
  SharedTerms terms;
  Parameters parameters;
  const auto a = terms.share(session_terms(parameters.params, "host")),
             b = terms.share(session_terms(parameters.params, "host"));
  EXPECT_EQ(a, b);
  EXPECT_NE(terms.share(session_terms(parameters.params, "other")), a);
}

TEST(SharedTerms, AreForgottenWithTheirLastSession) {
  SharedTerms terms;
  std::weak_ptr<const SessionTerms> gone = terms.share({.pool = "a"});
  EXPECT_TRUE(gone.expired());
  const auto kept = terms.share({.pool = "b"});
  EXPECT_EQ(terms.share({.pool = "b"}), kept);
}

TEST(SharedTerms, AreBoundedInWhatTheyCompare) {
  SharedTerms terms;
  std::vector<std::shared_ptr<const SessionTerms>> all;
  for (std::size_t i = 0; i <= SharedTerms::kept_max; ++i)
    all.push_back(terms.share({.pool = std::to_string(i)}));
  EXPECT_NE(terms.share({.pool = "0"}), all[0]) << "the first is forgotten";
  EXPECT_EQ(terms.share({.pool = "64"}), all[64]);
}

} // namespace
} // namespace openl2tp::ppp_kernel
