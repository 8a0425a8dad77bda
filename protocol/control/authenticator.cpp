// MD5 (type of the carrying message, secret, challenge), as CHAP does it. RFC 2661 §4.4.3, §5.1.1.
#include "protocol/control/authenticator.hpp"

#include <cstring>

#include <nettle/md5.h>
#include <nettle/memops.h>

namespace openl2tp::protocol {
namespace {

const std::uint8_t* raw(Octets octets) noexcept { return reinterpret_cast<const std::uint8_t*>(octets.data()); }

} // namespace

Challenge make_challenge(RandomSource& random) {
  Challenge challenge;
  random.fill(challenge);
  return challenge;
}

tl::expected<ChallengeResponse, AuthenticationError> make_response(ResponseCarrier carrier, const Secret& secret,
                                                                   Octets challenge) noexcept {
  if (secret.empty()) return tl::unexpected(AuthenticationError::no_secret);
  if (challenge.empty()) return tl::unexpected(AuthenticationError::empty_challenge);

  const auto id = static_cast<std::uint8_t>(carrier);
  ChallengeResponse response;
  static_assert(sizeof(response) == MD5_DIGEST_SIZE);
  md5_ctx hash;
  md5_init(&hash);
  md5_update(&hash, 1, &id);
  md5_update(&hash, secret.size(), raw(secret.octets()));
  md5_update(&hash, challenge.size(), raw(challenge));
  md5_digest(&hash, response.size(), reinterpret_cast<std::uint8_t*>(response.data()));
  explicit_bzero(&hash, sizeof(hash)); // a short secret is still in its block
  return response;
}

tl::expected<void, AuthenticationError> verify_response(ResponseCarrier carrier, const Secret& secret, Octets challenge,
                                                        Octets response) noexcept {
  tl::expected<ChallengeResponse, AuthenticationError> expected = make_response(carrier, secret, challenge);
  if (!expected) return tl::unexpected(expected.error());
  if (response.size() != expected->size()) return tl::unexpected(AuthenticationError::bad_length);
  const bool equal = nettle_memeql_sec(expected->data(), response.data(), response.size()) != 0;
  explicit_bzero(expected->data(), expected->size());
  if (!equal) return tl::unexpected(AuthenticationError::mismatch);
  return {};
}

} // namespace openl2tp::protocol
