// The data path inside the kernel: the order of what it asks for, faults at each step, and ends at any time.
#include "plugins/ppp_kernel/kernel_path.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/fake_host.hpp"
#include "tests/unit/plugins/ppp_kernel/fake_ppp.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using test::FakeHost;
using test::FakePpp;

using Frame = std::vector<std::byte>;
using Log = std::vector<std::string>;

Frame frame(std::initializer_list<int> octets) {
  Frame made;
  for (const int octet : octets)
    made.push_back(static_cast<std::byte>(octet));
  return made;
}
const Frame lcp = frame({0xc0, 0x21, 1, 1, 0, 4}), ipcp = frame({0x80, 0x21, 1, 1, 0, 4});

/// A session that writes down what it hears.
class Hearing final : public PathUser {
 public:
  Log heard;
  std::vector<Frame> frames;

  void handle_path_up(ppp::Network network, std::string_view interface_name) override {
    heard.push_back("up " + name(network) + " " + std::string(interface_name));
  }
  void handle_path_failed(ppp::Network network, const std::string& fault) override {
    heard.push_back("failed " + name(network) + " " + fault);
  }
  void handle_path_remark(const std::string& remark) override { heard.push_back("remark " + remark); }
  ppp::FrameHeader handle_outgoing(ppp::Network, std::size_t) override { return {}; }
  openl2tp_session_token token() const noexcept override { return 1; }
  void handle_link_ready() override { heard.push_back("ready"); }
  void handle_link_frame(ppp::Octets octets) override { frames.emplace_back(octets.begin(), octets.end()); }
  void handle_link_lost(const std::string& fault) override { heard.push_back("lost " + fault); }

 private:
  static std::string name(ppp::Network network) { return network == ppp::Network::ipv4 ? "4" : "6"; }
};

class KernelPathTest : public testing::Test {
 protected:
  KernelPathTest() : paths(std::make_unique<KernelPaths>(host.host(), host.loop(), kernel)) {}
  ~KernelPathTest() override {
    path.reset();
    paths.reset();
    run();
    EXPECT_TRUE(kernel.lines.empty()) << "something is left in the kernel";
  }

  std::unique_ptr<DataPath> make(PathUser& of, std::string_view name = {}, bool dials_out = false) {
    const Descriptor socket(open("/dev/null", O_RDWR | O_CLOEXEC));
    return paths->make(of, socket.get(), name, dials_out);
  }
  void run() {
    while (host.turn()) {
    }
  }
  /// Attached, and nothing of that in the log.
  void attach(std::string_view name = {}, bool dials_out = false) {
    path = make(user, name, dials_out);
    run();
    kernel.log.clear();
    user.heard.clear();
  }
  static NetworkPlan plan4(std::uint8_t last = 2) {
    return {.local_address = ppp::Ipv4::of(10, 0, 0, 1), .peer_address = ppp::Ipv4::of(10, 0, 0, last), .mtu = 1'400};
  }
  static NetworkPlan plan6() { return {.network = ppp::Network::ipv6, .local_interface_id = 5, .mtu = 1'400}; }

  FakeHost host{1};
  FakePpp kernel;
  Hearing user;
  std::unique_ptr<KernelPaths> paths;
  std::unique_ptr<DataPath> path;
};

TEST_F(KernelPathTest, LinkIsReadyOnceAWorkerHasAttachedIt) {
  path = make(user);
  EXPECT_TRUE(path->carries_link());
  EXPECT_TRUE(user.heard.empty());
  EXPECT_TRUE(kernel.log.empty()) << "attaching waits: not on the shard";
  run();
  EXPECT_EQ(kernel.log, Log{"attach"}) << "no unit before a network is open";
  EXPECT_EQ(user.heard, Log{"ready"});
}

TEST_F(KernelPathTest, FramesThatCameBeforeItWasAttachedAreHeardAfterReady) {
  kernel.early = {lcp, ipcp};
  path = make(user);
  run();
  EXPECT_EQ(user.heard, Log{"ready"});
  EXPECT_EQ(user.frames, (std::vector<Frame>{lcp, ipcp}));
}

TEST_F(KernelPathTest, PacketsPassOnlyOnceTheNetworkIsThere) {
  attach();
  EXPECT_EQ(path->up(plan4()), "");
  EXPECT_TRUE(user.heard.empty());
  run();
  EXPECT_EQ(kernel.log, (Log{"unit  mtu 1400 mru 1500", "add 10.0.0.1 to 10.0.0.2", "pass 4"}));
  EXPECT_EQ(user.heard, Log{"up 4 ppp7"});
  EXPECT_EQ(path->unit(), 7U);
}

TEST_F(KernelPathTest, SecondNetworkIsOfTheSameUnit) {
  attach("mine");
  EXPECT_EQ(path->up(plan4()), "");
  EXPECT_EQ(path->up(plan6()), "");
  run();
  EXPECT_EQ(kernel.log,
            (Log{"unit mine mtu 1400 mru 1500", "add 10.0.0.1 to 10.0.0.2", "pass 4", "add id 5", "pass 6"}));
  EXPECT_EQ(user.heard, (Log{"up 4 mine", "up 6 mine"}));
}

TEST_F(KernelPathTest, NetworkThatGoesDownIsHeldBackAtOnceAndTakenAwayLater) {
  attach();
  EXPECT_EQ(path->up(plan4()), "");
  run();
  kernel.log.clear();
  path->down(ppp::Network::ipv4);
  EXPECT_EQ(kernel.log, Log{"hold 4"});
  run();
  EXPECT_EQ(kernel.log, (Log{"hold 4", "take 10.0.0.1 to 10.0.0.2"}));
  path->down(ppp::Network::ipv4);
  run();
  EXPECT_EQ(kernel.log.size(), 2U) << "it is down";
}

TEST_F(KernelPathTest, AddressIsKeptUntilItsNetworkWasTakenAway) {
  attach();
  auto address = std::make_shared<int>(1);
  const std::weak_ptr<int> held = address;
  NetworkPlan plan = plan4();
  plan.address = std::move(address);
  EXPECT_EQ(path->up(plan), "");
  plan.address.reset();
  run();
  path->down(ppp::Network::ipv4);
  for (int turns = 0; host.works.empty() && turns < 10; ++turns) { // as far as the worker
    const auto posted = std::exchange(host.calls, {});
    for (const auto& [call, of] : posted)
      call(of);
  }
  EXPECT_FALSE(held.expired()) << "the kernel still has it";
  run();
  EXPECT_TRUE(held.expired());
}

TEST_F(KernelPathTest, AddressIsKeptUntilItsSessionWasRemoved) {
  for (const bool is_up : {true, false}) { // the end may come while the network is being added
    SCOPED_TRACE(is_up);
    attach();
    auto address = std::make_shared<int>(1);
    const std::weak_ptr<int> held = address;
    NetworkPlan plan = plan4();
    plan.address = std::move(address);
    EXPECT_EQ(path->up(plan), "");
    plan.address.reset();
    if (is_up) run();
    path.reset();
    EXPECT_FALSE(held.expired()) << "no worker has come to it";
    while (kernel.log.empty() || !kernel.log.back().starts_with("remove")) {
      EXPECT_FALSE(held.expired());
      ASSERT_TRUE(host.turn());
    }
    run();
    EXPECT_TRUE(held.expired());
  }
}

TEST_F(KernelPathTest, RenewedNetworkReplacesTheFormer) {
  attach();
  EXPECT_EQ(path->up(plan4(2)), "");
  run();
  kernel.log.clear();
  EXPECT_EQ(path->up(plan4(3)), "");
  run();
  EXPECT_EQ(kernel.log, (Log{"hold 4", "take 10.0.0.1 to 10.0.0.2", "add 10.0.0.1 to 10.0.0.3", "pass 4"}));
  EXPECT_EQ(user.heard, (Log{"up 4 ppp7", "up 4 ppp7"}));
}

TEST_F(KernelPathTest, NetworkThatGoesDownWhileItIsAddedNeverPasses) {
  attach();
  EXPECT_EQ(path->up(plan4()), "");
  host.turn(); // a worker makes the unit
  path->down(ppp::Network::ipv4);
  run();
  EXPECT_EQ(kernel.log, Log{"unit  mtu 1400 mru 1500"});
  EXPECT_EQ(path->up(plan4()), "");
  host.turn(); // a worker adds the network
  path->down(ppp::Network::ipv4);
  run();
  EXPECT_EQ(kernel.log, (Log{"unit  mtu 1400 mru 1500", "add 10.0.0.1 to 10.0.0.2", "take 10.0.0.1 to 10.0.0.2"}));
  EXPECT_TRUE(user.heard.empty());
}

TEST_F(KernelPathTest, DefaultRouteIsForThoseWhoDialOut) {
  NetworkPlan plan = plan4();
  plan.default_route = plan.proxy_arp = true;
  attach({}, true);
  EXPECT_EQ(path->up(plan), "");
  run();
  EXPECT_EQ(kernel.log[1], "add 10.0.0.1 to 10.0.0.2 default proxy");
  attach({}, false);
  EXPECT_EQ(path->up(plan), "");
  run();
  EXPECT_NE(std::find(kernel.log.begin(), kernel.log.end(), "add 10.0.0.1 to 10.0.0.2 proxy"), kernel.log.end());
}

TEST_F(KernelPathTest, RemarkOfTheKernelsReachesTheSessionThatGoesOn) {
  attach({}, true);
  kernel.remark = "no default route: there is one";
  EXPECT_EQ(path->up(plan4()), "");
  run();
  EXPECT_EQ(user.heard, (Log{"remark no default route: there is one", "up 4 ppp7"}));
}

TEST_F(KernelPathTest, CallerNeedsAnAddress) {
  attach();
  NetworkPlan plan = plan4();
  plan.peer_address = {};
  EXPECT_EQ(path->up(plan), "the peer has no address");
  attach({}, true);
  EXPECT_EQ(path->up(plan), "") << "who we dial in to need not say any";
  run();
}

// ---- faults, step by step

TEST_F(KernelPathTest, SessionThatCannotBeAttachedIsLost) {
  kernel.faults["attach"] = "no channel";
  path = make(user);
  run();
  EXPECT_EQ(user.heard, Log{"lost no channel"});
}

TEST_F(KernelPathTest, UnitThatCannotBeMadeLosesTheLink) {
  attach();
  kernel.faults["unit"] = "no unit";
  EXPECT_EQ(path->up(plan4()), "");
  EXPECT_EQ(path->up(plan6()), "");
  run();
  EXPECT_EQ(user.heard, Log{"lost no unit"}) << "once, whatever else was wanted";
}

TEST_F(KernelPathTest, NetworkThatCannotBeAddedFailsAloneAndLeavesNoPart) {
  attach();
  kernel.faults["add"] = "no address";
  EXPECT_EQ(path->up(plan4()), "");
  run();
  EXPECT_EQ(user.heard, Log{"failed 4 no address"});
  EXPECT_EQ(kernel.log.back(), "take 10.0.0.1 to 10.0.0.2");
  kernel.faults.clear();
  EXPECT_EQ(path->up(plan6()), "");
  run();
  EXPECT_EQ(user.heard.back(), "up 6 ppp7");
}

TEST_F(KernelPathTest, NetworkThatIsNotLetPassFails) {
  attach();
  kernel.faults["pass 4"] = "not allowed";
  EXPECT_EQ(path->up(plan4()), "");
  run();
  EXPECT_EQ(user.heard, Log{"failed 4 not allowed"});
  EXPECT_EQ(kernel.log.back(), "take 10.0.0.1 to 10.0.0.2");
}

TEST_F(KernelPathTest, InterfaceThatIsTakenAwayLosesTheLink) {
  attach();
  EXPECT_EQ(path->up(plan4()), "");
  run();
  kernel.lines.begin()->second.unit = Descriptor();
  host.run_watches();
  EXPECT_EQ(user.heard.back(), "lost the interface was taken away");
}

TEST_F(KernelPathTest, SessionThatIsTakenAwayLosesTheLink) {
  attach();
  kernel.lines.begin()->second.channel = Descriptor();
  host.run_watches();
  host.run_watches();
  EXPECT_EQ(user.heard, Log{"lost the kernel's session was taken away"});
}

// ---- ends at any time: the fixture sees to it that nothing is left

TEST_F(KernelPathTest, EndWhileItIsAttached) {
  path = make(user);
  path.reset();
  run();
  EXPECT_TRUE(user.heard.empty());
  EXPECT_EQ(kernel.log, (Log{"attach", "remove 1"}));
}

TEST_F(KernelPathTest, EndWhileTheUnitIsMade) {
  attach();
  EXPECT_EQ(path->up(plan4()), "");
  path.reset();
  run();
  EXPECT_TRUE(user.heard.empty());
  EXPECT_EQ(kernel.log, (Log{"unit  mtu 1400 mru 1500", "remove 1"})) << "not before the worker has done with it";
}

TEST_F(KernelPathTest, EndWhileTheNetworkIsAdded) {
  attach();
  EXPECT_EQ(path->up(plan4()), "");
  host.turn();
  host.turn();
  path.reset();
  run();
  EXPECT_TRUE(user.heard.empty());
  EXPECT_EQ(kernel.log.back(), "remove 1");
}

TEST_F(KernelPathTest, EndOfOneThatWasLost) {
  attach();
  kernel.faults["unit"] = "no unit";
  EXPECT_EQ(path->up(plan4()), "");
  run();
  path.reset();
  run();
  EXPECT_EQ(kernel.log.back(), "remove 1");
}

TEST_F(KernelPathTest, EndOfTheShardRemovesWhatStillWaited) {
  attach();
  EXPECT_EQ(path->up(plan4()), "");
  run();
  host.workers_busy = true; // the loop has ended
  path.reset();
  EXPECT_FALSE(kernel.lines.empty());
  paths.reset();
  EXPECT_EQ(kernel.log.back(), "remove 1");
}

TEST_F(KernelPathTest, EndOfTheShardWhileAWorkerHasALine) {
  path = make(user);
  path.reset();
  paths.reset();
  run(); // the worker still attaches it
  kernel.lines.clear();
  EXPECT_EQ(kernel.log, Log{"attach"}) << "its descriptors closed with it";
}

TEST_F(KernelPathTest, ManySessionsGoTogether) {
  constexpr int many = 100;
  std::vector<std::unique_ptr<Hearing>> users;
  std::vector<std::unique_ptr<DataPath>> all;
  for (int i = 0; i < many; ++i) {
    users.push_back(std::make_unique<Hearing>());
    all.push_back(make(*users.back()));
  }
  run();
  kernel.log.clear();
  all.clear();
  run();
  EXPECT_EQ(kernel.log, (Log{"remove 1", "remove 99"})) << "those that came while a worker had the first";
}

// ---- frames

TEST_F(KernelPathTest, FramesOfTheLinkGoByTheChannelAndThoseOfNetworksByTheUnit) {
  attach();
  path->send(lcp);
  path->send(ipcp);
  EXPECT_EQ(FakePpp::take(kernel.only().channel), lcp);
  EXPECT_EQ(FakePpp::take(kernel.only().channel), ipcp) << "there is no unit yet";
  EXPECT_EQ(path->up(plan4()), "");
  run();
  path->send(ipcp);
  path->send(lcp);
  EXPECT_EQ(FakePpp::take(kernel.only().unit), ipcp);
  EXPECT_EQ(FakePpp::take(kernel.only().channel), lcp);
}

TEST_F(KernelPathTest, RequestThatAPeerMayHaveMissedIsSaidAgainOnce) {
  attach();
  path->send(lcp);
  EXPECT_EQ(FakePpp::take(kernel.only().channel), lcp);
  FakePpp::put(kernel.only().channel, lcp);
  FakePpp::put(kernel.only().channel, lcp);
  host.run_watches();
  EXPECT_EQ(FakePpp::take(kernel.only().channel), lcp);
  EXPECT_TRUE(FakePpp::take(kernel.only().channel).empty());
}

TEST_F(KernelPathTest, RequestThatThePeerAnswersIsNotSaidAgain) {
  attach();
  path->send(lcp);
  EXPECT_EQ(FakePpp::take(kernel.only().channel), lcp);
  FakePpp::put(kernel.only().channel, frame({0xc0, 0x21, 2, 1, 0, 4}));
  FakePpp::put(kernel.only().channel, lcp);
  host.run_watches();
  EXPECT_TRUE(FakePpp::take(kernel.only().channel).empty());
}

TEST_F(KernelPathTest, FramesOfBothDescriptorsAreHeard) {
  attach();
  EXPECT_EQ(path->up(plan4()), "");
  run();
  FakePpp::put(kernel.only().channel, lcp);
  FakePpp::put(kernel.only().unit, ipcp);
  host.run_watches();
  EXPECT_EQ(user.frames, (std::vector<Frame>{lcp, ipcp}));
}

TEST_F(KernelPathTest, FloodHasItsShareOfATurnAndNoMore) {
  attach();
  constexpr std::size_t many = KernelPaths::frames_a_turn + 10;
  for (std::size_t i = 0; i < many; ++i)
    FakePpp::put(kernel.only().channel, lcp);
  host.run_watches();
  EXPECT_EQ(user.frames.size(), std::size_t{KernelPaths::frames_a_turn});
  run();
  EXPECT_EQ(user.frames.size(), many);
}

TEST_F(KernelPathTest, IdleTimeIsTheKernels) {
  attach();
  EXPECT_FALSE(path->idle()) << "there is no interface";
  EXPECT_EQ(path->up(plan4()), "");
  run();
  kernel.idle_time = ppp::Duration{42'000};
  EXPECT_EQ(path->idle(), ppp::Duration{42'000});
}

} // namespace

} // namespace openl2tp::ppp_kernel
