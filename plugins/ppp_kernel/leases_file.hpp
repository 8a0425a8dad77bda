// The file in which a pool keeps who had which address: one line each, "10.64.0.1 carol", with octets of a name that
// would be mistaken written as %20. [worker]
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plugins/ppp_engine/address_pool.hpp"
#include "plugins/ppp_engine/ipv4.hpp"

namespace openl2tp::ppp_kernel {

struct LeaseLine {
  ppp::Ipv4 address;
  std::string user;
};
/// One line, without its end. @return nullopt: it is none
[[nodiscard]] std::optional<LeaseLine> parse_lease(std::string_view line);
[[nodiscard]] std::string lease_line(ppp::Ipv4 address, std::string_view user);

struct LeasesRead {
  std::vector<LeaseLine> lines; // at most as many as a pool has addresses
  std::size_t bad = 0;          // lines that could not be read
  std::string fault;            // why there are none; empty also where there is no file
};
[[nodiscard]] LeasesRead read_leases(const std::string& path);

/// Replaces the file as a whole, or leaves it as it was. @return empty, or what went wrong
[[nodiscard]] std::string write_leases(const std::string& path, const std::vector<ppp::AddressPool::Known>& known);

} // namespace openl2tp::ppp_kernel
