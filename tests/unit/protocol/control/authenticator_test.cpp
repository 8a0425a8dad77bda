// The expected digests were computed by an independent program, Python 3.11's hashlib:
//
//   import hashlib
//   def response(carrier, secret, challenge): return hashlib.md5(bytes([carrier]) + secret + challenge).hexdigest()
//   for carrier in (2, 3):
//       for challenge in (b"\xa5", bytes(range(16)), bytes(range(255))): print(response(carrier, b"secret", challenge))
//   print(response(2, b"k" * 255, bytes(range(16))), response(3, b"a\0b", bytes(range(16))))
#include "protocol/control/authenticator.hpp"

#include <numeric>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

namespace openl2tp::protocol {
namespace {

std::vector<std::byte> counting(std::size_t octets) {
  std::vector<std::byte> out(octets);
  for (std::size_t i = 0; i < octets; ++i)
    out[i] = static_cast<std::byte>(i);
  return out;
}

std::string hex(Octets octets) {
  std::string out;
  for (const std::byte octet : octets) {
    out += "0123456789abcdef"[std::to_integer<unsigned>(octet) >> 4];
    out += "0123456789abcdef"[std::to_integer<unsigned>(octet) & 15];
  }
  return out;
}

struct CountingRandom final : RandomSource {
  unsigned next = 0;
  void fill(std::span<std::byte> out) override {
    for (std::byte& octet : out)
      octet = static_cast<std::byte>(next++);
  }
};

const Secret secret("secret");

TEST(Authenticator, ResponsesMatchAnIndependentImplementation) {
  struct Row {
    ResponseCarrier carrier;
    Secret secret;
    std::vector<std::byte> challenge;
    const char* expected;
  };
  const Row rows[] = {
      {ResponseCarrier::sccrp, secret, {std::byte{0xa5}}, "651e7b5e75b768af9a4ac33075827f40"},
      {ResponseCarrier::sccrp, secret, counting(16), "dd4186e2196f00124a9d588f02701259"},
      {ResponseCarrier::sccrp, secret, counting(255), "fd1d71b21fb9f39e3981a8004d697849"},
      {ResponseCarrier::scccn, secret, {std::byte{0xa5}}, "9602465167e67ade1de050cc9318659f"},
      {ResponseCarrier::scccn, secret, counting(16), "8f3c2fa6fcfea72215ae83ea89ec2b77"},
      {ResponseCarrier::scccn, secret, counting(255), "e42fbc744306a069c4d8fbbfab3ad642"},
      {ResponseCarrier::sccrp, Secret(std::string(255, 'k')), counting(16), "5f258f3134bc1a3becde6a37d45e27c4"},
      {ResponseCarrier::scccn, Secret(std::string_view("a\0b", 3)), counting(16), "0586549db579a31094729e1136684884"},
  };
  for (const Row& row : rows) {
    const auto response = make_response(row.carrier, row.secret, row.challenge);
    ASSERT_TRUE(response.has_value());
    EXPECT_EQ(hex(*response), row.expected);
    EXPECT_TRUE(verify_response(row.carrier, row.secret, row.challenge, *response).has_value());
  }
}

TEST(Authenticator, RefusesAResponseThatDiffersInAnyBit) {
  const auto challenge = counting(16);
  const ChallengeResponse right = make_response(ResponseCarrier::sccrp, secret, challenge).value();
  for (std::size_t bit = 0; bit < 128; ++bit) {
    ChallengeResponse wrong = right;
    wrong[bit / 8] ^= static_cast<std::byte>(1U << bit % 8);
    const auto verdict = verify_response(ResponseCarrier::sccrp, secret, challenge, wrong);
    ASSERT_FALSE(verdict.has_value()) << bit;
    ASSERT_EQ(verdict.error(), AuthenticationError::mismatch);
  }
}

TEST(Authenticator, RefusesAMissingResponseAndEveryOtherLengthThanSixteen) {
  const auto challenge = counting(16);
  const ChallengeResponse right = make_response(ResponseCarrier::scccn, secret, challenge).value();
  for (std::size_t length = 0; length <= 32; ++length) {
    std::vector<std::byte> response(right.begin(), right.end());
    response.resize(length);
    const auto verdict = verify_response(ResponseCarrier::scccn, secret, challenge, response);
    ASSERT_EQ(verdict.has_value(), length == 16) << length;
    if (!verdict) ASSERT_EQ(verdict.error(), AuthenticationError::bad_length) << length;
  }
}

TEST(Authenticator, RefusesTheResponseOfAnotherSecret) {
  const auto challenge = counting(16);
  const ChallengeResponse theirs = make_response(ResponseCarrier::sccrp, Secret("Secret"), challenge).value();
  EXPECT_EQ(verify_response(ResponseCarrier::sccrp, secret, challenge, theirs).error(), AuthenticationError::mismatch);
}

TEST(Authenticator, AResponseReflectedFromTheOtherMessageIsRefused) {
  // Our own challenge, relayed to us in an SCCRQ, draws an answer of carrier 2; it is no use in the SCCCN we wait for.
  const auto challenge = counting(16);
  const ChallengeResponse reflected = make_response(ResponseCarrier::sccrp, secret, challenge).value();
  EXPECT_EQ(verify_response(ResponseCarrier::scccn, secret, challenge, reflected).error(),
            AuthenticationError::mismatch);
}

TEST(Authenticator, WithoutASecretThereIsNeitherAResponseNorAPass) {
  const auto challenge = counting(16);
  EXPECT_EQ(make_response(ResponseCarrier::sccrp, Secret(), challenge).error(), AuthenticationError::no_secret);
  EXPECT_EQ(verify_response(ResponseCarrier::sccrp, Secret(), challenge, counting(16)).error(),
            AuthenticationError::no_secret);
}

TEST(Authenticator, AnEmptyChallengeIsNotAnswered) {
  EXPECT_EQ(make_response(ResponseCarrier::sccrp, secret, {}).error(), AuthenticationError::empty_challenge);
  EXPECT_EQ(verify_response(ResponseCarrier::sccrp, secret, {}, counting(16)).error(),
            AuthenticationError::empty_challenge);
}

TEST(Authenticator, ChallengesAreSixteenFreshRandomOctets) {
  CountingRandom random;
  std::set<std::string> seen;
  for (int i = 0; i < 8; ++i)
    seen.insert(hex(make_challenge(random)));
  EXPECT_EQ(seen.size(), 8U);
  EXPECT_EQ(random.next, 8U * 16U);
}

} // namespace
} // namespace openl2tp::protocol
