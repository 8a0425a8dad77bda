// A UDP address, IPv4 or IPv6, small enough to keep one for each tunnel.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>

namespace openl2tp::load {

class Address {
 public:
  Address() noexcept { std::memset(&storage_, 0, sizeof storage_); }

  /// Takes a numeric address, never a name: the generator talks to nobody that was not spelled out.
  /// @error nullopt  not an IPv4 or IPv6 address.
  [[nodiscard]] static std::optional<Address> parse(const std::string& text, std::uint16_t port) noexcept;

  [[nodiscard]] const sockaddr* raw() const noexcept { return reinterpret_cast<const sockaddr*>(&storage_); }
  [[nodiscard]] sockaddr* raw() noexcept { return reinterpret_cast<sockaddr*>(&storage_); }
  [[nodiscard]] socklen_t size() const noexcept {
    return storage_.sin6_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  }
  static constexpr socklen_t size_max() noexcept { return sizeof(sockaddr_in6); }
  [[nodiscard]] int family() const noexcept { return storage_.sin6_family; }

  /// The port, in host order; it sits at the same place in both families.
  [[nodiscard]] std::uint16_t port() const noexcept { return ntohs(storage_.sin6_port); }
  void set_port(std::uint16_t port) noexcept { storage_.sin6_port = htons(port); }

  /// Equality of family, address and port, as octets for a hash table.
  [[nodiscard]] std::string key() const { return {reinterpret_cast<const char*>(&storage_), size()}; }

 private:
  sockaddr_in6 storage_;
};

} // namespace openl2tp::load
