// The steering program sees the UDP payload: offset 0 is the first octet of the L2TP header.
#include "runtime/net/endpoint_group.hpp"
#include "runtime/descriptors.hpp"

#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "protocol/assert.hpp"
#include "runtime/net/socket_address.hpp"

namespace openl2tp::runtime {

namespace {

SocketError failure(const char* what, const protocol::Endpoint& local) {
  const int error = errno;
  return {.error = error,
          .text = std::string("cannot ") + what + " " + protocol::to_string(local) + ": " + error_text(error)};
}

bool set_option(int fd, int level, int name, int value) {
  return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

void grow_buffer(int fd, int force, int plain, int octets) {
  if (!set_option(fd, SOL_SOCKET, force, octets)) (void)set_option(fd, SOL_SOCKET, plain, octets);
}

bool attach_steering(int fd, std::size_t shards) {
  constexpr std::uint32_t has_length = 0x4000; // the L bit moves the tunnel id two octets further (RFC 2661 §3.1)
  constexpr std::uint32_t by_hash = 0xffffffff;
  std::array<sock_filter, 9> program{{
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 0},
      {BPF_JMP | BPF_JSET | BPF_K, 0, 2, has_length},
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 4},
      {BPF_JMP | BPF_JA, 0, 0, 1},
      {BPF_LD | BPF_H | BPF_ABS, 0, 0, 2},
      {BPF_JMP | BPF_JEQ | BPF_K, 2, 0, 0},
      {BPF_ALU | BPF_MOD | BPF_K, 0, 0, static_cast<std::uint32_t>(shards)},
      {BPF_RET | BPF_A, 0, 0, 0},
      {BPF_RET | BPF_K, 0, 0, by_hash},
  }};
  const sock_fprog code{.len = static_cast<unsigned short>(program.size()), .filter = program.data()};
  return ::setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &code, sizeof code) == 0;
}

bool share_port(int fd) noexcept { return set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1); }

} // namespace

tl::expected<UdpSocket, SocketError> open_udp_socket(const protocol::Endpoint& local, const SocketOptions& options) {
  SocketAddress address;
  socklen_t length = to_socket_address(local, address);
  if (length == 0) {
    errno = EAFNOSUPPORT;
    return tl::unexpected(failure("open a socket for", local));
  }
  UniqueFd fd = spare_the_reserve(UniqueFd(::socket(address.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP)));
  if (!fd) return tl::unexpected(failure("open a socket for", local));
  const bool v6 = local.address.family == 6;
  if (v6 && !set_option(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, 1))
    return tl::unexpected(failure("set IPV6_V6ONLY on", local));
  if (options.share_port && !share_port(fd.get())) return tl::unexpected(failure("share the port of", local));
  if (local.address.is_unspecified()) {
    const bool set =
        v6 ? set_option(fd.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, 1) : set_option(fd.get(), IPPROTO_IP, IP_PKTINFO, 1);
    if (!set) return tl::unexpected(failure("ask for the local address on", local));
  }
  grow_buffer(fd.get(), SO_RCVBUFFORCE, SO_RCVBUF, options.receive_octets);
  grow_buffer(fd.get(), SO_SNDBUFFORCE, SO_SNDBUF, options.send_octets);
  if (::bind(fd.get(), &address.any, length) != 0) return tl::unexpected(failure("bind", local));
  if (!options.share_port && !share_port(fd.get())) return tl::unexpected(failure("share the port of", local));
  length = sizeof address;
  if (::getsockname(fd.get(), &address.any, &length) != 0) return tl::unexpected(failure("read the port of", local));
  UdpSocket socket{.fd = std::move(fd), .local = local};
  socket.local.port = ntohs(v6 ? address.v6.sin6_port : address.v4.sin_port);
  return socket;
}

tl::expected<std::vector<UdpSocket>, SocketError>
open_endpoint_group(const protocol::Endpoint& local, std::size_t shards, const SocketOptions& options) {
  OPENL2TP_ASSERT(shards >= 1 && shards <= 256);
  std::vector<UdpSocket> sockets;
  protocol::Endpoint endpoint = local;
  SocketOptions how = options;
  // The place in the kernel's array is the order of binding.
  for (std::size_t shard = 0; shard < shards; ++shard) {
    auto socket = open_udp_socket(endpoint, how);
    if (!socket) return tl::unexpected(std::move(socket.error()));
    endpoint = socket->local; // all on the port that the first one got
    how.share_port = true;
    sockets.push_back(std::move(*socket));
  }
  if (shards > 1 && !attach_steering(sockets.front().fd.get(), shards)) {
    return tl::unexpected(failure("attach the steering program to", endpoint));
  }
  return sockets;
}

} // namespace openl2tp::runtime
