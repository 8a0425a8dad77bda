// What the encoder adds to the fields: bits, order, hiding, bounds. RFC 2661 §4.1, §4.3.
#include <gtest/gtest.h>

#include "protocol/wire/codec.hpp"
#include "protocol/wire/header.hpp"
#include "tests/unit/protocol/wire/support.hpp"

namespace openl2tp::protocol {
namespace {

using namespace test;

const Bytes secret = octets_of("hidden");

Iccn proxy_iccn(std::uint16_t authen_type) {
  Iccn iccn{.tx_connect_speed = 64000, .framing_type = {.sync = true, .async = false}};
  static const Bytes password = octets_of("password");
  iccn.proxy.authen_type = authen_type;
  iccn.proxy.authen_name = "alice";
  iccn.proxy.authen_response = password;
  return iccn;
}

TEST(Encode, PutsIdsIntoTheHeaderAndLengthOfTheWholeMessage) {
  const Bytes message = encoded(Hello{}, {}, 0x1234, 0x5678);
  EXPECT_EQ(to_hex(message), "c80200141234567800000000"
                             "8008000000000006");
}

TEST(Encode, WritesReservedBitsAsZeroInEveryAvpOfEveryMessage) {
  MessageDecoder decoder;
  for (const MessageType type : message_types) {
    const Bytes full = raw(full_avps(type));
    for (const RawAvp& avp : split(body_of(decoder.decode(full, {})->message)))
      EXPECT_EQ(avp.reserved, 0u);
  }
}

TEST(Encode, PutsARandomVectorOf16FreshOctetsRightAfterMessageType) {
  CountingRandom random;
  const Icrp icrp{.assigned_session_id = 7};
  const auto first = split(body_of(icrp, {.hide = true, .secret = secret, .random = &random}));
  const auto second = split(body_of(icrp, {.hide = true, .secret = secret, .random = &random}));
  ASSERT_EQ(first.size(), 3u);
  EXPECT_EQ(first[0].attribute, 0);
  EXPECT_EQ(first[1].attribute, 36);
  EXPECT_TRUE(first[1].mandatory);
  EXPECT_FALSE(first[1].hidden);
  EXPECT_EQ(first[1].value.size(), 16u);
  EXPECT_NE(first[1].value, second[1].value);
  EXPECT_NE(first[2].value, second[2].value);
}

TEST(Encode, HidesNothingWithoutASecret) {
  CountingRandom random;
  const auto avps = split(body_of(Icrp{.assigned_session_id = 7}, {.hide = true, .random = &random}));
  ASSERT_EQ(avps.size(), 2u);
  EXPECT_FALSE(avps[1].hidden);
}

TEST(Encode, SendsNoRandomVectorWhenThereIsNothingToHide) {
  CountingRandom random;
  EXPECT_EQ(split(body_of(Hello{}, {.hide = true, .secret = secret, .random = &random})).size(), 1u);
  EXPECT_EQ(split(body_of(Scccn{}, {.hide = true, .secret = secret, .random = &random})).size(), 1u);
}

TEST(Encode, AHiddenValueWithoutPaddingGrowsByItsLengthFieldAlone) {
  CountingRandom random;
  auto avps = split(body_of(Icrp{.assigned_session_id = 7}, {.hide = true, .secret = secret, .random = &random}));
  EXPECT_EQ(find(avps, 14)->value.size(), 2u + 2u);
}

TEST(Encode, PaddingIsAddedToEachHiddenValue) {
  CountingRandom random;
  for (const std::size_t padding : {1u, 64u}) {
    auto avps = split(body_of(Icrp{.assigned_session_id = 7},
                              {.hide = true, .secret = secret, .hidden_padding = padding, .random = &random}));
    EXPECT_EQ(find(avps, 14)->value.size(), 4u + padding);
  }
}

TEST(Encode, PaddingOver64OctetsIsCutTo64) {
  CountingRandom random;
  auto avps = split(body_of(Icrp{.assigned_session_id = 7},
                            {.hide = true, .secret = secret, .hidden_padding = 5000, .random = &random}));
  EXPECT_EQ(find(avps, 14)->value.size(), 4u + 64u);
}

TEST(Encode, PaddingGivesWayWhereTheAvpIsFull) {
  CountingRandom random;
  const std::string number(1010, '1');
  const Icrq icrq{.assigned_session_id = 7, .call_serial_number = 1, .calling_number = number};
  auto avps = split(body_of(icrq, {.hide = true, .secret = secret, .hidden_padding = 64, .random = &random}));
  ASSERT_NE(find(avps, 22), nullptr);
  EXPECT_EQ(find(avps, 22)->value.size(), 1017u);
}

TEST(Encode, AProxyPasswordIsHiddenWheneverThereIsASecret) {
  CountingRandom random;
  for (const auto type : {std::uint16_t{1}, std::uint16_t{3}}) {
    auto avps = split(body_of(proxy_iccn(type), {.secret = secret, .random = &random}));
    EXPECT_EQ(avps[1].attribute, 36);
    EXPECT_TRUE(find(avps, 33)->hidden) << type;
    EXPECT_FALSE(find(avps, 30)->hidden);
  }
}

TEST(Encode, AProxyChapResponseIsNotHiddenUnlessAsked) {
  CountingRandom random;
  for (const auto type : {std::uint16_t{2}, std::uint16_t{5}}) {
    auto avps = split(body_of(proxy_iccn(type), {.secret = secret, .random = &random}));
    EXPECT_EQ(find(avps, 36), nullptr);
    EXPECT_FALSE(find(avps, 33)->hidden) << type;
  }
}

TEST(Encode, APasswordIsRefusedRatherThanSentInClearWhenThereIsNoRandomSource) {
  Bytes out(4096);
  const auto size = encode(out, 1, 2, proxy_iccn(3), {.secret = secret});
  ASSERT_FALSE(size.has_value());
  EXPECT_EQ(size.error(), EncodeError::no_random);
}

TEST(Encode, HidingWithoutARandomSourceIsRefused) {
  Bytes out(4096);
  const auto size = encode(out, 1, 2, Icrp{.assigned_session_id = 7}, {.hide = true, .secret = secret});
  ASSERT_FALSE(size.has_value());
  EXPECT_EQ(size.error(), EncodeError::no_random);
}

TEST(Encode, AStringOverOneAvpIsRefused) {
  const std::string longest(1017, 'x'), over(1018, 'x'), huge(70000, 'x');
  Bytes out(65535);
  EXPECT_TRUE(encode(out, 0, 0, Ocrq{.called_number = longest}).has_value());
  for (const std::string& number : {over, huge}) {
    const auto size = encode(out, 0, 0, Ocrq{.called_number = number});
    ASSERT_FALSE(size.has_value());
    EXPECT_EQ(size.error(), EncodeError::too_long);
  }
}

TEST(Encode, AStringThatOnlyFitsInClearIsRefusedWhenHidden) {
  CountingRandom random;
  const std::string number(1016, 'x');
  Bytes out(65535);
  const auto size =
      encode(out, 0, 0, Ocrq{.called_number = number}, {.hide = true, .secret = secret, .random = &random});
  ASSERT_FALSE(size.has_value());
  EXPECT_EQ(size.error(), EncodeError::too_long);
}

TEST(Encode, EverySizeOfOutputBelowTheMessageIsRefused) {
  CountingRandom random;
  MessageDecoder decoder;
  const Bytes full = raw(full_avps(MessageType::iccn));
  const Message message = decoder.decode(full, {})->message;
  const EncodeOptions options{.hide = true, .secret = secret, .hidden_padding = 3, .random = &random};
  const std::size_t needed = encoded(message, options).size();
  for (std::size_t size = 0; size < needed; ++size) {
    Bytes out(size);
    const auto result = encode(out, 0, 0, message, options);
    ASSERT_FALSE(result.has_value()) << size;
    EXPECT_EQ(result.error(), EncodeError::too_long);
  }
  Bytes out(needed);
  EXPECT_TRUE(encode(out, 0, 0, message, options).has_value());
}

TEST(Encode, StringsOf255OctetsFit4096Octets) {
  const std::string text(255, 'x');
  const Bytes octets(255, std::byte{1});
  Iccn iccn = proxy_iccn(2);
  iccn.proxy.initial_received_confreq = iccn.proxy.last_sent_confreq = iccn.proxy.last_received_confreq = octets;
  iccn.proxy.authen_name = text;
  iccn.proxy.authen_challenge = iccn.proxy.authen_response = iccn.private_group_id = octets;
  Bytes out(4096);
  CountingRandom random;
  EXPECT_TRUE(
      encode(out, 0, 0, iccn, {.hide = true, .secret = secret, .hidden_padding = 64, .random = &random}).has_value());
}

TEST(Encode, VendorAvpsGoOutAsTheyAreAfterAllOthers) {
  const Bytes value = hex("c0ffee");
  const VendorAvp avps[]{{.vendor = 9, .attribute = 5, .mandatory = true, .value = value},
                         {.vendor = 0, .attribute = 999}};
  const auto sent = split(body_of(Icrp{.assigned_session_id = 7}, {.vendor_avps = avps}));
  ASSERT_EQ(sent.size(), 4u);
  EXPECT_EQ(sent[2].vendor, 9);
  EXPECT_EQ(sent[2].attribute, 5);
  EXPECT_TRUE(sent[2].mandatory);
  EXPECT_EQ(sent[2].value, value);
  EXPECT_EQ(sent[3].attribute, 999);
  EXPECT_FALSE(sent[3].mandatory);
}

TEST(Encode, AResultCodeWithTextButNoErrorCarriesErrorZero) {
  Cdn cdn{.assigned_session_id = 7};
  cdn.result_code = {.result = 3, .error = {}, .text = "bye"};
  auto avps = split(body_of(cdn));
  EXPECT_EQ(to_hex(find(avps, 1)->value), "00030000627965");
}

TEST(Encode, ADisconnectCauseIsSentWithMClear) {
  Cdn cdn{.assigned_session_id = 7};
  cdn.ppp_disconnect_cause = PppDisconnectCause{.code = 3, .protocol = 0xc021, .direction = 2, .text = "x"};
  auto avps = split(body_of(cdn));
  ASSERT_NE(find(avps, 46), nullptr);
  EXPECT_FALSE(find(avps, 46)->mandatory);
  EXPECT_EQ(to_hex(find(avps, 46)->value), "0003c0210278");
}

} // namespace
} // namespace openl2tp::protocol
