// Every state of a call of each of the four types with every message and command, through a real engine: what is sent
// and reported, in order. RFC 2661 §7.4.1, §7.4.2, §7.5.1, §7.5.2.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

constexpr std::uint16_t peers_call = 500;

struct Scene {
  Bench bench;
  RawPeer peer{bench};
  std::uint16_t call = 0; // the engine's id

  [[nodiscard]] const Session* session() const { return bench.engine.find(peer.tunnel(), SessionId{call}); }
  Lines send(const Message& message) { return peer.send(message, call); }
};

/// A session of ours, of the type that we open.
void open(Scene& scene, SessionType type) {
  auto settings = std::make_shared<SessionSettings>();
  settings->type = type;
  settings->called_number = "5551234";
  scene.call = scene.bench.engine.open_session(scene.peer.tunnel(), settings, std::nullopt, 0, scene.bench.now)->value;
  scene.peer.take();
}

void drive(Scene& scene, SessionType type, SessionState state) {
  RawPeer& peer = scene.peer;
  if (state == SessionState::wait_tunnel) {
    peer.called();
    peer.take();
    open(scene, type);
  } else {
    peer.establish();
    switch (type) {
    case SessionType::unspecified: break;
    case SessionType::lac_incoming:
      open(scene, type);
      if (state == SessionState::established) scene.send(Icrp{.assigned_session_id = peers_call});
      break;
    case SessionType::lns_outgoing:
      open(scene, type);
      if (state != SessionState::wait_reply) scene.send(Ocrp{.assigned_session_id = peers_call});
      if (state == SessionState::established) scene.send(an_occn());
      break;
    case SessionType::lns_incoming:
      peer.send(an_icrq());
      scene.call = scene.bench.last<SessionCreated>().session.value;
      if (state == SessionState::established) scene.send(an_iccn());
      break;
    case SessionType::lac_outgoing:
      peer.send(an_ocrq());
      scene.call = scene.bench.last<SessionCreated>().session.value;
      peer.acknowledge();
      if (state == SessionState::established) {
        ASSERT_TRUE(scene.bench.engine.bearer_up(peer.tunnel(), {scene.call}, {.tx = 64000}, scene.bench.now));
        peer.take();
      }
      break;
    }
    peer.acknowledge();
  }
  ASSERT_NE(scene.session(), nullptr);
  ASSERT_EQ(scene.session()->state(), state);
}

struct Input {
  std::string name;
  std::function<Lines(Scene&)> apply;
};

const std::vector<Input> inputs{
    {"Icrq", [](Scene& s) { return s.send(an_icrq()); }},
    {"Icrp", [](Scene& s) { return s.send(Icrp{.assigned_session_id = peers_call}); }},
    {"Iccn", [](Scene& s) { return s.send(an_iccn()); }},
    {"Ocrq", [](Scene& s) { return s.send(an_ocrq()); }},
    {"Ocrp", [](Scene& s) { return s.send(Ocrp{.assigned_session_id = peers_call}); }},
    {"Occn", [](Scene& s) { return s.send(an_occn()); }},
    {"Cdn", [](Scene& s) { return s.send(a_cdn()); }},
    {"Wen", [](Scene& s) { return s.send(Wen{}); }},
    {"Sli", [](Scene& s) { return s.send(Sli{}); }},
    {"UnknownMandatoryAvp", [](Scene& s) { return s.peer.send(with(Wen{}, {{.attribute = 999}}), s.call); }},
    {"CdnThatIsMalformed", [](Scene& s) { return s.peer.send(without(a_cdn(), 1), s.call); }},
    {"Close",
     [](Scene& s) {
       (void)s.bench.engine.close_session(s.peer.tunnel(), {s.call}, make_reason(CdnResult::administrative),
                                          s.bench.now);
       return s.peer.take();
     }},
    {"BearerUp",
     [](Scene& s) {
       (void)s.bench.engine.bearer_up(s.peer.tunnel(), {s.call}, {.tx = 64000}, s.bench.now);
       return s.peer.take();
     }},
    {"BearerFailed",
     [](Scene& s) {
       (void)s.bench.engine.bearer_failed(s.peer.tunnel(), {s.call}, make_reason(CdnResult::busy), s.bench.now);
       return s.peer.take();
     }},
};

Lines refused(const std::string& code, const std::string& cause = "protocol error") {
  return {"CDN " + code, "session ended: " + cause + " " + code};
}
const Lines unexpected = refused("2/0");
const Lines cleared{"session ended: peer request 3/0"};
const Lines cleared_without_reason{"session ended: peer request 2/0"};
const Lines silently{"session ended: protocol error 2/0"};
const Lines closed = refused("3/0", "local request");

struct Expectation {
  SessionType type;
  std::vector<SessionState> states;
  std::vector<std::string> inputs;
  Lines lines;
};

using enum SessionType;
using enum SessionState;

/// Whatever is not here must be without any visible effect.
const std::vector<Expectation> expectations{
    {lac_incoming, {wait_tunnel}, {"Close"}, {"session ended: local request 3/0"}},
    {lac_incoming, {wait_reply}, {"Icrp"}, {"ICCN", "session up"}},
    {lac_incoming, {wait_reply}, {"Icrq"}, unexpected},
    {lac_incoming, {wait_reply}, {"Iccn"}, silently},
    {lac_incoming, {established}, {"Icrq", "Icrp", "Iccn"}, unexpected},
    {lac_incoming, {wait_reply, established}, {"Cdn"}, cleared},
    {lac_incoming, {wait_reply, established}, {"Close"}, closed},
    {lac_incoming, {wait_reply, established}, {"UnknownMandatoryAvp"}, refused("2/8")},
    {lac_incoming, {established}, {"Sli"}, {"ACCM received"}},

    {lns_incoming, {wait_connect}, {"Iccn"}, {"session up"}},
    {lns_incoming, {wait_connect}, {"Icrq", "Icrp"}, unexpected},
    {lns_incoming, {established}, {"Icrq", "Icrp", "Iccn"}, unexpected},
    {lns_incoming, {wait_connect, established}, {"Cdn"}, cleared},
    {lns_incoming, {wait_connect, established}, {"Close"}, closed},
    {lns_incoming, {wait_connect, established}, {"UnknownMandatoryAvp"}, refused("2/8")},

    {lac_outgoing, {wait_cs_answer}, {"BearerUp"}, {"OCCN", "session up"}},
    {lac_outgoing, {wait_cs_answer, established}, {"BearerFailed"}, refused("8/0", "call not placed")},
    {lac_outgoing, {wait_cs_answer, established}, {"Ocrq", "Ocrp", "Occn"}, unexpected},
    {lac_outgoing, {wait_cs_answer, established}, {"Cdn"}, cleared},
    {lac_outgoing, {wait_cs_answer, established}, {"Close"}, closed},
    {lac_outgoing, {wait_cs_answer, established}, {"UnknownMandatoryAvp"}, refused("2/8")},
    {lac_outgoing, {established}, {"Sli"}, {"ACCM received"}},

    {lns_outgoing, {wait_tunnel}, {"Close"}, {"session ended: local request 3/0"}},
    {lns_outgoing, {wait_reply}, {"Ocrq", "Occn"}, unexpected},
    {lns_outgoing, {wait_connect}, {"Occn"}, {"session up"}},
    {lns_outgoing, {wait_connect}, {"Ocrq", "Ocrp"}, unexpected},
    {lns_outgoing, {established}, {"Ocrq", "Ocrp", "Occn"}, unexpected},
    {lns_outgoing, {wait_reply, wait_connect, established}, {"Cdn"}, cleared},
    {lns_outgoing, {wait_reply, wait_connect, established}, {"Close"}, closed},
    {lns_outgoing, {wait_reply, wait_connect, established}, {"UnknownMandatoryAvp"}, refused("2/8")},
};

struct Case {
  SessionType type;
  SessionState state;
};

class CallMessages : public testing::TestWithParam<std::tuple<Case, std::size_t>> {};

TEST_P(CallMessages, DoInEachStateExactlyWhatTheRfcSays) {
  const auto& [where, index] = GetParam();
  const Input& input = inputs[index];
  Lines expected;
  for (const Expectation& one : expectations)
    if (one.type == where.type && std::ranges::count(one.states, where.state) != 0 &&
        std::ranges::count(one.inputs, input.name) != 0)
      expected = one.lines;
  if (input.name == "CdnThatIsMalformed" && where.state != wait_tunnel)
    expected = {"session ended: peer request 0/0"}; // whatever is wrong with it, the call is over
  Scene scene;
  ASSERT_NO_FATAL_FAILURE(drive(scene, where.type, where.state));
  EXPECT_EQ(input.apply(scene), expected);
  EXPECT_TRUE(scene.peer.state()) << "the tunnel lives on";
}

std::string case_name(const testing::TestParamInfo<std::tuple<Case, std::size_t>>& info) {
  const Case& where = std::get<0>(info.param);
  std::string text =
      std::string(name(where.type)) + "_" + std::string(name(where.state)) + "_" + inputs[std::get<1>(info.param)].name;
  std::erase(text, '-');
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Of, CallMessages,
    testing::Combine(testing::Values(Case{lac_incoming, wait_tunnel}, Case{lac_incoming, wait_reply},
                                     Case{lac_incoming, established}, Case{lns_incoming, wait_connect},
                                     Case{lns_incoming, established}, Case{lac_outgoing, wait_cs_answer},
                                     Case{lac_outgoing, established}, Case{lns_outgoing, wait_tunnel},
                                     Case{lns_outgoing, wait_reply}, Case{lns_outgoing, wait_connect},
                                     Case{lns_outgoing, established}),
                     testing::Range<std::size_t>(0, inputs.size())),
    case_name);

// ---- messages that find no session, §7.4 and §7.5 in idle

struct Stray {
  std::string name;
  Message message;
  Lines lines;
};

class StrayMessages : public testing::TestWithParam<Stray> {};

TEST_P(StrayMessages, OfNoSessionAreAnsweredOnlyWhereTheRfcSaysSo) {
  Bench bench;
  RawPeer peer(bench);
  peer.establish();
  EXPECT_EQ(peer.send(GetParam().message, 77), GetParam().lines);
  EXPECT_EQ(peer.state()->state(), TunnelState::established);
  EXPECT_EQ(bench.counters().no_matching_session, 1u);
}

INSTANTIATE_TEST_SUITE_P(Of, StrayMessages,
                         testing::Values(Stray{"Icrp", Icrp{.assigned_session_id = peers_call}, {"CDN 2/5"}},
                                         Stray{"Ocrp", Ocrp{.assigned_session_id = peers_call}, {"CDN 2/5"}},
                                         Stray{"Iccn", an_iccn(), {}}, Stray{"Occn", an_occn(), {}},
                                         Stray{"Cdn", a_cdn(), {}}, Stray{"Wen", Wen{}, {}}, Stray{"Sli", Sli{}, {}}),
                         [](const auto& info) { return info.param.name; });

TEST(StrayMessages, AfterOurOwnCdnNeedNoSecondOne) {
  Scene scene;
  drive(scene, lac_incoming, wait_reply);
  ASSERT_TRUE(scene.bench.engine.close_session(scene.peer.tunnel(), {scene.call},
                                               make_reason(CdnResult::administrative), scene.bench.now));
  EXPECT_EQ(scene.peer.take(), closed);
  EXPECT_EQ(scene.send(Icrp{.assigned_session_id = peers_call}), Lines{}); // it crossed the CDN
}

TEST(CallsThatWaitForTheTunnel, AreRequestedWhenItComesUp) {
  Scene scene;
  drive(scene, lac_incoming, wait_tunnel);
  open(scene, lac_incoming);
  const Lines lines = scene.peer.send(scene.peer.sccrp());
  EXPECT_EQ(lines, (Lines{"SCCCN", "tunnel up", "ICRQ"})); // the window opens one by one, §5.8
  EXPECT_EQ(scene.peer.acknowledge(), Lines{"ICRQ"});
}

TEST(CallsThatWaitForTheTunnel, EndWithIt) {
  Scene scene;
  drive(scene, lns_outgoing, wait_tunnel);
  scene.peer.nr = 1;
  ASSERT_TRUE(
      scene.bench.engine.close_tunnel(scene.peer.tunnel(), make_reason(StopResult::general_clear), scene.bench.now));
  EXPECT_EQ(scene.peer.take(), (Lines{"session ended: tunnel ended 1/0",
                                      "tunnel down: local request 1/0"})); // StopCCN waits for SCCRQ's ack
}

} // namespace
} // namespace openl2tp::protocol::test
