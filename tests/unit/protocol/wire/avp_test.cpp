// AVP framing. RFC 2661 §4.1.
#include <gtest/gtest.h>

#include "protocol/wire/avp.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;

TEST(AvpFraming, GivesBitsVendorAttributeAndValueAndGoesOn) {
  const Bytes octets = hex("c009 0137 0042 010203 ffff");
  Octets rest = octets;
  const auto avp = take_avp(rest);
  ASSERT_TRUE(avp.has_value());
  EXPECT_TRUE(avp->mandatory);
  EXPECT_TRUE(avp->hidden);
  EXPECT_FALSE(avp->reserved_bits);
  EXPECT_EQ(avp->vendor, 0x137);
  EXPECT_EQ(avp->attribute, 0x42);
  EXPECT_EQ(avp->length(), 9);
  EXPECT_EQ(to_hex(avp->value), "010203");
  EXPECT_EQ(to_hex(rest), "ffff");
}

TEST(AvpFraming, LengthSixMeansNoValue) {
  const Bytes octets = hex("8006 0000 0027");
  Octets rest = octets;
  const auto avp = take_avp(rest);
  ASSERT_TRUE(avp.has_value());
  EXPECT_TRUE(avp->value.empty());
  EXPECT_TRUE(rest.empty());
}

TEST(AvpFraming, EachReservedBitIsSeen) {
  for (const unsigned bit : {0x2000u, 0x1000u, 0x0800u, 0x0400u}) {
    const Bytes octets = raw(RawAvp{.attribute = 7, .value = hex("61"), .reserved = bit});
    Octets rest = octets;
    const auto avp = take_avp(rest);
    ASSERT_TRUE(avp.has_value());
    EXPECT_TRUE(avp->reserved_bits) << bit;
    EXPECT_EQ(avp->length(), 7);
  }
}

TEST(AvpFraming, LengthBelowSixIsRefusedAndTakesNothing) {
  for (unsigned length = 0; length < 6; ++length) {
    Bytes octets = hex("8000 0000 0009 1234");
    octets[1] = static_cast<std::byte>(length);
    Octets rest = octets;
    const auto avp = take_avp(rest);
    ASSERT_FALSE(avp.has_value());
    EXPECT_EQ(avp.error().attribute, 9);
    EXPECT_EQ(avp.error().seen, length);
    EXPECT_EQ(avp.error().allowed, 6);
    EXPECT_EQ(rest.size(), octets.size());
  }
}

TEST(AvpFraming, LengthBeyondTheMessageIsRefused) {
  const Bytes octets = hex("8009 0000 0009 1234");
  Octets rest = octets;
  const auto avp = take_avp(rest);
  ASSERT_FALSE(avp.has_value());
  EXPECT_EQ(avp.error().seen, 9);
  EXPECT_EQ(avp.error().allowed, 8);
}

TEST(AvpFraming, AHeaderThatIsCutOffIsRefused) {
  for (std::size_t size = 1; size < 6; ++size) {
    const Bytes octets(size, std::byte{0});
    Octets rest = octets;
    const auto avp = take_avp(rest);
    ASSERT_FALSE(avp.has_value());
    EXPECT_EQ(avp.error().attribute, unreadable_attribute);
    EXPECT_EQ(avp.error().seen, size);
  }
}

TEST(AvpFraming, TheLongestAvpHas1023Octets) {
  Bytes octets = raw(RawAvp{.attribute = 7, .value = Bytes(1017, std::byte{'x'})});
  Octets rest = octets;
  const auto avp = take_avp(rest);
  ASSERT_TRUE(avp.has_value());
  EXPECT_EQ(avp->length(), 1023);
  octets.pop_back();
  rest = octets;
  EXPECT_FALSE(take_avp(rest).has_value());
}

TEST(AvpFraming, IsWrittenWithReservedBitsZero) {
  Bytes buffer(12);
  Writer writer(buffer);
  write_avp_header(writer, true, false, 0, 9, 1017);
  write_avp_header(writer, false, true, 0x137, 0x42, 0);
  EXPECT_EQ(to_hex(buffer), "83ff00000009"
                            "400601370042");
}

} // namespace
} // namespace openl2tp::protocol
