// The session object, row by row.
#include "runtime/profiles/parameter.hpp"
#include "tools/rpc/audit.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/convert_checks.hpp"
#include "tools/rpc/refusal.hpp"

namespace openl2tp::rpc {

using checks::Checker;
using checks::copy_octets;
using checks::note_parameters;
using checks::octets_of;
using checks::set_if;
using checks::set_if_any;
using runtime::ControlResult;
using runtime::SessionParameters;

ControlResult<runtime::SessionName> session_name(std::uint16_t tunnel_id, const optstring& tunnel,
                                                 std::uint16_t session_id, const optstring& session) {
  auto of_tunnel = tunnel_name(tunnel_id, tunnel);
  if (!of_tunnel) return tl::unexpected(std::move(of_tunnel.error()));
  Checker check;
  runtime::SessionName result{.tunnel = std::move(*of_tunnel), .id = session_id, .name = std::nullopt};
  note_object("session", session_id, session);
  if (string_of(session)) result.name = check.name("session_name", session); // an empty one names nothing
  if (result.tunnel.id == 0 && !result.tunnel.name)
    return tl::unexpected(runtime::ControlError{runtime::ControlFault::tunnel_spec_missing, {}});
  if (result.id == 0 && !result.name)
    return tl::unexpected(runtime::ControlError{runtime::ControlFault::session_spec_missing, {}});
  return check.result(std::move(result));
}

ControlResult<SessionParameters> session_parameters(const l2tp_api_session_msg_data& message, bool identifies) {
  Checker check;
  SessionParameters to;
  const auto given = [&message](std::uint32_t bit) { return (message.flags & bit) != 0; };
  if (!identifies) {
    if (message.session_id != 0) to.session_id = message.session_id;
    if (std::string text = check.name("session_name", message.session_name); !text.empty()) {
      to.session_name = std::move(text);
    }
  }
  if (given(L2TP_API_SESSION_FLAG_INTERFACE_NAME)) {
    to.interface_name = check.name("interface_name", message.interface_name, checks::kInterfaceNameMax);
  }
  if (given(L2TP_API_SESSION_FLAG_USER_NAME)) to.user_name = check.name("user_name", message.user_name);
  if (given(L2TP_API_SESSION_FLAG_USER_PASSWORD)) {
    to.user_password = check.any_text("user_password", message.user_password);
  }
  if (given(L2TP_API_SESSION_FLAG_PRIV_GROUP_ID)) {
    to.private_group_id = check.name("priv_group_id", message.priv_group_id);
  }
  // Of a new session it counts with or without its bit.
  if (given(L2TP_API_SESSION_FLAG_PROFILE_NAME))
    to.profile_name = check.announced_name("profile_name", message.profile_name);
  else if (const auto name = string_of(message.profile_name); !identifies && name && !name->empty())
    to.profile_name = check.name("profile_name", message.profile_name);
  if (given(L2TP_API_SESSION_FLAG_PPP_PROFILE_NAME)) {
    to.ppp_profile_name = check.name("ppp_profile_name", message.ppp_profile_name);
  }
  if (given(L2TP_API_SESSION_FLAG_SESSION_TYPE)) {
    to.session_type =
        check.enumerated<runtime::SessionType>("session_type", message.session_type, L2TP_API_SESSION_TYPE_LNOC);
  }
  if (given(L2TP_API_SESSION_FLAG_NO_PPP)) to.no_ppp = message.no_ppp != 0;
  if (given(L2TP_API_SESSION_FLAG_USE_PPP_PROXY)) to.use_ppp_proxy = message.use_ppp_proxy != 0;
  if (given(L2TP_API_SESSION_FLAG_SEQUENCING_REQUIRED)) to.sequencing_required = message.sequencing_required != 0;
  if (given(L2TP_API_SESSION_FLAG_USE_SEQUENCE_NUMBERS)) to.use_sequence_numbers = message.use_sequence_numbers != 0;
  if (given(L2TP_API_SESSION_FLAG_REORDER_TIMEOUT)) {
    to.reorder_timeout = check.not_negative("reorder_timeout", message.reorder_timeout);
  }
  if (given(L2TP_API_SESSION_FLAG_TRACE_FLAGS)) {
    to.trace = message.trace_flags & protocol::trace::all;
    to.trace_bits = checks::trace_bits(message.trace_flags_mask);
  }
  if (given(L2TP_API_SESSION_FLAG_FRAMING_TYPE)) {
    to.framing_type = runtime::Framing{message.framing_type_sync != 0, message.framing_type_async != 0};
  }
  if (given(L2TP_API_SESSION_FLAG_BEARER_TYPE)) {
    to.bearer_type = runtime::Bearer{message.bearer_type_digital != 0, message.bearer_type_analog != 0};
  }
  if (given(L2TP_API_SESSION_FLAG_MINIMUM_BPS)) to.minimum_bps = check.not_negative("minimum_bps", message.minimum_bps);
  if (given(L2TP_API_SESSION_FLAG_MAXIMUM_BPS)) to.maximum_bps = check.not_negative("maximum_bps", message.maximum_bps);
  if (given(L2TP_API_SESSION_FLAG_CONNECT_SPEED)) {
    to.tx_connect_speed = check.not_negative("connect_speed (tx)", message.tx_connect_speed);
    to.rx_connect_speed = check.not_negative("connect_speed (rx)", message.rx_connect_speed);
  }
  if (given(L2TP_API_SESSION_FLAG_PROXY_AUTH_TYPE)) {
    to.proxy_auth_type = check.enumerated<runtime::ProxyAuthType>("proxy_auth_type", message.proxy_auth_type,
                                                                  L2TP_API_SESSION_PROXY_AUTH_TYPE_PPP_MSCHAPV1);
  }
  if (given(L2TP_API_SESSION_FLAG_PROXY_AUTH_NAME)) {
    to.proxy_auth_name = check.name("proxy_auth_name", message.proxy_auth_name);
  }
  if (given(L2TP_API_SESSION_FLAG_PROXY_AUTH_CHALLENGE)) {
    to.proxy_auth_challenge = octets_of(message.proxy_auth_challenge.proxy_auth_challenge_len,
                                        message.proxy_auth_challenge.proxy_auth_challenge_val);
  }
  if (given(L2TP_API_SESSION_FLAG_PROXY_AUTH_RESPONSE)) {
    to.proxy_auth_response = octets_of(message.proxy_auth_response.proxy_auth_response_len,
                                       message.proxy_auth_response.proxy_auth_response_val);
  }
  if (given(L2TP_API_SESSION_FLAG_CALLING_NUMBER))
    to.calling_number = check.name("calling_number", message.calling_number);
  if (given(L2TP_API_SESSION_FLAG_CALLED_NUMBER)) to.called_number = check.name("called_number", message.called_number);
  if (given(L2TP_API_SESSION_FLAG_SUB_ADDRESS)) to.sub_address = check.name("sub_address", message.sub_address);
  if (given(L2TP_API_SESSION_FLAG_INITIAL_RCVD_LCP_CONFREQ)) {
    to.initial_received_confreq = octets_of(message.initial_rcvd_lcp_confreq.initial_rcvd_lcp_confreq_len,
                                            message.initial_rcvd_lcp_confreq.initial_rcvd_lcp_confreq_val);
  }
  if (given(L2TP_API_SESSION_FLAG_LAST_SENT_LCP_CONFREQ)) {
    to.last_sent_confreq = octets_of(message.last_sent_lcp_confreq.last_sent_lcp_confreq_len,
                                     message.last_sent_lcp_confreq.last_sent_lcp_confreq_val);
  }
  if (given(L2TP_API_SESSION_FLAG_LAST_RCVD_LCP_CONFREQ)) {
    to.last_received_confreq = octets_of(message.last_rcvd_lcp_confreq.last_rcvd_lcp_confreq_len,
                                         message.last_rcvd_lcp_confreq.last_rcvd_lcp_confreq_val);
  }
  if (!identifies) note_object("session", message.session_id, message.session_name);
  note_parameters(to);
  adjusted(runtime::clamp_ranges(to));
  return check.result(std::move(to));
}

namespace {

std::uint32_t session_flags(const SessionParameters& given) noexcept {
  std::uint32_t flags = 0;
  const auto set = [&flags](bool supplied, std::uint32_t bit) { flags |= supplied ? bit : 0U; };
  set(given.trace.has_value(), L2TP_API_SESSION_FLAG_TRACE_FLAGS);
  set(given.sequencing_required.has_value(), L2TP_API_SESSION_FLAG_SEQUENCING_REQUIRED);
  set(given.ppp_profile_name.has_value(), L2TP_API_SESSION_FLAG_PPP_PROFILE_NAME);
  set(given.session_type.has_value(), L2TP_API_SESSION_FLAG_SESSION_TYPE);
  set(given.private_group_id.has_value(), L2TP_API_SESSION_FLAG_PRIV_GROUP_ID);
  set(given.framing_type.has_value(), L2TP_API_SESSION_FLAG_FRAMING_TYPE);
  set(given.bearer_type.has_value(), L2TP_API_SESSION_FLAG_BEARER_TYPE);
  set(given.minimum_bps.has_value(), L2TP_API_SESSION_FLAG_MINIMUM_BPS);
  set(given.maximum_bps.has_value(), L2TP_API_SESSION_FLAG_MAXIMUM_BPS);
  set(given.tx_connect_speed.has_value() || given.rx_connect_speed.has_value(), L2TP_API_SESSION_FLAG_CONNECT_SPEED);
  set(given.use_ppp_proxy.has_value(), L2TP_API_SESSION_FLAG_USE_PPP_PROXY);
  set(given.proxy_auth_type.has_value(), L2TP_API_SESSION_FLAG_PROXY_AUTH_TYPE);
  set(given.proxy_auth_name.has_value(), L2TP_API_SESSION_FLAG_PROXY_AUTH_NAME);
  set(given.proxy_auth_challenge.has_value(), L2TP_API_SESSION_FLAG_PROXY_AUTH_CHALLENGE);
  set(given.proxy_auth_response.has_value(), L2TP_API_SESSION_FLAG_PROXY_AUTH_RESPONSE);
  set(given.calling_number.has_value(), L2TP_API_SESSION_FLAG_CALLING_NUMBER);
  set(given.called_number.has_value(), L2TP_API_SESSION_FLAG_CALLED_NUMBER);
  set(given.sub_address.has_value(), L2TP_API_SESSION_FLAG_SUB_ADDRESS);
  set(given.initial_received_confreq.has_value(), L2TP_API_SESSION_FLAG_INITIAL_RCVD_LCP_CONFREQ);
  set(given.last_sent_confreq.has_value(), L2TP_API_SESSION_FLAG_LAST_SENT_LCP_CONFREQ);
  set(given.last_received_confreq.has_value(), L2TP_API_SESSION_FLAG_LAST_RCVD_LCP_CONFREQ);
  set(given.user_name.has_value(), L2TP_API_SESSION_FLAG_USER_NAME);
  set(given.user_password.has_value(), L2TP_API_SESSION_FLAG_USER_PASSWORD);
  set(given.use_sequence_numbers.has_value(), L2TP_API_SESSION_FLAG_USE_SEQUENCE_NUMBERS);
  set(given.reorder_timeout.has_value(), L2TP_API_SESSION_FLAG_REORDER_TIMEOUT);
  set(given.session_name.has_value(), L2TP_API_SESSION_FLAG_SESSION_NAME);
  set(given.interface_name.has_value(), L2TP_API_SESSION_FLAG_INTERFACE_NAME);
  set(given.profile_name.has_value(), L2TP_API_SESSION_FLAG_PROFILE_NAME);
  set(given.no_ppp.has_value(), L2TP_API_SESSION_FLAG_NO_PPP);
  return flags;
}

std::span<const std::byte> span_of(const std::optional<std::vector<std::byte>>& octets) noexcept {
  return octets ? std::span<const std::byte>(*octets) : std::span<const std::byte>();
}

void fill_config(l2tp_api_session_msg_data& to, const SessionParameters& from, bool with_secrets) {
  const runtime::Framing framing = from.framing_type.value_or(runtime::Framing{});
  const runtime::Bearer bearer = from.bearer_type.value_or(runtime::Bearer{});
  set_if(to.session_name, from.session_name);
  set_if(to.interface_name, from.interface_name);
  set_if(to.user_name, from.user_name);
  if (with_secrets) set_if(to.user_password, from.user_password);
  set_if(to.priv_group_id, from.private_group_id);
  to.no_ppp = from.no_ppp.value_or(false);
  to.sequencing_required = from.sequencing_required.value_or(false);
  to.use_sequence_numbers = from.use_sequence_numbers.value_or(false);
  to.reorder_timeout = static_cast<int>(from.reorder_timeout.value_or(0));
  to.framing_type_sync = framing.sync;
  to.framing_type_async = framing.async;
  to.bearer_type_digital = bearer.digital;
  to.bearer_type_analog = bearer.analog;
  to.trace_flags = from.trace.value_or(0);
  to.minimum_bps = static_cast<int>(from.minimum_bps.value_or(0));
  to.maximum_bps = static_cast<int>(from.maximum_bps.value_or(0));
  to.tx_connect_speed = static_cast<int>(from.tx_connect_speed.value_or(0));
  to.rx_connect_speed = static_cast<int>(from.rx_connect_speed.value_or(0));
  to.use_ppp_proxy = from.use_ppp_proxy.value_or(false);
  to.proxy_auth_type =
      static_cast<l2tp_api_session_proxy_auth_type>(from.proxy_auth_type.value_or(runtime::ProxyAuthType::reserved));
  set_if(to.proxy_auth_name, from.proxy_auth_name);
  if (with_secrets) {
    // A PAP response is a password.
    copy_octets(to.proxy_auth_challenge.proxy_auth_challenge_len, to.proxy_auth_challenge.proxy_auth_challenge_val,
                span_of(from.proxy_auth_challenge));
    copy_octets(to.proxy_auth_response.proxy_auth_response_len, to.proxy_auth_response.proxy_auth_response_val,
                span_of(from.proxy_auth_response));
  }
  set_if(to.calling_number, from.calling_number);
  set_if(to.called_number, from.called_number);
  set_if(to.sub_address, from.sub_address);
  copy_octets(to.initial_rcvd_lcp_confreq.initial_rcvd_lcp_confreq_len,
              to.initial_rcvd_lcp_confreq.initial_rcvd_lcp_confreq_val, span_of(from.initial_received_confreq));
  copy_octets(to.last_sent_lcp_confreq.last_sent_lcp_confreq_len, to.last_sent_lcp_confreq.last_sent_lcp_confreq_val,
              span_of(from.last_sent_confreq));
  copy_octets(to.last_rcvd_lcp_confreq.last_rcvd_lcp_confreq_len, to.last_rcvd_lcp_confreq.last_rcvd_lcp_confreq_val,
              span_of(from.last_received_confreq));
}

void fill_peer(l2tp_api_session_peer_info& to, const runtime::SessionPeerReport& from, bool with_secrets) {
  to.result_code = from.result.result;
  to.error_code = from.result.error;
  set_if_any(to.error_message, from.result.text);
  to.minimum_bps = from.minimum_bps;
  to.maximum_bps = from.maximum_bps;
  to.connect_speed = from.tx_connect_speed;
  to.rx_connect_speed = from.rx_connect_speed;
  set_number(to.proxy_auth_type, from.proxy_auth_type);
  to.proxy_auth_id = from.proxy_auth_id;
  set_if_any(to.proxy_auth_name, from.proxy_auth_name);
  if (with_secrets) {
    copy_octets(to.proxy_auth_challenge.proxy_auth_challenge_len, to.proxy_auth_challenge.proxy_auth_challenge_val,
                from.proxy_auth_challenge);
    copy_octets(to.proxy_auth_response.proxy_auth_response_len, to.proxy_auth_response.proxy_auth_response_val,
                from.proxy_auth_response);
  }
  set_if_any(to.private_group_id, from.private_group_id);
  to.framing_type_sync = from.framing_type.sync;
  to.framing_type_async = from.framing_type.async;
  to.bearer_type_digital = from.bearer_type.digital;
  to.bearer_type_analog = from.bearer_type.analog;
  to.sequencing_required = from.sequencing_required;
  to.call_serial_number = from.call_serial_number;
  to.physical_channel_id = from.physical_channel_id;
  copy_octets(to.initial_rcvd_lcp_confreq.initial_rcvd_lcp_confreq_len,
              to.initial_rcvd_lcp_confreq.initial_rcvd_lcp_confreq_val, from.initial_received_confreq);
  copy_octets(to.last_sent_lcp_confreq.last_sent_lcp_confreq_len, to.last_sent_lcp_confreq.last_sent_lcp_confreq_val,
              from.last_sent_confreq);
  copy_octets(to.last_rcvd_lcp_confreq.last_rcvd_lcp_confreq_len, to.last_rcvd_lcp_confreq.last_rcvd_lcp_confreq_val,
              from.last_received_confreq);
  set_if_any(to.calling_number, from.calling_number);
  set_if_any(to.called_number, from.called_number);
  set_if_any(to.sub_address, from.sub_address);
  to.q931_cause_code = from.q931_cause;
  to.q931_cause_msg = from.q931_message;
  set_if_any(to.q931_advisory_msg, from.q931_advisory);
  to.call_errors = {.crc_errors = from.call_errors.crc,
                    .framing_errors = from.call_errors.framing,
                    .hardware_overruns = from.call_errors.hardware_overruns,
                    .buffer_overruns = from.call_errors.buffer_overruns,
                    .timeout_errors = from.call_errors.timeouts,
                    .alignment_errors = from.call_errors.alignment};
  to.send_accm = from.accm.send;
  to.recv_accm = from.accm.receive;
}

} // namespace

Value<l2tp_api_session_msg_data> session_message(const runtime::SessionReport& report, bool with_secrets) {
  Value<l2tp_api_session_msg_data> message;
  l2tp_api_session_msg_data& to = *message;
  to.flags = session_flags(report.supplied);
  if (report.tunnel_name) to.flags |= L2TP_API_SESSION_FLAG_TUNNEL_NAME;
  to.tunnel_id = report.tunnel_id;
  to.session_id = report.session_id;
  set_if(to.tunnel_name, report.tunnel_name);
  to.peer_session_id = report.peer_session_id;
  set_string(to.state, report.state);
  fill_config(to, report.config, with_secrets);
  // What a session has by default goes without saying.
  if (report.supplied.profile_name || report.config.profile_name != "default")
    set_if(to.profile_name, report.config.profile_name);
  if (report.supplied.ppp_profile_name || report.config.ppp_profile_name != "default")
    set_if(to.ppp_profile_name, report.config.ppp_profile_name);
  to.session_type = static_cast<l2tp_api_session_type>(report.type);
  to.created_by_admin = report.created_by_admin;
  set_string(to.create_time, creation_text(report.created_at));
  to.call_serial_number = report.call_serial_number;
  to.physical_channel_id = report.physical_channel_id;
  fill_peer(to.peer, report.peer, with_secrets);
  to.stats = {.data_rx_packets = report.statistics.received_packets,
              .data_rx_bytes = report.statistics.received_octets,
              .data_rx_errors = report.statistics.received_errors,
              .data_rx_oos_packets = report.statistics.received_out_of_sequence,
              .data_rx_oos_discards = report.statistics.received_out_of_sequence_discards,
              .data_tx_packets = report.statistics.sent_packets,
              .data_tx_bytes = report.statistics.sent_octets,
              .data_tx_errors = report.statistics.sent_errors};
  return message;
}

} // namespace openl2tp::rpc
