// tunnel show and tunnel list.
#include <array>

#include <fmt/format.h>

#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/output_shared.hpp"
#include "tools/l2tpconfig/values.hpp"

namespace openl2tp::cli {
namespace {

/// A StopCCN, ours or the peer's.
std::string result_text(const char* whose, const char* label, unsigned result, unsigned error,
                        const optstring& message) {
  if (result == 0) return {};
  std::string text = fmt::format("  {}:-\n"
                                 "    result code: {}, error code: {}\n",
                                 whose, result, error);
  if (const std::string words = text_or(message, ""); !words.empty()) {
    text += fmt::format("    {}: {}\n", label, words);
  }
  return text;
}

std::string config_text(const l2tp_api_tunnel_msg_data& t, bool secrets) {
  std::string text = created_line(t.create_time);
  if (const std::string name = text_or(t.tunnel_name, ""); !name.empty()) {
    text += fmt::format("  administrative name: '{}'\n", name);
  }
  if (const std::string name = text_or(t.interface_name, ""); !name.empty()) {
    text += fmt::format("  interface name: {}\n", name);
  }
  text += fmt::format("  created by admin: {}, tunnel mode: {}{}\n", yes_no(t.created_by_admin),
                      tunnel_mode_text(t.mode), t.persist ? ", persist: YES" : "");
  if ((t.flags & L2TP_API_TUNNEL_FLAG_HOST_NAME) != 0) {
    text += fmt::format("  local host name: {}\n", text_or(t.host_name, "NOT SET"));
  }
  text += fmt::format("  peer tunnel id: {}, host name: {}\n"
                      "  UDP ports: local {}, peer {}\n"
                      "  authorization mode: {}, hide AVPs: {}, allow PPP proxy: {}\n",
                      t.peer_tunnel_id, text_or(t.peer.host_name, "NOT SET"), t.our_udp_port, t.peer_udp_port,
                      auth_mode_text(t.auth_mode), on_off(t.hide_avps != 0), on_off(t.allow_ppp_proxy));
  text += secret_text(t.secret, (t.flags & L2TP_API_TUNNEL_FLAG_SECRET) != 0, secrets);
  text += fmt::format("  session limit: {}, session count: {}\n"
                      "  tunnel profile: {}, peer profile: {}\n"
                      "  session profile: {}, ppp profile: {}\n"
                      "  hello timeout: {}, retry timeout: {}, idle timeout: {}\n"
                      "  rx window size: {}, tx window size: {}, max retries: {}\n"
                      "  use udp checksums: {}\n"
                      "  do pmtu discovery: {}, mtu: {}\n"
                      "  framing capability: {}, bearer capability: {}\n"
                      "  use tiebreaker: {}\n",
                      t.max_sessions, t.num_sessions, text_or(t.tunnel_profile_name, "default"),
                      text_or(t.peer_profile_name, "default"), text_or(t.session_profile_name, "default"),
                      text_or(t.ppp_profile_name, "default"), t.hello_timeout, t.retry_timeout, t.idle_timeout,
                      t.rx_window_size, t.tx_window_size, t.max_retries, on_off(t.use_udp_checksums),
                      on_off(t.do_pmtu_discovery), t.mtu, framing_text(t.framing_cap_sync, t.framing_cap_async),
                      bearer_text(t.bearer_cap_digital, t.bearer_cap_analog), on_off(t.use_tiebreaker));
  if (t.use_tiebreaker && t.tiebreaker.tiebreaker_len > 0) {
    text += "  tiebreaker:";
    for (u_int i = 0; i < t.tiebreaker.tiebreaker_len; ++i)
      text += fmt::format(" {:02x}", t.tiebreaker.tiebreaker_val[i]);
    text += '\n';
  }
  text += result_text("local error information", "error message", t.result_code_result, t.result_code_error,
                      t.result_code_message);
  text += result_text("last error information from peer", "last error message", t.peer.result_code_result,
                      t.peer.result_code_error, t.peer.result_code_message);
  text += fmt::format("  trace flags: {}\n", trace_flags_text(t.trace_flags));
  if (const std::string vendor = text_or(t.peer.vendor_name, ""); !vendor.empty()) {
    text += fmt::format("  peer vendor name: {}\n", vendor);
  }
  text += fmt::format("  peer protocol version: {}.{}, firmware {}\n"
                      "  peer framing capability: {}\n"
                      "  peer bearer capability: {}\n"
                      "  peer rx window size: {}\n",
                      t.peer.protocol_version_ver, t.peer.protocol_version_rev, t.peer.firmware_revision,
                      framing_text(t.peer.framing_cap_sync, t.peer.framing_cap_async),
                      bearer_text(t.peer.bearer_cap_digital, t.peer.bearer_cap_analog), t.peer.rx_window_size);
  return text;
}

std::string transport_text(const l2tp_api_tunnel_msg_data& t) {
  const l2tp_api_tunnel_stats& s = t.stats;
  std::string text =
      fmt::format("  Transport status:-\n"
                  "    ns/nr: {}/{}, peer {}/{}\n"
                  "    cwnd: {}, ssthresh: {}, congpkt_acc: {}\n"
                  "  Transport statistics:-\n"
                  "    out-of-sequence control/data discards: {}/{}\n"
                  "    zlbs tx/txfail/rx: {}/{}/{}\n"
                  "    retransmits: {}, duplicate pkt discards: {}, data pkt discards: {}\n"
                  "    hellos tx/txfail/rx: {}/{}/{}\n",
                  s.ns, s.nr, s.peer_ns, s.peer_nr, s.cwnd, s.ssthresh, s.congpkt_acc, s.control_rx_oos_discards,
                  s.data_rx_oos_discards, s.tx_zlbs, s.tx_zlb_fails, s.rx_zlbs, s.retransmits, s.duplicate_pkt_discards,
                  s.data_pkt_discards, s.tx_hellos, s.tx_hello_fails, s.rx_hellos);
  text +=
      fmt::format("    control rx packets: {}, rx bytes: {}\n"
                  "    control tx packets: {}, tx bytes: {}\n"
                  "    data rx packets: {}, rx bytes: {}, rx errors: {}\n"
                  "    data tx packets: {}, tx bytes: {}, tx errors: {}\n",
                  s.control_rx_packets, s.control_rx_bytes, s.control_tx_packets, s.control_tx_bytes, s.data_rx_packets,
                  s.data_rx_bytes, s.data_rx_errors, s.data_tx_packets, s.data_tx_bytes, s.data_tx_errors);
  if (t.created_by_admin) text += fmt::format("    establish retries: {}\n", t.num_establish_retries);
  return text;
}

} // namespace

const char* auth_mode_text(l2tp_api_tunnel_auth_mode mode) noexcept {
  switch (mode) {
  case L2TP_API_TUNNEL_AUTH_MODE_NONE: return "NONE";
  case L2TP_API_TUNNEL_AUTH_MODE_SIMPLE: return "SIMPLE";
  case L2TP_API_TUNNEL_AUTH_MODE_CHALLENGE: return "CHALLENGE";
  }
  return "UNKNOWN";
}

const char* tunnel_mode_text(l2tp_api_tunnel_mode mode) noexcept {
  switch (mode) {
  case L2TP_API_TUNNEL_MODE_LACLNS: return "LAC/LNS";
  case L2TP_API_TUNNEL_MODE_LAC: return "LAC";
  case L2TP_API_TUNNEL_MODE_LNS: return "LNS";
  }
  return "UNKNOWN";
}

std::string secret_text(const optstring& secret, bool supplied, bool secrets) {
  const std::string text = text_or(secret, "");
  if (secrets && !text.empty()) return fmt::format("  tunnel secret: '{}'\n", text);
  return supplied || !text.empty() ? "  tunnel secret: set\n" : "";
}

std::string tunnel_text(const l2tp_api_tunnel_msg_data& t, TunnelParts parts, bool secrets,
                        const Addresses& addresses) {
  std::string text =
      fmt::format("Tunnel {}, from {} to {}", t.tunnel_id, address_text(t.our_addr, kTunnelAddresses.first, addresses),
                  address_text(t.peer_addr, kTunnelAddresses.second, addresses));
  // The first tunnel to a peer needs no number, and those that a peer opens are not told apart by it.
  const bool given = (t.flags & L2TP_API_TUNNEL_FLAG_CONFIG_ID) != 0;
  if (given || (t.created_by_admin && t.config_id > 1)) text += fmt::format(", config_id {}", t.config_id);
  text += fmt::format(":-\n  state: {}\n", text_or(t.state, "UNKNOWN"));
  if (parts.config) text += config_text(t, secrets);
  if (parts.transport) text += transport_text(t);
  return text;
}

std::string tunnel_list_header() {
  return fmt::format("{:>8} {:>16} {:>16} {:>8} {:>8} {:>16}\n", "TunId", "Peer", "Local", "PeerTId", "ConfigId",
                     "State");
}

std::string tunnel_list_row(const l2tp_api_tunnel_msg_data& t, const Addresses& addresses) {
  return fmt::format("{}{:>7} {:>16} {:>16} {:>8} {:>8} {:>16}\n", t.created_by_admin ? ' ' : '*', t.tunnel_id,
                     address_text(t.peer_addr, kTunnelAddresses.second, addresses),
                     address_text(t.our_addr, kTunnelAddresses.first, addresses), t.peer_tunnel_id, t.config_id,
                     text_or(t.state, "UNKNOWN"));
}

} // namespace openl2tp::cli
