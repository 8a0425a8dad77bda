// Messages made octet by octet, for peers that keep no rules.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace openl2tp::daemon_sim::raw {

using Bytes = std::vector<std::byte>;

inline constexpr std::uint16_t sccrq = 1, sccrp = 2, scccn = 3, stopccn = 4, hello = 6, icrq = 10, icrp = 11, iccn = 12,
                               cdn = 14;

void put16(Bytes& out, unsigned value);
void put32(Bytes& out, std::uint32_t value);
/// The header of a mandatory AVP with `octets` of value.
void avp(Bytes& out, std::uint16_t attribute, std::size_t octets);
/// Two octets at `at`, which the caller knows to be there.
[[nodiscard]] std::uint16_t get16(std::span<const std::byte> octets, std::size_t at);

/// Where a message goes, and its place in the order of messages.
struct Head {
  std::uint16_t tunnel = 0, session = 0, ns = 0, nr = 0;
};
/// A control message with the AVPs of `body` behind its type.
[[nodiscard]] Bytes control(const Head& head, std::uint16_t type, const Bytes& body);
[[nodiscard]] Bytes zlb(const Head& head);
/// The AVPs that SCCRQ and SCCRP have in common.
[[nodiscard]] Bytes start_of_tunnel(std::uint16_t tunnel);
/// A data message with the beginning of a PPP frame.
[[nodiscard]] Bytes data(std::uint16_t tunnel, std::uint16_t session, std::uint16_t protocol);

/// What is read of a message that was received; type 0 for what is no control message with a type.
struct Heard {
  std::uint16_t type = 0, tunnel = 0, session = 0, ns = 0;
  std::span<const std::byte> octets;
  /// The first two octets of an AVP's value; 0 where there is none.
  [[nodiscard]] std::uint16_t value(std::uint16_t attribute) const;
};
[[nodiscard]] Heard hear(std::span<const std::byte> octets);

} // namespace openl2tp::daemon_sim::raw
