// The sockets of the management service and what they say about a caller.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>

#include <tl/expected.hpp>

#include "protocol/endpoint.hpp"
#include "tools/rpc/descriptor.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {

struct Listener {
  Descriptor socket;
  std::uint16_t port = 0;
};

/// Where a datagram came from and went to, enough to answer from the same address.
struct DatagramPath {
  sockaddr_storage peer{};
  socklen_t peer_size = 0;
  alignas(cmsghdr) char control[128]{};
  std::size_t control_size = 0;
};

/// Opens a non-blocking socket of `type` (SOCK_STREAM, which then listens, or SOCK_DGRAM) at `address` and `port`, 0
/// for an ephemeral one. Without an address: every address, IPv6 included where the host has it.
/// @error one line for the log, and whether the port was in use.
struct ListenFailure {
  std::string text;
  bool in_use = false;
};
[[nodiscard]] tl::expected<Listener, ListenFailure>
open_listener(int type, const std::optional<protocol::IpAddress>& address, std::uint16_t port);

/// Opens the UNIX socket `path`, for every local user, in place of one that nobody serves any more.
/// @error one line for the log: another daemon serves it, or it cannot be made.
[[nodiscard]] tl::expected<Descriptor, std::string> open_unix_listener(const std::string& path);

/// Judges a peer address alone: root of this host is known by a reserved source port over loopback.
[[nodiscard]] Caller caller_at(const sockaddr_storage& peer) noexcept;
/// Judges the other end of an accepted connection, or of a datagram that `socket` received. Over loopback the kernel
/// tells whose it is; only where it cannot does the port count.
[[nodiscard]] Caller caller_on(int socket, const sockaddr_storage& peer) noexcept;
[[nodiscard]] Caller caller_of(int socket, const DatagramPath& path) noexcept;
/// Judges the peer of a UNIX socket by its credentials.
[[nodiscard]] Caller caller_on_unix(int unix_socket) noexcept;
[[nodiscard]] protocol::IpAddress address_of(const sockaddr_storage& peer) noexcept;

/// Receives one datagram without waiting; a negative result as of recvmsg.
[[nodiscard]] ssize_t receive_datagram(int socket, std::byte* buffer, std::size_t size, DatagramPath& path) noexcept;

/// Answers along `path`; a datagram that cannot be sent is lost, as any may be.
void send_datagram(int socket, const std::byte* octets, std::size_t size, DatagramPath& path) noexcept;

} // namespace openl2tp::rpc
