#include "tools/l2tpload/address.hpp"

#include <arpa/inet.h>

namespace openl2tp::load {

std::optional<Address> Address::parse(const std::string& text, std::uint16_t port) noexcept {
  Address address;
  auto* v4 = reinterpret_cast<sockaddr_in*>(address.raw());
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, text.c_str(), &address.storage_.sin6_addr) == 1) {
    address.storage_.sin6_family = AF_INET6;
  } else {
    return std::nullopt;
  }
  address.set_port(port);
  return address;
}

} // namespace openl2tp::load
