// The rows of PPP profiles.
#include <array>

#include "tools/l2tpconfig/fields.hpp"

namespace openl2tp::cli {
namespace {

using M = l2tp_api_ppp_profile_msg_data;

/// sync, async, any: the wire's numbers are 1, 2 and 0.
constexpr Field<M> sync_mode_field() {
  Field<M> field{.parameter = {"sync_mode", Type::choice, "HDLC mode", "sync|async|any"},
                 .flag = L2TP_API_PPP_PROFILE_FLAG_SYNC_MODE};
  field.set = [](M& message, const ArgumentValue& value) {
    message.sync_mode = static_cast<l2tp_api_ppp_sync_mode>((value.number + 1) % 3);
  };
  field.get = [](const M& message) {
    return FieldValue(std::string(detail::word_at("any|sync|async", static_cast<std::int64_t>(message.sync_mode))));
  };
  return field;
}

constexpr std::array kFields = {
    trace_field<M>(L2TP_API_PPP_PROFILE_FLAG_TRACE_FLAGS),
    number_field<&M::asyncmap>("asyncmap", Type::uint32, L2TP_API_PPP_PROFILE_FLAG_ASYNCMAP,
                               "Async control character map"),
    number_field<&M::mru>("mru", Type::uint16, L2TP_API_PPP_PROFILE_FLAG_MRU, "MRU, 1500 unless set"),
    number_field<&M::mtu>("mtu", Type::uint16, L2TP_API_PPP_PROFILE_FLAG_MTU, "MTU, 1500 unless set"),
    boolean_field<&M::use_radius>("use_radius", L2TP_API_PPP_PROFILE_FLAG_USE_RADIUS, "Ask RADIUS"),
    text_field<&M::radius_hint>("radius_hint", L2TP_API_PPP_PROFILE_FLAG_RADIUS_HINT, "RADIUS configuration"),
    boolean_field<&M::auth_refuse_pap, true>("auth_pap", L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_PAP, "Accept PAP")
        .second_word(),
    boolean_field<&M::auth_refuse_chap, true>("auth_chap", L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_CHAP, "Accept CHAP")
        .second_word(),
    boolean_field<&M::auth_refuse_mschap, true>("auth_mschapv1", L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_MSCHAP,
                                                "Accept MS-CHAP")
        .second_word(),
    boolean_field<&M::auth_refuse_mschapv2, true>("auth_mschapv2", L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_MSCHAPV2,
                                                  "Accept MS-CHAPv2")
        .second_word(),
    boolean_field<&M::auth_refuse_eap, true>("auth_eap", L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_EAP, "Accept EAP")
        .second_word(),
    boolean_field<&M::auth_none>("auth_none", L2TP_API_PPP_PROFILE_FLAG_AUTH_NONE, "Accept an unauthenticated peer")
        .second_word(),
    boolean_field<&M::auth_peer>("auth_peer", L2TP_API_PPP_PROFILE_FLAG_AUTH_PEER, "Require the peer to authenticate")
        .second_word(),
    sync_mode_field(),
    number_field<&M::chap_interval>("chap_interval", Type::int32, L2TP_API_PPP_PROFILE_FLAG_CHAP_INTERVAL,
                                    "Seconds between CHAP challenges"),
    number_field<&M::chap_max_challenge>("chap_max_challenge", Type::int32,
                                         L2TP_API_PPP_PROFILE_FLAG_CHAP_MAX_CHALLENGE,
                                         "CHAP challenges sent before giving up"),
    number_field<&M::chap_restart>("chap_restart", Type::int32, L2TP_API_PPP_PROFILE_FLAG_CHAP_RESTART,
                                   "Seconds between CHAP retransmissions"),
    number_field<&M::pap_max_auth_requests>("pap_max_auth_requests", Type::int32,
                                            L2TP_API_PPP_PROFILE_FLAG_PAP_MAX_AUTH_REQUESTS,
                                            "PAP requests sent before giving up"),
    number_field<&M::pap_restart_interval>("pap_restart_interval", Type::int32,
                                           L2TP_API_PPP_PROFILE_FLAG_PAP_RESTART_INTERVAL,
                                           "Seconds between PAP retransmissions"),
    number_field<&M::pap_timeout>("pap_timeout", Type::int32, L2TP_API_PPP_PROFILE_FLAG_PAP_TIMEOUT,
                                  "Seconds in which the peer must authenticate with PAP"),
    number_field<&M::idle_timeout>("idle_timeout", Type::int32, L2TP_API_PPP_PROFILE_FLAG_IDLE_TIMEOUT,
                                   "Seconds without traffic before PPP ends; 0 is never"),
    number_field<&M::ipcp_max_config_requests>("ipcp_max_config_requests", Type::int32,
                                               L2TP_API_PPP_PROFILE_FLAG_IPCP_MAX_CONFIG_REQUESTS,
                                               "IPCP requests sent before giving up"),
    number_field<&M::ipcp_max_config_naks>("ipcp_max_config_naks", Type::int32,
                                           L2TP_API_PPP_PROFILE_FLAG_IPCP_MAX_CONFIG_NAKS,
                                           "IPCP naks sent before rejecting"),
    number_field<&M::ipcp_max_terminate_requests>("ipcp_max_terminate_requests", Type::int32,
                                                  L2TP_API_PPP_PROFILE_FLAG_IPCP_MAX_TERMINATE_REQUESTS,
                                                  "IPCP terminate requests sent"),
    number_field<&M::ipcp_retransmit_interval>("ipcp_retransmit_interval", Type::int32,
                                               L2TP_API_PPP_PROFILE_FLAG_IPCP_RETRANSMIT_INTERVAL,
                                               "Seconds between IPCP retransmissions"),
    number_field<&M::lcp_echo_failure_count>("lcp_echo_failure_count", Type::int32,
                                             L2TP_API_PPP_PROFILE_FLAG_LCP_ECHO_FAILURE_COUNT,
                                             "Unanswered LCP echoes before the link is dead"),
    number_field<&M::lcp_echo_interval>("lcp_echo_interval", Type::int32, L2TP_API_PPP_PROFILE_FLAG_LCP_ECHO_INTERVAL,
                                        "Seconds between LCP echoes"),
    number_field<&M::lcp_max_config_requests>("lcp_max_config_requests", Type::int32,
                                              L2TP_API_PPP_PROFILE_FLAG_LCP_MAX_CONFIG_REQUESTS,
                                              "LCP requests sent before giving up"),
    number_field<&M::lcp_max_config_naks>("lcp_max_config_naks", Type::int32,
                                          L2TP_API_PPP_PROFILE_FLAG_LCP_MAX_CONFIG_NAKS,
                                          "LCP naks sent before rejecting"),
    number_field<&M::lcp_max_terminate_requests>("lcp_max_terminate_requests", Type::int32,
                                                 L2TP_API_PPP_PROFILE_FLAG_LCP_MAX_TERMINATE_REQUESTS,
                                                 "LCP terminate requests sent"),
    number_field<&M::lcp_retransmit_interval>("lcp_retransmit_interval", Type::int32,
                                              L2TP_API_PPP_PROFILE_FLAG_LCP_RETRANSMIT_INTERVAL,
                                              "Seconds between LCP retransmissions"),
    number_field<&M::max_connect_time>("max_connect_time", Type::int32, L2TP_API_PPP_PROFILE_FLAG_MAX_CONNECT_TIME,
                                       "Seconds before PPP ends; 0 is never"),
    number_field<&M::max_failure_count>("max_failure_count", Type::int32, L2TP_API_PPP_PROFILE_FLAG_MAX_FAILURE_COUNT,
                                        "Failed attempts before giving up"),
    address_field<&M::dns_addr_1>("dns_ipaddr_pri", L2TP_API_PPP_PROFILE_FLAG_DNS_ADDR_1,
                                  "First DNS server told to the peer")
        .second_word(),
    address_field<&M::dns_addr_2>("dns_ipaddr_sec", L2TP_API_PPP_PROFILE_FLAG_DNS_ADDR_2,
                                  "Second DNS server told to the peer")
        .second_word(),
    address_field<&M::wins_addr_1>("wins_ipaddr_pri", L2TP_API_PPP_PROFILE_FLAG_WINS_ADDR_1,
                                   "First WINS server told to the peer")
        .second_word(),
    address_field<&M::wins_addr_2>("wins_ipaddr_sec", L2TP_API_PPP_PROFILE_FLAG_WINS_ADDR_2,
                                   "Second WINS server told to the peer")
        .second_word(),
    address_field<&M::local_ip_addr>("local_ipaddr", L2TP_API_PPP_PROFILE_FLAG_LOCAL_IP_ADDR,
                                     "Local address of the link")
        .second_word(),
    address_field<&M::peer_ip_addr>("remote_ipaddr", L2TP_API_PPP_PROFILE_FLAG_PEER_IP_ADDR,
                                    "Address of the peer on the link")
        .second_word(),
    text_field<&M::ip_pool_name>("ip_pool_name", L2TP_API_PPP_PROFILE_FLAG_IP_POOL_NAME,
                                 "Pool that addresses come from")
        .second_word(),
    boolean_field<&M::use_as_default_route>("default_route", L2TP_API_PPP_PROFILE_FLAG_USE_AS_DEFAULT_ROUTE,
                                            "Make the link the default route")
        .second_word(),
    boolean_field<&M::multilink>("multilink", L2TP_API_PPP_PROFILE_FLAG_MULTILINK, "Allow multilink PPP").second_word(),
    text_field<&M::local_name>("local_name", L2TP_API_PPP_PROFILE_FLAG_LOCAL_NAME, "Our name for authentication")
        .second_word(),
    text_field<&M::remote_name>("remote_name", L2TP_API_PPP_PROFILE_FLAG_REMOTE_NAME,
                                "The peer's name for authentication")
        .second_word(),
    boolean_field<&M::proxy_arp>("proxy_arp", L2TP_API_PPP_PROFILE_FLAG_PROXY_ARP, "Answer ARP for the peer")
        .second_word(),
};

} // namespace

std::span<const Field<M>> ppp_profile_fields() noexcept { return kFields; }

} // namespace openl2tp::cli
