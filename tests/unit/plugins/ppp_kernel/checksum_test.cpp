#include "plugins/ppp_kernel/checksum.hpp"

#include <random>

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/packets.hpp"

namespace openl2tp::ppp_kernel {

namespace {

test::Bytes random_octets(std::size_t size, unsigned seed) {
  std::mt19937 random(seed);
  test::Bytes octets(size);
  for (std::byte& octet : octets)
    octet = static_cast<std::byte>(random());
  return octets;
}

std::uint16_t stored(std::uint16_t folded) {
  test::Bytes octets(2);
  put_folded(octets, 0, folded);
  return u16_at(octets, 0);
}

TEST(Checksum, IsThatOfTheRfcForEveryLength) {
  for (std::size_t size = 0; size < 70; ++size) {
    const auto octets = random_octets(size, static_cast<unsigned>(size));
    EXPECT_EQ(stored(static_cast<std::uint16_t>(~fold(sum_of(octets)))), test::slow_checksum(octets)) << size;
  }
}

TEST(Checksum, OfTheLargestPacketLosesNoCarry) {
  const test::Bytes octets(65'535, std::byte{0xff});
  EXPECT_EQ(stored(static_cast<std::uint16_t>(~fold(sum_of(octets)))), test::slow_checksum(octets));
}

TEST(Checksum, SumsOfPartsAddUp) {
  const auto octets = random_octets(101, 3);
  const auto all = std::span(octets);
  EXPECT_EQ(fold(sum_of(all.first(44)) + sum_of(all.subspan(44))), fold(sum_of(all)));
}

TEST(Checksum, ChangedNumberLeavesARightChecksumAtEvenAndOddPlaces) {
  for (std::size_t at : {2U, 3U, 7U, 18U, 38U})
    for (const std::uint16_t value : std::array<std::uint16_t, 4>{0, 1, 1'380, 0xffff}) {
      auto octets = random_octets(40, static_cast<unsigned>(at));
      test::set(octets, 10, 2, 0);
      test::set(octets, 10, 2, test::slow_checksum(octets));
      change_u16(octets, at, value, 10);
      EXPECT_EQ(u16_at(octets, at), value);
      EXPECT_EQ(test::slow_checksum(octets), 0) << at << ' ' << value;
    }
}

} // namespace

} // namespace openl2tp::ppp_kernel
