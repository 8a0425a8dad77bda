// The show layouts of the four kinds of profiles. Every one ends in an empty line.
#include <fmt/format.h>

#include "tools/l2tpconfig/output.hpp"
#include "tools/l2tpconfig/output_shared.hpp"
#include "tools/l2tpconfig/values.hpp"

namespace openl2tp::cli {
namespace {

constexpr std::uint32_t kOneAddress = 0xffffffff; // 255.255.255.255 as the wire has it

/// The text of an address, empty while it is unset.
std::string address_if_set(l2tp_api_ip_addr address, std::string_view parameter, const Addresses& addresses) {
  const bool set = address.s_addr != 0 || addresses.find(parameter) != nullptr;
  return set ? address_text(address, parameter, addresses) : std::string();
}

/// A line with an address, nothing while it is unset.
std::string address_line(const char* label, const std::string& address) {
  return address.empty() ? address : fmt::format("  {}: {}\n", label, address);
}

std::string port_line(const char* label, unsigned port) {
  return port == 0 ? std::string() : fmt::format("  {}: {}\n", label, port);
}

/// A line with a text, nothing while it is absent or empty.
std::string text_line(const char* indent, const char* label, const optstring& value) {
  const std::string text = text_or(value, "");
  return text.empty() ? std::string() : fmt::format("{}{}: {}\n", indent, label, text);
}

/// A name that an object passes on: empty where it was given as empty.
std::string name_text(const optstring& name) {
  const auto text = rpc::string_of(name);
  return text ? printable(*text) : "NOT SET";
}

std::string address_or_unset(l2tp_api_ip_addr address) {
  return address.s_addr == 0 ? "NOT SET" : address_text(address);
}

const char* sync_mode_text(l2tp_api_ppp_sync_mode mode) noexcept {
  switch (mode) {
  case L2TP_API_PPP_SYNCMODE_SYNC_ASYNC: return "SYNC|ASYNC";
  case L2TP_API_PPP_SYNCMODE_SYNC: return "SYNC";
  case L2TP_API_PPP_SYNCMODE_ASYNC: return "ASYNC";
  }
  return "UNKNOWN";
}

std::string authentications_text(const l2tp_api_ppp_profile_msg_data& p) {
  std::string text;
  if (!p.auth_refuse_pap) text += "PAP ";
  if (!p.auth_refuse_chap) text += "CHAP ";
  if (!p.auth_refuse_mschap) text += "MSCHAP ";
  if (!p.auth_refuse_mschapv2) text += "MSCHAPv2 ";
  if (!p.auth_refuse_eap) text += "EAP ";
  if (p.auth_none) text += "NOAUTH ";
  return text;
}

std::string ppp_ip_text(const l2tp_api_ppp_profile_msg_data& p) {
  std::string text =
      fmt::format("  IP parameters:-\n"
                  "    local address: {}, peer address: {}{}\n"
                  "    dns addresses: {} / {}\n"
                  "    wins addresses: {} / {}\n",
                  address_or_unset(p.local_ip_addr), address_or_unset(p.peer_ip_addr),
                  p.use_as_default_route ? " [default route]" : "", address_or_unset(p.dns_addr_1),
                  address_or_unset(p.dns_addr_2), address_or_unset(p.wins_addr_1), address_or_unset(p.wins_addr_2));
  text += text_line("    ", "ip pool name", p.ip_pool_name);
  text += fmt::format("    use radius: {}\n", yes_no(p.use_radius));
  if (p.use_radius) text += text_line("    ", "radius hint", p.radius_hint);
  return text;
}

std::string ppp_protocols_text(const l2tp_api_ppp_profile_msg_data& p) {
  return fmt::format("  PAP parameters:-\n"
                     "    max auth requests: {}, restart interval: {}, timeout: {}\n"
                     "  CHAP parameters:-\n"
                     "    interval: {}, max challenge: {}, restart: {}\n"
                     "  LCP parameters:-\n"
                     "    echo failure count: {}, echo interval: {}\n"
                     "    max config requests: {}, max config naks: {}\n"
                     "    max terminate requests: {}, retransmit interval: {}\n"
                     "  IPCP parameters:-\n"
                     "    max config requests: {}, max config naks: {}\n"
                     "    max terminate requests: {}, retransmit interval: {}\n"
                     "\n",
                     p.pap_max_auth_requests, p.pap_restart_interval, p.pap_timeout, p.chap_interval,
                     p.chap_max_challenge, p.chap_restart, p.lcp_echo_failure_count, p.lcp_echo_interval,
                     p.lcp_max_config_requests, p.lcp_max_config_naks, p.lcp_max_terminate_requests,
                     p.lcp_retransmit_interval, p.ipcp_max_config_requests, p.ipcp_max_config_naks,
                     p.ipcp_max_terminate_requests, p.ipcp_retransmit_interval);
}

} // namespace

std::string peer_profile_text(const l2tp_api_peer_profile_msg_data& p, bool, const Addresses& addresses) {
  const std::string peer = address_if_set(p.peer_addr, kPeerProfileAddresses.first, addresses);
  std::string text = fmt::format("Peer profile {}:-\n"
                                 "  address: {}, port {}\n",
                                 printable(p.profile_name), peer.empty() ? "ANY" : peer,
                                 p.peer_port == 0 ? "default" : std::to_string(p.peer_port));
  // A mask for one address goes without saying.
  if (p.netmask.s_addr != kOneAddress || addresses.find(kPeerProfileAddresses.second) != nullptr)
    text += fmt::format("  netmask: {}\n", address_text(p.netmask, kPeerProfileAddresses.second, addresses));
  text += fmt::format(
      "  mode {}/{}\n"
      "  default tunnel profile: {}\n"
      "  default session profile: {}\n"
      "  default ppp profile: {}\n"
      "  use count: {}\n"
      "\n",
      p.we_can_be_lac ? "LAC" : "-", p.we_can_be_lns ? "LNS" : "-", text_or(p.default_tunnel_profile_name, "default"),
      text_or(p.default_session_profile_name, "default"), text_or(p.default_ppp_profile_name, "default"), p.use_count);
  return text;
}

std::string tunnel_profile_text(const l2tp_api_tunnel_profile_msg_data& p, bool secrets, const Addresses& addresses) {
  std::string text = fmt::format("Tunnel profile {}\n", printable(p.profile_name));
  text += text_line("  ", "l2tp host name", p.host_name);
  text += address_line("local IP address", address_if_set(p.our_addr, kTunnelAddresses.first, addresses));
  text += port_line("local UDP port", p.our_udp_port);
  text += address_line("peer IP address", address_if_set(p.peer_addr, kTunnelAddresses.second, addresses));
  text += port_line("peer UDP port", p.peer_udp_port);
  text += fmt::format("  authorization mode {}, hide AVPs {}, allow PPP proxy {}\n", auth_mode_text(p.auth_mode),
                      on_off(p.hide_avps != 0), on_off(p.allow_ppp_proxy));
  text += secret_text(p.secret, (p.flags & L2TP_API_TUNNEL_PROFILE_FLAG_SECRET) != 0, secrets);
  text += fmt::format("  hello timeout {}, retry timeout {}, idle timeout {}\n"
                      "  rx window size {}, tx window size {}, max retries {}\n"
                      "  use UDP checksums: {}\n"
                      "  do pmtu discovery: {}, mtu: {}\n"
                      "  framing capability: {} \n"
                      "  bearer capability: {} \n"
                      "  use tiebreaker: {}\n",
                      p.hello_timeout, p.retry_timeout, p.idle_timeout, p.rx_window_size, p.tx_window_size,
                      p.max_retries, on_off(p.use_udp_checksums), on_off(p.do_pmtu_discovery), p.mtu,
                      framing_text(p.framing_cap_sync, p.framing_cap_async),
                      bearer_text(p.bearer_cap_digital, p.bearer_cap_analog), on_off(p.use_tiebreaker));
  if (p.max_sessions != 0) text += fmt::format("  max sessions: {}\n", p.max_sessions);
  text += fmt::format("  peer profile: {}\n"
                      "  session profile: {}\n"
                      "  ppp profile: {}\n"
                      "  trace flags: {}\n"
                      "\n",
                      name_text(p.peer_profile_name), name_text(p.session_profile_name), name_text(p.ppp_profile_name),
                      trace_flags_text(p.trace_flags));
  return text;
}

std::string session_profile_text(const l2tp_api_session_profile_msg_data& p, bool, const Addresses&) {
  std::string text = fmt::format("Session profile {}\n"
                                 "  ppp profile: {}\n"
                                 "  trace flags: {}\n"
                                 "  session type: {}\n",
                                 printable(p.profile_name), text_or(p.ppp_profile_name, "default"),
                                 trace_flags_text(p.trace_flags), session_type_text(p.session_type));
  text += text_line("  ", "private group id", p.priv_group_id);
  text += fmt::format("  data sequencing required: {}\n"
                      "  use data sequence numbers: {}\n",
                      on_off(p.sequencing_required), on_off(p.use_sequence_numbers));
  if (p.reorder_timeout != 0) text += fmt::format("  reorder timeout: {} ms\n", p.reorder_timeout);
  text += fmt::format("  framing types:{}\n"
                      "  bearer types:{}\n",
                      types_text(p.framing_type_sync, "SYNC", p.framing_type_async, "ASYNC", true),
                      types_text(p.bearer_type_digital, "DIGITAL", p.bearer_type_analog, "ANALOG", true));
  if (p.minimum_bps != 0 || p.maximum_bps != 0) {
    text += fmt::format("  min bps: {}, max bps: {}\n", p.minimum_bps, p.maximum_bps);
  }
  text += speed_text("  ", p.tx_connect_speed, p.rx_connect_speed);
  if (p.no_ppp) text += "  ppp disabled: YES\n";
  return text + '\n';
}

std::string ppp_profile_text(const l2tp_api_ppp_profile_msg_data& p, bool, const Addresses&) {
  std::string text = fmt::format("Ppp profile {}\n"
                                 "  trace flags: {}\n"
                                 "  mru: {}, mtu: {}, mode: {}\n"
                                 "  allowed authentications: {}\n",
                                 printable(p.profile_name), trace_flags_text(p.trace_flags), p.mru, p.mtu,
                                 sync_mode_text(p.sync_mode), authentications_text(p));
  if (p.auth_peer) text += "  authenticate peer: YES\n";
  text += text_line("  ", "local name for authentication", p.local_name);
  text += text_line("  ", "remote name for authentication", p.remote_name);
  text += fmt::format("  max connect time: {}, max failure count: {}, idle timeout: {}\n", p.max_connect_time,
                      p.max_failure_count, p.idle_timeout);
  if (p.asyncmap != 0) text += fmt::format("  asyncmap: {:#x}\n", p.asyncmap);
  text += fmt::format("  multilink: {}, proxy arp: {}\n", yes_no(p.multilink), yes_no(p.proxy_arp));
  return text + ppp_ip_text(p) + ppp_protocols_text(p);
}

} // namespace openl2tp::cli
