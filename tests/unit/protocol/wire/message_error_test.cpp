// What a refusal says on the wire and to people. RFC 2661 §4.4.2.
#include <gtest/gtest.h>

#include "protocol/wire/codec.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;
using enum MessageType;

std::string description(const Bytes& body) {
  MessageDecoder decoder;
  const auto decoded = decoder.decode(body, {});
  EXPECT_FALSE(decoded.has_value());
  return decoded ? "" : decoded.error().describe();
}

TEST(MessageErrorText, NamesTheAvpItsLengthAndTheLengthExpected) {
  EXPECT_EQ(description(raw({type_avp(stopccn), {.attribute = 9, .value = hex("00")}})),
            "AVP 9 (Assigned Tunnel ID): length 7, expected 8");
  EXPECT_EQ(description(raw({type_avp(cdn), {.attribute = 12, .value = hex("0010")}})),
            "AVP 12 (Q.931 Cause Code): length 8, expected at least 9");
}

TEST(MessageErrorText, NamesAnAvpThatRunsPastTheMessage) {
  EXPECT_EQ(description(hex("8008 0000 0000 0006 83ff 0000 0007 61")),
            "AVP 7 (Host Name): length 1023, expected at most 7");
  EXPECT_EQ(description(hex("8008 0000 0000 0006 83ff 00")), "AVP header: length 3, expected at least 6");
}

TEST(MessageErrorText, NamesAnUnknownAttributeAndItsVendor) {
  EXPECT_EQ(description(raw({type_avp(MessageType::hello), {.attribute = 999}})),
            "AVP 999: mandatory and not recognised");
  EXPECT_EQ(description(raw({type_avp(MessageType::hello), {.attribute = 9, .vendor = 311}})),
            "AVP 9 of vendor 311: mandatory and not recognised");
}

TEST(MessageErrorText, NamesWhatIsMissing) {
  EXPECT_EQ(description(raw({type_avp(icrq), {.attribute = 14, .value = hex("0001")}})),
            "AVP 15 (Call Serial Number): missing in ICRQ");
}

TEST(MessageErrorText, NamesAForbiddenValue) {
  EXPECT_EQ(description(raw({type_avp(icrp), {.attribute = 14, .value = hex("0000")}})),
            "AVP 14 (Assigned Session ID): value 0 is not allowed");
  EXPECT_EQ(description(raw({type_avp(iccn), {.attribute = 32, .value = hex("0100")}})),
            "AVP 32 (Proxy Authen ID): value 256, expected at most 255");
}

TEST(MessageErrorText, NeverHoldsAHiddenValue) {
  const std::string text =
      description(raw({type_avp(icrq), {.attribute = 22, .value = octets_of("5551212"), .hidden = true}}));
  EXPECT_EQ(text, "AVP 22 (Calling Number): hidden, and there is no shared secret");
}

TEST(MessageErrorText, EveryFaultHasTextAndAWireError) {
  for (unsigned fault = 0; fault <= static_cast<unsigned>(MessageFault::too_many_avps); ++fault) {
    const MessageError error{.fault = MessageFault{static_cast<std::uint8_t>(fault)}};
    EXPECT_FALSE(error.describe().empty()) << fault;
    EXPECT_NE(error.wire_error(), GeneralError::none) << fault;
  }
}

} // namespace
} // namespace openl2tp::protocol
