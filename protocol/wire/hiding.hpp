// Hiding of AVP values with the tunnel's shared secret. RFC 2661 §4.3. Which AVPs are hidden is the codec's decision.
//
// A hidden value is `length(2) | value | padding`, each block of 16 octets xored with MD5(attribute | secret | Random
// Vector), or MD5(secret | previous hidden block) from the second block on. It hides; it does not authenticate:
// whatever comes out is hostile.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

inline constexpr std::size_t hidden_length_size = 2;  // the original length before a hidden value
inline constexpr std::size_t random_vector_size = 16; // of those that we send

/// Hides `subformat` (original length, value, padding) in place.
void hide(std::span<std::byte> subformat, std::uint16_t attribute, Octets secret, Octets random_vector) noexcept;

/// Opens a hidden value into `out`, which may not overlap it; octets of padding are not opened.
/// @return the value, a view into `out` past its first two octets; it holds a secret as likely as not, so wipe `out`
/// after use.
/// @error nullopt  below two octets, an original length beyond `hidden`, or `out` too small for it: wrong secret or
/// forged.
[[nodiscard]] std::optional<Octets> unhide(Octets hidden, std::uint16_t attribute, Octets secret, Octets random_vector,
                                           std::span<std::byte> out) noexcept;

} // namespace openl2tp::protocol
