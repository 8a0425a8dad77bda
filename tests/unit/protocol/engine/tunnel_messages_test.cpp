// Every state of a tunnel with every message and command, through a real engine: what is sent and reported, in order.
// RFC 2661 §7.2.1.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

struct Scene {
  Bench bench;
  RawPeer peer{bench};
};

/// Brings a tunnel of `scene` into `state`; `idle`: there is none.
void drive(Scene& scene, TunnelState state) {
  RawPeer& peer = scene.peer;
  switch (state) {
  case TunnelState::idle: return;
  case TunnelState::wait_ctl_reply:
    peer.called();
    peer.take();
    peer.nr = 1;
    peer.acknowledge();
    break;
  case TunnelState::wait_ctl_conn: peer.send(peer.sccrq()); break;
  case TunnelState::established: peer.establish(); break;
  case TunnelState::closing:
    peer.establish();
    ASSERT_TRUE(
        scene.bench.engine.close_tunnel(peer.tunnel(), make_reason(StopResult::general_clear), scene.bench.now));
    scene.bench.take(); // not heard: the StopCCN stays unacknowledged
    break;
  }
  ASSERT_EQ(peer.state()->state(), state);
}

/// Not a state of a tunnel any more: the peer has said StopCCN, and what is left is its acknowledgement (§5.7).
struct Closed {};
void drive(Scene& scene, Closed) {
  scene.peer.establish();
  scene.peer.send(a_stopccn(scene.peer.id, 1));
  ASSERT_EQ(scene.peer.state(), nullptr);
}

struct Input {
  std::string name;
  std::function<Lines(Scene&)> apply;
};

const std::vector<Input> inputs{
    {"Sccrq", [](Scene& s) { return s.peer.send(s.peer.sccrq()); }},
    {"SccrqOfVersionTwo",
     [](Scene& s) {
       Sccrq request = s.peer.sccrq();
       request.protocol_version = {2, 0};
       return s.peer.send(request);
     }},
    {"Sccrp", [](Scene& s) { return s.peer.send(s.peer.sccrp()); }},
    {"SccrpOfVersionTwo",
     [](Scene& s) {
       Sccrp reply = s.peer.sccrp();
       reply.protocol_version = {2, 0};
       return s.peer.send(reply);
     }},
    {"Scccn", [](Scene& s) { return s.peer.send(Scccn{}); }},
    {"StopCcn", [](Scene& s) { return s.peer.send(a_stopccn(s.peer.id, 6)); }},
    {"Hello", [](Scene& s) { return s.peer.send(Hello{}); }},
    {"Zlb", [](Scene& s) { return s.bench.receive(s.peer.datagram({}, 0, 9)); }},
    {"Icrq", [](Scene& s) { return s.peer.send(Icrq{.assigned_session_id = 5, .call_serial_number = 1}); }},
    {"UnknownMandatoryAvp", [](Scene& s) { return s.peer.send(with(Hello{}, {{.attribute = 999}})); }},
    {"UnknownMessageWithM", [](Scene& s) { return s.peer.send({type_avp(MessageType{200})}); }},
    {"UnknownMessageWithoutM",
     [](Scene& s) {
       RawAvp type = type_avp(MessageType{200});
       type.mandatory = false;
       return s.peer.send({type});
     }},
    {"Close",
     [](Scene& s) {
       (void)s.bench.engine.close_tunnel(s.peer.tunnel(), make_reason(StopResult::shutting_down), s.bench.now);
       return s.peer.take();
     }},
    {"FiveMinutesOfSilence", [](Scene& s) { return s.bench.pass(Duration{300'000}); }},
};

Lines stop(const std::string& code, const std::string& cause = "protocol error") {
  return {"StopCCN " + code, "tunnel down: " + cause + " " + code};
}

struct Expectation {
  TunnelState state;
  std::vector<std::string> inputs;
  Lines lines;
};

/// Whatever is not here must be without any visible effect.
const std::vector<Expectation> expectations{
    {TunnelState::idle, {"Sccrq"}, {"tunnel created", "SCCRP"}},
    {TunnelState::idle, {"SccrqOfVersionTwo"}, {"StopCCN 5/256"}},
    {TunnelState::idle, {"Sccrp", "SccrpOfVersionTwo"}, {"StopCCN 7/0"}},

    {TunnelState::wait_ctl_reply, {"Sccrp"}, {"SCCCN", "tunnel up"}},
    {TunnelState::wait_ctl_reply, {"SccrpOfVersionTwo"}, stop("5/256")},
    {TunnelState::wait_ctl_reply, {"Sccrq", "SccrqOfVersionTwo", "Scccn"}, stop("7/0")},
    {TunnelState::wait_ctl_conn, {"Scccn"}, {"tunnel up"}},
    {TunnelState::wait_ctl_conn, {"Sccrq", "SccrqOfVersionTwo", "Sccrp", "SccrpOfVersionTwo"}, stop("7/0")},
    {TunnelState::established, {"Sccrq", "SccrqOfVersionTwo", "Sccrp", "SccrpOfVersionTwo", "Scccn"}, stop("7/0")},

    {TunnelState::wait_ctl_reply, {"StopCcn"}, {"tunnel down: peer request 6/0", "ZLB", "tunnel gone"}},
    {TunnelState::wait_ctl_conn, {"StopCcn"}, {"tunnel down: peer request 6/0", "ZLB", "tunnel gone"}},
    {TunnelState::established, {"StopCcn"}, {"tunnel down: peer request 6/0", "ZLB", "tunnel gone"}},
    {TunnelState::closing, {"StopCcn"}, {"ZLB", "tunnel gone"}},

    {TunnelState::wait_ctl_reply, {"Icrq"}, {"CDN 2/1"}},
    {TunnelState::wait_ctl_conn, {"Icrq"}, {"CDN 2/1"}},
    {TunnelState::established, {"Icrq"}, {"session created", "ICRP"}},

    {TunnelState::wait_ctl_reply, {"UnknownMandatoryAvp", "UnknownMessageWithM"}, stop("2/8")},
    {TunnelState::wait_ctl_conn, {"UnknownMandatoryAvp", "UnknownMessageWithM"}, stop("2/8")},
    {TunnelState::established, {"UnknownMandatoryAvp", "UnknownMessageWithM"}, stop("2/8")},

    {TunnelState::wait_ctl_reply, {"Close"}, stop("6/0", "local request")},
    // Its SCCRP is not acknowledged yet and fills the window: the StopCCN waits for its turn.
    {TunnelState::wait_ctl_conn, {"Close"}, {"tunnel down: local request 6/0"}},
    {TunnelState::established, {"Close"}, stop("6/0", "local request")},

    // One and what is repeated of it. Where the round trip is known the first comes earlier, and there are more of
    // them.
    {TunnelState::wait_ctl_reply,
     {"FiveMinutesOfSilence"},
     {"StopCCN 1/0", "tunnel down: not established in time 1/0", "StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0",
      "StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0", "tunnel gone"}},
    {TunnelState::wait_ctl_conn,
     {"FiveMinutesOfSilence"},
     {"SCCRP", "SCCRP", "SCCRP", "SCCRP", "SCCRP", "tunnel down: peer silent 0/0", "tunnel gone"}},
    {TunnelState::established,
     {"FiveMinutesOfSilence"},
     {"HELLO", "HELLO", "HELLO", "HELLO", "HELLO", "HELLO", "HELLO", "HELLO", "HELLO", "tunnel down: peer silent 0/0",
      "tunnel gone"}},
    {TunnelState::closing,
     {"FiveMinutesOfSilence"},
     {"StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0", "StopCCN 1/0",
      "StopCCN 1/0", "tunnel gone"}},
};

class TunnelMessages : public testing::TestWithParam<std::tuple<TunnelState, std::size_t>> {};

TEST_P(TunnelMessages, DoInEachStateExactlyWhatTheRfcSays) {
  const auto [state, index] = GetParam();
  const Input& input = inputs[index];
  Lines expected;
  for (const Expectation& one : expectations)
    if (one.state == state && std::ranges::count(one.inputs, input.name) != 0) expected = one.lines;
  Scene scene;
  ASSERT_NO_FATAL_FAILURE(drive(scene, state));
  EXPECT_EQ(input.apply(scene), expected);
}

class MessagesAfterStopCcn : public testing::TestWithParam<std::size_t> {};

TEST_P(MessagesAfterStopCcn, AreAcknowledgedAndHaveNoOtherEffect) {
  const Input& input = inputs[GetParam()];
  Scene scene;
  ASSERT_NO_FATAL_FAILURE(drive(scene, Closed{}));
  const bool message = input.name != "Zlb" && input.name != "Close" && input.name != "FiveMinutesOfSilence";
  EXPECT_EQ(input.apply(scene), message ? Lines{"ZLB"} : Lines{});
  EXPECT_EQ(scene.bench.engine.tunnel_count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Of, MessagesAfterStopCcn, testing::Range<std::size_t>(0, inputs.size()),
                         [](const auto& info) { return inputs[info.param].name; });

INSTANTIATE_TEST_SUITE_P(Of, TunnelMessages,
                         testing::Combine(testing::Values(TunnelState::idle, TunnelState::wait_ctl_reply,
                                                          TunnelState::wait_ctl_conn, TunnelState::established,
                                                          TunnelState::closing),
                                          testing::Range<std::size_t>(0, inputs.size())),
                         [](const auto& info) {
                           return std::string(name(std::get<0>(info.param))) + "_" +
                                  inputs[std::get<1>(info.param)].name;
                         });

} // namespace
} // namespace openl2tp::protocol::test
