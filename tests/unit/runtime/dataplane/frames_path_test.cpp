// Frames between two ends of a tunnel, what is refused and counted, and what may happen from inside a receiver.
#include "runtime/dataplane/frames_path.hpp"

#include "tests/unit/runtime/dataplane/frames_fixture.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::DataSettings;
using protocol::Duration;
using test::octets_of;
using test::ppp;
using test::Received;
using test::SessionId;
using test::TunnelId;
using Texts = std::vector<std::string>;

class FramesPathTest : public test::FramesPathTest {};

class NumberedFrames : public test::FramesPathTest {
 protected:
  NumberedFrames() { open(1, {.use_sequence_numbers = true, .reorder_timeout = Duration{100}}); }
};

class FewSlots : public test::FramesPathTest {
 protected:
  FewSlots() : FramesPathTest({.slots = 2, .heap_octets = 0}) {}
};

TEST_F(FramesPathTest, CarriesFramesBothWays) {
  open(1);
  EXPECT_EQ(lac.send(1, "up"), FrameSent::yes);
  EXPECT_EQ(lns.send(101, "down"), FrameSent::yes);
  run();
  EXPECT_EQ(lns.receiver.frames, (std::vector<Received>{{101, "up"}}));
  EXPECT_EQ(lac.receiver.frames, (std::vector<Received>{{1, "down"}}));
}

TEST_F(FramesPathTest, SendsTheIdsThatThePeerAssignedInASixOctetHeader) {
  open(1);
  lac.send(1, "x");
  run();
  ASSERT_EQ(lns.raw.size(), 1U);
  EXPECT_EQ(lns.raw[0], (std::vector<std::byte>{std::byte{0}, std::byte{2}, std::byte{0}, std::byte{20}, std::byte{0},
                                                std::byte{101}, std::byte{'x'}}));
}

TEST_F(FramesPathTest, ThePriorityFlagSetsTheBit) {
  open(1);
  lac.send(1, "keepalive", OPENL2TP_FRAME_PRIORITY);
  run();
  ASSERT_EQ(lns.raw.size(), 1U);
  EXPECT_EQ(lns.raw[0][0], std::byte{1});
  EXPECT_EQ(lns.receiver.texts(), Texts{"keepalive"});
}

TEST_F(FramesPathTest, WhatArrivesTogetherIsHandedOverInOneCall) {
  open(1);
  open(2);
  for (int i = 0; i < 20; ++i)
    lac.send(static_cast<std::uint16_t>(1 + i % 2), std::to_string(i));
  run();
  ASSERT_EQ(lns.receiver.calls, std::vector<std::size_t>{20});
  EXPECT_EQ(lns.receiver.frames[0], (Received{101, "0"}));
  EXPECT_EQ(lns.receiver.frames[19], (Received{102, "19"}));
}

TEST_F(FramesPathTest, EveryReceiverHasItsOwnCall) {
  test::Receiver other;
  open(1);
  ASSERT_TRUE(lac.frames->open(at_lac(2)));
  OpenFrames second = at_lns(2);
  second.receiver = other.handle();
  ASSERT_TRUE(lns.frames->open(second));
  lac.send(1, "one");
  lac.send(2, "two");
  lac.send(1, "three");
  run();
  EXPECT_EQ(lns.receiver.texts(), (Texts{"one", "three"}));
  EXPECT_EQ(other.texts(), Texts{"two"});
}

TEST_F(FramesPathTest, ReceiversAreBounded) {
  FramesPath small(lac.loop, {.receivers = 1});
  OpenFrames first = at_lac(1), second = at_lac(2);
  test::Receiver other;
  second.receiver = other.handle();
  EXPECT_TRUE(small.open(first));
  EXPECT_FALSE(small.open(second));
  EXPECT_EQ(small.size(), 1U);
}

TEST_F(FramesPathTest, ASessionOpensOnce) {
  open(1);
  EXPECT_FALSE(lac.frames->open(at_lac(1)));
  EXPECT_EQ(lac.frames->size(), 1U);
}

TEST_F(FramesPathTest, ASessionMaySendBeforeItsPppIsKnown) {
  OpenFrames facts = at_lns(1);
  facts.ppp = nullptr;
  ASSERT_TRUE(lns.frames->open(facts));
  ASSERT_TRUE(lac.frames->open(at_lac(1)));
  EXPECT_EQ(lns.send(101, "early"), FrameSent::yes);
  lns.frames->set_ppp(lns.tunnel, SessionId{101}, ppp(7));
  lac.send(1, "up");
  run();
  EXPECT_EQ(lns.receiver.frames, (std::vector<Received>{{7, "up"}}));
}

// ---- what is not taken ----

TEST_F(FramesPathTest, DatagramsOfOtherSessionsAreLeftToTheEngine) {
  open(1);
  lns.frames->close(lns.tunnel, SessionId{101});
  lac.send(1, "late");
  run();
  EXPECT_EQ(lns.left_to_the_engine, 1);
  EXPECT_TRUE(lns.receiver.frames.empty());
}

TEST_F(FramesPathTest, MalformedDatagramsAreLeftToTheEngine) {
  open(1);
  const std::array<std::byte, 5> cut{std::byte{0}, std::byte{2}, std::byte{0}, std::byte{20}, std::byte{0}};
  send_raw(cut);
  run();
  EXPECT_EQ(lns.left_to_the_engine, 1);
}

TEST_F(FramesPathTest, OnlyTheTunnelsPeerIsHeard) {
  open(1);
  test::End stranger(network, 3);
  OpenFrames forged = at_lac(1);
  forged.endpoint = stranger.endpoint.get();
  forged.path.local = stranger.address;
  ASSERT_TRUE(stranger.frames->open(forged));
  stranger.frames->send(lac.tunnel, SessionId{1}, octets_of("forged"), 0);
  stranger.loop.turn(false);
  run();
  EXPECT_TRUE(lns.receiver.frames.empty());
  EXPECT_EQ(lns.frames->counters().foreign, 1U);
  EXPECT_EQ(lns.left_to_the_engine, 0);
  EXPECT_EQ(lns.frames->session_statistics(lns.tunnel, SessionId{101})->received_errors, 0U);
}

TEST_F(FramesPathTest, ALongFrameArrivesWhole) {
  open(1);
  lac.send(1, std::string(20'000, 'x'));
  run();
  ASSERT_EQ(lns.receiver.frames.size(), 1U);
  EXPECT_EQ(lns.receiver.frames.front().text.size(), 20'000U);
}

TEST_F(FramesPathTest, ADatagramThatWasCutIsAnError) {
  open(1);
  const std::array<std::byte, 8> cut{std::byte{0}, std::byte{2},   std::byte{0}, std::byte{20},
                                     std::byte{0}, std::byte{101}, std::byte{1}, std::byte{1}};
  EXPECT_TRUE(lns.frames->on_datagram(cut, {.local = lns.address, .peer = lac.address}, true));
  run();
  EXPECT_TRUE(lns.receiver.frames.empty());
  EXPECT_EQ(lns.frames->counters().truncated, 1U);
  EXPECT_EQ(lns.frames->session_statistics(lns.tunnel, SessionId{101})->received_errors, 1U);
  EXPECT_EQ(lns.frames->tunnel_statistics(lns.tunnel)->frames.received_errors, 1U);
}

TEST_F(FramesPathTest, ADataMessageWithoutAFrameIsAnError) {
  open(1);
  const std::array<std::byte, 6> empty{std::byte{0},  std::byte{2}, std::byte{0},
                                       std::byte{20}, std::byte{0}, std::byte{101}};
  send_raw(empty);
  run();
  EXPECT_TRUE(lns.receiver.frames.empty());
  EXPECT_EQ(lns.frames->session_statistics(lns.tunnel, SessionId{101})->received_errors, 1U);
}

TEST_F(FramesPathTest, FramesToSendHaveBounds) {
  open(1);
  EXPECT_EQ(lac.send(1, ""), FrameSent::invalid);
  EXPECT_EQ(lac.send(1, std::string(65'001, 'x')), FrameSent::invalid);
  EXPECT_EQ(lac.send(1, std::string(65'000, 'x')), FrameSent::yes);
  EXPECT_EQ(lac.send(1, "x", 2), FrameSent::invalid);
  EXPECT_EQ(lac.send(2, "x"), FrameSent::unknown_session);
  const auto statistics = lac.frames->session_statistics(lac.tunnel, SessionId{1});
  EXPECT_EQ(statistics->sent_errors, 3U);
  EXPECT_EQ(statistics->sent_packets, 1U);
}

TEST_F(FewSlots, WithoutASendSlotAFrameIsLostAndCountedAndLeavesNoGap) {
  open(1, {.sequencing_required = true});
  EXPECT_EQ(lac.send(1, "0"), FrameSent::yes);
  EXPECT_EQ(lac.send(1, "1"), FrameSent::yes);
  EXPECT_EQ(lac.send(1, "lost"), FrameSent::no_room);
  run();
  EXPECT_EQ(lac.send(1, "2"), FrameSent::yes);
  run();
  EXPECT_EQ(lns.receiver.texts(), (Texts{"0", "1", "2"}));
  EXPECT_EQ(lns.frames->session_statistics(lns.tunnel, SessionId{101})->received_out_of_sequence, 0U);
  EXPECT_EQ(lac.frames->session_statistics(lac.tunnel, SessionId{1})->sent_errors, 1U);
  EXPECT_EQ(lac.frames->tunnel_statistics(lac.tunnel)->frames.sent_errors, 1U);
}

// ---- numbers ----

TEST_F(NumberedFrames, TheLacFollowsTheLns) {
  lac.send(1, "plain");
  lns.send(101, "numbered");
  run();
  lac.send(1, "numbered too");
  run();
  EXPECT_EQ(lns.receiver.texts(), (Texts{"plain", "numbered too"}));
  ASSERT_EQ(lns.raw.size(), 2U);
  EXPECT_EQ(lns.raw[0][0], std::byte{0});
  EXPECT_EQ(lns.raw[1][0], std::byte{8});

  lns.frames->modify(lns.tunnel, SessionId{101}, {.lns = true});
  lns.send(101, "plain");
  run();
  lac.send(1, "plain again");
  run();
  EXPECT_EQ(lns.raw.back()[0], std::byte{0});
}

TEST_F(NumberedFrames, EverySessionCountsForItself) {
  open(2, {.use_sequence_numbers = true});
  lns.send(101, "first");
  lns.send(101, "first");
  lns.send(102, "second");
  lns.send(101, "first");
  run();
  ASSERT_EQ(lac.raw.size(), 4U);
  std::vector<unsigned> numbers;
  for (const auto& datagram : lac.raw)
    numbers.push_back(protocol::decode_data_header(datagram)->ns);
  EXPECT_EQ(numbers, (std::vector<unsigned>{0, 1, 0, 2}));
  EXPECT_EQ(lac.receiver.texts(), (Texts{"first", "first", "second", "first"}));
}

TEST_F(NumberedFrames, WithTheAvpBothEndsNumberFromTheBeginning) {
  open(2, {.sequencing_required = true});
  lac.send(2, "up");
  lns.send(102, "down");
  run();
  ASSERT_EQ(lns.raw.size(), 1U);
  ASSERT_EQ(lac.raw.size(), 1U);
  EXPECT_EQ(lns.raw[0][0], std::byte{8});
  EXPECT_EQ(lac.raw[0][0], std::byte{8});
}

TEST_F(NumberedFrames, ArePutBackIntoOrder) {
  send_numbered(1, "one");
  send_numbered(2, "two");
  run();
  EXPECT_TRUE(lns.receiver.frames.empty());
  EXPECT_EQ(lns.frames->early_memory().messages, 2U);
  send_numbered(0, "zero");
  send_numbered(3, "three");
  run();
  EXPECT_EQ(lns.receiver.texts(), (Texts{"zero", "one", "two", "three"}));
  EXPECT_EQ(lns.receiver.calls, std::vector<std::size_t>{4});
  EXPECT_EQ(lns.frames->early_memory().messages, 0U);
  const auto statistics = lns.frames->session_statistics(lns.tunnel, SessionId{101});
  EXPECT_EQ(statistics->received_packets, 4U);
  EXPECT_EQ(statistics->received_octets, 15U);
  EXPECT_EQ(statistics->received_out_of_sequence, 2U);
  EXPECT_EQ(statistics->received_out_of_sequence_discards, 0U);
}

TEST_F(NumberedFrames, TheTimeoutHandsThemOverWithoutAnythingArriving) {
  send_numbered(1, "one");
  run(50);
  EXPECT_TRUE(lns.receiver.frames.empty());
  run(60);
  EXPECT_EQ(lns.receiver.texts(), Texts{"one"});
  EXPECT_EQ(lns.frames->early_memory().messages, 0U);
  EXPECT_FALSE(lns.loop.next_deadline().has_value());
}

TEST_F(NumberedFrames, DuplicatesAndLateOnesAreCountedForSessionAndTunnel) {
  send_numbered(1, "one");
  run(200);
  send_numbered(0, "late");
  send_numbered(1, "again");
  run();
  EXPECT_EQ(lns.receiver.texts(), Texts{"one"});
  const auto statistics = lns.frames->session_statistics(lns.tunnel, SessionId{101});
  EXPECT_EQ(statistics->received_out_of_sequence, 3U);
  EXPECT_EQ(statistics->received_out_of_sequence_discards, 2U);
  const auto tunnel = lns.frames->tunnel_statistics(lns.tunnel);
  EXPECT_EQ(tunnel->frames.received_out_of_sequence, 3U);
  EXPECT_EQ(tunnel->frames.received_out_of_sequence_discards, 2U);
}

TEST_F(NumberedFrames, AShorterTimeoutIsKeptAtOnce) {
  send_numbered(1, "one");
  run(10);
  lns.frames->modify(lns.tunnel, SessionId{101}, {.lns = true, .reorder_timeout = Duration{20}});
  run(20);
  EXPECT_EQ(lns.receiver.texts(), Texts{"one"});
}

TEST_F(NumberedFrames, WhatWaitsGoesWithItsSession) {
  send_numbered(1, "one");
  run();
  lns.frames->close(lns.tunnel, SessionId{101});
  EXPECT_EQ(lns.frames->early_memory().messages, 0U);
  EXPECT_FALSE(lns.loop.next_deadline().has_value());
  run(200);
  EXPECT_TRUE(lns.receiver.frames.empty());
}

// ---- ends ----

TEST_F(FramesPathTest, ASessionThatEndsBeforeTheCallIsLeftOutOfIt) {
  open(1);
  open(2);
  lns.before_flush = [this] { lns.frames->close(lns.tunnel, SessionId{101}); };
  lac.send(1, "gone");
  lac.send(2, "first");
  lac.send(1, "gone too");
  lac.send(2, "second");
  run();
  EXPECT_EQ(lns.receiver.texts(), (Texts{"first", "second"}));
}

TEST_F(FramesPathTest, ASessionThatOneReceiverClosesIsLeftOutOfTheNextOnesCall) {
  test::Receiver other;
  open(1);
  ASSERT_TRUE(lac.frames->open(at_lac(2)));
  OpenFrames second = at_lns(2);
  second.receiver = other.handle();
  ASSERT_TRUE(lns.frames->open(second));
  lns.receiver.inside = [this] { lns.frames->close(lns.tunnel, SessionId{102}); };
  lac.send(1, "one");
  lac.send(2, "two");
  run();
  EXPECT_EQ(lns.receiver.texts(), Texts{"one"});
  EXPECT_TRUE(other.frames.empty());
}

TEST_F(FramesPathTest, AReceiverMayCloseTheSessionThatItIsGivenFramesOf) {
  open(1);
  lns.receiver.inside = [this] { lns.frames->close(lns.tunnel, SessionId{101}); };
  lac.send(1, "one");
  lac.send(1, "two");
  run();
  EXPECT_EQ(lns.receiver.calls, std::vector<std::size_t>{2});
  lac.send(1, "three");
  run();
  EXPECT_EQ(lns.left_to_the_engine, 1);
}

TEST_F(FramesPathTest, AReceiverMayAnswerFromInside) {
  open(1);
  lns.receiver.inside = [this] { lns.send(101, "answer"); };
  lac.send(1, "question");
  run();
  EXPECT_EQ(lac.receiver.texts(), Texts{"answer"});
}

TEST_F(FramesPathTest, AReceiverMayOpenSessionsFromInside) {
  open(1);
  lns.receiver.inside = [this] {
    for (std::uint16_t session = 2; session < 50; ++session)
      open(session);
  };
  lac.send(1, "one");
  lac.send(1, "two");
  run();
  EXPECT_EQ(lns.receiver.texts(), (Texts{"one", "two"}));
  EXPECT_EQ(lns.frames->size(), 49U);
}

TEST_F(FramesPathTest, CloseTellsWhatWasCounted) {
  open(1);
  lac.send(1, "12345");
  run();
  const auto sent = lac.frames->close(lac.tunnel, SessionId{1});
  const auto received = lns.frames->close(lns.tunnel, SessionId{101});
  EXPECT_EQ(sent->sent_packets, 1U);
  EXPECT_EQ(sent->sent_octets, 5U);
  EXPECT_EQ(received->received_packets, 1U);
  EXPECT_EQ(received->received_octets, 5U);
  EXPECT_EQ(lns.frames->close(lns.tunnel, SessionId{101}), std::nullopt);
}

TEST_F(FramesPathTest, ATunnelCountsAllThatItsSessionsHad) {
  open(1);
  open(2);
  lac.send(1, "123");
  lac.send(2, "45");
  run();
  lns.frames->close(lns.tunnel, SessionId{101});
  const auto statistics = lns.frames->tunnel_statistics(lns.tunnel);
  EXPECT_EQ(statistics->frames.received_packets, 2U);
  EXPECT_EQ(statistics->frames.received_octets, 5U);
  EXPECT_GT(statistics->received_at, protocol::TimePoint{Duration{1000}});
}

TEST_F(FramesPathTest, AForgottenTunnelTakesItsSessionsAlong) {
  open(1);
  open(2);
  lns.frames->forget_tunnel(lns.tunnel);
  EXPECT_EQ(lns.frames->size(), 0U);
  EXPECT_EQ(lns.frames->tunnel_statistics(lns.tunnel), std::nullopt);
  lac.send(1, "late");
  run();
  EXPECT_EQ(lns.left_to_the_engine, 1);
}

TEST_F(FramesPathTest, WhatIsUnknownHasNoStatistics) {
  EXPECT_EQ(lac.frames->session_statistics(TunnelId{1}, SessionId{1}), std::nullopt);
  EXPECT_EQ(lac.frames->tunnel_statistics(TunnelId{1}), std::nullopt);
  lac.frames->forget_tunnel(TunnelId{1});
  lac.frames->modify(TunnelId{1}, SessionId{1}, {});
  lac.frames->set_ppp(TunnelId{1}, SessionId{1}, ppp(1));
}

} // namespace
} // namespace openl2tp::runtime
