#include "plugins/ppp_kernel/ip_packet.hpp"

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/packets.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using test::Bytes;
using test::make;

/// IPv6 with this extension header of eight octets in front of the rest.
Bytes with_extension(Bytes packet, std::uint8_t kind, std::array<std::uint8_t, 8> header) {
  header[0] = test::get(packet, 6);
  test::set(packet, 6, 1, kind);
  test::set(packet, 4, 2, static_cast<std::uint32_t>(packet.size() - 32));
  const auto* octets = reinterpret_cast<const std::byte*>(header.data());
  packet.insert(packet.begin() + 40, octets, octets + header.size());
  return packet;
}

TEST(IpPacket, TellsAddressesAndTransportOfIpv4) {
  const Bytes octets = make({.payload = 3});
  const auto packet = read_ip(octets);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->version, 4);
  EXPECT_EQ(packet->source4(), 0x0a00000aU);
  EXPECT_EQ(packet->destination4(), 0x0a000001U);
  EXPECT_EQ(packet->transport, 20);
  EXPECT_TRUE(packet->is(IpProtocol::tcp));
}

TEST(IpPacket, TellsAddressesAndTransportOfIpv6) {
  const Bytes octets = make({.v6 = true, .udp = true, .payload = 3});
  const auto packet = read_ip(octets);
  ASSERT_TRUE(packet);
  EXPECT_EQ(packet->version, 6);
  EXPECT_EQ(packet->source6(false), link_local_prefix);
  EXPECT_EQ(packet->source6(true), 0x0a0b0c0dU);
  EXPECT_EQ(packet->destination6(true), 0x01020304U);
  EXPECT_TRUE(packet->is(IpProtocol::udp));
}

TEST(IpPacket, CutsPaddingOff) {
  Bytes octets = make({.payload = 3});
  const std::size_t size = octets.size();
  octets.resize(size + 9);
  EXPECT_EQ(read_ip(octets)->octets.size(), size);
}

TEST(IpPacket, NeverReadsPastTheEnd) {
  for (const bool v6 : {false, true}) {
    const Bytes whole = make({.v6 = v6, .options = {2, 4, 5, 0xb4}, .payload = 5});
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const Bytes cut(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size));
      EXPECT_FALSE(read_ip(cut)) << size;
    }
  }
}

TEST(IpPacket, RefusesAHeaderThatIsShorterThanTheLeast) {
  Bytes octets = make({});
  octets[0] = std::byte{0x44};
  EXPECT_FALSE(read_ip(octets));
}

TEST(IpPacket, RefusesOtherVersions) {
  Bytes octets = make({});
  octets[0] = std::byte{0x55};
  EXPECT_FALSE(read_ip(octets));
}

TEST(IpPacket, SeesFragmentsOfIpv4) {
  for (const std::uint8_t flags : std::array<std::uint8_t, 2>{0x20, 0x01}) { // more of them; an offset
    const Bytes octets = make({.fragment = flags});
    EXPECT_TRUE(read_ip(octets)->fragment);
    EXPECT_FALSE(read_ip(octets)->is(IpProtocol::tcp));
  }
}

TEST(IpPacket, LooksBehindExtensionHeaders) {
  const Bytes octets = with_extension(with_extension(make({.v6 = true}), 60, {}), 0, {});
  const auto packet = read_ip(octets);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->is(IpProtocol::tcp));
  EXPECT_EQ(packet->transport, 56);
}

TEST(IpPacket, SeesFragmentsOfIpv6ButForThoseThatAreWhole) {
  const Bytes part = with_extension(make({.v6 = true}), 44, {0, 0, 0, 1}),
              whole = with_extension(make({.v6 = true}), 44, {});
  EXPECT_TRUE(read_ip(part)->fragment);
  EXPECT_FALSE(read_ip(whole)->fragment);
  EXPECT_TRUE(read_ip(whole)->is(IpProtocol::tcp));
}

TEST(IpPacket, ExtensionHeaderThatIsCutShortCarriesNothing) {
  Bytes octets = with_extension(make({.v6 = true, .udp = true}), 0, {0, 200});
  const auto packet = read_ip(octets);
  ASSERT_TRUE(packet);
  EXPECT_TRUE(packet->is(IpProtocol::none));
  EXPECT_EQ(packet->transport, octets.size());
}

TEST(IpPacket, LooksBehindABoundedNumberOfHeaders) {
  Bytes octets = make({.v6 = true});
  for (int i = 0; i < 20; ++i)
    octets = with_extension(octets, 60, {});
  EXPECT_FALSE(read_ip(octets)->is(IpProtocol::tcp));
}

TEST(IpPacket, TcpHeaderThatIsNotWholeHasNoSize) {
  Bytes octets = make({.options = {1, 1, 1, 0}});
  EXPECT_EQ(tcp_header_size(*read_ip(octets)), 24U);
  octets[20 + 12] = std::byte{0xf0};
  EXPECT_EQ(tcp_header_size(*read_ip(octets)), 0U);
  octets[20 + 12] = std::byte{0x40};
  EXPECT_EQ(tcp_header_size(*read_ip(octets)), 0U);
}

} // namespace

} // namespace openl2tp::ppp_kernel
