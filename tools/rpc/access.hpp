// Which other hosts may manage this one: the networks of the allow-list.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "protocol/endpoint.hpp"

namespace openl2tp::rpc {

struct Network {
  protocol::IpAddress address; ///< without bits beyond `length`
  std::uint8_t length = 0;     ///< of the prefix: 0 to 32, or 128 with IPv6

  /// An IPv4 address that an IPv6 socket shows as ::ffff:a.b.c.d is the IPv4 address.
  [[nodiscard]] bool contains(const protocol::IpAddress& other) const noexcept;
};

/// "192.0.2.0/24", "2001:db8::/32", or one address. @error one line: what was given and what is allowed.
[[nodiscard]] tl::expected<Network, std::string> parse_network(std::string_view text);

/// An empty list allows every address.
[[nodiscard]] bool is_allowed(std::span<const Network> networks, const protocol::IpAddress& address) noexcept;

} // namespace openl2tp::rpc
