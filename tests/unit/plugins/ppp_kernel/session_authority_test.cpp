// Who decides about users may take its time; and who was not let in, and why, is in the log.
#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using test::Parameters;

/// Answers when the test says so.
class SlowAuthority final : public ppp::Authority {
 public:
  std::vector<std::pair<std::string, Answer>> asked; // users
  void judge(const ppp::VerdictRequest& request, Answer answer) override {
    asked.emplace_back(request.user, std::move(answer));
  }
  std::optional<ppp::Credentials> credentials(const ppp::SecretRequest&) override { return std::nullopt; }
  bool has_credentials(const ppp::SecretRequest&) override { return false; }
};

class PppAuthority : public test::TwoShards {
 protected:
  void use_slow_authority() {
    lns_side->authority = &slow;
    lns = std::make_unique<Shard>(lns_host.host(), lns_host.loop(), 0, 1, *lns_side);
  }
  static ppp::Verdict accepted() {
    ppp::Verdict verdict{.accepted = true};
    verdict.peer_address = ppp::Ipv4::of(10, 0, 0, 10);
    return verdict;
  }
  void far_end(const char* address) {
    Parameters::put(lns_parameters.params.peer_address, lns_parameters.params.peer_address_length, address);
    Parameters::put(lac_parameters.params.peer_address, lac_parameters.params.peer_address_length, "192.0.2.1");
  }
  SlowAuthority slow;
};

TEST_F(PppAuthority, ThatAnswersLaterLetsItsUserInLater) {
  use_slow_authority();
  call(1, "alice", "wonderland");
  run();
  pass(2'000);
  ASSERT_EQ(slow.asked.size(), 1U);
  EXPECT_EQ(slow.asked[0].first, "alice");
  EXPECT_TRUE(lns_host.ups.empty());
  EXPECT_TRUE(lns_host.downs.empty()) << "later is no refusal";
  slow.asked[0].second(accepted());
  run();
  ASSERT_EQ(lns_host.ups.size(), 1U);
  EXPECT_EQ(lns_host.ups[0].user, "alice");
}

TEST_F(PppAuthority, ThatAnswersLaterMayRefuse) {
  use_slow_authority();
  call(1, "alice", "wonderland");
  run();
  slow.asked.at(0).second(ppp::Verdict{.refusal = ppp::Refusal::wrong_secret});
  run();
  pass(3'000);
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].reason, name(ppp::EndReason::authentication_failed));
}

TEST_F(PppAuthority, ThatNeverAnswersIsGivenUpOn) {
  use_slow_authority();
  call(1, "alice", "wonderland");
  for (int i = 0; i < 40; ++i)
    pass(1'000);
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].reason, name(ppp::EndReason::authentication_timeout));
}

TEST_F(PppAuthority, AnswerForASessionThatHasGoneIsForgotten) {
  use_slow_authority();
  call(1, "alice", "wonderland");
  run();
  hang_up(1);
  slow.asked.at(0).second(accepted());
  run();
  EXPECT_TRUE(lns_host.ups.empty());
}

// ---- the log

TEST_F(PppAuthority, LogSaysWhoWasRefusedAndWhy) {
  write_secrets("alice * wonderland 10.0.0.10\nbob elsewhere builder\n");
  far_end("198.51.100.7");
  call(1, "alice", "queen");
  run();
  call(2, "bob", "builder");
  run();
  call(3, "carol", "singer");
  run();
  EXPECT_TRUE(lns_host.logged("session 7/9 of user \"alice\": wrong password (CHAP, peer 198.51.100.7)"));
  EXPECT_TRUE(lns_host.logged("session 7/9 of user \"bob\": the secret is not for our name (CHAP, peer 198.51.100.7)"));
  EXPECT_TRUE(lns_host.logged("session 7/9 of user \"carol\": unknown user (CHAP, peer 198.51.100.7)"));
  for (const char* secret : {"wonderland", "queen", "builder", "singer"})
    EXPECT_FALSE(lns_host.logged(secret)) << secret;
}

TEST_F(PppAuthority, LogOfTheCallerHasTheWordsOfWhoRefusedIt) {
  far_end("198.51.100.7");
  for (const std::uint32_t refused :
       {OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_REFUSE_MSCHAP | OPENL2TP_PPP_REFUSE_MSCHAPV2,
        OPENL2TP_PPP_REFUSE_CHAP | OPENL2TP_PPP_REFUSE_MSCHAP | OPENL2TP_PPP_REFUSE_MSCHAPV2}) {
    lns_parameters.profile.options = refused;
    lac_host.lines.clear();
    lac_host.downs.clear();
    call(1, "alice", "queen");
    run();
    pass(3'000);
    const char* method = (refused & OPENL2TP_PPP_REFUSE_PAP) != 0 ? "CHAP" : "PAP";
    EXPECT_TRUE(lac_host.logged("session 7/9 of user \"alice\": peer refuses our authentication: \"Access denied\" (" +
                                std::string(method) + ", peer 192.0.2.1)"));
    ASSERT_EQ(lac_host.downs.size(), 1U);
    EXPECT_EQ(lac_host.downs[0].reason, "peer refuses our authentication: \"Access denied\"");
    hang_up(1);
  }
}

TEST_F(PppAuthority, LogOfTheCallerSaysThatItHadNothingToProve) {
  far_end("198.51.100.7");
  write_secrets("bob * builder\n");
  call(1, "alice", "");
  run();
  pass(4'000);
  hang_up(1); // by the daemon: the LNS has cleared the session
  EXPECT_TRUE(
      lac_host.logged("session 7/9 of user \"alice\": the peer wants a proof, and there is no secret to give one"));
  EXPECT_TRUE(lns_host.logged("session 7/9: peer refuses to authenticate itself (peer 198.51.100.7)"));
}

} // namespace
} // namespace openl2tp::ppp_kernel
