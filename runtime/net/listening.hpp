// The sockets that the daemon listens on. An address and port is claimed before it is shared: no other program has it
// when the daemon starts, and a second daemon cannot join it later.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/endpoint.hpp"
#include "runtime/net/endpoint_group.hpp"

namespace openl2tp::runtime {

struct ListeningSockets {
  std::vector<std::vector<UdpSocket>> groups; // by address, in the order asked for, then by shard
  std::vector<std::string> notes, warnings;   // for the log
};

struct ListeningOptions {
  std::vector<protocol::IpAddress> addresses; // empty: any IPv4 and, where there is IPv6, any IPv6
  std::uint16_t port = 1701;
  std::size_t shards = 1;
  /// Room for datagrams that wait to be received: memory is used only while they do. Many peers that come at once need
  /// much of it: one SCCRQ takes about 1 KiB.
  int receive_octets = 32 << 20;
  /// How long to wait for sockets whose process has ended: the kernel closes those of a killed daemon a moment later.
  std::chrono::milliseconds patience{3000};
};

/// Opens one group of sockets an address. Blocks for at most `patience`. While the caller still has all privileges it
/// can name the process that has the port.
/// @error one line: "cannot listen on 0.0.0.0:1701: it is in use by process 1234 (xl2tpd) on 0.0.0.0:1701"
[[nodiscard]] tl::expected<ListeningSockets, std::string> open_listening_sockets(const ListeningOptions& options);

/// A socket on a port of its own for tunnels that are opened from there. The port is nobody's else, or only sockets of
/// this process have it. May block for half a second. @error as open_udp_socket(), and names the process that has the
/// port where it may.
[[nodiscard]] tl::expected<UdpSocket, SocketError> open_tunnel_socket(const protocol::Endpoint& local,
                                                                      const SocketOptions& options);

} // namespace openl2tp::runtime
