// An IPv4 address as PPP carries it, and which of them a user may have. Text is parsed here, sockets are not known.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace openl2tp::ppp {

struct Ipv4 {
  std::uint32_t value = 0; // host order; 0: none
  [[nodiscard]] constexpr bool empty() const noexcept { return value == 0; }
  auto operator<=>(const Ipv4&) const = default;

  [[nodiscard]] static constexpr Ipv4 of(unsigned a, unsigned b, unsigned c, unsigned d) noexcept {
    return {a << 24 | b << 16 | c << 8 | d};
  }
  /// "10.0.0.1", four decimal numbers; nullopt for anything else.
  [[nodiscard]] static std::optional<Ipv4> parse(std::string_view text) noexcept;
  [[nodiscard]] std::string text() const;

  /// False for what no host can have: 0/8, 127/8, and 224/4 and above.
  [[nodiscard]] constexpr bool usable() const noexcept {
    const std::uint32_t first = value >> 24;
    return first != 0 && first != 127 && first < 224;
  }
};

/// Which IPv4 addresses a user may have: the fourth column of a secrets file, or what another authority says.
struct AddressRules {
  struct Rule {
    Ipv4 address;
    std::uint8_t prefix = 32;
    bool allow = true;
  };
  static constexpr std::size_t rules_max = 6;

  std::array<Rule, rules_max> rules{};
  std::uint8_t count = 0;
  bool any = true; // what no rule speaks of is allowed

  /// The first rule that covers `address` decides; without one, `any`.
  [[nodiscard]] bool allows(Ipv4 address) const noexcept;
  /// The address of the first rule that allows exactly one; what a user without an address is offered.
  [[nodiscard]] std::optional<Ipv4> first_single() const noexcept;
};

} // namespace openl2tp::ppp
