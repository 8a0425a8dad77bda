// Endpoints as the kernel wants them, and back.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>

#include "protocol/endpoint.hpp"

namespace openl2tp::runtime {

/// Room for an IPv4 or IPv6 address, without the 128 octets of sockaddr_storage.
union SocketAddress {
  sockaddr any;
  sockaddr_in v4;
  sockaddr_in6 v6;
};

/// @return the length in octets; 0 for an endpoint without a family.
inline socklen_t to_socket_address(const protocol::Endpoint& endpoint, SocketAddress& out) noexcept {
  out = {};
  if (endpoint.address.family == 4) {
    out.v4.sin_family = AF_INET;
    out.v4.sin_port = htons(endpoint.port);
    std::memcpy(&out.v4.sin_addr, endpoint.address.octets.data(), 4);
    return sizeof out.v4;
  }
  if (endpoint.address.family == 6) {
    out.v6.sin6_family = AF_INET6;
    out.v6.sin6_port = htons(endpoint.port);
    out.v6.sin6_scope_id = endpoint.scope_id;
    std::memcpy(&out.v6.sin6_addr, endpoint.address.octets.data(), 16);
    return sizeof out.v6;
  }
  return 0;
}

/// @param name  any alignment.   @return false when it is neither family or too short.
inline bool from_socket_address(const void* name, std::size_t length, protocol::Endpoint& out) noexcept {
  SocketAddress address{};
  if (length < sizeof(sa_family_t)) return false;
  std::memcpy(&address, name, length < sizeof address ? length : sizeof address);
  out = {};
  if (address.any.sa_family == AF_INET && length >= sizeof address.v4) {
    out.address.family = 4;
    out.port = ntohs(address.v4.sin_port);
    std::memcpy(out.address.octets.data(), &address.v4.sin_addr, 4);
    return true;
  }
  if (address.any.sa_family == AF_INET6 && length >= sizeof address.v6) {
    out.address.family = 6;
    out.port = ntohs(address.v6.sin6_port);
    out.scope_id = address.v6.sin6_scope_id;
    std::memcpy(out.address.octets.data(), &address.v6.sin6_addr, 16);
    return true;
  }
  return false;
}

} // namespace openl2tp::runtime
