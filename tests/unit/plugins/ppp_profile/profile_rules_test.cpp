#include "plugins/ppp_profile/profile_rules.hpp"

#include <cstring>
#include <string>

#include <gtest/gtest.h>

namespace openl2tp::ppp_profile {
namespace {

struct Parameters {
  openl2tp_ppp_profile profile{};
  openl2tp_ppp_params params{};
  Parameters() { params.profile = &profile; }
  Parameters(const Parameters&) = delete;
  Parameters& operator=(const Parameters&) = delete;
};

TEST(PacketSize, IsTheProfilesElseWhatFitsElseNone) {
  EXPECT_EQ(packet_size(true, 1'300, 1'460), 1'300);
  EXPECT_EQ(packet_size(true, 0, 1'460), 1'460);
  EXPECT_EQ(packet_size(false, 1'300, 1'460), 1'460);
  EXPECT_EQ(packet_size(false, 0, 1'500), std::nullopt);
  EXPECT_EQ(packet_size(false, 0, 9'000), std::nullopt);
  EXPECT_EQ(packet_size(false, 0, 127), std::nullopt);
  EXPECT_EQ(packet_size(false, 0, 0), std::nullopt);
}

TEST(Contradiction, IsAPeerThatIsToHaveTheFarEndOfItsTunnel) {
  Parameters p;
  const std::uint8_t address[4]{192, 0, 2, 7};
  std::memcpy(p.profile.peer_address, address, sizeof(address));
  const auto with_peer = [&](const std::string& text) {
    p.params.peer_address = text.data();
    p.params.peer_address_length = text.size();
    return contradiction(p.params, {.methods = OPENL2TP_PPP_REFUSE_PAP, .radius = false}).has_value();
  };
  EXPECT_FALSE(with_peer("192.0.2.7")) << "not given";
  p.profile.given = OPENL2TP_PPP_GIVEN_PEER_ADDRESS;
  EXPECT_TRUE(with_peer("192.0.2.7"));
  for (const char* other : {"192.0.2.70", "192.0.2.8", "", "2001:db8::c000:207", "255.255.255.255.255"})
    EXPECT_FALSE(with_peer(other)) << other;
}

TEST(Contradiction, DependsOnWhatThePluginOffers) {
  Parameters p;
  p.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_REFUSE_PAP;
  EXPECT_TRUE(contradiction(p.params, {.methods = OPENL2TP_PPP_REFUSE_PAP, .radius = false}));
  EXPECT_FALSE(contradiction(p.params, {.methods = OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_REFUSE_EAP}));
  p.profile.options = OPENL2TP_PPP_AUTH_PEER | OPENL2TP_PPP_USE_RADIUS;
  EXPECT_TRUE(contradiction(p.params, {.methods = OPENL2TP_PPP_REFUSE_PAP, .radius = false}));
  EXPECT_FALSE(contradiction(p.params, {.methods = OPENL2TP_PPP_REFUSE_PAP, .radius = true}));
}

} // namespace
} // namespace openl2tp::ppp_profile
