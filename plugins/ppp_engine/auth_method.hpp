// The ways in which a PPP peer may prove who it is, and their LCP option (RFC 1661 6.2). What is computed is
// crypto.hpp's.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string_view>

#include "plugins/ppp_engine/octets.hpp"

namespace openl2tp::ppp {

enum class AuthMethod : std::uint8_t {
  none,
  pap,       // RFC 1334
  chap_md5,  // RFC 1994
  mschap_v1, // RFC 2433
  mschap_v2, // RFC 2759
};
[[nodiscard]] std::string_view name(AuthMethod method) noexcept;

/// A set of methods, without `none`.
class AuthMethods {
 public:
  constexpr AuthMethods() noexcept = default;
  constexpr AuthMethods(std::initializer_list<AuthMethod> methods) noexcept {
    for (const AuthMethod method : methods)
      add(method);
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr bool has(AuthMethod method) const noexcept {
    return method != AuthMethod::none && (bits_ >> static_cast<unsigned>(method) & 1U) != 0;
  }
  constexpr void add(AuthMethod method) noexcept {
    if (method != AuthMethod::none) bits_ = static_cast<std::uint8_t>(bits_ | 1U << static_cast<unsigned>(method));
  }
  constexpr void remove(AuthMethod method) noexcept {
    bits_ = static_cast<std::uint8_t>(bits_ & ~(1U << static_cast<unsigned>(method)));
  }
  /// The one to begin with: CHAP-MD5, MS-CHAPv2, MS-CHAP, PAP, the first of these that is in the set; else none.
  [[nodiscard]] AuthMethod best() const noexcept;
  bool operator==(const AuthMethods&) const = default;

 private:
  std::uint8_t bits_ = 0;
};

[[nodiscard]] constexpr bool is_chap(AuthMethod method) noexcept {
  return method != AuthMethod::none && method != AuthMethod::pap;
}

/// The method of an Authentication-Protocol option's value; `none` for one that the engine does not have (EAP), nullopt
/// for a value that is malformed.
[[nodiscard]] std::optional<AuthMethod> decode_auth_option(Octets value) noexcept;
/// Writes the option with type and length; nothing for `none`.
void encode_auth_option(Writer& writer, AuthMethod method) noexcept;

} // namespace openl2tp::ppp
