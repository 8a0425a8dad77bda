// Vectors: RFC 2759 section 9.2, RFC 2433 appendix B.2; CHAP-MD5 from an independent MD5 (Python's hashlib).
#include "plugins/ppp_engine/crypto.hpp"

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp {
namespace {

using testing_support::hex;
using testing_support::to_hex;

const auto authenticator_challenge = hex("5b5d7c7d7b3f2f3e3c2c602132262628");
const auto peer_challenge = hex("21402324255e262a28295f2b3a337c7e");

TEST(Crypto, NtPasswordHashIsThatOfRfc2759) {
  EXPECT_EQ(to_hex(nt_password_hash("clientPass")), "44ebba8d5312b8d611474411f56989ae");
}

TEST(Crypto, NtPasswordHashIsThatOfRfc2433) {
  EXPECT_EQ(to_hex(nt_password_hash("MyPw")), "fc156af7edcd6c0edde3337d427f4eac");
}

TEST(Crypto, ChallengeResponseIsThatOfRfc2433) {
  EXPECT_EQ(to_hex(nt_challenge_response(nt_password_hash("MyPw"), hex("102db5df085d3041"))),
            "4e9d3c8f9cfd385d5bf4d3246791956ca4c351ab409a3d61");
}

TEST(Crypto, ChallengeHashIsThatOfRfc2759) {
  EXPECT_EQ(to_hex(mschap_v2_challenge_hash("User", authenticator_challenge, peer_challenge)), "d02e4386bce91226");
}

TEST(Crypto, NtResponseIsThatOfRfc2759) {
  EXPECT_EQ(to_hex(mschap_v2_response("clientPass", "User", authenticator_challenge, peer_challenge)),
            "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");
}

TEST(Crypto, ADomainInFrontOfTheUserDoesNotCount) {
  EXPECT_EQ(to_hex(mschap_v2_response("clientPass", "BIGCO\\User", authenticator_challenge, peer_challenge)),
            "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df");
}

TEST(Crypto, AuthenticatorResponseIsThatOfRfc2759) {
  const NtResponse response = mschap_v2_response("clientPass", "User", authenticator_challenge, peer_challenge);
  const AuthenticatorResponse text =
      mschap_v2_authenticator_response("clientPass", "User", response, authenticator_challenge, peer_challenge);
  EXPECT_EQ(std::string_view(text.data(), text.size()), "407A5589115FD0D6209F510FE9C04566932CDA56");
}

TEST(Crypto, ChapMd5IsOverIdSecretAndChallenge) {
  EXPECT_EQ(to_hex(chap_md5(1, "secret", hex("00010203"))), "e82cb2ed1efe04893c9cf73d4dd12e2d");
}

TEST(Crypto, PasswordsBeyondAsciiAreUtf16) {
  // U+00E4, and U+1F600 as two surrogates: the same as the octets that Python's utf-16-le gives.
  EXPECT_EQ(to_hex(nt_password_hash("\xc3\xa4")), "3104eab484d59efabcea2c44b07f41d3");
  EXPECT_EQ(to_hex(nt_password_hash("\xf0\x9f\x98\x80")), "4b58a10cc20a4e7d808d218e1f80aabc");
}

TEST(Crypto, PasswordsThatAreNotUtf8AreTakenOctetForOctet) {
  EXPECT_EQ(to_hex(nt_password_hash("\xe4")), to_hex(nt_password_hash("\xc3\xa4")));                    // both U+00E4
  EXPECT_NE(to_hex(nt_password_hash("\xc0\x80")), to_hex(nt_password_hash(std::string_view("\0", 1)))); // overlong
}

TEST(Crypto, ComparisonSeesLengthsAndOctets) {
  EXPECT_TRUE(equal_secretly({}, {}));
  EXPECT_TRUE(equal_secretly(hex("0102"), hex("0102")));
  EXPECT_FALSE(equal_secretly(hex("0102"), hex("0103")));
  EXPECT_FALSE(equal_secretly(hex("0102"), hex("010200")));
}

} // namespace
} // namespace openl2tp::ppp
