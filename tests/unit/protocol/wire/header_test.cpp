// The header in all its forms. RFC 2661 §3.1.
#include <gtest/gtest.h>

#include "protocol/wire/header.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;

const Bytes hello = hex("c802 0014 1234 0000 0005 0007 8008 0000 0000 0006");

HeaderError control_error(const Bytes& datagram) {
  const auto decoded = decode_control_header(datagram);
  EXPECT_FALSE(decoded.has_value());
  return decoded ? HeaderError{} : decoded.error();
}

HeaderError data_error(const Bytes& datagram) {
  const auto decoded = decode_data_header(datagram);
  EXPECT_FALSE(decoded.has_value());
  return decoded ? HeaderError{} : decoded.error();
}

TEST(Header, TheTBitTellsControlFromData) {
  EXPECT_TRUE(is_control(hello));
  EXPECT_TRUE(is_control(hex("80")));
  EXPECT_FALSE(is_control(hex("0002 0001 0002")));
  EXPECT_FALSE(is_control({}));
}

TEST(ControlHeader, GivesIdsSequenceAndBody) {
  const auto decoded = decode_control_header(hello);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->header.tunnel_id, 0x1234);
  EXPECT_EQ(decoded->header.session_id, 0);
  EXPECT_EQ(decoded->header.ns, 5);
  EXPECT_EQ(decoded->header.nr, 7);
  EXPECT_EQ(to_hex(decoded->body), "8008000000000006");
}

TEST(ControlHeader, OfTwelveOctetsHasAnEmptyBody) {
  const Bytes datagram = hex("c802 000c 1234 0000 0005 0007");
  const auto decoded = decode_control_header(datagram);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_TRUE(decoded->body.empty());
}

TEST(ControlHeader, WithoutLengthIsRefused) {
  EXPECT_EQ(control_error(hex("8802 0014 1234 0000 0005 0007 0000 0000")), HeaderError::bad_flags);
}

TEST(ControlHeader, WithoutSequenceIsRefused) {
  EXPECT_EQ(control_error(hex("c002 0014 1234 0000 0005 0007 8008 0000 0000 0006")), HeaderError::bad_flags);
}

TEST(ControlHeader, WithOffsetIsRefused) {
  EXPECT_EQ(control_error(hex("ca02 0014 1234 0000 0005 0007 8008 0000 0000 0006")), HeaderError::bad_flags);
}

TEST(ControlHeader, WithPriorityIsRefused) {
  EXPECT_EQ(control_error(hex("c902 0014 1234 0000 0005 0007 8008 0000 0000 0006")), HeaderError::bad_flags);
}

TEST(ControlHeader, OfADataMessageIsRefused) {
  EXPECT_EQ(control_error(hex("4802 000c 0001 0002 0000 0000")), HeaderError::bad_flags);
}

TEST(ControlHeader, EachReservedBitIsIgnored) {
  for (const unsigned bit : {0x2000u, 0x1000u, 0x0400u, 0x0080u, 0x0040u, 0x0020u, 0x0010u}) {
    Bytes datagram = hello;
    datagram[0] |= static_cast<std::byte>(bit >> 8);
    datagram[1] |= static_cast<std::byte>(bit);
    const auto decoded = decode_control_header(datagram);
    ASSERT_TRUE(decoded.has_value()) << bit;
    EXPECT_EQ(decoded->header.tunnel_id, 0x1234);
    EXPECT_EQ(decoded->body.size(), 8u);
  }
}

TEST(Header, EveryVersionButTwoIsRefused) {
  for (unsigned version = 0; version < 16; ++version) {
    if (version == 2) continue;
    Bytes control = hello, data = hex("0002 0001 0002 ff03");
    control[1] = data[1] = static_cast<std::byte>(version);
    EXPECT_EQ(control_error(control), HeaderError::wrong_version);
    EXPECT_EQ(data_error(data), HeaderError::wrong_version);
  }
}

TEST(ControlHeader, LengthBelowTwelveIsRefused) {
  for (unsigned length = 0; length < 12; ++length) {
    Bytes datagram = hello;
    datagram[3] = static_cast<std::byte>(length);
    EXPECT_EQ(control_error(datagram), HeaderError::bad_length);
  }
}

TEST(ControlHeader, LengthBeyondTheDatagramIsRefused) {
  Bytes datagram = hello;
  datagram[3] = std::byte{21};
  EXPECT_EQ(control_error(datagram), HeaderError::bad_length);
  datagram[2] = datagram[3] = std::byte{0xff};
  EXPECT_EQ(control_error(datagram), HeaderError::bad_length);
}

TEST(ControlHeader, OctetsPastLengthAreNotPartOfTheMessage) {
  Bytes datagram = hello;
  append(datagram, hex("8006 0000 03e7")); // a mandatory AVP that no one knows
  const auto decoded = decode_control_header(datagram);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(decoded->body.size(), 8u);
}

TEST(ControlHeader, TruncatedAtEveryOctetIsRefused) {
  for (std::size_t size = 0; size < hello.size(); ++size) {
    const auto decoded = decode_control_header(Octets(hello).first(size));
    ASSERT_FALSE(decoded.has_value()) << size;
    EXPECT_EQ(decoded.error(), size < 12 ? HeaderError::truncated : HeaderError::bad_length) << size;
  }
}

TEST(ControlHeader, IsEncodedWithTLSAndVersionTwoAndNoOtherBit) {
  Bytes message(20, std::byte{0xee});
  encode_control_header(message, {.tunnel_id = 0x1234, .session_id = 0x5678, .ns = 0x9abc, .nr = 0xdef0});
  EXPECT_EQ(to_hex(Octets(message).first(12)), "c802001412345678"
                                               "9abcdef0");
  EXPECT_EQ(message[12], std::byte{0xee});
}

TEST(ControlHeader, PatchingChangesTheSequenceNumbersAlone) {
  Bytes message = hello;
  patch_sequence(message, 0xaaaa, 0xbbbb);
  EXPECT_EQ(to_hex(message), "c802001412340000aaaabbbb8008000000000006");
}

/// A data message with the given optional fields; the payload is ff03c021, the offset pad three octets of ee.
Bytes data_message(bool length, bool sequence, bool offset, bool priority) {
  Bytes datagram;
  append_u16(datagram, 2u | (length ? 0x4000u : 0u) | (sequence ? 0x0800u : 0u) | (offset ? 0x0200u : 0u) |
                           (priority ? 0x0100u : 0u));
  if (length) append_u16(datagram, 6 + 2 + (sequence ? 4 : 0) + (offset ? 5 : 0) + 4);
  append(datagram, hex("0a0b 0c0d"));
  if (sequence) append(datagram, hex("1122 3344"));
  if (offset) append(datagram, hex("0003 eeeeee"));
  append(datagram, hex("ff03 c021"));
  return datagram;
}

TEST(DataHeader, EveryCombinationOfLengthSequenceOffsetAndPriorityGivesTheSameFrame) {
  for (unsigned bits = 0; bits < 16; ++bits) {
    const bool sequence = (bits & 2) != 0, priority = (bits & 8) != 0;
    const Bytes datagram = data_message((bits & 1) != 0, sequence, (bits & 4) != 0, priority);
    const auto decoded = decode_data_header(datagram);
    ASSERT_TRUE(decoded.has_value()) << bits;
    EXPECT_EQ(decoded->tunnel_id, 0x0a0b);
    EXPECT_EQ(decoded->session_id, 0x0c0d);
    EXPECT_EQ(decoded->has_sequence, sequence);
    EXPECT_EQ(decoded->ns, sequence ? 0x1122 : 0);
    EXPECT_EQ(decoded->priority, priority);
    EXPECT_EQ(to_hex(decoded->payload), "ff03c021");
  }
}

TEST(DataHeader, EveryCombinationTruncatedAtEveryOctetStaysInsideTheDatagram) {
  for (unsigned bits = 0; bits < 16; ++bits) {
    const Bytes datagram = data_message((bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0);
    const std::size_t frame_at = datagram.size() - 4;
    for (std::size_t size = 0; size < datagram.size(); ++size) {
      const Bytes cut(datagram.begin(),
                      datagram.begin() + static_cast<std::ptrdiff_t>(size)); // its own block, for ASan
      const auto decoded = decode_data_header(cut);
      // Without Length nothing tells that the frame was cut, so what is left of it is the frame.
      EXPECT_EQ(decoded.has_value(), (bits & 1) == 0 && size >= frame_at) << bits << " " << size;
      if (decoded) EXPECT_EQ(decoded->payload.size(), size - frame_at);
    }
  }
}

TEST(DataHeader, NrIsIgnored) {
  Bytes datagram = data_message(true, true, false, false);
  const std::size_t nr_at = 10;
  datagram[nr_at] = datagram[nr_at + 1] = std::byte{0xff};
  const auto decoded = decode_data_header(datagram);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(to_hex(decoded->payload), "ff03c021");
}

TEST(DataHeader, OffsetsOfZeroTwoAndSixtyFourSkipTheirPad) {
  for (const unsigned offset : {0u, 2u, 64u}) {
    Bytes datagram = hex("0202 0a0b 0c0d");
    append_u16(datagram, offset);
    datagram.resize(datagram.size() + offset, std::byte{0xee});
    append(datagram, hex("c021"));
    const auto decoded = decode_data_header(datagram);
    ASSERT_TRUE(decoded.has_value()) << offset;
    EXPECT_EQ(to_hex(decoded->payload), "c021");
  }
}

TEST(DataHeader, AnOffsetToTheEndLeavesAnEmptyFrame) {
  const Bytes datagram = hex("0202 0a0b 0c0d 0002 eeee");
  const auto decoded = decode_data_header(datagram);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_TRUE(decoded->payload.empty());
}

TEST(DataHeader, AnOffsetPastTheEndIsRefused) {
  EXPECT_EQ(data_error(hex("0202 0a0b 0c0d 0003 eeee")), HeaderError::bad_offset);
  EXPECT_EQ(data_error(hex("0202 0a0b 0c0d ffff eeee")), HeaderError::bad_offset);
}

TEST(DataHeader, AnOffsetPastLengthIsRefusedThoughTheDatagramGoesOn) {
  EXPECT_EQ(data_error(hex("4202 000c 0a0b 0c0d 0004 eeee eeee eeee")), HeaderError::bad_offset);
}

TEST(DataHeader, LengthShorterThanTheHeaderIsRefused) {
  for (unsigned length = 0; length < 8; ++length) {
    Bytes datagram = hex("4002 0000 0a0b 0c0d c021");
    datagram[3] = static_cast<std::byte>(length);
    EXPECT_EQ(data_error(datagram), HeaderError::bad_length);
  }
}

TEST(DataHeader, LengthBeyondTheDatagramIsRefused) {
  EXPECT_EQ(data_error(hex("4002 000b 0a0b 0c0d c021")), HeaderError::bad_length);
}

TEST(DataHeader, OctetsPastLengthAreNotPartOfTheFrame) {
  const Bytes datagram = hex("4002 000a 0a0b 0c0d c021 dead");
  const auto decoded = decode_data_header(datagram);
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(to_hex(decoded->payload), "c021");
}

TEST(DataHeader, OfAControlMessageIsRefused) { EXPECT_EQ(data_error(hello), HeaderError::bad_flags); }

} // namespace
} // namespace openl2tp::protocol
