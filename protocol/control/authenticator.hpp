// Tunnel authentication: what goes into the Challenge and Challenge Response AVPs and whether a response is right. RFC
// 2661 §5.1.1 and §4.4.3. When to challenge, and what a refusal does to the tunnel, is the tunnel's business.
#pragma once

#include <array>
#include <cstdint>

#include <tl/expected.hpp>

#include "protocol/control/secret.hpp"
#include "protocol/random.hpp"
#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

/// The message that carries the response. Its type is hashed in, so that a response cannot be reflected into the other.
enum class ResponseCarrier : std::uint8_t {
  sccrp = 2, // answers the challenge of an SCCRQ
  scccn = 3, // answers the challenge of an SCCRP
};

/// Why a tunnel must be refused with StopCCN, result 4 (not authorised).
enum class AuthenticationError : std::uint8_t {
  no_secret,       // there is no shared secret to answer or to check with
  empty_challenge, // a Challenge has at least one octet (§4.4.3)
  bad_length,      // the response is not of 16 octets; also when it is missing
  mismatch,        // the peer does not know our secret
};

using Challenge = std::array<std::byte, 16>;
using ChallengeResponse = std::array<std::byte, 16>;

/// A fresh, unpredictable challenge.
[[nodiscard]] Challenge make_challenge(RandomSource& random);

/// What answers `challenge` in a message of type `carrier`.
/// @error no_secret, empty_challenge: refuse the tunnel, never answer without a response.
[[nodiscard]] tl::expected<ChallengeResponse, AuthenticationError>
make_response(ResponseCarrier carrier, const Secret& secret, Octets challenge) noexcept;

/// Checks the peer's `response` (empty when there was none), carried in a message of type `carrier`, to our
/// `challenge`. Takes the same time wherever a wrong response differs.
/// @error any AuthenticationError: refuse the tunnel.
[[nodiscard]] tl::expected<void, AuthenticationError> verify_response(ResponseCarrier carrier, const Secret& secret,
                                                                      Octets challenge, Octets response) noexcept;

} // namespace openl2tp::protocol
