#include "plugins/ppp_kernel/checksum.hpp"

#include <algorithm>

namespace openl2tp::ppp_kernel {

Sum sum_of(ppp::Octets octets) noexcept {
  const std::byte* at = octets.data();
  const std::size_t words = octets.size() / 4;
  Sum sum = 0; // 2^32 words of 32 bits fit: no carry is lost
  for (std::size_t i = 0; i < words; ++i) {
    std::uint32_t word = 0;
    std::memcpy(&word, at + 4 * i, sizeof word);
    sum += word;
  }
  std::uint32_t rest = 0; // as if zeros followed
  if (octets.size() % 4 != 0) std::memcpy(&rest, at + 4 * words, octets.size() % 4);
  return sum + rest;
}

Sum sum_of_u16(std::uint16_t value) noexcept {
  const std::byte octets[2] = {static_cast<std::byte>(value >> 8), static_cast<std::byte>(value)};
  return sum_of(octets);
}

void change_u16(std::span<std::byte> octets, std::size_t at, std::uint16_t value, std::size_t checksum_at) noexcept {
  // RFC 1624, equation 3, over the one or two words that the number lies in.
  const std::size_t first = at & ~std::size_t{1};
  const std::size_t size = std::min<std::size_t>(octets.size() - first, at % 2 == 0 ? 2 : 4);
  Sum sum = static_cast<std::uint16_t>(~folded_at(octets, checksum_at));
  sum += static_cast<std::uint16_t>(~fold(sum_of(octets.subspan(first, size))));
  put_u16(octets, at, value);
  sum += sum_of(octets.subspan(first, size));
  put_folded(octets, checksum_at, static_cast<std::uint16_t>(~fold(sum)));
}

} // namespace openl2tp::ppp_kernel
