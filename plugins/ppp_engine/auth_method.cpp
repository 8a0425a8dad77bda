#include "plugins/ppp_engine/auth_method.hpp"

#include "plugins/ppp_engine/frame.hpp"

namespace openl2tp::ppp {
namespace {

constexpr std::uint8_t option_type = 3;
constexpr std::uint8_t algorithm_md5 = 5, algorithm_mschap_v1 = 0x80, algorithm_mschap_v2 = 0x81;

} // namespace

std::string_view name(AuthMethod method) noexcept {
  switch (method) {
  case AuthMethod::none: return "none";
  case AuthMethod::pap: return "PAP";
  case AuthMethod::chap_md5: return "CHAP";
  case AuthMethod::mschap_v1: return "MS-CHAP";
  case AuthMethod::mschap_v2: return "MS-CHAPv2";
  }
  return "?";
}

AuthMethod AuthMethods::best() const noexcept {
  for (const AuthMethod method : {AuthMethod::chap_md5, AuthMethod::mschap_v2, AuthMethod::mschap_v1, AuthMethod::pap})
    if (has(method)) return method;
  return AuthMethod::none;
}

std::optional<AuthMethod> decode_auth_option(Octets value) noexcept {
  Reader reader(value);
  const auto protocol = static_cast<Protocol>(reader.u16());
  if (!reader.ok()) return std::nullopt;
  if (protocol == Protocol::pap) return reader.remaining() == 0 ? std::optional(AuthMethod::pap) : std::nullopt;
  if (protocol != Protocol::chap) return AuthMethod::none;
  const std::uint8_t algorithm = reader.u8();
  if (!reader.ok() || reader.remaining() != 0) return std::nullopt;
  if (algorithm == algorithm_md5) return AuthMethod::chap_md5;
  if (algorithm == algorithm_mschap_v1) return AuthMethod::mschap_v1;
  if (algorithm == algorithm_mschap_v2) return AuthMethod::mschap_v2;
  return AuthMethod::none;
}

void encode_auth_option(Writer& writer, AuthMethod method) noexcept {
  const auto chap = [&](std::uint8_t algorithm) {
    writer.u8(option_type);
    writer.u8(5);
    writer.u16(static_cast<std::uint16_t>(Protocol::chap));
    writer.u8(algorithm);
  };
  switch (method) {
  case AuthMethod::none: break;
  case AuthMethod::pap:
    writer.u8(option_type);
    writer.u8(4);
    writer.u16(static_cast<std::uint16_t>(Protocol::pap));
    break;
  case AuthMethod::chap_md5: chap(algorithm_md5); break;
  case AuthMethod::mschap_v1: chap(algorithm_mschap_v1); break;
  case AuthMethod::mschap_v2: chap(algorithm_mschap_v2); break;
  }
}

} // namespace openl2tp::ppp
