// Opens UDP sockets: one a shard on the same local address, with the kernel told to pick the socket by our tunnel id,
// and plain ones. Descriptors only; endpoints are made of them in the threads that will use them.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/endpoint.hpp"
#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

struct SocketError {
  int error = 0;    // errno value
  std::string text; // "cannot bind 192.0.2.1:1701: Address already in use"
};

struct SocketOptions {
  // Beyond the sysctls' maximum only with CAP_NET_ADMIN, else what is allowed.
  int receive_octets = 4 << 20;
  int send_octets = 4 << 20;
  // False: the bind fails where any other socket has the port; only then is it opened to sockets of this user that set
  // SO_REUSEPORT (other shards, the kernel's tunnels). True: it may join such sockets. SO_REUSEADDR is never set: with
  // it any program that sets it too, as xl2tpd does, could bind to the port later and take the daemon's datagrams.
  bool share_port = true;
};

struct UdpSocket {
  UniqueFd fd;              // blocking, close-on-exec
  protocol::Endpoint local; // with the port that the kernel chose when 0 was asked
};

/// One socket, bound to `local` (IPv6 ones serve IPv6 only). With port 0 the kernel picks one. Reports the local
/// address where it is asked to bind to any address, and that is set up for UdpEndpoint. Not connected.
[[nodiscard]] tl::expected<UdpSocket, SocketError> open_udp_socket(const protocol::Endpoint& local,
                                                                   const SocketOptions& options);

/// `shards` sockets on the same endpoint; element i belongs to shard i. Datagrams with a tunnel id reach element id %
/// shards, all others one that the kernel chooses by a hash of source and destination (the same for a retransmission).
/// Close none of them while the others are in use: the kernel would move the last into its place. Without
/// options.share_port the first one claims the endpoint and the others join it. @param shards  1 to 256.
[[nodiscard]] tl::expected<std::vector<UdpSocket>, SocketError>
open_endpoint_group(const protocol::Endpoint& local, std::size_t shards, const SocketOptions& options);

} // namespace openl2tp::runtime
