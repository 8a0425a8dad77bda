// Which processes have UDP sockets on an address and port: for the error of a bind that the kernel refused. Reads
// /proc, so it is for start-up and management threads only.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "protocol/endpoint.hpp"

namespace openl2tp::runtime {

struct PortHolder {
  protocol::Endpoint local; // what its socket is bound to
  ino_t inode = 0;          // of the socket
  pid_t process = 0;        // 0: not found (it is ending, or this process may not look)
  std::string name;         // of the process, as ps shows it
};

/// The UDP sockets of this network namespace that keep `wanted` from being bound: same port, and the same address or
/// any address on either side. An IPv6 socket on any address is reported for IPv4 too, as it may serve both. Without
/// processes.
[[nodiscard]] std::vector<PortHolder> find_port_sockets(const protocol::Endpoint& wanted);
/// The same with the processes, as far as this one may look at them.
[[nodiscard]] std::vector<PortHolder> find_port_holders(const protocol::Endpoint& wanted);
/// True when this process has all of `sockets`.
[[nodiscard]] bool are_ours(const std::vector<PortHolder>& sockets);

/// "process 1234 (xl2tpd) on 0.0.0.0:1701", several with commas between; empty for none.
[[nodiscard]] std::string to_string(const std::vector<PortHolder>& holders);

/// One row of /proc/net/udp (`family` 4) or /proc/net/udp6 (6). @return false for the heading and what makes no sense.
[[nodiscard]] bool parse_udp_row(const std::string& row, std::uint8_t family, PortHolder& out);

} // namespace openl2tp::runtime
