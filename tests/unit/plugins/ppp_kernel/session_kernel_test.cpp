// Sessions whose user data stays in the kernel: both ends speak over the channels that a kernel of the tests gives
// them.
#include "plugins/ppp_kernel/session.hpp"

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/fake_ppp.hpp"
#include "tests/unit/plugins/ppp_kernel/two_shards.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using test::FakePpp;
using test::Parameters;

class KernelSessions : public test::TwoShards {
 protected:
  KernelSessions() : socket_(open("/dev/null", O_RDWR | O_CLOEXEC)) {
    lns_side->ppp = &lns_kernel;
    lac_side->ppp = &lac_kernel;
    lns = std::make_unique<Shard>(lns_host.host(), lns_host.loop(), 0, 1, *lns_side);
    lac = std::make_unique<Shard>(lac_host.host(), lac_host.loop(), 0, 1, *lac_side);
    for (Parameters* parameters : {&lns_parameters, &lac_parameters}) {
      parameters->params.data_path = OPENL2TP_DATA_PATH_KERNEL;
      parameters->params.session_fd = socket_.get();
    }
  }
  ~KernelSessions() override {
    lns_sessions.clear();
    lac_sessions.clear();
    TwoShards::run();
    lns.reset();
    lac.reset();
    EXPECT_TRUE(lns_kernel.lines.empty() && lac_kernel.lines.empty()) << "something is left in a kernel";
  }

  /// Workers and frames, until nothing moves. Of one call.
  void talk() {
    for (bool any = true; any;) {
      TwoShards::run();
      any = carry(lns_kernel, lac_kernel);
      any = carry(lac_kernel, lns_kernel) || any;
      lns_host.run_watches();
      lac_host.run_watches();
    }
  }
  void talk_for(std::uint64_t ms) {
    lns_host.pass(ms);
    lac_host.pass(ms);
    talk();
  }

  FakePpp lns_kernel, lac_kernel;

 private:
  /// As the kernel: what is a network's comes to the unit once there is one.
  static bool carry(FakePpp& from, FakePpp& to) {
    bool any = false;
    for (auto& [line, outer] : from.lines)
      for (const Descriptor* end : {&outer.channel, &outer.unit})
        while (end->get() >= 0) {
          const auto frame = FakePpp::take(*end);
          if (frame.empty()) break;
          any = true;
          if (to.lines.empty()) continue;
          const FakePpp::Outer& other = to.only();
          const bool by_unit = frame[0] < std::byte{0xc0} && other.unit.get() >= 0;
          FakePpp::put(by_unit ? other.unit : other.channel, frame);
        }
    return any;
  }

  Descriptor socket_;
};

TEST_F(KernelSessions, ComeUpOnInterfacesOfTheKernel) {
  call(1, "alice", "wonderland");
  talk();
  ASSERT_EQ(lns_host.ups.size() + lac_host.ups.size(), 2U);
  const auto& up = lns_host.ups[0];
  EXPECT_EQ(up.interface_name, "ppp7");
  EXPECT_EQ(up.user, "alice");
  EXPECT_TRUE((up.facts.given & OPENL2TP_PPP_KNOWN_UNIT) != 0 && up.facts.unit == 7);
  EXPECT_EQ(std::count(lns_kernel.log.begin(), lns_kernel.log.end(), "add 10.0.0.1 to 10.0.0.10"), 1);
  EXPECT_EQ(std::count(lns_kernel.log.begin(), lns_kernel.log.end(), "pass 6"), 1) << "IPv6 comes up, too";
  EXPECT_TRUE(lns_host.sent.empty() && lac_host.sent.empty()) << "no frame goes through the daemon";
}

TEST_F(KernelSessions, SayNothingBeforeTheyAreAttached) {
  call(1, "alice", "wonderland");
  for (int i = 0; i < 30; ++i)
    lns_host.pass(1'000); // no timer of the link runs either
  EXPECT_TRUE(lns_host.sent.empty() && lns_host.downs.empty());
  EXPECT_TRUE(lns_kernel.lines.empty());
}

TEST_F(KernelSessions, AreClearedWhenTheyCannotBeAttached) {
  lns_kernel.faults["attach"] = "no channel";
  call(1, "alice", "wonderland");
  talk();
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].result, 4);
  EXPECT_EQ(lns_host.downs[0].reason, "no channel");
  EXPECT_TRUE(lns_host.logged("no channel"));
}

TEST_F(KernelSessions, AreClearedWhenTheirInterfaceIsTakenAway) {
  call(1, "alice", "wonderland");
  talk();
  lns_kernel.lines.begin()->second.unit = Descriptor();
  lns_host.run_watches();
  lns_host.run_watches();
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].result, 1) << "it was up: a lost carrier";
}

TEST_F(KernelSessions, EndWhenTheKernelSawNoDataForLong) {
  lns_parameters.profile.given |= OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT;
  lns_parameters.profile.idle_timeout_s = 60;
  call(1, "alice", "wonderland");
  talk();
  ASSERT_EQ(lns_host.ups.size(), 1U);
  lns_kernel.idle_time = ppp::Duration{10'000};
  talk_for(60'000);
  EXPECT_TRUE(lns_host.downs.empty()) << "data flowed ten seconds ago";
  lns_kernel.idle_time = ppp::Duration{60'000};
  talk_for(50'000);
  talk_for(3'000);
  ASSERT_EQ(lns_host.downs.size(), 1U);
  EXPECT_EQ(lns_host.downs[0].reason, name(ppp::EndReason::idle_timeout));
}

TEST_F(KernelSessions, SayGoodbyeByTheChannelWhenTheDaemonClosesThem) {
  call(1, "alice", "wonderland");
  talk();
  lns_sessions[1]->closing(0);
  lns_sessions.erase(1);
  const auto frame = FakePpp::take(lns_kernel.only().channel);
  ASSERT_GE(frame.size(), 3U);
  EXPECT_EQ(frame[2], std::byte{5}) << "a Terminate-Request";
}

TEST_F(KernelSessions, TellOfTheirIdleTimeAndLeaveCountingToTheKernel) {
  call(1, "alice", "wonderland");
  talk();
  lns_kernel.idle_time = ppp::Duration{7'000};
  openl2tp_ppp_stats stats{};
  ASSERT_TRUE(lns_sessions[1]->stats(stats));
  EXPECT_EQ(stats.given, OPENL2TP_PPP_COUNTED_IDLE);
  EXPECT_EQ(stats.idle_ms, 7'000U);
}

} // namespace

} // namespace openl2tp::ppp_kernel
