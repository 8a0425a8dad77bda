// Bearers of outgoing calls: what a plugin that places them may report, and what happens to one that lies.
#include <gtest/gtest.h>

#include <string_view>

#include "tests/unit/runtime/plugin/fake_shard.hpp"
#include "tests/unit/runtime/plugin/plugin_files.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using testing::CapturedLog;
using testing::FakeShard;
using testing::test_plugin;
using Kind = PluginEvent::Kind;

// The plugin "bearer" does to a call what its called number says: tests/abi/plugins/bearer.c has the list.
class HostBearers : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(plugins_.load(test_plugin("bearer")));
    ASSERT_TRUE(host_.start({}));
  }
  void TearDown() override { host_.stop(); }

  tl::expected<void, openl2tp_status> open(std::string_view number) {
    openl2tp_bearer_params params{};
    params.struct_size = sizeof params;
    params.tunnel_id = key_.tunnel.value;
    params.session_id = key_.session.value;
    params.minimum_bps = 9600;
    params.maximum_bps = 64000;
    params.framing_type = OPENL2TP_FRAMING_ASYNC;
    params.bearer_type = OPENL2TP_BEARER_ANALOG;
    params.called_number = number.data();
    params.called_number_length = number.size();
    params.sub_address = "12";
    params.sub_address_length = 2;
    key_.turn = host_.next_turn();
    shard_.alive = {key_};
    return host_.open_bearer(key_, params);
  }
  void close(std::uint16_t result) {
    shard_.alive.clear();
    host_.close(key_.tunnel, key_.session, result);
  }
  /// The only event that was reported.
  PluginEvent event() {
    auto events = host_.take_events();
    EXPECT_EQ(events.size(), 1u);
    return events.empty() ? PluginEvent{} : events.front();
  }
  bool logged(std::string_view part) {
    host_.stop();
    return captured_.has(part);
  }

  CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
  FakeShard shard_;
  PluginHost host_{plugins_, shard_, 0, 1};
  SessionKey key_{{7}, {9}, 0};
};

TEST_F(HostBearers, APluginGetsWhatTheOcrqAskedFor) {
  ASSERT_TRUE(open("silent"));
  EXPECT_TRUE(logged("open tunnel 7 session 9 number silent sub 12 speed 9600 to 64000 framing 2 bearer 2 size " +
                     std::to_string(sizeof(openl2tp_bearer_params))));
}

TEST_F(HostBearers, AnAnswerFromInsideOpenComesOutWithItsSpeeds) {
  ASSERT_TRUE(open("now"));
  const PluginEvent answer = event();
  EXPECT_EQ(answer.kind, Kind::bearer_up);
  EXPECT_EQ(answer.key, key_);
  EXPECT_EQ(answer.tx_bps, 64000u);
  EXPECT_EQ(answer.rx_bps, 56000u);
  EXPECT_TRUE(logged("plugin bearer: now 0"));
}

TEST_F(HostBearers, AFailureCarriesItsReason) {
  ASSERT_TRUE(open("inside"));
  const PluginEvent failure = event();
  EXPECT_EQ(failure.kind, Kind::bearer_failed);
  EXPECT_EQ(failure.reason, (protocol::Reason{9, 0, "no dial tone"}));
}

TEST_F(HostBearers, ABearerIsClosedOnceWithTheResultOfTheCdn) {
  ASSERT_TRUE(open("silent"));
  close(3);
  close(4);
  EXPECT_TRUE(logged("plugin bearer: close number silent result 3"));
  EXPECT_FALSE(captured_.has("result 4"));
}

TEST_F(HostBearers, WhatIsOpenWhenTheShardStopsIsClosed) {
  ASSERT_TRUE(open("silent"));
  EXPECT_TRUE(logged("plugin bearer: close number silent result 0"));
}

TEST_F(HostBearers, AnAnswerToACallThatWasClearedIsLeftOut) {
  ASSERT_TRUE(open("now"));
  close(3);
  EXPECT_TRUE(host_.take_events().empty());
}

TEST_F(HostBearers, WhatAFailedOpenReportedDoesNotCountAndNothingIsClosed) {
  const auto opened = open("refuse");
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error(), OPENL2TP_E_BUSY);
  EXPECT_FALSE(host_.has_events());
  close(5);
  EXPECT_TRUE(logged("plugin bearer: up 0"));
  EXPECT_FALSE(captured_.has("close number"));
}

TEST_F(HostBearers, APositiveStatusIsAFailureAndNamed) {
  EXPECT_FALSE(open("positive"));
  EXPECT_TRUE(logged("open of a bearer for tunnel 7 session 9 returned 7: a status is 0 or negative"));
}

TEST_F(HostBearers, ASecondAnswerIsRefusedAndNamedAndTheFirstCounts) {
  ASSERT_TRUE(open("twice"));
  EXPECT_EQ(event().kind, Kind::bearer_up);
  EXPECT_EQ(host_.counters().rules_broken, 1u);
  EXPECT_TRUE(logged("plugin bearer: again -6"));
  EXPECT_TRUE(captured_.has("bearer_up for tunnel 7 session 9 after an answer: a bearer is answered once"));
}

TEST_F(HostBearers, AnAnsweredOneMayBeLostOnceAndIsNotAnsweredAgain) {
  ASSERT_TRUE(open("undone"));
  const auto events = host_.take_events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, Kind::bearer_up);
  EXPECT_EQ(events[1].kind, Kind::bearer_failed);
  EXPECT_EQ(events[1].reason.result, 1);
  EXPECT_EQ(host_.counters().rules_broken, 2u);
  EXPECT_TRUE(logged("plugin bearer: failed again -6"));
  EXPECT_TRUE(captured_.has("plugin bearer: up again -6"));
  EXPECT_TRUE(captured_.has("bearer_failed for tunnel 7 session 9 a second time"));
}

TEST_F(HostBearers, AFailureNeedsAResultCode) {
  ASSERT_TRUE(open("zero"));
  EXPECT_FALSE(host_.has_events());
  EXPECT_TRUE(logged("plugin bearer: zero -1"));
  EXPECT_TRUE(captured_.has("bearer_failed for tunnel 7 session 9 with result code 0"));
}

TEST_F(HostBearers, AnUnknownTokenIsRefusedAndNamed) {
  ASSERT_TRUE(open("stranger"));
  EXPECT_FALSE(host_.has_events());
  EXPECT_TRUE(logged("plugin bearer: stranger -5"));
  EXPECT_TRUE(captured_.has("bearer_up with unknown token 0x"));
}

TEST_F(HostBearers, ATokenIsDeadInsideClose) {
  ASSERT_TRUE(open("late"));
  close(1);
  EXPECT_FALSE(host_.has_events());
  EXPECT_TRUE(logged("plugin bearer: late -5"));
}

TEST_F(HostBearers, AnAnswerFromAnotherThreadIsRefusedAndNamed) {
  ASSERT_TRUE(open("elsewhere"));
  EXPECT_FALSE(host_.has_events());
  EXPECT_TRUE(logged("plugin bearer: elsewhere -7"));
  EXPECT_TRUE(captured_.has("bearer_up for tunnel 7 session 9 called on a thread that is no shard"));
}

TEST(PluginSetBearers, APluginThatPlacesCallsIsFound) {
  CapturedLog captured;
  PluginSet plugins(captured.log());
  EXPECT_EQ(plugins.bearer_provider(), nullptr);
  ASSERT_TRUE(plugins.load(test_plugin("bearer")));
  ASSERT_NE(plugins.bearer_provider(), nullptr);
  EXPECT_EQ(plugins.bearer_provider()->name(), "bearer");
  FakeShard shard;
  PluginHost host(plugins, shard, 0, 1);
  EXPECT_TRUE(host.places_calls());
}

} // namespace
} // namespace openl2tp::runtime
