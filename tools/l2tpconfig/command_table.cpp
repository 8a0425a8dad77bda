// The rows. Commands whose handler is nullptr belong to the language but their procedures come later.
#include "tools/l2tpconfig/command_table.hpp"

#include <array>

#include "tools/l2tpconfig/commands.hpp"

namespace openl2tp::cli {
namespace {

constexpr std::array kSystemModify = {
    Parameter{"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
    Parameter{"max_tunnels", Type::uint32, "Limit of tunnels; 0 is none"},
    Parameter{"max_sessions", Type::uint32, "Limit of sessions; 0 is none"},
    Parameter{"drain_tunnels", Type::boolean, "Refuse everything new, cut nothing"},
    Parameter{"tunnel_establish_timeout", Type::uint32, "Seconds in which a tunnel must be up"},
    Parameter{"session_establish_timeout", Type::uint32, "Seconds in which a session must be up"},
    Parameter{"tunnel_persist_pend_timeout", Type::uint32, "Seconds before a persistent tunnel is opened again"},
    Parameter{"session_persist_pend_timeout", Type::uint32,
              "Seconds before a session of a persistent tunnel is opened again"},
    Parameter{"deny_local_tunnel_creates", Type::boolean, "Refuse tunnels asked for here"},
    Parameter{"deny_remote_tunnel_creates", Type::boolean, "Refuse tunnels asked for by peers"},
    Parameter{"reset_statistics", Type::flag, "Set all counters to 0"},
};

constexpr std::array kServerModify = {
    Parameter{"name", Type::text, "Host to manage"},
};

constexpr std::array kTunnelCreate = {
    Parameter{"dest_ipaddr", Type::address, "Address of the peer"},
    Parameter{"config_id", Type::uint32, "Number that tells tunnels to one peer apart"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"src_ipaddr", Type::address, "Local address of the tunnel"},
    Parameter{"peer_udp_port", Type::uint16, "UDP port of the peer, 1701 unless set"},
    Parameter{"our_udp_port", Type::uint16, "Local UDP port; 0 picks a free one"},
    Parameter{"use_tiebreaker", Type::boolean, "Send a tie breaker; off unless set"},
    Parameter{"allow_ppp_proxy", Type::boolean, "Accept proxy PPP from the peer"},
    Parameter{"framing_caps", Type::choice, "Framing that is offered", "none|sync|async|any"},
    Parameter{"bearer_caps", Type::choice, "Bearers that are offered", "none|digital|analog|any"},
    Parameter{"host_name", Type::text, "Host name told to the peer"},
    Parameter{"secret", Type::text, "Secret shared with the peer"},
    Parameter{"auth_mode", Type::choice, "How the peer is authenticated", "none|simple|challenge"},
    Parameter{"hide_avps", Type::boolean, "Hide AVP values; needs a secret"},
    Parameter{"rx_window_size", Type::uint16, "Receive window in messages, 10 unless set"},
    Parameter{"tx_window_size", Type::uint16, "Transmit window in messages, 10 unless set"},
    Parameter{"do_pmtu_discovery", Type::boolean, "Discover the path MTU"},
    Parameter{"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
    Parameter{"use_udp_checksums", Type::boolean, "Send UDP checksums; on unless set"},
    Parameter{"persist", Type::boolean, "Open the tunnel again after a failure"},
    Parameter{"hello_timeout", Type::int32, "Seconds of silence before a HELLO, 60 unless set; 0 is never"},
    Parameter{"max_retries", Type::int32, "Retransmissions before the peer counts as lost, 5 unless set"},
    Parameter{"retry_timeout", Type::int32, "Seconds before the first retransmission, 1 unless set"},
    Parameter{"idle_timeout", Type::int32, "Seconds without sessions before the tunnel closes; 0 is never"},
    Parameter{"max_sessions", Type::int32, "Limit of sessions in the tunnel; 0 is none"},
    Parameter{"mtu", Type::int32, "MTU of the tunnel, 1460 unless set"},
    Parameter{"peer_profile_name", Type::text, "Peer profile"},
    Parameter{"session_profile_name", Type::text, "Session profile"},
    Parameter{"ppp_profile_name", Type::text, "PPP profile"},
    Parameter{"interface_name", Type::text, "Name of the network interface"},
};

constexpr std::array kTunnelName = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
};

constexpr std::array kTunnelModify = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
    Parameter{"use_udp_checksums", Type::boolean, "Send UDP checksums; on unless set"},
    Parameter{"persist", Type::boolean, "Open the tunnel again after a failure"},
    Parameter{"hello_timeout", Type::int32, "Seconds of silence before a HELLO, 60 unless set; 0 is never"},
    Parameter{"max_retries", Type::int32, "Retransmissions before the peer counts as lost, 5 unless set"},
    Parameter{"retry_timeout", Type::int32, "Seconds before the first retransmission, 1 unless set"},
    Parameter{"idle_timeout", Type::int32, "Seconds without sessions before the tunnel closes; 0 is never"},
    Parameter{"max_sessions", Type::int32, "Limit of sessions in the tunnel; 0 is none"},
    Parameter{"mtu", Type::int32, "MTU of the tunnel, 1460 unless set"},
    Parameter{"peer_profile_name", Type::text, "Peer profile"},
    Parameter{"session_profile_name", Type::text, "Session profile"},
    Parameter{"ppp_profile_name", Type::text, "PPP profile"},
    Parameter{"interface_name", Type::text, "Name of the network interface"},
};

constexpr std::array kTunnelShow = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"config", Type::flag, "Show the configuration only"},
    Parameter{"transport", Type::flag, "Show the transport only"},
};

constexpr std::array kTunnelList = {
    Parameter{"local_only", Type::flag, "Ids of tunnels made here"},
    Parameter{"remote_only", Type::flag, "Ids of tunnels made by peers"},
    Parameter{"names", Type::flag, "Names instead of ids"},
};

constexpr std::array kTunnelProfile = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"dest_ipaddr", Type::address, "Address of the peer"},
    Parameter{"src_ipaddr", Type::address, "Local address of the tunnel"},
    Parameter{"peer_udp_port", Type::uint16, "UDP port of the peer, 1701 unless set"},
    Parameter{"our_udp_port", Type::uint16, "Local UDP port; 0 picks a free one"},
    Parameter{"use_tiebreaker", Type::boolean, "Send a tie breaker; off unless set"},
    Parameter{"allow_ppp_proxy", Type::boolean, "Accept proxy PPP from the peer"},
    Parameter{"framing_caps", Type::choice, "Framing that is offered", "none|sync|async|any"},
    Parameter{"bearer_caps", Type::choice, "Bearers that are offered", "none|digital|analog|any"},
    Parameter{"host_name", Type::text, "Host name told to the peer"},
    Parameter{"secret", Type::text, "Secret shared with the peer"},
    Parameter{"auth_mode", Type::choice, "How the peer is authenticated", "none|simple|challenge"},
    Parameter{"hide_avps", Type::boolean, "Hide AVP values; needs a secret"},
    Parameter{"rx_window_size", Type::uint16, "Receive window in messages, 10 unless set"},
    Parameter{"tx_window_size", Type::uint16, "Transmit window in messages, 10 unless set"},
    Parameter{"do_pmtu_discovery", Type::boolean, "Discover the path MTU"},
    Parameter{"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
    Parameter{"use_udp_checksums", Type::boolean, "Send UDP checksums; on unless set"},
    Parameter{"persist", Type::boolean, "Open the tunnel again after a failure"},
    Parameter{"hello_timeout", Type::int32, "Seconds of silence before a HELLO, 60 unless set; 0 is never"},
    Parameter{"max_retries", Type::int32, "Retransmissions before the peer counts as lost, 5 unless set"},
    Parameter{"retry_timeout", Type::int32, "Seconds before the first retransmission, 1 unless set"},
    Parameter{"idle_timeout", Type::int32, "Seconds without sessions before the tunnel closes; 0 is never"},
    Parameter{"max_sessions", Type::int32, "Limit of sessions in the tunnel; 0 is none"},
    Parameter{"mtu", Type::int32, "MTU of the tunnel, 1460 unless set"},
    Parameter{"peer_profile_name", Type::text, "Peer profile"},
    Parameter{"session_profile_name", Type::text, "Session profile"},
    Parameter{"ppp_profile_name", Type::text, "PPP profile"},
    Parameter{"interface_name", Type::text, "Name of the network interface"},
};

constexpr std::array kTunnelProfileUnset = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"dest_ipaddr", Type::flag, "Address of the peer"},
    Parameter{"src_ipaddr", Type::flag, "Local address of the tunnel"},
    Parameter{"trace_flags", Type::flag, "What is traced: a number, all, or names with commas"},
    Parameter{"use_udp_checksums", Type::flag, "Send UDP checksums; on unless set"},
    Parameter{"hello_timeout", Type::flag, "Seconds of silence before a HELLO, 60 unless set; 0 is never"},
    Parameter{"max_retries", Type::flag, "Retransmissions before the peer counts as lost, 5 unless set"},
    Parameter{"retry_timeout", Type::flag, "Seconds before the first retransmission, 1 unless set"},
    Parameter{"idle_timeout", Type::flag, "Seconds without sessions before the tunnel closes; 0 is never"},
    Parameter{"max_sessions", Type::flag, "Limit of sessions in the tunnel; 0 is none"},
    Parameter{"mtu", Type::flag, "MTU of the tunnel, 1460 unless set"},
    Parameter{"peer_profile_name", Type::flag, "Peer profile"},
    Parameter{"session_profile_name", Type::flag, "Session profile"},
    Parameter{"ppp_profile_name", Type::flag, "PPP profile"},
    Parameter{"interface_name", Type::flag, "Name of the network interface"},
    Parameter{"peer_udp_port", Type::flag, "UDP port of the peer, 1701 unless set"},
    Parameter{"our_udp_port", Type::flag, "Local UDP port; 0 picks a free one"},
    Parameter{"use_tiebreaker", Type::flag, "Send a tie breaker; off unless set"},
    Parameter{"allow_ppp_proxy", Type::flag, "Accept proxy PPP from the peer"},
    Parameter{"framing_caps", Type::flag, "Framing that is offered"},
    Parameter{"bearer_caps", Type::flag, "Bearers that are offered"},
    Parameter{"host_name", Type::flag, "Host name told to the peer"},
    Parameter{"secret", Type::flag, "Secret shared with the peer"},
    Parameter{"auth_mode", Type::flag, "How the peer is authenticated"},
    Parameter{"hide_avps", Type::flag, "Hide AVP values; needs a secret"},
    Parameter{"rx_window_size", Type::flag, "Receive window in messages, 10 unless set"},
    Parameter{"tx_window_size", Type::flag, "Transmit window in messages, 10 unless set"},
    Parameter{"do_pmtu_discovery", Type::flag, "Discover the path MTU"},
};

constexpr std::array kProfileName = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
};

constexpr std::array kSessionCreate = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"session_name", Type::text, "Administrative name of the session"},
    Parameter{"session_id", Type::uint16, "Id of the session in its tunnel"},
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"ppp_profile_name", Type::text, "PPP profile"},
    Parameter{"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
    Parameter{"sequencing_required", Type::boolean, "Require sequence numbers in data"},
    Parameter{"use_sequence_numbers", Type::boolean, "Send sequence numbers in data"},
    Parameter{"reorder_timeout", Type::uint32, "Milliseconds to wait for data out of order; 0 is not at all"},
    Parameter{"session_type", Type::choice, "Kind of call", "laic|laoc|lnic|lnoc"},
    Parameter{"priv_group_id", Type::text, "Private group of the call"},
    Parameter{"interface_name", Type::text, "Name of the network interface"},
    Parameter{"user_name", Type::text, "User of the session"},
    Parameter{"user_password", Type::text, "Password of the user"},
    Parameter{"framing_type", Type::choice, "Framing of the call", "sync|async|any"},
    Parameter{"bearer_type", Type::choice, "Bearer of the call", "none|digital|analog|any"},
    Parameter{"minimum_bps", Type::uint32, "Lowest acceptable speed in bits a second"},
    Parameter{"maximum_bps", Type::uint32, "Highest acceptable speed in bits a second"},
    Parameter{"connect_speed", Type::speed, "Speed told to the peer, N or RX:TX"},
    Parameter{"no_ppp", Type::boolean, "Run no PPP on the session"},
    Parameter{"use_ppp_proxy", Type::boolean, "Send proxy PPP to the peer"},
    Parameter{"proxy_auth_type", Type::int32, "Proxy authentication type, 0 to 5"},
    Parameter{"proxy_auth_name", Type::text, "Proxy authentication name"},
    Parameter{"proxy_auth_challenge", Type::hex, "Proxy authentication challenge"},
    Parameter{"proxy_auth_response", Type::hex, "Proxy authentication response"},
    Parameter{"calling_number", Type::text, "Calling number"},
    Parameter{"called_number", Type::text, "Called number"},
    Parameter{"sub_address", Type::text, "Sub-address"},
    Parameter{"initial_rcvd_lcp_confreq", Type::hex, "First LCP CONFREQ received from the PPP peer"},
    Parameter{"last_sent_lcp_confreq", Type::hex, "Last LCP CONFREQ sent to the PPP peer"},
    Parameter{"last_rcvd_lcp_confreq", Type::hex, "Last LCP CONFREQ received from the PPP peer"},
};

constexpr std::array kSessionName = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"session_id", Type::uint16, "Id of the session in its tunnel"},
    Parameter{"session_name", Type::text, "Administrative name of the session"},
};

constexpr std::array kSessionModify = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"session_id", Type::uint16, "Id of the session in its tunnel"},
    Parameter{"session_name", Type::text, "Administrative name of the session"},
    Parameter{"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
    Parameter{"sequencing_required", Type::boolean, "Require sequence numbers in data"},
    Parameter{"use_sequence_numbers", Type::boolean, "Send sequence numbers in data"},
    Parameter{"reorder_timeout", Type::uint32, "Milliseconds to wait for data out of order; 0 is not at all"},
};

constexpr std::array kSessionList = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"local_only", Type::flag, "Ids of sessions made here"},
    Parameter{"remote_only", Type::flag, "Ids of sessions made by peers"},
    Parameter{"names", Type::flag, "Names instead of ids"},
};

constexpr std::array kSessionProfile = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"ppp_profile_name", Type::text, "PPP profile"},
    Parameter{"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
    Parameter{"sequencing_required", Type::boolean, "Require sequence numbers in data"},
    Parameter{"use_sequence_numbers", Type::boolean, "Send sequence numbers in data"},
    Parameter{"reorder_timeout", Type::uint32, "Milliseconds to wait for data out of order; 0 is not at all"},
    Parameter{"session_type", Type::choice, "Kind of call", "laic|laoc|lnic|lnoc"},
    Parameter{"priv_group_id", Type::text, "Private group of the call"},
    Parameter{"framing_type", Type::choice, "Framing of the call", "sync|async|any"},
    Parameter{"bearer_type", Type::choice, "Bearer of the call", "none|digital|analog|any"},
    Parameter{"minimum_bps", Type::uint32, "Lowest acceptable speed in bits a second"},
    Parameter{"maximum_bps", Type::uint32, "Highest acceptable speed in bits a second"},
    Parameter{"connect_speed", Type::speed, "Speed told to the peer, N or RX:TX"},
    Parameter{"no_ppp", Type::boolean, "Run no PPP on the session"},
};

constexpr std::array kSessionProfileUnset = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"trace_flags", Type::flag, "What is traced: a number, all, or names with commas"},
    Parameter{"sequencing_required", Type::flag, "Require sequence numbers in data"},
    Parameter{"use_sequence_numbers", Type::flag, "Send sequence numbers in data"},
    Parameter{"reorder_timeout", Type::flag, "Milliseconds to wait for data out of order; 0 is not at all"},
    Parameter{"ppp_profile_name", Type::flag, "PPP profile"},
    Parameter{"session_type", Type::flag, "Kind of call"},
    Parameter{"priv_group_id", Type::flag, "Private group of the call"},
    Parameter{"framing_type", Type::flag, "Framing of the call"},
    Parameter{"bearer_type", Type::flag, "Bearer of the call"},
    Parameter{"minimum_bps", Type::flag, "Lowest acceptable speed in bits a second"},
    Parameter{"maximum_bps", Type::flag, "Highest acceptable speed in bits a second"},
    Parameter{"connect_speed", Type::flag, "Speed told to the peer, N or RX:TX"},
    Parameter{"no_ppp", Type::flag, "Run no PPP on the session"},
};

constexpr std::array kPppProfile = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
    Parameter{"asyncmap", Type::uint32, "Async control character map"},
    Parameter{"mtu", Type::uint16, "MTU, 1500 unless set"},
    Parameter{"mru", Type::uint16, "MRU, 1500 unless set"},
    Parameter{"sync_mode", Type::choice, "HDLC mode", "sync|async|any"},
    Parameter{"auth_pap", Type::boolean, "Accept PAP"},
    Parameter{"auth_chap", Type::boolean, "Accept CHAP"},
    Parameter{"auth_mschapv1", Type::boolean, "Accept MS-CHAP"},
    Parameter{"auth_mschapv2", Type::boolean, "Accept MS-CHAPv2"},
    Parameter{"auth_eap", Type::boolean, "Accept EAP"},
    Parameter{"auth_none", Type::boolean, "Accept an unauthenticated peer"},
    Parameter{"auth_peer", Type::boolean, "Require the peer to authenticate"},
    Parameter{"chap_interval", Type::int32, "Seconds between CHAP challenges"},
    Parameter{"chap_max_challenge", Type::int32, "CHAP challenges sent before giving up"},
    Parameter{"chap_restart", Type::int32, "Seconds between CHAP retransmissions"},
    Parameter{"pap_max_auth_requests", Type::int32, "PAP requests sent before giving up"},
    Parameter{"pap_restart_interval", Type::int32, "Seconds between PAP retransmissions"},
    Parameter{"pap_timeout", Type::int32, "Seconds in which the peer must authenticate with PAP"},
    Parameter{"idle_timeout", Type::int32, "Seconds without traffic before PPP ends; 0 is never"},
    Parameter{"ipcp_max_config_requests", Type::int32, "IPCP requests sent before giving up"},
    Parameter{"ipcp_max_config_naks", Type::int32, "IPCP naks sent before rejecting"},
    Parameter{"ipcp_max_terminate_requests", Type::int32, "IPCP terminate requests sent"},
    Parameter{"ipcp_retransmit_interval", Type::int32, "Seconds between IPCP retransmissions"},
    Parameter{"lcp_echo_failure_count", Type::int32, "Unanswered LCP echoes before the link is dead"},
    Parameter{"lcp_echo_interval", Type::int32, "Seconds between LCP echoes"},
    Parameter{"lcp_max_config_requests", Type::int32, "LCP requests sent before giving up"},
    Parameter{"lcp_max_config_naks", Type::int32, "LCP naks sent before rejecting"},
    Parameter{"lcp_max_terminate_requests", Type::int32, "LCP terminate requests sent"},
    Parameter{"lcp_retransmit_interval", Type::int32, "Seconds between LCP retransmissions"},
    Parameter{"max_connect_time", Type::int32, "Seconds before PPP ends; 0 is never"},
    Parameter{"max_failure_count", Type::int32, "Failed attempts before giving up"},
    Parameter{"ip_pool_name", Type::text, "Pool that addresses come from"},
    Parameter{"local_ipaddr", Type::address, "Local address of the link"},
    Parameter{"remote_ipaddr", Type::address, "Address of the peer on the link"},
    Parameter{"dns_ipaddr_pri", Type::address, "First DNS server told to the peer"},
    Parameter{"dns_ipaddr_sec", Type::address, "Second DNS server told to the peer"},
    Parameter{"wins_ipaddr_pri", Type::address, "First WINS server told to the peer"},
    Parameter{"wins_ipaddr_sec", Type::address, "Second WINS server told to the peer"},
    Parameter{"use_radius", Type::boolean, "Ask RADIUS"},
    Parameter{"radius_hint", Type::text, "RADIUS configuration"},
    Parameter{"local_name", Type::text, "Our name for authentication"},
    Parameter{"remote_name", Type::text, "The peer's name for authentication"},
    Parameter{"default_route", Type::boolean, "Make the link the default route"},
    Parameter{"multilink", Type::boolean, "Allow multilink PPP"},
    Parameter{"proxy_arp", Type::boolean, "Answer ARP for the peer"},
};

constexpr std::array kPppProfileUnset = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"trace_flags", Type::flag, "What is traced: a number, all, or names with commas"},
    Parameter{"asyncmap", Type::flag, "Async control character map"},
    Parameter{"mtu", Type::flag, "MTU, 1500 unless set"},
    Parameter{"mru", Type::flag, "MRU, 1500 unless set"},
    Parameter{"sync_mode", Type::flag, "HDLC mode"},
    Parameter{"auth_pap", Type::flag, "Accept PAP"},
    Parameter{"auth_chap", Type::flag, "Accept CHAP"},
    Parameter{"auth_mschapv1", Type::flag, "Accept MS-CHAP"},
    Parameter{"auth_mschapv2", Type::flag, "Accept MS-CHAPv2"},
    Parameter{"auth_eap", Type::flag, "Accept EAP"},
    Parameter{"auth_none", Type::flag, "Accept an unauthenticated peer"},
    Parameter{"auth_peer", Type::flag, "Require the peer to authenticate"},
    Parameter{"chap_interval", Type::flag, "Seconds between CHAP challenges"},
    Parameter{"chap_max_challenge", Type::flag, "CHAP challenges sent before giving up"},
    Parameter{"chap_restart", Type::flag, "Seconds between CHAP retransmissions"},
    Parameter{"pap_max_auth_requests", Type::flag, "PAP requests sent before giving up"},
    Parameter{"pap_restart_interval", Type::flag, "Seconds between PAP retransmissions"},
    Parameter{"pap_timeout", Type::flag, "Seconds in which the peer must authenticate with PAP"},
    Parameter{"idle_timeout", Type::flag, "Seconds without traffic before PPP ends; 0 is never"},
    Parameter{"ipcp_max_config_requests", Type::flag, "IPCP requests sent before giving up"},
    Parameter{"ipcp_max_config_naks", Type::flag, "IPCP naks sent before rejecting"},
    Parameter{"ipcp_max_terminate_requests", Type::flag, "IPCP terminate requests sent"},
    Parameter{"ipcp_retransmit_interval", Type::flag, "Seconds between IPCP retransmissions"},
    Parameter{"lcp_echo_failure_count", Type::flag, "Unanswered LCP echoes before the link is dead"},
    Parameter{"lcp_echo_interval", Type::flag, "Seconds between LCP echoes"},
    Parameter{"lcp_max_config_requests", Type::flag, "LCP requests sent before giving up"},
    Parameter{"lcp_max_config_naks", Type::flag, "LCP naks sent before rejecting"},
    Parameter{"lcp_max_terminate_requests", Type::flag, "LCP terminate requests sent"},
    Parameter{"lcp_retransmit_interval", Type::flag, "Seconds between LCP retransmissions"},
    Parameter{"max_connect_time", Type::flag, "Seconds before PPP ends; 0 is never"},
    Parameter{"max_failure_count", Type::flag, "Failed attempts before giving up"},
    Parameter{"ip_pool_name", Type::flag, "Pool that addresses come from"},
    Parameter{"local_ipaddr", Type::flag, "Local address of the link"},
    Parameter{"remote_ipaddr", Type::flag, "Address of the peer on the link"},
    Parameter{"dns_ipaddr_pri", Type::flag, "First DNS server told to the peer"},
    Parameter{"dns_ipaddr_sec", Type::flag, "Second DNS server told to the peer"},
    Parameter{"wins_ipaddr_pri", Type::flag, "First WINS server told to the peer"},
    Parameter{"wins_ipaddr_sec", Type::flag, "Second WINS server told to the peer"},
    Parameter{"use_radius", Type::flag, "Ask RADIUS"},
    Parameter{"radius_hint", Type::flag, "RADIUS configuration"},
    Parameter{"local_name", Type::flag, "Our name for authentication"},
    Parameter{"remote_name", Type::flag, "The peer's name for authentication"},
    Parameter{"default_route", Type::flag, "Make the link the default route"},
    Parameter{"multilink", Type::flag, "Allow multilink PPP"},
    Parameter{"proxy_arp", Type::flag, "Answer ARP for the peer"},
};

constexpr std::array kPeerProfile = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"peer_ipaddr", Type::address, "Address of the peer"},
    Parameter{"peer_port", Type::uint16, "UDP port of the peer"},
    Parameter{"netmask", Type::address, "Addresses that the profile covers"},
    Parameter{"lac_lns", Type::choice, "Roles that we take", "lac|lns|laclns|lnslac"},
    Parameter{"tunnel_profile_name", Type::text, "Tunnel profile"},
    Parameter{"session_profile_name", Type::text, "Session profile"},
    Parameter{"ppp_profile_name", Type::text, "PPP profile"},
};

constexpr std::array kPeerProfileUnset = {
    Parameter{"profile_name", Type::text, "Name of the profile"},
    Parameter{"peer_ipaddr", Type::flag, "Address of the peer"},
    Parameter{"peer_port", Type::flag, "UDP port of the peer"},
    Parameter{"netmask", Type::flag, "Addresses that the profile covers"},
    Parameter{"lac_lns", Type::flag, "Roles that we take"},
    Parameter{"tunnel_profile_name", Type::flag, "Tunnel profile"},
    Parameter{"session_profile_name", Type::flag, "Session profile"},
    Parameter{"ppp_profile_name", Type::flag, "PPP profile"},
};

constexpr std::array kPeerShow = {
    Parameter{"peer_ipaddr", Type::address, "Address of the peer"},
    Parameter{"local_ipaddr", Type::address, "Our address"},
};

constexpr std::array kFile = {
    Parameter{"file", Type::text, "File of commands"},
};

constexpr std::array kDebugModify = {
    Parameter{"protocol", Type::boolean, "Trace messages"},
    Parameter{"fsm", Type::boolean, "Trace state changes"},
    Parameter{"api", Type::boolean, "Trace management calls"},
    Parameter{"transport", Type::boolean, "Trace sequence numbers and retransmission"},
    Parameter{"data", Type::boolean, "Trace the data path"},
    Parameter{"ppp_control", Type::boolean, "Trace PPP"},
    Parameter{"avp_info", Type::boolean, "Trace AVPs"},
    Parameter{"avp_data", Type::boolean, "Trace values of AVPs"},
    Parameter{"avp_hide", Type::boolean, "Trace hiding of AVPs"},
    Parameter{"func", Type::boolean, "Trace internal steps"},
    Parameter{"system", Type::boolean, "Trace system calls"},
    Parameter{"all", Type::boolean, "Trace everything"},
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"session_id", Type::uint16, "Id of the session in its tunnel"},
    Parameter{"session_name", Type::text, "Administrative name of the session"},
    Parameter{"tunnel_profile_name", Type::boolean, "Of the profile"},
    Parameter{"session_profile_name", Type::boolean, "Of the profile"},
    Parameter{"ppp_profile_name", Type::boolean, "Of the profile"},
    Parameter{"app", Type::flag, "Of the whole daemon"},
};

constexpr std::array kDebugShow = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"session_id", Type::uint16, "Id of the session in its tunnel"},
    Parameter{"session_name", Type::text, "Administrative name of the session"},
    Parameter{"tunnel_profile_name", Type::boolean, "Of the profile"},
    Parameter{"session_profile_name", Type::boolean, "Of the profile"},
    Parameter{"ppp_profile_name", Type::boolean, "Of the profile"},
    Parameter{"app", Type::flag, "Of the whole daemon"},
};

constexpr std::array kTestModify = {
    Parameter{"fake_rx_drop", Type::boolean, "Drop received control messages"},
    Parameter{"fake_tx_drop", Type::boolean, "Drop sent control messages"},
    Parameter{"fake_trigger_type", Type::choice, "When drops happen", "off|on|once|low|medium|high"},
    Parameter{"clear_trigger", Type::flag, "Arm the trigger again"},
    Parameter{"hold_tunnels", Type::boolean, "Keep dead tunnels"},
    Parameter{"hold_sessions", Type::boolean, "Keep dead sessions"},
    Parameter{"no_random_ids", Type::boolean, "Ids in sequence"},
    Parameter{"show_profile_usage", Type::boolean, "Show use counts of profiles"},
    Parameter{"reset_ids", Type::flag, "Start the sequence again"},
    Parameter{"default_config", Type::flag, "Reset all profiles"},
    Parameter{"do_transport_test", Type::flag, "Test the transport"},
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"session_id", Type::uint16, "Id of the session in its tunnel"},
};

constexpr std::array kTestLog = {
    Parameter{"message", Type::text, "Text for the log"},
};

constexpr std::array<std::string_view, 1> kWordsExit = {"exit"};
constexpr std::array<std::string_view, 1> kWordsQuit = {"quit"};
constexpr std::array<std::string_view, 1> kWordsHelp = {"help"};
constexpr std::array<std::string_view, 2> kWordsServerShow = {"server", "show"};
constexpr std::array<std::string_view, 2> kWordsServerModify = {"server", "modify"};
constexpr std::array<std::string_view, 2> kWordsSystemModify = {"system", "modify"};
constexpr std::array<std::string_view, 3> kWordsSystemShowConfiguration = {"system", "show", "configuration"};
constexpr std::array<std::string_view, 3> kWordsSystemShowStatus = {"system", "show", "status"};
constexpr std::array<std::string_view, 3> kWordsSystemShowStatistics = {"system", "show", "statistics"};
constexpr std::array<std::string_view, 3> kWordsSystemShowVersion = {"system", "show", "version"};
constexpr std::array<std::string_view, 2> kWordsTunnelCreate = {"tunnel", "create"};
constexpr std::array<std::string_view, 2> kWordsTunnelDelete = {"tunnel", "delete"};
constexpr std::array<std::string_view, 2> kWordsTunnelModify = {"tunnel", "modify"};
constexpr std::array<std::string_view, 2> kWordsTunnelShow = {"tunnel", "show"};
constexpr std::array<std::string_view, 2> kWordsTunnelList = {"tunnel", "list"};
constexpr std::array<std::string_view, 2> kWordsSessionCreate = {"session", "create"};
constexpr std::array<std::string_view, 2> kWordsSessionDelete = {"session", "delete"};
constexpr std::array<std::string_view, 2> kWordsSessionModify = {"session", "modify"};
constexpr std::array<std::string_view, 2> kWordsSessionShow = {"session", "show"};
constexpr std::array<std::string_view, 2> kWordsSessionList = {"session", "list"};
constexpr std::array<std::string_view, 3> kWordsTunnelProfileCreate = {"tunnel", "profile", "create"};
constexpr std::array<std::string_view, 3> kWordsTunnelProfileDelete = {"tunnel", "profile", "delete"};
constexpr std::array<std::string_view, 3> kWordsTunnelProfileModify = {"tunnel", "profile", "modify"};
constexpr std::array<std::string_view, 3> kWordsTunnelProfileShow = {"tunnel", "profile", "show"};
constexpr std::array<std::string_view, 3> kWordsTunnelProfileList = {"tunnel", "profile", "list"};
constexpr std::array<std::string_view, 3> kWordsTunnelProfileUnset = {"tunnel", "profile", "unset"};
constexpr std::array<std::string_view, 3> kWordsSessionProfileCreate = {"session", "profile", "create"};
constexpr std::array<std::string_view, 3> kWordsSessionProfileDelete = {"session", "profile", "delete"};
constexpr std::array<std::string_view, 3> kWordsSessionProfileModify = {"session", "profile", "modify"};
constexpr std::array<std::string_view, 3> kWordsSessionProfileShow = {"session", "profile", "show"};
constexpr std::array<std::string_view, 3> kWordsSessionProfileList = {"session", "profile", "list"};
constexpr std::array<std::string_view, 3> kWordsSessionProfileUnset = {"session", "profile", "unset"};
constexpr std::array<std::string_view, 3> kWordsPppProfileCreate = {"ppp", "profile", "create"};
constexpr std::array<std::string_view, 3> kWordsPppProfileDelete = {"ppp", "profile", "delete"};
constexpr std::array<std::string_view, 3> kWordsPppProfileModify = {"ppp", "profile", "modify"};
constexpr std::array<std::string_view, 3> kWordsPppProfileShow = {"ppp", "profile", "show"};
constexpr std::array<std::string_view, 3> kWordsPppProfileList = {"ppp", "profile", "list"};
constexpr std::array<std::string_view, 3> kWordsPppProfileUnset = {"ppp", "profile", "unset"};
constexpr std::array<std::string_view, 3> kWordsPeerProfileCreate = {"peer", "profile", "create"};
constexpr std::array<std::string_view, 3> kWordsPeerProfileDelete = {"peer", "profile", "delete"};
constexpr std::array<std::string_view, 3> kWordsPeerProfileModify = {"peer", "profile", "modify"};
constexpr std::array<std::string_view, 3> kWordsPeerProfileShow = {"peer", "profile", "show"};
constexpr std::array<std::string_view, 3> kWordsPeerProfileList = {"peer", "profile", "list"};
constexpr std::array<std::string_view, 3> kWordsPeerProfileUnset = {"peer", "profile", "unset"};
constexpr std::array<std::string_view, 2> kWordsPeerShow = {"peer", "show"};
constexpr std::array<std::string_view, 2> kWordsPeerList = {"peer", "list"};
constexpr std::array<std::string_view, 2> kWordsUserList = {"user", "list"};
constexpr std::array<std::string_view, 2> kWordsConfigSave = {"config", "save"};
constexpr std::array<std::string_view, 2> kWordsConfigRestore = {"config", "restore"};
constexpr std::array<std::string_view, 2> kWordsDebugModify = {"debug", "modify"};
constexpr std::array<std::string_view, 2> kWordsDebugShow = {"debug", "show"};
constexpr std::array<std::string_view, 2> kWordsTestModify = {"test", "modify"};
constexpr std::array<std::string_view, 2> kWordsTestLog = {"test", "log"};
constexpr std::array<std::string_view, 2> kWordsTestShow = {"test", "show"};

constexpr std::array kCommands = {
    Command{kWordsExit, Access::local, "Leave", {}, &exit_command},
    Command{kWordsQuit, Access::local, "Leave", {}, &exit_command},
    Command{kWordsHelp, Access::local, "Say where help is", {}, &help_command},
    Command{kWordsServerShow, Access::read, "Show which daemon is managed", {}, &server_show},
    Command{kWordsServerModify, Access::local, "Manage another daemon", kServerModify, &server_modify},
    Command{kWordsSystemModify, Access::change, "Change parameters of the daemon", kSystemModify, &system_modify},
    Command{
        kWordsSystemShowConfiguration, Access::read, "Show parameters of the daemon", {}, &system_show_configuration},
    Command{kWordsSystemShowStatus, Access::read, "Show how much is running", {}, &system_show_status},
    Command{kWordsSystemShowStatistics, Access::read, "Show counters", {}, &system_show_statistics},
    Command{kWordsSystemShowVersion, Access::read, "Show versions", {}, &system_show_version},
    Command{kWordsTunnelCreate, Access::change, "Open a tunnel", kTunnelCreate, &tunnel_create},
    Command{kWordsTunnelDelete, Access::change, "Close a tunnel", kTunnelName, &tunnel_delete},
    Command{kWordsTunnelModify, Access::change, "Change a tunnel", kTunnelModify, &tunnel_modify},
    Command{kWordsTunnelShow, Access::read, "Show a tunnel", kTunnelShow, &tunnel_show},
    Command{kWordsTunnelList, Access::read, "List tunnels", kTunnelList, &tunnel_list},
    Command{kWordsSessionCreate, Access::change, "Open a session", kSessionCreate, &session_create},
    Command{kWordsSessionDelete, Access::change, "Close a session", kSessionName, &session_delete},
    Command{kWordsSessionModify, Access::change, "Change a session", kSessionModify, &session_modify},
    Command{kWordsSessionShow, Access::read, "Show a session", kSessionName, &session_show},
    Command{kWordsSessionList, Access::read, "List sessions of a tunnel", kSessionList, &session_list},
    Command{kWordsTunnelProfileCreate, Access::change, "Make a tunnel profile", kTunnelProfile, nullptr},
    Command{kWordsTunnelProfileDelete, Access::change, "Remove a tunnel profile", kProfileName, nullptr},
    Command{kWordsTunnelProfileModify, Access::change, "Change a tunnel profile", kTunnelProfile, nullptr},
    Command{kWordsTunnelProfileShow, Access::read, "Show a tunnel profile", kProfileName, nullptr},
    Command{kWordsTunnelProfileList, Access::read, "List tunnel profiles", {}, nullptr},
    Command{kWordsTunnelProfileUnset, Access::change, "Restore defaults in a tunnel profile", kTunnelProfileUnset,
            nullptr},
    Command{kWordsSessionProfileCreate, Access::change, "Make a session profile", kSessionProfile, nullptr},
    Command{kWordsSessionProfileDelete, Access::change, "Remove a session profile", kProfileName, nullptr},
    Command{kWordsSessionProfileModify, Access::change, "Change a session profile", kSessionProfile, nullptr},
    Command{kWordsSessionProfileShow, Access::read, "Show a session profile", kProfileName, nullptr},
    Command{kWordsSessionProfileList, Access::read, "List session profiles", {}, nullptr},
    Command{kWordsSessionProfileUnset, Access::change, "Restore defaults in a session profile", kSessionProfileUnset,
            nullptr},
    Command{kWordsPppProfileCreate, Access::change, "Make a PPP profile", kPppProfile, nullptr},
    Command{kWordsPppProfileDelete, Access::change, "Remove a PPP profile", kProfileName, nullptr},
    Command{kWordsPppProfileModify, Access::change, "Change a PPP profile", kPppProfile, nullptr},
    Command{kWordsPppProfileShow, Access::read, "Show a PPP profile", kProfileName, nullptr},
    Command{kWordsPppProfileList, Access::read, "List PPP profiles", {}, nullptr},
    Command{kWordsPppProfileUnset, Access::change, "Restore defaults in a PPP profile", kPppProfileUnset, nullptr},
    Command{kWordsPeerProfileCreate, Access::change, "Make a peer profile", kPeerProfile, nullptr},
    Command{kWordsPeerProfileDelete, Access::change, "Remove a peer profile", kProfileName, nullptr},
    Command{kWordsPeerProfileModify, Access::change, "Change a peer profile", kPeerProfile, nullptr},
    Command{kWordsPeerProfileShow, Access::read, "Show a peer profile", kProfileName, nullptr},
    Command{kWordsPeerProfileList, Access::read, "List peer profiles", {}, nullptr},
    Command{kWordsPeerProfileUnset, Access::change, "Restore defaults in a peer profile", kPeerProfileUnset, nullptr},
    Command{kWordsPeerShow, Access::read, "Show a peer", kPeerShow, nullptr},
    Command{kWordsPeerList, Access::read, "List peers", {}, nullptr},
    Command{kWordsUserList, Access::read, "List users", {}, nullptr},
    Command{kWordsConfigSave, Access::read, "Save the configuration", kFile, nullptr},
    Command{kWordsConfigRestore, Access::change, "Run the commands of a file", kFile, nullptr},
    Command{kWordsDebugModify, Access::change, "Change what is traced", kDebugModify, nullptr},
    Command{kWordsDebugShow, Access::read, "Show what is traced", kDebugShow, nullptr},
    Command{kWordsTestModify, Access::change, "Change fault injection", kTestModify, nullptr},
    Command{kWordsTestLog, Access::change, "Write to the log", kTestLog, nullptr},
    Command{kWordsTestShow, Access::read, "Show fault injection", {}, nullptr},
};

} // namespace

std::span<const Command> command_table() noexcept { return kCommands; }

} // namespace openl2tp::cli
