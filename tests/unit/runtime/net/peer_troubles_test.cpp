#include "runtime/net/peer_troubles.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace openl2tp::runtime {
namespace {

using protocol::Duration;
using protocol::IpAddress;
using protocol::TimePoint;
using Origin = Trouble::Origin;

const IpAddress peer = IpAddress::v4(192, 0, 2, 1), router = IpAddress::v4(192, 0, 2, 254);

TEST(Trouble, IsNamedInTheOperatorsWords) {
  const struct {
    Trouble trouble;
    const char* text;
  } rows[] = {
      {{.error = ENETUNREACH}, "no route to 192.0.2.1"},
      {{.error = EPERM}, "a packet filter of this host drops what goes to 192.0.2.1"},
      {{.error = EACCES}, "192.0.2.1 is a broadcast address, or a route of this host prohibits it"},
      {{.error = EADDRNOTAVAIL, .offender = router}, "the source address 192.0.2.254 is not one of this host"},
      {{.error = EINVAL}, "a blackhole route leads to 192.0.2.1"},
      {{.error = EMSGSIZE, .mtu = 1300}, "packet too big for the path, whose MTU is 1300"},
      {{.error = EXDEV}, "sending to 192.0.2.1 fails: Invalid cross-device link"},
      {{.error = ECONNREFUSED, .origin = Origin::icmp, .type = 3, .code = 3, .offender = peer},
       "port unreachable, says 192.0.2.1"},
      {{.error = EHOSTUNREACH, .origin = Origin::icmp, .type = 3, .code = 1, .offender = router},
       "host unreachable, says 192.0.2.254"},
      {{.error = EHOSTUNREACH, .origin = Origin::icmp, .type = 3, .code = 1, .offender = router, .own_host = true},
       "the next hop to 192.0.2.1 does not answer ARP"},
      {{.error = EHOSTUNREACH, .origin = Origin::icmp, .type = 3, .code = 13, .offender = router},
       "administratively prohibited, says 192.0.2.254"},
      {{.error = EHOSTUNREACH, .origin = Origin::icmp, .type = 11, .code = 0, .offender = router},
       "time to live exceeded on the way (a routing loop?), says 192.0.2.254"},
      {{.error = ECONNREFUSED, .origin = Origin::icmp6, .type = 1, .code = 4, .offender = peer},
       "port unreachable, says 192.0.2.1"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(to_string(row.trouble, peer), row.text);
}

TEST(PeerTroubles, TheSameIsNewsOnceAMinute) {
  PeerTroubles troubles;
  const IpAddress at = peer;
  const TimePoint start{Duration{1000}};
  EXPECT_TRUE(troubles.note(at, {.error = ENETUNREACH}, start));
  EXPECT_FALSE(troubles.note(at, {.error = ENETUNREACH}, start + Duration{59'999}));
  EXPECT_TRUE(troubles.note(at, {.error = ENETUNREACH}, start + Duration{60'000}));
  EXPECT_TRUE(troubles.note(at, {.error = EPERM}, start + Duration{60'001}));
  ASSERT_NE(troubles.find(at), nullptr);
  EXPECT_EQ(troubles.find(at)->trouble.error, EPERM);
  EXPECT_EQ(troubles.find(at)->count, 4U);
  EXPECT_EQ(troubles.find(router), nullptr);
}

TEST(PeerTroubles, TheOldestPeerMakesRoom) {
  PeerTroubles troubles;
  const auto at = [](std::size_t number) {
    return IpAddress::v4(10, 0, static_cast<std::uint8_t>(number >> 8), static_cast<std::uint8_t>(number));
  };
  for (std::size_t i = 0; i <= PeerTroubles::peers_max; ++i)
    troubles.note(at(i), {.error = EPERM}, TimePoint{});
  EXPECT_EQ(troubles.size(), PeerTroubles::peers_max);
  EXPECT_EQ(troubles.find(at(0)), nullptr);
  EXPECT_NE(troubles.find(at(1)), nullptr);
  EXPECT_NE(troubles.find(at(PeerTroubles::peers_max)), nullptr);
}

} // namespace
} // namespace openl2tp::runtime
