// The tunnel object, row by row.
#include "runtime/profiles/parameter.hpp"
#include "tools/rpc/audit.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/convert_checks.hpp"
#include "tools/rpc/refusal.hpp"

namespace openl2tp::rpc {

using checks::Checker;
using checks::note_parameters;
using checks::set_if;
using checks::set_if_any;
using runtime::ControlResult;
using runtime::TunnelParameters;

ControlResult<runtime::TunnelName> tunnel_name(std::uint16_t id, const optstring& name) {
  Checker check;
  runtime::TunnelName result{.id = id, .name = std::nullopt};
  note_object("tunnel", id, name);
  if (string_of(name)) result.name = check.name("tunnel_name", name); // an empty one names nothing
  return check.result(std::move(result));
}

ControlResult<TunnelParameters> tunnel_parameters(const l2tp_api_tunnel_msg_data& message, bool identifies) {
  Checker check;
  TunnelParameters to;
  const auto given = [&message](std::uint32_t bit) { return (message.flags & bit) != 0; };
  if (!identifies) {
    if (message.tunnel_id != 0)
      to.tunnel_id = message.tunnel_id;
    else if (given(L2TP_API_TUNNEL_FLAG_TUNNEL_ID))
      check.refuse("tunnel_id", "0", "1 to 65535");
    if (std::string text = check.name("tunnel_name", message.tunnel_name); !text.empty())
      to.tunnel_name = std::move(text);
  }
  if (given(L2TP_API_TUNNEL_FLAG_OUR_ADDR)) to.our_addr = address_from_wire(message.our_addr);
  if (given(L2TP_API_TUNNEL_FLAG_PEER_ADDR)) to.peer_addr = address_from_wire(message.peer_addr);
  if (given(L2TP_API_TUNNEL_FLAG_OUR_UDP_PORT)) to.our_udp_port = message.our_udp_port;
  if (given(L2TP_API_TUNNEL_FLAG_PEER_UDP_PORT)) to.peer_udp_port = message.peer_udp_port;
  if (given(L2TP_API_TUNNEL_FLAG_CONFIG_ID)) to.config_id = check.not_negative("config_id", message.config_id);
  if (given(L2TP_API_TUNNEL_FLAG_AUTH_MODE)) {
    to.auth_mode =
        check.enumerated<runtime::AuthMode>("auth_mode", message.auth_mode, L2TP_API_TUNNEL_AUTH_MODE_CHALLENGE);
  }
  if (given(L2TP_API_TUNNEL_FLAG_FRAMING_CAP)) {
    to.framing_capabilities = runtime::Framing{message.framing_cap_sync != 0, message.framing_cap_async != 0};
  }
  if (given(L2TP_API_TUNNEL_FLAG_BEARER_CAP)) {
    to.bearer_capabilities = runtime::Bearer{message.bearer_cap_digital != 0, message.bearer_cap_analog != 0};
  }
  if (given(L2TP_API_TUNNEL_FLAG_USE_TIEBREAKER)) to.use_tie_breaker = message.use_tiebreaker != 0;
  if (given(L2TP_API_TUNNEL_FLAG_ALLOW_PPP_PROXY)) to.allow_ppp_proxy = message.allow_ppp_proxy != 0;
  if (given(L2TP_API_TUNNEL_FLAG_HIDE_AVPS)) to.hide_avps = message.hide_avps != 0;
  if (given(L2TP_API_TUNNEL_FLAG_RX_WINDOW_SIZE)) to.receive_window = message.rx_window_size;
  if (given(L2TP_API_TUNNEL_FLAG_TX_WINDOW_SIZE)) to.transmit_window = message.tx_window_size;
  if (given(L2TP_API_TUNNEL_FLAG_SECRET)) to.secret = check.any_text("secret", message.secret);
  if (given(L2TP_API_TUNNEL_FLAG_HOST_NAME)) to.host_name = check.name("host_name", message.host_name);
  if (given(L2TP_API_TUNNEL_FLAG_PROFILE_NAME)) {
    to.tunnel_profile_name = check.name("profile_name", message.tunnel_profile_name);
  }
  if (given(L2TP_API_TUNNEL_FLAG_DO_PMTU_DISCOVERY)) to.do_pmtu_discovery = message.do_pmtu_discovery != 0;
  if (given(L2TP_API_TUNNEL_FLAG_USE_UDP_CHECKSUMS)) to.use_udp_checksums = message.use_udp_checksums != 0;
  if (given(L2TP_API_TUNNEL_FLAG_PERSIST)) to.persist = message.persist != 0;
  if (given(L2TP_API_TUNNEL_FLAG_HELLO_TIMEOUT)) {
    to.hello_timeout_s = check.not_negative("hello_timeout", message.hello_timeout);
  }
  if (given(L2TP_API_TUNNEL_FLAG_MAX_RETRIES)) to.retries_max = check.not_negative("max_retries", message.max_retries);
  if (given(L2TP_API_TUNNEL_FLAG_RETRY_TIMEOUT)) {
    to.retry_timeout_s = check.not_negative("retry_timeout", message.retry_timeout);
  }
  if (given(L2TP_API_TUNNEL_FLAG_IDLE_TIMEOUT))
    to.idle_timeout_s = check.not_negative("idle_timeout", message.idle_timeout);
  if (given(L2TP_API_TUNNEL_FLAG_MAX_SESSIONS))
    to.sessions_max = check.not_negative("max_sessions", message.max_sessions);
  if (given(L2TP_API_TUNNEL_FLAG_MTU)) to.mtu = check.not_negative("mtu", message.mtu);
  if (given(L2TP_API_TUNNEL_FLAG_TRACE_FLAGS)) {
    to.trace = message.trace_flags & protocol::trace::all;
    to.trace_bits = checks::trace_bits(message.trace_flags_mask);
  }
  // Of a new tunnel these two count with or without their bits.
  if (given(L2TP_API_TUNNEL_FLAG_PEER_PROFILE_NAME) || (!identifies && string_of(message.peer_profile_name))) {
    to.peer_profile_name = check.name("peer_profile_name", message.peer_profile_name);
  }
  if (!identifies && !to.tunnel_profile_name && string_of(message.tunnel_profile_name))
    to.tunnel_profile_name = check.name("profile_name", message.tunnel_profile_name);
  if (given(L2TP_API_TUNNEL_FLAG_SESSION_PROFILE_NAME)) {
    to.session_profile_name = check.name("session_profile_name", message.session_profile_name);
  }
  if (given(L2TP_API_TUNNEL_FLAG_PPP_PROFILE_NAME)) {
    to.ppp_profile_name = check.name("ppp_profile_name", message.ppp_profile_name);
  }
  if ((message.flags2 & L2TP_API_TUNNEL_FLAG_INTERFACE_NAME) != 0) {
    to.interface_name = check.name("interface_name", message.interface_name, checks::kInterfaceNameMax);
  }
  if (!identifies) note_object("tunnel", message.tunnel_id, message.tunnel_name);
  note_parameters(to);
  adjusted(runtime::clamp_ranges(to));
  return check.result(std::move(to));
}

namespace {

std::uint32_t tunnel_flags(const TunnelParameters& given) noexcept {
  std::uint32_t flags = 0;
  const auto set = [&flags](bool supplied, std::uint32_t bit) { flags |= supplied ? bit : 0U; };
  set(given.hide_avps.has_value(), L2TP_API_TUNNEL_FLAG_HIDE_AVPS);
  set(given.our_addr.has_value(), L2TP_API_TUNNEL_FLAG_OUR_ADDR);
  set(given.peer_addr.has_value(), L2TP_API_TUNNEL_FLAG_PEER_ADDR);
  set(given.config_id.has_value(), L2TP_API_TUNNEL_FLAG_CONFIG_ID);
  set(given.our_udp_port.has_value(), L2TP_API_TUNNEL_FLAG_OUR_UDP_PORT);
  set(given.auth_mode.has_value(), L2TP_API_TUNNEL_FLAG_AUTH_MODE);
  set(given.framing_capabilities.has_value(), L2TP_API_TUNNEL_FLAG_FRAMING_CAP);
  set(given.bearer_capabilities.has_value(), L2TP_API_TUNNEL_FLAG_BEARER_CAP);
  set(given.use_tie_breaker.has_value(), L2TP_API_TUNNEL_FLAG_USE_TIEBREAKER);
  set(given.persist.has_value(), L2TP_API_TUNNEL_FLAG_PERSIST);
  set(given.hello_timeout_s.has_value(), L2TP_API_TUNNEL_FLAG_HELLO_TIMEOUT);
  set(given.retries_max.has_value(), L2TP_API_TUNNEL_FLAG_MAX_RETRIES);
  set(given.receive_window.has_value(), L2TP_API_TUNNEL_FLAG_RX_WINDOW_SIZE);
  set(given.transmit_window.has_value(), L2TP_API_TUNNEL_FLAG_TX_WINDOW_SIZE);
  set(given.retry_timeout_s.has_value(), L2TP_API_TUNNEL_FLAG_RETRY_TIMEOUT);
  set(given.idle_timeout_s.has_value(), L2TP_API_TUNNEL_FLAG_IDLE_TIMEOUT);
  set(given.peer_udp_port.has_value(), L2TP_API_TUNNEL_FLAG_PEER_UDP_PORT);
  set(given.secret.has_value(), L2TP_API_TUNNEL_FLAG_SECRET);
  set(given.allow_ppp_proxy.has_value(), L2TP_API_TUNNEL_FLAG_ALLOW_PPP_PROXY);
  set(given.trace.has_value(), L2TP_API_TUNNEL_FLAG_TRACE_FLAGS);
  set(given.use_udp_checksums.has_value(), L2TP_API_TUNNEL_FLAG_USE_UDP_CHECKSUMS);
  set(given.host_name.has_value(), L2TP_API_TUNNEL_FLAG_HOST_NAME);
  set(given.tunnel_id.has_value(), L2TP_API_TUNNEL_FLAG_TUNNEL_ID);
  set(given.tunnel_profile_name.has_value(), L2TP_API_TUNNEL_FLAG_PROFILE_NAME);
  set(given.sessions_max.has_value(), L2TP_API_TUNNEL_FLAG_MAX_SESSIONS);
  set(given.tunnel_name.has_value(), L2TP_API_TUNNEL_FLAG_TUNNEL_NAME);
  set(given.peer_profile_name.has_value(), L2TP_API_TUNNEL_FLAG_PEER_PROFILE_NAME);
  set(given.session_profile_name.has_value(), L2TP_API_TUNNEL_FLAG_SESSION_PROFILE_NAME);
  set(given.ppp_profile_name.has_value(), L2TP_API_TUNNEL_FLAG_PPP_PROFILE_NAME);
  set(given.do_pmtu_discovery.has_value(), L2TP_API_TUNNEL_FLAG_DO_PMTU_DISCOVERY);
  set(given.mtu.has_value(), L2TP_API_TUNNEL_FLAG_MTU);
  return flags;
}

void fill_config(l2tp_api_tunnel_msg_data& to, const TunnelParameters& from, bool with_secrets) {
  const runtime::Framing framing = from.framing_capabilities.value_or(runtime::Framing{});
  const runtime::Bearer bearer = from.bearer_capabilities.value_or(runtime::Bearer{});
  to.hide_avps = from.hide_avps.value_or(false);
  set_if(to.tunnel_name, from.tunnel_name);
  to.config_id = static_cast<int>(from.config_id.value_or(0));
  to.auth_mode = static_cast<l2tp_api_tunnel_auth_mode>(from.auth_mode.value_or(runtime::AuthMode::none));
  to.framing_cap_sync = framing.sync;
  to.framing_cap_async = framing.async;
  to.bearer_cap_digital = bearer.digital;
  to.bearer_cap_analog = bearer.analog;
  to.use_tiebreaker = from.use_tie_breaker.value_or(false);
  to.allow_ppp_proxy = from.allow_ppp_proxy.value_or(false);
  to.use_udp_checksums = from.use_udp_checksums.value_or(true);
  to.max_sessions = static_cast<int>(from.sessions_max.value_or(0));
  to.hello_timeout = static_cast<int>(from.hello_timeout_s.value_or(0));
  to.max_retries = static_cast<int>(from.retries_max.value_or(0));
  to.rx_window_size = from.receive_window.value_or(0);
  to.tx_window_size = from.transmit_window.value_or(0);
  to.retry_timeout = static_cast<int>(from.retry_timeout_s.value_or(0));
  to.idle_timeout = static_cast<int>(from.idle_timeout_s.value_or(0));
  to.trace_flags = from.trace.value_or(0);
  to.do_pmtu_discovery = from.do_pmtu_discovery.value_or(false);
  to.persist = from.persist.value_or(false);
  to.mtu = static_cast<int>(from.mtu.value_or(0));
  if (with_secrets) set_if(to.secret, from.secret);
  set_if(to.host_name, from.host_name);
  set_if(to.tunnel_profile_name, from.tunnel_profile_name);
  set_if(to.peer_profile_name, from.peer_profile_name);
  set_if(to.session_profile_name, from.session_profile_name);
  set_if(to.ppp_profile_name, from.ppp_profile_name);
  set_if(to.interface_name, from.interface_name);
}

void fill_tiebreaker(u_int& size, wire_u8*& target, const std::optional<protocol::TieBreaker>& from) {
  if (from) checks::copy_octets(size, target, *from);
}

void fill_peer(l2tp_api_tunnel_peer& to, const runtime::TunnelPeerReport& from) {
  to.framing_cap_sync = from.framing_capabilities.sync;
  to.framing_cap_async = from.framing_capabilities.async;
  to.bearer_cap_digital = from.bearer_capabilities.digital;
  to.bearer_cap_analog = from.bearer_capabilities.analog;
  to.protocol_version_ver = from.protocol_version;
  to.protocol_version_rev = from.protocol_revision;
  to.rx_window_size = from.receive_window;
  to.firmware_revision = from.firmware_revision;
  set_if_any(to.host_name, from.host_name);
  set_if_any(to.vendor_name, from.vendor_name);
  fill_tiebreaker(to.tiebreaker.tiebreaker_len, to.tiebreaker.tiebreaker_val, from.tie_breaker);
  to.result_code_result = from.result.result;
  to.result_code_error = from.result.error;
  set_if_any(to.result_code_message, from.result.text);
}

void fill_statistics(l2tp_api_tunnel_stats& to, const runtime::TunnelStatistics& from) {
  to.retransmits = from.retransmits;
  to.tx_zlbs = from.sent_zlbs;
  to.tx_zlb_fails = from.sent_zlb_failures;
  to.rx_zlbs = from.received_zlbs;
  to.data_pkt_discards = from.data_discards;
  to.duplicate_pkt_discards = from.duplicates;
  to.rx_hellos = from.received_hellos;
  to.tx_hellos = from.sent_hellos;
  to.tx_hello_fails = from.sent_hello_failures;
  to.ns = from.ns;
  to.nr = from.nr;
  to.peer_ns = from.peer_ns;
  to.peer_nr = from.peer_nr;
  to.cwnd = from.cwnd;
  to.ssthresh = from.ssthresh;
  to.congpkt_acc = from.congestion_accumulator;
  to.control_rx_packets = from.control_received_packets;
  to.control_rx_bytes = from.control_received_octets;
  to.control_rx_oos_packets = from.control_received_out_of_sequence;
  to.control_rx_oos_discards = from.control_received_out_of_sequence_discards;
  to.control_tx_packets = from.control_sent_packets;
  to.control_tx_bytes = from.control_sent_octets;
  to.data_rx_packets = from.data_received_packets;
  to.data_rx_bytes = from.data_received_octets;
  to.data_rx_errors = from.data_received_errors;
  to.data_rx_oos_packets = from.data_received_out_of_sequence;
  to.data_rx_oos_discards = from.data_received_out_of_sequence_discards;
  to.data_tx_packets = from.data_sent_packets;
  to.data_tx_bytes = from.data_sent_octets;
  to.data_tx_errors = from.data_sent_errors;
}

} // namespace

Value<l2tp_api_tunnel_msg_data> tunnel_message(const runtime::TunnelReport& report, bool with_secrets) {
  Value<l2tp_api_tunnel_msg_data> message;
  l2tp_api_tunnel_msg_data& to = *message;
  to.flags = tunnel_flags(report.supplied);
  to.flags2 = report.supplied.interface_name ? L2TP_API_TUNNEL_FLAG_INTERFACE_NAME : 0U;
  to.tunnel_id = report.tunnel_id;
  to.peer_tunnel_id = report.peer_tunnel_id;
  to.our_addr = address_to_wire(report.local.address);
  to.peer_addr = address_to_wire(report.peer_endpoint.address);
  to.our_udp_port = report.local.port;
  to.peer_udp_port = report.peer_endpoint.port;
  fill_config(to, report.config, with_secrets);
  to.created_by_admin = report.created_by_admin;
  set_string(to.create_time, creation_text(report.created_at));
  to.num_sessions = static_cast<int>(report.sessions);
  to.use_count = static_cast<int>(report.use_count);
  to.num_establish_retries = static_cast<int>(report.establish_retries);
  to.mode = static_cast<l2tp_api_tunnel_mode>(report.mode);
  to.actual_tx_window_size = report.actual_transmit_window;
  set_string(to.state, report.state);
  fill_tiebreaker(to.tiebreaker.tiebreaker_len, to.tiebreaker.tiebreaker_val, report.tie_breaker);
  to.result_code_result = report.result.result;
  to.result_code_error = report.result.error;
  set_if_any(to.result_code_message, report.result.text);
  fill_peer(to.peer, report.peer);
  fill_statistics(to.stats, report.statistics);
  return message;
}

} // namespace openl2tp::rpc
