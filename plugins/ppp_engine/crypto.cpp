#include "plugins/ppp_engine/crypto.hpp"

#include <algorithm>

#include <nettle/des.h>
#include <nettle/md4.h>
#include <nettle/md5.h>
#include <nettle/memops.h>
#include <nettle/sha1.h>

namespace openl2tp::ppp {
namespace {

// As nettle wants them.
std::uint8_t* out(std::span<std::byte> octets) noexcept { return reinterpret_cast<std::uint8_t*>(octets.data()); }
const std::uint8_t* in(Octets octets) noexcept { return reinterpret_cast<const std::uint8_t*>(octets.data()); }
const std::uint8_t* in(std::string_view text) noexcept { return reinterpret_cast<const std::uint8_t*>(text.data()); }

constexpr std::size_t password_units_max = 256;

/// One code point of UTF-8 from the front of `text`; false when it is none.
bool take_code_point(std::string_view& text, std::uint32_t& point) noexcept {
  const auto octet = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  const std::uint8_t first = octet(0);
  const std::size_t length = first < 0x80 ? 1 : first >> 5 == 6 ? 2 : first >> 4 == 14 ? 3 : first >> 3 == 30 ? 4 : 0;
  if (length == 0 || length > text.size()) return false;
  point = length == 1 ? first : first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return false;
    point = point << 6 | (octet(i) & 0x3fU);
  }
  constexpr std::uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < smallest[length] || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) return false;
  text.remove_prefix(length);
  return true;
}

struct Utf16 {
  std::array<std::uint8_t, 2 * password_units_max> octets;
  std::size_t size = 0;
  void put(std::uint32_t unit) noexcept {
    if (size == octets.size()) return;
    octets[size++] = static_cast<std::uint8_t>(unit);
    octets[size++] = static_cast<std::uint8_t>(unit >> 8);
  }
};

void to_utf16(std::string_view text, Utf16& out) noexcept {
  for (std::string_view rest = text; !rest.empty();) {
    std::uint32_t point = 0;
    if (!take_code_point(rest, point)) { // not UTF-8: octet for octet, as older implementations do
      out.size = 0;
      for (const char octet : text)
        out.put(static_cast<std::uint8_t>(octet));
      return;
    }
    if (point < 0x10000) {
      out.put(point);
    } else {
      out.put(0xd800 + ((point - 0x10000) >> 10));
      out.put(0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
}

/// DES of 8 octets with a key of 7, which gets its parity bits here (RFC 2759 8.6).
void des(std::span<std::byte, 8> cypher, Octets clear, Octets key) noexcept {
  std::uint64_t bits = 0;
  for (const std::byte octet : key.first(7))
    bits = bits << 8 | std::to_integer<std::uint64_t>(octet);
  std::uint8_t with_parity[DES_KEY_SIZE];
  for (std::size_t i = 0; i < DES_KEY_SIZE; ++i)
    with_parity[i] = static_cast<std::uint8_t>(bits >> (49 - 7 * i) << 1);
  des_fix_parity(DES_KEY_SIZE, with_parity, with_parity);
  des_ctx context;
  des_set_key(&context, with_parity); // it says so when the key is weak, and works all the same
  des_encrypt(&context, DES_BLOCK_SIZE, out(cypher), in(clear));
  explicit_bzero(&context, sizeof(context));
  explicit_bzero(with_parity, sizeof(with_parity));
}

std::string_view without_domain(std::string_view user) noexcept {
  const std::size_t slash = user.rfind('\\');
  return slash == std::string_view::npos ? user : user.substr(slash + 1);
}

} // namespace

Md5Digest chap_md5(std::uint8_t id, std::string_view secret, Octets challenge) noexcept {
  Md5Digest digest;
  md5_ctx hash;
  md5_init(&hash);
  md5_update(&hash, 1, &id);
  md5_update(&hash, secret.size(), in(secret));
  md5_update(&hash, challenge.size(), in(challenge));
  md5_digest(&hash, digest.size(), out(digest));
  explicit_bzero(&hash, sizeof(hash)); // a short secret is still in its block
  return digest;
}

NtHash nt_password_hash(std::string_view password) noexcept {
  Utf16 text;
  to_utf16(password, text);
  NtHash digest;
  md4_ctx hash;
  md4_init(&hash);
  md4_update(&hash, text.size, text.octets.data());
  md4_digest(&hash, digest.size(), out(digest));
  explicit_bzero(&hash, sizeof(hash));
  explicit_bzero(&text, sizeof(text));
  return digest;
}

NtResponse nt_challenge_response(const NtHash& hash, Octets challenge) noexcept {
  NtResponse response{};
  if (challenge.size() != 8) return response;
  std::array<std::byte, 21> key{}; // the hash with zeros behind it
  std::copy(hash.begin(), hash.end(), key.begin());
  const std::span blocks(response);
  des(blocks.subspan<0, 8>(), challenge, Octets(key).subspan(0, 7));
  des(blocks.subspan<8, 8>(), challenge, Octets(key).subspan(7, 7));
  des(blocks.subspan<16, 8>(), challenge, Octets(key).subspan(14, 7));
  explicit_bzero(key.data(), key.size());
  return response;
}

std::array<std::byte, 8> mschap_v2_challenge_hash(std::string_view user, Octets authenticator_challenge,
                                                  Octets peer_challenge) noexcept {
  const std::string_view name = without_domain(user);
  std::array<std::byte, 8> digest;
  sha1_ctx hash;
  sha1_init(&hash);
  sha1_update(&hash, peer_challenge.size(), in(peer_challenge));
  sha1_update(&hash, authenticator_challenge.size(), in(authenticator_challenge));
  sha1_update(&hash, name.size(), in(name));
  sha1_digest(&hash, digest.size(), out(digest));
  return digest;
}

NtResponse mschap_v2_response(std::string_view password, std::string_view user, Octets authenticator_challenge,
                              Octets peer_challenge) noexcept {
  NtHash hash = nt_password_hash(password);
  const auto challenge = mschap_v2_challenge_hash(user, authenticator_challenge, peer_challenge);
  const NtResponse response = nt_challenge_response(hash, challenge);
  explicit_bzero(hash.data(), hash.size());
  return response;
}

AuthenticatorResponse mschap_v2_authenticator_response(std::string_view password, std::string_view user,
                                                       const NtResponse& nt_response, Octets authenticator_challenge,
                                                       Octets peer_challenge) noexcept {
  // The two constants of RFC 2759 8.7.
  constexpr std::string_view magic_1 = "Magic server to client signing constant";
  constexpr std::string_view magic_2 = "Pad to make it do more than one iteration";

  NtHash hash = nt_password_hash(password), hash_hash;
  md4_ctx md4;
  md4_init(&md4);
  md4_update(&md4, hash.size(), in(hash));
  md4_digest(&md4, hash_hash.size(), out(hash_hash));

  std::array<std::uint8_t, SHA1_DIGEST_SIZE> digest;
  sha1_ctx sha;
  sha1_init(&sha);
  sha1_update(&sha, hash_hash.size(), in(hash_hash));
  sha1_update(&sha, nt_response.size(), in(nt_response));
  sha1_update(&sha, magic_1.size(), in(magic_1));
  sha1_digest(&sha, digest.size(), digest.data());

  const auto challenge = mschap_v2_challenge_hash(user, authenticator_challenge, peer_challenge);
  sha1_init(&sha);
  sha1_update(&sha, digest.size(), digest.data());
  sha1_update(&sha, challenge.size(), in(challenge));
  sha1_update(&sha, magic_2.size(), in(magic_2));
  sha1_digest(&sha, digest.size(), digest.data());

  AuthenticatorResponse response;
  for (std::size_t i = 0; i < digest.size(); ++i) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    response[2 * i] = digits[digest[i] >> 4];
    response[2 * i + 1] = digits[digest[i] & 15];
  }
  explicit_bzero(hash.data(), hash.size());
  explicit_bzero(hash_hash.data(), hash_hash.size());
  explicit_bzero(&md4, sizeof(md4));
  return response;
}

bool equal_secretly(Octets a, Octets b) noexcept {
  return a.size() == b.size() && (a.empty() || nettle_memeql_sec(a.data(), b.data(), a.size()) != 0);
}

} // namespace openl2tp::ppp
