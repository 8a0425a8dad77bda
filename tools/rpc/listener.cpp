// Plain socket calls; nothing here waits.
#include "tools/rpc/listener.hpp"

#include <arpa/inet.h>

#include <cerrno>
#include <cstring>

namespace openl2tp::rpc {
namespace {

constexpr int kBacklog = 1024;

tl::unexpected<std::string> failure(const char* what) {
  char buffer[128];
  return tl::unexpected(std::string(what) + ": " + strerror_r(errno, buffer, sizeof buffer));
}

tl::expected<Listener, std::string> bind_and_listen(Descriptor socket, int type, const sockaddr* address,
                                                    socklen_t size) {
  const int on = 1;
  if (bind(socket.get(), address, size) != 0) return failure("bind");
  if (type == SOCK_STREAM && listen(socket.get(), kBacklog) != 0) return failure("listen");
  if (type == SOCK_DGRAM) {
    const bool v6 = address->sa_family == AF_INET6;
    const int failed = v6 ? setsockopt(socket.get(), IPPROTO_IPV6, IPV6_RECVPKTINFO, &on, sizeof on)
                          : setsockopt(socket.get(), IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (failed != 0) return failure("IP_PKTINFO");
  }
  sockaddr_storage bound{};
  socklen_t bound_size = sizeof bound;
  if (getsockname(socket.get(), reinterpret_cast<sockaddr*>(&bound), &bound_size) != 0) return failure("getsockname");
  const in_port_t port = bound.ss_family == AF_INET6 ? reinterpret_cast<const sockaddr_in6&>(bound).sin6_port
                                                     : reinterpret_cast<const sockaddr_in&>(bound).sin_port;
  return Listener{std::move(socket), ntohs(port)};
}

} // namespace

tl::expected<Listener, std::string> open_listener(int type, bool remote) {
  type |= SOCK_NONBLOCK | SOCK_CLOEXEC;
  const int plain_type = type & ~(SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (remote) {
    Descriptor socket(::socket(AF_INET6, type, 0));
    const int off = 0;
    if (socket && setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off) == 0) {
      sockaddr_in6 any{};
      any.sin6_family = AF_INET6;
      auto opened = bind_and_listen(std::move(socket), plain_type, reinterpret_cast<const sockaddr*>(&any), sizeof any);
      // A host without IPv6 may still offer the socket but not the address.
      if (opened) return opened;
    }
  }
  Descriptor socket(::socket(AF_INET, type, 0));
  if (!socket) return failure("socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(remote ? INADDR_ANY : INADDR_LOOPBACK);
  return bind_and_listen(std::move(socket), plain_type, reinterpret_cast<const sockaddr*>(&address), sizeof address);
}

Caller caller_at(const sockaddr_storage& peer) noexcept {
  bool local = false;
  std::uint16_t port = 0;
  if (peer.ss_family == AF_INET) {
    const auto& address = reinterpret_cast<const sockaddr_in&>(peer);
    local = ntohl(address.sin_addr.s_addr) >> 24 == 127;
    port = ntohs(address.sin_port);
  } else if (peer.ss_family == AF_INET6) {
    const auto& address = reinterpret_cast<const sockaddr_in6&>(peer);
    local = IN6_IS_ADDR_LOOPBACK(&address.sin6_addr) ||
            (IN6_IS_ADDR_V4MAPPED(&address.sin6_addr) && address.sin6_addr.s6_addr[12] == 127);
    port = ntohs(address.sin6_port);
  }
  return {.local = local, .privileged = local && port != 0 && port < IPPORT_RESERVED};
}

ssize_t receive_datagram(int socket, std::byte* buffer, std::size_t size, DatagramPath& path) noexcept {
  iovec part{buffer, size};
  msghdr message{};
  message.msg_name = &path.peer;
  message.msg_namelen = sizeof path.peer;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = path.control;
  message.msg_controllen = sizeof path.control;
  const ssize_t got = recvmsg(socket, &message, MSG_DONTWAIT);
  path.peer_size = message.msg_namelen;
  path.control_size = message.msg_controllen;
  return got;
}

void send_datagram(int socket, const std::byte* octets, std::size_t size, DatagramPath& path) noexcept {
  iovec part{const_cast<std::byte*>(octets), size};
  msghdr message{};
  message.msg_name = &path.peer;
  message.msg_namelen = path.peer_size;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = path.control;
  message.msg_controllen = path.control_size;
  // The address that was asked answers; which interface it leaves by is routing's business.
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      info.ipi_ifindex = 0;
      std::memcpy(CMSG_DATA(header), &info, sizeof info);
    }
  }
  (void)sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace openl2tp::rpc
