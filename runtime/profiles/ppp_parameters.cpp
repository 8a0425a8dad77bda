// The parameters of PPP profiles.
#include <array>

#include "runtime/profiles/names.hpp"
#include "runtime/profiles/parameter_walk.hpp"

namespace openl2tp::runtime {

namespace {

using P = PppProfileParameters;

constexpr Range kCount{.max = kCountMax};
constexpr Range kIpv4{.ipv4_only = true};
constexpr Range kUnit{.min = 68, .max = 65535, .or_zero = true};

constexpr std::array kTable{
    Parameter<P>{"trace_flags", &P::trace},
    Parameter<P>{"asyncmap", &P::asyncmap},
    Parameter<P>{"mru", &P::mru, Use::anywhere, kUnit},
    Parameter<P>{"mtu", &P::mtu, Use::anywhere, kUnit},
    Parameter<P>{"auth_none", &P::auth_none},
    Parameter<P>{"auth_peer", &P::auth_peer},
    Parameter<P>{"auth_refuse_pap", &P::auth_refuse_pap},
    Parameter<P>{"auth_refuse_chap", &P::auth_refuse_chap},
    Parameter<P>{"auth_refuse_mschap", &P::auth_refuse_mschap},
    Parameter<P>{"auth_refuse_mschapv2", &P::auth_refuse_mschapv2},
    Parameter<P>{"auth_refuse_eap", &P::auth_refuse_eap},
    Parameter<P>{"sync_mode", &P::sync_mode},
    Parameter<P>{"chap_interval", &P::chap_interval_s, Use::anywhere, kCount},
    Parameter<P>{"chap_max_challenge", &P::chap_challenges_max, Use::anywhere, kCount},
    Parameter<P>{"chap_restart", &P::chap_restart_s, Use::anywhere, kCount},
    Parameter<P>{"pap_max_auth_requests", &P::pap_requests_max, Use::anywhere, kCount},
    Parameter<P>{"pap_restart_interval", &P::pap_restart_s, Use::anywhere, kCount},
    Parameter<P>{"pap_timeout", &P::pap_timeout_s, Use::anywhere, kCount},
    Parameter<P>{"idle_timeout", &P::idle_timeout_s, Use::anywhere, kCount},
    Parameter<P>{"ipcp_max_config_requests", &P::ipcp_config_requests_max, Use::anywhere, kCount},
    Parameter<P>{"ipcp_max_config_naks", &P::ipcp_config_naks_max, Use::anywhere, kCount},
    Parameter<P>{"ipcp_max_terminate_requests", &P::ipcp_terminate_requests_max, Use::anywhere, kCount},
    Parameter<P>{"ipcp_retransmit_interval", &P::ipcp_retransmit_s, Use::anywhere, kCount},
    Parameter<P>{"lcp_echo_failure_count", &P::lcp_echo_failures_max, Use::anywhere, kCount},
    Parameter<P>{"lcp_echo_interval", &P::lcp_echo_interval_s, Use::anywhere, kCount},
    Parameter<P>{"lcp_max_config_requests", &P::lcp_config_requests_max, Use::anywhere, kCount},
    Parameter<P>{"lcp_max_config_naks", &P::lcp_config_naks_max, Use::anywhere, kCount},
    Parameter<P>{"lcp_max_terminate_requests", &P::lcp_terminate_requests_max, Use::anywhere, kCount},
    Parameter<P>{"lcp_retransmit_interval", &P::lcp_retransmit_s, Use::anywhere, kCount},
    Parameter<P>{"max_connect_time", &P::connect_time_max_s, Use::anywhere, kCount},
    Parameter<P>{"max_failure_count", &P::failures_max, Use::anywhere, kCount},
    Parameter<P>{"local_ipaddr", &P::local_addr, Use::anywhere, kIpv4},
    Parameter<P>{"remote_ipaddr", &P::peer_addr, Use::anywhere, kIpv4},
    Parameter<P>{"dns_ipaddr_pri", &P::dns_addr_1, Use::anywhere, kIpv4},
    Parameter<P>{"dns_ipaddr_sec", &P::dns_addr_2, Use::anywhere, kIpv4},
    Parameter<P>{"wins_ipaddr_pri", &P::wins_addr_1, Use::anywhere, kIpv4},
    Parameter<P>{"wins_ipaddr_sec", &P::wins_addr_2, Use::anywhere, kIpv4},
    Parameter<P>{"ip_pool_name", &P::ip_pool_name, Use::anywhere, kNameLength},
    Parameter<P>{"use_radius", &P::use_radius},
    Parameter<P>{"radius_hint", &P::radius_hint, Use::anywhere, kNameLength},
    Parameter<P>{"default_route", &P::use_as_default_route},
    Parameter<P>{"multilink", &P::multilink},
    Parameter<P>{"local_name", &P::local_name, Use::anywhere, kNameLength},
    Parameter<P>{"remote_name", &P::remote_name, Use::anywhere, kNameLength},
    Parameter<P>{"proxy_arp", &P::proxy_arp},
};

} // namespace

template <>
std::span<const Parameter<P>> parameter_table<P>() noexcept {
  return kTable;
}

template <>
P built_in_parameters<P>(TraceMask trace) {
  P defaults;
  defaults.trace = trace & protocol::trace::all;
  defaults.asyncmap = 0;
  defaults.mru = 1500;
  defaults.mtu = 1500;
  defaults.auth_none = defaults.auth_peer = false;
  defaults.auth_refuse_pap = defaults.auth_refuse_chap = defaults.auth_refuse_mschap = false;
  defaults.auth_refuse_mschapv2 = defaults.auth_refuse_eap = false;
  defaults.sync_mode = PppSyncMode::sync_async;
  defaults.chap_interval_s = 10;
  defaults.chap_challenges_max = 10;
  defaults.chap_restart_s = 3;
  defaults.pap_requests_max = 10;
  defaults.pap_restart_s = 3;
  defaults.pap_timeout_s = 0;
  defaults.idle_timeout_s = 0;
  defaults.ipcp_config_requests_max = defaults.ipcp_config_naks_max = 10;
  defaults.ipcp_terminate_requests_max = defaults.ipcp_retransmit_s = 3;
  defaults.lcp_echo_failures_max = defaults.lcp_echo_interval_s = 0;
  defaults.lcp_config_requests_max = defaults.lcp_config_naks_max = 10;
  defaults.lcp_terminate_requests_max = defaults.lcp_retransmit_s = 3;
  defaults.connect_time_max_s = 0;
  defaults.failures_max = 10;
  defaults.use_radius = defaults.use_as_default_route = false;
  defaults.multilink = defaults.proxy_arp = false;
  return defaults;
}

} // namespace openl2tp::runtime

OPENL2TP_INSTANTIATE_PARAMETERS(openl2tp::runtime::PppProfileParameters);
