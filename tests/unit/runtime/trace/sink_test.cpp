#include "runtime/trace/sink.hpp"

#include <gtest/gtest.h>

#include "runtime/trace/category.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using namespace protocol;
using testing::CapturedLog;
using testing::Lines;

std::string line_of(const TraceEvent& event) {
  std::string line;
  append_trace_line(line, event);
  return line;
}

TraceEvent event_of(TraceMask category, decltype(TraceEvent::what) what) {
  return {.category = category, .tunnel = {7}, .session = {9}, .warning = false, .what = what};
}

Octets octets(std::string_view text) { return {reinterpret_cast<const std::byte*>(text.data()), text.size()}; }

AvpTrace avp(std::uint16_t attribute, std::string_view value) {
  return {Direction::received, 0, attribute, true, false, static_cast<std::uint16_t>(value.size() + 6), octets(value)};
}

TEST(TraceLine, AMessageNamesItsTunnelAndSession) {
  EXPECT_EQ(line_of(event_of(trace::protocol, MessageTrace{Direction::received, "ICRQ", 2, 1, 60})),
            "tunnel 7 session 9: received ICRQ, Ns 2 Nr 1, 60 octets");
}

TEST(TraceLine, WhatConcernsOneTunnelOrNoneSaysSo) {
  TraceEvent event = event_of(trace::transport, MessageTrace{Direction::sent, "ZLB", 2, 1, 12});
  event.session = {};
  EXPECT_EQ(line_of(event), "tunnel 7: sent ZLB, Ns 2 Nr 1, 12 octets");
  event.tunnel = {};
  EXPECT_EQ(line_of(event), "sent ZLB, Ns 2 Nr 1, 12 octets");
}

TEST(TraceLine, ATransitionShowsBothStatesAndTheEvent) {
  EXPECT_EQ(line_of(event_of(trace::fsm, TransitionTrace{"incoming_lns", "wait_connect", "iccn", "established"})),
            "tunnel 7 session 9: incoming_lns wait_connect --iccn--> established");
}

TEST(TraceLine, AnAvpHasItsNameAndLengthAndNoValueUnlessAskedFor) {
  EXPECT_EQ(line_of(event_of(trace::avp, avp(7, "lac"))),
            "tunnel 7 session 9: received AVP Host Name (7), mandatory, 9 octets");
}

TEST(TraceLine, AvpDataShowsTextQuotedNumbersInDecimalAndTheRestInHexadecimal) {
  EXPECT_TRUE(line_of(event_of(trace::avp_data, avp(7, "lac\n"))).ends_with(R"(10 octets: "lac\x0a")"));
  EXPECT_TRUE(line_of(event_of(trace::avp_data, avp(9, std::string_view("\x01\x02", 2)))).ends_with("8 octets: 258"));
  EXPECT_TRUE(line_of(event_of(trace::avp_data, avp(5, "abcdefgh"))).ends_with("14 octets: 0x6162636465666768"));
}

TEST(TraceLine, ANumberOfTheWrongLengthIsShownAsOctets) {
  EXPECT_TRUE(line_of(event_of(trace::avp_data, avp(9, "abc"))).ends_with("9 octets: 616263"));
}

TEST(TraceLine, PeerTextIsCappedAt64Octets) {
  const std::string name(255, 'n');
  EXPECT_TRUE(line_of(event_of(trace::avp_data, avp(8, name))).ends_with(std::string(64, 'n') + "...(255 octets)\""));
}

TEST(TraceLine, SecretHiddenAndUnknownValuesNeverAppear) {
  // Challenge, Challenge Response, Proxy Authen Response, Random Vector
  for (const std::uint16_t secret : std::initializer_list<std::uint16_t>{11, 13, 33, 36}) {
    const std::string line = line_of(event_of(trace::avp_data, avp(secret, "sixteen-octets!!")));
    EXPECT_TRUE(line.ends_with("value not shown")) << line;
  }
  AvpTrace hidden = avp(7, "lac");
  hidden.hidden = true;
  EXPECT_TRUE(line_of(event_of(trace::avp_data, hidden)).ends_with("hidden, 9 octets, value not shown"));
  AvpTrace vendor = avp(7, "lac");
  vendor.vendor = 9;
  EXPECT_EQ(line_of(event_of(trace::avp_data, vendor)),
            "tunnel 7 session 9: received AVP 7 of vendor 9, mandatory, 9 octets, value not shown");
  EXPECT_TRUE(line_of(event_of(trace::avp_data, avp(20, "lac"))).ends_with("value not shown"));
  EXPECT_TRUE(line_of(event_of(trace::avp_data, avp(60000, "lac"))).ends_with("value not shown"));
}

TEST(TraceLine, ANoteCannotBreakItsLine) {
  EXPECT_EQ(line_of(event_of(trace::system, NoteTrace{"a\nb"})), "tunnel 7 session 9: a\\x0ab");
}

class TraceWriterTest : public ::testing::Test {
 protected:
  TraceWriter writer(TraceRates rates) {
    return TraceWriter(captured_.log(), [this] { return now_; }, rates);
  }
  static std::size_t count(const Lines& lines, std::string_view part) {
    return static_cast<std::size_t>(std::count_if(
        lines.begin(), lines.end(), [&](const auto& l) { return l.second.find(part) != std::string::npos; }));
  }
  CapturedLog captured_;
  TimePoint now_{Duration{1'000'000}};
};

TEST_F(TraceWriterTest, AFloodOfOneCategoryIsCutAndCounted) {
  {
    TraceWriter writer = this->writer({.lines_per_second = 5});
    for (int i = 0; i < 100; ++i)
      writer.note(trace::fsm, {1}, {}, "flood");
    writer.note(trace::system, {1}, {}, "other");
    now_ += Duration{1000};
    writer.tick();
  }
  const Lines& lines = captured_.take();
  EXPECT_EQ(count(lines, "flood"), 5u);
  EXPECT_EQ(count(lines, "other"), 1u);
  EXPECT_EQ(lines.back().second, "95 trace fsm lines held back: more than 5 a second");
  EXPECT_EQ(lines.size(), 7u);
}

TEST_F(TraceWriterTest, ASteadyFloodIsReportedOnceASecond) {
  {
    TraceWriter writer = this->writer({.lines_per_second = 5});
    for (int i = 0; i < 4000; ++i, now_ += Duration{1})
      writer.note(trace::fsm, {1}, {}, "flood");
  }
  const Lines& lines = captured_.take();
  EXPECT_LE(count(lines, "held back"), 5u);
  EXPECT_GE(count(lines, "held back"), 4u);
  EXPECT_EQ(count(lines, "flood"), 5u + 19u); // the burst, then one each 200 ms
}

TEST_F(TraceWriterTest, WarningsHaveTheirOwnRate) {
  {
    TraceWriter writer = this->writer({.lines_per_second = 1, .warnings_per_second = 10});
    for (int i = 0; i < 30; ++i)
      writer.warn({1}, {}, "bad peer");
  }
  const Lines& lines = captured_.take();
  EXPECT_EQ(count(lines, "tunnel 1: bad peer"), 10u);
  EXPECT_EQ(lines.back(),
            (std::pair{LogLevel::warning, std::string("20 warning lines held back: more than 10 a second")}));
}

TEST_F(TraceWriterTest, AfterAPauseTheFullRateIsThereAgain) {
  {
    TraceWriter writer = this->writer({.lines_per_second = 5});
    for (int i = 0; i < 5; ++i)
      writer.note(trace::fsm, {1}, {}, "one");
    now_ += Duration{3'600'000};
    for (int i = 0; i < 6; ++i)
      writer.note(trace::fsm, {1}, {}, "two");
  }
  EXPECT_EQ(count(captured_.take(), "two"), 5u);
}

TEST_F(TraceWriterTest, TheTimeGoingBackLetsNothingExtraThrough) {
  {
    TraceWriter writer = this->writer({.lines_per_second = 5});
    for (int i = 0; i < 20; ++i, now_ -= Duration{500})
      writer.note(trace::fsm, {1}, {}, "line");
  }
  EXPECT_EQ(count(captured_.take(), "tunnel 1: line"), 5u);
}

} // namespace
} // namespace openl2tp::runtime
