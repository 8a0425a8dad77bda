#include "plugins/ppp_kernel/mss_clamp.hpp"

#include <gtest/gtest.h>

#include "tests/unit/plugins/ppp_kernel/packets.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using test::Bytes;
using test::make;

constexpr std::uint8_t syn = 0x02, syn_ack = 0x12;

Bytes clamped(Bytes octets, std::size_t mtu) {
  const auto packet = read_ip(octets);
  if (const auto option = find_large_mss(*packet, mtu)) lower_mss(octets, *packet, *option, true);
  return octets;
}

TEST(MssClamp, LowersTheMssOfASynAndItsAnswer) {
  for (const std::uint8_t flags : {syn, syn_ack}) {
    const Bytes octets = clamped(make({.flags = flags, .options = {2, 4, 0x05, 0xb4}}), 1'400);
    EXPECT_EQ(test::get(octets, 42, 2), 1'360U);
    EXPECT_TRUE(test::is_right(octets));
  }
}

TEST(MssClamp, CountsTheLongerHeaderOfIpv6) {
  const Bytes octets = clamped(make({.v6 = true, .flags = syn, .options = {2, 4, 0x05, 0xb4}}), 1'400);
  EXPECT_EQ(test::get(octets, 62, 2), 1'340U);
  EXPECT_TRUE(test::is_right(octets));
}

TEST(MssClamp, FindsItBehindOtherOptionsAtAnOddPlace) {
  const Bytes octets = clamped(make({.flags = syn, .options = {1, 2, 4, 0x05, 0xb4, 4, 2, 0}}), 1'400);
  EXPECT_EQ(test::get(octets, 43, 2), 1'360U);
  EXPECT_TRUE(test::is_right(octets));
}

TEST(MssClamp, LeavesAnMssThatFits) {
  const Bytes octets = make({.flags = syn, .options = {2, 4, 0x05, 0x50}});
  EXPECT_EQ(clamped(octets, 1'400), octets); // 1360
}

TEST(MssClamp, LeavesOtherSegments) {
  const Bytes octets = make({.options = {2, 4, 0x05, 0xb4}});
  EXPECT_EQ(clamped(octets, 1'400), octets);
}

TEST(MssClamp, LeavesFragments) {
  const Bytes octets = make({.flags = syn, .fragment = 0x20, .options = {2, 4, 0x05, 0xb4}});
  EXPECT_EQ(clamped(octets, 1'400), octets);
}

TEST(MssClamp, LeavesOptionsThatMakeNoSense) {
  for (const auto& options : std::vector<std::vector<std::uint8_t>>{{2, 0, 0x05, 0xb4}, // of no length
                                                                    {2, 3, 0x05, 0},    // of another
                                                                    {1, 1, 1, 2},       // cut off
                                                                    {1, 2, 4, 0x05},    // cut off
                                                                    {0, 2, 4, 0x05},    // behind the end
                                                                    {8, 40, 0, 0}}) {   // too long
    const Bytes octets = make({.flags = syn, .options = options});
    EXPECT_EQ(clamped(octets, 1'400), octets);
  }
}

TEST(MssClamp, LeavesTheChecksumThatIsStillToBeMade) {
  Bytes octets = make({.flags = syn, .options = {2, 4, 0x05, 0xb4}});
  test::leave_checksum(octets);
  const auto before = test::get(octets, 36, 2);
  const auto packet = read_ip(octets);
  lower_mss(octets, *packet, *find_large_mss(*packet, 1'400), false);
  EXPECT_EQ(test::get(octets, 42, 2), 1'360U);
  EXPECT_EQ(test::get(octets, 36, 2), before);
}

TEST(MssClamp, DoesNothingOnALinkThatIsTooNarrow) {
  const Bytes octets = make({.flags = syn, .options = {2, 4, 0x05, 0xb4}});
  EXPECT_EQ(clamped(octets, 40), octets);
}

} // namespace

} // namespace openl2tp::ppp_kernel
