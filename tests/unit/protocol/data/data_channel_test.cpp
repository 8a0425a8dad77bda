// Order, reorder timeout, bounds and counters of one session's data messages. RFC 2661 §5.4.
#include "protocol/data/data_channel.hpp"

#include "tests/unit/protocol/data/data_fixture.hpp"

namespace openl2tp::protocol {
namespace {

using Frames = std::vector<std::string>;

class DataReordering : public test::DataChannelTest {};

class DataWithoutReordering : public test::DataChannelTest {
 protected:
  DataWithoutReordering() : DataChannelTest({.lns = true}) {}
};

TEST_F(DataReordering, InOrderFramesAreHandedOnWhereTheyLie) {
  const std::string payload = "frame";
  const Octets octets = std::as_bytes(std::span(payload));
  for (std::uint16_t ns = 0; ns < 3; ++ns) {
    const DataArrival arrival = channel.receive({.has_sequence = true, .ns = ns, .payload = octets}, now, pool);
    EXPECT_TRUE(arrival.deliver);
    EXPECT_EQ(arrival.before, nullptr);
    EXPECT_EQ(arrival.after, nullptr);
  }
  EXPECT_EQ(pool.usage().reserved_octets, 0U);
  EXPECT_EQ(channel.next_deadline(), std::nullopt);
  EXPECT_EQ(channel.counters().out_of_sequence, 0U);
}

TEST_F(DataReordering, AnEarlyFrameWaitsForTheOneBeforeIt) {
  EXPECT_EQ(receive(1), Frames{});
  EXPECT_EQ(receive(0), (Frames{"0", "1"}));
  EXPECT_EQ(channel.next_deadline(), std::nullopt);
  EXPECT_EQ(channel.counters().out_of_sequence, 1U);
  EXPECT_EQ(channel.counters().discards(), 0U);
  EXPECT_EQ(channel.counters().missing, 0U);
}

TEST_F(DataReordering, SeveralGapsCloseOneAfterTheOther) {
  EXPECT_EQ(receive(5), Frames{});
  EXPECT_EQ(receive(1), Frames{});
  EXPECT_EQ(receive(3), Frames{});
  EXPECT_EQ(receive(0), (Frames{"0", "1"}));
  EXPECT_EQ(receive(2), (Frames{"2", "3"}));
  EXPECT_EQ(receive(4), (Frames{"4", "5"}));
  EXPECT_EQ(channel.early_frames(), 0U);
}

TEST_F(DataReordering, TheFirstNumberExpectedIsZero) {
  EXPECT_EQ(receive(1), Frames{});
  EXPECT_EQ(time_out(), Frames{"1"});
}

TEST_F(DataReordering, AFrameWaitsAtMostTheTimeout) {
  receive(1);
  const TimePoint arrived = now;
  wait(60);
  receive(3);
  EXPECT_EQ(channel.next_deadline(), arrived + Duration{100});
  wait(39);
  EXPECT_EQ(handle_timeout(), Frames{});
  wait(1);
  EXPECT_EQ(handle_timeout(), Frames{"1"});
  EXPECT_EQ(channel.next_deadline(), arrived + Duration{160});
  EXPECT_EQ(time_out(), Frames{"3"});
  EXPECT_EQ(channel.next_deadline(), std::nullopt);
  EXPECT_EQ(channel.counters().missing, 2U);
}

TEST_F(DataReordering, TheTimeoutOfALaterFrameTakesThoseBeforeItAlong) {
  receive(5);
  wait(50);
  receive(3); // arrived after 5, comes before it
  wait(50);
  EXPECT_EQ(handle_timeout(), (Frames{"3", "5"}));
  EXPECT_EQ(channel.expected(), 6U);
}

TEST_F(DataReordering, AfterATimeoutWhatFollowsInOrderComesToo) {
  receive(1);
  wait(50);
  receive(2);
  receive(3);
  EXPECT_EQ(time_out(), (Frames{"1", "2", "3"}));
  EXPECT_EQ(channel.next_deadline(), std::nullopt);
}

TEST_F(DataReordering, AFrameThatComesAfterItsPlaceWasGivenUpIsDropped) {
  receive(1);
  time_out();
  EXPECT_EQ(receive(0), Frames{});
  EXPECT_EQ(channel.counters().late, 1U);
  EXPECT_EQ(channel.counters().duplicates, 0U);
  EXPECT_EQ(channel.counters().out_of_sequence, 2U);
  EXPECT_EQ(receive(2), Frames{"2"});
}

TEST_F(DataReordering, ADuplicateOfAFrameHandedOnIsDropped) {
  receive_all(0, 3);
  EXPECT_EQ(receive(1), Frames{});
  EXPECT_EQ(receive(2), Frames{});
  EXPECT_EQ(channel.counters().duplicates, 2U);
  EXPECT_EQ(channel.counters().late, 0U);
  EXPECT_EQ(channel.counters().discards(), 2U);
}

TEST_F(DataReordering, ADuplicateOfAFrameThatWaitsIsDropped) {
  receive(1, "first");
  EXPECT_EQ(receive(1, "second"), Frames{});
  EXPECT_EQ(channel.counters().duplicates, 1U);
  EXPECT_EQ(receive(0), (Frames{"0", "first"}));
}

TEST_F(DataReordering, NumbersGoRoundAt65536) {
  channel.clear(pool);
  for (unsigned i = 0; i < 65535; ++i)
    ASSERT_EQ(receive(static_cast<std::uint16_t>(i)).size(), 1U);
  EXPECT_EQ(receive(0, "wrapped"), Frames{});
  EXPECT_EQ(receive(65535), (Frames{"65535", "wrapped"}));
  EXPECT_EQ(receive(65535), Frames{});
  EXPECT_EQ(channel.counters().duplicates, 1U);
}

TEST_F(DataReordering, AFullQueueGivesTheMissingOneUp) {
  for (std::uint16_t ns = 1; ns <= DataChannel::early_frames_max; ++ns)
    ASSERT_EQ(receive(ns), Frames{});
  const Frames frames = receive(DataChannel::early_frames_max + 1);
  EXPECT_EQ(frames.size(), DataChannel::early_frames_max + 1U);
  EXPECT_EQ(frames.front(), "1");
  EXPECT_EQ(frames.back(), std::to_string(DataChannel::early_frames_max + 1));
  EXPECT_EQ(channel.counters().missing, 1U);
  EXPECT_EQ(channel.next_deadline(), std::nullopt);
}

TEST_F(DataReordering, WhenTheQueueIsFullLaterFramesGoOnWaiting) {
  for (std::uint16_t ns = 10; ns < 10 + DataChannel::early_frames_max; ++ns)
    ASSERT_EQ(receive(ns), Frames{});
  EXPECT_EQ(receive(5), Frames{"5"}); // nothing that waits comes before it
  EXPECT_EQ(channel.early_frames(), DataChannel::early_frames_max);
  EXPECT_EQ(channel.expected(), 6U);
}

TEST_F(DataReordering, OctetsThatWaitAreBounded) {
  const std::string large(60'000, 'x');
  EXPECT_EQ(receive(1, large), Frames{});
  EXPECT_EQ(receive(2, large), Frames{});
  EXPECT_EQ(receive(3, large).size(), 3U); // 180,000 octets would be too much
  EXPECT_EQ(channel.early_frames(), 0U);
}

TEST_F(DataReordering, AnExhaustedPoolDelaysNothingAndLosesNothing) {
  MessagePool tiny({.octets_max = 0, .idle_octets_max = 0});
  const std::string payload = "x";
  const DataHeader early{.has_sequence = true, .ns = 7, .payload = std::as_bytes(std::span(payload))};
  const DataArrival arrival = channel.receive(early, now, tiny);
  EXPECT_TRUE(arrival.deliver);
  EXPECT_EQ(channel.counters().missing, 7U);
  EXPECT_EQ(channel.expected(), 8U);
}

TEST_F(DataReordering, WhatWaitsComesBeforeAFrameWithoutNumber) {
  receive(2);
  receive(1);
  EXPECT_EQ(receive_unnumbered("plain"), (Frames{"1", "2", "plain"}));
  EXPECT_EQ(channel.next_deadline(), std::nullopt);
  EXPECT_EQ(receive(3), Frames{"3"}); // numbering goes on where it was
}

TEST_F(DataReordering, AShorterTimeoutCountsAtOnceForWhatWaits) {
  receive(1);
  wait(30);
  channel.modify({.lns = true, .reorder_timeout = Duration{20}}, now);
  EXPECT_EQ(channel.next_deadline(), now);
  EXPECT_EQ(handle_timeout(), Frames{"1"});
}

TEST_F(DataReordering, ALongerTimeoutCountsAtOnceForWhatWaits) {
  receive(1);
  const TimePoint arrived = now;
  wait(30);
  channel.modify({.lns = true, .reorder_timeout = Duration{500}}, now);
  EXPECT_EQ(channel.next_deadline(), arrived + Duration{500});
}

TEST_F(DataReordering, TheTimeoutIsAMinuteAtMost) {
  channel.modify({.lns = true, .reorder_timeout = Duration{3'600'000}}, now);
  receive(1);
  EXPECT_EQ(channel.next_deadline(), now + Duration{60'000});
}

TEST_F(DataReordering, ClearDropsWhatWaits) {
  receive(1);
  channel.clear(pool);
  EXPECT_EQ(pool.usage().messages, 0U);
  EXPECT_EQ(channel.next_deadline(), std::nullopt);
  EXPECT_FALSE(channel.waiting());
}

TEST_F(DataReordering, AnEmptyFrameCanWait) {
  EXPECT_EQ(take({.has_sequence = true, .ns = 1, .payload = {}}), Frames{});
  EXPECT_EQ(receive(0), (Frames{"0", ""}));
}

TEST_F(DataWithoutReordering, AnEarlyFrameIsHandedOnAtOnce) {
  EXPECT_EQ(receive(0), Frames{"0"});
  EXPECT_EQ(receive(3), Frames{"3"});
  EXPECT_EQ(channel.next_deadline(), std::nullopt);
  EXPECT_EQ(channel.counters().missing, 2U);
  EXPECT_EQ(channel.counters().out_of_sequence, 1U);
}

TEST_F(DataWithoutReordering, WhatWasOvertakenIsDropped) {
  receive(1);
  EXPECT_EQ(receive(0), Frames{});
  EXPECT_EQ(channel.counters().late, 1U);
  EXPECT_EQ(receive(2), Frames{"2"});
}

TEST_F(DataWithoutReordering, ANumberFarAheadIsBelieved) {
  EXPECT_EQ(receive(32767), Frames{"32767"});
  EXPECT_EQ(receive(32768), Frames{"32768"});
}

TEST_F(DataWithoutReordering, APeerThatCountsAnewIsHeardAgain) {
  receive_all(0, 1000);
  for (std::uint16_t ns = 0; ns + 1U < DataChannel::restart_after; ++ns)
    EXPECT_EQ(receive(ns), Frames{}) << ns;
  EXPECT_EQ(receive(DataChannel::restart_after - 1), Frames{std::to_string(DataChannel::restart_after - 1)});
  EXPECT_EQ(channel.counters().restarts, 1U);
  EXPECT_EQ(receive(DataChannel::restart_after).size(), 1U);
  EXPECT_EQ(channel.expected(), DataChannel::restart_after + 1U);
}

TEST_F(DataWithoutReordering, FramesFarBehindThatDoNotFollowEachOtherAreNoRestart) {
  receive_all(0, 1000);
  for (std::uint16_t ns = 0; ns < 100; ns = static_cast<std::uint16_t>(ns + 2))
    EXPECT_EQ(receive(ns), Frames{});
  EXPECT_EQ(channel.counters().restarts, 0U);
  EXPECT_EQ(channel.expected(), 1000U);
}

TEST_F(DataWithoutReordering, FramesFarBehindBetweenOthersAreNoRestart) {
  receive_all(0, 1000);
  for (std::uint16_t ns = 0; ns < 100; ++ns) {
    EXPECT_EQ(receive(ns), Frames{});
    EXPECT_EQ(receive(static_cast<std::uint16_t>(1000 + ns)).size(), 1U);
  }
  EXPECT_EQ(channel.counters().restarts, 0U);
}

TEST_F(DataWithoutReordering, ABurstSentTwiceIsNoRestart) {
  receive_all(0, 200);
  for (std::uint16_t ns = 140; ns < 200; ++ns)
    EXPECT_EQ(receive(ns), Frames{});
  EXPECT_EQ(channel.counters().restarts, 0U);
  EXPECT_EQ(channel.counters().duplicates, 60U);
}

TEST_F(DataWithoutReordering, AWrongNumberFarAheadCostsFewFrames) {
  receive_all(0, 1000);
  receive(20'000);
  unsigned lost = 0;
  for (std::uint16_t ns = 1000; ns < 1100; ++ns)
    if (receive(ns).empty()) ++lost;
  EXPECT_EQ(lost, DataChannel::restart_after - 1U);
}

// ---- who numbers ----

class NumberingLns : public test::DataChannelTest {
 protected:
  NumberingLns() : DataChannelTest({.lns = true, .use_sequence_numbers = true}) {}
};
class NumberingLac : public test::DataChannelTest {
 protected:
  NumberingLac() : DataChannelTest({.lns = false}) {}
};
class NumberingRequired : public test::DataChannelTest {
 protected:
  NumberingRequired() : DataChannelTest({.lns = false, .sequencing_required = true}) {}
};

TEST_F(NumberingLns, NumbersFromZeroWhenToldTo) {
  EXPECT_EQ(send(), 0);
  EXPECT_EQ(send(), 1);
}

TEST_F(NumberingLns, DoesNotFollowTheLac) {
  receive_unnumbered("plain");
  EXPECT_EQ(send(), 0);
  channel.modify({.lns = true}, now);
  receive(0);
  EXPECT_EQ(send(), std::nullopt);
}

TEST_F(NumberingLns, HandsOnWhatTheLacSentBeforeItFollowed) { EXPECT_EQ(receive_unnumbered("plain"), Frames{"plain"}); }

TEST_F(NumberingLns, NumberingGoesOnWhereItWas) {
  send();
  send();
  channel.modify({.lns = true, .use_sequence_numbers = false}, now);
  EXPECT_EQ(send(), std::nullopt);
  channel.modify({.lns = true, .use_sequence_numbers = true}, now);
  EXPECT_EQ(send(), 2);
}

TEST_F(NumberingLns, AMessageThatCouldNotBeSentLeavesNoGap) {
  EXPECT_EQ(channel.next_ns(), 0);
  EXPECT_EQ(channel.next_ns(), 0);
}

TEST_F(NumberingLns, OurNumbersGoRoundAt65536) {
  for (unsigned i = 0; i < 65536; ++i)
    send();
  EXPECT_EQ(send(), 0);
}

TEST_F(NumberingLns, WithTheAvpNumbersWhateverTheOperatorSaid) {
  channel.modify({.lns = true, .sequencing_required = true, .use_sequence_numbers = false}, now);
  EXPECT_EQ(send(), 0);
  EXPECT_EQ(receive_unnumbered("plain"), Frames{});
  EXPECT_EQ(channel.counters().unnumbered, 1U);
}

TEST_F(NumberingLac, SendsNoNumbersBeforeTheLnsDoes) { EXPECT_EQ(send(), std::nullopt); }

TEST_F(NumberingLac, ItsOwnSettingMeansNothing) {
  channel.modify({.lns = false, .use_sequence_numbers = true}, now);
  EXPECT_EQ(send(), std::nullopt);
}

TEST_F(NumberingLac, BeginsWhenTheLnsSendsANumber) {
  receive(0);
  EXPECT_EQ(send(), 0);
}

TEST_F(NumberingLac, StopsWhenTheLnsStops) {
  receive(0);
  send();
  receive_unnumbered("plain");
  EXPECT_EQ(send(), std::nullopt);
}

TEST_F(NumberingLac, GoesOnCountingWhereItStopped) {
  receive(0);
  send();
  receive_unnumbered("plain");
  receive(1);
  EXPECT_EQ(send(), 1);
}

TEST_F(NumberingLac, ALateNumberDoesNotStartNumberingAgain) {
  receive(0);
  receive_unnumbered("plain");
  receive(0); // a duplicate from before the LNS stopped
  EXPECT_EQ(send(), std::nullopt);
}

TEST_F(NumberingLac, WhatTheLnsDecidedOutlivesAChangeByTheOperator) {
  receive(0);
  channel.modify({.lns = false, .reorder_timeout = Duration{50}}, now);
  EXPECT_EQ(send(), 0);
}

TEST_F(NumberingRequired, NumbersFromTheBeginning) { EXPECT_EQ(send(), 0); }

TEST_F(NumberingRequired, DropsWhatHasNoNumberAndGoesOnNumbering) {
  EXPECT_EQ(receive_unnumbered("plain"), Frames{});
  EXPECT_EQ(channel.counters().unnumbered, 1U);
  EXPECT_EQ(channel.counters().discards(), 1U);
  EXPECT_EQ(send(), 0);
}

} // namespace
} // namespace openl2tp::protocol
