#include "plugins/ppp_unix/settings.hpp"

#include <charconv>
#include <optional>
#include <string_view>

namespace openl2tp::ppp_unix {

namespace {

std::optional<std::uint32_t> number(std::string_view text, std::uint32_t least, std::uint32_t most) {
  std::uint32_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value < least || value > most) return std::nullopt;
  return value;
}

} // namespace

std::variant<Settings, std::string> read_settings(const Lookup& environment, const std::string& own_folder) {
  Settings settings;
  settings.pppd_plugin = own_folder + "/pppd/openl2tpd.so";
  if (const char* path = environment("OPENL2TP_PPPD")) {
    if (path[0] != '/') return "OPENL2TP_PPPD: must be an absolute path";
    settings.pppd = path;
  }
  if (const char* text = environment("OPENL2TP_PPP_SETUP_TIMEOUT")) {
    const auto value = number(text, 1, 3'600);
    if (!value) return "OPENL2TP_PPP_SETUP_TIMEOUT: must be a number of seconds from 1 to 3600";
    settings.setup_limit_ms = std::uint64_t{*value} * 1'000;
  }
  return settings;
}

} // namespace openl2tp::ppp_unix
