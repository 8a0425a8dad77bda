// Encoding of data headers, octet for octet and through the decoder. RFC 2661 §3.1.
#include <gtest/gtest.h>

#include "protocol/wire/header.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using test::Bytes;
using test::hex;

Bytes encoded(const DataPrefix& prefix, const Bytes& payload) {
  Bytes message(data_header_size(prefix));
  EXPECT_EQ(encode_data_header(message, prefix, payload.size()), message.size());
  message.insert(message.end(), payload.begin(), payload.end());
  return message;
}

TEST(DataPrefix, IsSixOctetsWhenNothingIsAskedFor) {
  EXPECT_EQ(encoded({.tunnel_id = 0x0a0b, .session_id = 0x0c0d}, hex("c021")), hex("0002 0a0b 0c0d c021"));
}

TEST(DataPrefix, PutsEveryFieldIntoItsPlace) {
  const DataPrefix all{
      .tunnel_id = 0x1234, .session_id = 0x2345, .ns = 7, .length = true, .priority = true, .offset = 2};
  EXPECT_EQ(encoded(all, hex("ff03 c021")), hex("4b02 0014 1234 2345 0007 0000 0002 0000 ff03 c021"));
}

TEST(DataPrefix, LengthCountsHeaderPaddingAndPayload) {
  const Bytes payload(1400);
  const Bytes message = encoded({.tunnel_id = 1, .session_id = 1, .length = true, .offset = 100}, payload);
  EXPECT_EQ(message.size(), 10U + 100U + 1400U);
  EXPECT_EQ(std::to_integer<unsigned>(message[2]) << 8 | std::to_integer<unsigned>(message[3]), message.size());
}

TEST(DataPrefix, AnOffsetOfZeroIsWrittenWhenAskedFor) {
  EXPECT_EQ(encoded({.tunnel_id = 1, .session_id = 2, .offset = 0}, hex("c021")), hex("0202 0001 0002 0000 c021"));
}

TEST(DataPrefix, ComesBackInEveryForm) {
  const Bytes payload = hex("ff03 0021 4500");
  for (unsigned bits = 0; bits < 16; ++bits) {
    DataPrefix prefix{.tunnel_id = 0xabcd, .session_id = 0x0102};
    if ((bits & 1U) != 0) prefix.length = true;
    if ((bits & 2U) != 0) prefix.ns = 0xfffe;
    if ((bits & 4U) != 0) prefix.offset = 5;
    if ((bits & 8U) != 0) prefix.priority = true;
    const Bytes message = encoded(prefix, payload);
    const auto decoded = decode_data_header(message);
    ASSERT_TRUE(decoded) << bits;
    EXPECT_EQ(decoded->tunnel_id, prefix.tunnel_id);
    EXPECT_EQ(decoded->session_id, prefix.session_id);
    EXPECT_EQ(decoded->has_sequence, prefix.ns.has_value());
    if (prefix.ns) EXPECT_EQ(decoded->ns, *prefix.ns);
    EXPECT_EQ(decoded->priority, prefix.priority);
    EXPECT_EQ(Bytes(decoded->payload.begin(), decoded->payload.end()), payload) << bits;
  }
}

TEST(DataPrefix, WithoutPaddingFitsIntoItsMaximum) {
  EXPECT_EQ(data_header_size({.tunnel_id = 1, .session_id = 1, .ns = 0, .length = true, .offset = 0}),
            data_header_size_max);
}

} // namespace
} // namespace openl2tp::protocol
