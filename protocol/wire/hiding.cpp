// The MD5 chain of RFC 2661 §4.3, with nettle.
#include "protocol/wire/hiding.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include <nettle/md5.h>

#include "protocol/wire/reader.hpp"

namespace openl2tp::protocol {
namespace {

constexpr std::size_t block_size = MD5_DIGEST_SIZE;

/// The octets that a value is xored with, block by block.
class KeyStream {
 public:
  KeyStream(std::uint16_t attribute, Octets secret, Octets random_vector) noexcept : secret_(secret) {
    const std::array<std::byte, 2> number{static_cast<std::byte>(attribute >> 8), static_cast<std::byte>(attribute)};
    md5_init(&md5_);
    update(number);
    update(secret_);
    update(random_vector);
    digest();
  }
  ~KeyStream() { // it can open the value, and the context holds the secret
    explicit_bzero(&md5_, sizeof md5_);
    explicit_bzero(key_.data(), key_.size());
  }
  KeyStream(const KeyStream&) = delete;
  KeyStream& operator=(const KeyStream&) = delete;

  /// Goes on to the next block; `hidden` is the block before it as it stands on the wire.
  void advance(Octets hidden) noexcept {
    update(secret_);
    update(hidden);
    digest();
  }
  /// `out` = `in` xor the block; up to 16 octets, which may be the same.
  void apply(Octets in, std::span<std::byte> out) const noexcept {
    for (std::size_t i = 0; i < out.size(); ++i)
      out[i] = in[i] ^ key_[i];
  }

 private:
  void update(Octets octets) noexcept {
    md5_update(&md5_, octets.size(), reinterpret_cast<const std::uint8_t*>(octets.data()));
  }
  void digest() noexcept {
    md5_digest(&md5_, key_.size(), reinterpret_cast<std::uint8_t*>(key_.data()));
  } // also starts anew

  Octets secret_;
  md5_ctx md5_;
  std::array<std::byte, block_size> key_;
};

} // namespace

void hide(std::span<std::byte> subformat, std::uint16_t attribute, Octets secret, Octets random_vector) noexcept {
  KeyStream key(attribute, secret, random_vector);
  while (!subformat.empty()) {
    const auto block = subformat.first(std::min(block_size, subformat.size()));
    key.apply(block, block);
    subformat = subformat.subspan(block.size());
    if (!subformat.empty()) key.advance(block);
  }
}

std::optional<Octets> unhide(Octets hidden, std::uint16_t attribute, Octets secret, Octets random_vector,
                             std::span<std::byte> out) noexcept {
  if (hidden.size() < hidden_length_size || out.size() < hidden_length_size) return std::nullopt;
  KeyStream key(attribute, secret, random_vector);
  key.apply(hidden, out.first(hidden_length_size));
  const std::size_t size = hidden_length_size + Reader(out).u16();
  if (size > hidden.size() || size > out.size()) return std::nullopt;

  for (std::size_t at = 0; at < size; at += block_size) {
    if (at != 0) key.advance(hidden.subspan(at - block_size, block_size));
    const std::size_t count = std::min(block_size, size - at);
    key.apply(hidden.subspan(at, count), out.subspan(at, count));
  }
  return Octets(out).subspan(hidden_length_size, size - hidden_length_size);
}

} // namespace openl2tp::protocol
