// What all objects share: errors, addresses, names, times; and the system object.
#include "tools/rpc/convert.hpp"

#include <cerrno>
#include <cstdlib>
#include <ctime>

#include "runtime/profiles/profiles.hpp"
#include "tools/rpc/convert_checks.hpp"
#include "tools/rpc/refusal.hpp"

namespace openl2tp::rpc {

using runtime::ControlFault;
using runtime::ControlResult;

namespace checks {

void Checker::refuse(const char* parameter, const std::string& seen, const std::string& allowed) {
  if (error_) return;
  error_ = runtime::ControlError{ControlFault::invalid_argument,
                                 std::string(parameter) + ": " + seen + ", expected " + allowed};
}

std::uint32_t Checker::not_negative(const char* parameter, int value) {
  if (value >= 0) return static_cast<std::uint32_t>(value);
  adjusted(std::string(parameter) + ": " + std::to_string(value) + " is not allowed, 0 is used");
  return 0;
}

std::string Checker::name(const char* parameter, const optstring& text, std::size_t size_max) {
  const std::string_view view = string_of(text).value_or(std::string_view());
  if (view.size() > size_max) {
    refuse(parameter, std::to_string(view.size()) + " octets", "at most " + std::to_string(size_max));
  }
  for (const char c : view) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) refuse(parameter, "a control character", "printable text");
  }
  return std::string(view);
}

std::string Checker::announced_name(const char* parameter, const optstring& text) {
  if (!string_of(text)) refuse(parameter, "no text", "a name");
  return name(parameter, text);
}

std::string Checker::any_text(const char*, const optstring& text) {
  return std::string(string_of(text).value_or(std::string_view()));
}

void copy_octets(u_int& size, wire_u8*& target, std::span<const std::byte> octets) {
  size = 0;
  target = nullptr;
  if (octets.empty()) return;
  target = static_cast<wire_u8*>(std::malloc(octets.size()));
  if (target == nullptr) return;
  std::memcpy(target, octets.data(), octets.size());
  size = static_cast<u_int>(octets.size());
}

std::vector<std::byte> octets_of(u_int size, const wire_u8* source) {
  const auto* first = reinterpret_cast<const std::byte*>(source);
  return std::vector<std::byte>(first, first + size);
}

} // namespace checks

int error_number(const runtime::ControlError& error) noexcept {
  switch (error.fault) {
  case ControlFault::parameter_not_modifiable: return -L2TP_ERR_PARAM_NOT_MODIFIABLE;
  case ControlFault::peer_address_missing: return -L2TP_ERR_PEER_ADDRESS_MISSING;
  case ControlFault::peer_not_found: return -L2TP_ERR_PEER_NOT_FOUND;
  case ControlFault::peer_profile_not_found: return -L2TP_ERR_PEER_PROFILE_NOT_FOUND;
  case ControlFault::ppp_profile_not_found: return -L2TP_ERR_PPP_PROFILE_NOT_FOUND;
  case ControlFault::profile_already_exists: return -L2TP_ERR_PROFILE_ALREADY_EXISTS;
  case ControlFault::profile_name_illegal: return -L2TP_ERR_PROFILE_NAME_ILLEGAL;
  case ControlFault::profile_name_missing: return -L2TP_ERR_PROFILE_NAME_MISSING;
  case ControlFault::session_already_exists: return -L2TP_ERR_SESSION_ALREADY_EXISTS;
  case ControlFault::session_id_alloc_failure: return -L2TP_ERR_SESSION_ID_ALLOC_FAILURE;
  case ControlFault::session_limit_exceeded: return -L2TP_ERR_SESSION_LIMIT_EXCEEDED;
  case ControlFault::session_not_found: return -L2TP_ERR_SESSION_NOT_FOUND;
  case ControlFault::session_profile_not_found: return -L2TP_ERR_SESSION_PROFILE_NOT_FOUND;
  case ControlFault::session_spec_missing: return -L2TP_ERR_SESSION_SPEC_MISSING;
  case ControlFault::session_type_bad: return -L2TP_ERR_SESSION_TYPE_BAD;
  case ControlFault::session_type_illegal_for_tunnel: return -L2TP_ERR_SESSION_TYPE_ILLEGAL_FOR_TUNNEL;
  case ControlFault::tunnel_add_admin_disabled: return -L2TP_ERR_TUNNEL_ADD_ADMIN_DISABLED;
  case ControlFault::tunnel_create_admin_disabled: return -L2TP_ERR_TUNNEL_CREATE_ADMIN_DISABLED;
  case ControlFault::tunnel_already_exists: return -L2TP_ERR_TUNNEL_ALREADY_EXISTS;
  case ControlFault::tunnel_id_alloc_failure: return -L2TP_ERR_TUNNEL_ID_ALLOC_FAILURE;
  case ControlFault::tunnel_not_found: return -L2TP_ERR_TUNNEL_NOT_FOUND;
  case ControlFault::tunnel_profile_not_found: return -L2TP_ERR_TUNNEL_PROFILE_NOT_FOUND;
  case ControlFault::tunnel_spec_missing: return -L2TP_ERR_TUNNEL_SPEC_MISSING;
  case ControlFault::tunnel_too_many_sessions: return -L2TP_ERR_TUNNEL_TOO_MANY_SESSIONS;
  case ControlFault::tunnel_limit_exceeded: return -L2TP_ERR_TUNNEL_LIMIT_EXCEEDED;
  case ControlFault::session_type_not_supported: return -L2TP_ERR_SESSION_TYPE_NOT_SUPPORTED;
  case ControlFault::hide_avps_needs_secret: return -L2TP_ERR_TUNNEL_HIDE_AVPS_NEEDS_SECRET;
  case ControlFault::invalid_argument: return -EINVAL;
  case ControlFault::in_use: return -EBUSY;
  case ControlFault::out_of_resources: return -ENOBUFS;
  case ControlFault::timed_out: return -ETIMEDOUT;
  case ControlFault::shutting_down: return -ESHUTDOWN;
  }
  return -EINVAL;
}

runtime::IpAddress address_from_wire(l2tp_api_ip_addr address) noexcept {
  const std::uint32_t word = address.s_addr;
  if (word == 0) return {};
  return runtime::IpAddress::v4(word & 0xff, (word >> 8) & 0xff, (word >> 16) & 0xff, (word >> 24) & 0xff);
}

l2tp_api_ip_addr address_to_wire(const runtime::IpAddress& address) noexcept {
  if (address.family != 4) return {0};
  const auto& o = address.octets;
  return {static_cast<std::uint32_t>(o[0]) | static_cast<std::uint32_t>(o[1]) << 8 |
          static_cast<std::uint32_t>(o[2]) << 16 | static_cast<std::uint32_t>(o[3]) << 24};
}

ControlResult<std::string> reason_text(const optstring& reason) {
  checks::Checker check;
  std::string text = check.name("reason", reason, 255);
  return check.result(std::move(text));
}

namespace {

std::string local_time(std::int64_t seconds, const char* format) {
  const std::time_t time = seconds;
  std::tm local{};
  if (localtime_r(&time, &local) == nullptr) return {};
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &local));
}

} // namespace

std::string time_text(std::int64_t seconds) { return local_time(seconds, "%a %b %e %H:%M:%S %Y\n"); }

std::string creation_text(std::int64_t seconds) { return local_time(seconds, " %b %e %H:%M:%S %Y\n"); }

namespace {

void note_changes(const runtime::SystemChange& change) {
  const auto note = [](bool given, std::string_view name) {
    if (given) note_parameter(name);
  };
  note(change.trace.has_value(), "trace_flags");
  note(change.tunnels_max.has_value(), "max_tunnels");
  note(change.sessions_max.has_value(), "max_sessions");
  note(change.drain.has_value(), "drain_tunnels");
  note(change.tunnel_establish_timeout_s.has_value(), "tunnel_establish_timeout");
  note(change.session_establish_timeout_s.has_value(), "session_establish_timeout");
  note(change.tunnel_persist_pend_timeout_s.has_value(), "tunnel_persist_pend_timeout");
  note(change.session_persist_pend_timeout_s.has_value(), "session_persist_pend_timeout");
  note(change.deny_local_tunnel_creates.has_value(), "deny_local_tunnel_creates");
  note(change.deny_remote_tunnel_creates.has_value(), "deny_remote_tunnel_creates");
  note(change.reset_statistics, "reset_statistics");
}

} // namespace

ControlResult<runtime::SystemChange> system_change(const l2tp_api_system_config& config) {
  checks::Checker check;
  runtime::SystemChange change;
  const auto given = [&config](std::uint32_t bit) { return (config.flags & bit) != 0; };
  if (given(L2TP_API_CONFIG_FLAG_TRACE_FLAGS)) {
    change.trace = config.trace_flags & protocol::trace::all;
    change.trace_bits = checks::trace_bits(config.trace_flags_mask);
  }
  if (given(L2TP_API_CONFIG_FLAG_MAX_TUNNELS)) {
    change.tunnels_max = check.not_negative("max_tunnels", config.max_tunnels);
  }
  if (given(L2TP_API_CONFIG_FLAG_MAX_SESSIONS)) {
    change.sessions_max = check.not_negative("max_sessions", config.max_sessions);
  }
  if (given(L2TP_API_CONFIG_FLAG_DRAIN_TUNNELS)) change.drain = config.drain_tunnels != 0;
  if (given(L2TP_API_CONFIG_FLAG_TUNNEL_ESTABLISH_TIMEOUT)) {
    change.tunnel_establish_timeout_s = check.not_negative("tunnel_establish_timeout", config.tunnel_establish_timeout);
  }
  if (given(L2TP_API_CONFIG_FLAG_SESSION_ESTABLISH_TIMEOUT)) {
    change.session_establish_timeout_s =
        check.not_negative("session_establish_timeout", config.session_establish_timeout);
  }
  if (given(L2TP_API_CONFIG_FLAG_TUNNEL_PERSIST_PEND_TIMEOUT)) {
    change.tunnel_persist_pend_timeout_s =
        check.not_negative("tunnel_persist_pend_timeout", config.tunnel_persist_pend_timeout);
  }
  if (given(L2TP_API_CONFIG_FLAG_SESSION_PERSIST_PEND_TIMEOUT)) {
    change.session_persist_pend_timeout_s =
        check.not_negative("session_persist_pend_timeout", config.session_persist_pend_timeout);
  }
  if (given(L2TP_API_CONFIG_FLAG_DENY_LOCAL_TUNNEL_CREATES)) {
    change.deny_local_tunnel_creates = config.deny_local_tunnel_creates != 0;
  }
  if (given(L2TP_API_CONFIG_FLAG_DENY_REMOTE_TUNNEL_CREATES)) {
    change.deny_remote_tunnel_creates = config.deny_remote_tunnel_creates != 0;
  }
  change.reset_statistics = given(L2TP_API_CONFIG_FLAG_RESET_STATISTICS);
  note_changes(change);
  adjusted(runtime::clamp_ranges(change));
  return check.result(std::move(change));
}

namespace {

std::uint32_t system_flags(const runtime::SystemChange& changed) noexcept {
  std::uint32_t flags = 0;
  if (changed.trace) flags |= L2TP_API_CONFIG_FLAG_TRACE_FLAGS;
  if (changed.tunnels_max) flags |= L2TP_API_CONFIG_FLAG_MAX_TUNNELS;
  if (changed.sessions_max) flags |= L2TP_API_CONFIG_FLAG_MAX_SESSIONS;
  if (changed.drain) flags |= L2TP_API_CONFIG_FLAG_DRAIN_TUNNELS;
  if (changed.tunnel_establish_timeout_s) flags |= L2TP_API_CONFIG_FLAG_TUNNEL_ESTABLISH_TIMEOUT;
  if (changed.session_establish_timeout_s) flags |= L2TP_API_CONFIG_FLAG_SESSION_ESTABLISH_TIMEOUT;
  if (changed.tunnel_persist_pend_timeout_s) flags |= L2TP_API_CONFIG_FLAG_TUNNEL_PERSIST_PEND_TIMEOUT;
  if (changed.session_persist_pend_timeout_s) flags |= L2TP_API_CONFIG_FLAG_SESSION_PERSIST_PEND_TIMEOUT;
  if (changed.deny_local_tunnel_creates) flags |= L2TP_API_CONFIG_FLAG_DENY_LOCAL_TUNNEL_CREATES;
  if (changed.deny_remote_tunnel_creates) flags |= L2TP_API_CONFIG_FLAG_DENY_REMOTE_TUNNEL_CREATES;
  return flags;
}

void fill_statistics(l2tp_api_system_stats& to, const protocol::EngineCounters& from) {
  to.short_frames = from.short_frames;
  to.wrong_version_frames = from.wrong_version_frames;
  to.unexpected_data_frames = from.unexpected_data_frames;
  to.bad_rcvd_frames = from.bad_received_frames;
  to.total_rcvd_control_frames = from.received_control_frames;
  to.total_sent_control_frames = from.sent_control_frames;
  to.total_control_frame_send_fails = from.control_frame_send_failures;
  to.total_retransmitted_control_frames = from.retransmitted_control_frames;
  to.no_control_frame_resources = from.no_control_frame_resources;
  to.no_peer_resources = from.no_peer_resources;
  to.no_tunnel_resources = from.no_tunnel_resources;
  to.no_session_resources = from.no_session_resources;
  to.no_ppp_resources = from.no_ppp_resources;
  to.too_many_tunnels = from.too_many_tunnels;
  to.too_many_sessions = from.too_many_sessions;
  to.auth_fails = from.authentication_failures;
  to.no_matching_tunnel_id_discards = from.no_matching_tunnel;
  to.no_matching_session_id_discards = from.no_matching_session;
  to.mismatched_tunnel_ids = from.mismatched_tunnel_ids;
  to.mismatched_session_ids = from.mismatched_session_ids;
  to.encode_message_fails = from.encode_failures;
  to.tunnel_setup_failures = from.tunnel_setup_failures;
  to.session_setup_failures = from.session_setup_failures;
  to.event_queue_full_errors = from.event_queue_full;
  to.ignored_avps = from.ignored_avps;
  to.vendor_avps = from.vendor_avps;
  to.illegal_messages = from.illegal_messages;
  to.unsupported_messages = from.unsupported_messages;
  auto* rows =
      static_cast<l2tp_api_system_msg_stats*>(std::calloc(L2TP_API_MSG_TYPE_COUNT, sizeof(l2tp_api_system_msg_stats)));
  if (rows == nullptr) return;
  to.messages.messages_len = L2TP_API_MSG_TYPE_COUNT;
  to.messages.messages_val = rows;
  static_assert(L2TP_API_MSG_TYPE_COUNT <= protocol::message_type_max + 1);
  for (std::size_t i = 0; i < L2TP_API_MSG_TYPE_COUNT; ++i) {
    rows[i] = {.rx = from.messages[i].received, .tx = from.messages[i].sent, .rx_bad = from.messages[i].received_bad};
  }
}

} // namespace

Value<l2tp_api_system_msg_data> system_message(const runtime::SystemReport& report) {
  Value<l2tp_api_system_msg_data> message;
  const runtime::SystemConfig& from = report.config;
  l2tp_api_system_config& to = message->config;
  to.flags = system_flags(report.changed);
  to.udp_port = from.udp_port;
  to.trace_flags = from.trace;
  to.max_tunnels = static_cast<int>(from.tunnels_max);
  to.max_sessions = static_cast<int>(from.sessions_max);
  to.drain_tunnels = from.drain ? 1 : 0;
  to.tunnel_establish_timeout = static_cast<int>(from.tunnel_establish_timeout_s);
  to.session_establish_timeout = static_cast<int>(from.session_establish_timeout_s);
  to.tunnel_persist_pend_timeout = static_cast<int>(from.tunnel_persist_pend_timeout_s);
  to.session_persist_pend_timeout = static_cast<int>(from.session_persist_pend_timeout_s);
  to.deny_local_tunnel_creates = from.deny_local_tunnel_creates;
  to.deny_remote_tunnel_creates = from.deny_remote_tunnel_creates;
  fill_statistics(message->status.stats, report.counters);
  message->status.num_tunnels = report.tunnels;
  message->status.num_sessions = report.sessions;
  return message;
}

} // namespace openl2tp::rpc
