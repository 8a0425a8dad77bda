#include "plugins/radius/hiding.hpp"

#include "tests/unit/plugins/radius/vectors.hpp"

namespace openl2tp::radius {
namespace {

using ppp::testing_support::to_hex;

Packet decoded(Octets octets) {
  const auto packet = Packet::decode(octets);
  if (!packet) std::abort();
  return *packet;
}

TEST(Hiding, PasswordsAreHiddenAsInTheRfcAndByRadclient) {
  std::array<std::byte, 128> buffer;
  const Packet rfc = decoded(vectors::rfc_request), radclient = decoded(vectors::pap_request);
  EXPECT_EQ(to_hex(*hide_password("arctangent", rfc.authenticator(), vectors::rfc_secret, buffer)),
            to_hex(*rfc.find(attribute::user_password)));
  EXPECT_EQ(to_hex(*hide_password("clientPass", radclient.authenticator(), vectors::secret, buffer)),
            to_hex(*radclient.find(attribute::user_password)));
}

TEST(Hiding, PasswordsTakeWholeBlocks) {
  std::array<std::byte, 128> buffer;
  const auto size = [&](std::size_t length) {
    const auto hidden = hide_password(std::string(length, 'x'), {}, "s", buffer);
    return hidden ? hidden->size() : 0;
  };
  EXPECT_EQ(size(0), 16U);
  EXPECT_EQ(size(16), 16U);
  EXPECT_EQ(size(17), 32U);
  EXPECT_EQ(size(128), 128U);
  EXPECT_EQ(size(129), 0U);
  EXPECT_FALSE(hide_password("x", {}, "s", std::span(buffer).first(15)));
}

TEST(Hiding, KeysAndTunnelPasswordOfFreeradiusAreRevealed) {
  const Authenticator authenticator = decoded(vectors::ms_chap2_request).authenticator();
  const Packet accept = decoded(vectors::ms_chap2_accept);
  std::array<std::byte, 256> buffer;
  const auto revealed = [&](Octets value) { return reveal_salted(value, authenticator, vectors::secret, buffer); };
  EXPECT_EQ(to_hex(*revealed(*accept.find(attribute::ms_mppe_recv_key))), "d5f0e9521e3ea9589645e86051c82226");
  EXPECT_EQ(to_hex(*revealed(*accept.find(attribute::ms_mppe_send_key))), "8b7cdc149b993a1ba118cb153f56dccb");
  const Octets tunnel_password = *accept.find(attribute::tunnel_password);
  EXPECT_EQ(std::to_integer<int>(tunnel_password[0]), 1); // tag
  EXPECT_EQ(ppp::as_text(*revealed(tunnel_password.subspan(1))), "tunnel word");
}

TEST(Hiding, SaltedValuesOfAnySizeReturn) {
  std::array<std::byte, 256> hidden, clear;
  for (std::size_t size = 0; size <= salted_clear_size_max; ++size) {
    std::vector<std::byte> value(size);
    for (std::size_t i = 0; i < size; ++i)
      value[i] = static_cast<std::byte>(i + size);
    const auto octets = hide_salted(value, 0x1234, {}, "word", hidden);
    ASSERT_TRUE(octets) << size;
    EXPECT_EQ(to_hex(octets->first(2)), "9234");
    EXPECT_EQ(to_hex(*reveal_salted(*octets, {}, "word", clear)), to_hex(value));
  }
  EXPECT_FALSE(hide_salted(std::vector<std::byte>(salted_clear_size_max + 1), 0, {}, "word", hidden));
  EXPECT_FALSE(hide_salted(std::vector<std::byte>(16), 0, {}, "word", std::span(hidden).first(33)));
}

TEST(Hiding, SaltedValuesOfAnotherSizeAreRefused) {
  std::array<std::byte, 256> buffer;
  const std::vector<std::byte> value(256);
  for (std::size_t size = 0; size <= value.size(); ++size)
    if (size < 18 || (size - 2) % 16 != 0)
      EXPECT_FALSE(reveal_salted(Octets(value).first(size), {}, "s", buffer)) << size;
  EXPECT_FALSE(reveal_salted(Octets(value).first(34), {}, "s", std::span(buffer).first(31)));
}

TEST(Hiding, ALengthInsideThatPassesTheEndIsRefused) {
  std::array<std::byte, 256> hidden, clear;
  const auto octets = hide_salted(std::vector<std::byte>(15), 0, {}, "word", hidden);
  ASSERT_EQ(octets->size(), 18U);
  hidden[2] ^= std::byte{15 ^ 16}; // the length octet: 16 in a block that holds 15
  EXPECT_FALSE(reveal_salted(*octets, {}, "word", clear));
}

} // namespace
} // namespace openl2tp::radius
