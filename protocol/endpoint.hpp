// UDP endpoints as values. No sockets and no resolver here.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <cstring>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace openl2tp::protocol {

/// An IPv4 or IPv6 address. `family` is 0 (no address), 4 or 6; IPv4 uses the first four octets, network order, the
/// rest are zero.
struct IpAddress {
  std::uint8_t family = 0;
  std::array<std::uint8_t, 16> octets{};

  constexpr auto operator<=>(const IpAddress&) const = default;
  [[nodiscard]] static constexpr IpAddress any_v4() noexcept { return {.family = 4, .octets = {}}; }
  [[nodiscard]] static constexpr IpAddress any_v6() noexcept { return {.family = 6, .octets = {}}; }
  [[nodiscard]] static constexpr IpAddress v4(std::uint8_t a, std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept {
    return {.family = 4, .octets = {a, b, c, d}};
  }
  /// True for 0.0.0.0, :: and "no address".
  [[nodiscard]] constexpr bool is_unspecified() const noexcept { return octets == std::array<std::uint8_t, 16>{}; }
};

struct Endpoint {
  IpAddress address;
  std::uint16_t port = 0;     // host order
  std::uint32_t scope_id = 0; // IPv6 link-local interface index, otherwise 0
  constexpr auto operator<=>(const Endpoint&) const = default;
};

/// Where a datagram came from and which of our addresses it was sent to; answers go the same way back.
struct Path {
  Endpoint local;
  Endpoint peer;
  constexpr auto operator<=>(const Path&) const = default;
};

/// "192.0.2.1", "2001:db8::1", "" for no address.
[[nodiscard]] std::string to_string(const IpAddress& address);
/// "192.0.2.1:1701", "[2001:db8::1]:1701".
[[nodiscard]] std::string to_string(const Endpoint& endpoint);
/// The numeric address in `text`; nullopt when it is none (names are not resolved here).
[[nodiscard]] std::optional<IpAddress> parse_ip_address(std::string_view text);

} // namespace openl2tp::protocol

template <>
struct std::hash<openl2tp::protocol::IpAddress> {
  std::size_t operator()(const openl2tp::protocol::IpAddress& a) const noexcept {
    std::uint64_t high, low;
    std::memcpy(&high, a.octets.data(), 8);
    std::memcpy(&low, a.octets.data() + 8, 8);
    std::uint64_t h = (high ^ (low * 0x9e3779b97f4a7c15ULL) ^ a.family) * 0xff51afd7ed558ccdULL;
    return static_cast<std::size_t>(h ^ (h >> 32));
  }
};

template <>
struct std::hash<openl2tp::protocol::Endpoint> {
  std::size_t operator()(const openl2tp::protocol::Endpoint& e) const noexcept {
    const std::size_t h = std::hash<openl2tp::protocol::IpAddress>{}(e.address);
    return (h ^ e.port ^ (static_cast<std::size_t>(e.scope_id) << 20)) * 0x9e3779b97f4a7c15ULL;
  }
};
