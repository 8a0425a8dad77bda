#include "runtime/profiles/peer_index.hpp"

#include <gtest/gtest.h>

namespace openl2tp::runtime {
namespace {

Network network(std::string_view address, std::uint8_t length) {
  return {.address = protocol::parse_ip_address(address).value(), .length = length};
}
std::string match(const PeerIndex& index, std::string_view address) {
  return index.match(protocol::parse_ip_address(address).value()).value_or("none");
}
std::optional<Network> of(std::string_view address, std::string_view mask) {
  PeerProfileParameters parameters;
  if (!address.empty()) parameters.peer_addr = protocol::parse_ip_address(address);
  if (!mask.empty()) parameters.netmask = protocol::parse_ip_address(mask);
  return network_of(parameters).value();
}

TEST(PeerIndex, LongestPrefixWins) {
  PeerIndex index;
  index.add(network("10.0.0.0", 8), "eight");
  index.add(network("10.1.0.0", 16), "sixteen");
  index.add(network("10.1.128.0", 17), "seventeen");
  index.add(network("10.1.128.1", 32), "exact");
  index.add(network("0.0.0.0", 0), "all");
  EXPECT_EQ(match(index, "10.1.128.1"), "exact");
  EXPECT_EQ(match(index, "10.1.129.1"), "seventeen");
  EXPECT_EQ(match(index, "10.1.127.1"), "sixteen");
  EXPECT_EQ(match(index, "10.2.0.1"), "eight");
  EXPECT_EQ(match(index, "192.0.2.1"), "all");
}

TEST(PeerIndex, KeepsFamiliesApart) {
  PeerIndex index;
  index.add(network("0.0.0.0", 0), "v4");
  EXPECT_EQ(match(index, "2001:db8::1"), "none");
  index.add(network("2001:db8::", 32), "v6");
  EXPECT_EQ(match(index, "2001:db8::1"), "v6");
  EXPECT_EQ(match(index, "2001:db9::1"), "none");
  EXPECT_EQ(match(index, "10.0.0.1"), "v4");
}

TEST(PeerIndex, FirstByNameAmongEquals) {
  PeerIndex index;
  index.add(network("10.0.0.0", 8), "b");
  index.add(network("10.0.0.0", 8), "a");
  EXPECT_EQ(match(index, "10.0.0.1"), "a");
  index.remove(network("10.0.0.0", 8), "a");
  EXPECT_EQ(match(index, "10.0.0.1"), "b");
  index.remove(network("10.0.0.0", 8), "b");
  EXPECT_EQ(match(index, "10.0.0.1"), "none");
}

TEST(PeerIndex, CopiesAreIndependent) {
  PeerIndex index;
  index.add(network("10.0.0.0", 8), "a");
  PeerIndex copy = index;
  copy.remove(network("10.0.0.0", 8), "a");
  EXPECT_EQ(match(index, "10.0.0.1"), "a");
  EXPECT_EQ(match(copy, "10.0.0.1"), "none");
}

TEST(NetworkOf, MasksTheAddress) {
  EXPECT_EQ(of("10.1.2.3", "255.255.255.0"), network("10.1.2.0", 24));
  EXPECT_EQ(of("10.1.2.3", "255.255.254.0"), network("10.1.2.0", 23));
  EXPECT_EQ(of("10.1.2.3", ""), network("10.1.2.3", 32));
  EXPECT_EQ(of("10.1.2.3", "255.255.255.255"), network("10.1.2.3", 32));
  EXPECT_EQ(of("10.1.2.3", "0.0.0.0"), network("0.0.0.0", 0));
  EXPECT_EQ(of("2001:db8::1", "ffff:ffff::"), network("2001:db8::", 32));
}

TEST(NetworkOf, NoAddressMatchesByNameOnly) {
  EXPECT_EQ(of("", ""), std::nullopt);
  EXPECT_EQ(of("0.0.0.0", ""), std::nullopt);
  EXPECT_EQ(of("0.0.0.0", "255.0.0.0"), std::nullopt);
  EXPECT_EQ(of("0.0.0.0", "0.0.0.0"), network("0.0.0.0", 0));
}

} // namespace
} // namespace openl2tp::runtime
