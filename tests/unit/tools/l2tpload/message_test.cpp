// The load generator's messages against octets laid out by hand from RFC 2661, so that it errs independently of the
// daemon's codec.

#include "tools/l2tpload/message.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <vector>

namespace openl2tp::load {
namespace {

std::vector<std::byte> octets(std::initializer_list<int> values) {
  std::vector<std::byte> result;
  for (const int value : values)
    result.push_back(static_cast<std::byte>(value));
  return result;
}

std::vector<std::byte> encode(MessageType type, const Header& header, std::uint16_t assigned = 0,
                              std::uint32_t serial = 0) {
  const Templates templates("lac", 16);
  std::array<std::byte, message_size_max> buffer{};
  const std::size_t size = templates.encode(type, header, assigned, serial, buffer);
  return {buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(size)};
}

TEST(LoadMessage, ZlbIsABareHeader) {
  EXPECT_EQ(encode(MessageType::zlb, {0x1234, 0, 0x0102, 0xfffe}),
            octets({0xc8, 0x02, 0, 12, 0x12, 0x34, 0, 0, 1, 2, 0xff, 0xfe}));
}

TEST(LoadMessage, SccrqCarriesWhatRfc2661Section61Asks) {
  EXPECT_EQ(encode(MessageType::sccrq, {}, 0xbeef),
            octets({
                0xc8, 0x02, 0, 63, 0, 0,  0,    0,    0,   0, 0, 0, // header
                0x80, 8,    0, 0,  0, 0,  0,    1,                  // Message Type
                0x80, 8,    0, 0,  0, 2,  1,    0,                  // Protocol Version
                0x80, 10,   0, 0,  0, 3,  0,    0,    0,   3,       // Framing Capabilities
                0x80, 9,    0, 0,  0, 7,  'l',  'a',  'c',          // Host Name
                0x80, 8,    0, 0,  0, 9,  0xbe, 0xef,               // Assigned Tunnel ID
                0x80, 8,    0, 0,  0, 10, 0,    16,                 // Receive Window Size
            }));
}

TEST(LoadMessage, IcrqCarriesSessionIdAndSerialNumber) {
  EXPECT_EQ(encode(MessageType::icrq, {7, 0, 3, 4}, 0x0102, 0x0a0b0c0d),
            octets({0xc8, 0x02, 0, 38, 0, 7,  0,    0,    0,    3,   0, 4, // header
                    0x80, 8,    0, 0,  0, 0,  0,    10,                    // Message Type
                    0x80, 8,    0, 0,  0, 14, 1,    2,                     // Assigned Session ID
                    0x80, 10,   0, 0,  0, 15, 0x0a, 0x0b, 0x0c, 0x0d}));   // Call Serial Number
}

TEST(LoadMessage, CdnNamesThePeersSessionInTheHeaderAndOursInTheAvp) {
  const auto message = decode(encode(MessageType::cdn, {7, 0x0809, 0, 0}, 0x0102));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->header.session, 0x0809);
  EXPECT_EQ(message->assigned_session, 0x0102);
  EXPECT_EQ(message->result, 3);
}

TEST(LoadMessage, EveryMessageThatIsBuiltIsReadBack) {
  int built = 0;
  for (std::uint16_t number = 0; number <= protocol::message_type_max; ++number) {
    const auto type = static_cast<MessageType>(number);
    const auto wire = encode(type, {1, 2, 3, 4}, 5, 6);
    if (wire.empty()) continue;
    ++built;
    const auto message = decode(wire);
    ASSERT_TRUE(message) << protocol::name(type);
    EXPECT_EQ(message->type, type);
    EXPECT_EQ(message->header.ns, 3);
    EXPECT_EQ(message->header.nr, 4);
  }
  EXPECT_EQ(built, 10) << "ZLB, SCCRQ, SCCRP, SCCCN, StopCCN, HELLO, ICRQ, ICRP, ICCN, CDN";
}

TEST(LoadMessage, ATruncatedMessageIsRefusedAtEveryOctet) {
  const auto wire = encode(MessageType::sccrp, {1, 0, 0, 1}, 9);
  for (std::size_t size = 0; size < wire.size(); ++size) {
    EXPECT_FALSE(decode(std::span(wire).first(size))) << size;
    auto shortened = wire; // the header agrees, an AVP is cut
    shortened.resize(size);
    if (size < 4) continue;
    shortened[3] = static_cast<std::byte>(size);
    const auto message = decode(shortened);
    if (message) EXPECT_NE(message->assigned_tunnel == 9, size < 55) << size;
  }
}

TEST(LoadMessage, DataMessagesAndOtherVersionsAreRefused) {
  auto data = encode(MessageType::hello, {});
  data[0] = std::byte{0x48};
  EXPECT_FALSE(decode(data));
  auto version_3 = encode(MessageType::hello, {});
  version_3[1] = std::byte{0x03};
  EXPECT_FALSE(decode(version_3));
}

TEST(LoadMessage, AnAbsentReceiveWindowMeansFour) {
  const auto message = decode(encode(MessageType::icrp, {}));
  ASSERT_TRUE(message);
  EXPECT_EQ(message->receive_window, 4);
}

} // namespace
} // namespace openl2tp::load
