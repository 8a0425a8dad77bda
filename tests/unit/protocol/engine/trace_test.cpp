// What the engine offers to the trace: nothing while it is off, each category with its bit, and never a secret.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

/// Keeps a copy of everything that an event shows.
class KeepingSink final : public TraceSink {
 public:
  struct Kept {
    TraceMask category;
    TunnelId tunnel;
    SessionId session;
    bool warning;
    std::string text; // every word and octet in it
  };
  std::vector<Kept> events;

  void trace(const TraceEvent& event) override {
    std::string text;
    if (const auto* message = std::get_if<MessageTrace>(&event.what))
      text = (message->direction == Direction::sent ? "> " : "< ") + std::string(message->message);
    else if (const auto* step = std::get_if<TransitionTrace>(&event.what))
      text = std::string(step->machine) + " " + std::string(step->from) + " " + std::string(step->event) + " " +
             std::string(step->to);
    else if (const auto* avp = std::get_if<AvpTrace>(&event.what))
      text = std::to_string(avp->attribute) + "=" +
             std::string(reinterpret_cast<const char*>(avp->value.data()), avp->value.size());
    else if (const auto* note = std::get_if<NoteTrace>(&event.what))
      text = note->text;
    events.push_back({event.category, event.tunnel, event.session, event.warning, text});
  }
  [[nodiscard]] std::vector<std::string> texts(TraceMask category) const {
    std::vector<std::string> found;
    for (const Kept& event : events)
      if (event.category == category) found.push_back(event.text);
    return found;
  }
  [[nodiscard]] bool shows(std::string_view octets) const {
    return std::ranges::any_of(events, [&](const Kept& event) { return event.text.find(octets) != std::string::npos; });
  }
};

struct Trace : testing::Test {
  KeepingSink sink;
  Bench bench{{}, &sink};
  RawPeer peer{bench};
  std::uint16_t call = 0;

  void SetUp() override {
    if (!trace::built_in) GTEST_SKIP() << "this build has no trace";
  }
  /// A tunnel and a call, with HELLO and a repeated message; the end of both.
  void live() {
    peer.establish();
    peer.send(an_icrq(5));
    call = bench.last<SessionCreated>().session.value;
    peer.send(an_iccn(), call);
    peer.send(Hello{});
    peer.repeat();
    peer.acknowledge();
    peer.send(a_cdn(5), call);
    peer.send(a_stopccn(peer.id));
  }
  [[nodiscard]] bool only(TraceMask mask) const {
    return !sink.events.empty() &&
           std::ranges::all_of(sink.events, [&](const auto& event) { return event.category == mask; });
  }
};

TEST_F(Trace, IsNotOfferedAnythingAtMaskZero) {
  live();
  EXPECT_EQ(sink.events.size(), 0u);
}

TEST_F(Trace, OfMessagesShowsThemInOrder) {
  bench.engine.set_system_trace(trace::protocol);
  live();
  EXPECT_TRUE(only(trace::protocol));
  const std::vector<std::string> expected{"< SCCRQ", "> SCCRP", "< SCCCN", "< ICRQ", "> ICRP",
                                          "< ICCN",  "< HELLO", "< HELLO", "< CDN",  "< StopCCN"};
  EXPECT_EQ(sink.texts(trace::protocol), expected);
}

TEST_F(Trace, OfStateChangesNamesTunnelAndSession) {
  bench.engine.set_system_trace(trace::fsm);
  live();
  EXPECT_TRUE(only(trace::fsm));
  EXPECT_EQ(sink.texts(trace::fsm).front(), "tunnel idle sccrq_ok wait_ctl_conn");
  EXPECT_EQ(sink.texts(trace::fsm).back(), "tunnel established stopccn idle");
  const auto of_call = std::ranges::find_if(sink.events, [](const auto& event) { return bool(event.session); });
  ASSERT_NE(of_call, sink.events.end());
  EXPECT_EQ(of_call->session.value, call);
  EXPECT_EQ(of_call->tunnel, peer.tunnel());
}

TEST_F(Trace, OfAvpsShowsNoValues) {
  bench.engine.set_system_trace(trace::avp);
  live();
  EXPECT_TRUE(only(trace::avp));
  EXPECT_TRUE(std::ranges::all_of(sink.events, [](const auto& event) { return event.text.ends_with("="); }));
}

TEST_F(Trace, OfAvpDataShowsValues) {
  bench.engine.set_system_trace(trace::avp_data);
  peer.establish();
  Icrq request = an_icrq(5);
  request.called_number = "5551234";
  peer.send(request);
  EXPECT_TRUE(only(trace::avp_data));
  EXPECT_TRUE(sink.shows("21=5551234"));
}

TEST_F(Trace, OfTransportShowsZlbsAndRepetitions) {
  bench.engine.set_system_trace(trace::transport);
  live();
  EXPECT_TRUE(only(trace::transport));
  EXPECT_TRUE(sink.shows("> ZLB"));
  EXPECT_TRUE(sink.shows("< ZLB"));
}

TEST_F(Trace, OfHidingShowsWhichAvpWasHiddenAndNotItsValue) {
  bench.policy.tunnel->secret = Secret("sesame");
  bench.engine.set_system_trace(trace::avp_hide);
  peer.establish();
  Icrq request = an_icrq(5);
  request.called_number = "5551234";
  SeededRandom random(3);
  const Secret secret("sesame");
  peer.send_body(body_of(request, {.hide = true, .secret = secret.octets(), .random = &random}));
  EXPECT_TRUE(only(trace::avp_hide));
  EXPECT_TRUE(sink.shows("21="));
  EXPECT_FALSE(sink.shows("5551234"));
}

TEST_F(Trace, CanBeSwitchedOnForOneTunnelAlone) {
  bench.policy.tunnel->trace = trace::fsm;
  peer.establish();
  bench.policy.tunnel = PlainPolicy::default_tunnel();
  RawPeer quiet(bench, 101);
  quiet.establish();
  EXPECT_TRUE(only(trace::fsm));
  EXPECT_TRUE(std::ranges::all_of(sink.events, [&](const auto& event) { return event.tunnel == peer.tunnel(); }));
}

TEST_F(Trace, CanBeSwitchedOnForOneCallAlone) {
  bench.policy.session->trace = trace::fsm;
  live();
  EXPECT_TRUE(only(trace::fsm));
  EXPECT_TRUE(std::ranges::all_of(sink.events, [&](const auto& event) { return event.session.value == call; }));
}

TEST_F(Trace, NeverShowsSecretsChallengesOrHiddenValues) {
  bench.policy.tunnel->secret = Secret("sesame");
  bench.policy.tunnel->auth_mode = AuthMode::challenge;
  bench.policy.tunnel->hide_avps = true;
  bench.engine.set_system_trace(trace::all);
  SeededRandom random(3);
  const Secret secret("sesame");
  const Bytes challenge = octets_of("the peer's challenge");
  Sccrq request = peer.sccrq();
  request.challenge = Octets(challenge);
  peer.send(request);
  const Bytes vector = *bench.newest(MessageType::sccrp).value(36); // ours is hidden with it
  ChallengeResponse wrong;
  std::ranges::copy(octets_of("sixteen octets !"), wrong.begin());
  Scccn connected{wrong};
  peer.send(connected);

  RawPeer second(bench, 101);
  bench.policy.tunnel->auth_mode = AuthMode::none;
  second.establish();
  Icrq icrq = an_icrq(5);
  icrq.calling_number = "hidden number";
  second.send_body(body_of(icrq, {.hide = true, .secret = secret.octets(), .random = &random}));
  Iccn iccn = an_iccn();
  const Bytes password = octets_of("proxy password");
  iccn.proxy.authen_type = 3;
  iccn.proxy.authen_response = Octets(password);
  second.send(iccn, bench.last<SessionCreated>().session.value);

  EXPECT_GT(sink.events.size(), 20u);
  for (const std::string_view hidden :
       {std::string_view("sesame"), std::string_view("the peer's challenge"), std::string_view("sixteen octets !"),
        std::string_view("hidden number"), std::string_view("proxy password"),
        std::string_view(reinterpret_cast<const char*>(vector.data()), vector.size())})
    EXPECT_FALSE(sink.shows(hidden)) << hidden;
}

TEST_F(Trace, WarnsAtMaskZeroAboutBrokenPeersButAtMostTenTimesASecond) {
  peer.establish();
  for (int i = 0; i < 100; ++i)
    peer.send(without(Wen{}, 34), 9);
  EXPECT_EQ(sink.events.size(), 10u);
  EXPECT_TRUE(std::ranges::all_of(sink.events, [](const auto& event) { return event.warning; }));
  bench.pass(Duration{1000});
  peer.send(without(Wen{}, 34), 9);
  EXPECT_EQ(sink.events.size(), 11u);
}

} // namespace
} // namespace openl2tp::protocol::test
