#include "plugins/ppp_unix/report.hpp"

#include <algorithm>
#include <cstring>

namespace openl2tp::ppp_unix {

namespace {

constexpr openl2tp_pppd_header header_of(std::uint16_t type) {
  return {OPENL2TP_PPPD_MAGIC, OPENL2TP_PPPD_VERSION, type};
}

template <std::size_t size>
bool ends(const char (&text)[size]) {
  return std::memchr(text, 0, size) != nullptr;
}

std::string_view method_name(std::uint32_t method) {
  switch (method) {
  case OPENL2TP_PPPD_AUTH_PAP: return "PAP";
  case OPENL2TP_PPPD_AUTH_CHAP: return "CHAP";
  case OPENL2TP_PPPD_AUTH_MSCHAP: return "MSCHAP";
  case OPENL2TP_PPPD_AUTH_MSCHAPV2: return "MSCHAPv2";
  case OPENL2TP_PPPD_AUTH_EAP: return "EAP";
  default: return "";
  }
}

std::string_view type_name(std::uint16_t type) {
  switch (type) {
  case OPENL2TP_PPPD_LINK_UP: return "LCP up";
  case OPENL2TP_PPPD_IPV4_UP: return "IPCP up";
  case OPENL2TP_PPPD_IPV4_DOWN: return "IPCP down";
  case OPENL2TP_PPPD_IPV6_UP: return "IPV6CP up";
  case OPENL2TP_PPPD_IPV6_DOWN: return "IPV6CP down";
  default: return "";
  }
}

struct FactBit {
  std::uint32_t theirs;
  std::uint32_t ours;
};
constexpr std::array<FactBit, 6> fact_bits{{
    {OPENL2TP_PPPD_GIVEN_INTERFACE, OPENL2TP_PPP_KNOWN_INTERFACE | OPENL2TP_PPP_KNOWN_UNIT},
    {OPENL2TP_PPPD_GIVEN_USER, OPENL2TP_PPP_KNOWN_USER},
    {OPENL2TP_PPPD_GIVEN_AUTH, OPENL2TP_PPP_KNOWN_AUTH},
    {OPENL2TP_PPPD_GIVEN_MTU, OPENL2TP_PPP_KNOWN_MTU},
    {OPENL2TP_PPPD_GIVEN_IPV4, OPENL2TP_PPP_KNOWN_IPV4},
    {OPENL2TP_PPPD_GIVEN_IPV6, OPENL2TP_PPP_KNOWN_IPV6},
}};

} // namespace

std::optional<Report> decode_report(std::span<const std::byte> message) noexcept {
  Report report;
  if (message.size() != sizeof(report)) return std::nullopt;
  std::memcpy(&report, message.data(), sizeof(report));
  const openl2tp_pppd_header& header = report.header;
  if (header.magic != OPENL2TP_PPPD_MAGIC || header.version != OPENL2TP_PPPD_VERSION) return std::nullopt;
  if (header.type < OPENL2TP_PPPD_LINK_UP || header.type > OPENL2TP_PPPD_IPV6_DOWN) return std::nullopt;
  if ((report.given & ~OPENL2TP_PPPD_GIVEN_ALL) != 0) return std::nullopt;
  if (!ends(report.interface_name) || !ends(report.user)) return std::nullopt;
  if ((report.given & OPENL2TP_PPPD_GIVEN_AUTH) != 0 && method_name(report.auth_method).empty()) return std::nullopt;
  return report;
}

openl2tp_ppp_facts facts_of(const Report& report) noexcept {
  openl2tp_ppp_facts facts{};
  facts.struct_size = sizeof(facts);
  facts.given = OPENL2TP_PPP_KNOWN_PROCESS;
  for (const FactBit& bit : fact_bits)
    if ((report.given & bit.theirs) != 0) facts.given |= bit.ours;
  facts.interface_name = report.interface_name;
  facts.interface_name_length = std::strlen(report.interface_name);
  facts.user_name = report.user;
  facts.user_name_length = std::strlen(report.user);
  const std::string_view method = method_name(report.auth_method);
  facts.auth_method = method.data();
  facts.auth_method_length = method.size();
  facts.unit = report.unit;
  facts.process = report.process;
  std::ranges::copy(report.local_ipv4, facts.local_ipv4);
  std::ranges::copy(report.peer_ipv4, facts.peer_ipv4);
  std::ranges::copy(report.local_ipv6, facts.local_ipv6);
  std::ranges::copy(report.peer_ipv6, facts.peer_ipv6);
  facts.mtu = report.mtu;
  facts.mru = report.mru;
  return facts;
}

std::string describe(const Report& report) {
  std::string out = "pppd ";
  out += std::to_string(report.process);
  out += ": ";
  out += type_name(report.header.type);
  if ((report.given & OPENL2TP_PPPD_GIVEN_INTERFACE) != 0) out.append(" on ").append(report.interface_name);
  return out;
}

Credentials::Credentials(std::string_view user, std::string_view password) noexcept {
  message_.header = header_of(OPENL2TP_PPPD_CREDENTIALS);
  const auto put = [](std::string_view text, auto& array) {
    const std::size_t length = std::min({text.size(), text.find('\0'), sizeof(array) - 1});
    std::copy_n(text.begin(), length, array);
  };
  put(user, message_.user);
  put(password, message_.password);
}

Credentials::~Credentials() { explicit_bzero(&message_, sizeof(message_)); }

} // namespace openl2tp::ppp_unix
