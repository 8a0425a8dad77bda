#include "plugins/radius/hiding.hpp"

#include <algorithm>
#include <cstring>

#include <nettle/md5.h>

namespace openl2tp::radius {
namespace {

constexpr std::size_t block_size = 16;
constexpr std::size_t salt_size = 2;

const std::uint8_t* in(Octets octets) noexcept { return reinterpret_cast<const std::uint8_t*>(octets.data()); }

constexpr std::size_t whole_blocks(std::size_t size) noexcept {
  return (size + block_size - 1) / block_size * block_size;
}

/// MD5(secret, `before`, `salt`).
Authenticator pad_block(std::string_view secret, Octets before, Octets salt) noexcept {
  Authenticator digest;
  md5_ctx hash;
  md5_init(&hash);
  md5_update(&hash, secret.size(), in(ppp::as_octets(secret)));
  md5_update(&hash, before.size(), in(before));
  md5_update(&hash, salt.size(), in(salt));
  md5_digest(&hash, digest.size(), reinterpret_cast<std::uint8_t*>(digest.data()));
  explicit_bzero(&hash, sizeof(hash));
  return digest;
}

/// Hides whole blocks in place: each is combined with the digest of the hidden block before it.
void hide(std::span<std::byte> blocks, const Authenticator& authenticator, Octets salt,
          std::string_view secret) noexcept {
  Octets before = authenticator;
  for (std::size_t at = 0; at < blocks.size(); at += block_size) {
    const Authenticator pad = pad_block(secret, before, at == 0 ? salt : Octets());
    for (std::size_t i = 0; i < block_size; ++i)
      blocks[at + i] ^= pad[i];
    before = blocks.subspan(at, block_size);
  }
}

} // namespace

std::optional<Octets> hide_password(std::string_view password, const Authenticator& authenticator,
                                    std::string_view secret, std::span<std::byte> buffer) noexcept {
  const std::size_t size = std::max(block_size, whole_blocks(password.size()));
  if (password.size() > password_size_max || size > buffer.size()) return std::nullopt;
  const std::span<std::byte> blocks = buffer.first(size);
  std::ranges::fill(blocks, std::byte{0});
  std::ranges::copy(ppp::as_octets(password), blocks.begin());
  hide(blocks, authenticator, {}, secret);
  return blocks;
}

std::optional<Octets> hide_salted(Octets clear, std::uint16_t salt, const Authenticator& authenticator,
                                  std::string_view secret, std::span<std::byte> buffer) noexcept {
  const std::size_t size = salt_size + whole_blocks(clear.size() + 1);
  if (clear.size() > salted_clear_size_max || size > buffer.size()) return std::nullopt;
  const std::span<std::byte> value = buffer.first(size);
  std::ranges::fill(value, std::byte{0});
  value[0] = static_cast<std::byte>(salt >> 8 | 0x80);
  value[1] = static_cast<std::byte>(salt);
  value[2] = static_cast<std::byte>(clear.size());
  std::ranges::copy(clear, value.subspan(salt_size + 1).begin());
  hide(value.subspan(salt_size), authenticator, value.first(salt_size), secret);
  return value;
}

std::optional<Octets> reveal_salted(Octets value, const Authenticator& authenticator, std::string_view secret,
                                    std::span<std::byte> buffer) noexcept {
  if (value.size() < salt_size + block_size || (value.size() - salt_size) % block_size != 0) return std::nullopt;
  const Octets salt = value.first(salt_size), hidden = value.subspan(salt_size);
  if (buffer.size() < hidden.size()) return std::nullopt;
  Octets before = authenticator;
  for (std::size_t at = 0; at < hidden.size(); at += block_size) {
    const Authenticator pad = pad_block(secret, before, at == 0 ? salt : Octets());
    for (std::size_t i = 0; i < block_size; ++i)
      buffer[at + i] = hidden[at + i] ^ pad[i];
    before = hidden.subspan(at, block_size);
  }
  const auto length = std::to_integer<std::size_t>(buffer[0]);
  if (length > hidden.size() - 1) return std::nullopt;
  return buffer.subspan(1, length);
}

} // namespace openl2tp::radius
