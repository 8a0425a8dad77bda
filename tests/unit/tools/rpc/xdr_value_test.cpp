// Every structure survives the wire; bounds hold; lists need no stack.
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::rpc {
namespace {

/// Decodes random but well-formed units into a `T`; what is encoded from it must decode to the same again. (Not
/// compared with the units themselves: a text of one octet is empty there, as its octet is zero.)
template <typename T>
class RoundTrip : public ::testing::Test {};

using AllMessages = ::testing::Types<
    optstring, l2tp_api_app_msg_data, l2tp_api_system_msg_data, l2tp_api_peer_msg_data, l2tp_api_peer_list_msg_data,
    l2tp_api_peer_profile_msg_data, l2tp_api_peer_profile_list_msg_data, l2tp_api_peer_profile_unset_msg_data,
    l2tp_api_tunnel_msg_data, l2tp_api_tunnel_list_msg_data, l2tp_api_tunnel_profile_msg_data,
    l2tp_api_tunnel_profile_list_msg_data, l2tp_api_tunnel_profile_unset_msg_data, l2tp_api_session_msg_data,
    l2tp_api_session_list_msg_data, l2tp_api_session_incall_msg_data, l2tp_api_session_profile_msg_data,
    l2tp_api_session_profile_list_msg_data, l2tp_api_session_profile_unset_msg_data, l2tp_api_ppp_profile_msg_data,
    l2tp_api_ppp_profile_list_msg_data, l2tp_api_ppp_profile_unset_msg_data, l2tp_api_user_list_msg_data,
    l2tp_api_test_msg_data, l2tp_tunnel_delete_1_argument, l2tp_tunnel_get_1_argument, l2tp_session_delete_1_argument,
    l2tp_session_get_1_argument, l2tp_session_list_1_argument, l2tp_peer_get_1_argument>;
TYPED_TEST_SUITE(RoundTrip, AllMessages);

std::vector<std::byte> random_units(std::mt19937& random) {
  std::vector<std::byte> octets;
  for (int i = 0; i < 800; ++i) {
    // Only 0 and 1: every length, discriminant, boolean and "another entry" is then plausible.
    octets.insert(octets.end(), 3, std::byte{0});
    octets.push_back(static_cast<std::byte>(random() % 2));
  }
  return octets;
}

TYPED_TEST(RoundTrip, DecodedValueEncodesToWhatItWasDecodedFrom) {
  std::mt19937 random(1);
  int decoded = 0;
  for (int i = 0; i < 60; ++i) {
    const auto wire = random_units(random);
    const auto value = decode<TypeParam>(wire);
    if (!value) continue;
    ++decoded;
    std::vector<std::byte> again;
    ASSERT_TRUE(encode(again, **value));
    const auto second = decode<TypeParam>(again);
    ASSERT_TRUE(second.has_value());
    std::vector<std::byte> third;
    ASSERT_TRUE(encode(third, **second));
    ASSERT_EQ(again, third);
    ASSERT_LE(again.size(), wire.size());
  }
  EXPECT_GT(decoded, 0);
}

TYPED_TEST(RoundTrip, TruncatedAnywhereItIsRefused) {
  std::mt19937 random(2);
  for (int i = 0; i < 20; ++i) {
    const auto value = decode<TypeParam>(random_units(random));
    if (!value) continue;
    std::vector<std::byte> wire;
    ASSERT_TRUE(encode(wire, **value));
    for (std::size_t size = 0; size < wire.size(); ++size) {
      ASSERT_FALSE(decode<TypeParam>(std::span(wire).first(size)).has_value()) << size << " of " << wire.size();
    }
  }
}

TEST(XdrList, OneMillionEntriesNeedNoStack) {
  constexpr u_int count = 1000000;
  Value<l2tp_api_peer_list_msg_data> message;
  message->peers.entries = static_cast<l2tp_api_peer_list_entry*>(std::calloc(count, sizeof(l2tp_api_peer_list_entry)));
  message->peers.count = count;
  message->peers.entries[count - 1].peer_addr.s_addr = 0x0100a8c0;
  std::vector<std::byte> wire;
  ASSERT_TRUE(encode(wire, *message));
  EXPECT_EQ(wire.size(), 4u + count * 12u + 4u);
  const auto back = decode<l2tp_api_peer_list_msg_data>(wire);
  ASSERT_TRUE(back.has_value());
  ASSERT_EQ((*back)->peers.count, count);
  EXPECT_EQ((*back)->peers.entries[count - 1].peer_addr.s_addr, 0x0100a8c0u);
}

TEST(XdrList, EndlessListIsRefused) {
  std::vector<std::byte> wire(4, std::byte{0}); // result
  for (int i = 0; i < (1 << 20) + 1; ++i) {
    for (const int octet : {0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0})
      wire.push_back(static_cast<std::byte>(octet));
  }
  EXPECT_FALSE(decode<l2tp_api_peer_list_msg_data>(wire).has_value());
}

TEST(XdrString, LongerThanItsBoundDoesNotEncode) {
  // Not owned by a Value: libtirpc frees no string that is longer than its bound either.
  std::string text(1025, 'a');
  const optstring value{.valid = 1, .optstring_u = {.value = text.data()}};
  std::vector<std::byte> wire = {std::byte{9}};
  EXPECT_FALSE(encode(wire, value));
  EXPECT_EQ(wire.size(), 1u);
}

TEST(XdrString, DiscriminantOtherThanOneIsAbsent) {
  for (const int discriminant : {0, 2, 255}) {
    const std::vector<std::byte> wire = {std::byte{0}, std::byte{0}, std::byte{0},
                                         static_cast<std::byte>(discriminant)};
    const auto value = decode<optstring>(wire);
    ASSERT_TRUE(value.has_value());
    EXPECT_EQ(string_of(**value), std::nullopt);
  }
}

} // namespace
} // namespace openl2tp::rpc
