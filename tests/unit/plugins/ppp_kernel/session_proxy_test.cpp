// A LAC has answered the caller: its proxy AVPs are taken over, or all is negotiated anew.
#include <gtest/gtest.h>

#include "plugins/ppp_engine/crypto.hpp"
#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using Octets = std::vector<std::uint8_t>;

class PppProxy : public test::TwoShards {
 protected:
  PppProxy() {
    lns_parameters.params.flags |= OPENL2TP_PPP_PROXY;
    lns_parameters.params.proxy = &proxy;
    proxy.struct_size = sizeof proxy;
    const std::string name = "alice";
    put(proxy.auth_name, proxy.auth_name_length, name_ = Octets(name.begin(), name.end()));
    put(proxy.last_sent_confreq, proxy.last_sent_confreq_length, sent_ = {3, 5, 0xc2, 0x23, 5, 5, 6, 1, 2, 3, 4});
    put(proxy.last_received_confreq, proxy.last_received_confreq_length,
        received_ = {1, 4, 0x05, 0xb4, 5, 6, 9, 8, 7, 6});
    put(proxy.initial_received_confreq, proxy.initial_received_confreq_length, received_);
  }
  static void put(const std::uint8_t*& octets, std::size_t& length, const Octets& of) {
    octets = of.data();
    length = of.size();
  }
  /// The caller's answer to the LAC's challenge.
  void chap(const char* password) {
    proxy.auth_type = 2;
    proxy.auth_id = 17;
    challenge_.assign(16, 0x5a);
    put(proxy.auth_challenge, proxy.auth_challenge_length, challenge_);
    const auto digest = ppp::chap_md5(17, password, std::as_bytes(std::span(challenge_)));
    response_.resize(digest.size());
    std::memcpy(response_.data(), digest.data(), digest.size());
    put(proxy.auth_response, proxy.auth_response_length, response_);
  }
  void pap(const std::string& password) {
    proxy.auth_type = 3;
    sent_ = {3, 4, 0xc0, 0x23, 5, 6, 1, 2, 3, 4};
    put(proxy.last_sent_confreq, proxy.last_sent_confreq_length, sent_);
    response_ = Octets(password.begin(), password.end());
    put(proxy.auth_response, proxy.auth_response_length, response_);
  }
  void open() {
    lns_sessions[1] = std::make_unique<Session>(*lns, 1, lns_parameters.params);
    for (int i = 0; i < 4; ++i)
      lns_host.turn();
  }
  /// The protocols of what the LNS has sent, and the code of each: "c223:3".
  std::string sent() const {
    std::string all;
    for (const auto& [token, frame] : lns_host.sent) {
      const std::size_t at = frame[0] == 0xff ? 2 : 0;
      char text[16];
      std::snprintf(text, sizeof text, "%02x%02x:%u ", frame[at], frame[at + 1], frame[at + 2]);
      all += text;
    }
    return all;
  }

  openl2tp_ppp_proxy proxy{};
  Octets name_, sent_, received_, challenge_, response_;
};

TEST_F(PppProxy, TakesOverLcpAndAChapResponse) {
  sent_ = {3, 5, 0xc2, 0x23, 5, 5, 6, 1, 2, 3, 4};
  chap("wonderland");
  open();
  EXPECT_TRUE(lns_sessions[1]->link().facts().proxied);
  EXPECT_EQ(sent(), "c223:3 8021:1 8057:1 ") << "CHAP Success, IPCP and IPV6CP, no LCP";
  EXPECT_EQ(lns_sessions[1]->link().facts().user, "alice");
  EXPECT_EQ(lns_sessions[1]->link().facts().mtu, 1'460);
}

TEST_F(PppProxy, TakesOverLcpAndAPapPassword) {
  pap("wonderland");
  open();
  EXPECT_EQ(sent(), "c023:2 8021:1 8057:1 ");
}

TEST_F(PppProxy, OfTheOperatorsSessionIsWhatItsOwnPppKeepsTo) {
  chap("wonderland");
  lac_parameters.params.proxy = &proxy; // our LAC has told the LNS of these in its ICCN
  call(1, "alice", "wonderland");
  run();
  ASSERT_EQ(lac_host.ups.size(), 1U);
  EXPECT_TRUE(lns_sessions[1]->link().facts().proxied);
  EXPECT_TRUE(lac_sessions[1]->link().facts().proxied);
  EXPECT_EQ(lac_host.ups[0].auth, name(ppp::AuthMethod::chap_md5));
}

TEST_F(PppProxy, EndsTheCallOfAWrongResponse) {
  chap("looking-glass");
  open();
  for (int i = 0; i < 15; ++i)
    pass(1'000);
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].reason, name(ppp::EndReason::authentication_failed));
}

TEST_F(PppProxy, ChallengesAnewWithoutAProof) {
  open();
  EXPECT_EQ(sent(), "c223:1 ");
}

TEST_F(PppProxy, NegotiatesAnewWhenTheOperatorDoesNotAllowIt) {
  chap("wonderland");
  lns_parameters.params.flags = OPENL2TP_PPP_LNS;
  open();
  EXPECT_EQ(sent(), "c021:1 ");
  EXPECT_FALSE(lns_sessions[1]->link().facts().proxied);
}

TEST_F(PppProxy, NegotiatesAnewWhatItWouldNotHaveAgreedTo) {
  chap("wonderland");
  lns_parameters.profile.options |= OPENL2TP_PPP_REFUSE_CHAP; // the LAC asked for CHAP
  open();
  EXPECT_EQ(sent(), "c021:1 ");
}

TEST_F(PppProxy, NegotiatesAnewWhatIsMalformed) {
  chap("wonderland");
  received_ = {1, 40};
  put(proxy.last_received_confreq, proxy.last_received_confreq_length, received_);
  open();
  EXPECT_EQ(sent(), "c021:1 ");
}

TEST_F(PppProxy, NegotiatesAnewWhenTheCallerBeginsAnew) {
  chap("wonderland");
  open();
  lac_sessions[1] = nullptr;
  lac_sessions.erase(1);
  lns_host.sent.clear();
  test::Parameters::put(lac_parameters.params.user_name, lac_parameters.params.user_name_length, "alice");
  test::Parameters::put(lac_parameters.params.user_password, lac_parameters.params.user_password_length, "wonderland");
  lac_sessions[1] = std::make_unique<Session>(*lac, 1, lac_parameters.params);
  run();
  EXPECT_FALSE(lns_sessions[1]->link().facts().proxied);
  ASSERT_EQ(lac_host.ups.size(), 1U);
}

} // namespace
} // namespace openl2tp::ppp_kernel
