// What the channel does with datagrams of the peer: order, duplicates, early arrivals, and when it acknowledges. RFC
// 2661 §5.8.
#include "protocol/control/reliable_channel.hpp"

#include "tests/unit/protocol/control/channel_fixture.hpp"

namespace openl2tp::protocol::test {
namespace {

class ReliableChannelReceive : public ChannelTest {};

TEST_F(ReliableChannelReceive, DeliversInOrderAndAdvancesNr) {
  EXPECT_EQ(receive(0, 0), Verdict::deliver);
  EXPECT_EQ(receive(1, 0), Verdict::deliver);
  EXPECT_EQ(channel.nr(), 2);
  EXPECT_FALSE(channel.next_held().has_value());
}

TEST_F(ReliableChannelReceive, DuplicatesAreAcknowledgedAtOnceAndNotDelivered) {
  for (std::uint16_t ns = 0; ns < 200; ++ns)
    ASSERT_EQ(receive(ns, 0), Verdict::deliver);
  channel.acknowledge_now(wire);
  // The last received number and the 32767 before it, at either end and between.
  for (const std::uint16_t ns : Numbers{199, 198, 99, 0, 65535, 40000, 199 - 32767 + 65536}) {
    wire.sent.clear();
    EXPECT_EQ(receive(ns, 0), Verdict::duplicate) << ns;
    ASSERT_EQ(wire.sent.size(), 1U) << ns;
    EXPECT_TRUE(wire.sent[0].zlb());
    EXPECT_EQ(wire.sent[0].header.nr, 200);
  }
  EXPECT_EQ(receive(static_cast<std::uint16_t>(199 - 32768 + 65536), 0), Verdict::discarded);
  EXPECT_EQ(channel.nr(), 200);
  EXPECT_EQ(channel.counters().duplicates, 7U);
}

TEST_F(ReliableChannelReceive, ARepeatedFirstMessageIsAcknowledgedEachTime) {
  EXPECT_EQ(receive(0, 0), Verdict::deliver);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(receive(0, 0), Verdict::duplicate);
  EXPECT_EQ(wire.zlbs(), 3U);
  EXPECT_EQ(wire.sent.back().header.nr, 1);
}

TEST_F(ReliableChannelReceive, ADuplicateIsAcknowledgedByAMessageThatItLetsGo) {
  receive(0, 0);
  send_many(2); // the second waits for the first's acknowledgement
  wire.sent.clear();
  EXPECT_EQ(receive(0, 1), Verdict::duplicate);
  ASSERT_EQ(wire.sent.size(), 1U);
  EXPECT_EQ(wire.sent[0].body, "sent 1");
  EXPECT_EQ(wire.sent[0].header.nr, 1);
}

TEST_F(ReliableChannelReceive, TheNsOfAZlbHasNoEffect) {
  for (const std::uint16_t ns : Numbers{0, 1, 9, 500, 65535})
    EXPECT_EQ(receive(ns, 0, ""), Verdict::acknowledged) << ns;
  EXPECT_EQ(channel.nr(), 0);
  EXPECT_EQ(receive(0, 0), Verdict::deliver);
}

TEST_F(ReliableChannelReceive, ZlbsAreNeverAnswered) {
  receive(0, 0); // something is unacknowledged, too
  for (int i = 0; i < 10; ++i)
    receive(1, 0, "");
  EXPECT_TRUE(wire.sent.empty());
  EXPECT_EQ(channel.counters().zlbs_received, 10U);
}

TEST_F(ReliableChannelReceive, EarlyArrivalsWaitUntilTheGapCloses) {
  EXPECT_EQ(receive(2, 0, "two", 22), Verdict::held);
  EXPECT_EQ(receive(1, 0, "one", 11), Verdict::held);
  EXPECT_FALSE(channel.next_held().has_value());
  EXPECT_EQ(channel.nr(), 0);

  EXPECT_EQ(receive(0, 0, "zero"), Verdict::deliver);
  const auto first = channel.next_held();
  ASSERT_TRUE(first.has_value());
  EXPECT_EQ(text(first->body), "one");
  EXPECT_EQ(first->session_id, 11);
  const auto second = channel.next_held();
  ASSERT_TRUE(second.has_value());
  EXPECT_EQ(text(second->body), "two");
  EXPECT_EQ(second->session_id, 22);
  EXPECT_FALSE(channel.next_held().has_value());
  EXPECT_EQ(channel.nr(), 3);
  EXPECT_EQ(channel.counters().out_of_sequence, 2U);
  EXPECT_EQ(pool.usage().messages, 0U);
}

TEST_F(ReliableChannelReceive, EveryOrderOfFourIsDeliveredInOrder) {
  std::vector<std::uint16_t> order = {0, 1, 2, 3};
  std::uint16_t base = 65533; // across the wrap
  ReliableChannel fresh(pool, {});
  for (std::uint16_t ns = 0; ns != base; ++ns) // bring it there
    ASSERT_EQ(fresh.receive({.header = {.ns = ns}, .body = message("x")}, now, wire), Verdict::deliver);
  do {
    std::string delivered;
    for (const std::uint16_t step : order) {
      const auto ns = static_cast<std::uint16_t>(base + step);
      const std::string body(1, static_cast<char>('a' + step));
      const auto verdict = fresh.receive({.header = {.ns = ns}, .body = std::as_bytes(std::span(body))}, now, wire);
      if (verdict != Verdict::deliver) continue;
      delivered += body;
      while (const auto held = fresh.next_held())
        delivered += text(held->body);
    }
    ASSERT_EQ(delivered, "abcd");
    base = static_cast<std::uint16_t>(base + 4);
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(ReliableChannelReceive, AHeldMessageStaysValidWhileItsAnswerIsSent) {
  receive(1, 0, "one");
  receive(0, 0, "zero");
  const auto held = channel.next_held();
  ASSERT_TRUE(held.has_value());
  send_many(3);
  channel.drop_unsent();
  EXPECT_EQ(text(held->body), "one");
  EXPECT_FALSE(channel.next_held().has_value());
}

TEST_F(ReliableChannelReceive, TheNextDatagramEndsAHeldMessage) {
  receive(1, 0, "one");
  receive(0, 0, "zero");
  ASSERT_TRUE(channel.next_held().has_value());
  receive(2, 0, "two");
  EXPECT_EQ(pool.usage().messages, 0U);
  EXPECT_FALSE(channel.next_held().has_value());
}

TEST_F(ReliableChannelReceive, ASecondCopyOfAnEarlyArrivalIsDiscarded) {
  EXPECT_EQ(receive(3, 0, "three"), Verdict::held);
  EXPECT_EQ(receive(3, 0, "three"), Verdict::discarded);
  EXPECT_EQ(channel.counters().out_of_sequence, 1U);
  EXPECT_EQ(channel.counters().out_of_sequence_discards, 1U);
  EXPECT_EQ(pool.usage().messages, 1U);
}

TEST_F(ReliableChannelReceive, WhatLiesBeyondTheWindowIsNeitherKeptNorAcknowledged) {
  struct Row {
    std::uint16_t ns;
    Verdict expected;
  };
  for (const Row& row : {Row{9, Verdict::held}, Row{10, Verdict::discarded}, Row{1000, Verdict::discarded},
                         Row{32767, Verdict::discarded}})
    EXPECT_EQ(receive(row.ns, 0), row.expected) << row.ns;
  EXPECT_EQ(wire.sent.size(), 1U) << "for the one that is held";
  EXPECT_EQ(wire.sent[0].header.nr, 0);
  EXPECT_FALSE(channel.deadline().has_value());
  EXPECT_EQ(channel.nr(), 0);
  EXPECT_EQ(channel.counters().out_of_sequence_discards, 3U);
}

TEST_F(ReliableChannelReceive, AnOverrunOfTheWindowRecovers) {
  for (std::uint16_t ns = 1; ns <= 40; ++ns) // the first of 41 is lost
    receive(ns, 0, std::to_string(ns));
  EXPECT_EQ(pool.usage().messages, 9U);
  EXPECT_EQ(receive(0, 0), Verdict::deliver);
  EXPECT_EQ(take_held().size(), 9U);
  for (std::uint16_t ns = 10; ns <= 40; ++ns)
    EXPECT_EQ(receive(ns, 0), Verdict::deliver);
  EXPECT_EQ(channel.nr(), 41);
}

TEST_F(ReliableChannelReceive, AFullPoolOnlyMeansThatEarlyArrivalsComeAgain) {
  MessagePool tiny({.octets_max = MessagePool::slab_octets, .idle_octets_max = 0});
  ReliableChannel poor(tiny, {});
  const Bytes body = message("x");
  EXPECT_EQ(poor.receive({.header = {.ns = 1}, .body = body}, now, wire), Verdict::discarded);
  EXPECT_EQ(poor.receive({.header = {.ns = 0}, .body = body}, now, wire), Verdict::deliver);
  EXPECT_EQ(poor.receive({.header = {.ns = 1}, .body = body}, now, wire), Verdict::deliver);
}

TEST_F(ReliableChannelReceive, SeveralMessagesOfOneTurnCostOneZlb) {
  EXPECT_FALSE(channel.owes_acknowledgement());
  for (std::uint16_t ns = 0; ns < 10; ++ns)
    receive(ns, 0);
  EXPECT_TRUE(channel.owes_acknowledgement());
  EXPECT_TRUE(wire.sent.empty());
  EXPECT_FALSE(channel.deadline().has_value()) << "no timer: the end of the turn";
  channel.acknowledge_now(wire);
  ASSERT_EQ(wire.sent.size(), 1U);
  EXPECT_TRUE(wire.sent[0].zlb());
  EXPECT_EQ(wire.sent[0].header.nr, 10);
  EXPECT_FALSE(channel.owes_acknowledgement());
}

TEST_F(ReliableChannelReceive, EachEarlyArrivalRepeatsTheAcknowledgementAtOnce) {
  receive(0, 0);
  receive(2, 0);
  receive(4, 0);
  ASSERT_EQ(wire.sent.size(), 2U);
  for (const Sent& one : wire.sent) {
    EXPECT_TRUE(one.zlb());
    EXPECT_EQ(one.header.nr, 1);
  }
  receive(1, 0);
  channel.acknowledge_now(wire);
  ASSERT_EQ(wire.sent.size(), 3U);
  EXPECT_EQ(wire.sent[2].header.nr, 3) << "up to the next gap";
}

TEST_F(ReliableChannelReceive, AMessageOfOursCarriesTheAcknowledgement) {
  receive(0, 0);
  send("ICRP");
  ASSERT_EQ(wire.sent.size(), 1U);
  EXPECT_EQ(wire.sent[0].header.nr, 1);
  EXPECT_EQ(wire.sent[0].header.ns, 0);
  EXPECT_EQ(channel.deadline(), TimePoint{} + Duration{1000}) << "no ZLB is due any more";
}

TEST_F(ReliableChannelReceive, ARetransmissionCarriesTheAcknowledgement) {
  send();
  now += Duration{990};
  receive(0, 0); // the retransmission is due at 1000, in the same turn
  wire.sent.clear();
  time_out();
  ASSERT_EQ(wire.sent.size(), 1U);
  EXPECT_EQ(wire.sent[0].body, "sent");
  EXPECT_EQ(wire.sent[0].header.nr, 1);
  EXPECT_EQ(channel.deadline(), TimePoint{} + Duration{3000});
}

TEST_F(ReliableChannelReceive, ZlbDoesNotAdvanceNs) {
  receive(0, 0);
  channel.acknowledge_now(wire);
  receive(0, 0);
  send();
  ASSERT_EQ(wire.sent.size(), 3U);
  for (const Sent& one : wire.sent)
    EXPECT_EQ(one.header.ns, 0);
  EXPECT_EQ(channel.ns(), 1);
}

TEST_F(ReliableChannelReceive, ZlbsCarryThePeersTunnelIdAndNoSession) {
  channel.set_peer_tunnel_id(PeerTunnelId{4711});
  receive(0, 0);
  channel.acknowledge_now(wire);
  ASSERT_EQ(wire.sent.size(), 1U);
  EXPECT_EQ(wire.sent[0].octets.size(), control_header_size);
  EXPECT_EQ(wire.sent[0].header.tunnel_id, 4711);
  EXPECT_EQ(wire.sent[0].header.session_id, 0);
}

TEST_F(ReliableChannelReceive, AcknowledgeNowIsSilentWhenNothingIsUnacknowledged) {
  channel.acknowledge_now(wire);
  receive(0, 0);
  channel.acknowledge_now(wire);
  channel.acknowledge_now(wire);
  EXPECT_EQ(wire.sent.size(), 1U);
}

TEST_F(ReliableChannelReceive, SeventyThousandMessagesCrossTheWrap) {
  for (std::uint32_t i = 0; i < 70000; ++i) {
    const auto ns = static_cast<std::uint16_t>(i);
    if (i % 7 == 3) { // every seventh comes after its successor
      ASSERT_EQ(receive(static_cast<std::uint16_t>(ns + 1), 0), Verdict::held) << i;
      ASSERT_EQ(receive(ns, 0), Verdict::deliver) << i;
      ASSERT_EQ(take_held().size(), 1U);
      ASSERT_EQ(receive(ns, 0), Verdict::duplicate) << i;
      ++i;
    } else {
      ASSERT_EQ(receive(ns, 0), Verdict::deliver) << i;
    }
    wire.sent.clear();
  }
  EXPECT_EQ(channel.nr(), 70000 - 65536);
}

TEST_F(ReliableChannelReceive, CountsEveryDatagramAndItsOctets) {
  receive(0, 0, "12345");  // 17 octets
  receive(0, 0, "");       // 12
  receive(0, 0, "12345");  // a duplicate, answered by 12
  receive(500, 0, "1234"); // 16, discarded
  send("1234567");         // 19
  const ChannelCounters& counters = channel.counters();
  EXPECT_EQ(counters.received_packets, 4U);
  EXPECT_EQ(counters.received_octets, 17U + 12U + 17U + 16U);
  EXPECT_EQ(counters.sent_packets, 2U);
  EXPECT_EQ(counters.sent_octets, 12U + 19U);
  EXPECT_EQ(counters.zlbs_sent, 1U);
}

TEST_F(ReliableChannelReceive, SteadyTrafficNeedsNoFurtherMemory) {
  open_window(4);
  send_many(4);
  const std::size_t reserved = pool.usage().reserved_octets;
  for (int i = 0; i < 1000; ++i) {
    acknowledge(channel.ns());
    send_many(4);
    ASSERT_EQ(pool.usage().reserved_octets, reserved);
  }
}

} // namespace
} // namespace openl2tp::protocol::test
