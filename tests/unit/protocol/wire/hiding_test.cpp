// Hiding and opening, their bounds and their inverse; octets from another MD5 are in vectors_test.cpp. RFC 2661 §4.3.
#include <gtest/gtest.h>

#include "protocol/wire/hiding.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;

const Bytes secret = octets_of("correct horse battery staple");
const Bytes vector = hex("000102030405060708090a0b0c0d0e0f");

Bytes subformat(std::size_t length, std::size_t value_size, std::size_t padding) {
  Bytes out;
  append_u16(out, static_cast<unsigned>(length));
  for (std::size_t i = 0; i < value_size; ++i)
    out.push_back(static_cast<std::byte>(i * 7 + 1));
  out.resize(out.size() + padding, std::byte{0x99});
  return out;
}

TEST(Hiding, WhatIsHiddenOpensToTheSameValueForEverySizeAndPadding) {
  for (const std::size_t padding : {0u, 1u, 7u, 40u}) {
    for (std::size_t size = 0; size <= 70; ++size) {
      Bytes octets = subformat(size, size, padding);
      const Bytes clear = octets;
      hide(octets, 22, secret, vector);
      EXPECT_NE(octets, clear);
      Bytes out(octets.size());
      const auto value = unhide(octets, 22, secret, vector, out);
      ASSERT_TRUE(value.has_value()) << size;
      EXPECT_EQ(to_hex(*value), to_hex(Octets(clear).subspan(2, size)));
    }
  }
}

TEST(Hiding, KeepsTheSize) {
  Bytes octets = subformat(2, 2, 0);
  hide(octets, 9, secret, vector);
  EXPECT_EQ(octets.size(), 4u);
}

TEST(Hiding, DependsOnAttributeSecretAndVector) {
  const auto hidden = [](std::uint16_t attribute, const Bytes& with, const Bytes& random) {
    Bytes octets = subformat(2, 2, 0);
    hide(octets, attribute, with, random);
    return to_hex(octets);
  };
  const std::string base = hidden(9, secret, vector);
  EXPECT_NE(hidden(10, secret, vector), base);
  EXPECT_NE(hidden(9, octets_of("another secret"), vector), base);
  EXPECT_NE(hidden(9, secret, hex("01")), base);
}

TEST(Hiding, AnOriginalLengthBeyondTheDataIsRefused) {
  for (const std::size_t length : {3u, 255u, 60000u, 65535u}) {
    Bytes octets = subformat(length, 2, 0), out(70000);
    hide(octets, 9, secret, vector);
    EXPECT_FALSE(unhide(octets, 9, secret, vector, out).has_value()) << length;
  }
}

TEST(Hiding, FewerThanTwoOctetsAreRefused) {
  Bytes out(16);
  EXPECT_FALSE(unhide({}, 9, secret, vector, out).has_value());
  EXPECT_FALSE(unhide(hex("00"), 9, secret, vector, out).has_value());
}

TEST(Hiding, AnOutputTooSmallIsRefused) {
  Bytes octets = subformat(20, 20, 0), out(21);
  hide(octets, 9, secret, vector);
  EXPECT_FALSE(unhide(octets, 9, secret, vector, out).has_value());
  EXPECT_FALSE(unhide(octets, 9, secret, vector, std::span(out).first(1)).has_value());
}

TEST(Hiding, PaddingIsNotOpened) {
  Bytes octets = subformat(1, 1, 60), out(octets.size(), std::byte{0xee});
  hide(octets, 9, secret, vector);
  ASSERT_TRUE(unhide(octets, 9, secret, vector, out).has_value());
  EXPECT_EQ(to_hex(std::span(out).subspan(3)), to_hex(Bytes(60, std::byte{0xee})));
}

} // namespace
} // namespace openl2tp::protocol
