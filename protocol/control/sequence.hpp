// Arithmetic on Ns and Nr: free running counters modulo 65536. RFC 2661 §5.8. Nothing else of the code compares
// sequence numbers.
#pragma once

#include <cstdint>

namespace openl2tp::protocol {

/// How many steps lead from `from` up to `to`, modulo 65536.
[[nodiscard]] constexpr std::uint16_t sequence_distance(std::uint16_t from, std::uint16_t to) noexcept {
  return static_cast<std::uint16_t>(to - from);
}

/// True when `a` is one of the 32768 numbers that precede `b`. With `b` the next expected number this is exactly the
/// range that §5.8 calls duplicates: the last received number and the 32767 before it.
[[nodiscard]] constexpr bool sequence_before(std::uint16_t a, std::uint16_t b) noexcept {
  return sequence_distance(b, a) >= 0x8000U;
}

} // namespace openl2tp::protocol
