// PPP of a session, as its plugin told it.
#include "tools/l2tpconfig/output_shared.hpp"

#include <ctime>

#include <fmt/format.h>

namespace openl2tp::cli {
namespace {

std::string local_time(std::uint64_t seconds, const char* format) {
  const auto at = static_cast<std::time_t>(seconds);
  std::tm local{};
  if (localtime_r(&at, &local) == nullptr) return std::to_string(seconds);
  char text[32];
  return std::string(text, std::strftime(text, sizeof text, format, &local));
}

/// "label: text" as one of a line's parts; nothing where there is no text.
std::string part(const std::string& line, const char* label, const char* text) {
  if (*text == '\0') return {};
  return fmt::format("{}{}: {}", line.empty() ? "    " : ", ", label, printable(text));
}
std::string part(const std::string& line, const char* label, unsigned number) {
  return number == 0 ? std::string() : part(line, label, std::to_string(number).c_str());
}

} // namespace

std::string time_text(std::uint64_t seconds) { return local_time(seconds, "%a %b %e %H:%M:%S %Y"); }

const char* ppp_phase_text(l2tp_ext_ppp_phase phase) noexcept {
  switch (phase) {
  case L2TP_EXT_PPP_NONE: return "-";
  case L2TP_EXT_PPP_STARTING: return "STARTING";
  case L2TP_EXT_PPP_LCP: return "LCP";
  case L2TP_EXT_PPP_AUTHENTICATING: return "AUTHENTICATING";
  case L2TP_EXT_PPP_NETWORK: return "NETWORK";
  case L2TP_EXT_PPP_UP: return "UP";
  case L2TP_EXT_PPP_TERMINATING: return "TERMINATING";
  case L2TP_EXT_PPP_ENDED: return "ENDED";
  }
  return "UNKNOWN"; // of a newer daemon
}

std::string ppp_text(const l2tp_ext_ppp& ppp) {
  std::string text = "  PPP:-\n";
  std::string line = fmt::format("    state: {}", ppp_phase_text(ppp.phase));
  if (ppp.up_at != 0)
    line += (ppp.phase == L2TP_EXT_PPP_UP ? " since " : ", was up at ") + local_time(ppp.up_at, "%b %e %H:%M:%S %Y");
  text += line + '\n';
  const auto add = [&text](auto... parts) {
    std::string one;
    (one.append(part(one, parts.first, parts.second)), ...);
    if (!one.empty()) text += one + '\n';
  };
  add(std::pair("plugin", ppp.plugin), std::pair("data path", ppp.data_path), std::pair("process", ppp.process));
  add(std::pair("user name", ppp.user_name), std::pair("authentication", ppp.auth_method));
  add(std::pair("interface", ppp.interface_name), std::pair("mtu", unsigned{ppp.mtu}),
      std::pair("mru", unsigned{ppp.mru}));
  add(std::pair("local address", ppp.local_ipv4), std::pair("peer address", ppp.peer_ipv4));
  add(std::pair("local IPv6 address", ppp.local_ipv6), std::pair("peer IPv6 address", ppp.peer_ipv6));
  add(std::pair("ended because", ppp.end_reason));
  return text;
}

} // namespace openl2tp::cli
