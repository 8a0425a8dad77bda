#include "plugins/ppp_kernel/coalescer.hpp"

#include <deque>

#include <gtest/gtest.h>

#include "plugins/ppp_kernel/segmenter.hpp"
#include "tests/unit/plugins/ppp_kernel/packets.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using test::Bytes;
using test::make;
using test::Make;

constexpr std::uint8_t fin = 0x01, psh = 0x08, ack = 0x10;

class Coalescing : public testing::Test {
 protected:
  void add(const Make& how) { add(make(how)); }
  void add(const Bytes& packet) {
    kept_.push_back(packet);
    coalescer.add(*read_ip(kept_.back()));
  }
  /// What is written, each with its offload header.
  std::vector<Bytes> written() {
    std::vector<Bytes> all;
    for (const auto parts : coalescer.outputs()) {
      Bytes one;
      for (const iovec& part : parts) {
        const auto* octets = static_cast<const std::byte*>(part.iov_base);
        one.insert(one.end(), octets, octets + part.iov_len);
      }
      all.push_back(one);
    }
    return all;
  }
  static OffloadHeader offload_of(const Bytes& one) {
    OffloadHeader header;
    std::memcpy(&header, one.data(), sizeof header);
    return header;
  }
  /// What the kernel makes of it again, when it cuts it.
  static std::vector<Bytes> cut(const Bytes& one) {
    Bytes packet(one.begin() + offload_header_size, one.end());
    auto segments = Segmenter::make(offload_of(one), packet);
    std::vector<Bytes> made;
    if (!segments) return made;
    for (auto segment = segments->next(); !segment.empty(); segment = segments->next())
      made.emplace_back(segment.begin(), segment.end());
    return made;
  }
  [[nodiscard]] std::vector<Bytes> added() const { return {kept_.begin(), kept_.end()}; }
  /// How many packets each of what is written carries.
  std::vector<std::size_t> shape() {
    std::vector<std::size_t> counts;
    for (const Bytes& one : written())
      counts.push_back(cut(one).size());
    return counts;
  }

  /// The next segment of a stream.
  Make next(std::size_t payload = 100) {
    Make how{.sequence = sequence_, .identification = identification_++, .payload = payload};
    sequence_ += static_cast<std::uint32_t>(payload);
    return how;
  }

  Coalescer coalescer{true};

 private:
  std::deque<Bytes> kept_;
  std::uint32_t sequence_ = 0xffff'ff80;
  std::uint16_t identification_ = 7;
};

TEST_F(Coalescing, JoinsSegmentsOfAStreamThatFollowEachOther) {
  for (int i = 0; i < 3; ++i)
    add(next());
  const auto all = written();
  ASSERT_EQ(all.size(), 1U);
  const OffloadHeader header = offload_of(all[0]);
  EXPECT_EQ(header.gso_type, gso_tcp4);
  EXPECT_EQ(header.gso_size, 100);
  EXPECT_EQ(header.flags, needs_checksum);
  EXPECT_EQ(header.header_size, 40);
  EXPECT_EQ(header.checksum_start, 20);
  EXPECT_EQ(header.checksum_offset, 16);
  EXPECT_EQ(test::get(all[0], offload_header_size + 2, 2), 340U);
  EXPECT_EQ(test::slow_checksum(std::span(all[0]).subspan(offload_header_size, 20)), 0);
  EXPECT_EQ(cut(all[0]), added());
}

TEST_F(Coalescing, JoinsSegmentsOfIpv6WithOptions) {
  for (int i = 0; i < 3; ++i) {
    Make how = next();
    how.v6 = true;
    how.options = {1, 1, 8, 10, 0, 0, 0, 9, 0, 0, 0, 8};
    add(how);
  }
  const auto all = written();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(offload_of(all[0]).gso_type, gso_tcp6);
  EXPECT_EQ(cut(all[0]), added());
}

TEST_F(Coalescing, JoinsEquallyLongDatagramsOfAFlow) {
  for (std::uint16_t i = 0; i < 4; ++i)
    add({.udp = true, .identification = i, .payload = i == 3 ? 20U : 60U, .first = static_cast<std::uint8_t>(i)});
  const auto all = written();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(offload_of(all[0]).gso_type, gso_udp);
  EXPECT_EQ(cut(all[0]), added());
}

TEST_F(Coalescing, PacketThatIsAloneGoesAsItCame) {
  add(next());
  const auto all = written();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(offload_of(all[0]).gso_type, gso_none);
  EXPECT_EQ(offload_of(all[0]).flags, 0);
  EXPECT_EQ(Bytes(all[0].begin() + offload_header_size, all[0].end()), added()[0]);
}

TEST_F(Coalescing, WithoutOffloadsNothingIsJoinedAndNothingStandsInFront) {
  coalescer = Coalescer{false};
  add(next());
  add(next());
  EXPECT_EQ(written(), added());
}

TEST_F(Coalescing, ShorterSegmentIsTheLast) {
  add(next(100));
  add(next(40));
  add(next(40));
  EXPECT_EQ(shape(), (std::vector<std::size_t>{2, 1}));
}

TEST_F(Coalescing, LongerSegmentIsNotJoined) {
  add(next(40));
  add(next(100));
  add(next(100));
  EXPECT_EQ(shape(), (std::vector<std::size_t>{1, 2}));
}

TEST_F(Coalescing, PushedSegmentIsTheLastAndStaysPushed) {
  add(next());
  Make pushed = next();
  pushed.flags = ack | psh;
  add(pushed);
  add(next());
  const auto all = written();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(test::get(all[0], offload_header_size + 33), ack | psh);
  EXPECT_EQ(cut(all[0]), (std::vector{added()[0], added()[1]}));
}

TEST_F(Coalescing, SegmentOutOfOrderIsNotJoined) {
  add(next());
  (void)next(); // lost
  add(next());
  EXPECT_EQ(shape(), (std::vector<std::size_t>{1, 1}));
}

TEST_F(Coalescing, OtherFlagsEndTheStream) {
  add(next());
  Make end = next();
  end.flags = ack | fin;
  add(end);
  EXPECT_EQ(shape(), (std::vector<std::size_t>{1, 1}));
}

TEST_F(Coalescing, AcknowledgementIsNotOvertaken) {
  add(next());
  add(next(0));
  add(next());
  EXPECT_EQ(shape(), (std::vector<std::size_t>{1, 1, 1}));
}

TEST_F(Coalescing, WhatAReceiverCouldTellApartIsNotJoined) {
  const auto differs = [&](auto change) {
    coalescer.clear();
    add(next());
    Make other = next();
    change(other);
    add(other);
    return shape() == std::vector<std::size_t>{1, 1};
  };
  EXPECT_TRUE(differs([](Make& how) { how.acknowledgement += 1; }));
  EXPECT_TRUE(differs([](Make& how) { how.hops -= 1; }));
  EXPECT_TRUE(differs([](Make& how) { how.options = {1, 1, 1, 0}; }));
  EXPECT_TRUE(differs([](Make& how) { how.port += 1; }));
  EXPECT_TRUE(differs([](Make& how) { how.fragment = 0; }));
  EXPECT_FALSE(differs([](Make&) {}));
}

TEST_F(Coalescing, NumbersOfFragmentsHaveToCountOn) {
  for (const std::uint16_t step : std::array<std::uint16_t, 2>{1, 2}) {
    coalescer.clear();
    Make first = next(), second = next();
    first.fragment = second.fragment = 0;
    second.identification = static_cast<std::uint16_t>(first.identification + step);
    add(first);
    add(second);
    EXPECT_EQ(shape(), step == 1 ? (std::vector<std::size_t>{2}) : (std::vector<std::size_t>{1, 1}));
  }
}

TEST_F(Coalescing, SegmentWithAWrongChecksumIsNotJoinedAndStaysWrong) {
  for (const bool first : {true, false}) {
    coalescer.clear();
    Bytes good = make(next()), bad = make(next());
    Bytes& broken = first ? good : bad;
    broken.back() ^= std::byte{1};
    add(good);
    add(bad);
    const auto all = written();
    ASSERT_EQ(all.size(), 2U);
    for (const Bytes& one : all)
      EXPECT_EQ(offload_of(one).flags, 0);
  }
}

TEST_F(Coalescing, DatagramWithoutAChecksumIsNotJoined) {
  for (int i = 0; i < 2; ++i) {
    Bytes packet = make({.udp = true, .payload = 60});
    test::set(packet, 26, 2, 0);
    add(packet);
  }
  EXPECT_EQ(written().size(), 2U);
}

TEST_F(Coalescing, FragmentsAreNotJoined) {
  for (int i = 0; i < 2; ++i) {
    Make how = next();
    how.fragment = 0x20;
    add(how);
  }
  EXPECT_EQ(written().size(), 2U);
}

TEST_F(Coalescing, StreamsThatTakeTurnsAreJoinedEach) {
  for (std::uint32_t i = 0; i < 3; ++i)
    for (std::uint16_t stream = 0; stream < 8; ++stream)
      add({.sequence = i * 100, .source_port = stream, .payload = 100});
  EXPECT_EQ(shape(), std::vector<std::size_t>(8, 3));
}

TEST_F(Coalescing, OfTooManyStreamsEachPacketStillGoes) {
  for (std::uint32_t i = 0; i < 3; ++i)
    for (std::uint16_t stream = 0; stream < 9; ++stream)
      add({.sequence = i * 100, .source_port = stream, .payload = 100});
  EXPECT_EQ(shape(), std::vector<std::size_t>(27, 1));
}

TEST_F(Coalescing, JoinedPacketIsNeverLargerThanIpAllows) {
  for (int i = 0; i < 64; ++i)
    add(next(1'400));
  std::size_t total = 0;
  for (const Bytes& one : written()) {
    EXPECT_LE(one.size(), offload_header_size + offload_packet_max);
    total += cut(one).size();
  }
  EXPECT_EQ(total, 64U);
  EXPECT_EQ(shape().size(), 2U);
}

TEST_F(Coalescing, JoinsABoundedNumber) {
  for (int i = 0; i < 100; ++i)
    add(next(10));
  EXPECT_EQ(shape(), (std::vector<std::size_t>{64, 36}));
}

TEST_F(Coalescing, ClearedIsEmpty) {
  add(next());
  coalescer.clear();
  EXPECT_EQ(coalescer.packets(), 0U);
  EXPECT_TRUE(written().empty());
}

} // namespace

} // namespace openl2tp::ppp_kernel
