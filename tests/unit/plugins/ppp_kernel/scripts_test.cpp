#include "plugins/ppp_kernel/scripts.hpp"

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/fake_host.hpp"

namespace openl2tp::ppp_kernel {
namespace {

using test::FakeHost;

ScriptRun run_of(ScriptKind kind, const std::string& path = "/x") {
  ScriptFacts facts{.interface_name = "l2tp0", .tty = "l2tp-7-9", .user = "alice", .ipparam = "l2tp-t1"};
  facts.local = "10.0.0.1";
  facts.peer = "10.0.0.2";
  facts.speed = 64'000;
  facts.connected_s = 5;
  facts.sent_octets = 6;
  return make_run(kind, path, facts);
}

class PppScripts : public testing::Test {
 protected:
  FakeHost host{1};
  std::unique_ptr<Scripts> scripts = std::make_unique<Scripts>(host.host(), host.loop());
};

TEST_F(PppScripts, HaveTheArgumentsAndTheEnvironmentOfPppd) {
  scripts->run(1, run_of(ScriptKind::ip_down));
  ASSERT_EQ(host.children.size(), 1U);
  const auto& child = *host.children[0];
  EXPECT_EQ(child.path, "/x");
  EXPECT_EQ(child.arguments,
            (std::vector<std::string>{"/x", "l2tp0", "l2tp-7-9", "64000", "10.0.0.1", "10.0.0.2", "l2tp-t1"}));
  for (const auto& [name, value] : std::initializer_list<std::pair<const char*, const char*>>{{"IFNAME", "l2tp0"},
                                                                                              {"DEVICE", "l2tp-7-9"},
                                                                                              {"SPEED", "64000"},
                                                                                              {"ORIG_UID", "0"},
                                                                                              {"PPPLOGNAME", "root"},
                                                                                              {"PEERNAME", "alice"},
                                                                                              {"IPLOCAL", "10.0.0.1"},
                                                                                              {"IPREMOTE", "10.0.0.2"},
                                                                                              {"CONNECT_TIME", "5"},
                                                                                              {"BYTES_SENT", "6"},
                                                                                              {"BYTES_RCVD", "-"},
                                                                                              {"LLLOCAL", "-"},
                                                                                              {"DNS1", "-"}})
    EXPECT_EQ(child.variable(name), value) << name;
}

TEST_F(PppScripts, ThatGoDownOutliveTheTermOfADaemonThatEnds) {
  scripts->run(1, run_of(ScriptKind::ip_up));
  scripts->run(2, run_of(ScriptKind::ip_down));
  EXPECT_FALSE(host.children[0]->patient);
  EXPECT_TRUE(host.children[1]->patient);
}

TEST_F(PppScripts, ThatGoUpDoNotHearOfAnEnd) {
  scripts->run(1, run_of(ScriptKind::ip_up));
  EXPECT_EQ(host.children[0]->variable("CONNECT_TIME"), "-");
}

TEST_F(PppScripts, OfIpv6HaveLinkLocalAddresses) {
  scripts->run(1, run_of(ScriptKind::ipv6_up));
  EXPECT_EQ(host.children[0]->variable("LLLOCAL"), "10.0.0.1");
  EXPECT_EQ(host.children[0]->variable("IPLOCAL"), "-");
}

TEST_F(PppScripts, SeeNoControlCharactersOfAPeersName) {
  ScriptFacts facts{.user = "a\nIFNAME=x\x1b"};
  const ScriptRun run = make_run(ScriptKind::ip_up, "/x", facts);
  EXPECT_NE(std::find(run.environment.begin(), run.environment.end(), "PEERNAME=a?IFNAME=x?"), run.environment.end());
}

TEST_F(PppScripts, RunOneAfterTheOtherForOneSession) {
  scripts->run(1, run_of(ScriptKind::ip_up));
  scripts->run(1, run_of(ScriptKind::ip_down));
  scripts->run(2, run_of(ScriptKind::ip_up));
  EXPECT_EQ(host.children.size(), 2U) << "the other session's does not wait";
  EXPECT_EQ(scripts->waiting(), 1U);
  host.end(0);
  ASSERT_EQ(host.children.size(), 3U);
  EXPECT_EQ(host.children[2]->variable("CONNECT_TIME"), "5");
}

TEST_F(PppScripts, OfTheTwoNetworksDoNotWaitForEachOther) {
  scripts->run(1, run_of(ScriptKind::ip_up));
  scripts->run(1, run_of(ScriptKind::ipv6_up));
  EXPECT_EQ(host.children.size(), 2U);
}

TEST_F(PppScripts, ForWhatIsGoneBeforeItsTurnAreNotRun) {
  for (openl2tp_session_token session = 1; session <= Scripts::running_max + 1; ++session)
    scripts->run(session, run_of(ScriptKind::ip_up));
  EXPECT_EQ(host.children.size(), Scripts::running_max);
  scripts->run(Scripts::running_max + 1, run_of(ScriptKind::ip_down));
  EXPECT_EQ(scripts->waiting(), 0U);
  host.end(0);
  EXPECT_EQ(host.children.size(), Scripts::running_max);
}

TEST_F(PppScripts, BeyondTheBoundAreLeftOutAndCounted) {
  for (openl2tp_session_token session = 1; session <= Scripts::running_max + Scripts::waiting_max + 3; ++session)
    scripts->run(session, run_of(ScriptKind::ip_up));
  EXPECT_EQ(scripts->waiting(), Scripts::waiting_max);
  EXPECT_TRUE(host.logged("/x: 4096 scripts wait already; some are not run"));
  EXPECT_EQ(host.lines.size(), 1U);
  for (std::size_t i = 0; i < host.children.size(); ++i)
    host.end(i);
  EXPECT_EQ(host.children.size(), Scripts::running_max + Scripts::waiting_max);
  EXPECT_TRUE(host.logged("3 scripts were not run: too many waited"));
}

TEST_F(PppScripts, ThatFailAreNamedInTheLog) {
  scripts->run(1, run_of(ScriptKind::ip_up, "/a"));
  scripts->run(2, run_of(ScriptKind::ip_up, "/b"));
  scripts->run(3, run_of(ScriptKind::ip_up, "/c"));
  host.end(0, 7);
  host.end(1, 256 + 9);
  host.end(2, -2);
  EXPECT_EQ(host.lines, (std::vector<std::string>{"/a: exit status 7", "/b: ended by signal 9",
                                                  "/c: cannot be run: No such file or directory"}));
}

TEST_F(PppScripts, ThatDoNotEndAreStopped) {
  scripts->run(1, run_of(ScriptKind::ip_up));
  scripts->run(1, run_of(ScriptKind::ip_down));
  host.pass(Scripts::time_max_ms);
  EXPECT_TRUE(host.children[0]->left);
  EXPECT_TRUE(host.logged("/x: has not ended after 60 s: it is stopped"));
  EXPECT_EQ(host.children.size(), 2U) << "what waited for it goes on";
}

TEST_F(PppScripts, ThatCannotBeStartedDoNotKeepOthersWaiting) {
  host.spawn_busy = true;
  scripts->run(1, run_of(ScriptKind::ip_up));
  EXPECT_EQ(scripts->running(), 0U);
  EXPECT_TRUE(host.logged("/x: is not run"));
  host.spawn_busy = false;
  scripts->run(1, run_of(ScriptKind::ip_up));
  EXPECT_EQ(scripts->running(), 1U);
}

TEST_F(PppScripts, ThatRunWhenTheShardEndsAreLeftToTheDaemon) {
  scripts->run(1, run_of(ScriptKind::ip_up));
  scripts.reset();
  EXPECT_TRUE(host.children[0]->left);
}

} // namespace
} // namespace openl2tp::ppp_kernel
