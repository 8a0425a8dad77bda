// session show.
#include <fmt/format.h>

#include "tools/l2tpconfig/field.hpp"
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
  case L2TP_API_SESSION_PROXY_AUTH_TYPE_NO_AUTH: return "NONE";
  case L2TP_API_SESSION_PROXY_AUTH_TYPE_PPP_MSCHAPV1: return "MSCHAP";
  }
  return "UNKNOWN";
}

std::string plain(const char* indent, const char* label, const optstring& value) {
  const std::string text = text_or(value, "");
  return text.empty() ? std::string() : fmt::format("{}{}: {}\n", indent, label, text);
}

/// A line with octets in hexadecimal, nothing where there are none.
std::string octets_line(const char* indent, const char* label, std::span<const wire_u8> octets) {
  return octets.empty() ? std::string() : fmt::format("{}{}: {}\n", indent, label, detail::hex_text(octets));
}

/// A secret where it was told and asked for, else that there is one.
std::string secret_line(const char* label, const std::string& text, bool supplied, bool secrets) {
  if (secrets && !text.empty()) return fmt::format("  {}: {}\n", label, text);
  return supplied ? fmt::format("  {}: set\n", label) : std::string();
}

/// The number of a call that is being placed is shown even while it is empty: its AVP is always sent.
std::string called_number(const char* indent, const optstring& number, bool always) {
  const std::string text = quoted(indent, "called number", number);
  return text.empty() && always ? fmt::format("{}called number: ''\n", indent) : text;
}

std::string peer_text(const l2tp_api_session_msg_data& s) {
  const l2tp_api_session_peer_info& p = s.peer;
  std::string text = "\n  Peer configuration data:-\n";
  text += plain("    ", "private group id", p.private_group_id);
  text += fmt::format(
      "    data sequencing required: {}\n"
      "    framing types:{}\n"
      "    bearer types:{}\n",
      on_off(p.sequencing_required),
      types_text(p.framing_type_sync, "SYNC", p.framing_type_async, "ASYNC",
                 (s.flags & L2TP_API_SESSION_FLAG_FRAMING_TYPE) != 0 && !s.framing_type_sync && !s.framing_type_async),
      types_text(p.bearer_type_digital, "DIGITAL", p.bearer_type_analog, "ANALOG",
                 (s.flags & L2TP_API_SESSION_FLAG_BEARER_TYPE) != 0 && !s.bearer_type_digital &&
                     !s.bearer_type_analog));
  if (p.call_serial_number != 0) text += fmt::format("    call serial number: {}\n", p.call_serial_number);
  if (p.physical_channel_id != 0) text += fmt::format("    physical channel id: {}\n", p.physical_channel_id);
  if (p.minimum_bps != 0 || p.maximum_bps != 0) {
    text += fmt::format("    min bps: {}, max bps: {}\n", p.minimum_bps, p.maximum_bps);
  }
  // A peer that receives as fast as it sends has one speed.
  text += speed_text("    ", p.connect_speed, p.rx_connect_speed == p.connect_speed ? 0 : p.rx_connect_speed);
  text += quoted("    ", "calling number", p.calling_number);
  text += called_number("    ", p.called_number, s.session_type == L2TP_API_SESSION_TYPE_LAOC);
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

/// What a peer is told, or would be, about the PPP that went before.
std::string proxy_lines(const l2tp_api_session_msg_data& s, bool secrets) {
  std::string text;
  if (s.proxy_auth_type != L2TP_API_SESSION_PROXY_AUTH_TYPE_RESERVED)
    text += fmt::format("  proxy auth type: {}\n", proxy_text(s.proxy_auth_type));
  text += quoted("  ", "proxy auth name", s.proxy_auth_name);
  const auto& challenge = s.proxy_auth_challenge;
  text += octets_line("  ", "proxy auth challenge",
                      {challenge.proxy_auth_challenge_val, challenge.proxy_auth_challenge_len});
  const auto& response = s.proxy_auth_response;
  text += secret_line("proxy auth response",
                      detail::hex_text({response.proxy_auth_response_val, response.proxy_auth_response_len}),
                      (s.flags & L2TP_API_SESSION_FLAG_PROXY_AUTH_RESPONSE) != 0, secrets);
  const auto& first = s.initial_rcvd_lcp_confreq;
  text += octets_line("  ", "initial received LCP CONFREQ",
                      {first.initial_rcvd_lcp_confreq_val, first.initial_rcvd_lcp_confreq_len});
  const auto& received = s.last_rcvd_lcp_confreq;
  text += octets_line("  ", "last received LCP CONFREQ",
                      {received.last_rcvd_lcp_confreq_val, received.last_rcvd_lcp_confreq_len});
  const auto& sent = s.last_sent_lcp_confreq;
  text += octets_line("  ", "last sent LCP CONFREQ", {sent.last_sent_lcp_confreq_val, sent.last_sent_lcp_confreq_len});
  return text;
}

/// Why the peer closed the session before, where it is waiting to be opened again.
std::string response_text(const l2tp_api_session_peer_info& p) {
  if (p.result_code == 0) return {};
  return fmt::format("  last peer response information:\n"
                     "    result code: {}, error code: {}\n",
                     p.result_code, p.error_code) +
         plain("    ", "error message", p.error_message);
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

std::string types_text(bool first, const char* first_name, bool second, const char* second_name, bool given) {
  std::string text;
  if (first) text += std::string(" ") + first_name;
  if (second) text += std::string(" ") + second_name;
  return text.empty() && given ? " NONE" : text;
}

std::string speed_text(const char* indent, std::int64_t tx, std::int64_t rx) {
  if (tx == 0 && rx == 0) return {};
  if (rx == 0) return fmt::format("{}connect speed: {}\n", indent, tx);
  return fmt::format("{}tx connect speed: {}, rx connect speed: {}\n", indent, tx, rx);
}

std::string session_text(const l2tp_api_session_msg_data& s, const l2tp_ext_ppp* ppp, bool secrets) {
  std::string text =
      fmt::format("Session {} on tunnel {}:-\n"
                  "  type: {}, state: {}\n",
                  s.session_id, s.tunnel_id, session_type_text(s.session_type), text_or(s.state, "UNKNOWN"));
  text += created_line(s.create_time);
  text += plain("  ", "administrative name", s.session_name);
  text += fmt::format("  created by admin: {}", yes_no(s.created_by_admin));
  if (s.peer_session_id != 0) text += fmt::format(", peer session id: {}", s.peer_session_id);
  text += '\n';
  text += plain("  ", "session profile name", s.profile_name);
  text += plain("  ", "private group id", s.priv_group_id);
  // What concerns PPP is left out where none runs.
  if (!s.no_ppp) {
    text += plain("  ", "ppp user name", s.user_name);
    text += secret_line("ppp user password", text_or(s.user_password, ""),
                        (s.flags & L2TP_API_SESSION_FLAG_USER_PASSWORD) != 0, secrets);
    text += plain("  ", "ppp interface name", s.interface_name);
    text += plain("  ", "ppp profile name", s.ppp_profile_name);
  }
  text += fmt::format("  data sequencing required: {}\n"
                      "  use data sequence numbers: {}\n",
                      on_off(s.sequencing_required), on_off(s.use_sequence_numbers));
  if (s.reorder_timeout != 0) text += fmt::format("  reorder timeout: {}\n", s.reorder_timeout);
  text += fmt::format("  trace flags: {}\n"
                      "  framing types:{}\n"
                      "  bearer types:{}\n",
                      trace_flags_text(s.trace_flags),
                      types_text(s.framing_type_sync, "SYNC", s.framing_type_async, "ASYNC",
                                 (s.flags & L2TP_API_SESSION_FLAG_FRAMING_TYPE) != 0),
                      types_text(s.bearer_type_digital, "DIGITAL", s.bearer_type_analog, "ANALOG",
                                 (s.flags & L2TP_API_SESSION_FLAG_BEARER_TYPE) != 0));
  if (s.call_serial_number != 0) text += fmt::format("  call serial number: {}\n", s.call_serial_number);
  if (s.minimum_bps != 0 || s.maximum_bps != 0) {
    text += fmt::format("  min bps: {}, max bps: {}\n", s.minimum_bps, s.maximum_bps);
  }
  text += speed_text("  ", s.tx_connect_speed, s.rx_connect_speed);
  text += quoted("  ", "calling number", s.calling_number);
  text += called_number("  ", s.called_number, s.session_type == L2TP_API_SESSION_TYPE_LNOC);
  text += quoted("  ", "sub address", s.sub_address);
  if (!s.no_ppp) text += fmt::format("  use ppp proxy: {}\n", yes_no(s.use_ppp_proxy)) + proxy_lines(s, secrets);
  text += response_text(s.peer);
  if (ppp != nullptr && ppp->phase != L2TP_EXT_PPP_NONE) text += ppp_text(*ppp);
  text += peer_text(s);
  text += fmt::format("  data rx packets: {}, rx bytes: {}, rx errors: {}\n"
                      "  data tx packets: {}, tx bytes: {}, tx errors: {}\n",
                      s.stats.data_rx_packets, s.stats.data_rx_bytes, s.stats.data_rx_errors, s.stats.data_tx_packets,
                      s.stats.data_tx_bytes, s.stats.data_tx_errors);
  return text;
}

} // namespace openl2tp::cli
