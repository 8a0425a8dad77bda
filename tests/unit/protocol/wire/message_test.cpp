// Every message of RFC 2661 §6: smallest, fullest, and with each required AVP left out.
#include <gtest/gtest.h>

#include <algorithm>

#include "protocol/wire/codec.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;
using enum MessageType;

class EachMessage : public testing::TestWithParam<MessageType> {
 protected:
  MessageDecoder decoder_;
};

TEST_P(EachMessage, IsRecognisedByItsNumberAndEncodedWithIt) {
  const Bytes body = raw(minimal_avps(GetParam()));
  const auto decoded = decoder_.decode(body, {});
  ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
  EXPECT_EQ(type_of(decoded->message), GetParam());
  Bytes head = hex("8008 0000 0000"); // M, length 8, not hidden
  append_u16(head, static_cast<unsigned>(GetParam()));
  EXPECT_EQ(to_hex(Octets(body_of(decoded->message)).first(8)), to_hex(head));
}

TEST_P(EachMessage, WithRequiredAvpsAloneComesBackOctetForOctet) {
  const Bytes body = raw(minimal_avps(GetParam()));
  const auto decoded = decoder_.decode(body, {});
  ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
  EXPECT_EQ(decoded->notes.ignored_avps, 0);
  EXPECT_EQ(to_hex(body_of(decoded->message)), to_hex(body));
}

TEST_P(EachMessage, WithEveryAvpComesBackOctetForOctet) {
  const Bytes body = raw(full_avps(GetParam()));
  const auto decoded = decoder_.decode(body, {});
  ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
  EXPECT_EQ(decoded->notes.ignored_avps, 0);
  EXPECT_EQ(to_hex(body_of(decoded->message)), to_hex(body));
}

TEST_P(EachMessage, WithEachOptionalAvpAloneComesBackOctetForOctet) {
  for (const RawAvp& avp : optional_avps(GetParam())) {
    auto avps = minimal_avps(GetParam());
    avps.push_back(avp);
    const Bytes body = raw(avps);
    const auto decoded = decoder_.decode(body, {});
    ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
    EXPECT_EQ(decoded->notes.ignored_avps, 0);
    EXPECT_EQ(to_hex(body_of(decoded->message)), to_hex(body));
  }
}

TEST_P(EachMessage, IsTakenWithItsAvpsInAnyOrderAfterMessageType) {
  auto avps = full_avps(GetParam());
  const Bytes expected = raw(avps);
  std::reverse(avps.begin() + 1, avps.end());
  const Bytes body = raw(avps);
  const auto decoded = decoder_.decode(body, {});
  ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
  EXPECT_EQ(to_hex(body_of(decoded->message)), to_hex(expected));
}

TEST_P(EachMessage, HiddenWhollyComesBackTheSame) {
  CountingRandom random;
  const Bytes secret = octets_of("s3cret");
  const Bytes plain = raw(full_avps(GetParam()));
  const auto first = decoder_.decode(plain, {});
  ASSERT_TRUE(first.has_value());
  for (const std::size_t padding : {0u, 7u, 40u}) {
    MessageDecoder other;
    const Bytes hidden =
        body_of(first->message, {.hide = true, .secret = secret, .hidden_padding = padding, .random = &random});
    const auto again = other.decode(hidden, secret);
    ASSERT_TRUE(again.has_value()) << again.error().describe();
    EXPECT_EQ(again->notes.ignored_avps, 0);
    EXPECT_EQ(to_hex(body_of(again->message)), to_hex(plain));
  }
}

TEST_P(EachMessage, TruncatedAtEveryOctetIsRefusedOrShorterByWholeAvps) {
  const auto avps = full_avps(GetParam());
  const Bytes body = raw(avps);
  std::vector<std::size_t> ends;
  std::size_t end = 0, required_end = raw(minimal_avps(GetParam())).size();
  for (const RawAvp& avp : avps)
    ends.push_back(end += avp.value.size() + 6);
  for (std::size_t size = 1; size < body.size(); ++size) {
    const Bytes cut(body.begin(), body.begin() + static_cast<std::ptrdiff_t>(size));
    const auto decoded = decoder_.decode(cut, {});
    const bool whole = std::find(ends.begin(), ends.end(), size) != ends.end();
    EXPECT_EQ(decoded.has_value(), whole && size >= required_end) << size;
    if (!decoded && size > 8)
      EXPECT_EQ(decoded.error().fault, whole ? MessageFault::missing_avp : MessageFault::avp_length) << size;
  }
}

TEST_P(EachMessage, OfDuplicateAvpsTheFirstCounts) {
  auto avps = full_avps(GetParam());
  const Bytes once = raw(avps);
  const std::size_t count = avps.size();
  for (std::size_t i = 0; i < count; ++i) {
    RawAvp second = avps[i];
    for (std::byte& b : second.value)
      b ^= std::byte{0x10};
    avps.push_back(second);
  }
  const Bytes body = raw(avps);
  const auto decoded = decoder_.decode(body, {});
  ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
  EXPECT_EQ(decoded->notes.ignored_avps, count);
  EXPECT_EQ(to_hex(body_of(decoded->message)), to_hex(once));
}

INSTANTIATE_TEST_SUITE_P(Every, EachMessage, testing::ValuesIn(message_types),
                         [](const auto& type) { return std::string(name(type.param)); });

struct Required {
  MessageType type;
  std::uint16_t attribute;
};
void PrintTo(const Required& required, std::ostream* out) {
  *out << name(required.type) << " AVP " << required.attribute;
}

// From RFC 2661 §6.1 to §6.14, not from the table under test.
const std::vector<Required> all_required{
    {sccrq, 2},   {sccrq, 7},   {sccrq, 3}, {sccrq, 9}, {sccrp, 2}, {sccrp, 3}, {sccrp, 7}, {sccrp, 9},
    {stopccn, 9}, {stopccn, 1}, {icrq, 14}, {icrq, 15}, {icrp, 14}, {iccn, 24}, {iccn, 19}, {ocrq, 14},
    {ocrq, 15},   {ocrq, 16},   {ocrq, 17}, {ocrq, 18}, {ocrq, 19}, {ocrq, 21}, {ocrp, 14}, {occn, 24},
    {occn, 19},   {cdn, 1},     {cdn, 14},  {wen, 34},  {sli, 35},
};

class RequiredAvp : public testing::TestWithParam<Required> {};

TEST_P(RequiredAvp, LeftOutIsReportedByItsNumber) {
  auto avps = full_avps(GetParam().type);
  std::erase_if(avps, [](const RawAvp& avp) { return avp.attribute == GetParam().attribute; });
  MessageDecoder decoder;
  const Bytes body = raw(avps);
  const auto decoded = decoder.decode(body, {});
  ASSERT_FALSE(decoded.has_value());
  EXPECT_EQ(decoded.error().fault, MessageFault::missing_avp);
  EXPECT_EQ(decoded.error().attribute, GetParam().attribute);
  EXPECT_EQ(decoded.error().type, GetParam().type);
}

TEST_P(RequiredAvp, IsAlwaysSent) {
  MessageDecoder decoder;
  const Bytes smallest = raw(minimal_avps(GetParam().type));
  const auto decoded = decoder.decode(smallest, {});
  ASSERT_TRUE(decoded.has_value());
  auto sent = split(body_of(decoded->message));
  EXPECT_NE(find(sent, GetParam().attribute), nullptr);
}

INSTANTIATE_TEST_SUITE_P(Every, RequiredAvp, testing::ValuesIn(all_required), [](const auto& required) {
  return std::string(name(required.param.type)) + "Avp" + std::to_string(required.param.attribute);
});

TEST(Zlb, IsAnEmptyBodyBothWays) {
  MessageDecoder decoder;
  const auto decoded = decoder.decode({}, {});
  ASSERT_TRUE(decoded.has_value());
  EXPECT_EQ(type_of(decoded->message), zlb);
  EXPECT_EQ(to_hex(encoded(Zlb{}, {}, 0x1234)), "c802000c12340000"
                                                "00000000");
}

} // namespace
} // namespace openl2tp::protocol
