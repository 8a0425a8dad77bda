// The Internet's checksum (RFC 1071), and what is needed to change a packet without summing it anew (RFC 1624). Sums
// are of 16-bit words as they lie in memory, whatever the machine's order: only what is stored is looked at.
#pragma once

#include <cstdint>
#include <cstring>

#include "plugins/ppp_engine/octets.hpp"

namespace openl2tp::ppp_kernel {

/// A sum that is not folded yet. Sums of parts may be added, where all parts but the last have an even length.
using Sum = std::uint64_t;

[[nodiscard]] Sum sum_of(ppp::Octets octets) noexcept;
/// Of a number as it would lie in the packet.
[[nodiscard]] Sum sum_of_u16(std::uint16_t value) noexcept;

/// The sum in 16 bits, in memory order; its complement is the checksum.
[[nodiscard]] constexpr std::uint16_t fold(Sum sum) noexcept {
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff'ffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(sum);
}

// ---- numbers of a packet; the caller has checked that they are there

[[nodiscard]] inline std::uint8_t u8_at(ppp::Octets octets, std::size_t at) noexcept {
  return std::to_integer<std::uint8_t>(octets[at]);
}
[[nodiscard]] inline std::uint16_t u16_at(ppp::Octets octets, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(u8_at(octets, at) << 8 | u8_at(octets, at + 1));
}
[[nodiscard]] inline std::uint32_t u32_at(ppp::Octets octets, std::size_t at) noexcept {
  return std::uint32_t{u16_at(octets, at)} << 16 | u16_at(octets, at + 2);
}
[[nodiscard]] inline std::uint64_t u64_at(ppp::Octets octets, std::size_t at) noexcept {
  return std::uint64_t{u32_at(octets, at)} << 32 | u32_at(octets, at + 4);
}
inline void put_u16(std::span<std::byte> octets, std::size_t at, std::uint16_t value) noexcept {
  octets[at] = static_cast<std::byte>(value >> 8);
  octets[at + 1] = static_cast<std::byte>(value);
}
inline void put_u32(std::span<std::byte> octets, std::size_t at, std::uint32_t value) noexcept {
  put_u16(octets, at, static_cast<std::uint16_t>(value >> 16));
  put_u16(octets, at + 2, static_cast<std::uint16_t>(value));
}
/// Stores a folded sum, or its complement, as it is.
inline void put_folded(std::span<std::byte> octets, std::size_t at, std::uint16_t folded) noexcept {
  std::memcpy(octets.subspan(at, sizeof folded).data(), &folded, sizeof folded);
}
[[nodiscard]] inline std::uint16_t folded_at(ppp::Octets octets, std::size_t at) noexcept {
  std::uint16_t folded = 0;
  std::memcpy(&folded, octets.subspan(at, sizeof folded).data(), sizeof folded);
  return folded;
}

/// Changes the 16-bit number at `at`, and the checksum at `checksum_at`, which covers it. Both lie in `octets`, which
/// begin where the checksum's words begin; `at` may be odd.
void change_u16(std::span<std::byte> octets, std::size_t at, std::uint16_t value, std::size_t checksum_at) noexcept;

} // namespace openl2tp::ppp_kernel
