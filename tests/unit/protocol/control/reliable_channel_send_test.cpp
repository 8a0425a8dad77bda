// What the channel sends and when: windows, retransmission, back-off, slow start and congestion avoidance. RFC 2661
// §5.8, Appendix A.
#include "protocol/control/reliable_channel.hpp"

#include "tests/unit/protocol/control/channel_fixture.hpp"

namespace openl2tp::protocol::test {
namespace {

class ReliableChannelSend : public ChannelTest {};

TEST_F(ReliableChannelSend, NumbersMessagesFromZeroByOne) {
  open_window(4); // takes three
  EXPECT_EQ(channel.ns(), 3);
  send_many(4);
  EXPECT_EQ(wire.message_ns(), (Numbers{3, 4, 5, 6}));
}

TEST_F(ReliableChannelSend, KeepsEverythingButTheSequenceNumbersOfAMessage) {
  receive(0, 0);
  const Bytes original = message("AVPs", 321);
  ASSERT_TRUE(channel.send(original, now, wire).has_value());
  ASSERT_EQ(wire.sent.size(), 1U);
  Bytes expected = original;
  encode_control_header(expected, {.tunnel_id = 77, .session_id = 321, .ns = 0, .nr = 1});
  EXPECT_EQ(wire.sent[0].octets, expected);
}

TEST_F(ReliableChannelSend, NeverHasMoreOutstandingThanThePeersWindow) {
  for (const std::uint16_t window : Numbers{1, 2, 4, 7}) {
    ReliableChannel one(pool, {});
    one.set_peer_window(window);
    Recorder out;
    for (int i = 0; i < 200; ++i)
      ASSERT_TRUE(one.send(message("x"), now, out).has_value());
    while (!one.all_acknowledged()) {
      const auto outstanding = static_cast<std::uint16_t>(one.ns() - one.peer_nr());
      ASSERT_LE(outstanding, window);
      static_cast<void>(
          one.receive({.header = {.nr = static_cast<std::uint16_t>(one.peer_nr() + 1)}, .body = {}}, now, out));
    }
    EXPECT_EQ(out.sent.size(), 200U);
  }
}

TEST_F(ReliableChannelSend, UsesAPeerWindowOfFourInFull) {
  open_window(4);
  send_many(6);
  EXPECT_EQ(wire.sent.size(), 4U);
}

TEST_F(ReliableChannelSend, AssumesAWindowOfFourUntilToldOtherwise) { EXPECT_EQ(channel.transmit_window(), 4); }

TEST_F(ReliableChannelSend, TheWindowIsTheSmallerOfThePeersAndOurs) {
  struct Row {
    std::uint16_t ours, peers, expected;
  };
  for (const Row& row :
       {Row{10, 4, 4}, Row{10, 64, 10}, Row{3, 64, 3}, Row{10, 0, 1}, Row{0, 64, 1}, Row{65535, 65535, 1024}}) {
    ReliableChannel one(pool, {.transmit_window_max = row.ours});
    one.set_peer_window(row.peers);
    EXPECT_EQ(one.transmit_window(), row.expected) << row.ours << " " << row.peers;
    EXPECT_EQ(one.slow_start_threshold(), row.expected);
  }
}

TEST_F(ReliableChannelSend, AnNrOutsideOfWhatIsOutstandingIsIgnored) {
  open_window(4); // 0..2 acknowledged
  send_many(4);   // 3..6 outstanding
  for (const std::uint16_t nr : Numbers{2, 0, 65535, 8, 500, 507, 32771}) {
    EXPECT_EQ(acknowledge(nr), Verdict::acknowledged);
    EXPECT_EQ(channel.peer_nr(), 3) << nr;
    EXPECT_EQ(channel.queued(), 4U) << nr;
  }
  acknowledge(7);
  EXPECT_TRUE(channel.all_acknowledged());
}

TEST_F(ReliableChannelSend, AMessageWithABadNrIsStillDelivered) {
  send();
  EXPECT_EQ(receive(0, 500), Verdict::deliver);
  EXPECT_EQ(channel.queued(), 1U);
}

TEST_F(ReliableChannelSend, OneAcknowledgementCoversAllBeforeIt) {
  open_window(4);
  send_many(4);
  acknowledge(6);
  EXPECT_EQ(channel.queued(), 1U);
  EXPECT_EQ(channel.peer_nr(), 6);
}

TEST_F(ReliableChannelSend, RetransmitsAfterOneSecondThenBacksOffExactly) {
  struct Row {
    int interval_ms, cap_ms;
    std::uint16_t retries;
    std::vector<int> sent_at_ms;
    int dead_at_ms;
  };
  const Row rows[] = {
      {1000, 8000, 5, {0, 1000, 3000, 7000, 15000, 23000}, 31000},
      {1000, 8000, 0, {0}, 1000},
      {1000, 8000, 1, {0, 1000}, 3000},
      {1000, 1000, 5, {0, 1000, 3000, 7000, 15000, 23000}, 31000}, // no cap below eight seconds
      {1000, 16000, 6, {0, 1000, 3000, 7000, 15000, 31000, 47000}, 63000},
      {300, 8000, 6, {0, 300, 900, 2100, 4500, 9300, 17300}, 25300},
      {10000, 8000, 2, {0, 10000, 20000}, 30000}, // never shorter than the first
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.interval_ms);
    ReliableChannel one(pool, {.retransmit_interval = Duration{row.interval_ms},
                               .retransmit_interval_max = Duration{row.cap_ms},
                               .retries_max = row.retries});
    Recorder out;
    std::vector<int> sent_at_ms = {0};
    ASSERT_TRUE(one.send(message("x"), TimePoint{}, out).has_value());
    while (true) {
      ASSERT_TRUE(one.deadline().has_value());
      const TimePoint due = *one.deadline();
      ASSERT_EQ(one.handle_timeout(due - Duration{1}, out), Health::alive);
      ASSERT_EQ(out.sent.size(), sent_at_ms.size()) << "early";
      const int at_ms = static_cast<int>(due.time_since_epoch().count());
      if (one.handle_timeout(due, out) == Health::dead) {
        EXPECT_EQ(at_ms, row.dead_at_ms);
        break;
      }
      sent_at_ms.push_back(at_ms);
      ASSERT_EQ(one.retries(), sent_at_ms.size() - 1);
    }
    EXPECT_EQ(sent_at_ms, row.sent_at_ms);
    EXPECT_EQ(out.sent.size(), row.sent_at_ms.size());
    EXPECT_EQ(one.counters().retransmits, row.retries);
    EXPECT_FALSE(one.deadline().has_value());
  }
}

TEST_F(ReliableChannelSend, ADeadChannelSendsNothingMore) {
  send();
  while (time_out() == Health::alive) {
  }
  wire.sent.clear();
  send();
  acknowledge(1);
  EXPECT_TRUE(wire.sent.empty());
  EXPECT_FALSE(channel.deadline().has_value());
  EXPECT_EQ(channel.handle_timeout(now + Duration{1000000}, wire), Health::dead);
}

TEST_F(ReliableChannelSend, OtherTimingHoldsForWhatIsSentNext) {
  send();
  channel.set_timing(Duration{2000}, 1);
  EXPECT_EQ(channel.deadline(), now + Duration{1000});
  time_out();
  acknowledge(1); // of either copy: it tells nothing about the round trip
  send();
  EXPECT_EQ(channel.deadline(), now + Duration{2000});
  EXPECT_EQ(time_out(), Health::alive);
  EXPECT_EQ(time_out(), Health::dead);
}

TEST_F(ReliableChannelSend, AnAcknowledgementStartsTheIntervalAnew) {
  open_window(4);
  send_many(2);
  time_out();
  EXPECT_EQ(channel.retries(), 1);
  now += Duration{100};
  acknowledge(4); // the first of two; the other goes out again at once
  EXPECT_EQ(channel.retries(), 0);
  EXPECT_EQ(channel.deadline(), now + channel.retransmission_timeout());
}

TEST_F(ReliableChannelSend, ARetransmissionKeepsNsAndTakesTheNewestNr) {
  ASSERT_TRUE(channel.send(message("the very same", 9), now, wire).has_value());
  receive(0, 0, "HELLO");
  channel.acknowledge_now(wire);
  time_out();
  ASSERT_EQ(wire.sent.size(), 3U);
  const Sent &first = wire.sent[0], &again = wire.sent[2];
  EXPECT_EQ(first.header.nr, 0);
  EXPECT_EQ(again.header.nr, 1);
  EXPECT_EQ(again.header.ns, first.header.ns);
  Bytes expected = first.octets;
  patch_sequence(expected, 0, 1);
  EXPECT_EQ(again.octets, expected);
}

TEST_F(ReliableChannelSend, OnlyTheFirstUnacknowledgedIsRetransmittedOnExpiry) {
  open_window(4);
  send_many(4);
  wire.sent.clear();
  time_out();
  EXPECT_EQ(wire.message_ns(), (Numbers{3}));
  time_out();
  EXPECT_EQ(wire.message_ns(), (Numbers{3, 3}));
}

TEST_F(ReliableChannelSend, WhatWasLostWithItFollowsAsTheWindowReopens) {
  open_window(8);
  const std::uint16_t base = channel.ns();
  send_many(10); // eight outstanding, all lost, two waiting
  wire.sent.clear();
  time_out();
  const auto numbers = [&](std::initializer_list<int> offsets) {
    Numbers out;
    for (const int offset : offsets)
      out.push_back(static_cast<std::uint16_t>(base + offset));
    return out;
  };
  EXPECT_EQ(wire.message_ns(), numbers({0}));
  acknowledge(static_cast<std::uint16_t>(base + 1));
  EXPECT_EQ(wire.message_ns(), numbers({0, 1, 2}));
  acknowledge(static_cast<std::uint16_t>(base + 3));
  EXPECT_EQ(wire.message_ns(), numbers({0, 1, 2, 3, 4, 5, 6}));
  acknowledge(static_cast<std::uint16_t>(base + 7));
  EXPECT_EQ(wire.message_ns(), numbers({0, 1, 2, 3, 4, 5, 6, 7, 8, 9}));
  EXPECT_EQ(channel.counters().retransmits, 8U) << "the last two went out once";
  acknowledge(static_cast<std::uint16_t>(base + 10));
  EXPECT_TRUE(channel.all_acknowledged());
  EXPECT_FALSE(channel.deadline().has_value());
}

TEST_F(ReliableChannelSend, WhatThePeerHeldIsNotSentAgain) {
  open_window(8);
  const std::uint16_t base = channel.ns();
  send_many(8); // only the first was lost
  wire.sent.clear();
  time_out();
  acknowledge(static_cast<std::uint16_t>(base + 8));
  EXPECT_EQ(wire.message_ns(), (Numbers{base}));
  EXPECT_TRUE(channel.all_acknowledged());
}

TEST_F(ReliableChannelSend, AStepwiseAcknowledgementOvertakesTheResending) {
  open_window(8);
  const std::uint16_t base = channel.ns();
  send_many(8);
  time_out(); // a late acknowledgement of the first transmission comes in:
  wire.sent.clear();
  acknowledge(static_cast<std::uint16_t>(base + 5));
  ASSERT_FALSE(wire.sent.empty());
  EXPECT_EQ(wire.sent[0].header.ns, base + 5);
}

TEST_F(ReliableChannelSend, CongestionWindowFollowsAppendixA) {
  struct Step {
    int acknowledge; // messages; 0 is a time-out
    std::uint16_t window, threshold, accumulator;
  };
  const Step steps[] = {
      {1, 2, 8, 0}, {1, 3, 8, 0}, {2, 5, 8, 0}, {2, 7, 8, 0}, // slow start: one more for each
      {1, 8, 8, 0}, {1, 8, 8, 0}, {5, 8, 8, 0},               // never beyond the peer's window
      {0, 1, 4, 0}, {1, 2, 4, 0}, {1, 3, 4, 0}, {1, 4, 4, 0}, // half of eight, then slow start again
      {1, 4, 4, 1}, {2, 4, 4, 3}, {1, 5, 4, 0},               // above it one more for each window of messages
      {4, 5, 4, 4}, {1, 6, 4, 0}, {2, 6, 4, 2},               //
      {0, 1, 3, 0}, {0, 1, 1, 0}, {0, 1, 1, 0},               // a second time-out halves what is left of it
      {1, 2, 1, 0}, {1, 2, 1, 1}, {1, 3, 1, 0}, {3, 4, 1, 0}, {4, 5, 1, 0},
  };
  channel.set_peer_window(8);
  send_many(100);
  EXPECT_EQ(channel.congestion_window(), 1);
  EXPECT_EQ(channel.slow_start_threshold(), 8);
  int number = 0;
  for (const Step& step : steps) {
    SCOPED_TRACE(number++);
    if (step.acknowledge == 0)
      ASSERT_EQ(time_out(), Health::alive);
    else
      acknowledge(static_cast<std::uint16_t>(channel.peer_nr() + step.acknowledge));
    ASSERT_EQ(channel.congestion_window(), step.window);
    ASSERT_EQ(channel.slow_start_threshold(), step.threshold);
    ASSERT_EQ(channel.congestion_accumulator(), step.accumulator);
  }
}

TEST_F(ReliableChannelSend, SlowStartBeginsWithOneMessage) {
  channel.set_peer_window(8);
  send_many(6);
  EXPECT_EQ(wire.sent.size(), 1U);
  acknowledge(1);
  EXPECT_EQ(wire.sent.size(), 3U);
  acknowledge(3);
  EXPECT_EQ(wire.sent.size(), 6U);
}

TEST_F(ReliableChannelSend, ThePeersWindowSetsTheThresholdUnlessALossHas) {
  channel.set_peer_window(10);
  EXPECT_EQ(channel.slow_start_threshold(), 10);
  send();
  time_out();
  channel.set_peer_window(8);
  EXPECT_EQ(channel.slow_start_threshold(), 1);
}

TEST_F(ReliableChannelSend, ASmallerWindowOfThePeerHoldsAtOnce) {
  open_window(8);
  channel.set_peer_window(2);
  EXPECT_EQ(channel.congestion_window(), 2);
  send_many(5);
  EXPECT_EQ(wire.sent.size(), 2U);
}

// ---- the round trip

TEST_F(ReliableChannelSend, TheFirstIntervalIsTheConfiguredOneUntilTheRoundTripIsKnown) {
  EXPECT_EQ(channel.retransmission_timeout(), Duration{1000});
  send();
  now += Duration{100};
  acknowledge(1);
  EXPECT_EQ(channel.retransmission_timeout(), Duration{100 + 4 * 50}) << "the mean and four deviations (RFC 6298)";
}

TEST_F(ReliableChannelSend, TheTimeoutFollowsTheRoundTripBetweenItsBounds) {
  const auto exchange = [this](int ms, int times) {
    for (int i = 0; i < times; ++i) {
      send();
      now += Duration{ms};
      acknowledge(channel.ns());
    }
  };
  exchange(0, 50);
  EXPECT_EQ(channel.retransmission_timeout(), Duration{200}) << "peers may keep an acknowledgement for a moment";
  exchange(300, 50);
  EXPECT_GE(channel.retransmission_timeout(), Duration{300});
  EXPECT_LE(channel.retransmission_timeout(), Duration{400});
  exchange(150, 50);
  EXPECT_GE(channel.retransmission_timeout(), Duration{200});
  EXPECT_LE(channel.retransmission_timeout(), Duration{250});
  exchange(30'000, 10);
  EXPECT_EQ(channel.retransmission_timeout(), Duration{1000}) << "never longer than configured";
}

TEST_F(ReliableChannelSend, WhatWasSentTwiceIsNotTimed) {
  send();
  now += Duration{100};
  acknowledge(1);
  send();
  time_out(); // after 300
  now += Duration{1};
  acknowledge(2);
  EXPECT_EQ(channel.retransmission_timeout(), Duration{600}) << "twice that, until something is timed again";
  send();
  now += Duration{100};
  acknowledge(3);
  EXPECT_EQ(channel.retransmission_timeout(), Duration{100 + 150});
}

TEST_F(ReliableChannelSend, AKnownRoundTripMakesMoreRetransmissionsAndTheSamePatience) {
  send();
  acknowledge(1);
  send();
  std::vector<int> at_ms;
  while (time_out() == Health::alive)
    at_ms.push_back(static_cast<int>(now.time_since_epoch().count()));
  EXPECT_EQ(at_ms, (std::vector{200, 600, 1400, 3000, 6200, 12'600, 20'600, 28'600}));
  EXPECT_EQ(now, TimePoint{Duration{31'000}}) << "a peer that is unreachable for less is not given up";
}

// ---- fast retransmission

TEST_F(ReliableChannelSend, RepeatedAcknowledgementsShowALossWithoutATimeOut) {
  open_window(8);
  const std::uint16_t base = channel.ns();
  send_many(8);
  wire.sent.clear();
  acknowledge(base);
  acknowledge(base);
  EXPECT_TRUE(wire.sent.empty()) << "two may have changed places";
  acknowledge(base);
  EXPECT_EQ(wire.message_ns(), Numbers{base});
  EXPECT_EQ(channel.congestion_window(), 4) << "half, not one";
  EXPECT_EQ(channel.slow_start_threshold(), 4);
  acknowledge(base);
  acknowledge(base);
  EXPECT_EQ(wire.sent.size(), 1U) << "once for a loss";
  EXPECT_EQ(channel.retries(), 0);
  acknowledge(static_cast<std::uint16_t>(base + 8));
  EXPECT_TRUE(channel.all_acknowledged());
  EXPECT_EQ(channel.counters().retransmits, 1U);
}

// The first copy arrives late: its acknowledgement comes sooner after the second than a round trip takes.
TEST_F(ReliableChannelSend, ARepairThatWasNotNeededIsUndoneAndTheNextOneWaits) {
  open_window(8);
  send();
  now += Duration{40};
  acknowledge(channel.ns()); // round trips are of 40 ms at times
  const std::uint16_t base = channel.ns();
  send_many(8);
  wire.sent.clear();
  for (int i = 0; i < 3; ++i)
    acknowledge(base);
  ASSERT_EQ(wire.message_ns(), Numbers{base});
  ASSERT_EQ(channel.congestion_window(), 4);
  acknowledge(static_cast<std::uint16_t>(base + 8));
  EXPECT_GE(channel.congestion_window(), 8) << "nothing was lost";
  EXPECT_EQ(channel.slow_start_threshold(), 8);

  const std::uint16_t next = channel.ns();
  send_many(8);
  wire.sent.clear();
  for (int i = 0; i < 5; ++i)
    acknowledge(next);
  EXPECT_TRUE(wire.sent.empty()) << "it may have been overtaken";
  acknowledge(static_cast<std::uint16_t>(next + 4));
  now += Duration{100};
  EXPECT_EQ(channel.handle_timeout(now, wire), Health::alive);
  EXPECT_TRUE(wire.sent.empty()) << "it arrived";

  for (int i = 0; i < 3; ++i)
    acknowledge(static_cast<std::uint16_t>(next + 4));
  ASSERT_TRUE(channel.deadline().has_value());
  EXPECT_LE(*channel.deadline(), now + Duration{40});
  now = *channel.deadline();
  EXPECT_EQ(channel.handle_timeout(now, wire), Health::alive);
  EXPECT_EQ(wire.message_ns(), Numbers{static_cast<std::uint16_t>(next + 4)}) << "it was lost";
  EXPECT_EQ(channel.retries(), 0) << "no time-out";
  EXPECT_EQ(channel.congestion_window(), 4);
}

TEST_F(ReliableChannelSend, WithLittleOutstandingFewerRepetitionsShowALoss) {
  open_window(4);
  const std::uint16_t base = channel.ns();
  send_many(2);
  wire.sent.clear();
  acknowledge(base);
  EXPECT_EQ(wire.message_ns(), Numbers{base});
}

TEST_F(ReliableChannelSend, ARepeatedAcknowledgementOfALoneMessageShowsNothing) {
  send();
  for (int i = 0; i < 10; ++i)
    acknowledge(0);
  EXPECT_EQ(wire.sent.size(), 1U);
}

TEST_F(ReliableChannelSend, MessagesWithTheSameNrAreNoRepeatedAcknowledgements) {
  open_window(8);
  const std::uint16_t base = channel.ns();
  send_many(8);
  wire.sent.clear();
  for (std::uint16_t ns = 0; ns < 9; ++ns)
    receive(ns, base);
  EXPECT_EQ(wire.message_ns(), Numbers{});
}

TEST_F(ReliableChannelSend, TheNextGapIsFilledAsSoonAsItShows) {
  open_window(8);
  const std::uint16_t base = channel.ns();
  send_many(8); // the first and the fifth are lost
  for (int i = 0; i < 3; ++i)
    acknowledge(base);
  wire.sent.clear();
  acknowledge(static_cast<std::uint16_t>(base + 4));
  EXPECT_EQ(wire.message_ns(), Numbers{static_cast<std::uint16_t>(base + 4)});
  acknowledge(static_cast<std::uint16_t>(base + 8));
  EXPECT_EQ(channel.congestion_window(), 4) << "one loss, one halving";
}

TEST_F(ReliableChannelSend, AFastRetransmissionThatIsLostTooTimesOut) {
  open_window(8);
  const std::uint16_t base = channel.ns();
  send_many(8);
  for (int i = 0; i < 3; ++i)
    acknowledge(base);
  wire.sent.clear();
  EXPECT_EQ(channel.deadline(), now + channel.retransmission_timeout());
  EXPECT_EQ(time_out(), Health::alive);
  EXPECT_EQ(wire.message_ns(), Numbers{base});
  EXPECT_EQ(channel.congestion_window(), 1);
}

TEST_F(ReliableChannelSend, DuplicatesAfterATimeOutStartNoFastRetransmission) {
  open_window(8);
  const std::uint16_t base = channel.ns();
  send_many(8);
  time_out();
  wire.sent.clear();
  for (int i = 0; i < 10; ++i)
    acknowledge(base);
  EXPECT_TRUE(wire.sent.empty());
}

// ---- pausing

TEST_F(ReliableChannelSend, APausedChannelSendsNothingAndLosesNoPatience) {
  open_window(4);
  const std::uint16_t base = channel.ns();
  send();
  wire.sent.clear();
  channel.pause();
  send();
  EXPECT_TRUE(wire.sent.empty());
  EXPECT_FALSE(channel.deadline().has_value());
  now += Duration{1'000'000};
  EXPECT_EQ(channel.handle_timeout(now, wire), Health::alive);
  channel.resume(now, wire);
  EXPECT_EQ(wire.message_ns(), Numbers{static_cast<std::uint16_t>(base + 1)});
  EXPECT_EQ(channel.deadline(), now + channel.retransmission_timeout());
  EXPECT_EQ(channel.retries(), 0);
}

TEST_F(ReliableChannelSend, TheQueueIsBounded) {
  for (std::uint32_t i = 0; i < ReliableChannel::send_queue_max; ++i)
    ASSERT_TRUE(channel.send(message("x"), now, wire).has_value());
  EXPECT_EQ(channel.queued(), ReliableChannel::send_queue_max);
  const auto refused = channel.send(message("x"), now, wire);
  ASSERT_FALSE(refused.has_value());
  EXPECT_EQ(refused.error(), ReliableChannel::SendError::queue_full);
  acknowledge(1);
  EXPECT_TRUE(channel.send(message("x"), now, wire).has_value());
}

TEST_F(ReliableChannelSend, AFullPoolRefusesAndChangesNothing) {
  MessagePool tiny({.octets_max = MessagePool::slab_octets, .idle_octets_max = 0});
  ReliableChannel poor(tiny, {});
  std::uint32_t accepted = 0;
  while (poor.send(message("x"), now, wire).has_value())
    ++accepted;
  EXPECT_EQ(accepted, 1023U);
  EXPECT_EQ(poor.queued(), 1023U);
  static_cast<void>(poor.receive({.header = {.nr = 1}, .body = {}}, now, wire));
  EXPECT_TRUE(poor.send(message("x"), now, wire).has_value());
}

TEST_F(ReliableChannelSend, DropUnsentKeepsWhatIsOutstandingAndStillRetransmitsIt) {
  open_window(4);
  const std::uint16_t base = channel.ns();
  send_many(10);
  receive(1, base, "early");
  channel.drop_unsent();
  EXPECT_EQ(channel.queued(), 4U);
  EXPECT_EQ(pool.usage().messages, 4U);
  EXPECT_FALSE(channel.all_acknowledged());
  send("StopCCN");
  wire.sent.clear();
  time_out();
  EXPECT_EQ(wire.message_ns(), (Numbers{base}));
  acknowledge(static_cast<std::uint16_t>(base + 4));
  EXPECT_EQ(wire.sent.back().body, "StopCCN");
  EXPECT_EQ(wire.sent.back().header.ns, base + 4);
  acknowledge(static_cast<std::uint16_t>(base + 5));
  EXPECT_TRUE(channel.all_acknowledged());
}

TEST_F(ReliableChannelSend, DropUnsentIsHarmlessAtAnyTime) {
  channel.drop_unsent();
  EXPECT_TRUE(channel.all_acknowledged());
  send_many(3);
  time_out();
  channel.drop_unsent(); // while one is being resent
  EXPECT_EQ(channel.queued(), 1U);
  channel.drop_unsent();
  acknowledge(1);
  EXPECT_TRUE(channel.all_acknowledged());
  send("next");
  EXPECT_EQ(wire.sent.back().header.ns, 1);
}

TEST_F(ReliableChannelSend, DropUnsentLetsTheResendingOfOutstandingMessagesGoOn) {
  open_window(4);
  const std::uint16_t base = channel.ns();
  send_many(6);
  time_out();
  channel.drop_unsent();
  wire.sent.clear();
  acknowledge(static_cast<std::uint16_t>(base + 1));
  EXPECT_EQ(wire.message_ns(), (Numbers{static_cast<std::uint16_t>(base + 1), static_cast<std::uint16_t>(base + 2)}));
  acknowledge(static_cast<std::uint16_t>(base + 3));
  acknowledge(static_cast<std::uint16_t>(base + 4));
  EXPECT_TRUE(channel.all_acknowledged());
}

TEST_F(ReliableChannelSend, AChangedWindowStartsCountingAnew) {
  open_window(4);
  channel.set_peer_window(6);
  send_many(6);
  time_out();
  acknowledge(static_cast<std::uint16_t>(channel.peer_nr() + 4));
  ASSERT_EQ(channel.congestion_window(), 3);
  ASSERT_EQ(channel.congestion_accumulator(), 1);
  channel.set_peer_window(2);
  EXPECT_EQ(channel.congestion_window(), 2);
  EXPECT_EQ(channel.congestion_accumulator(), 0);
}

TEST_F(ReliableChannelSend, IsNotAllAcknowledgedWhileSomethingWaits) {
  channel.set_peer_window(1);
  send_many(2);
  acknowledge(1);
  EXPECT_FALSE(channel.all_acknowledged());
  acknowledge(2);
  EXPECT_TRUE(channel.all_acknowledged());
}

TEST_F(ReliableChannelSend, SeventyThousandMessagesCrossTheWrap) {
  open_window(10);
  std::uint32_t sent = channel.ns();
  while (sent < 70000) {
    send_many(10);
    sent += 10;
    ASSERT_EQ(wire.message_ns().size(), 10U);
    ASSERT_EQ(wire.sent.back().header.ns, static_cast<std::uint16_t>(sent - 1));
    if (sent % 1000 < 10) { // a loss now and then, also at the wrap
      ASSERT_EQ(time_out(), Health::alive);
      ASSERT_EQ(wire.sent.back().header.ns, static_cast<std::uint16_t>(sent - 10));
    }
    acknowledge(static_cast<std::uint16_t>(sent));
    ASSERT_TRUE(channel.all_acknowledged());
    while (channel.congestion_window() < 10) { // grown again
      send();
      acknowledge(static_cast<std::uint16_t>(++sent));
    }
    wire.sent.clear();
  }
  EXPECT_EQ(channel.ns(), static_cast<std::uint16_t>(sent));
}

TEST_F(ReliableChannelSend, AnIdleChannelOwnsNoMessageAndNoDeadline) {
  EXPECT_LE(sizeof(ReliableChannel), 192U);
  EXPECT_FALSE(channel.deadline().has_value());
  send();
  receive(0, 1);
  EXPECT_FALSE(channel.deadline().has_value());
  EXPECT_EQ(pool.usage().messages, 0U);
}

TEST_F(ReliableChannelSend, TheDestructorGivesEverythingBack) {
  {
    ReliableChannel one(pool, {});
    for (int i = 0; i < 5; ++i)
      ASSERT_TRUE(one.send(message("x"), now, wire).has_value());
    const Bytes body = message("x");
    for (const std::uint16_t ns : Numbers{3, 1, 0})
      static_cast<void>(one.receive({.header = {.ns = ns}, .body = body}, now, wire));
    ASSERT_TRUE(one.next_held().has_value());
    EXPECT_EQ(pool.usage().messages, 7U);
  }
  EXPECT_EQ(pool.usage().messages, 0U);
}

} // namespace
} // namespace openl2tp::protocol::test
