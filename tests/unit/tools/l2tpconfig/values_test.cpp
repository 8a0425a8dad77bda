#include <gtest/gtest.h>

#include "tools/l2tpconfig/values.hpp"

namespace openl2tp::cli {
namespace {

std::optional<std::int64_t> number(Type type, std::string_view text) {
  const auto value = parse_value("p", type, text, "");
  return value ? std::optional(value->number) : std::nullopt;
}

TEST(Values, NumbersAreReadInBaseZero) {
  EXPECT_EQ(number(Type::uint16, "10"), 10);
  EXPECT_EQ(number(Type::uint16, "0x10"), 16);
  EXPECT_EQ(number(Type::uint16, "010"), 8);
  EXPECT_EQ(number(Type::int32, "-5"), -5);
}

TEST(Values, PortsAndIdsOutOfRangeAreRefusedAndOtherNumbersClamped) {
  EXPECT_EQ(number(Type::uint16, "65535"), 65535);
  EXPECT_EQ(number(Type::uint16, "65536"), std::nullopt);
  EXPECT_EQ(number(Type::uint16, "-1"), std::nullopt);
  EXPECT_EQ(number(Type::uint32, "4294967295"), 4294967295);
  EXPECT_EQ(number(Type::uint32, "4294967296"), 4294967295);
  EXPECT_EQ(number(Type::uint32, "-1"), 0);
  EXPECT_EQ(number(Type::int32, "2147483647"), 2147483647);
  EXPECT_EQ(number(Type::int32, "2147483648"), 2147483647);
  EXPECT_EQ(number(Type::int32, "99999999999999999999"), 2147483647);
  const auto note = [](Type type, std::string_view text) { return parse_value("p", type, text, "")->note; };
  EXPECT_EQ(note(Type::uint32, "4294967296"), "p: 4294967296 is not allowed, 4294967295 is used");
  EXPECT_EQ(note(Type::uint32, "-1"), "p: -1 is not allowed, 0 is used");
  EXPECT_EQ(note(Type::int32, "2147483648"), "p: 2147483648 is not allowed, 2147483647 is used");
  EXPECT_EQ(note(Type::int32, "99999999999999999999"), "p: 99999999999999999999 is not allowed, 2147483647 is used");
  EXPECT_EQ(note(Type::int32, "2147483647"), "");
}

TEST(Values, NumbersWithAnythingElseAreRefused) {
  for (const char* text : {"", "x", "1x", "1 ", " 1", "0x"})
    EXPECT_EQ(number(Type::int32, text), std::nullopt) << text;
}

TEST(Values, BooleansHaveFiveWordsEachWhateverTheCase) {
  for (const char* text : {"yes", "ENABLE", "True", "on", "1"})
    EXPECT_EQ(number(Type::boolean, text), 1) << text;
  for (const char* text : {"no", "DISABLE", "False", "off", "0"})
    EXPECT_EQ(number(Type::boolean, text), 0) << text;
  for (const char* text : {"", "y", "maybe", "2", "yess"})
    EXPECT_EQ(number(Type::boolean, text), std::nullopt) << text;
}

TEST(Values, AddressIsOfEitherFamily) {
  EXPECT_EQ(parse_value("p", Type::address, "192.168.0.1", "")->address, protocol::IpAddress::v4(192, 168, 0, 1));
  EXPECT_EQ(parse_value("p", Type::address, "2001:DB8:0::1", "")->address, protocol::parse_ip_address("2001:db8::1"));
  EXPECT_FALSE(parse_value("p", Type::address, "2001:db8::1::2", ""));
}

TEST(Values, WhereOnlyIpv4FitsIpv6IsRefusedWithTheReason) {
  EXPECT_TRUE(parse_value("p", Type::address_v4, "192.168.0.1", ""));
  const auto v6 = parse_value("dns_ipaddr_pri", Type::address_v4, "2001:db8::1", "");
  ASSERT_FALSE(v6);
  EXPECT_EQ(v6.error().on_error, "dns_ipaddr_pri: '2001:db8::1', expected an IPv4 address");
}

TEST(Values, HexTakesAPrefixAndWantsWholeOctets) {
  const auto value = parse_value("p", Type::hex, "0x01fE", "");
  ASSERT_TRUE(value);
  EXPECT_EQ(value->octets, (std::vector<std::byte>{std::byte{1}, std::byte{0xfe}}));
  EXPECT_TRUE(parse_value("p", Type::hex, "01fe", ""));
  EXPECT_FALSE(parse_value("p", Type::hex, "01f", ""));
  EXPECT_FALSE(parse_value("p", Type::hex, "01fg", ""));
}

TEST(Values, ChoiceIsTheIndexOfItsWord) {
  EXPECT_EQ(parse_value("p", Type::choice, "ASYNC", "none|sync|async|any")->number, 2);
  EXPECT_FALSE(parse_value("p", Type::choice, "asyn", "none|sync|async|any"));
  EXPECT_EQ(parse_value("session_type", Type::choice, "zz", "laic|laoc|lnic|lnoc").error().on_error,
            "Bad session type zz: expecting laic|laoc|lnic|lnoc");
}

TEST(Values, SpeedIsOneNumberOrReceiveAndTransmit) {
  EXPECT_EQ(parse_value("p", Type::speed, "64000", "")->number, 64000);
  EXPECT_EQ(parse_value("p", Type::speed, "64000", "")->second, 64000);
  EXPECT_EQ(parse_value("p", Type::speed, "64000:", "")->number, 64000);
  EXPECT_EQ(parse_value("p", Type::speed, "1000:2000", "")->number, 2000);
  EXPECT_EQ(parse_value("p", Type::speed, "1000:2000", "")->second, 1000);
  EXPECT_EQ(parse_value("p", Type::speed, "-1", "")->number, 0);
  EXPECT_EQ(parse_value("p", Type::speed, "-1", "")->note, "p: -1 is not allowed, 0 is used");
  for (const char* text : {"", ":", ":1", "1:2:3", "x"})
    EXPECT_FALSE(parse_value("p", Type::speed, text, "")) << text;
}

TEST(TraceFlags, AreANumberOrAllOrNamesAbbreviated) {
  EXPECT_EQ(parse_trace_flags("0x7ff").value(), 0x7ffu);
  EXPECT_EQ(parse_trace_flags("all").value(), 0xffffffffu);
  EXPECT_EQ(parse_trace_flags("protocol,fsm").value(), 3u);
  EXPECT_EQ(parse_trace_flags("proto,AVP_D,ppp").value(), 0x421u);
  EXPECT_EQ(parse_trace_flags("data").value(), 0x100u);
}

TEST(Values, NumbersOfAnySizeAreTakenAsTheNearestThatFits) {
  const auto taken = [](Type type, const char* text, ValueBounds bounds = {}) {
    return parse_value("n", type, text, "", bounds)->number;
  };
  EXPECT_EQ(taken(Type::int32, "4294967296"), 2147483647);
  EXPECT_EQ(taken(Type::int32, "-99999999999999999999999"), -2147483648LL);
  EXPECT_EQ(taken(Type::uint32, "-1"), 0);
  EXPECT_EQ(taken(Type::uint32, "4294967295"), 4294967295);
  EXPECT_EQ(taken(Type::uint32, "4294967295", {.max = 2147483647}), 2147483647);
  EXPECT_EQ(parse_value("n", Type::int32, "5s", "").error().on_error.substr(0, 9), "n: '5s', ");
  EXPECT_FALSE(parse_value("n", Type::uint16, "65536", "")) << "ports and ids are not guessed";
}

TEST(Values, ChoicesMayHaveNumbers) {
  const ValueBounds numbered{.numbered = 1};
  EXPECT_EQ(parse_value("p", Type::choice, "pap", "text|chap|pap", numbered)->number, 2);
  EXPECT_EQ(parse_value("p", Type::choice, "3", "text|chap|pap", numbered)->number, 2);
  EXPECT_FALSE(parse_value("p", Type::choice, "4", "text|chap|pap", numbered));
  EXPECT_FALSE(parse_value("p", Type::choice, "1", "text|chap|pap"));
}

TEST(Values, WhatLooksLikeAnAddressIsOneOrWrong) {
  const Resolver anything = [](const std::string&, bool) -> tl::expected<protocol::IpAddress, std::string> {
    return protocol::IpAddress::v4(8, 1, 1, 1);
  };
  for (const char* text :
       {"010.1.1.1", "1.2.3", "255.255.0", "24", "0x7f.1", "1.2.3.4.", "300.1.1.1", "::g", "fe80::1%lo"})
    EXPECT_FALSE(parse_value("a", Type::address, text, "", {}, anything)) << text;
  EXPECT_TRUE(parse_value("a", Type::address, "vpn.example", "", {}, anything));
  EXPECT_TRUE(parse_value("a", Type::address, "10.example", "", {}, anything));
  EXPECT_EQ(parse_value("a", Type::address, "10.1.1.1", "")->address, protocol::IpAddress::v4(10, 1, 1, 1));
}

TEST(TraceFlags, UnknownAndAmbiguousNamesAreRefusedByName) {
  EXPECT_EQ(parse_trace_flags("fsm,bogus").error(), "bogus");
  EXPECT_EQ(parse_trace_flags("avp").error(), "avp");
  EXPECT_EQ(parse_trace_flags("fsm,,api").error(), "");
  EXPECT_EQ(parse_trace_flags("fsm,").value(), 2U);
  EXPECT_EQ(parse_trace_flags("").value(), 0U);
  EXPECT_EQ(parse_trace_flags("-1").value(), 0xffffffffU);
}

TEST(TraceFlags, AreShownInTheOrderThatScriptsKnow) {
  EXPECT_EQ(trace_flags_text(0), "NONE");
  EXPECT_EQ(trace_flags_text(6), "FSM API");
  EXPECT_EQ(trace_flags_text(0xffffffff), "PROTOCOL FSM API AVP AVPHIDE AVPDATA FUNC XPRT DATA PPP SYSTEM");
}

} // namespace
} // namespace openl2tp::cli
