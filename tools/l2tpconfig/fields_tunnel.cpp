// The rows of tunnels and tunnel profiles.
#include <array>

#include "tools/l2tpconfig/fields.hpp"

namespace openl2tp::cli {
namespace {

namespace tunnel {
using M = l2tp_api_tunnel_msg_data;
// The address first, the others in the order of their flags. What names the tunnel is the commands' own affair.
constexpr std::array kFields = {
    address_field<&M::peer_addr>("dest_ipaddr", L2TP_API_TUNNEL_FLAG_PEER_ADDR, "Address of the peer")
        .of_any_family()
        .during(Use::create),
    boolean_field<&M::hide_avps>("hide_avps", L2TP_API_TUNNEL_FLAG_HIDE_AVPS, "Hide AVP values; needs a secret")
        .during(Use::create),
    address_field<&M::our_addr>("src_ipaddr", L2TP_API_TUNNEL_FLAG_OUR_ADDR, "Local address of the tunnel")
        .of_any_family()
        .during(Use::create),
    number_field<&M::config_id>("config_id", Type::uint32, L2TP_API_TUNNEL_FLAG_CONFIG_ID,
                                "Number that tells tunnels to one peer apart")
        .during(Use::create),
    number_field<&M::our_udp_port>("our_udp_port", Type::uint16, L2TP_API_TUNNEL_FLAG_OUR_UDP_PORT,
                                   "Local UDP port; 0 picks a free one")
        .during(Use::create),
    choice_field<&M::auth_mode, "none|simple|challenge">("auth_mode", L2TP_API_TUNNEL_FLAG_AUTH_MODE,
                                                         "How the peer is authenticated")
        .called("authmode")
        .during(Use::create),
    pair_field<&M::framing_cap_sync, &M::framing_cap_async, "none|sync|async|any">(
        "framing_caps", L2TP_API_TUNNEL_FLAG_FRAMING_CAP, "Framing that is offered")
        .called("framing capabilities")
        .saved("framing_cap")
        .during(Use::create),
    pair_field<&M::bearer_cap_digital, &M::bearer_cap_analog, "none|digital|analog|any">(
        "bearer_caps", L2TP_API_TUNNEL_FLAG_BEARER_CAP, "Bearers that are offered")
        .called("bearer capabilities")
        .saved("bearer_cap")
        .during(Use::create),
    boolean_field<&M::use_tiebreaker>("use_tiebreaker", L2TP_API_TUNNEL_FLAG_USE_TIEBREAKER,
                                      "Send a tie breaker; off unless set")
        .during(Use::create),
    boolean_field<&M::persist>("persist", L2TP_API_TUNNEL_FLAG_PERSIST, "Open the tunnel again after a failure"),
    number_field<&M::hello_timeout>("hello_timeout", Type::int32, L2TP_API_TUNNEL_FLAG_HELLO_TIMEOUT,
                                    "Seconds of silence before a HELLO, 60 unless set; 0 is never"),
    number_field<&M::max_retries>("max_retries", Type::int32, L2TP_API_TUNNEL_FLAG_MAX_RETRIES,
                                  "Retransmissions before the peer counts as lost, 5 unless set"),
    number_field<&M::rx_window_size>("rx_window_size", Type::uint16, L2TP_API_TUNNEL_FLAG_RX_WINDOW_SIZE,
                                     "Receive window in messages, 10 unless set")
        .during(Use::create),
    number_field<&M::tx_window_size>("tx_window_size", Type::uint16, L2TP_API_TUNNEL_FLAG_TX_WINDOW_SIZE,
                                     "Transmit window in messages, 10 unless set")
        .during(Use::create),
    number_field<&M::retry_timeout>("retry_timeout", Type::int32, L2TP_API_TUNNEL_FLAG_RETRY_TIMEOUT,
                                    "Seconds before the first retransmission, 1 unless set"),
    number_field<&M::idle_timeout>("idle_timeout", Type::int32, L2TP_API_TUNNEL_FLAG_IDLE_TIMEOUT,
                                   "Seconds without sessions before the tunnel closes; 0 is never"),
    number_field<&M::peer_udp_port>("peer_udp_port", Type::uint16, L2TP_API_TUNNEL_FLAG_PEER_UDP_PORT,
                                    "UDP port of the peer, 1701 unless set")
        .during(Use::create),
    text_field<&M::secret>("secret", L2TP_API_TUNNEL_FLAG_SECRET, "Secret shared with the peer")
        .secret()
        .during(Use::create),
    boolean_field<&M::allow_ppp_proxy>("allow_ppp_proxy", L2TP_API_TUNNEL_FLAG_ALLOW_PPP_PROXY,
                                       "Accept proxy PPP from the peer")
        .during(Use::create),
    trace_field<M>(L2TP_API_TUNNEL_FLAG_TRACE_FLAGS),
    boolean_field<&M::use_udp_checksums>("use_udp_checksums", L2TP_API_TUNNEL_FLAG_USE_UDP_CHECKSUMS,
                                         "Send UDP checksums; on unless set"),
    text_field<&M::host_name>("host_name", L2TP_API_TUNNEL_FLAG_HOST_NAME, "Host name told to the peer")
        .during(Use::create),
    text_field<&M::tunnel_profile_name>("profile_name", L2TP_API_TUNNEL_FLAG_PROFILE_NAME, "Name of the profile")
        .during(Use::create),
    number_field<&M::max_sessions>("max_sessions", Type::int32, L2TP_API_TUNNEL_FLAG_MAX_SESSIONS,
                                   "Limit of sessions in the tunnel; 0 is none"),
    text_field<&M::peer_profile_name>("peer_profile_name", L2TP_API_TUNNEL_FLAG_PEER_PROFILE_NAME, "Peer profile"),
    text_field<&M::session_profile_name>("session_profile_name", L2TP_API_TUNNEL_FLAG_SESSION_PROFILE_NAME,
                                         "Session profile"),
    text_field<&M::ppp_profile_name>("ppp_profile_name", L2TP_API_TUNNEL_FLAG_PPP_PROFILE_NAME, "PPP profile"),
    boolean_field<&M::do_pmtu_discovery>("do_pmtu_discovery", L2TP_API_TUNNEL_FLAG_DO_PMTU_DISCOVERY,
                                         "Discover the path MTU")
        .during(Use::create),
    number_field<&M::mtu>("mtu", Type::int32, L2TP_API_TUNNEL_FLAG_MTU, "MTU of the tunnel, 1460 unless set"),
    text_field<&M::interface_name>("interface_name", L2TP_API_TUNNEL_FLAG_INTERFACE_NAME,
                                   "Name of the network interface")
        .second_word(),
};
} // namespace tunnel

namespace profile {
using M = l2tp_api_tunnel_profile_msg_data;
constexpr std::array kFields = {
    boolean_field<&M::hide_avps>("hide_avps", L2TP_API_TUNNEL_PROFILE_FLAG_HIDE_AVPS,
                                 "Hide AVP values; needs a secret"),
    choice_field<&M::auth_mode, "none|simple|challenge">("auth_mode", L2TP_API_TUNNEL_PROFILE_FLAG_AUTH_MODE,
                                                         "How the peer is authenticated")
        .called("authmode"),
    pair_field<&M::framing_cap_sync, &M::framing_cap_async, "none|sync|async|any">(
        "framing_caps", L2TP_API_TUNNEL_PROFILE_FLAG_FRAMING_CAP, "Framing that is offered")
        .called("framing capabilities")
        .saved("framing_cap"),
    pair_field<&M::bearer_cap_digital, &M::bearer_cap_analog, "none|digital|analog|any">(
        "bearer_caps", L2TP_API_TUNNEL_PROFILE_FLAG_BEARER_CAP, "Bearers that are offered")
        .called("bearer capabilities")
        .saved("bearer_cap"),
    boolean_field<&M::use_tiebreaker>("use_tiebreaker", L2TP_API_TUNNEL_PROFILE_FLAG_USE_TIEBREAKER,
                                      "Send a tie breaker; off unless set"),
    number_field<&M::hello_timeout>("hello_timeout", Type::int32, L2TP_API_TUNNEL_PROFILE_FLAG_HELLO_TIMEOUT,
                                    "Seconds of silence before a HELLO, 60 unless set; 0 is never"),
    number_field<&M::max_retries>("max_retries", Type::int32, L2TP_API_TUNNEL_PROFILE_FLAG_MAX_RETRIES,
                                  "Retransmissions before the peer counts as lost, 5 unless set"),
    number_field<&M::rx_window_size>("rx_window_size", Type::uint16, L2TP_API_TUNNEL_PROFILE_FLAG_RX_WINDOW_SIZE,
                                     "Receive window in messages, 10 unless set"),
    number_field<&M::tx_window_size>("tx_window_size", Type::uint16, L2TP_API_TUNNEL_PROFILE_FLAG_TX_WINDOW_SIZE,
                                     "Transmit window in messages, 10 unless set"),
    number_field<&M::retry_timeout>("retry_timeout", Type::int32, L2TP_API_TUNNEL_PROFILE_FLAG_RETRY_TIMEOUT,
                                    "Seconds before the first retransmission, 1 unless set"),
    number_field<&M::idle_timeout>("idle_timeout", Type::int32, L2TP_API_TUNNEL_PROFILE_FLAG_IDLE_TIMEOUT,
                                   "Seconds without sessions before the tunnel closes; 0 is never"),
    text_field<&M::secret>("secret", L2TP_API_TUNNEL_PROFILE_FLAG_SECRET, "Secret shared with the peer").secret(),
    boolean_field<&M::allow_ppp_proxy>("allow_ppp_proxy", L2TP_API_TUNNEL_PROFILE_FLAG_ALLOW_PPP_PROXY,
                                       "Accept proxy PPP from the peer"),
    trace_field<M>(L2TP_API_TUNNEL_PROFILE_FLAG_TRACE_FLAGS),
    boolean_field<&M::use_udp_checksums>("use_udp_checksums", L2TP_API_TUNNEL_PROFILE_FLAG_USE_UDP_CHECKSUMS,
                                         "Send UDP checksums; on unless set"),
    text_field<&M::host_name>("host_name", L2TP_API_TUNNEL_PROFILE_FLAG_HOST_NAME, "Host name told to the peer"),
    number_field<&M::max_sessions>("max_sessions", Type::int32, L2TP_API_TUNNEL_PROFILE_FLAG_MAX_SESSIONS,
                                   "Limit of sessions in the tunnel; 0 is none"),
    address_field<&M::our_addr>("src_ipaddr", L2TP_API_TUNNEL_PROFILE_FLAG_OUR_ADDR, "Local address of the tunnel")
        .of_any_family(),
    address_field<&M::peer_addr>("dest_ipaddr", L2TP_API_TUNNEL_PROFILE_FLAG_PEER_ADDR, "Address of the peer")
        .of_any_family(),
    number_field<&M::our_udp_port>("our_udp_port", Type::uint16, L2TP_API_TUNNEL_PROFILE_FLAG_OUR_UDP_PORT,
                                   "Local UDP port; 0 picks a free one"),
    number_field<&M::peer_udp_port>("peer_udp_port", Type::uint16, L2TP_API_TUNNEL_PROFILE_FLAG_PEER_UDP_PORT,
                                    "UDP port of the peer, 1701 unless set"),
    text_field<&M::peer_profile_name>("peer_profile_name", L2TP_API_TUNNEL_PROFILE_FLAG_PEER_PROFILE_NAME,
                                      "Peer profile"),
    text_field<&M::session_profile_name>("session_profile_name", L2TP_API_TUNNEL_PROFILE_FLAG_SESSION_PROFILE_NAME,
                                         "Session profile"),
    text_field<&M::ppp_profile_name>("ppp_profile_name", L2TP_API_TUNNEL_PROFILE_FLAG_PPP_PROFILE_NAME, "PPP profile"),
    boolean_field<&M::do_pmtu_discovery>("do_pmtu_discovery", L2TP_API_TUNNEL_PROFILE_FLAG_DO_PMTU_DISCOVERY,
                                         "Discover the path MTU"),
    number_field<&M::mtu>("mtu", Type::int32, L2TP_API_TUNNEL_PROFILE_FLAG_MTU, "MTU of the tunnel, 1460 unless set"),
};
} // namespace profile

} // namespace

std::span<const Field<l2tp_api_tunnel_msg_data>> tunnel_fields() noexcept { return tunnel::kFields; }
std::span<const Field<l2tp_api_tunnel_profile_msg_data>> tunnel_profile_fields() noexcept { return profile::kFields; }

} // namespace openl2tp::cli
