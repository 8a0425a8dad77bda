// session show.
#include <fmt/format.h>

#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/output_shared.hpp"
#include "tools/l2tpconfig/values.hpp"

namespace openl2tp::cli {
namespace {

std::string quoted(const char* indent, const char* label, const optstring& value) {
  const std::string text = text_or(value, "");
  return text.empty() ? std::string() : fmt::format("{}{}: '{}'\n", indent, label, text);
}

const char* proxy_text(l2tp_api_session_proxy_auth_type type) noexcept {
  switch (type) {
  case L2TP_API_SESSION_PROXY_AUTH_TYPE_RESERVED: return "NONE";
  case L2TP_API_SESSION_PROXY_AUTH_TYPE_PLAIN_TEXT: return "TEXT";
  case L2TP_API_SESSION_PROXY_AUTH_TYPE_PPP_CHAP: return "CHAP";
  case L2TP_API_SESSION_PROXY_AUTH_TYPE_PPP_PAP: return "PAP";
  case L2TP_API_SESSION_PROXY_AUTH_TYPE_NO_AUTH: return "NO AUTH";
  case L2TP_API_SESSION_PROXY_AUTH_TYPE_PPP_MSCHAPV1: return "MSCHAPV1";
  }
  return "UNKNOWN";
}

std::string peer_text(const l2tp_api_session_peer_info& p) {
  std::string text = "\n  Peer configuration data:-\n";
  if (p.result_code != 0) {
    text += fmt::format("    result code: {}, error code: {}\n", p.result_code, p.error_code);
    text += quoted("    ", "error message", p.error_message);
  }
  text +=
      fmt::format("    data sequencing required: {}\n"
                  "    framing types:{}\n"
                  "    bearer types:{}\n"
                  "    call serial number: {}\n",
                  on_off(p.sequencing_required), types_text(p.framing_type_sync, "SYNC", p.framing_type_async, "ASYNC"),
                  types_text(p.bearer_type_digital, "DIGITAL", p.bearer_type_analog, "ANALOG"), p.call_serial_number);
  if (p.physical_channel_id != 0) text += fmt::format("    physical channel id: {}\n", p.physical_channel_id);
  if (p.minimum_bps != 0 || p.maximum_bps != 0) {
    text += fmt::format("    min bps: {}, max bps: {}\n", p.minimum_bps, p.maximum_bps);
  }
  if (p.connect_speed != 0) text += speed_text("    ", p.connect_speed, p.rx_connect_speed);
  text += quoted("    ", "private group id", p.private_group_id);
  text += quoted("    ", "calling number", p.calling_number);
  text += quoted("    ", "called number", p.called_number);
  text += quoted("    ", "sub address", p.sub_address);
  if (p.proxy_auth_type != L2TP_API_SESSION_PROXY_AUTH_TYPE_RESERVED) {
    text += fmt::format("    proxy auth type: {}\n", proxy_text(p.proxy_auth_type));
    text += quoted("    ", "proxy auth name", p.proxy_auth_name);
  }
  if (p.q931_cause_code != 0) {
    text += fmt::format("    q931 cause code: {}, message: {}\n", p.q931_cause_code, p.q931_cause_msg);
    text += quoted("    ", "q931 advisory message", p.q931_advisory_msg);
  }
  return text;
}

} // namespace

const char* session_type_text(l2tp_api_session_type type) noexcept {
  switch (type) {
  case L2TP_API_SESSION_TYPE_UNSPECIFIED: return "unspecified";
  case L2TP_API_SESSION_TYPE_LAIC: return "LAC Incoming Call";
  case L2TP_API_SESSION_TYPE_LAOC: return "LAC Outgoing Call";
  case L2TP_API_SESSION_TYPE_LNIC: return "LNS Incoming Call";
  case L2TP_API_SESSION_TYPE_LNOC: return "LNS Outgoing Call";
  }
  return "unknown";
}

std::string types_text(bool first, const char* first_name, bool second, const char* second_name) {
  std::string text;
  if (first) text += std::string(" ") + first_name;
  if (second) text += std::string(" ") + second_name;
  return text;
}

std::string speed_text(const char* indent, std::int64_t tx, std::int64_t rx) {
  if (rx == 0 || rx == tx) return fmt::format("{}connect speed: {}\n", indent, tx);
  return fmt::format("{}tx connect speed: {}, rx connect speed: {}\n", indent, tx, rx);
}

std::string session_text(const l2tp_api_session_msg_data& s, const l2tp_ext_ppp* ppp) {
  std::string text = fmt::format("Session {} on tunnel {}:-\n"
                                 "  type: {}, state: {}\n"
                                 "  created at: {}\n",
                                 s.session_id, s.tunnel_id, session_type_text(s.session_type),
                                 text_or(s.state, "UNKNOWN"), creation_text(s.create_time));
  if (const std::string name = text_or(s.session_name, ""); !name.empty()) {
    text += fmt::format("  administrative name: {}\n", name);
  }
  text += fmt::format("  created by admin: {}", yes_no(s.created_by_admin));
  if (s.peer_session_id != 0) text += fmt::format(", peer session id: {}", s.peer_session_id);
  text += '\n';
  if (const std::string group = text_or(s.priv_group_id, ""); !group.empty()) {
    text += fmt::format("  private group id: {}\n", group);
  }
  text += fmt::format("  data sequencing required: {}\n"
                      "  use data sequence numbers: {}\n",
                      on_off(s.sequencing_required), on_off(s.use_sequence_numbers));
  if (s.reorder_timeout != 0) text += fmt::format("  reorder timeout: {}\n", s.reorder_timeout);
  text += fmt::format(
      "  trace flags: {}\n"
      "  framing types:{}\n"
      "  bearer types:{}\n"
      "  call serial number: {}\n",
      trace_flags_text(s.trace_flags), types_text(s.framing_type_sync, "SYNC", s.framing_type_async, "ASYNC"),
      types_text(s.bearer_type_digital, "DIGITAL", s.bearer_type_analog, "ANALOG"), s.call_serial_number);
  if (s.minimum_bps != 0 || s.maximum_bps != 0) {
    text += fmt::format("  min bps: {}, max bps: {}\n", s.minimum_bps, s.maximum_bps);
  }
  text += speed_text("  ", s.tx_connect_speed, s.rx_connect_speed);
  text += quoted("  ", "calling number", s.calling_number);
  text += quoted("  ", "called number", s.called_number);
  text += quoted("  ", "sub address", s.sub_address);
  // What concerns PPP is left out where none runs.
  if (!s.no_ppp) {
    if (const std::string name = text_or(s.interface_name, ""); !name.empty()) {
      text += fmt::format("  interface name: {}\n", name);
    }
    if (const std::string user = text_or(s.user_name, ""); !user.empty())
      text += fmt::format("  user name: {}\n", user);
    text += fmt::format("  use ppp proxy: {}\n", yes_no(s.use_ppp_proxy));
    if (s.use_ppp_proxy) {
      text += fmt::format("    proxy auth type: {}\n", proxy_text(s.proxy_auth_type));
      text += quoted("    ", "proxy auth name", s.proxy_auth_name);
    }
  }
  if (ppp != nullptr && ppp->phase != L2TP_EXT_PPP_NONE) text += ppp_text(*ppp);
  text += peer_text(s.peer);
  text += fmt::format("  data rx packets: {}, rx bytes: {}, rx errors: {}\n"
                      "  data tx packets: {}, tx bytes: {}, tx errors: {}\n",
                      s.stats.data_rx_packets, s.stats.data_rx_bytes, s.stats.data_rx_errors, s.stats.data_tx_packets,
                      s.stats.data_tx_bytes, s.stats.data_tx_errors);
  return text;
}

} // namespace openl2tp::cli
