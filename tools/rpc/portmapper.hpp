// The port mapper (rpcbind) of our own network namespace, asked over loopback. libtirpc's own calls prefer the UNIX
// socket /run/rpcbind.sock, which network namespaces share, so a daemon in one would register with the rpcbind of
// another.
#pragma once

#include <cstdint>

#include <tl/expected.hpp>

namespace openl2tp::rpc {

enum class PortmapperError : std::uint8_t {
  unreachable,    ///< nobody answers at 127.0.0.1 port 111
  not_registered, ///< the program is unknown there
  refused,        ///< the port mapper declined the change
};

/// Transport protocols as the port mapper numbers them.
enum class Protocol : std::uint8_t { tcp = 6, udp = 17 };

/// The port at which the management program is registered for `protocol`. Blocks for two seconds at most, as all here.
[[nodiscard]] tl::expected<std::uint16_t, PortmapperError> registered_port(Protocol protocol);

/// Registers the management program at `port`. Needs root, as the port mapper wants a reserved source port.
[[nodiscard]] tl::expected<void, PortmapperError> register_port(Protocol protocol, std::uint16_t port);

/// Removes both registrations of the management program.
[[nodiscard]] tl::expected<void, PortmapperError> unregister_ports();

} // namespace openl2tp::rpc
