// The sockets of the management service and what they say about a caller.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

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

/// Opens a non-blocking socket of `type` (SOCK_STREAM, which then listens, or SOCK_DGRAM) on an ephemeral port: on
/// 127.0.0.1, or with `remote` on every address, IPv6 included where the host has it.
/// @error one line for the log.
[[nodiscard]] tl::expected<Listener, std::string> open_listener(int type, bool remote);

/// Judges a peer address. Root of this host is known by a reserved source port over loopback.
[[nodiscard]] Caller caller_at(const sockaddr_storage& peer) noexcept;

/// Receives one datagram without waiting; a negative result as of recvmsg.
[[nodiscard]] ssize_t receive_datagram(int socket, std::byte* buffer, std::size_t size, DatagramPath& path) noexcept;

/// Answers along `path`; a datagram that cannot be sent is lost, as any may be.
void send_datagram(int socket, const std::byte* octets, std::size_t size, DatagramPath& path) noexcept;

} // namespace openl2tp::rpc
