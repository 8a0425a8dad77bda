// What CHAP and MS-CHAP compute: RFC 1994 section 4.1, RFC 2433 appendix A, RFC 2759 section 8; nettle does the
// hashing. Comparison takes the same time wherever two values differ. No packets here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "plugins/ppp_engine/octets.hpp"

namespace openl2tp::ppp {

using Md5Digest = std::array<std::byte, 16>;
using NtHash = std::array<std::byte, 16>;
using NtResponse = std::array<std::byte, 24>;
using AuthenticatorResponse = std::array<char, 40>; // hexadecimal digits, upper case

/// MD5(id, secret, challenge).
[[nodiscard]] Md5Digest chap_md5(std::uint8_t id, std::string_view secret, Octets challenge) noexcept;

/// MD4 of the password in UTF-16LE. The password is taken as UTF-8; where it is none, octet for octet. Of longer ones
/// the first 256 UTF-16 units count.
[[nodiscard]] NtHash nt_password_hash(std::string_view password) noexcept;

/// RFC 2433 A.5 (ChallengeResponse) with the NT hash, RFC 2759 8.5. `challenge` has 8 octets.
[[nodiscard]] NtResponse nt_challenge_response(const NtHash& hash, Octets challenge) noexcept;

/// RFC 2759 8.1. The user name is taken without a domain in front ("DOMAIN\user"). Both challenges have 16 octets.
[[nodiscard]] NtResponse mschap_v2_response(std::string_view password, std::string_view user,
                                            Octets authenticator_challenge, Octets peer_challenge) noexcept;
/// RFC 2759 8.7, without the "S=".
[[nodiscard]] AuthenticatorResponse mschap_v2_authenticator_response(std::string_view password, std::string_view user,
                                                                     const NtResponse& nt_response,
                                                                     Octets authenticator_challenge,
                                                                     Octets peer_challenge) noexcept;
/// RFC 2759 8.2; 8 octets.
[[nodiscard]] std::array<std::byte, 8> mschap_v2_challenge_hash(std::string_view user, Octets authenticator_challenge,
                                                                Octets peer_challenge) noexcept;

/// Equal in octets, in a time that depends on the lengths alone.
[[nodiscard]] bool equal_secretly(Octets a, Octets b) noexcept;

} // namespace openl2tp::ppp
