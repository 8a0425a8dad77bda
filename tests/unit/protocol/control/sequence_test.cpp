#include "protocol/control/sequence.hpp"

#include <gtest/gtest.h>

namespace openl2tp::protocol {
namespace {

TEST(Sequence, DistanceCountsUpwardsAcrossTheWrap) {
  EXPECT_EQ(sequence_distance(7, 7), 0);
  EXPECT_EQ(sequence_distance(7, 9), 2);
  EXPECT_EQ(sequence_distance(65535, 0), 1);
  EXPECT_EQ(sequence_distance(65530, 4), 10);
  EXPECT_EQ(sequence_distance(4, 65530), 65526);
}

TEST(Sequence, TheLastReceivedAndThe32767BeforeItAreOld) {
  // The example of §5.8: with 15 received last (16 expected), 0..15 and 32784..65535 are less than or equal.
  unsigned old = 0;
  for (unsigned ns = 0; ns <= 65535; ++ns) {
    const bool expected = ns <= 15 || ns >= 32784;
    ASSERT_EQ(sequence_before(static_cast<std::uint16_t>(ns), 16), expected) << ns;
    old += expected ? 1U : 0U;
  }
  EXPECT_EQ(old, 32768U);
}

} // namespace
} // namespace openl2tp::protocol
