#include "plugins/ppp_kernel/segmenter.hpp"

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/packets.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using test::Bytes;
using test::get;
using test::make;
using test::Make;

constexpr std::uint8_t fin = 0x01, psh = 0x08, ack = 0x10, ece = 0x40, cwr = 0x80;

/// What the segmenter makes of a packet; empty: it refuses.
std::vector<Bytes> cut(const OffloadHeader& header, Bytes packet) {
  std::vector<Bytes> made;
  auto segments = Segmenter::make(header, packet);
  if (!segments) return made;
  for (auto segment = segments->next(); !segment.empty(); segment = segments->next())
    made.emplace_back(segment.begin(), segment.end());
  EXPECT_EQ(made.size(), segments->count());
  std::size_t octets = 0, largest = 0;
  for (const Bytes& one : made) {
    octets += one.size();
    largest = std::max(largest, one.size());
  }
  EXPECT_EQ(segments->octets(), octets);
  EXPECT_EQ(segments->largest(), largest);
  return made;
}

OffloadHeader large(std::uint8_t kind, std::uint16_t size) {
  return {.flags = needs_checksum, .gso_type = kind, .gso_size = size};
}

TEST(Segmenter, PassesAPacketThatIsWhole) {
  const Bytes packet = make({.payload = 10});
  EXPECT_EQ(cut({}, packet), std::vector<Bytes>{packet});
}

TEST(Segmenter, CutsPaddingOff) {
  Bytes packet = make({.payload = 10}), padded = packet;
  padded.resize(padded.size() + 6);
  EXPECT_EQ(cut({}, padded), std::vector<Bytes>{packet});
}

TEST(Segmenter, MakesTheChecksumThatTheKernelLeft) {
  for (const bool v6 : {false, true})
    for (const bool udp : {false, true}) {
      const Bytes packet = make({.v6 = v6, .udp = udp, .payload = 11});
      Bytes left = packet;
      test::leave_checksum(left);
      const auto ip = static_cast<std::uint16_t>(test::ip_size(packet));
      const auto offset = static_cast<std::uint16_t>(udp ? 6 : 16);
      EXPECT_EQ(cut({.flags = needs_checksum, .checksum_start = ip, .checksum_offset = offset}, left),
                std::vector<Bytes>{packet});
    }
}

TEST(Segmenter, UdpChecksumIsNeverZero) {
  // A payload that makes the sum come out as zero.
  Bytes packet = make({.udp = true, .payload = 2});
  test::set(packet, 26, 2, 0);
  test::set(packet, 28, 2, 0);
  test::set(packet, 28, 2, test::slow_checksum(std::span(packet).subspan(20), test::pseudo(packet)));
  test::leave_checksum(packet);
  const auto made = cut({.flags = needs_checksum, .checksum_start = 20, .checksum_offset = 6}, packet);
  ASSERT_EQ(made.size(), 1U);
  EXPECT_EQ(get(made[0], 26, 2), 0xffffU);
}

TEST(Segmenter, RefusesAChecksumOutsideOfThePacket) {
  const Bytes packet = make({.payload = 10});
  EXPECT_TRUE(cut({.flags = needs_checksum, .checksum_start = 20, .checksum_offset = 29}, packet).empty());
  EXPECT_TRUE(cut({.flags = needs_checksum, .checksum_start = 0xffff, .checksum_offset = 0xffff}, packet).empty());
}

TEST(Segmenter, CutsATcpStreamIntoSegments) {
  for (const bool v6 : {false, true}) {
    Make how{.v6 = v6, .sequence = 0xffff'ff00, .options = {1, 1, 8, 10, 1, 2, 3, 4, 5, 6, 7, 8}, .payload = 2'500};
    const auto made = cut(large(v6 ? gso_tcp6 : gso_tcp4, 1'000), make(how));
    ASSERT_EQ(made.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) {
      Make one = how;
      one.sequence += static_cast<std::uint32_t>(i) * 1'000;
      one.identification = static_cast<std::uint16_t>(how.identification + i);
      one.payload = i == 2 ? 500 : 1'000;
      one.first = static_cast<std::uint8_t>(how.first + i * 1'000);
      EXPECT_EQ(made[i], make(one)) << i;
    }
  }
}

TEST(Segmenter, LastSegmentMayBeAsLongAsTheOthers) {
  const auto made = cut(large(gso_tcp4, 1'000), make({.payload = 2'000}));
  ASSERT_EQ(made.size(), 2U);
  EXPECT_EQ(made[1].size(), 1'040U);
}

TEST(Segmenter, OnlyTheLastSegmentPushesAndEnds) {
  const auto made = cut(large(gso_tcp4, 100), make({.flags = ack | psh | fin, .payload = 250}));
  ASSERT_EQ(made.size(), 3U);
  EXPECT_EQ(get(made[0], 33), ack);
  EXPECT_EQ(get(made[1], 33), ack);
  EXPECT_EQ(get(made[2], 33), ack | psh | fin);
}

TEST(Segmenter, OnlyTheFirstSegmentSaysThatTheWindowWasReduced) {
  const auto made = cut(large(gso_tcp4 | gso_ecn, 100), make({.flags = ack | cwr | ece, .payload = 250}));
  ASSERT_EQ(made.size(), 3U);
  EXPECT_EQ(get(made[0], 33), ack | cwr | ece);
  EXPECT_EQ(get(made[1], 33), ack | ece);
  EXPECT_EQ(get(made[2], 33), ack | ece);
}

TEST(Segmenter, CutsARunOfUdpDatagrams) {
  for (const bool v6 : {false, true}) {
    const auto made = cut(large(gso_udp, 100), make({.v6 = v6, .udp = true, .payload = 230}));
    ASSERT_EQ(made.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i)
      EXPECT_EQ(made[i], make({.v6 = v6,
                               .udp = true,
                               .identification = static_cast<std::uint16_t>(5 + i),
                               .payload = i == 2 ? 30U : 100U,
                               .first = static_cast<std::uint8_t>(1 + i * 100)}))
          << i;
  }
}

TEST(Segmenter, CutsTheLargestPacketIntoTheSmallestSegments) {
  const auto made = cut(large(gso_tcp4, 1), make({.payload = 300}));
  ASSERT_EQ(made.size(), 300U);
  for (const Bytes& segment : made)
    EXPECT_TRUE(test::is_right(segment));
}

TEST(Segmenter, RefusesWhatIsNotWhatTheKernelSays) {
  const Bytes tcp4 = make({.payload = 300}), tcp6 = make({.v6 = true, .payload = 300}),
              udp = make({.udp = true, .payload = 300});
  EXPECT_TRUE(cut(large(gso_tcp4, 0), tcp4).empty());
  EXPECT_TRUE(cut(large(gso_tcp6, 100), tcp4).empty());
  EXPECT_TRUE(cut(large(gso_tcp4, 100), tcp6).empty());
  EXPECT_TRUE(cut(large(gso_tcp4, 100), udp).empty());
  EXPECT_TRUE(cut(large(gso_udp, 100), tcp4).empty());
  EXPECT_TRUE(cut(large(3, 100), udp).empty()); // UDP fragments, which nobody asked for
  EXPECT_TRUE(cut(large(gso_tcp4, 100), make({.fragment = 0x20, .payload = 300})).empty());
  EXPECT_TRUE(cut(large(gso_tcp4, 100), Bytes(5)).empty());
}

} // namespace

} // namespace openl2tp::ppp_kernel
