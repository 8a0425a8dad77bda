#include "plugins/ppp_engine/packet.hpp"

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp {
namespace {

using testing_support::hex;
using testing_support::to_hex;

TEST(Packet, EndsWhereItsLengthSays) {
  const auto octets = hex("0107000601040000");
  const auto packet = decode_packet(octets);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->code, 1);
  EXPECT_EQ(packet->id, 7);
  EXPECT_EQ(to_hex(packet->data), "0104");
  EXPECT_EQ(to_hex(packet->whole), "010700060104");
}

TEST(Packet, OfLessThanItsHeaderIsRefused) {
  for (const char* text : {"", "01", "0107", "010700"}) {
    const auto octets = hex(text);
    EXPECT_EQ(decode_packet(octets).error(), PacketError::truncated) << text;
  }
}

TEST(Packet, WithALengthThatLiesIsRefused) {
  for (const char* text : {"01070000", "01070003", "01070005", "0107ffff00"}) {
    const auto octets = hex(text);
    EXPECT_EQ(decode_packet(octets).error(), PacketError::bad_length) << text;
  }
}

TEST(Packet, LongerThanTheDefaultMruIsRefused) {
  testing_support::Bytes octets(1501);
  octets[2] = std::byte{1501 >> 8};
  octets[3] = std::byte{1501 & 0xff};
  EXPECT_EQ(decode_packet(octets).error(), PacketError::too_long);
}

TEST(Options, AreWalkedInOrder) {
  const auto octets = hex("0104 05dc 0702 0506 01020304");
  OptionReader reader(octets);
  EXPECT_EQ(reader.next()->type, 1);
  EXPECT_EQ(reader.next()->value.size(), 0U);
  EXPECT_EQ(to_hex(reader.next()->whole), "050601020304");
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.ok());
}

TEST(Options, WithALengthBelowTwoOrBeyondTheListAreMalformed) {
  for (const char* text : {"01", "0100", "0101", "0103", "0702 05", "0702 0506 010203"})
    EXPECT_FALSE(options_well_formed(hex(text))) << text;
  for (const char* text : {"", "0702", "0104 05dc"})
    EXPECT_TRUE(options_well_formed(hex(text))) << text;
}

TEST(Options, AreFoundOctetForOctet) {
  const auto options = hex("0104 05dc 0702");
  EXPECT_TRUE(contains_option(options, hex("010405dc")));
  EXPECT_FALSE(contains_option(options, hex("010405dd")));
  EXPECT_FALSE(contains_option(options, hex("0802")));
}

} // namespace
} // namespace openl2tp::ppp
