// What a LAC knows of a peer that it answered, and tells the LNS in the ICCN: RFC 2661 section 4.4.5. Data only.
#pragma once

#include <cstdint>
#include <string_view>

#include "plugins/ppp_engine/auth_method.hpp"
#include "plugins/ppp_engine/octets.hpp"

namespace openl2tp::ppp {

/// Values of the Proxy Authen Type AVP.
enum class ProxyAuthType : std::uint16_t { absent = 0, textual = 1, chap = 2, pap = 3, none = 4, mschap_v1 = 5 };

/// Views of AVP values, or of a link's record. Empty: no such AVP.
struct ProxyPpp {
  Octets initial_received, last_sent, last_received; // options of CONFREQs, from the first option on
  ProxyAuthType auth_type = ProxyAuthType::absent;
  std::uint8_t auth_id = 0;
  std::string_view auth_name;
  Octets auth_challenge;
  Octets auth_response; // CHAP's value; for PAP the password
};

[[nodiscard]] constexpr ProxyAuthType proxy_auth_type(AuthMethod method) noexcept {
  switch (method) {
  case AuthMethod::none: return ProxyAuthType::none;
  case AuthMethod::pap: return ProxyAuthType::pap;
  case AuthMethod::chap_md5: return ProxyAuthType::chap;
  case AuthMethod::mschap_v1: return ProxyAuthType::mschap_v1;
  case AuthMethod::mschap_v2: break; // has no number: the LNS asks again
  }
  return ProxyAuthType::absent;
}

} // namespace openl2tp::ppp
