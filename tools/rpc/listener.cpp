// Plain socket calls; nothing here waits.
#include "tools/rpc/listener.hpp"

#include <arpa/inet.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "runtime/descriptors.hpp"
#include "tools/rpc/socket_owner.hpp"

namespace openl2tp::rpc {
namespace {

constexpr int kBacklog = 1024;

std::string problem(const std::string& what) { return what + ": " + runtime::error_text(errno); }

tl::unexpected<ListenFailure> failure(const char* what) {
  const bool in_use = errno == EADDRINUSE;
  return tl::unexpected(ListenFailure{problem(what), in_use});
}

tl::expected<Listener, ListenFailure> bind_and_listen(Descriptor socket, int type, const sockaddr* address,
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

tl::expected<Listener, ListenFailure> open_listener(int type, const std::optional<protocol::IpAddress>& address,
                                                    std::uint16_t port) {
  const int socket_type = type | SOCK_NONBLOCK | SOCK_CLOEXEC;
  if (!address || address->family == 6) {
    Descriptor socket(::socket(AF_INET6, socket_type, 0));
    const int only = address ? 1 : 0;
    sockaddr_in6 wanted{};
    wanted.sin6_family = AF_INET6;
    wanted.sin6_port = htons(port);
    if (address) std::memcpy(&wanted.sin6_addr, address->octets.data(), sizeof wanted.sin6_addr);
    if (socket && setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only) == 0) {
      auto opened = bind_and_listen(std::move(socket), type, reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted);
      if (opened || address) return opened;
      // A host without IPv6 may still offer the socket but not the address.
    } else if (address) {
      return failure("socket");
    }
  }
  Descriptor socket(::socket(AF_INET, socket_type, 0));
  if (!socket) return failure("socket");
  sockaddr_in wanted{};
  wanted.sin_family = AF_INET;
  wanted.sin_port = htons(port);
  if (address) std::memcpy(&wanted.sin_addr, address->octets.data(), sizeof wanted.sin_addr);
  return bind_and_listen(std::move(socket), type, reinterpret_cast<const sockaddr*>(&wanted), sizeof wanted);
}

tl::expected<Descriptor, std::string> open_unix_listener(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string making = path + "." + std::to_string(getpid()); // bound aside and moved there when it serves
  if (making.size() >= sizeof address.sun_path) return tl::unexpected(path + ": too long for a UNIX socket");
  const auto* generic = reinterpret_cast<const sockaddr*>(&address);
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  Descriptor probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return tl::unexpected(problem("socket"));
  // A full backlog is somebody's, too.
  if (connect(probe.get(), generic, sizeof address) == 0 || errno == EAGAIN) {
    return tl::unexpected(path + ": belongs to another daemon");
  }
  Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket) return tl::unexpected(problem("socket"));
  std::memcpy(address.sun_path, making.c_str(), making.size() + 1);
  unlink(making.c_str());
  if (bind(socket.get(), generic, sizeof address) != 0) return tl::unexpected(problem(making));
  // Who the caller is decides what it may do, not whether it may connect.
  if (chmod(making.c_str(), 0666) != 0 || listen(socket.get(), kBacklog) != 0 ||
      rename(making.c_str(), path.c_str()) != 0) {
    std::string why = problem(path);
    unlink(making.c_str());
    return tl::unexpected(std::move(why));
  }
  return socket;
}

Caller caller_on_unix(int unix_socket) noexcept {
  ucred peer{};
  socklen_t size = sizeof peer;
  if (getsockopt(unix_socket, SOL_SOCKET, SO_PEERCRED, &peer, &size) != 0) return {};
  return {.local = true, .privileged = peer.uid == 0, .trusted = false, .uid = peer.uid};
}

protocol::IpAddress address_of(const sockaddr_storage& peer) noexcept {
  protocol::IpAddress address;
  if (peer.ss_family == AF_INET) {
    address.family = 4;
    std::memcpy(address.octets.data(), &reinterpret_cast<const sockaddr_in&>(peer).sin_addr, 4);
  } else if (peer.ss_family == AF_INET6) {
    address.family = 6;
    std::memcpy(address.octets.data(), &reinterpret_cast<const sockaddr_in6&>(peer).sin6_addr, 16);
  }
  return address;
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
  return {.local = local,
          .privileged = local && port != 0 && port < IPPORT_RESERVED,
          .trusted = false,
          .address = address_of(peer)};
}

namespace {

Caller with_owner(Caller caller, int type, const sockaddr_storage& peer, const sockaddr_storage& local) noexcept {
  if (!caller.local) return caller;
  const auto owner = socket_owner(type, peer, local);
  if (!owner) return caller;
  caller.uid = *owner;
  caller.privileged = *owner == 0;
  return caller;
}

sockaddr_storage bound_to(int socket) noexcept {
  sockaddr_storage local{};
  socklen_t size = sizeof local;
  if (getsockname(socket, reinterpret_cast<sockaddr*>(&local), &size) != 0) return {};
  return local;
}

} // namespace

Caller caller_on(int socket, const sockaddr_storage& peer) noexcept {
  return with_owner(caller_at(peer), SOCK_STREAM, peer, bound_to(socket));
}

Caller caller_of(int socket, const DatagramPath& path) noexcept {
  const Caller caller = caller_at(path.peer);
  if (!caller.local) return caller;
  sockaddr_storage local = bound_to(socket);
  msghdr message{};
  message.msg_control = const_cast<char*>(path.control);
  message.msg_controllen = path.control_size;
  // The address that was asked, where the socket serves every one.
  for (cmsghdr* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
    if (header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_PKTINFO) {
      in_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      reinterpret_cast<sockaddr_in&>(local).sin_addr = info.ipi_addr;
    } else if (header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info{};
      std::memcpy(&info, CMSG_DATA(header), sizeof info);
      reinterpret_cast<sockaddr_in6&>(local).sin6_addr = info.ipi6_addr;
    }
  }
  return with_owner(caller, SOCK_DGRAM, path.peer, local);
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
