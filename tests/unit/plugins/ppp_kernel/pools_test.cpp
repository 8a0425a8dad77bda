#include "plugins/ppp_kernel/pools.hpp"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <set>
#include <thread>

#include <unistd.h>

#include <gtest/gtest.h>

#include "plugins/ppp_kernel/configuration_file.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using ppp::Ipv4;

class PppPools : public testing::Test {
 protected:
  PppPools() : leases_(testing::TempDir() + "pools_" + std::to_string(getpid())) {}
  ~PppPools() override { std::remove(leases_.c_str()); }

  Pools::Log warn() {
    return [this](const std::string& line) { lines_.push_back(line); };
  }
  void define(Pools& pools, const std::string& text) {
    auto parsed = parse_configuration(text);
    ASSERT_TRUE(parsed) << parsed.error()[0].what;
    pools.define(std::move(parsed->pools), warn());
  }
  void define(const std::string& text) { define(pools_, text); }
  std::string take(const std::string& pool, const std::string& user) {
    auto got = pools_.take(pool, {.user = user});
    if (!got) return got.wait ? "wait" : got.fault;
    held_.push_back(std::move(got.holding));
    return held_.back().address().text();
  }

  std::string leases_;
  std::vector<std::string> lines_;
  Pools pools_;
  std::vector<Pools::Holding> held_;
};

TEST_F(PppPools, SayWhyThereIsNoAddress) {
  define("pool a 10.0.0.1-10.0.0.2");
  EXPECT_EQ(take("b", "x"), "there is no pool b");
  take("a", "x");
  take("a", "y");
  EXPECT_EQ(take("a", "z"), "all 2 addresses of pool a are in use");
}

TEST_F(PppPools, TakeBackWhatItsHolderNoLongerNeeds) {
  define("pool a 10.0.0.1");
  take("a", "x");
  held_.clear();
  EXPECT_EQ(take("a", "y"), "10.0.0.1");
  EXPECT_EQ(pools_.held(), 1U);
}

TEST_F(PppPools, GiveNoAddressThatSomebodyHasAsAFixedOne) {
  define("pool a 10.0.0.1-10.0.0.2");
  auto fixed = pools_.hold(Ipv4::of(10, 0, 0, 1), {}, false);
  ASSERT_TRUE(fixed);
  EXPECT_EQ(take("a", "x"), "10.0.0.2");
  EXPECT_EQ(take("a", "y"), "all 2 addresses of pool a are in use");
  EXPECT_FALSE(pools_.hold(Ipv4::of(10, 0, 0, 2), {}, false)) << "from the pool";
  EXPECT_FALSE(pools_.hold(Ipv4::of(10, 0, 0, 1), {}, false));
  fixed.holding.release();
  EXPECT_EQ(take("a", "y"), "10.0.0.1");
}

TEST_F(PppPools, LendFixedAddressesOutsideOfAllOnceToo) {
  auto fixed = pools_.hold(Ipv4::of(10, 0, 0, 1), {}, false);
  ASSERT_TRUE(fixed);
  EXPECT_FALSE(pools_.hold(Ipv4::of(10, 0, 0, 1), {}, false));
  define("pool a 10.0.0.1-10.0.0.2"); // now it is in a pool
  EXPECT_EQ(take("a", "x"), "10.0.0.2");
  fixed.holding.release();
  EXPECT_EQ(take("a", "y"), "10.0.0.1");
}

TEST_F(PppPools, KeepHoldersAndUsersWhenTheirRangesChange) {
  define("pool a 10.0.0.1-10.0.0.3\npool b 10.1.0.1");
  EXPECT_EQ(take("a", "x"), "10.0.0.1");
  EXPECT_EQ(take("a", "y"), "10.0.0.2");
  EXPECT_EQ(take("b", "z"), "10.1.0.1");
  define("pool a 10.0.0.2-10.0.0.4\npool b 10.1.0.1"); // x has one that is no longer there
  EXPECT_EQ(take("a", "u"), "10.0.0.3");
  EXPECT_EQ(take("a", "v"), "10.0.0.4");
  EXPECT_EQ(take("a", "w"), "all 3 addresses of pool a are in use");
  EXPECT_EQ(take("b", "w"), "all 1 addresses of pool b are in use");
  held_.erase(held_.begin() + 1); // y's
  EXPECT_EQ(take("a", "y"), "10.0.0.2");
  EXPECT_EQ(pools_.held(), 5U);
  define("pool a 10.0.0.1-10.0.0.4"); // x's is back, and still held
  EXPECT_EQ(take("a", "w"), "all 4 addresses of pool a are in use");
  held_.clear();
  EXPECT_EQ(pools_.held(), 0U);
}

TEST_F(PppPools, MoveAHeldAddressToThePoolThatHasItNow) {
  define("pool a 10.0.0.1-10.0.0.2");
  EXPECT_EQ(take("a", "x"), "10.0.0.1");
  define("pool b 10.0.0.1-10.0.0.2");
  EXPECT_EQ(take("b", "y"), "10.0.0.2");
  EXPECT_EQ(take("b", "z"), "all 2 addresses of pool b are in use");
  EXPECT_EQ(take("a", "z"), "there is no pool a");
}

TEST_F(PppPools, RememberUsersAcrossDaemons) {
  const std::string text = "pool a 10.0.0.1-10.0.0.9 leases=" + leases_;
  define(text);
  take("a", "x");
  take("a", "y");
  EXPECT_TRUE(pools_.unwritten());
  pools_.write(warn());
  EXPECT_FALSE(pools_.unwritten());
  Pools next;
  define(next, text);
  const auto z = next.take("a", {.user = "z"}), y = next.take("a", {.user = "y"});
  ASSERT_TRUE(y && z);
  EXPECT_EQ(y.holding.address().text(), "10.0.0.2");
  EXPECT_EQ(z.holding.address().text(), "10.0.0.3") << "the others' stay theirs while there are new ones";
  EXPECT_TRUE(lines_.empty());
}

TEST_F(PppPools, HaveNothingToWriteWhenAUserComesAgain) {
  define("pool a 10.0.0.1-10.0.0.9 leases=" + leases_);
  take("a", "x");
  pools_.write(warn());
  held_.clear();
  take("a", "x");
  EXPECT_FALSE(pools_.unwritten());
  take("a", "y");
  EXPECT_TRUE(pools_.unwritten());
}

TEST_F(PppPools, HaveNothingToWriteWhenOnlyTheFileKnowsOfUsers) {
  const std::string text = "pool a 10.0.0.1-10.0.0.9 leases=" + leases_;
  define(text);
  EXPECT_FALSE(pools_.unwritten());
  take("a", "x");
  pools_.write(warn());
  Pools next;
  define(next, text);
  EXPECT_FALSE(next.unwritten());
}

TEST_F(PppPools, HaveToWriteWhatTheyKnowIntoAnotherFile) {
  define("pool a 10.0.0.1-10.0.0.9 leases=" + leases_);
  take("a", "x");
  pools_.write(warn());
  define("pool a 10.0.0.1-10.0.0.9 leases=" + leases_ + "_other");
  EXPECT_TRUE(pools_.unwritten());
}

TEST_F(PppPools, TellOnceThatLeasesCannotBeKept) {
  define("pool a 10.0.0.1-10.0.0.9 leases=/nowhere/at/all");
  take("a", "x");
  pools_.write(warn());
  take("a", "y");
  pools_.write(warn());
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], "pool a: leases are not kept: /nowhere/at/all.new: No such file or directory");
}

TEST_F(PppPools, TellOfLinesThatAreNoLeases) {
  std::ofstream(leases_) << "10.0.0.5 x\nnonsense\n10.9.9.9 elsewhere\n";
  define("pool a 10.0.0.1-10.0.0.9 leases=" + leases_);
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], "pool a: " + leases_ + ": 1 lines are no leases");
  EXPECT_EQ(take("a", "x"), "10.0.0.5");
}

TEST_F(PppPools, GiveNoAddressTwiceToManyThreadsWhileTheyAreChanged) {
  define("pool a 10.0.0.1-10.0.3.254");
  std::vector<std::thread> threads;
  std::mutex mutex;
  std::set<std::uint32_t> here;
  bool twice = false;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 1'000; ++i) {
        std::vector<Pools::Holding> mine;
        for (int n = 0; n < 5; ++n)
          if (auto got = pools_.take("a", {.user = std::to_string((t * 5 + i + n) % 900)}))
            mine.push_back(std::move(got.holding));
        const std::scoped_lock lock(mutex);
        for (const auto& one : mine)
          twice = !here.insert(one.address().value).second || twice;
        for (const auto& one : mine)
          here.erase(one.address().value);
      }
    });
  for (int i = 0; i < 50; ++i)
    define(i % 2 == 0 ? "pool a 10.0.0.1-10.0.1.254" : "pool a 10.0.0.1-10.0.3.254");
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_FALSE(twice);
  EXPECT_EQ(pools_.held(), 0U);
}

TEST_F(PppPools, LearnWhatIsHeldWhileSessionsComeAndGo) {
  define("pool a 10.0.0.1-10.0.0.4");
  auto x = pools_.take("a", {.user = "x"}), y = pools_.take("a", {.user = "y"});
  // Between the two definitions some go and some come; the new pool knows exactly those that are left.
  std::atomic<bool> stop{false};
  std::thread other([&] {
    while (!stop.load())
      auto held = pools_.hold(Ipv4::of(10, 0, 0, 9), {}, false);
  });
  for (int i = 0; i < 200; ++i)
    define(i % 2 == 0 ? "pool a 10.0.0.1-10.0.0.9" : "pool a 10.0.0.1-10.0.0.10");
  stop.store(true);
  other.join();
  y.holding.release();
  define("pool a 10.0.0.1-10.0.0.9");
  std::set<std::string> free;
  for (std::string got = take("a", "n"); got.starts_with("10."); got = take("a", "n"))
    free.insert(got);
  EXPECT_EQ(free.size(), 8U) << "all but x's";
  EXPECT_FALSE(free.contains("10.0.0.1"));
}

TEST_F(PppPools, LetWaitWhoWantsAnAddressThatIsLeaving) {
  define("pool a 10.0.0.1");
  take("a", "x");
  held_[0].set_leaving(true);
  EXPECT_EQ(take("a", "x"), "wait");
  EXPECT_EQ(take("a", "y"), "wait") << "there is no other";
  EXPECT_TRUE(pools_.hold(Ipv4::of(10, 0, 0, 1), {}, false).wait);
  held_[0].set_leaving(false);
  EXPECT_EQ(take("a", "y"), "all 1 addresses of pool a are in use");
  held_.clear();
  EXPECT_EQ(take("a", "x"), "10.0.0.1");
}

class PppConfigurationFile : public PppPools {
 protected:
  PppConfigurationFile() : path_(leases_ + "_file") {}
  ~PppConfigurationFile() override { std::remove(path_.c_str()); }
  void write(const std::string& text) const { std::ofstream(path_, std::ios::trunc) << text; }
  std::string path_;
};

TEST_F(PppConfigurationFile, ThatIsNotThereIsSaidWhenItWasAskedFor) {
  ConfigurationFile quiet(path_, false, {});
  quiet.look(warn());
  EXPECT_TRUE(lines_.empty());
  ConfigurationFile asked(path_, true, {});
  asked.look(warn());
  asked.look(warn());
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_EQ(lines_[0], path_ + ": No such file or directory");
}

TEST_F(PppConfigurationFile, CountsAgainOnceItHasChanged) {
  write("pool a 10.0.0.1\n");
  ConfigurationFile file(path_, true, {});
  file.look(warn());
  EXPECT_TRUE(file.pools().take("a", {.user = "x"}));
  write("pool bb 10.0.0.1\nprofile p data=tun\n");
  file.look(warn());
  EXPECT_TRUE(file.pools().take("bb", {.user = "x"}));
  EXPECT_TRUE(file.options()->tun_profiles.contains("p"));
}

TEST_F(PppConfigurationFile, WithAMistakeLeavesAllAsItWas) {
  write("pool a 10.0.0.1\nprofile p data=tun\n");
  ConfigurationFile file(path_, true, {});
  file.look(warn());
  write("pool b 10.0.0.1\nprofile p data=sideways\n");
  file.look(warn());
  ASSERT_EQ(lines_.size(), 2U);
  EXPECT_EQ(lines_[0], path_ + ":2: \"data=sideways\": data=tun or data=any, same_user=replace or same_user=refuse");
  EXPECT_TRUE(file.pools().take("a", {.user = "x"}));
  EXPECT_TRUE(file.options()->tun_profiles.contains("p"));
  file.look(warn());
  EXPECT_EQ(lines_.size(), 2U) << "said once";
}

TEST_F(PppConfigurationFile, ThatGoesLeavesAllAsItWas) {
  write("pool a 10.0.0.1\n");
  ConfigurationFile file(path_, false, {});
  file.look(warn());
  std::remove(path_.c_str());
  file.look(warn());
  ASSERT_EQ(lines_.size(), 1U);
  EXPECT_TRUE(file.pools().take("a", {.user = "x"}));
}

} // namespace
} // namespace openl2tp::ppp_kernel
