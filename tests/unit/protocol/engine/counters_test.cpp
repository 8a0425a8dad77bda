// Every figure of EngineCounters that the engine counts, each in a situation of its own. Those that only the runtime
// can count (control_frame_send_failures, no_ppp_resources, event_queue_full) are tested there.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "tests/unit/protocol/engine/raw_peer.hpp"

namespace openl2tp::protocol::test {
namespace {

struct Counters : testing::Test {
  Bench bench;
  RawPeer peer{bench};
  [[nodiscard]] const EngineCounters& count() const { return bench.counters(); }
};

TEST_F(Counters, OfShortFramesCountDatagramsBelowAHeader) {
  for (std::size_t size = 0; size < 12; ++size) {
    Bytes octets = hex("c802 000c 0000 0000 0000 0000");
    octets.resize(size);
    bench.receive(octets);
  }
  EXPECT_EQ(count().short_frames, 12u);
}

TEST_F(Counters, OfWrongVersionFramesCountEveryOtherVersion) {
  bench.receive(hex("c803 000c 0000 0000 0000 0000"));
  bench.receive(hex("0001 1234 5678 ff03"));
  EXPECT_EQ(count().wrong_version_frames, 2u);
}

TEST_F(Counters, OfUnexpectedDataFramesCountDataMessages) {
  bench.receive(hex("0002 1234 5678 ff03"));
  EXPECT_EQ(count().unexpected_data_frames, 1u);
}

TEST_F(Counters, OfBadFramesCountMalformedHeaders) {
  bench.receive(hex("8802 000c 0000 0000 0000 0000")); // no L
  bench.receive(hex("c802 00ff 0000 0000 0000 0000")); // Length beyond the datagram
  bench.receive(hex("0202 1234 5678 ffff"));           // Offset beyond the datagram
  EXPECT_EQ(count().bad_received_frames, 3u);
}

TEST_F(Counters, OfControlFramesCountBothWaysWithZlbs) {
  peer.establish(); // SCCRQ, SCCRP, SCCCN, ZLB
  EXPECT_EQ(count().received_control_frames, 2u);
  EXPECT_EQ(count().sent_control_frames, 2u);
}

TEST_F(Counters, OfRetransmissionsCountThoseOfTheTimer) {
  peer.send(peer.sccrq());
  bench.pass(Duration{3500});
  EXPECT_EQ(count().retransmitted_control_frames, 2u);
}

TEST_F(Counters, OfRetransmissionsCountThoseThatAnAcknowledgementLetsGo) {
  peer.establish();
  peer.send(an_icrq(1));
  peer.acknowledge();
  peer.send(an_icrq(2));
  const std::uint16_t seen = static_cast<std::uint16_t>(peer.nr - 1);
  peer.nr = seen; // the ICRP was lost, and what follows it
  peer.send(an_icrq(3));
  peer.nr = seen;
  bench.pass(Duration{1100});
  peer.nr = seen + 1;
  bench.receive(peer.datagram({}, 0, peer.ns));
  EXPECT_EQ(count().retransmitted_control_frames, peer.state()->channel().counters().retransmits);
  EXPECT_GE(count().retransmitted_control_frames, 2u);
}

TEST_F(Counters, OfControlFrameResourcesCountMessagesThatFindTheQueueFull) {
  peer.establish();
  peer.send(an_icrq());
  const SessionId call = bench.last<SessionCreated>().session;
  peer.send(an_iccn(), call.value);
  for (std::uint32_t i = 0; i < ReliableChannel::send_queue_max; ++i)
    (void)bench.engine.send_accm(peer.tunnel(), call, {}, bench.now);
  EXPECT_EQ(count().no_control_frame_resources, 0u);
  (void)bench.engine.send_accm(peer.tunnel(), call, {}, bench.now);
  EXPECT_EQ(count().no_control_frame_resources, 1u);
}

TEST_F(Counters, OfPeerResourcesCountSccrqsOfASourceThatHasTooMany) {
  Bench one({.half_open = {.total_max = 10, .per_source_max = 1}});
  RawPeer first(one, 1), refused(one, 2);
  first.send(first.sccrq());
  refused.send(refused.sccrq());
  EXPECT_EQ(one.counters().no_peer_resources, 1u);
}

TEST_F(Counters, OfTunnelResourcesCountEvictions) {
  Bench one({.half_open = {.total_max = 1, .per_source_max = 10}});
  RawPeer first(one, 1), second(one, 2);
  first.send(first.sccrq());
  second.send(second.sccrq());
  EXPECT_EQ(one.counters().no_tunnel_resources, 1u);
}

TEST_F(Counters, OfRefusalsFollowTheirCause) {
  const std::pair<RefusalCause, std::uint32_t EngineCounters::*> causes[] = {
      {RefusalCause::not_authorised, &EngineCounters::authentication_failures},
      {RefusalCause::limit, &EngineCounters::too_many_tunnels},
      {RefusalCause::resources, &EngineCounters::no_tunnel_resources}};
  for (const auto& [cause, field] : causes) {
    Bench one;
    RawPeer refused(one);
    one.policy.tunnel_refusal = Refusal{cause, make_reason(StopResult::not_authorised)};
    refused.send(refused.sccrq());
    EXPECT_EQ(one.counters().*field, 1u);
    EXPECT_EQ(one.counters().tunnel_setup_failures, 1u);
  }
}

TEST_F(Counters, OfRefusedCallsFollowTheirCause) {
  const std::pair<RefusalCause, std::uint32_t EngineCounters::*> causes[] = {
      {RefusalCause::not_authorised, &EngineCounters::authentication_failures},
      {RefusalCause::limit, &EngineCounters::too_many_sessions},
      {RefusalCause::resources, &EngineCounters::no_session_resources}};
  peer.establish();
  for (const auto& [cause, field] : causes) {
    bench.engine.reset_counters();
    bench.policy.session_refusal = Refusal{cause, make_reason(CdnResult::administrative)};
    peer.send(an_icrq());
    EXPECT_EQ(count().*field, 1u);
    EXPECT_EQ(count().session_setup_failures, 1u);
  }
}

TEST_F(Counters, OfUnknownTunnelsCountMessagesButNotZlbs) {
  peer.ours = 9;
  peer.send(Hello{});
  peer.acknowledge();
  EXPECT_EQ(count().no_matching_tunnel, 1u);
}

TEST_F(Counters, OfUnknownSessionsCountMessages) {
  peer.establish();
  peer.send(Wen{}, 9);
  EXPECT_EQ(count().no_matching_session, 1u);
}

TEST_F(Counters, OfMismatchedTunnelIdsCountStrangersAndOtherIdsInStopCcn) {
  peer.establish();
  bench.receive(peer.datagram(body_of(Hello{}), 0, peer.ns), {.address = lac_endpoint.address, .port = 9});
  EXPECT_EQ(count().mismatched_tunnel_ids, 1u);
  peer.send(a_stopccn(static_cast<std::uint16_t>(peer.id + 1)));
  EXPECT_EQ(count().mismatched_tunnel_ids, 2u);
}

TEST_F(Counters, OfMismatchedSessionIdsCountOtherIdsInCdn) {
  peer.establish();
  peer.send(an_icrq(5));
  peer.send(a_cdn(6), bench.last<SessionCreated>().session.value);
  EXPECT_EQ(count().mismatched_session_ids, 1u);
  EXPECT_EQ(bench.engine.session_count(), 0u);
}

TEST_F(Counters, OfEncodeFailuresCountMessagesThatDoNotFit) {
  peer.establish();
  auto settings = std::make_shared<SessionSettings>();
  settings->type = SessionType::lac_incoming;
  settings->called_number = std::string(2000, '5');
  (void)bench.engine.open_session(peer.tunnel(), settings, std::nullopt, 0, bench.now);
  EXPECT_EQ(count().encode_failures, 1u);
}

TEST_F(Counters, OfTunnelSetupFailuresCountTunnelsThatNeverCameUp) {
  peer.send(peer.sccrq());
  bench.pass(Duration{60'000});
  EXPECT_EQ(count().tunnel_setup_failures, 1u);
}

TEST_F(Counters, OfSetupFailuresDoNotCountWhatWeClosedOurselves) {
  peer.called();
  (void)bench.engine.close_tunnel(peer.tunnel(), make_reason(StopResult::general_clear), bench.now);
  EXPECT_EQ(count().tunnel_setup_failures, 0u);
}

TEST_F(Counters, OfSessionSetupFailuresCountCallsThatNeverCameUp) {
  peer.establish();
  peer.send(an_icrq(5));
  peer.send(a_cdn(5), bench.last<SessionCreated>().session.value);
  EXPECT_EQ(count().session_setup_failures, 1u);
}

TEST_F(Counters, OfAvpsCountIgnoredAndVendorOnes) {
  peer.send(
      with(peer.sccrq(), {{.attribute = 999, .mandatory = false}, {.attribute = 1, .mandatory = false, .vendor = 9}}));
  EXPECT_EQ(count().ignored_avps, 1u);
  EXPECT_EQ(count().vendor_avps, 1u);
  peer.send(with(Scccn{}, {{.attribute = 999, .mandatory = false}, {.attribute = 1, .mandatory = false, .vendor = 9}}));
  EXPECT_EQ(count().ignored_avps, 2u);
  EXPECT_EQ(count().vendor_avps, 2u);
}

TEST_F(Counters, OfIllegalMessagesCountMalformedOnesAndThoseOutOfState) {
  peer.establish();
  peer.send(an_icrq(5));
  peer.send(without(Wen{}, 34), bench.last<SessionCreated>().session.value);
  EXPECT_EQ(count().illegal_messages, 1u);
  EXPECT_EQ(count().messages[15].received_bad, 1u);
  peer.send(an_icrq(6));
  peer.send(Icrp{.assigned_session_id = 6}, bench.last<SessionCreated>().session.value);
  EXPECT_EQ(count().illegal_messages, 2u);
  peer.send(Scccn{});
  EXPECT_EQ(count().illegal_messages, 3u);
}

TEST_F(Counters, OfUnsupportedMessagesCountUnknownTypes) {
  peer.establish();
  RawAvp type = type_avp(MessageType{200});
  type.mandatory = false;
  peer.send({type});
  EXPECT_EQ(count().unsupported_messages, 1u);
  EXPECT_EQ(count().messages[0].received_bad, 1u);
}

TEST(CountersOfMessages, CountEachTypeBothWays) {
  Pair pair;
  const TunnelId tunnel = pair.open();
  pair.pass(Duration{200});
  const TunnelId other = pair.lns.all<TunnelUp>()[0].tunnel;
  const SessionId in = pair.call(pair.lac, tunnel, SessionType::lac_incoming);
  pair.call(pair.lns, other, SessionType::lns_outgoing);
  pair.pass(Duration{200});
  ASSERT_TRUE(pair.lac.engine.send_call_errors(tunnel, in, {}, pair.now));
  const SessionUp up = pair.lns.all<SessionUp>()[0];
  ASSERT_TRUE(pair.lns.engine.send_accm(other, up.session, {}, pair.now));
  pair.pass(Duration{70'000}); // a HELLO at least
  ASSERT_TRUE(pair.lac.engine.close_session(tunnel, in, make_reason(CdnResult::administrative), pair.now));
  pair.pass(Duration{200});
  ASSERT_TRUE(pair.lac.engine.close_tunnel(tunnel, make_reason(StopResult::general_clear), pair.now));
  pair.pass(Duration{200});
  const auto& lac = std::as_const(pair.lac.engine).counters().messages;
  const auto& lns = std::as_const(pair.lns.engine).counters().messages;
  for (const int type : {1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 14, 15, 16}) {
    const auto i = static_cast<std::size_t>(type);
    EXPECT_GE(lac[i].sent + lns[i].sent, 1u) << type;
    EXPECT_EQ(lac[i].sent, lns[i].received) << type;
    EXPECT_EQ(lns[i].sent, lac[i].received) << type;
    EXPECT_EQ(lac[i].received_bad + lns[i].received_bad, 0u) << type;
  }
}

TEST_F(Counters, AreZeroAfterAReset) {
  peer.establish();
  bench.engine.reset_counters();
  const EngineCounters zero;
  EXPECT_EQ(std::memcmp(&count(), &zero, sizeof zero), 0);
}

TEST_F(Counters, OfShardsAddUpFieldByField) {
  peer.establish();
  EngineCounters sum = count();
  sum += count();
  EXPECT_EQ(sum.received_control_frames, 2 * count().received_control_frames);
  EXPECT_EQ(sum.messages[1].received, 2u);
  EXPECT_EQ(sum.messages[16].sent, 0u);
}

} // namespace
} // namespace openl2tp::protocol::test
