// Values that travel hidden: User-Password (RFC 2865 section 5.2), and salted ones, which are the MPPE keys (RFC 2548
// section 2.4.2) and Tunnel-Password (RFC 2868 section 3.5). The functions write into buffers of the caller, who wipes
// them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "plugins/radius/packet.hpp"

namespace openl2tp::radius {

inline constexpr std::size_t password_size_max = 128;
/// What a salted value of the largest size holds, without its length octet.
inline constexpr std::size_t salted_clear_size_max = 239;

/// @param password  at most password_size_max octets; an empty one is hidden as 16 zeros.
/// @param buffer  at least the password's size, rounded up to a multiple of 16.
/// @return the hidden value in `buffer`; nothing where password or buffer have another size.
[[nodiscard]] std::optional<Octets> hide_password(std::string_view password, const Authenticator& authenticator,
                                                  std::string_view secret, std::span<std::byte> buffer) noexcept;

/// Hides with the given salt, whose highest bit the function sets.
/// @param buffer  at least 2 octets and the clear text's size + 1 rounded up to a multiple of 16.
/// @return salt and hidden value; nothing where `clear` has more than salted_clear_size_max octets or does not fit.
[[nodiscard]] std::optional<Octets> hide_salted(Octets clear, std::uint16_t salt, const Authenticator& authenticator,
                                                std::string_view secret, std::span<std::byte> buffer) noexcept;

/// @param value  salt and hidden value; of Tunnel-Password what follows the tag octet.
/// @param authenticator  of the request that the value answers.
/// @param buffer  at least the size of `value`.
/// @return the clear text in `buffer`. Nothing where the size is no salt and multiple of 16, or where the length inside
/// passes the end, as it does with a wrong secret.
[[nodiscard]] std::optional<Octets> reveal_salted(Octets value, const Authenticator& authenticator,
                                                  std::string_view secret, std::span<std::byte> buffer) noexcept;

} // namespace openl2tp::radius
