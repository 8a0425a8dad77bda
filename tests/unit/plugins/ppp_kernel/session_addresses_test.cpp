// Where callers have their addresses from: pools, secrets and profiles, side by side.
#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using test::Parameters;

class PppAddresses : public test::TwoShards {
 protected:
  PppAddresses() {
    write_secrets("* * word\nfixed * word 10.0.0.51\n");
    use_pool("callers");
  }
  void use_pool(const char* name) {
    lns_parameters.profile.given |= OPENL2TP_PPP_GIVEN_IP_POOL_NAME;
    Parameters::put(lns_parameters.profile.ip_pool_name, lns_parameters.profile.ip_pool_name_length, name);
  }
  /// A call, and what it came to: the caller's address, or why it has none.
  std::string result_of(openl2tp_session_token token, const char* user) {
    const std::size_t ups = lns_host.ups.size(), downs = lns_host.downs.size();
    call(token, user, "word");
    run();
    pass(3'000);
    if (lns_host.ups.size() > ups) {
      EXPECT_EQ(lns_host.ups.size(), ups + 1);
      EXPECT_EQ(lns_host.ups.back().token, token);
      // IPv6 may have come up first: the address is told when packets can use it.
      return lns_host.peers.contains(token) ? lns_host.peers.at(token) : "up without an address";
    }
    if (lns_host.downs.size() == downs) return "nothing";
    return std::to_string(lns_host.downs.back().result) + " " + lns_host.downs.back().reason;
  }
};

TEST_F(PppAddresses, ComeFromThePoolOfTheProfile) {
  configure("pool callers 10.0.0.50-10.0.0.60\n");
  EXPECT_EQ(result_of(1, "alice"), "10.0.0.50");
  EXPECT_EQ(lns_host.ups[0].user, "alice");
}

TEST_F(PppAddresses, GoBackToThePoolWithTheirSession) {
  configure("pool callers 10.0.0.50\n");
  EXPECT_EQ(result_of(1, "alice"), "10.0.0.50");
  hang_up(1);
  EXPECT_EQ(configuration.pools().held(), 0U);
  EXPECT_EQ(result_of(2, "bob"), "10.0.0.50");
}

TEST_F(PppAddresses, GoBackWhenThePeerHangsUpBeforeTheDaemonCloses) {
  configure("pool callers 10.0.0.50\n");
  EXPECT_EQ(result_of(1, "alice"), "10.0.0.50");
  lac_sessions[1]->closing(0);
  lac_sessions.erase(1);
  run();
  pass(3'000);
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(configuration.pools().held(), 0U);
}

TEST_F(PppAddresses, GoBackWhenTheNetworkCannotBeMade) {
  configure("pool callers 10.0.0.50\n");
  lns_network.fault = "no /dev/net/tun";
  EXPECT_EQ(result_of(1, "alice"), "4 no /dev/net/tun");
  EXPECT_EQ(configuration.pools().held(), 0U);
}

TEST_F(PppAddresses, ThatAreAllInUseEndTheCallAndTheLogSaysWho) {
  configure("pool callers 10.0.0.50\n");
  result_of(1, "alice");
  EXPECT_EQ(result_of(2, "bob"), "4 all 1 addresses of pool callers are in use");
  EXPECT_TRUE(lns_host.logged("session 7/9: user \"bob\" has no address: all 1 addresses of pool callers are in use"));
}

TEST_F(PppAddresses, OfAPoolThatIsNotThereEndTheCall) {
  EXPECT_EQ(result_of(1, "alice"), "4 there is no pool callers");
}

TEST_F(PppAddresses, OfASecretComeBeforeThePool) {
  configure("pool callers 10.0.0.50-10.0.0.52\n");
  EXPECT_EQ(result_of(1, "fixed"), "10.0.0.51");
  EXPECT_EQ(result_of(2, "alice"), "10.0.0.50");
  EXPECT_EQ(result_of(3, "bob"), "10.0.0.52") << "the fixed one is in use";
  EXPECT_EQ(result_of(4, "carol"), "4 all 3 addresses of pool callers are in use");
}

TEST_F(PppAddresses, OfASecretThatThePoolHasGivenEndTheCall) {
  configure("pool callers 10.0.0.51\n");
  EXPECT_EQ(result_of(1, "alice"), "10.0.0.51");
  EXPECT_EQ(result_of(2, "fixed"), "4 another session has the address 10.0.0.51");
  hang_up(2);
  hang_up(1);
  EXPECT_EQ(result_of(3, "fixed"), "10.0.0.51");
}

TEST_F(PppAddresses, AreAUsersAgainWhenItComesAgain) {
  configure("pool callers 10.0.0.50-10.0.0.60\n");
  result_of(1, "alice");
  EXPECT_EQ(result_of(2, "bob"), "10.0.0.51");
  hang_up(1);
  hang_up(2);
  EXPECT_EQ(result_of(3, "bob"), "10.0.0.51");
}

TEST_F(PppAddresses, OfAFileThatChangedCountForTheNextCall) {
  configure("pool callers 10.0.0.50\n");
  EXPECT_EQ(result_of(1, "alice"), "10.0.0.50");
  std::ofstream(configuration_path(), std::ios::trunc) << "pool callers 10.0.0.50,10.0.7.1 # more\n";
  pass(Freshness::look_interval_ms);
  EXPECT_EQ(result_of(2, "bob"), "10.0.7.1");
}

TEST_F(PppAddresses, StayWhenTheFileHasAMistake) {
  configure("pool callers 10.0.0.50-10.0.0.60\n");
  result_of(1, "alice");
  std::ofstream(configuration_path(), std::ios::trunc) << "pool callers 10.0.0.0/99\n";
  pass(Freshness::look_interval_ms);
  EXPECT_EQ(result_of(2, "bob"), "10.0.0.51");
  EXPECT_TRUE(lns_host.logged(":1: \"10.0.0.0/99\": not an address, a range or a prefix"));
  EXPECT_TRUE(lns_host.logged("nothing of it counts"));
}

TEST_F(PppAddresses, AreWrittenDownAndKnownToTheNextDaemon) {
  const std::string leases = secrets_ + "_leases";
  configure("pool callers 10.0.0.50-10.0.0.60 leases=" + leases + "\n");
  result_of(1, "alice");
  EXPECT_EQ(result_of(2, "bob"), "10.0.0.51");
  pass(1'000); // the writer waits for more
  std::vector<std::string> lines;
  ConfigurationFile next(configuration_path(), true, {});
  next.look([&](const std::string& line) { lines.push_back(line); });
  EXPECT_TRUE(lines.empty());
  auto bob = next.pools().take("callers", {.user = "bob"});
  ASSERT_TRUE(bob);
  EXPECT_EQ(bob.holding.address().text(), "10.0.0.51");
  std::remove(leases.c_str());
}

TEST_F(PppAddresses, OfWhichNoneWasTakenAreNotWrittenWhenTheLastSessionEnds) {
  const std::string leases = secrets_ + "_leases_none"; // another daemon may well have written it
  std::remove(leases.c_str());
  configure("pool callers 10.0.0.50-10.0.0.60 leases=" + leases + "\n");
  EXPECT_EQ(result_of(1, "fixed"), "10.0.0.51");
  hang_up(1);
  EXPECT_FALSE(std::ifstream(leases).good());
  lns_sessions.clear();
  lns.reset();
  run();
  EXPECT_FALSE(std::ifstream(leases).good()) << "nor when the daemon ends";
  std::remove(leases.c_str());
}

TEST_F(PppAddresses, AreWrittenDownByAWorkerWhenTheShardEnds) {
  const std::string leases = secrets_ + "_leases_end";
  configure("pool callers 10.0.0.50-10.0.0.60 leases=" + leases + "\n");
  call(1, "alice", "word");
  run();
  lns_sessions.clear();
  lns.reset();
  EXPECT_FALSE(std::ifstream(leases).good()) << "the shard's thread writes no files";
  run();
  std::string text((std::istreambuf_iterator<char>(std::ifstream(leases).rdbuf())), {});
  EXPECT_NE(text.find("10.0.0.50 alice\n"), std::string::npos) << text;
  std::remove(leases.c_str());
}

} // namespace
} // namespace openl2tp::ppp_kernel
