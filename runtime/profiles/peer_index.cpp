// Prefix arithmetic and the index of peer profiles by address.
#include "runtime/profiles/peer_index.hpp"

#include <algorithm>

namespace openl2tp::runtime {

namespace {

std::uint8_t bits_of(const IpAddress& address) noexcept { return address.family == 6 ? 128 : 32; }

IpAddress masked(IpAddress address, std::uint8_t length) noexcept {
  for (std::size_t i = 0; i < address.octets.size(); ++i) {
    const std::size_t first_bit = i * 8;
    if (first_bit >= length) {
      address.octets[i] = 0;
    } else if (length - first_bit < 8) {
      address.octets[i] &= static_cast<std::uint8_t>(0xff << (8 - (length - first_bit)));
    }
  }
  return address;
}

// nullopt: not contiguous.
std::optional<std::uint8_t> prefix_length(const IpAddress& mask) noexcept {
  const std::uint8_t bits = bits_of(mask);
  IpAddress ones{.family = mask.family, .octets = {}};
  ones.octets.fill(0xff);
  for (unsigned length = 0; length <= bits; ++length) {
    if (masked(ones, static_cast<std::uint8_t>(length)) == mask) return static_cast<std::uint8_t>(length);
  }
  return std::nullopt;
}

tl::unexpected<ControlError> refuse(std::string text) {
  return tl::unexpected(ControlError{ControlFault::invalid_argument, std::move(text)});
}

} // namespace

ControlResult<std::optional<Network>> network_of(const PeerProfileParameters& parameters) {
  const IpAddress address = parameters.peer_addr.value_or(IpAddress{});
  if (!parameters.netmask || parameters.netmask->family == 0) {
    if (address.is_unspecified()) return std::optional<Network>{};
    return std::optional<Network>{Network{.address = address, .length = bits_of(address)}};
  }
  const IpAddress& mask = *parameters.netmask;
  const std::optional<std::uint8_t> length = prefix_length(mask);
  if (!length) return refuse("netmask: " + to_string(mask) + ", allowed contiguous masks");
  if (address.family != 0 && address.family != mask.family) {
    return refuse("netmask: " + to_string(mask) + ", allowed masks of the family of " + to_string(address));
  }
  // A mask alone names the network of all addresses only when it is 0; with bits set it would match 0.x.x.x.
  if (address.is_unspecified() && *length > 0) return std::optional<Network>{};
  const IpAddress base = address.family == 0 ? IpAddress{.family = mask.family, .octets = {}} : address;
  return std::optional<Network>{Network{.address = masked(base, *length), .length = *length}};
}

void PeerIndex::add(const Network& network, const std::string& profile) {
  const auto known = profiles_.find(network);
  auto names = known ? std::make_shared<std::set<std::string>>(*known) : std::make_shared<std::set<std::string>>();
  names->insert(profile);
  profiles_.set(network, std::move(names));
  if (!known) ++lengths_[Length{network.address.family, network.length}];
}

void PeerIndex::remove(const Network& network, const std::string& profile) {
  const auto known = profiles_.find(network);
  if (!known || !known->contains(profile)) return;
  if (known->size() > 1) {
    auto names = std::make_shared<std::set<std::string>>(*known);
    names->erase(profile);
    profiles_.set(network, std::move(names));
    return;
  }
  profiles_.erase(network);
  const auto length = lengths_.find(Length{network.address.family, network.length});
  if (length != lengths_.end() && --length->second == 0) lengths_.erase(length);
}

std::optional<std::string> PeerIndex::match(const IpAddress& address) const {
  for (const auto& [length, count] : lengths_) {
    if (length.family != address.family) continue;
    const auto names = profiles_.find(Network{.address = masked(address, length.length), .length = length.length});
    if (names && !names->empty()) return *names->begin();
  }
  return std::nullopt;
}

} // namespace openl2tp::runtime
