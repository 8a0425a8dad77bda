// The rows of the system, of peer profiles and of the test hooks.
#include <array>

#include "tools/l2tpconfig/fields.hpp"

namespace openl2tp::cli {
namespace {

namespace system_rows {
using M = l2tp_api_system_config;
constexpr std::array kFields = {
    trace_field<M>(L2TP_API_CONFIG_FLAG_TRACE_FLAGS),
    number_field<&M::max_tunnels>("max_tunnels", Type::uint32, L2TP_API_CONFIG_FLAG_MAX_TUNNELS,
                                  "Limit of tunnels; 0 is none"),
    boolean_field<&M::drain_tunnels>("drain_tunnels", L2TP_API_CONFIG_FLAG_DRAIN_TUNNELS,
                                     "Refuse everything new, cut nothing"),
    number_field<&M::max_sessions>("max_sessions", Type::uint32, L2TP_API_CONFIG_FLAG_MAX_SESSIONS,
                                   "Limit of sessions; 0 is none"),
    number_field<&M::tunnel_establish_timeout>("tunnel_establish_timeout", Type::uint32,
                                               L2TP_API_CONFIG_FLAG_TUNNEL_ESTABLISH_TIMEOUT,
                                               "Seconds in which a tunnel must be up"),
    number_field<&M::session_establish_timeout>("session_establish_timeout", Type::uint32,
                                                L2TP_API_CONFIG_FLAG_SESSION_ESTABLISH_TIMEOUT,
                                                "Seconds in which a session must be up"),
    boolean_field<&M::deny_local_tunnel_creates>(
        "deny_local_tunnel_creates", L2TP_API_CONFIG_FLAG_DENY_LOCAL_TUNNEL_CREATES, "Refuse tunnels asked for here"),
    boolean_field<&M::deny_remote_tunnel_creates>("deny_remote_tunnel_creates",
                                                  L2TP_API_CONFIG_FLAG_DENY_REMOTE_TUNNEL_CREATES,
                                                  "Refuse tunnels asked for by peers"),
    number_field<&M::tunnel_persist_pend_timeout>("tunnel_persist_pend_timeout", Type::uint32,
                                                  L2TP_API_CONFIG_FLAG_TUNNEL_PERSIST_PEND_TIMEOUT,
                                                  "Seconds before a persistent tunnel is opened again"),
    number_field<&M::session_persist_pend_timeout>("session_persist_pend_timeout", Type::uint32,
                                                   L2TP_API_CONFIG_FLAG_SESSION_PERSIST_PEND_TIMEOUT,
                                                   "Seconds before a session of a persistent tunnel is opened again"),
};
} // namespace system_rows

namespace peer_rows {
using M = l2tp_api_peer_profile_msg_data;
constexpr std::array kFields = {
    // lac, lns, laclns: one more than the index is a set of two bits.
    pair_field<&M::we_can_be_lac, &M::we_can_be_lns, "lac|lns|laclns|lnslac", 1>(
        "lac_lns", L2TP_API_PEER_PROFILE_FLAG_LACLNS, "Roles that we take"),
    text_field<&M::default_tunnel_profile_name>("tunnel_profile_name", L2TP_API_PEER_PROFILE_FLAG_TUNNEL_PROFILE_NAME,
                                                "Tunnel profile"),
    text_field<&M::default_session_profile_name>("session_profile_name",
                                                 L2TP_API_PEER_PROFILE_FLAG_SESSION_PROFILE_NAME, "Session profile"),
    text_field<&M::default_ppp_profile_name>("ppp_profile_name", L2TP_API_PEER_PROFILE_FLAG_PPP_PROFILE_NAME,
                                             "PPP profile"),
    address_field<&M::peer_addr>("peer_ipaddr", L2TP_API_PEER_PROFILE_FLAG_PEER_IPADDR, "Address of the peer")
        .of_any_family(),
    number_field<&M::peer_port>("peer_port", Type::uint16, L2TP_API_PEER_PROFILE_FLAG_PEER_PORT,
                                "UDP port of the peer"),
    address_field<&M::netmask>("netmask", L2TP_API_PEER_PROFILE_FLAG_NETMASK, "Addresses that the profile covers")
        .of_any_family(),
};
} // namespace peer_rows

namespace test_rows {
using M = l2tp_api_test_msg_data;
constexpr std::array kFields = {
    boolean_field<&M::fake_rx_drop>("fake_rx_drop", L2TP_API_TEST_FLAG_FAKE_RX_DROP, "Drop received control messages"),
    boolean_field<&M::fake_tx_drop>("fake_tx_drop", L2TP_API_TEST_FLAG_FAKE_TX_DROP, "Drop sent control messages"),
    choice_field<&M::fake_trigger_type, "off|on|once|low|medium|high">(
        "fake_trigger_type", L2TP_API_TEST_FLAG_FAKE_TRIGGER_TYPE, "When drops happen"),
    boolean_field<&M::hold_tunnels>("hold_tunnels", L2TP_API_TEST_FLAG_HOLD_TUNNELS, "Keep dead tunnels"),
    boolean_field<&M::hold_sessions>("hold_sessions", L2TP_API_TEST_FLAG_HOLD_SESSIONS, "Keep dead sessions"),
    boolean_field<&M::no_random_ids>("no_random_ids", L2TP_API_TEST_FLAG_NO_RANDOM_IDS, "Ids in sequence"),
    boolean_field<&M::show_profile_usage>("show_profile_usage", L2TP_API_TEST_FLAG_SHOW_PROFILE_USAGE,
                                          "Show use counts of profiles"),
    number_field<&M::tunnel_id>("tunnel_id", Type::uint16, L2TP_API_TEST_FLAG_TUNNEL_ID,
                                "Drop only messages of this tunnel; 0 is all"),
    number_field<&M::session_id>("session_id", Type::uint16, L2TP_API_TEST_FLAG_SESSION_ID,
                                 "Drop only messages of this session of it; 0 is all"),
};
} // namespace test_rows

} // namespace

std::span<const Field<l2tp_api_system_config>> system_fields() noexcept { return system_rows::kFields; }
std::span<const Field<l2tp_api_peer_profile_msg_data>> peer_profile_fields() noexcept { return peer_rows::kFields; }
std::span<const Field<l2tp_api_test_msg_data>> test_fields() noexcept { return test_rows::kFields; }

} // namespace openl2tp::cli
