#include "tools/rpc/access.hpp"

#include <algorithm>
#include <charconv>

namespace openl2tp::rpc {

using protocol::IpAddress;

namespace {

IpAddress without_mapping(const IpAddress& address) noexcept {
  constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const auto& o = address.octets;
  if (address.family != 6 || !std::equal(mapped.begin(), mapped.end(), o.begin())) return address;
  return IpAddress::v4(o[12], o[13], o[14], o[15]);
}

bool bit_of(const IpAddress& address, std::size_t bit) noexcept {
  return (address.octets[bit / 8] >> (7 - bit % 8) & 1) != 0;
}

} // namespace

bool Network::contains(const IpAddress& other) const noexcept {
  const IpAddress plain = without_mapping(other);
  if (plain.family != address.family) return false;
  for (std::size_t bit = 0; bit < length; ++bit)
    if (bit_of(plain, bit) != bit_of(address, bit)) return false;
  return true;
}

tl::expected<Network, std::string> parse_network(std::string_view text) {
  const auto refuse = [text](const char* allowed) {
    return tl::unexpected(std::string(text) + ": expected " + allowed);
  };
  const std::size_t slash = text.find('/');
  const auto address = protocol::parse_ip_address(text.substr(0, slash));
  if (!address) return refuse("an address, or a network like 192.0.2.0/24");
  const std::uint8_t bits = address->family == 6 ? 128 : 32;
  Network network{.address = *address, .length = bits};
  if (slash == std::string_view::npos) return network;
  const std::string_view digits = text.substr(slash + 1);
  unsigned length = 0;
  const auto [end, fault] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (fault != std::errc{} || end != digits.data() + digits.size() || length > bits) {
    return refuse(bits == 32 ? "a prefix of 0 to 32 bits" : "a prefix of 0 to 128 bits");
  }
  network.length = static_cast<std::uint8_t>(length);
  for (std::size_t bit = length; bit < bits; ++bit)
    if (bit_of(network.address, bit)) return refuse("a network without bits beyond its prefix");
  return network;
}

bool is_allowed(std::span<const Network> networks, const IpAddress& address) noexcept {
  return networks.empty() ||
         std::ranges::any_of(networks, [&](const Network& network) { return network.contains(address); });
}

} // namespace openl2tp::rpc
