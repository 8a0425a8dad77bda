#include "plugins/radius/proof.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "plugins/radius/hiding.hpp"

namespace openl2tp::radius {
namespace {

constexpr std::size_t chap_response_size = 16;
constexpr std::size_t ms_chap_response_size = 49; // of PPP: two fields of 24 octets, flags
constexpr std::size_t ms_chap_challenge_size = 8;
constexpr std::size_t ms_chap2_challenge_size = 16;

/// MS-CHAP-Response and MS-CHAP2-Response have identifier and flags in front of what PPP sends, and the flags last.
void add_ms_response(PacketWriter& writer, AttributeId attribute, std::uint8_t id, Octets challenge, Octets response,
                     std::byte flags) noexcept {
  std::array<std::byte, ms_chap_response_size + 1> value;
  value[0] = static_cast<std::byte>(id);
  value[1] = flags;
  std::ranges::copy(response.first(ms_chap_response_size - 1), value.begin() + 2);
  writer.add(attribute::ms_chap_challenge, challenge);
  writer.add(attribute, value);
}

/// The text behind an identifier that has to be `id`.
std::optional<std::string_view> text_for(const Packet& packet, AttributeId attribute, std::uint8_t id) noexcept {
  const auto value = packet.find(attribute);
  if (!value || value->size() < 2 || std::to_integer<std::uint8_t>((*value)[0]) != id) return std::nullopt;
  return ppp::as_text(value->subspan(1));
}

} // namespace

void add_pap(PacketWriter& writer, std::string_view password, std::string_view secret) noexcept {
  std::array<std::byte, password_size_max> buffer;
  writer.add(attribute::user_password,
             hide_password(password, writer.authenticator(), secret, buffer).value_or(Octets()));
  explicit_bzero(buffer.data(), buffer.size());
}

void add_chap(PacketWriter& writer, std::uint8_t id, Octets challenge, Octets response) noexcept {
  if (response.size() != chap_response_size) return writer.add(attribute::chap_password, {});
  std::array<std::byte, chap_response_size + 1> value;
  value[0] = static_cast<std::byte>(id);
  std::ranges::copy(response, value.begin() + 1);
  writer.add(attribute::chap_password, value);
  writer.add(attribute::chap_challenge, challenge);
}

void add_ms_chap(PacketWriter& writer, std::uint8_t id, Octets challenge, Octets response) noexcept {
  if (challenge.size() != ms_chap_challenge_size || response.size() != ms_chap_response_size)
    return writer.add(attribute::ms_chap_response, {});
  add_ms_response(writer, attribute::ms_chap_response, id, challenge, response, response.back());
}

void add_ms_chap2(PacketWriter& writer, std::uint8_t id, Octets challenge, Octets response) noexcept {
  if (challenge.size() != ms_chap2_challenge_size || response.size() != ms_chap_response_size)
    return writer.add(attribute::ms_chap2_response, {});
  add_ms_response(writer, attribute::ms_chap2_response, id, challenge, response, std::byte{0});
}

std::optional<std::string_view> ms_chap2_success(const Packet& accept, std::uint8_t id) noexcept {
  constexpr std::size_t digits = 40;
  const auto text = text_for(accept, attribute::ms_chap2_success, id);
  if (!text || !text->starts_with("S=") || text->size() < 2 + digits) return std::nullopt;
  if (text->substr(2, digits).find_first_not_of("0123456789ABCDEFabcdef") != std::string_view::npos)
    return std::nullopt;
  return text;
}

std::optional<std::string_view> ms_chap_error(const Packet& reject, std::uint8_t id) noexcept {
  const auto text = text_for(reject, attribute::ms_chap_error, id);
  if (!text || !text->starts_with("E=")) return std::nullopt;
  return text;
}

} // namespace openl2tp::radius
