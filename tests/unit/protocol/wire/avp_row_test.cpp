// Every AVP of RFC 2661 §4.4 and AVP 46 on its own: lengths, M, H. The expectations stand here a second time, on
// purpose: they are written from the RFC, not from avp_table.
#include <gtest/gtest.h>

#include "protocol/wire/codec.hpp"
#include "protocol/wire/hiding.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;
using enum MessageType;

struct AvpRule {
  std::uint16_t attribute;
  const char* name;
  bool mandatory, may_hide;
  std::vector<std::size_t> legal, illegal; // lengths with the header
  MessageType carrier;
};

void PrintTo(const AvpRule& rule, std::ostream* out) { *out << "AVP " << rule.attribute; }

const std::vector<AvpRule> rules{
    {1, "Result Code", true, false, {8, 10, 11, 200, 1023}, {6, 7, 9}, cdn},
    {2, "Protocol Version", true, false, {8}, {6, 7, 9, 10}, sccrq},
    {3, "Framing Capabilities", true, true, {10}, {6, 8, 9, 11, 12}, sccrq},
    {4, "Bearer Capabilities", true, true, {10}, {6, 8, 9, 11}, sccrp},
    {5, "Tie Breaker", false, false, {14}, {6, 10, 13, 15}, sccrq},
    {6, "Firmware Revision", false, true, {8}, {6, 7, 9}, sccrq},
    {7, "Host Name", true, false, {7, 100, 1023}, {6}, sccrq},
    {8, "Vendor Name", false, true, {6, 7, 1023}, {}, sccrq},
    {9, "Assigned Tunnel ID", true, true, {8}, {6, 7, 9, 10}, stopccn},
    {10, "Receive Window Size", true, false, {8}, {6, 7, 9}, sccrp},
    {11, "Challenge", true, true, {7, 22, 1023}, {6}, sccrq},
    {12, "Q.931 Cause Code", true, false, {9, 10, 1023}, {6, 7, 8}, cdn},
    {13, "Challenge Response", true, true, {22}, {6, 21, 23, 1023}, scccn},
    {14, "Assigned Session ID", true, true, {8}, {6, 7, 9, 10}, icrp},
    {15, "Call Serial Number", true, true, {10}, {6, 8, 9, 11}, icrq},
    {16, "Minimum BPS", true, true, {10}, {6, 8, 9, 11}, ocrq},
    {17, "Maximum BPS", true, true, {10}, {6, 8, 9, 11}, ocrq},
    {18, "Bearer Type", true, true, {10}, {6, 8, 9, 11}, icrq},
    {19, "Framing Type", true, true, {10}, {6, 8, 9, 11}, iccn},
    {21, "Called Number", true, true, {6, 7, 300, 1023}, {}, ocrq},
    {22, "Calling Number", true, true, {6, 7, 300, 1023}, {}, icrq},
    {23, "Sub-Address", true, true, {6, 7, 300, 1023}, {}, icrq},
    {24, "Tx Connect Speed", true, true, {10}, {6, 8, 9, 11, 14}, iccn},
    {25, "Physical Channel ID", false, true, {10}, {6, 8, 9, 11}, ocrp},
    {26, "Initial Received LCP CONFREQ", false, true, {6, 10, 1023}, {}, iccn},
    {27, "Last Sent LCP CONFREQ", false, true, {6, 10, 1023}, {}, iccn},
    {28, "Last Received LCP CONFREQ", false, true, {6, 10, 1023}, {}, iccn},
    {29, "Proxy Authen Type", false, true, {8}, {6, 7, 9}, iccn},
    {30, "Proxy Authen Name", false, true, {6, 10, 1023}, {}, iccn},
    {31, "Proxy Authen Challenge", false, true, {7, 10, 1023}, {6}, iccn},
    {32, "Proxy Authen ID", false, true, {8}, {6, 7, 9}, iccn},
    {33, "Proxy Authen Response", false, true, {6, 10, 1023}, {}, iccn},
    {34, "Call Errors", true, true, {32}, {6, 30, 31, 33}, wen},
    {35, "ACCM", true, true, {16}, {6, 14, 15, 17}, sli},
    {37, "Private Group ID", false, true, {6, 10, 1023}, {}, iccn},
    {38, "Rx Connect Speed", false, true, {10}, {6, 8, 9, 11}, occn},
    {39, "Sequencing Required", true, false, {6}, {7, 8}, occn},
    {46, "PPP Disconnect Cause Code", false, true, {11, 12, 1023}, {6, 10}, cdn},
};

const Bytes secret = octets_of("hidden");
const Bytes random_vector = hex("f00dfeed");

/// A value of `size` octets that no rule forbids: 0x0001 0001 ...
Bytes value_of(std::size_t size) {
  Bytes value(size);
  for (std::size_t i = 1; i < size; i += 2)
    value[i] = std::byte{1};
  return value;
}

/// The smallest carrying message with the AVP put in, or put in place of its required form; a Random Vector stands
/// before it.
Bytes message_with(const AvpRule& rule, const RawAvp& avp) {
  auto avps = minimal_avps(rule.carrier);
  if (RawAvp* required = find(avps, rule.attribute))
    *required = avp;
  else
    avps.push_back(avp);
  avps.insert(avps.begin() + 1, RawAvp{.attribute = 36, .value = random_vector});
  return raw(avps);
}

bool required_in(const AvpRule& rule) {
  auto avps = minimal_avps(rule.carrier);
  return find(avps, rule.attribute) != nullptr;
}

RawAvp clear_avp(const AvpRule& rule, std::size_t length, bool mandatory) {
  return {.attribute = rule.attribute, .value = value_of(length - 6), .mandatory = mandatory};
}

/// The AVP hidden; `length` is that of the clear form.
RawAvp hidden_avp(const AvpRule& rule, std::size_t length, bool mandatory) {
  Bytes octets;
  append_u16(octets, static_cast<unsigned>(length - 6));
  append(octets, value_of(length - 6));
  hide(octets, rule.attribute, secret, random_vector);
  return {.attribute = rule.attribute, .value = octets, .mandatory = mandatory, .hidden = true};
}

class AvpRow : public testing::TestWithParam<AvpRule> {
 protected:
  /// The message must be accepted with nothing ignored, and hold the AVP: re-encoding it gives the AVP's clear octets
  /// again.
  void expect_taken(const RawAvp& avp, std::size_t length) {
    const Bytes body = message_with(GetParam(), avp);
    const auto decoded = decoder_.decode(body, secret);
    ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
    EXPECT_EQ(decoded->notes.ignored_avps, 0);
    EXPECT_EQ(decoded->notes.hidden_avps, avp.hidden ? 1 : 0);
    auto avps = split(body_of(decoded->message));
    const RawAvp* again = find(avps, GetParam().attribute);
    ASSERT_NE(again, nullptr);
    EXPECT_EQ(again->value.size() + 6, length);
    EXPECT_EQ(again->mandatory, GetParam().mandatory);
  }
  void expect_refused(const RawAvp& avp, MessageFault fault) {
    const Bytes body = message_with(GetParam(), avp);
    const auto decoded = decoder_.decode(body, secret);
    ASSERT_FALSE(decoded.has_value());
    EXPECT_EQ(decoded.error().fault, fault);
    EXPECT_EQ(decoded.error().attribute, GetParam().attribute);
    EXPECT_EQ(decoded.error().type, GetParam().carrier);
    const auto avps = minimal_avps(GetParam().carrier);
    EXPECT_GT(decoded.error().offset, 8);
  }
  /// The message must be taken as if the AVP were absent, which is a fault of its own where it is required.
  void expect_ignored(const RawAvp& avp) {
    const Bytes body = message_with(GetParam(), avp);
    const auto decoded = decoder_.decode(body, secret);
    if (required_in(GetParam())) {
      ASSERT_FALSE(decoded.has_value());
      EXPECT_EQ(decoded.error().fault, MessageFault::missing_avp);
      EXPECT_EQ(decoded.error().attribute, GetParam().attribute);
      return;
    }
    ASSERT_TRUE(decoded.has_value()) << decoded.error().describe();
    EXPECT_EQ(decoded->notes.ignored_avps, 1);
    auto avps = split(body_of(decoded->message));
    EXPECT_EQ(find(avps, GetParam().attribute), nullptr);
  }

  MessageDecoder decoder_;
};

TEST_P(AvpRow, LegalLengthsAreTakenWithMSetAndClear) {
  for (const std::size_t length : GetParam().legal)
    for (const bool mandatory : {true, false})
      expect_taken(clear_avp(GetParam(), length, mandatory), length);
}

TEST_P(AvpRow, IllegalLengthsAreRefusedWithMSet) {
  for (const std::size_t length : GetParam().illegal) {
    expect_refused(clear_avp(GetParam(), length, true), MessageFault::avp_length);
    const Bytes body = message_with(GetParam(), clear_avp(GetParam(), length, true));
    const MessageError error = decoder_.decode(body, {}).error();
    EXPECT_EQ(error.seen, length);
    EXPECT_NE(error.allowed, length);
    EXPECT_EQ(error.wire_error(), GeneralError::wrong_length);
  }
}

TEST_P(AvpRow, IllegalLengthsAreIgnoredWithMClear) {
  for (const std::size_t length : GetParam().illegal)
    expect_ignored(clear_avp(GetParam(), length, false));
}

TEST_P(AvpRow, AHiddenFormIsTakenExactlyWhereTheRfcAllowsIt) {
  for (const std::size_t length : GetParam().legal) {
    if (length > 1021) continue; // no room for the inner length
    if (GetParam().may_hide) {
      expect_taken(hidden_avp(GetParam(), length, true), length);
      expect_taken(hidden_avp(GetParam(), length, false), length);
    } else {
      expect_refused(hidden_avp(GetParam(), length, true), MessageFault::illegally_hidden);
      expect_ignored(hidden_avp(GetParam(), length, false));
    }
  }
}

TEST_P(AvpRow, IllegalLengthsAreIllegalWhenHiddenToo) {
  if (!GetParam().may_hide) return;
  for (const std::size_t length : GetParam().illegal) {
    if (length > 1021) continue;
    expect_refused(hidden_avp(GetParam(), length, true), MessageFault::avp_length);
    expect_ignored(hidden_avp(GetParam(), length, false));
  }
}

TEST_P(AvpRow, HiddenWithAnotherSecretIsGarbage) {
  if (!GetParam().may_hide) return;
  RawAvp avp = hidden_avp(GetParam(), 8, true);
  avp.value[0] ^= std::byte{0x7f}; // the original length is now in the ten thousands
  expect_refused(avp, MessageFault::hidden_garbage);
  avp.mandatory = false;
  expect_ignored(avp);
}

TEST_P(AvpRow, AReservedBitMakesItUnrecognised) {
  for (const unsigned bit : {0x2000u, 0x1000u, 0x0800u, 0x0400u}) {
    RawAvp avp = clear_avp(GetParam(), GetParam().legal.front(), true);
    avp.reserved = bit;
    expect_refused(avp, MessageFault::unknown_mandatory_avp);
    avp.mandatory = false;
    expect_ignored(avp);
  }
}

TEST_P(AvpRow, WithoutAPlaceInTheMessageItIsIgnoredWhateverItsM) {
  const MessageType elsewhere = GetParam().carrier == sli ? wen : sli;
  for (const bool mandatory : {true, false}) {
    auto avps = minimal_avps(elsewhere);
    avps.push_back(clear_avp(GetParam(), GetParam().legal.front(), mandatory));
    const Bytes body = raw(avps);
    const auto decoded = decoder_.decode(body, {});
    ASSERT_TRUE(decoded.has_value());
    EXPECT_EQ(decoded->notes.ignored_avps, 1);
  }
}

TEST_P(AvpRow, IsSentWithTheBitsOfTheRfc) {
  CountingRandom random;
  const Bytes plain = raw(full_avps(GetParam().carrier));
  const auto decoded = decoder_.decode(plain, {});
  ASSERT_TRUE(decoded.has_value());
  for (const bool hide_all : {false, true}) {
    auto avps = split(body_of(decoded->message, {.hide = hide_all, .secret = secret, .random = &random}));
    const RawAvp* sent = find(avps, GetParam().attribute);
    ASSERT_NE(sent, nullptr);
    EXPECT_EQ(sent->mandatory, GetParam().mandatory);
    EXPECT_EQ(sent->hidden, hide_all && GetParam().may_hide);
    EXPECT_EQ(sent->reserved, 0u);
    EXPECT_EQ(sent->vendor, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Every, AvpRow, testing::ValuesIn(rules),
                         [](const auto& row) { return camel(row.param.name); });

} // namespace
} // namespace openl2tp::protocol
