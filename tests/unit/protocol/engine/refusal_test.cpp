// What is answered to messages that cannot be accepted: result and error codes, and what lives on. RFC 2661 §4.1,
// §4.4.2, §5.1.1, §7.1.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/control/authenticator.hpp"
#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

using enum MessageType;

constexpr std::uint16_t unknown_attribute = 999;

Bytes u16(unsigned value) {
  Bytes bytes;
  append_u16(bytes, value);
  return bytes;
}

struct Refusals : testing::Test {
  Bench bench;
  RawPeer peer{bench};

  [[nodiscard]] bool established() const { return peer.state() && peer.state()->state() == TunnelState::established; }
};

// ---- SCCRQ: answered once, without state

TEST_F(Refusals, OfAnSccrqWithAnUnknownMandatoryAvpNameTheAttribute) {
  EXPECT_EQ(peer.send(with(peer.sccrq(), {{.attribute = unknown_attribute}})), Lines{"StopCCN 2/8"});
  EXPECT_NE(bench.sent[0].error_message().find("999"), std::string::npos);
  EXPECT_EQ(bench.sent[0].header.tunnel_id, peer.id);
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

TEST_F(Refusals, OfAnSccrqWithAnOptionalUnknownAvpDoNotHappen) {
  EXPECT_EQ(peer.send(with(peer.sccrq(), {{.attribute = unknown_attribute, .mandatory = false}})),
            (Lines{"tunnel created", "SCCRP"}));
}

TEST_F(Refusals, OfAShortFramingCapabilitiesSayWrongLength) {
  EXPECT_EQ(peer.send(changed(peer.sccrq(), 3, u16(3))), Lines{"StopCCN 2/2"});
}

TEST_F(Refusals, OfAnEmptyChallengeSayWrongLength) {
  EXPECT_EQ(peer.send(with(peer.sccrq(), {{.attribute = 11}})), Lines{"StopCCN 2/2"});
}

TEST_F(Refusals, OfAnEmptyHostNameSayWrongLength) {
  EXPECT_EQ(peer.send(changed(peer.sccrq(), 7, {})), Lines{"StopCCN 2/2"});
}

TEST_F(Refusals, OfAReceiveWindowOfZeroSayOutOfRange) {
  EXPECT_EQ(peer.send(with(peer.sccrq(), {{.attribute = 10, .value = u16(0)}})), Lines{"StopCCN 2/3"});
}

TEST_F(Refusals, OfAnSccrqThatDoesNotSayWhomToAnswerAreSilent) {
  EXPECT_EQ(peer.send(without(peer.sccrq(), 9)), Lines{});
  EXPECT_EQ(peer.send(changed(peer.sccrq(), 9, u16(0))), Lines{});
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

class MissingInSccrq : public Refusals, public testing::WithParamInterface<std::uint16_t> {};

TEST_P(MissingInSccrq, IsNamedInTheErrorMessage) {
  EXPECT_EQ(peer.send(without(peer.sccrq(), GetParam())), Lines{"StopCCN 2/6"});
  EXPECT_NE(bench.sent[0].error_message().find("AVP " + std::to_string(GetParam())), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Avp, MissingInSccrq, testing::Values(2, 3, 7));

class OtherVersion : public Refusals, public testing::WithParamInterface<std::uint8_t> {};

TEST_P(OtherVersion, IsRefusedWithTheHighestSupportedVersionAsErrorCode) {
  Sccrq request = peer.sccrq();
  request.protocol_version = {GetParam(), 0};
  EXPECT_EQ(peer.send(request), Lines{"StopCCN 5/256"});
  EXPECT_EQ(bench.engine.tunnel_count(), 0u);
}

INSTANTIATE_TEST_SUITE_P(Of, OtherVersion, testing::Values(0, 2));

TEST_F(Refusals, ByThePolicyCarryItsReason) {
  bench.policy.tunnel_refusal = Refusal{RefusalCause::not_authorised, make_reason(StopResult::not_authorised)};
  EXPECT_EQ(peer.send(peer.sccrq()), Lines{"StopCCN 4/0"});
}

TEST_F(Refusals, OfAnSccrqAreRepeatedWhenItIs) {
  bench.policy.tunnel_refusal = Refusal{RefusalCause::limit, make_reason(StopResult::already_exists)};
  peer.send(peer.sccrq());
  EXPECT_EQ(peer.repeat(), Lines{"StopCCN 3/0"});
  EXPECT_EQ(bench.newest(stopccn).header.nr, 1);
}

// ---- messages for the tunnel

class TunnelMessageFaults : public Refusals {};

TEST_F(TunnelMessageFaults, NameTheUnknownAttributeInStopCcn) {
  peer.establish();
  peer.send(with(Hello{}, {{.attribute = unknown_attribute}}));
  EXPECT_NE(bench.newest(stopccn).error_message().find("999"), std::string::npos);
}

TEST_F(TunnelMessageFaults, OfAnOptionalAvpAreIgnored) {
  peer.establish();
  EXPECT_EQ(peer.send(with(Hello{}, {{.attribute = unknown_attribute, .mandatory = false}})), Lines{});
  EXPECT_TRUE(established());
}

TEST_F(TunnelMessageFaults, OfAnotherVendorsMandatoryAvpEndTheTunnel) {
  peer.establish();
  EXPECT_EQ(peer.send(with(Hello{}, {{.attribute = 1, .vendor = 9}}))[0], "StopCCN 2/8");
}

TEST_F(TunnelMessageFaults, OfOneReservedBitMakeAMandatoryAvpUnknown) {
  EXPECT_EQ(peer.send(with(peer.sccrq(), {{.attribute = 6, .value = u16(1), .reserved = 0x0400}})),
            Lines{"StopCCN 2/8"});
}

TEST_F(TunnelMessageFaults, OfAMissingMessageTypeEndTheTunnel) {
  peer.establish();
  EXPECT_EQ(peer.send(std::vector<RawAvp>{{.attribute = 7, .value = octets_of("host")}})[0], "StopCCN 2/3");
}

TEST_F(TunnelMessageFaults, OfALengthPastTheEndEndTheTunnel) {
  peer.establish();
  Bytes body = raw({type_avp(hello), {.attribute = 7, .value = octets_of("host")}});
  body.resize(body.size() - 2);
  EXPECT_EQ(peer.send_body(body)[0], "StopCCN 2/2");
}

class ReservedMessageTypes : public Refusals, public testing::WithParamInterface<int> {};

TEST_P(ReservedMessageTypes, WithMEndTheTunnel) {
  peer.establish();
  EXPECT_EQ(peer.send({type_avp(MessageType(GetParam()))}), (Lines{"StopCCN 2/8", "tunnel down: protocol error 2/8"}));
}

INSTANTIATE_TEST_SUITE_P(Of, ReservedMessageTypes, testing::Values(0, 5, 13, 17, 200));

TEST_F(TunnelMessageFaults, OfAStopCcnStillEndTheTunnelAndAreAcknowledged) {
  for (const std::size_t octets : {0u, 1u, 3u}) {
    Bench one;
    RawPeer silent(one);
    silent.establish();
    StopCcn stop;
    stop.assigned_tunnel_id = silent.id;
    EXPECT_EQ(silent.send(changed(stop, 1, Bytes(octets))),
              (Lines{"tunnel down: peer request 0/0", "ZLB", "tunnel gone"}))
        << octets;
  }
}

TEST_F(TunnelMessageFaults, OfAStopCcnOfAPeerThatDoesNotKnowOurIdStillEndTheTunnel) {
  peer.send(peer.sccrq());
  peer.ours = 0;
  StopCcn stop;
  stop.assigned_tunnel_id = peer.id;
  EXPECT_EQ(peer.send(without(stop, 1)), (Lines{"tunnel down: peer request 0/0", "ZLB", "tunnel gone"}));
}

TEST_F(TunnelMessageFaults, RepeatTheAssignedTunnelIdInStopCcn) {
  peer.establish();
  peer.send({type_avp(MessageType{200})});
  EXPECT_EQ(bench.newest(stopccn).number(9), bench.newest(sccrp).number(9));
  EXPECT_EQ(bench.newest(stopccn).header.tunnel_id, peer.id);
  EXPECT_EQ(bench.newest(stopccn).header.session_id, 0);
}

// ---- messages for a session: the tunnel lives on

class SessionMessageFaults : public Refusals {
 protected:
  std::uint16_t call = 0;
  void begin() {
    peer.establish();
    peer.send(an_icrq());
    call = bench.last<SessionCreated>().session.value;
  }
  void expect_cdn(const Lines& lines, const std::string& code) {
    EXPECT_EQ(lines, (Lines{"CDN " + code, "session ended: protocol error " + code}));
    EXPECT_EQ(bench.newest(cdn).header.session_id, 500);
    EXPECT_EQ(bench.newest(cdn).number(14), call);
    EXPECT_TRUE(established());
  }
};

TEST_F(SessionMessageFaults, OfAnUnknownMandatoryAvpClearTheCallAndNameTheAttribute) {
  begin();
  expect_cdn(peer.send(with(an_iccn(), {{.attribute = unknown_attribute}}), call), "2/8");
  EXPECT_NE(bench.newest(cdn).error_message().find("999"), std::string::npos);
}

TEST_F(SessionMessageFaults, OfAWrongLengthClearTheCall) {
  begin();
  expect_cdn(peer.send(changed(an_iccn(), 24, u16(1)), call), "2/2");
}

TEST_F(SessionMessageFaults, OfAMissingAvpClearTheCallAndNameIt) {
  begin();
  expect_cdn(peer.send(without(an_iccn(), 24), call), "2/6");
  EXPECT_NE(bench.newest(cdn).error_message().find("AVP 24"), std::string::npos);
}

TEST_F(SessionMessageFaults, OfAnUnknownOptionalAvpAreIgnored) {
  begin();
  EXPECT_EQ(peer.send(with(an_iccn(), {{.attribute = unknown_attribute, .mandatory = false}}), call),
            Lines{"session up"});
}

TEST_F(SessionMessageFaults, OfAnOptionalAvpWithAWrongLengthAreIgnored) {
  begin();
  EXPECT_EQ(peer.send(with(an_iccn(), {{.attribute = 38, .value = u16(1), .mandatory = false}}), call),
            Lines{"session up"});
}

TEST_F(SessionMessageFaults, InAWenOfAnEstablishedCallClearThatCallOnly) {
  begin();
  peer.send(an_iccn(), call);
  peer.send(an_icrq(501));
  const std::uint16_t other = bench.last<SessionCreated>().session.value;
  expect_cdn(peer.send(without(Wen{}, 34), call), "2/6");
  EXPECT_NE(bench.engine.find(peer.tunnel(), SessionId{other}), nullptr);
}

TEST_F(SessionMessageFaults, InIcrqAreAnsweredToThePeersSession) {
  peer.establish();
  EXPECT_EQ(peer.send(with(an_icrq(), {{.attribute = unknown_attribute}})), Lines{"CDN 2/8"});
  EXPECT_EQ(bench.newest(cdn).header.session_id, 500);
  EXPECT_NE(bench.newest(cdn).number(14), 0u);
  EXPECT_TRUE(established());
  EXPECT_EQ(bench.engine.session_count(), 0u);
}

TEST_F(SessionMessageFaults, OfAnAssignedSessionIdOfZeroAreRefused) {
  peer.establish();
  EXPECT_EQ(peer.send(changed(an_icrq(), 14, u16(0))), Lines{"CDN 2/3"});
  EXPECT_TRUE(established());
}

class MissingInCallRequest : public Refusals,
                             public testing::WithParamInterface<std::pair<MessageType, std::uint16_t>> {};

TEST_P(MissingInCallRequest, ClearsThatCallOnly) {
  peer.establish();
  const auto [type, attribute] = GetParam();
  const Message message = type == MessageType::icrq ? Message(an_icrq()) : Message(an_ocrq());
  EXPECT_EQ(peer.send(without(message, attribute)), Lines{"CDN 2/6"});
  EXPECT_NE(bench.newest(cdn).error_message().find("AVP " + std::to_string(attribute)), std::string::npos);
  EXPECT_TRUE(established());
}

INSTANTIATE_TEST_SUITE_P(Avp, MissingInCallRequest,
                         testing::Values(std::pair{MessageType::icrq, 14}, std::pair{MessageType::icrq, 15},
                                         std::pair{MessageType::ocrq, 14}, std::pair{MessageType::ocrq, 15},
                                         std::pair{MessageType::ocrq, 16}, std::pair{MessageType::ocrq, 17},
                                         std::pair{MessageType::ocrq, 18}, std::pair{MessageType::ocrq, 19},
                                         std::pair{MessageType::ocrq, 21}));

TEST_F(SessionMessageFaults, OfASessionIdUsedTwiceRefuseTheSecondCall) {
  begin();
  EXPECT_EQ(peer.send(an_icrq()), Lines{"CDN 2/5"});
  EXPECT_NE(bench.engine.find(peer.tunnel(), SessionId{call}), nullptr);
}

TEST_F(SessionMessageFaults, OfAnIcrpWithASessionIdInUseClearTheNewCallOnly) {
  begin();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  const auto mine = bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now);
  peer.acknowledge();
  EXPECT_EQ(peer.send(Icrp{.assigned_session_id = 500}, mine->value),
            (Lines{"CDN 2/5", "session ended: protocol error 2/5"}));
  EXPECT_EQ(bench.newest(cdn).header.session_id, 0);
  EXPECT_NE(bench.engine.find(peer.tunnel(), SessionId{call}), nullptr);
}

// ---- refusals of calls that are well-formed

TEST_F(Refusals, OfAnOcrqForFramingThatWasNotOfferedSayOutOfRange) {
  bench.policy.tunnel->framing_capabilities = {.sync = false, .async = true};
  peer.establish();
  EXPECT_EQ(peer.send(an_ocrq()), Lines{"CDN 2/3"});
}

TEST_F(Refusals, OfAnOcrqForABearerThatWasNotOfferedSayOutOfRange) {
  bench.policy.tunnel->bearer_capabilities = {.digital = false, .analog = true};
  peer.establish();
  EXPECT_EQ(peer.send(an_ocrq()), Lines{"CDN 2/3"});
}

TEST_F(Refusals, OfMoreCallsThanAllowedSayNoFacilities) {
  bench.policy.tunnel->sessions_max = 2;
  peer.establish();
  peer.send(an_icrq(1));
  peer.send(an_icrq(2));
  EXPECT_EQ(peer.send(an_icrq(3)), Lines{"CDN 4/0"});
  EXPECT_EQ(bench.counters().too_many_sessions, 1u);
  EXPECT_EQ(bench.engine.session_count(), 2u);
}

TEST_F(Refusals, OfACallByThePolicyCarryItsReason) {
  bench.policy.session_refusal =
      Refusal{RefusalCause::denied, make_reason(CdnResult::general_error, GeneralError::try_another)};
  peer.establish();
  EXPECT_EQ(peer.send(an_icrq()), Lines{"CDN 2/7"});
}

TEST_F(Refusals, OfACallBeforeTheTunnelIsUpSayNoControlConnection) {
  peer.send(peer.sccrq());
  EXPECT_EQ(peer.send(an_icrq()), Lines{"CDN 2/1"});
  EXPECT_EQ(peer.send(Scccn{}), Lines{"tunnel up"});
}

TEST_F(Refusals, LeaveTextsWithinTheSizeOfAnErrorMessage) {
  peer.establish();
  peer.send(an_icrq());
  ASSERT_TRUE(bench.engine.close_session(peer.tunnel(), bench.last<SessionCreated>().session,
                                         {.result = 3, .error = 0, .text = std::string(4000, 'x')}, bench.now));
  peer.acknowledge();
  EXPECT_EQ(bench.newest(cdn).error_message().size(), 255u);
}

// ---- every result is taken, whatever it is

class StopResults : public Refusals, public testing::WithParamInterface<std::uint16_t> {};

TEST_P(StopResults, EndTheTunnelAndReachTheReport) {
  bench.engine.keep_ended(true, false);
  peer.establish();
  StopCcn stop;
  stop.assigned_tunnel_id = peer.id;
  stop.result_code = {.result = GetParam(), .error = 3, .text = "why"};
  peer.send(stop);
  EXPECT_EQ(bench.last<TunnelDown>().reason, (Reason{GetParam(), 3, "why"}));
  EXPECT_EQ(bench.last<TunnelGone>().last->peer().result, (Reason{GetParam(), 3, "why"}));
  bench.actions.clear(); // what was kept goes before the engine
}

INSTANTIATE_TEST_SUITE_P(Of, StopResults, testing::Values(1, 2, 3, 4, 5, 6, 7, 99));

class CdnResults : public Refusals, public testing::WithParamInterface<std::uint16_t> {};

TEST_P(CdnResults, EndTheCallAndReachTheReport) {
  peer.establish();
  peer.send(an_icrq());
  Cdn message;
  message.assigned_session_id = 500;
  message.result_code = {.result = GetParam(), .error = 0, .text = "why"};
  message.q931_cause = Q931Cause{.cause = 17, .message = 1, .advisory = "busy"};
  peer.send(message, bench.last<SessionCreated>().session.value);
  EXPECT_EQ(bench.last<SessionEnded>().reason, (Reason{GetParam(), 0, "why"}));
  EXPECT_TRUE(established());
}

INSTANTIATE_TEST_SUITE_P(Of, CdnResults, testing::Values(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 99));

TEST_F(Refusals, DoNotFollowACdnBeyondItsAcknowledgement) {
  peer.establish();
  peer.send(an_icrq());
  Cdn message;
  message.assigned_session_id = 500;
  message.result_code = {.result = 3};
  EXPECT_EQ(peer.send(message, bench.last<SessionCreated>().session.value), Lines{"session ended: peer request 3/0"});
  EXPECT_EQ(peer.pass(Duration{100}), Lines{"ZLB"});
}

// ---- authentication, §5.1.1

struct Authentication : Refusals {
  Authentication() {
    bench.policy.tunnel->secret = Secret("sesame");
    bench.policy.tunnel->auth_mode = AuthMode::challenge;
  }
  /// What the peer says to our challenge.
  Lines answer(const ChallengeResponse& response) { return peer.send(Scccn{response}); }
  [[nodiscard]] ChallengeResponse right() const {
    return *make_response(ResponseCarrier::scccn, Secret("sesame"), *bench.newest(sccrp).value(11));
  }
};
const Lines not_authorised{"StopCCN 4/0", "tunnel down: not authorised 4/0"};

TEST_F(Authentication, ByTheRightResponseBringsTheTunnelUp) {
  peer.send(peer.sccrq());
  EXPECT_EQ(answer(right()), Lines{"tunnel up"});
}

TEST_F(Authentication, RefusesAWrongResponse) {
  peer.send(peer.sccrq());
  ChallengeResponse wrong = right();
  wrong[15] ^= std::byte{1};
  EXPECT_EQ(answer(wrong), not_authorised);
  EXPECT_EQ(bench.counters().authentication_failures, 1u);
}

TEST_F(Authentication, RefusesAMissingResponse) {
  peer.send(peer.sccrq());
  EXPECT_EQ(peer.send(Scccn{}), not_authorised);
}

TEST_F(Authentication, RefusesAResponseOfAnyOtherLength) {
  for (const std::size_t length : {0u, 15u, 17u}) {
    Bench one;
    one.policy.tunnel = bench.policy.tunnel;
    RawPeer other(one);
    other.send(other.sccrq());
    const Lines lines = other.send({type_avp(scccn), {.attribute = 13, .value = Bytes(length)}});
    EXPECT_EQ(lines, (Lines{"StopCCN 2/2", "tunnel down: protocol error 2/2"})) << length;
  }
}

TEST_F(Authentication, RefusesAShortResponseWithoutTheMBitLikeAMissingOne) {
  peer.send(peer.sccrq());
  EXPECT_EQ(peer.send({type_avp(scccn), {.attribute = 13, .value = Bytes(15), .mandatory = false}}), not_authorised);
}

TEST_F(Authentication, RefusesTheReflectionOfItsOwnChallenge) {
  // The peer knows no secret: it has us answer our own challenge in a second tunnel.
  peer.send(peer.sccrq());
  const Bytes challenge = *bench.newest(sccrp).value(11);
  RawPeer second(bench, 101);
  Sccrq request = second.sccrq();
  request.challenge = Octets(challenge);
  second.send(request);
  const Bytes stolen = *bench.newest(sccrp).value(13);
  ChallengeResponse response;
  std::ranges::copy(stolen, response.begin());
  EXPECT_EQ(answer(response), not_authorised);
}

TEST_F(Authentication, AnswersAChallengeWithThatOfItsMessage) {
  for (const std::size_t length : {1u, 16u, 255u}) {
    RawPeer one(bench, static_cast<std::uint16_t>(200 + length));
    const Bytes challenge(length, std::byte{0x5a});
    Sccrq request = one.sccrq();
    request.challenge = Octets(challenge);
    one.send(request);
    const auto expected = make_response(ResponseCarrier::sccrp, Secret("sesame"), challenge);
    EXPECT_EQ(bench.newest(sccrp).value(13), Bytes(expected->begin(), expected->end()));
  }
}

TEST_F(Authentication, WithoutASecretRefusesAChallengeInSccrq) {
  bench.policy.tunnel = PlainPolicy::default_tunnel();
  Sccrq request = peer.sccrq();
  const Bytes challenge(16);
  request.challenge = Octets(challenge);
  EXPECT_EQ(peer.send(request), Lines{"StopCCN 4/0"});
  EXPECT_EQ(bench.counters().authentication_failures, 1u);
}

TEST_F(Authentication, WithoutASecretRefusesAChallengeInSccrp) {
  peer.called();
  peer.nr = 1;
  Sccrp reply = peer.sccrp();
  const Bytes challenge(16);
  reply.challenge = Octets(challenge);
  EXPECT_EQ(peer.send(reply), not_authorised);
}

TEST_F(Authentication, AsInitiatorRefusesAnSccrpWithoutAResponse) {
  peer.called(bench.policy.tunnel);
  peer.nr = 1;
  EXPECT_EQ(peer.send(peer.sccrp()), not_authorised);
}

TEST_F(Authentication, ChallengesAreOfSixteenOctetsAndDifferFromTunnelToTunnel) {
  std::vector<Bytes> seen;
  for (std::uint16_t i = 1; i <= 8; ++i) {
    RawPeer one(bench, i);
    one.send(one.sccrq());
    seen.push_back(*bench.newest(sccrp).value(11));
    EXPECT_EQ(seen.back().size(), 16u);
  }
  std::ranges::sort(seen);
  EXPECT_EQ(std::ranges::adjacent_find(seen), seen.end());
}

} // namespace
} // namespace openl2tp::protocol::test
