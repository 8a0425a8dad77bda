#include "runtime/plugin/host_services.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "protocol/assert.hpp"
#include "runtime/plugin/call_mark.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/plugin/loop_services.hpp"
#include "runtime/plugin/vendor_avps.hpp"
#include "runtime/trace/escape.hpp"

namespace openl2tp::runtime {

namespace {

// False, and named, when a function was called without its host.
bool has_host(const openl2tp_host* host, const char* function) {
  if (host == nullptr) complain_here(fmt::format("{} without a host", function));
  return host != nullptr;
}

// False, and named, when there is no text of that length.
bool is_readable(openl2tp_host& host, const char* function, const void* text, std::size_t length) {
  if (text != nullptr || length == 0) return true;
  host.complain(fmt::format("{} with {} octets at NULL", function, length));
  return false;
}

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
  if (!has_host(host, "log") || !is_readable(*host, "log", text, length)) return;
  if (level > OPENL2TP_LOG_DEBUG)
    host->complain(fmt::format("log at level {}: 0 to {} are known", level, OPENL2TP_LOG_DEBUG));
  std::uint64_t refused = 0;
  {
    const std::scoped_lock lock(host->mutex);
    const protocol::TimePoint now = host->environment.now();
    const bool passes = host->lines.take(now);
    refused = host->lines.take_report(now);
    if (!passes && refused == 0) return;
    if (!passes) length = 0;
  }
  if (refused != 0)
    host->log.warning(fmt::format("plugin {}: {} lines held back: more than 100 a second", host->name(), refused));
  if (length == 0) return;
  std::string line = fmt::format("plugin {}: ", host->name());
  append_printable(line, {text, length}, line_octets_max);
  host->log.write(log_level(level), line);
}

// At most 255 octets of a reason count.
protocol::Reason make_reason(std::uint16_t result_code, std::uint16_t error_code, const char* reason,
                             std::size_t length) {
  protocol::Reason made{.result = result_code, .error = error_code, .text = {}};
  if (length != 0) made.text.assign(reason, std::min(length, reason_octets_max));
  return made;
}

const void* get_extension(openl2tp_host* host, const char* id) noexcept {
  if (has_host(host, "get_extension") && id == nullptr) host->complain("get_extension without an id");
  return nullptr; // there are none yet
}

Environment& environment_of(openl2tp_host* host) noexcept {
  return host == nullptr ? system_environment() : host->environment;
}

std::uint64_t now_ms(openl2tp_host* host) noexcept {
  static_cast<void>(has_host(host, "now_ms")); // the time is the same without one
  return static_cast<std::uint64_t>(environment_of(host).now().time_since_epoch().count());
}

void fill_random(openl2tp_host* host, void* out, std::size_t length) noexcept {
  if (has_host(host, "random") && !is_readable(*host, "random", out, length)) return;
  if (out == nullptr) return;
  environment_of(host).fill_random({static_cast<std::byte*>(out), length});
}

openl2tp_status ppp_up(openl2tp_host* host, openl2tp_session_token token, const openl2tp_ppp_facts* facts) noexcept {
  return !has_host(host, "ppp_up") ? OPENL2TP_E_INVALID : PluginHost::report_up(*host, token, facts);
}

openl2tp_status ppp_update(openl2tp_host* host, openl2tp_session_token token,
                           const openl2tp_ppp_facts* facts) noexcept {
  return !has_host(host, "ppp_update") ? OPENL2TP_E_INVALID : PluginHost::report_facts(*host, token, facts);
}

openl2tp_status ppp_down(openl2tp_host* host, openl2tp_session_token token, std::uint16_t result_code,
                         std::uint16_t error_code, const char* reason, std::size_t length) noexcept {
  if (!has_host(host, "ppp_down") || !is_readable(*host, "ppp_down", reason, length)) return OPENL2TP_E_INVALID;
  return PluginHost::report_down(*host, token, make_reason(result_code, error_code, reason, length));
}

openl2tp_status ppp_accm(openl2tp_host* host, openl2tp_session_token token, std::uint32_t send_accm,
                         std::uint32_t receive_accm) noexcept {
  return !has_host(host, "ppp_accm") ? OPENL2TP_E_INVALID
                                     : PluginHost::report_accm(*host, token, {send_accm, receive_accm});
}

std::size_t ppp_send(openl2tp_host* host, const openl2tp_frame_out* frames, std::size_t count) noexcept {
  if (!has_host(host, "ppp_send") || !is_readable(*host, "ppp_send", frames, count)) return 0;
  return PluginHost::send(*host, {frames, count});
}

std::uint32_t session_trace_mask(openl2tp_host* host, openl2tp_session_token token) noexcept {
  return !has_host(host, "session_trace_mask") ? 0 : PluginHost::trace_mask(*host, token);
}

void session_trace(openl2tp_host* host, openl2tp_session_token token, std::uint32_t category, const char* text,
                   std::size_t length) noexcept {
  if (!has_host(host, "session_trace") || !is_readable(*host, "session_trace", text, length)) return;
  std::string line;
  append_printable(line, {text, length}, line_octets_max);
  PluginHost::trace(*host, token, category, line);
}

openl2tp_status session_close(openl2tp_host* host, openl2tp_session_token token, std::uint16_t result_code,
                              std::uint16_t error_code, const char* reason, std::size_t length) noexcept {
  if (!has_host(host, "session_close") || !is_readable(*host, "session_close", reason, length))
    return OPENL2TP_E_INVALID;
  return PluginHost::ask_close(*host, token, make_reason(result_code, error_code, reason, length));
}

openl2tp_status bearer_up(openl2tp_host* host, openl2tp_session_token token, std::uint32_t tx_bps,
                          std::uint32_t rx_bps) noexcept {
  return !has_host(host, "bearer_up") ? OPENL2TP_E_INVALID : PluginHost::report_bearer_up(*host, token, tx_bps, rx_bps);
}

openl2tp_status bearer_failed(openl2tp_host* host, openl2tp_session_token token, std::uint16_t result_code,
                              std::uint16_t error_code, const char* reason, std::size_t length) noexcept {
  if (!has_host(host, "bearer_failed") || !is_readable(*host, "bearer_failed", reason, length))
    return OPENL2TP_E_INVALID;
  return PluginHost::report_bearer_failed(*host, token, make_reason(result_code, error_code, reason, length));
}

} // namespace

// Built at run time: the members of a loop's services live in another file.
const openl2tp_host_ops& host_services() noexcept {
  static const openl2tp_host_ops table = [] {
    openl2tp_host_ops ops{};
    ops.struct_size = sizeof ops;
    ops.abi_major = OPENL2TP_ABI_MAJOR;
    ops.abi_minor = OPENL2TP_ABI_MINOR;
    ops.log = log_line;
    ops.get_extension = get_extension;
    ops.now_ms = now_ms;
    ops.random = fill_random;
    add_loop_services(ops);
    ops.ppp_up = ppp_up;
    ops.ppp_update = ppp_update;
    ops.ppp_down = ppp_down;
    ops.ppp_accm = ppp_accm;
    ops.ppp_send = ppp_send;
    ops.session_trace_mask = session_trace_mask;
    ops.session_trace = session_trace;
    ops.session_close = session_close;
    ops.bearer_up = bearer_up;
    ops.bearer_failed = bearer_failed;
    ops.avp_add = add_avp;
    return ops;
  }();
  return table;
}

void complain_here(std::string_view what) {
  const CallMark* mark = CallMark::known();
  if (mark != nullptr && mark->host() != nullptr) mark->host()->complain(what);
}

} // namespace openl2tp::runtime

void openl2tp_host::complain(std::string_view what) {
  bool passes = false;
  std::uint64_t refused = 0;
  {
    const std::scoped_lock lock(mutex);
    const auto now = environment.now();
    passes = complaints.take(now);
    refused = complaints.take_report(now);
  }
  if (refused != 0) log.warning(fmt::format("plugin {}: {} further complaints held back", name(), refused));
  if (passes) log.warning(fmt::format("plugin {}: {}", name(), what));
}
