// The allow-list of -R.
#include <gtest/gtest.h>

#include "tools/rpc/access.hpp"

namespace openl2tp::rpc {
namespace {

protocol::IpAddress ip(const char* text) { return protocol::parse_ip_address(text).value(); }

TEST(Access, NetworkContainsItsPrefixAndNothingElse) {
  const auto network = parse_network("192.0.2.64/26").value();
  EXPECT_TRUE(network.contains(ip("192.0.2.64")));
  EXPECT_TRUE(network.contains(ip("192.0.2.127")));
  EXPECT_FALSE(network.contains(ip("192.0.2.128")));
  EXPECT_FALSE(network.contains(ip("192.0.2.63")));
  EXPECT_FALSE(network.contains(ip("2001:db8::1")));
}

TEST(Access, AddressAloneIsANetworkOfOne) {
  const auto network = parse_network("2001:db8::1").value();
  EXPECT_TRUE(network.contains(ip("2001:db8::1")));
  EXPECT_FALSE(network.contains(ip("2001:db8::2")));
}

TEST(Access, PrefixOfNothingContainsItsWholeFamily) {
  EXPECT_TRUE(parse_network("0.0.0.0/0").value().contains(ip("203.0.113.9")));
  EXPECT_FALSE(parse_network("0.0.0.0/0").value().contains(ip("2001:db8::1")));
}

TEST(Access, Ipv4SeenThroughAnIpv6SocketIsIpv4) {
  EXPECT_TRUE(parse_network("192.0.2.0/24").value().contains(ip("::ffff:192.0.2.7")));
  EXPECT_FALSE(parse_network("::/0").value().contains(ip("::ffff:192.0.2.7")));
}

TEST(Access, WhatIsNoNetworkIsRefusedWithWhatIsExpected) {
  for (const char* text : {"", "host", "192.0.2.0/33", "192.0.2.0/", "192.0.2.0/x", "192.0.2.0/8x", "192.0.2.1/24",
                           "2001:db8::/129", "/24", "192.0.2.0/-1"}) {
    const auto network = parse_network(text);
    ASSERT_FALSE(network) << text;
    EXPECT_NE(network.error().find("expected"), std::string::npos) << text;
  }
}

TEST(Access, EmptyListAllowsAllAndAnyOtherWhatItNames) {
  EXPECT_TRUE(is_allowed({}, ip("203.0.113.9")));
  const std::vector<Network> networks{parse_network("192.0.2.0/24").value(), parse_network("2001:db8::/32").value()};
  EXPECT_TRUE(is_allowed(networks, ip("2001:db8::5")));
  EXPECT_FALSE(is_allowed(networks, ip("203.0.113.9")));
}

} // namespace
} // namespace openl2tp::rpc
