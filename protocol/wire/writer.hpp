// A bounds-checked big-endian cursor over octets to send; with reader.hpp the only code that touches raw octets. Knows
// no message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

namespace openl2tp::protocol {

/// Writes in order into a buffer of fixed size. A write that does not fit writes nothing and makes ok() false for good:
/// callers write a whole structure and ask once.
class Writer {
 public:
  explicit Writer(std::span<std::byte> buffer) noexcept : buffer_(buffer) {}

  /// False once any write did not fit.
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  /// Octets written so far.
  [[nodiscard]] std::size_t position() const noexcept { return position_; }
  /// A view of what was written from `from` on, to be changed in place.
  [[nodiscard]] std::span<std::byte> written(std::size_t from) noexcept {
    return from > position_ ? std::span<std::byte>{} : buffer_.subspan(from, position_ - from);
  }

  void u8(std::uint8_t value) noexcept { number(value, 1); }
  void u16(std::uint16_t value) noexcept { number(value, 2); }
  void u32(std::uint32_t value) noexcept { number(value, 4); }
  void octets(std::span<const std::byte> value) noexcept {
    const auto target = reserve(value.size());
    if (!target.empty()) std::memcpy(target.data(), value.data(), target.size());
  }
  void text(std::string_view value) noexcept { octets(std::as_bytes(std::span(value))); }

  /// The next `count` octets, for the caller to fill; empty when they do not fit.
  [[nodiscard]] std::span<std::byte> reserve(std::size_t count) noexcept {
    if (!ok_ || count > buffer_.size() - position_) {
      ok_ = false;
      return {};
    }
    const auto target = buffer_.subspan(position_, count);
    position_ += count;
    return target;
  }

 private:
  void number(std::uint32_t value, std::size_t count) noexcept {
    for (std::byte& octet : reserve(count))
      octet = static_cast<std::byte>(value >> (8 * --count));
  }

  std::span<std::byte> buffer_;
  std::size_t position_ = 0;
  bool ok_ = true;
};

} // namespace openl2tp::protocol
