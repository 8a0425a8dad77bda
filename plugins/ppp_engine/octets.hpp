// Bounds-checked big-endian cursors over received octets and octets to send: the only code of the engine that touches
// raw octets. A plugin may not know the daemon's own, so the engine has these.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace openl2tp::ppp {

using Octets = std::span<const std::byte>;

[[nodiscard]] inline std::string_view as_text(Octets octets) noexcept {
  return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}
[[nodiscard]] inline Octets as_octets(std::string_view text) noexcept { return std::as_bytes(std::span(text)); }
[[nodiscard]] inline bool equal(Octets a, Octets b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

/// Reads in order from a view. A read past the end yields zero or an empty view, takes nothing, and makes ok() false
/// for good: callers read a whole structure and ask once.
class Reader {
 public:
  constexpr explicit Reader(Octets octets) noexcept : rest_(octets) {}

  [[nodiscard]] constexpr bool ok() const noexcept { return ok_; }
  [[nodiscard]] constexpr std::size_t remaining() const noexcept { return rest_.size(); }

  constexpr std::uint8_t u8() noexcept { return static_cast<std::uint8_t>(number(1)); }
  constexpr std::uint16_t u16() noexcept { return static_cast<std::uint16_t>(number(2)); }
  constexpr std::uint32_t u32() noexcept { return static_cast<std::uint32_t>(number(4)); }
  constexpr std::uint64_t u64() noexcept { return number(8); }

  /// The next `count` octets: a view into what the reader was given.
  constexpr Octets octets(std::size_t count) noexcept {
    if (count > rest_.size()) {
      ok_ = false;
      return {};
    }
    const Octets taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  constexpr Octets rest() noexcept { return octets(rest_.size()); }

 private:
  constexpr std::uint64_t number(std::size_t count) noexcept {
    std::uint64_t value = 0;
    for (const std::byte octet : octets(count))
      value = value << 8 | std::to_integer<std::uint64_t>(octet);
    return value;
  }

  Octets rest_;
  bool ok_ = true;
};

/// Writes in order into a buffer of fixed size. A write that does not fit writes nothing and makes ok() false for good.
class Writer {
 public:
  explicit Writer(std::span<std::byte> buffer) noexcept : buffer_(buffer) {}

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] Octets written() const noexcept { return buffer_.first(position_); }

  void u8(std::uint8_t value) noexcept { number(value, 1); }
  void u16(std::uint16_t value) noexcept { number(value, 2); }
  void u32(std::uint32_t value) noexcept { number(value, 4); }
  void u64(std::uint64_t value) noexcept { number(value, 8); }
  void octets(Octets value) noexcept {
    if (!ok_ || value.size() > buffer_.size() - position_) {
      ok_ = false;
      return;
    }
    if (!value.empty()) std::memcpy(buffer_.data() + position_, value.data(), value.size());
    position_ += value.size();
  }
  void text(std::string_view value) noexcept { octets(as_octets(value)); }

 private:
  void number(std::uint64_t value, std::size_t count) noexcept {
    std::byte octets_of[8];
    for (std::size_t i = 0; i < count; ++i)
      octets_of[i] = static_cast<std::byte>(value >> (8 * (count - 1 - i)));
    octets(Octets(octets_of, count));
  }

  std::span<std::byte> buffer_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

} // namespace openl2tp::ppp
