#include "protocol/control/keepalive.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace openl2tp::protocol {
namespace {

using Action = Keepalive::Action;
using std::chrono::seconds;

/// Always the same octet: 0x00 is the shortest interval, 0xff the longest.
struct FixedRandom final : RandomSource {
  explicit FixedRandom(unsigned octet) : octet_(static_cast<std::byte>(octet)) {}
  void fill(std::span<std::byte> out) override {
    ++draws;
    std::ranges::fill(out, octet_);
  }
  int draws = 0;

 private:
  std::byte octet_;
};

class KeepaliveTest : public ::testing::Test {
 protected:
  KeepaliveTest() { keepalive.configure(seconds{60}, start, random); }
  FixedRandom random{0};
  TimePoint start{seconds{1000}};
  Keepalive keepalive; // of 54 s
};

TEST(Keepalive, IsOffUntilConfigured) {
  Keepalive keepalive;
  EXPECT_FALSE(keepalive.deadline().has_value());
  EXPECT_EQ(keepalive.on_timeout(TimePoint{seconds{1000}}, false), Action::wait);
}

TEST(Keepalive, AnIntervalOfZeroSwitchesItOff) {
  FixedRandom random{0x80};
  Keepalive keepalive;
  keepalive.configure(seconds{60}, TimePoint{}, random);
  keepalive.configure(seconds{0}, TimePoint{}, random);
  EXPECT_FALSE(keepalive.deadline().has_value());
  EXPECT_EQ(keepalive.on_timeout(TimePoint{seconds{1000}}, false), Action::wait);
}

TEST(Keepalive, VariesTheIntervalByTenPercentAtMost) {
  struct Row {
    unsigned octet;
    Duration expected;
  };
  for (const Row& row : {Row{0x00, Duration{54000}}, Row{0xff, Duration{66000}}}) {
    FixedRandom random{row.octet};
    Keepalive keepalive;
    keepalive.configure(seconds{60}, TimePoint{}, random);
    EXPECT_EQ(keepalive.interval(), row.expected) << row.octet;
  }
}

TEST(Keepalive, SpreadsAcrossTheWholeBand) {
  Duration shortest = seconds{100}, longest{};
  for (unsigned octet = 0; octet < 256; ++octet) {
    FixedRandom random{octet};
    Keepalive keepalive;
    keepalive.configure(seconds{60}, TimePoint{}, random);
    shortest = std::min(shortest, keepalive.interval());
    longest = std::max(longest, keepalive.interval());
  }
  EXPECT_EQ(shortest, Duration{54000});
  EXPECT_EQ(longest, Duration{66000});
}

TEST_F(KeepaliveTest, DrawsTheVariationOnce) {
  keepalive.on_received(start);
  EXPECT_EQ(keepalive.on_timeout(start + seconds{60}, false), Action::send_hello);
  EXPECT_EQ(random.draws, 1);
}

TEST_F(KeepaliveTest, SaysHelloAfterTheIntervalOfSilenceAndNotBefore) {
  EXPECT_EQ(keepalive.deadline(), start + Duration{54000});
  EXPECT_EQ(keepalive.on_timeout(start + Duration{53999}, false), Action::wait);
  EXPECT_EQ(keepalive.on_timeout(start + Duration{54000}, false), Action::send_hello);
}

TEST_F(KeepaliveTest, HearingFromThePeerMovesTheDeadlineWithoutTheTimer) {
  keepalive.on_received(start + seconds{30});
  EXPECT_EQ(keepalive.on_timeout(start + Duration{54000}, false), Action::wait);
  EXPECT_EQ(keepalive.deadline(), start + seconds{30} + Duration{54000});
  EXPECT_EQ(keepalive.on_timeout(*keepalive.deadline(), false), Action::send_hello);
}

TEST_F(KeepaliveTest, SendsNoSecondHelloWhileOneIsOutstanding) {
  ASSERT_EQ(keepalive.on_timeout(start + Duration{54000}, false), Action::send_hello);
  EXPECT_EQ(keepalive.on_timeout(start + Duration{54001}, true), Action::wait);
  ASSERT_EQ(keepalive.deadline(), start + Duration{108000});
  EXPECT_EQ(keepalive.on_timeout(start + Duration{108000}, true), Action::wait);
  EXPECT_EQ(keepalive.deadline(), start + Duration{162000}) << "the timer must not spin";
}

TEST_F(KeepaliveTest, AnotherUnacknowledgedMessageIsQuestionEnough) {
  EXPECT_EQ(keepalive.on_timeout(start + Duration{54000}, true), Action::wait);
  EXPECT_EQ(keepalive.deadline(), start + Duration{108000});
}

TEST_F(KeepaliveTest, SaysHelloAgainAfterTheNextSilence) {
  ASSERT_EQ(keepalive.on_timeout(start + Duration{54000}, false), Action::send_hello);
  keepalive.on_received(start + Duration{54020});
  EXPECT_EQ(keepalive.deadline(), start + Duration{108020});
  EXPECT_EQ(keepalive.on_timeout(start + Duration{108020}, false), Action::send_hello);
}

TEST_F(KeepaliveTest, AnotherIntervalTakesEffectAtOnce) {
  keepalive.on_received(start + seconds{5});
  keepalive.configure(seconds{20}, start + seconds{10}, random);
  EXPECT_EQ(keepalive.deadline(), start + seconds{5} + seconds{18});
}

TEST_F(KeepaliveTest, SilenceCountsFromTheMomentItIsSwitchedOn) {
  keepalive.configure(seconds{0}, start, random);
  keepalive.configure(seconds{60}, start + seconds{500}, random);
  EXPECT_EQ(keepalive.deadline(), start + seconds{500} + Duration{54000});
}

} // namespace
} // namespace openl2tp::protocol
