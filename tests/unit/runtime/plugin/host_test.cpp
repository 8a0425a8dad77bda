#include "runtime/plugin/host.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/plugin/crash_note.hpp"
#include "tests/unit/runtime/plugin/fake_shard.hpp"
#include "tests/unit/runtime/plugin/plugin_files.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::SessionId;
using protocol::TunnelId;
using testing::CapturedLog;
using testing::FakeShard;
using testing::test_plugin;

// The plugin "scripted" does to a session what its id says: tests/abi/bad_plugins/scripted.c has the list.
class PluginHostTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const auto loaded = plugins_.load(test_plugin("scripted"));
    ASSERT_TRUE(loaded) << loaded.error();
    const auto started = host_.start({});
    ASSERT_TRUE(started) << started.error();
  }
  void TearDown() override { host_.stop(); }

  auto open_on(PluginHost& host, TunnelId tunnel, std::uint16_t session) {
    openl2tp_ppp_params params{};
    params.struct_size = sizeof params;
    params.tunnel_id = tunnel.value;
    params.session_id = session;
    const SessionKey key{tunnel, {session}, host.next_turn()};
    shard_.alive.push_back(key);
    return host.open(key, *host_.choose(params, "default"), params);
  }
  auto open(std::uint16_t session) { return open_on(host_, {7}, session); }
  void close(std::uint16_t session, std::uint16_t result) {
    std::erase_if(shard_.alive, [session](const SessionKey& key) { return key.session.value == session; });
    host_.close({7}, {session}, result);
  }
  bool logged(std::string_view part) {
    host_.stop();
    return captured_.has(part);
  }

  CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
  FakeShard shard_;
  PluginHost host_{plugins_, shard_, 3, 20};
};

TEST_F(PluginHostTest, AnOpenedSessionIsClosedOnce) {
  ASSERT_TRUE(open(1));
  EXPECT_EQ(host_.open_sessions(), 1u);
  close(1, 3);
  close(1, 3);
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
  EXPECT_EQ(events[0].kind, PluginEvent::Kind::ppp_up);
  EXPECT_EQ(events[0].key.tunnel, TunnelId{7});
  EXPECT_EQ(events[0].key.session, SessionId{2});
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
  EXPECT_EQ(events[0].kind, PluginEvent::Kind::ppp_down);
  EXPECT_EQ(events[0].reason.result, 1);
  EXPECT_TRUE(logged("ppp_up for tunnel 7 session 5 after ppp_down"));
}

TEST_F(PluginHostTest, APositiveStatusIsAFailureAndNamed) {
  EXPECT_FALSE(open(6));
  EXPECT_TRUE(logged("open for tunnel 7 session 6 returned 1: a status is 0 or negative"));
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
  close(9, 1);
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
  close(2, 1);
  EXPECT_TRUE(host_.take_events().empty());
}

TEST_F(PluginHostTest, AFrameSentFromInsideCloseIsLostWithoutAComplaint) {
  ASSERT_TRUE(open(19));
  close(19, 1);
  EXPECT_EQ(host_.counters().rules_broken, 0u);
  EXPECT_EQ(host_.counters().frames_sent, 0u);
  EXPECT_TRUE(logged("plugin scripted: goodbye 0"));
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

TEST_F(PluginHostTest, ACallThatBlocksIsNamedWithItsTime) {
  ASSERT_TRUE(open(13));
  EXPECT_EQ(host_.counters().slow_calls, 1u);
  EXPECT_TRUE(logged("plugin scripted: open of openl2tp.ppp/1 took 1"));
  EXPECT_TRUE(captured_.has("it must not block, every session of its shard waited"));
}

TEST_F(PluginHostTest, APhaseIsKeptWithoutAnEventAndAStrangeOneRefused) {
  ASSERT_TRUE(open(17));
  ASSERT_NE(host_.facts({7}, {17}), nullptr);
  EXPECT_EQ(host_.facts({7}, {17})->phase, OPENL2TP_PPP_PHASE_AUTHENTICATING);
  EXPECT_TRUE(host_.take_events().empty());
  EXPECT_TRUE(logged("facts of tunnel 7 session 17 give phase 77, 1 to 5 are known"));
  EXPECT_TRUE(captured_.has("plugin scripted: phase 0"));
}

TEST_F(PluginHostTest, UpIsAPhaseByItself) {
  ASSERT_TRUE(open(18));
  ASSERT_NE(host_.facts({7}, {18}), nullptr);
  EXPECT_EQ(host_.facts({7}, {18})->phase, OPENL2TP_PPP_PHASE_UP);
}

TEST_F(PluginHostTest, FactsAreKeptAndStrangeOnesRefused) {
  ASSERT_TRUE(open(14));
  const PppFacts* facts = host_.facts({7}, {14});
  ASSERT_NE(facts, nullptr);
  EXPECT_EQ(facts->interface_name, "ppp7");
  EXPECT_EQ(facts->user_name, "someone");
  ASSERT_TRUE(facts->peer_ipv4);
  EXPECT_EQ((*facts->peer_ipv4)[3], 9);
  EXPECT_FALSE(facts->unit);
  EXPECT_TRUE(host_.ppp_is_up({7}, {14}));
  const auto events = host_.take_events();
  ASSERT_EQ(events.size(), 2u);
  EXPECT_EQ(events[0].kind, PluginEvent::Kind::ppp_facts);
  EXPECT_EQ(events[1].kind, PluginEvent::Kind::ppp_up);
  EXPECT_TRUE(logged("facts of tunnel 7 session 14 give 0x8000"));
  EXPECT_TRUE(captured_.has("strange -1"));
}

// However a plugin alternates between its sessions, what waits is bounded by them.
TEST_F(PluginHostTest, ReportsOfManySessionsThatAlternateAreMerged) {
  std::vector<SessionKey> keys;
  for (std::uint16_t session = 100; session < 103; ++session) {
    ASSERT_TRUE(open(session));
    keys.push_back(shard_.alive.back());
  }
  openl2tp_host& host = *plugins_.plugins()[0]->host;
  const openl2tp_host_ops& ops = host_services();
  openl2tp_ppp_facts facts{};
  facts.struct_size = sizeof facts;
  facts.given = OPENL2TP_PPP_KNOWN_MTU;
  for (std::uint32_t round = 0; round < 1000; ++round)
    for (const SessionKey& key : keys) {
      EXPECT_EQ(ops.ppp_update(&host, token_of(key), &facts), OPENL2TP_OK);
      EXPECT_EQ(ops.ppp_accm(&host, token_of(key), round, 1), OPENL2TP_OK);
      const std::string why = "round " + std::to_string(round);
      EXPECT_EQ(ops.session_close(&host, token_of(key), 3, 0, why.data(), why.size()), OPENL2TP_OK);
    }
  const auto events = host_.take_events();
  EXPECT_EQ(events.size(), 9U);
  for (const PluginEvent& event : events) {
    if (event.kind == PluginEvent::Kind::ppp_accm) EXPECT_EQ(event.accm.send, 999U) << "the newest counts";
    if (event.kind == PluginEvent::Kind::close) EXPECT_EQ(event.reason.text, "round 0") << "the first counts";
  }
  EXPECT_EQ(host_.counters().reports_merged, 999U * 9);
  EXPECT_EQ(ops.ppp_update(&host, token_of(keys[0]), &facts), OPENL2TP_OK);
  EXPECT_EQ(host_.take_events().size(), 1U) << "what comes later is news again";
}

TEST_F(PluginHostTest, ReportsFromARefusedOpenDoNotHoldBackLaterOnes) {
  EXPECT_FALSE(open(20)); // closes itself, then refuses
  EXPECT_FALSE(host_.has_events());
  ASSERT_TRUE(open(16)); // closes itself
  EXPECT_EQ(host_.take_events().size(), 1U);
}

TEST_F(PluginHostTest, FramesLeaveUntilOneIsWrong) {
  ASSERT_TRUE(open(15));
  ASSERT_EQ(shard_.frames.size(), 1u);
  EXPECT_EQ(shard_.frames[0].size(), 3u);
  EXPECT_EQ(host_.counters().frames_sent, 1u);
  EXPECT_TRUE(logged("ppp_send for tunnel 7 session 15 of 0 octets"));
  EXPECT_TRUE(captured_.has("sent 1"));
}

TEST_F(PluginHostTest, APluginTracesWhatIsOnAndMayAskForTheEnd) {
  shard_.mask = OPENL2TP_TRACE_PPP;
  ASSERT_TRUE(open(16));
  ASSERT_EQ(shard_.traced.size(), 1u);
  EXPECT_EQ(shard_.traced[0], "scripted: one\\x0atwo");
  const auto events = host_.take_events();
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].kind, PluginEvent::Kind::close);
  EXPECT_EQ(events[0].reason, (protocol::Reason{3, 0, "enough"}));
  EXPECT_TRUE(logged("mask 1024"));
}

TEST_F(PluginHostTest, TwoShardsOfOneThreadKeepTheirSessionsApart) {
  PluginHost other(plugins_, shard_, 4, 20);
  ASSERT_TRUE(other.start({}));
  ASSERT_TRUE(open_on(other, {8}, 2));
  EXPECT_FALSE(host_.has_events());
  EXPECT_EQ(other.take_events().size(), 1u);
  other.stop();
}

TEST(PluginHost, AShardThatAPluginCannotServeDoesNotStart) {
  CapturedLog captured;
  PluginSet plugins(captured.log());
  ASSERT_TRUE(plugins.load(test_plugin("scripted")));
  FakeShard shard;
  PluginHost host(plugins, shard, 13, 20);
  const auto started = host.start({});
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error(), "plugin scripted: shard_start failed with status -8");
}

class OtherPluginTest : public ::testing::Test {
 protected:
  void start(const std::string& name) {
    ASSERT_TRUE(plugins_.load(test_plugin(name)));
    ASSERT_TRUE(host_.start({}));
  }
  tl::expected<void, openl2tp_status> open(std::uint16_t session) {
    openl2tp_ppp_params params{};
    params.struct_size = sizeof params;
    params.session_id = session;
    const SessionKey key{{7}, {session}, host_.next_turn()};
    return host_.open(key, *host_.choose(params, "default"), params);
  }

  CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
  FakeShard shard_;
  PluginHost host_{plugins_, shard_, 0, 1};
};

TEST_F(OtherPluginTest, APluginMadeForTheFirstReleaseRuns) {
  start("v1_0"); // the scripted one, against the headers of 1.0
  ASSERT_TRUE(open(14));
  EXPECT_TRUE(host_.ppp_is_up({7}, {14}));
  ASSERT_NE(host_.facts({7}, {14}), nullptr);
  EXPECT_EQ(host_.facts({7}, {14})->interface_name, "ppp7");
  ASSERT_TRUE(open(11));
  EXPECT_EQ(host_.counters().down, 1u);
  host_.stop();
  EXPECT_EQ(host_.counters().closed, 2u);
}

TEST_F(OtherPluginTest, WhatThrowsIsCaughtNamedAndFails) {
  start("throws");
  EXPECT_EQ(open(1).error(), OPENL2TP_E_FAILED);
  ASSERT_TRUE(open(2));
  host_.close({7}, {2}, 1);
  openl2tp_session_request request{};
  request.struct_size = sizeof request;
  const auto judged = host_.judge(request);
  ASSERT_FALSE(judged); // a policy that cannot tell must not let in
  EXPECT_EQ(judged.error().reason.result, 3);
  host_.stop();
  EXPECT_TRUE(captured_.has("plugin throws: open of openl2tp.ppp/1 threw an exception"));
  EXPECT_TRUE(captured_.has("plugin throws: close of openl2tp.ppp/1 threw an exception"));
  EXPECT_TRUE(captured_.has("plugin throws: session of openl2tp.policy/1 threw an exception"));
}

TEST(PluginDeathTest, ACrashNamesThePluginAndTheFunction) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        install_crash_note(false);
        CapturedLog captured;
        PluginSet plugins(captured.log());
        if (!plugins.load(test_plugin("crashes"))) std::exit(3);
        FakeShard shard;
        PluginHost host(plugins, shard, 0, 1);
        if (!host.start({})) std::exit(4);
        openl2tp_ppp_params params{};
        params.struct_size = sizeof params;
        static_cast<void>(host.open({{7}, {1}, 1}, *host.choose(params, "default"), params));
      },
      "signal 11 inside plugin crashes, function open of openl2tp.ppp/1");
}

TEST_F(PluginHostTest, APluginMayWishForAnotherOfItsDataPathsAlone) {
  static constexpr std::array<std::uint32_t, 2> paths{OPENL2TP_DATA_PATH_KERNEL, OPENL2TP_DATA_PATH_FRAMES};
  Plugin wishing;
  wishing.ops = plugins_.plugins()[0]->ops;
  wishing.number = plugins_.plugins()[0]->number;
  wishing.ppp = *plugins_.plugins()[0]->ppp;
  wishing.ppp->data_paths = paths.data();
  wishing.ppp->data_path_count = paths.size();
  wishing.host = std::make_unique<openl2tp_host>(captured_.log(), "scripted");
  openl2tp_ppp_params params{};
  EXPECT_EQ(host_.wished_data_path(wishing, params), std::nullopt) << "it does not choose";
  wishing.ppp->choose_data_path = [](openl2tp_shard*, const openl2tp_ppp_params* of) -> std::uint32_t {
    return of->session_id;
  };
  params.session_id = OPENL2TP_DATA_PATH_FRAMES;
  EXPECT_EQ(host_.wished_data_path(wishing, params), OPENL2TP_DATA_PATH_FRAMES);
  EXPECT_EQ(host_.counters().rules_broken, 0U);
  params.session_id = OPENL2TP_DATA_PATH_NONE;
  EXPECT_EQ(host_.wished_data_path(wishing, params), std::nullopt) << "not one of its own";
  EXPECT_EQ(host_.counters().rules_broken, 1U);
  EXPECT_TRUE(logged("plugin scripted: choose_data_path answered 0: it must be one of the plugin's own data paths"));
}

// What a PPP provider may answer with, each wrong in one way.
TEST_F(PluginHostTest, AnswersThatAreNoneAreNamed) {
  ASSERT_TRUE(open(1));
  const SessionKey key = shard_.alive.back();
  openl2tp_ppp_ops& ppp = *plugins_.plugins()[0]->ppp;
  openl2tp_ppp_params params{};
  params.struct_size = sizeof params;
  ppp.accept = [](openl2tp_shard*, const openl2tp_ppp_params*) { return openl2tp_status{7}; };
  EXPECT_NE(host_.choose(params, "default"), nullptr) << "anything but UNSUPPORTED means yes";
  ppp.modify = [](openl2tp_ppp*, const openl2tp_ppp_params*) { return openl2tp_status{8}; };
  host_.modify(key, params);
  ppp.stats = [](openl2tp_ppp*, openl2tp_ppp_stats*) { return openl2tp_status{9}; };
  EXPECT_FALSE(host_.stats(key.tunnel, key.session));
  ppp.stats = [](openl2tp_ppp*, openl2tp_ppp_stats* out) {
    out->given = 0x10;
    return openl2tp_status{OPENL2TP_OK};
  };
  EXPECT_FALSE(host_.stats(key.tunnel, key.session));
  EXPECT_EQ(host_.counters().rules_broken, 4U);
  EXPECT_TRUE(logged("plugin scripted: accept returned 7: a status is 0 or negative"));
  EXPECT_TRUE(captured_.has("plugin scripted: modify returned 8: a status is 0 or negative"));
  EXPECT_TRUE(captured_.has("plugin scripted: stats returned 9: a status is 0 or negative"));
  EXPECT_TRUE(captured_.has("plugin scripted: stats give 0x10, this daemon knows 0x3"));
}

// What a policy may answer with, each wrong in one way: what it judged is refused.
TEST_F(PluginHostTest, APolicyThatAnswersWronglyRefuses) {
  std::optional<openl2tp_policy_ops>& policy = plugins_.plugins()[0]->policy;
  policy.emplace();
  openl2tp_tunnel_request request{};
  request.struct_size = sizeof request;
  policy->tunnel = [](openl2tp_shard*, const openl2tp_tunnel_request*, openl2tp_refusal*) {
    return openl2tp_status{5};
  };
  EXPECT_FALSE(host_.judge(request)) << "a positive status";
  policy->tunnel = [](openl2tp_shard*, const openl2tp_tunnel_request*, openl2tp_refusal*) {
    return openl2tp_status{OPENL2TP_E_BUSY};
  };
  EXPECT_FALSE(host_.judge(request)) << "a failure";
  policy->tunnel = [](openl2tp_shard*, const openl2tp_tunnel_request*, openl2tp_refusal* out) {
    std::fill(std::begin(out->message), std::end(out->message), 'x'); // no NUL
    out->struct_size = 0xffffffff;
    return openl2tp_status{OPENL2TP_E_REFUSED};
  };
  const auto judged = host_.judge(request);
  ASSERT_FALSE(judged);
  EXPECT_EQ(judged.error().reason.text, std::string(sizeof(openl2tp_refusal::message), 'x'));
  EXPECT_TRUE(logged("plugin scripted: tunnel of openl2tp.policy/1 failed with status 5: what it judged is refused"));
  EXPECT_TRUE(captured_.has("plugin scripted: tunnel of openl2tp.policy/1 failed with status -4"));
}

TEST(PluginHost, WithoutAPppPluginNobodyTakesASession) {
  CapturedLog captured;
  PluginSet plugins(captured.log());
  FakeShard shard;
  PluginHost host(plugins, shard, 0, 1);
  ASSERT_TRUE(host.start({}));
  openl2tp_ppp_params params{};
  EXPECT_EQ(host.choose(params, "default"), nullptr);
  host.stop();
}

} // namespace
} // namespace openl2tp::runtime
