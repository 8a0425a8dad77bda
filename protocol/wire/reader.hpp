// A bounds-checked big-endian cursor over received octets; with writer.hpp the only code that touches raw octets. Knows
// no message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace openl2tp::protocol {

/// Reads in order from a view. A read past the end yields zero or an empty view, takes nothing, and makes ok() false
/// for good: callers read a whole structure and ask once.
class Reader {
 public:
  constexpr explicit Reader(std::span<const std::byte> octets) noexcept : rest_(octets) {}

  /// False once any read asked for more than there was.
  [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
  [[nodiscard]] constexpr std::size_t remaining() const noexcept { return rest_.size(); }

  constexpr std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  constexpr std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  constexpr std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }

  /// The next `count` octets: a view into what the reader was given.
  constexpr std::span<const std::byte> octets(std::size_t count) noexcept {
    if (count > rest_.size()) {
      ok_ = false;
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  constexpr void skip(std::size_t count) noexcept { octets(count); }

  /// All that is left, as octets or as text of unknown encoding.
  constexpr std::span<const std::byte> rest() noexcept { return octets(rest_.size()); }
  std::string_view rest_as_text() noexcept {
    const auto taken = rest();
    return {reinterpret_cast<const char*>(taken.data()), taken.size()};
  }

 private:
  constexpr std::uint64_t number(std::size_t count) noexcept {
    std::uint64_t value = 0;
    for (const std::byte octet : octets(count))
      value = value << 8 | std::to_integer<std::uint64_t>(octet);
    return value;
  }

  std::span<const std::byte> rest_;
  bool ok_ = true;
};

} // namespace openl2tp::protocol
