// Which way the kernel sends packets to an address.
#pragma once

#include <cstdint>
#include <optional>

#include "plugins/ppp_engine/ipv4.hpp"

namespace openl2tp::ppp_kernel {

struct Way {
  int index = 0;             // of the interface
  ppp::Ipv4 gateway;         // the next hop; empty: the address itself, or an IPv6 one
  bool direct = true;        // no next hop in between
  int prefix = 32;           // of the route that leads there; 0: a default route
  std::uint8_t protocol = 0; // who made that route
};

/// nullopt: there is none, or the kernel does not say. `with_route`: also `prefix` and `protocol`. [worker]
[[nodiscard]] std::optional<Way> find_way(ppp::Ipv4 to, bool with_route = false);

} // namespace openl2tp::ppp_kernel
