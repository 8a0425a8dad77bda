#include "plugins/ppp_unix/settings.hpp"

#include <algorithm>
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
  if (const char* text = environment("OPENL2TP_PPP_SETUPS_MAX")) {
    const auto value = number(text, 0, 65'535);
    if (!value) return "OPENL2TP_PPP_SETUPS_MAX: must be a number from 0 to 65535";
    settings.setups_max = *value;
  }
  if (const char* text = environment("OPENL2TP_PPP_SETUP_TIMEOUT")) {
    const auto value = number(text, 1, 3'600);
    if (!value) return "OPENL2TP_PPP_SETUP_TIMEOUT: must be a number of seconds from 1 to 3600";
    settings.setup_limit_ms = std::uint64_t{*value} * 1'000;
  }
  return settings;
}

std::uint32_t setups_of_shard(std::uint32_t setups_max, std::uint32_t index, std::uint32_t shards) noexcept {
  if (setups_max == 0) return 0;
  if (shards == 0) return setups_max;
  const std::uint32_t part = setups_max / shards + (index < setups_max % shards ? 1 : 0);
  return std::max<std::uint32_t>(part, 1);
}

} // namespace openl2tp::ppp_unix
