#include "runtime/plugin/host_services.hpp"

#include <chrono>

#include <fmt/format.h>

#include "runtime/plugin/host.hpp"
#include "runtime/trace/escape.hpp"

namespace openl2tp::runtime {

namespace {

constexpr std::size_t line_octets_max = 512;
constexpr std::size_t reason_octets_max = 255;

LogLevel log_level(std::uint32_t level) {
  switch (level) {
  case OPENL2TP_LOG_ERROR: return LogLevel::error;
  case OPENL2TP_LOG_WARNING: return LogLevel::warning;
  case OPENL2TP_LOG_DEBUG: return LogLevel::debug;
  default:
    return LogLevel::info; // OPENL2TP_LOG_INFO, and what a newer plugin may know; a number from outside, not an enum of
                           // ours
  }
}

void log_line(openl2tp_host* host, std::uint32_t level, const char* text, std::size_t length) noexcept {
  if (host == nullptr || (text == nullptr && length != 0)) return;
  std::uint64_t refused = 0;
  {
    const std::scoped_lock lock(host->mutex);
    const protocol::TimePoint now = steady_now();
    const bool passes = host->lines.take(now);
    refused = host->lines.take_report(now);
    if (!passes && refused == 0) return;
    if (!passes) length = 0;
  }
  if (refused != 0)
    host->log.warning(fmt::format("plugin {}: {} lines held back: more than 100 a second", host->name, refused));
  if (length == 0) return;
  std::string line = fmt::format("plugin {}: ", host->name);
  append_printable(line, {text, length}, line_octets_max);
  host->log.write(log_level(level), line);
}

openl2tp_status ppp_up(openl2tp_host* host, openl2tp_ppp_token token) noexcept {
  return host == nullptr ? OPENL2TP_E_INVALID : PluginHost::report_up(*host, token);
}

openl2tp_status ppp_down(openl2tp_host* host, openl2tp_ppp_token token, std::uint16_t result_code, const char* reason,
                         std::size_t length) noexcept {
  if (host == nullptr || (reason == nullptr && length != 0)) return OPENL2TP_E_INVALID;
  const std::string_view text =
      length == 0 ? std::string_view{} : std::string_view{reason, std::min(length, reason_octets_max)};
  return PluginHost::report_down(*host, token, result_code, text);
}

} // namespace

const openl2tp_host_ops& host_services() noexcept {
  static constexpr openl2tp_host_ops table{
      .struct_size = sizeof(openl2tp_host_ops),
      .abi_major = OPENL2TP_ABI_MAJOR,
      .abi_minor = OPENL2TP_ABI_MINOR,
      .log = log_line,
      .ppp_up = ppp_up,
      .ppp_down = ppp_down,
  };
  return table;
}

protocol::TimePoint steady_now() noexcept {
  return protocol::TimePoint(
      std::chrono::duration_cast<protocol::Duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

} // namespace openl2tp::runtime
