#include "runtime/plugin/host.hpp"

#include <gtest/gtest.h>

#include "tests/unit/runtime/plugin/plugin_files.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::SessionId;
using protocol::TunnelId;
using testing::CapturedLog;
using testing::test_plugin;

// The plugin "scripted" does to a session what its id says: tests/abi/bad_plugins/scripted.c has the list.
class PluginHostTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto loaded = plugins_.load(test_plugin("scripted"));
    ASSERT_TRUE(loaded) << loaded.error();
    const auto started = host_.start();
    ASSERT_TRUE(started) << started.error();
  }
  void TearDown() override { host_.stop(); }

  auto open(std::uint16_t session) {
    return host_.open({.tunnel = {7}, .session = {session}, .peer_tunnel = {70}, .peer_session = {90}});
  }
  bool logged(std::string_view part) {
    host_.stop();
    return captured_.has(part);
  }

  CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
  PluginHost host_{plugins_, captured_.log(), 3};
};

TEST_F(PluginHostTest, AnOpenedSessionIsClosedOnce) {
  ASSERT_TRUE(open(1));
  EXPECT_EQ(host_.open_sessions(), 1u);
  host_.close({7}, {1}, 3);
  host_.close({7}, {1}, 3);
  EXPECT_EQ(host_.open_sessions(), 0u);
  EXPECT_EQ(host_.counters().closed, 1u);
  EXPECT_TRUE(logged("plugin scripted: close 3"));
}

TEST_F(PluginHostTest, StoppingClosesWhatIsOpenAndThenTheShard) {
  ASSERT_TRUE(open(1));
  host_.stop();
  const auto& lines = captured_.take();
  ASSERT_GE(lines.size(), 2u);
  EXPECT_EQ(lines[lines.size() - 2].second, "plugin scripted: close 0");
  EXPECT_EQ(lines.back().second, "plugin scripted: shard_stop 3");
}

TEST_F(PluginHostTest, AReportFromInsideOpenComesOutAfterwards) {
  ASSERT_TRUE(open(2));
  ASSERT_TRUE(host_.has_events());
  const auto events = host_.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, PppEvent::Kind::up);
  EXPECT_EQ(events[0].tunnel, TunnelId{7});
  EXPECT_EQ(events[0].session, SessionId{2});
  EXPECT_FALSE(host_.has_events());
}

TEST_F(PluginHostTest, ReportingUpTwiceCountsOnceAndIsNamed) {
  ASSERT_TRUE(open(3));
  EXPECT_EQ(host_.take_events().size(), 1u);
  EXPECT_EQ(host_.counters().rules_broken, 1u);
  EXPECT_TRUE(
      logged("plugin scripted: ppp_up for tunnel 7 session 3 a second time: a session is reported up at most once"));
  EXPECT_TRUE(captured_.has("plugin scripted: again -6"));
}

TEST_F(PluginHostTest, ARefusedSessionIsNotOpen) {
  const auto opened = open(4);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), OPENL2TP_E_BUSY);
  EXPECT_EQ(host_.open_sessions(), 0u);
  EXPECT_EQ(host_.counters().refused, 1u);
}

TEST_F(PluginHostTest, UpAfterDownIsNamedAndDownStands) {
  ASSERT_TRUE(open(5));
  const auto events = host_.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, PppEvent::Kind::down);
  EXPECT_EQ(events[0].reason.result, 1);
  EXPECT_TRUE(logged("ppp_up for tunnel 7 session 5 after ppp_down"));
}

TEST_F(PluginHostTest, APositiveStatusIsAFailureAndNamed) {
  EXPECT_FALSE(open(6));
  EXPECT_TRUE(logged("ppp_open for tunnel 7 session 6 returned 1: a status is 0 or negative"));
}

TEST_F(PluginHostTest, AnUnknownTokenIsNamed) {
  ASSERT_TRUE(open(7));
  EXPECT_FALSE(host_.has_events());
  EXPECT_EQ(host_.counters().rules_broken, 1u);
  EXPECT_TRUE(logged("ppp_up with unknown token 0x"));
  EXPECT_TRUE(captured_.has("stranger -5"));
}

TEST_F(PluginHostTest, AReportFromAnotherThreadIsRefusedAndNamed) {
  ASSERT_TRUE(open(8));
  EXPECT_FALSE(host_.has_events());
  EXPECT_TRUE(logged("elsewhere -7"));
  EXPECT_TRUE(captured_.has("called on a thread that is no shard"));
}

TEST_F(PluginHostTest, ATokenIsDeadInsideClose) {
  ASSERT_TRUE(open(9));
  host_.close({7}, {9}, 1);
  EXPECT_FALSE(host_.has_events());
  EXPECT_TRUE(logged("late -5"));
}

TEST_F(PluginHostTest, DownNeedsAResultCode) {
  ASSERT_TRUE(open(10));
  EXPECT_FALSE(host_.has_events());
  EXPECT_TRUE(logged("down -1"));
}

TEST_F(PluginHostTest, DownCarriesItsReason) {
  ASSERT_TRUE(open(11));
  const auto events = host_.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].reason, (protocol::Reason{3, 0, "no money"}));
}

TEST_F(PluginHostTest, ReportsOfAClosedSessionAreLeftOut) {
  ASSERT_TRUE(open(2));
  host_.close({7}, {2}, 1);
  EXPECT_TRUE(host_.take_events().empty());
}

TEST_F(PluginHostTest, ATalkativePluginIsHeldBack) {
  ASSERT_TRUE(open(12));
  host_.stop();
  const auto& lines = captured_.take();
  const auto said = std::count_if(lines.begin(), lines.end(),
                                  [](const auto& l) { return l.second.starts_with("plugin scripted: line "); });
  EXPECT_GE(said, 90);
  EXPECT_LT(said, 300);
}

TEST_F(PluginHostTest, TwoShardsOfOneThreadKeepTheirSessionsApart) {
  PluginHost other(plugins_, captured_.log(), 4);
  ASSERT_TRUE(other.start());
  ASSERT_TRUE(other.open({.tunnel = {8}, .session = {2}, .peer_tunnel = {80}, .peer_session = {90}}));
  EXPECT_FALSE(host_.has_events());
  EXPECT_EQ(other.take_events().size(), 1u);
  other.stop();
}

TEST(PluginHost, AShardThatAPluginCannotServeDoesNotStart) {
  CapturedLog captured;
  PluginSet plugins(captured.log());
  ASSERT_TRUE(plugins.load(test_plugin("scripted")));
  PluginHost host(plugins, captured.log(), 13);
  const auto started = host.start();
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), "plugin scripted: shard_start failed with status -8");
}

TEST(PluginHost, WithoutAPppPluginSessionsAreRefused) {
  CapturedLog captured;
  PluginSet plugins(captured.log());
  PluginHost host(plugins, captured.log(), 0);
  ASSERT_TRUE(host.start());
  EXPECT_FALSE(host.open({.tunnel = {1}, .session = {1}, .peer_tunnel = {1}, .peer_session = {1}}));
  host.stop();
}

} // namespace
} // namespace openl2tp::runtime
