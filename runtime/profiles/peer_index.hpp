// Which peer profile an address belongs to: the longest prefix wins. Host names are not looked at here.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "runtime/control.hpp"
#include "runtime/profiles/shared_map.hpp"

namespace openl2tp::runtime {

/// The addresses that share the first `length` bits of `address`, whose other bits are 0.
struct Network {
  IpAddress address;
  std::uint8_t length = 0;
  auto operator<=>(const Network&) const = default;
};

struct NetworkHash {
  std::size_t operator()(const Network& network) const noexcept {
    return std::hash<IpAddress>{}(network.address) * 31 + network.length;
  }
};

/// The network that a peer profile matches; nullopt when it matches by host name only.
/// @error invalid_argument  netmask not contiguous or not of the address's family
[[nodiscard]] ControlResult<std::optional<Network>> network_of(const PeerProfileParameters& parameters);

/// A value type that shares like SharedMap. A look-up costs one hash look-up a distinct prefix length: at most 33 for
/// IPv4, 129 for IPv6.
class PeerIndex {
 public:
  void add(const Network& network, const std::string& profile);
  void remove(const Network& network, const std::string& profile);

  /// Of several profiles for the same network, the first by name. nullopt when none matches.
  [[nodiscard]] std::optional<std::string> match(const IpAddress& address) const;

 private:
  struct Length {
    std::uint8_t family, length;
    // IPv4 before IPv6, long before short.
    bool operator<(const Length& other) const noexcept {
      return family != other.family ? family < other.family : length > other.length;
    }
  };
  SharedMap<Network, std::set<std::string>, NetworkHash> profiles_;
  std::map<Length, std::size_t> lengths_; // how many networks have it
};

} // namespace openl2tp::runtime
