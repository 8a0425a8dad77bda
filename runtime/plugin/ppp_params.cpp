#include "runtime/plugin/ppp_params.hpp"

#include <algorithm>

namespace openl2tp::runtime {

namespace {

using P = PppProfileParameters;

// IPv4, UDP, an L2TP data header with length and sequence numbers, and the PPP protocol with address and control.
constexpr std::uint32_t overhead_v4 = 20 + 8 + 12 + 4, overhead_v6 = 40 + 8 + 12 + 4;
constexpr std::uint32_t ethernet_mtu = 1500;

void set_text(const char*& text, std::size_t& length, const std::string& value) {
  text = value.data();
  length = value.size();
}

void set_text(const char*& text, std::size_t& length, const std::optional<std::string>& value) {
  if (value) set_text(text, length, *value);
}

void set_octets(const std::uint8_t*& octets, std::size_t& length, std::span<const std::byte> value) {
  octets = reinterpret_cast<const std::uint8_t*>(value.data());
  length = value.size();
}

void set_address(std::uint8_t (&into)[4], const std::optional<IpAddress>& address) {
  if (address && address->family == 4) std::copy_n(address->octets.begin(), 4, into);
}

// One row a number of the profile: where it comes from, where it goes, and the bit that says it was given.
struct NumberRow {
  std::optional<std::uint32_t> P::* from;
  std::uint32_t openl2tp_ppp_profile::* to;
  std::uint64_t bit;
};
constexpr NumberRow numbers[] = {
    {&P::asyncmap, &openl2tp_ppp_profile::asyncmap, OPENL2TP_PPP_GIVEN_ASYNCMAP},
    {&P::chap_interval_s, &openl2tp_ppp_profile::chap_interval_s, OPENL2TP_PPP_GIVEN_CHAP_INTERVAL},
    {&P::chap_challenges_max, &openl2tp_ppp_profile::chap_challenges_max, OPENL2TP_PPP_GIVEN_CHAP_CHALLENGES_MAX},
    {&P::chap_restart_s, &openl2tp_ppp_profile::chap_restart_s, OPENL2TP_PPP_GIVEN_CHAP_RESTART},
    {&P::pap_requests_max, &openl2tp_ppp_profile::pap_requests_max, OPENL2TP_PPP_GIVEN_PAP_REQUESTS_MAX},
    {&P::pap_restart_s, &openl2tp_ppp_profile::pap_restart_s, OPENL2TP_PPP_GIVEN_PAP_RESTART},
    {&P::pap_timeout_s, &openl2tp_ppp_profile::pap_timeout_s, OPENL2TP_PPP_GIVEN_PAP_TIMEOUT},
    {&P::idle_timeout_s, &openl2tp_ppp_profile::idle_timeout_s, OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT},
    {&P::ipcp_config_requests_max, &openl2tp_ppp_profile::ipcp_config_requests_max,
     OPENL2TP_PPP_GIVEN_IPCP_CONFIG_REQUESTS_MAX},
    {&P::ipcp_config_naks_max, &openl2tp_ppp_profile::ipcp_config_naks_max, OPENL2TP_PPP_GIVEN_IPCP_CONFIG_NAKS_MAX},
    {&P::ipcp_terminate_requests_max, &openl2tp_ppp_profile::ipcp_terminate_requests_max,
     OPENL2TP_PPP_GIVEN_IPCP_TERMINATE_REQUESTS_MAX},
    {&P::ipcp_retransmit_s, &openl2tp_ppp_profile::ipcp_retransmit_s, OPENL2TP_PPP_GIVEN_IPCP_RETRANSMIT},
    {&P::lcp_echo_failures_max, &openl2tp_ppp_profile::lcp_echo_failures_max, OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX},
    {&P::lcp_echo_interval_s, &openl2tp_ppp_profile::lcp_echo_interval_s, OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL},
    {&P::lcp_config_requests_max, &openl2tp_ppp_profile::lcp_config_requests_max,
     OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX},
    {&P::lcp_config_naks_max, &openl2tp_ppp_profile::lcp_config_naks_max, OPENL2TP_PPP_GIVEN_LCP_CONFIG_NAKS_MAX},
    {&P::lcp_terminate_requests_max, &openl2tp_ppp_profile::lcp_terminate_requests_max,
     OPENL2TP_PPP_GIVEN_LCP_TERMINATE_REQUESTS_MAX},
    {&P::lcp_retransmit_s, &openl2tp_ppp_profile::lcp_retransmit_s, OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT},
    {&P::connect_time_max_s, &openl2tp_ppp_profile::connect_time_max_s, OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX},
    {&P::failures_max, &openl2tp_ppp_profile::failures_max, OPENL2TP_PPP_GIVEN_FAILURES_MAX},
};

struct SwitchRow {
  std::optional<bool> P::* from;
  std::uint32_t option;
  std::uint64_t bit;
};
constexpr SwitchRow switches[] = {
    {&P::auth_none, OPENL2TP_PPP_AUTH_NONE, OPENL2TP_PPP_GIVEN_AUTH},
    {&P::auth_peer, OPENL2TP_PPP_AUTH_PEER, OPENL2TP_PPP_GIVEN_AUTH},
    {&P::auth_refuse_pap, OPENL2TP_PPP_REFUSE_PAP, OPENL2TP_PPP_GIVEN_AUTH},
    {&P::auth_refuse_chap, OPENL2TP_PPP_REFUSE_CHAP, OPENL2TP_PPP_GIVEN_AUTH},
    {&P::auth_refuse_mschap, OPENL2TP_PPP_REFUSE_MSCHAP, OPENL2TP_PPP_GIVEN_AUTH},
    {&P::auth_refuse_mschapv2, OPENL2TP_PPP_REFUSE_MSCHAPV2, OPENL2TP_PPP_GIVEN_AUTH},
    {&P::auth_refuse_eap, OPENL2TP_PPP_REFUSE_EAP, OPENL2TP_PPP_GIVEN_AUTH},
    {&P::use_radius, OPENL2TP_PPP_USE_RADIUS, OPENL2TP_PPP_GIVEN_USE_RADIUS},
    {&P::use_as_default_route, OPENL2TP_PPP_DEFAULT_ROUTE, OPENL2TP_PPP_GIVEN_DEFAULT_ROUTE},
    {&P::multilink, OPENL2TP_PPP_MULTILINK, OPENL2TP_PPP_GIVEN_MULTILINK},
    {&P::proxy_arp, OPENL2TP_PPP_PROXY_ARP, OPENL2TP_PPP_GIVEN_PROXY_ARP},
};

} // namespace

PppParams::PppParams(const protocol::Tunnel& tunnel, const protocol::Session& session,
                     const TunnelConfig& tunnel_config, const SessionConfig& session_config, bool local)
    : peer_address_(to_string(tunnel.route().path.peer.address)),
      local_address_(to_string(tunnel.route().path.local.address)) {
  const SessionParameters& config = session_config.in_force;
  params_.struct_size = sizeof params_;
  params_.session_fd = -1;
  params_.tunnel_id = tunnel.id().value;
  params_.session_id = session.id().value;
  params_.peer_tunnel_id = tunnel.peer_id().value;
  params_.peer_session_id = session.peer_id().value;
  const bool sequence = config.use_sequence_numbers.value_or(false) || config.sequencing_required.value_or(false) ||
                        session.peer().sequencing_required;
  // The tunnel's parameter is about what the peer sends, the session's about what we send.
  const bool proxy = is_lns(session.type()) ? tunnel_config.in_force.allow_ppp_proxy.value_or(false)
                                            : config.use_ppp_proxy.value_or(false);
  params_.flags = (is_lns(session.type()) ? OPENL2TP_PPP_LNS : 0U) |
                  (is_outgoing(session.type()) ? OPENL2TP_PPP_OUTGOING : 0U) | (local ? OPENL2TP_PPP_LOCAL : 0U) |
                  (sequence ? OPENL2TP_PPP_SEQUENCE : 0U) | (proxy ? OPENL2TP_PPP_PROXY : 0U);
  params_.trace_mask = session.trace_mask();
  const std::uint32_t overhead = tunnel.route().path.peer.address.family == 6 ? overhead_v6 : overhead_v4;
  const std::uint32_t mtu = tunnel_config.in_force.mtu.value_or(0);
  params_.mtu = mtu != 0 ? mtu : ethernet_mtu - overhead;
  params_.reorder_timeout_ms = config.reorder_timeout.value_or(0);
  params_.call_serial_number = session.call_serial_number();
  set_text(params_.peer_address, params_.peer_address_length, peer_address_);
  set_text(params_.local_address, params_.local_address_length, local_address_);
  set_text(params_.peer_host_name, params_.peer_host_name_length, tunnel.peer().host_name);
  set_text(params_.tunnel_name, params_.tunnel_name_length, tunnel_config.in_force.tunnel_name);
  set_text(params_.session_name, params_.session_name_length, config.session_name);
  // Not the tunnel's: two of its sessions would want the same name.
  set_text(params_.interface_name, params_.interface_name_length, config.interface_name);
  set_text(params_.user_name, params_.user_name_length, config.user_name);
  set_text(params_.user_password, params_.user_password_length, config.user_password);
  fill_call(session);
  fill_profile(session_config);
  params_.profile = &profile_;
}

// As LNS of an incoming call, or LAC of an outgoing one, it is the peer that told the facts of the call.
void PppParams::fill_call(const protocol::Session& session) {
  const protocol::SessionSettings& ours = session.settings();
  const protocol::SessionPeer& peer = session.peer();
  const SessionType type = session.type();
  const bool peer_asked = type == SessionType::lns_incoming || type == SessionType::lac_outgoing;
  params_.framing_type = framing_bits(is_lns(type) ? peer.framing_type : ours.framing_type);
  params_.bearer_type = bearer_bits(peer_asked ? peer.bearer_type : ours.bearer_type);
  if (is_lns(type)) {
    params_.tx_bps = peer.tx_connect_speed;
    params_.rx_bps = peer.rx_connect_speed;
  } else if (type == SessionType::lac_outgoing) {
    params_.tx_bps = session.bearer_speeds().tx;
    params_.rx_bps = session.bearer_speeds().rx;
  } else {
    params_.tx_bps = ours.tx_connect_speed;
    params_.rx_bps = ours.rx_connect_speed;
  }
  if (params_.rx_bps == 0) params_.rx_bps = params_.tx_bps; // §4.4.4: not sent where they are equal
  if (peer_asked && peer.extras) {
    set_text(params_.calling_number, params_.calling_number_length, peer.extras->calling_number);
    set_text(params_.called_number, params_.called_number_length, peer.extras->called_number);
    set_text(params_.sub_address, params_.sub_address_length, peer.extras->sub_address);
  } else if (!peer_asked) {
    set_text(params_.calling_number, params_.calling_number_length, ours.calling_number);
    set_text(params_.called_number, params_.called_number_length, ours.called_number);
    set_text(params_.sub_address, params_.sub_address_length, ours.sub_address);
  }
  if (type == SessionType::lns_incoming && peer.extras)
    set_text(params_.private_group, params_.private_group_length, peer.extras->private_group_id);
  else
    set_text(params_.private_group, params_.private_group_length, ours.private_group_id);
  if (is_lns(type)) {
    if (peer.extras && peer.extras->proxy) fill_proxy(*peer.extras->proxy);
  } else if (ours.proxy) {
    fill_proxy(*ours.proxy);
  }
}

void PppParams::fill_proxy(const protocol::ProxySettings& proxy) {
  proxy_.struct_size = sizeof proxy_;
  proxy_.auth_type = proxy.authen_type;
  proxy_.auth_id = proxy.authen_id;
  set_octets(proxy_.auth_name, proxy_.auth_name_length, std::as_bytes(std::span(proxy.authen_name)));
  set_octets(proxy_.auth_challenge, proxy_.auth_challenge_length, proxy.authen_challenge);
  set_octets(proxy_.auth_response, proxy_.auth_response_length, proxy.authen_response);
  set_octets(proxy_.initial_received_confreq, proxy_.initial_received_confreq_length, proxy.initial_received_confreq);
  set_octets(proxy_.last_sent_confreq, proxy_.last_sent_confreq_length, proxy.last_sent_confreq);
  set_octets(proxy_.last_received_confreq, proxy_.last_received_confreq_length, proxy.last_received_confreq);
  params_.proxy = &proxy_;
}

void PppParams::fill_profile(const SessionConfig& config) {
  const P& in_force = config.ppp->in_force;
  const P& supplied = config.ppp->supplied;
  profile_.struct_size = sizeof profile_;
  const auto given = [&](bool was, std::uint64_t bit) {
    if (was) profile_.given |= bit;
  };
  for (const NumberRow& row : numbers) {
    profile_.*row.to = (in_force.*row.from).value_or(0);
    given((supplied.*row.from).has_value(), row.bit);
  }
  for (const SwitchRow& row : switches) {
    if ((in_force.*row.from).value_or(false)) profile_.options |= row.option;
    given((supplied.*row.from).has_value(), row.bit);
  }
  profile_.trace_mask = in_force.trace.value_or(0);
  profile_.mru = in_force.mru.value_or(0);
  given(supplied.mru.has_value(), OPENL2TP_PPP_GIVEN_MRU);
  profile_.mtu = in_force.mtu.value_or(0);
  given(supplied.mtu.has_value(), OPENL2TP_PPP_GIVEN_MTU);
  profile_.sync_mode = static_cast<std::uint32_t>(in_force.sync_mode.value_or(PppSyncMode::sync_async));
  given(supplied.sync_mode.has_value(), OPENL2TP_PPP_GIVEN_SYNC_MODE);
  set_address(profile_.local_address, in_force.local_addr);
  given(supplied.local_addr.has_value(), OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS);
  set_address(profile_.peer_address, in_force.peer_addr);
  given(supplied.peer_addr.has_value(), OPENL2TP_PPP_GIVEN_PEER_ADDRESS);
  set_address(profile_.dns_1, in_force.dns_addr_1);
  given(supplied.dns_addr_1.has_value(), OPENL2TP_PPP_GIVEN_DNS_1);
  set_address(profile_.dns_2, in_force.dns_addr_2);
  given(supplied.dns_addr_2.has_value(), OPENL2TP_PPP_GIVEN_DNS_2);
  set_address(profile_.wins_1, in_force.wins_addr_1);
  given(supplied.wins_addr_1.has_value(), OPENL2TP_PPP_GIVEN_WINS_1);
  set_address(profile_.wins_2, in_force.wins_addr_2);
  given(supplied.wins_addr_2.has_value(), OPENL2TP_PPP_GIVEN_WINS_2);
  set_text(profile_.profile_name, profile_.profile_name_length, config.in_force.ppp_profile_name);
  set_text(profile_.ip_pool_name, profile_.ip_pool_name_length, in_force.ip_pool_name);
  given(supplied.ip_pool_name.has_value(), OPENL2TP_PPP_GIVEN_IP_POOL_NAME);
  set_text(profile_.radius_hint, profile_.radius_hint_length, in_force.radius_hint);
  given(supplied.radius_hint.has_value(), OPENL2TP_PPP_GIVEN_RADIUS_HINT);
  set_text(profile_.local_name, profile_.local_name_length, in_force.local_name);
  given(supplied.local_name.has_value(), OPENL2TP_PPP_GIVEN_LOCAL_NAME);
  set_text(profile_.remote_name, profile_.remote_name_length, in_force.remote_name);
  given(supplied.remote_name.has_value(), OPENL2TP_PPP_GIVEN_REMOTE_NAME);
}

} // namespace openl2tp::runtime
