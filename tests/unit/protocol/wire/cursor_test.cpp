// The two cursors: bounds, byte order, and failure that sticks.
#include <gtest/gtest.h>

#include "protocol/wire/reader.hpp"
#include "protocol/wire/writer.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;

TEST(Reader, TakesNumbersInNetworkOrder) {
  const Bytes octets = hex("01 0203 04050607");
  Reader reader(octets);
  EXPECT_EQ(reader.u8(), 0x01);
  EXPECT_EQ(reader.u16(), 0x0203);
  EXPECT_EQ(reader.u32(), 0x04050607u);
  EXPECT_TRUE(reader.ok());
  EXPECT_EQ(reader.remaining(), 0u);
}

TEST(Reader, AReadPastTheEndGivesZeroTakesNothingAndSticks) {
  const Bytes octets = hex("01 02 03");
  Reader reader(octets);
  EXPECT_EQ(reader.u32(), 0u);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.remaining(), 3u);
  EXPECT_EQ(reader.u16(), 0x0102);
  EXPECT_FALSE(reader.ok());
}

TEST(Reader, AHugeCountIsRefusedWithoutWrapping) {
  const Bytes octets = hex("01 02");
  Reader reader(octets);
  EXPECT_TRUE(reader.octets(static_cast<std::size_t>(-1)).empty());
  EXPECT_FALSE(reader.ok());
}

TEST(Writer, PutsNumbersInNetworkOrder) {
  Bytes buffer(9);
  Writer writer(buffer);
  writer.u8(1);
  writer.u16(0x0203);
  writer.u32(0x04050607);
  writer.text("hi");
  EXPECT_TRUE(writer.ok());
  EXPECT_EQ(to_hex(buffer), "01020304050607"
                            "6869");
}

TEST(Writer, AWriteThatDoesNotFitWritesNothingAndSticks) {
  Bytes buffer(3);
  Writer writer(buffer);
  writer.u32(0xffffffff);
  EXPECT_FALSE(writer.ok());
  writer.u8(0xff);
  EXPECT_FALSE(writer.ok());
  EXPECT_EQ(writer.position(), 0u);
  EXPECT_EQ(to_hex(buffer), "000000");
}

TEST(Writer, AHugeReservationIsRefusedWithoutWrapping) {
  Bytes buffer(3);
  Writer writer(buffer);
  writer.u8(1);
  EXPECT_TRUE(writer.reserve(static_cast<std::size_t>(-1)).empty());
  EXPECT_FALSE(writer.ok());
}

} // namespace
} // namespace openl2tp::protocol
