#include "protocol/endpoint.hpp"

#include <arpa/inet.h>

namespace openl2tp::protocol {

std::string to_string(const IpAddress& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.family == 4) inet_ntop(AF_INET, address.octets.data(), text, sizeof text);
  if (address.family == 6) inet_ntop(AF_INET6, address.octets.data(), text, sizeof text);
  return text;
}

std::string to_string(const Endpoint& endpoint) {
  const std::string address = to_string(endpoint.address);
  const std::string port = std::to_string(endpoint.port);
  return endpoint.address.family == 6 ? "[" + address + "]:" + port : address + ":" + port;
}

std::optional<IpAddress> parse_ip_address(std::string_view text) {
  const std::string copy(text.substr(0, INET6_ADDRSTRLEN));
  if (copy.size() != text.size()) return std::nullopt;
  IpAddress address;
  if (inet_pton(AF_INET, copy.c_str(), address.octets.data()) == 1) {
    address.family = 4;
    return address;
  }
  if (inet_pton(AF_INET6, copy.c_str(), address.octets.data()) == 1) {
    address.family = 6;
    return address;
  }
  return std::nullopt;
}

} // namespace openl2tp::protocol
