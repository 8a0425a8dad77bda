// The rows of the four kinds. Most parameters are one member on either side; those that are not have rows of their own.
#include "tools/rpc/convert_profile.hpp"

#include <array>
#include <optional>
#include <span>
#include <type_traits>

#include "runtime/profiles/parameter.hpp"
#include "tools/rpc/audit.hpp"
#include "tools/rpc/convert_checks.hpp"
#include "tools/rpc/refusal.hpp"

namespace openl2tp::rpc {

using checks::Checker;
using runtime::ControlResult;
using runtime::PeerProfileParameters;
using runtime::PppProfileParameters;
using runtime::SessionProfileParameters;
using runtime::TunnelProfileParameters;

namespace {

template <class Message, class Parameters>
struct Row {
  std::uint32_t bit;
  std::array<std::string_view, 2> names; // what unset makes default again; the second is mostly empty
  void (*take)(Checker& check, std::string_view name, const Message& from, Parameters& to);
  void (*fill)(Message& to, const Parameters& from, bool with_secrets);
  bool (*supplied)(const Parameters& from);
  bool second_word = false; // the bit is one of flags2
};

template <class>
struct Member;
template <class C, class T>
struct Member<T C::*> {
  using Class = C;
  using Type = T;
};

constexpr int last_of(runtime::AuthMode) { return L2TP_API_TUNNEL_AUTH_MODE_CHALLENGE; }
constexpr int last_of(runtime::SessionType) { return L2TP_API_SESSION_TYPE_LNOC; }
constexpr int last_of(runtime::PppSyncMode) { return L2TP_API_PPP_SYNCMODE_ASYNC; }

template <class Wire, class T>
T taken(Checker& check, std::string_view name, const Wire& wire) {
  const char* parameter = name.data(); // rows hold literals
  if constexpr (std::is_same_v<T, bool>) {
    return wire != 0;
  } else if constexpr (std::is_same_v<T, runtime::IpAddress>) {
    const auto address = address_from_wire(wire);
    return address.family == 0 ? runtime::IpAddress::any_v4() : address;
  } else if constexpr (std::is_same_v<T, std::string>) {
    return check.name(parameter, wire);
  } else if constexpr (std::is_enum_v<T>) {
    return check.enumerated<T>(parameter, wire, last_of(T{}));
  } else if constexpr (std::is_same_v<Wire, int>) {
    return check.not_negative(parameter, wire);
  } else {
    return wire;
  }
}

template <class Wire, class T>
void filled(Wire& wire, const std::optional<T>& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    checks::set_if(wire, value);
  } else if constexpr (std::is_same_v<T, runtime::IpAddress>) {
    wire = address_to_wire(value.value_or(T{}));
  } else {
    wire = static_cast<Wire>(value.value_or(T{}));
  }
}

/// The row of a parameter that is one member on either side.
template <auto Wire, auto Field>
consteval auto row(std::uint32_t bit, std::string_view name, bool second_word = false) {
  using Message = typename Member<decltype(Wire)>::Class;
  using Parameters = typename Member<decltype(Field)>::Class;
  using Type = typename Member<decltype(Wire)>::Type;
  using Value = typename Member<decltype(Field)>::Type::value_type;
  return Row<Message, Parameters>{bit,
                                  {name, {}},
                                  [](Checker& check, std::string_view named, const Message& from, Parameters& to) {
                                    to.*Field = taken<Type, Value>(check, named, from.*Wire);
                                  },
                                  [](Message& to, const Parameters& from, bool) { filled(to.*Wire, from.*Field); },
                                  [](const Parameters& from) { return (from.*Field).has_value(); },
                                  second_word};
}

/// The trace flags, of which a mask chooses bits.
template <class Message, class Parameters>
consteval Row<Message, Parameters> trace_row(std::uint32_t bit) {
  return {bit,
          {"trace_flags", {}},
          [](Checker&, std::string_view, const Message& from, Parameters& to) {
            to.trace = from.trace_flags & protocol::trace::all;
            to.trace_bits = checks::trace_bits(from.trace_flags_mask);
          },
          [](Message& to, const Parameters& from, bool) { to.trace_flags = from.trace.value_or(0); },
          [](const Parameters& from) { return from.trace.has_value(); }};
}

// ---- peer profiles

using PeerRow = Row<l2tp_api_peer_profile_msg_data, PeerProfileParameters>;
using PeerWire = l2tp_api_peer_profile_msg_data;
using Peer = PeerProfileParameters;

constexpr PeerRow kMode{
    L2TP_API_PEER_PROFILE_FLAG_LACLNS,
    {"lac_lns", {}},
    [](Checker& check, std::string_view, const PeerWire& from, Peer& to) {
      const bool lac = from.we_can_be_lac != 0, lns = from.we_can_be_lns != 0;
      if (!lac && !lns) check.refuse("lac_lns", "neither", "lac, lns or both");
      to.mode = lac && lns ? runtime::TunnelMode::lac_lns : lac ? runtime::TunnelMode::lac : runtime::TunnelMode::lns;
    },
    [](PeerWire& to, const Peer& from, bool) {
      const runtime::TunnelMode mode = from.mode.value_or(runtime::TunnelMode::lac_lns);
      to.we_can_be_lac = mode != runtime::TunnelMode::lns;
      to.we_can_be_lns = mode != runtime::TunnelMode::lac;
    },
    [](const Peer& from) { return from.mode.has_value(); }};

/// A mask with gaps becomes the one without that covers fewer addresses: no stranger is taken for the peer.
runtime::IpAddress contiguous(const runtime::IpAddress& mask) {
  runtime::IpAddress whole = mask;
  bool ones = false; // further to the right there is a one
  for (std::size_t bit = 32; bit-- > 0;) {
    const auto place = static_cast<std::uint8_t>(0x80 >> bit % 8);
    ones = ones || (mask.octets[bit / 8] & place) != 0;
    if (ones) whole.octets[bit / 8] = static_cast<std::uint8_t>(whole.octets[bit / 8] | place);
  }
  if (whole != mask) adjusted("netmask: " + to_string(mask) + " has gaps, " + to_string(whole) + " is used");
  return whole;
}

/// Without a mask a profile is for one address.
constexpr PeerRow kNetmask{L2TP_API_PEER_PROFILE_FLAG_NETMASK,
                           {"netmask", {}},
                           [](Checker& check, std::string_view name, const PeerWire& from, Peer& to) {
                             to.netmask =
                                 contiguous(taken<l2tp_api_ip_addr, runtime::IpAddress>(check, name, from.netmask));
                           },
                           [](PeerWire& to, const Peer& from, bool) {
                             to.netmask =
                                 address_to_wire(from.netmask.value_or(runtime::IpAddress::v4(255, 255, 255, 255)));
                           },
                           [](const Peer& from) { return from.netmask.has_value(); }};

constexpr std::array kPeerRows{
    kMode,
    row<&PeerWire::default_tunnel_profile_name, &Peer::tunnel_profile_name>(
        L2TP_API_PEER_PROFILE_FLAG_TUNNEL_PROFILE_NAME, "tunnel_profile_name"),
    row<&PeerWire::default_session_profile_name, &Peer::session_profile_name>(
        L2TP_API_PEER_PROFILE_FLAG_SESSION_PROFILE_NAME, "session_profile_name"),
    row<&PeerWire::default_ppp_profile_name, &Peer::ppp_profile_name>(L2TP_API_PEER_PROFILE_FLAG_PPP_PROFILE_NAME,
                                                                      "ppp_profile_name"),
    row<&PeerWire::peer_addr, &Peer::peer_addr>(L2TP_API_PEER_PROFILE_FLAG_PEER_IPADDR, "peer_ipaddr"),
    row<&PeerWire::peer_port, &Peer::peer_port>(L2TP_API_PEER_PROFILE_FLAG_PEER_PORT, "peer_port"),
    kNetmask,
};

// ---- tunnel profiles

using TunnelRow = Row<l2tp_api_tunnel_profile_msg_data, TunnelProfileParameters>;
using TunnelWire = l2tp_api_tunnel_profile_msg_data;
using Tunnel = TunnelProfileParameters;

constexpr TunnelRow kFramingCaps{L2TP_API_TUNNEL_PROFILE_FLAG_FRAMING_CAP,
                                 {"framing_caps", {}},
                                 [](Checker&, std::string_view, const TunnelWire& from, Tunnel& to) {
                                   to.framing_capabilities =
                                       runtime::Framing{from.framing_cap_sync != 0, from.framing_cap_async != 0};
                                 },
                                 [](TunnelWire& to, const Tunnel& from, bool) {
                                   const runtime::Framing framing =
                                       from.framing_capabilities.value_or(runtime::Framing{});
                                   to.framing_cap_sync = framing.sync;
                                   to.framing_cap_async = framing.async;
                                 },
                                 [](const Tunnel& from) { return from.framing_capabilities.has_value(); }};

constexpr TunnelRow kBearerCaps{L2TP_API_TUNNEL_PROFILE_FLAG_BEARER_CAP,
                                {"bearer_caps", {}},
                                [](Checker&, std::string_view, const TunnelWire& from, Tunnel& to) {
                                  to.bearer_capabilities =
                                      runtime::Bearer{from.bearer_cap_digital != 0, from.bearer_cap_analog != 0};
                                },
                                [](TunnelWire& to, const Tunnel& from, bool) {
                                  const runtime::Bearer bearer = from.bearer_capabilities.value_or(runtime::Bearer{});
                                  to.bearer_cap_digital = bearer.digital;
                                  to.bearer_cap_analog = bearer.analog;
                                },
                                [](const Tunnel& from) { return from.bearer_capabilities.has_value(); }};

constexpr TunnelRow kSecret{L2TP_API_TUNNEL_PROFILE_FLAG_SECRET,
                            {"secret", {}},
                            [](Checker& check, std::string_view, const TunnelWire& from, Tunnel& to) {
                              to.secret = check.any_text("secret", from.secret);
                            },
                            [](TunnelWire& to, const Tunnel& from, bool with_secrets) {
                              if (with_secrets) checks::set_if(to.secret, from.secret);
                            },
                            [](const Tunnel& from) { return from.secret.has_value(); }};

constexpr std::array kTunnelRows{
    row<&TunnelWire::hide_avps, &Tunnel::hide_avps>(L2TP_API_TUNNEL_PROFILE_FLAG_HIDE_AVPS, "hide_avps"),
    row<&TunnelWire::auth_mode, &Tunnel::auth_mode>(L2TP_API_TUNNEL_PROFILE_FLAG_AUTH_MODE, "auth_mode"),
    kFramingCaps,
    kBearerCaps,
    row<&TunnelWire::use_tiebreaker, &Tunnel::use_tie_breaker>(L2TP_API_TUNNEL_PROFILE_FLAG_USE_TIEBREAKER,
                                                               "use_tiebreaker"),
    row<&TunnelWire::hello_timeout, &Tunnel::hello_timeout_s>(L2TP_API_TUNNEL_PROFILE_FLAG_HELLO_TIMEOUT,
                                                              "hello_timeout"),
    row<&TunnelWire::max_retries, &Tunnel::retries_max>(L2TP_API_TUNNEL_PROFILE_FLAG_MAX_RETRIES, "max_retries"),
    row<&TunnelWire::rx_window_size, &Tunnel::receive_window>(L2TP_API_TUNNEL_PROFILE_FLAG_RX_WINDOW_SIZE,
                                                              "rx_window_size"),
    row<&TunnelWire::tx_window_size, &Tunnel::transmit_window>(L2TP_API_TUNNEL_PROFILE_FLAG_TX_WINDOW_SIZE,
                                                               "tx_window_size"),
    row<&TunnelWire::retry_timeout, &Tunnel::retry_timeout_s>(L2TP_API_TUNNEL_PROFILE_FLAG_RETRY_TIMEOUT,
                                                              "retry_timeout"),
    row<&TunnelWire::idle_timeout, &Tunnel::idle_timeout_s>(L2TP_API_TUNNEL_PROFILE_FLAG_IDLE_TIMEOUT, "idle_timeout"),
    kSecret,
    row<&TunnelWire::allow_ppp_proxy, &Tunnel::allow_ppp_proxy>(L2TP_API_TUNNEL_PROFILE_FLAG_ALLOW_PPP_PROXY,
                                                                "allow_ppp_proxy"),
    trace_row<TunnelWire, Tunnel>(L2TP_API_TUNNEL_PROFILE_FLAG_TRACE_FLAGS),
    row<&TunnelWire::use_udp_checksums, &Tunnel::use_udp_checksums>(L2TP_API_TUNNEL_PROFILE_FLAG_USE_UDP_CHECKSUMS,
                                                                    "use_udp_checksums"),
    row<&TunnelWire::host_name, &Tunnel::host_name>(L2TP_API_TUNNEL_PROFILE_FLAG_HOST_NAME, "host_name"),
    row<&TunnelWire::max_sessions, &Tunnel::sessions_max>(L2TP_API_TUNNEL_PROFILE_FLAG_MAX_SESSIONS, "max_sessions"),
    row<&TunnelWire::our_addr, &Tunnel::our_addr>(L2TP_API_TUNNEL_PROFILE_FLAG_OUR_ADDR, "src_ipaddr"),
    row<&TunnelWire::peer_addr, &Tunnel::peer_addr>(L2TP_API_TUNNEL_PROFILE_FLAG_PEER_ADDR, "dest_ipaddr"),
    row<&TunnelWire::our_udp_port, &Tunnel::our_udp_port>(L2TP_API_TUNNEL_PROFILE_FLAG_OUR_UDP_PORT, "our_udp_port"),
    row<&TunnelWire::peer_udp_port, &Tunnel::peer_udp_port>(L2TP_API_TUNNEL_PROFILE_FLAG_PEER_UDP_PORT,
                                                            "peer_udp_port"),
    row<&TunnelWire::peer_profile_name, &Tunnel::peer_profile_name>(L2TP_API_TUNNEL_PROFILE_FLAG_PEER_PROFILE_NAME,
                                                                    "peer_profile_name"),
    row<&TunnelWire::session_profile_name, &Tunnel::session_profile_name>(
        L2TP_API_TUNNEL_PROFILE_FLAG_SESSION_PROFILE_NAME, "session_profile_name"),
    row<&TunnelWire::ppp_profile_name, &Tunnel::ppp_profile_name>(L2TP_API_TUNNEL_PROFILE_FLAG_PPP_PROFILE_NAME,
                                                                  "ppp_profile_name"),
    row<&TunnelWire::do_pmtu_discovery, &Tunnel::do_pmtu_discovery>(L2TP_API_TUNNEL_PROFILE_FLAG_DO_PMTU_DISCOVERY,
                                                                    "do_pmtu_discovery"),
    row<&TunnelWire::mtu, &Tunnel::mtu>(L2TP_API_TUNNEL_PROFILE_FLAG_MTU, "mtu"),
};

// ---- session profiles

using SessionRow = Row<l2tp_api_session_profile_msg_data, SessionProfileParameters>;
using SessionWire = l2tp_api_session_profile_msg_data;
using Session = SessionProfileParameters;

constexpr SessionRow kFramingType{L2TP_API_SESSION_PROFILE_FLAG_FRAMING_TYPE,
                                  {"framing_type", {}},
                                  [](Checker&, std::string_view, const SessionWire& from, Session& to) {
                                    to.framing_type =
                                        runtime::Framing{from.framing_type_sync != 0, from.framing_type_async != 0};
                                  },
                                  [](SessionWire& to, const Session& from, bool) {
                                    const runtime::Framing framing = from.framing_type.value_or(runtime::Framing{});
                                    to.framing_type_sync = framing.sync;
                                    to.framing_type_async = framing.async;
                                  },
                                  [](const Session& from) { return from.framing_type.has_value(); }};

constexpr SessionRow kBearerType{L2TP_API_SESSION_PROFILE_FLAG_BEARER_TYPE,
                                 {"bearer_type", {}},
                                 [](Checker&, std::string_view, const SessionWire& from, Session& to) {
                                   to.bearer_type =
                                       runtime::Bearer{from.bearer_type_digital != 0, from.bearer_type_analog != 0};
                                 },
                                 [](SessionWire& to, const Session& from, bool) {
                                   const runtime::Bearer bearer = from.bearer_type.value_or(runtime::Bearer{});
                                   to.bearer_type_digital = bearer.digital;
                                   to.bearer_type_analog = bearer.analog;
                                 },
                                 [](const Session& from) { return from.bearer_type.has_value(); }};

constexpr SessionRow kConnectSpeed{
    L2TP_API_SESSION_PROFILE_FLAG_CONNECT_SPEED,
    {"tx_connect_speed", "rx_connect_speed"},
    [](Checker& check, std::string_view, const SessionWire& from, Session& to) {
      to.tx_connect_speed = check.not_negative("connect_speed (tx)", from.tx_connect_speed);
      to.rx_connect_speed = check.not_negative("connect_speed (rx)", from.rx_connect_speed);
    },
    [](SessionWire& to, const Session& from, bool) {
      to.tx_connect_speed = static_cast<int>(from.tx_connect_speed.value_or(0));
      to.rx_connect_speed = static_cast<int>(from.rx_connect_speed.value_or(0));
    },
    [](const Session& from) { return from.tx_connect_speed.has_value() || from.rx_connect_speed.has_value(); }};

constexpr std::array kSessionRows{
    trace_row<SessionWire, Session>(L2TP_API_SESSION_PROFILE_FLAG_TRACE_FLAGS),
    row<&SessionWire::sequencing_required, &Session::sequencing_required>(
        L2TP_API_SESSION_PROFILE_FLAG_SEQUENCING_REQUIRED, "sequencing_required"),
    row<&SessionWire::ppp_profile_name, &Session::ppp_profile_name>(L2TP_API_SESSION_PROFILE_FLAG_PPP_PROFILE_NAME,
                                                                    "ppp_profile_name"),
    row<&SessionWire::session_type, &Session::session_type>(L2TP_API_SESSION_PROFILE_FLAG_SESSION_TYPE, "session_type"),
    row<&SessionWire::priv_group_id, &Session::private_group_id>(L2TP_API_SESSION_PROFILE_FLAG_PRIV_GROUP_ID,
                                                                 "priv_group_id"),
    kFramingType,
    kBearerType,
    row<&SessionWire::minimum_bps, &Session::minimum_bps>(L2TP_API_SESSION_PROFILE_FLAG_MINIMUM_BPS, "minimum_bps"),
    row<&SessionWire::maximum_bps, &Session::maximum_bps>(L2TP_API_SESSION_PROFILE_FLAG_MAXIMUM_BPS, "maximum_bps"),
    kConnectSpeed,
    row<&SessionWire::use_ppp_proxy, &Session::use_ppp_proxy>(L2TP_API_SESSION_PROFILE_FLAG_USE_PPP_PROXY,
                                                              "use_ppp_proxy"),
    row<&SessionWire::use_sequence_numbers, &Session::use_sequence_numbers>(
        L2TP_API_SESSION_PROFILE_FLAG_USE_SEQUENCE_NUMBERS, "use_sequence_numbers"),
    row<&SessionWire::reorder_timeout, &Session::reorder_timeout>(L2TP_API_SESSION_PROFILE_FLAG_REORDER_TIMEOUT,
                                                                  "reorder_timeout"),
    row<&SessionWire::no_ppp, &Session::no_ppp>(L2TP_API_SESSION_PROFILE_FLAG_NO_PPP, "no_ppp"),
};

// ---- PPP profiles

using PppWire = l2tp_api_ppp_profile_msg_data;
using Ppp = PppProfileParameters;

constexpr std::array kPppRows{
    trace_row<PppWire, Ppp>(L2TP_API_PPP_PROFILE_FLAG_TRACE_FLAGS),
    row<&PppWire::asyncmap, &Ppp::asyncmap>(L2TP_API_PPP_PROFILE_FLAG_ASYNCMAP, "asyncmap"),
    row<&PppWire::mru, &Ppp::mru>(L2TP_API_PPP_PROFILE_FLAG_MRU, "mru"),
    row<&PppWire::mtu, &Ppp::mtu>(L2TP_API_PPP_PROFILE_FLAG_MTU, "mtu"),
    row<&PppWire::use_radius, &Ppp::use_radius>(L2TP_API_PPP_PROFILE_FLAG_USE_RADIUS, "use_radius"),
    row<&PppWire::radius_hint, &Ppp::radius_hint>(L2TP_API_PPP_PROFILE_FLAG_RADIUS_HINT, "radius_hint"),
    row<&PppWire::sync_mode, &Ppp::sync_mode>(L2TP_API_PPP_PROFILE_FLAG_SYNC_MODE, "sync_mode"),
    row<&PppWire::chap_interval, &Ppp::chap_interval_s>(L2TP_API_PPP_PROFILE_FLAG_CHAP_INTERVAL, "chap_interval"),
    row<&PppWire::chap_max_challenge, &Ppp::chap_challenges_max>(L2TP_API_PPP_PROFILE_FLAG_CHAP_MAX_CHALLENGE,
                                                                 "chap_max_challenge"),
    row<&PppWire::chap_restart, &Ppp::chap_restart_s>(L2TP_API_PPP_PROFILE_FLAG_CHAP_RESTART, "chap_restart"),
    row<&PppWire::pap_max_auth_requests, &Ppp::pap_requests_max>(L2TP_API_PPP_PROFILE_FLAG_PAP_MAX_AUTH_REQUESTS,
                                                                 "pap_max_auth_requests"),
    row<&PppWire::pap_restart_interval, &Ppp::pap_restart_s>(L2TP_API_PPP_PROFILE_FLAG_PAP_RESTART_INTERVAL,
                                                             "pap_restart_interval"),
    row<&PppWire::pap_timeout, &Ppp::pap_timeout_s>(L2TP_API_PPP_PROFILE_FLAG_PAP_TIMEOUT, "pap_timeout"),
    row<&PppWire::idle_timeout, &Ppp::idle_timeout_s>(L2TP_API_PPP_PROFILE_FLAG_IDLE_TIMEOUT, "idle_timeout"),
    row<&PppWire::ipcp_max_config_requests, &Ppp::ipcp_config_requests_max>(
        L2TP_API_PPP_PROFILE_FLAG_IPCP_MAX_CONFIG_REQUESTS, "ipcp_max_config_requests"),
    row<&PppWire::ipcp_max_config_naks, &Ppp::ipcp_config_naks_max>(L2TP_API_PPP_PROFILE_FLAG_IPCP_MAX_CONFIG_NAKS,
                                                                    "ipcp_max_config_naks"),
    row<&PppWire::ipcp_max_terminate_requests, &Ppp::ipcp_terminate_requests_max>(
        L2TP_API_PPP_PROFILE_FLAG_IPCP_MAX_TERMINATE_REQUESTS, "ipcp_max_terminate_requests"),
    row<&PppWire::ipcp_retransmit_interval, &Ppp::ipcp_retransmit_s>(L2TP_API_PPP_PROFILE_FLAG_IPCP_RETRANSMIT_INTERVAL,
                                                                     "ipcp_retransmit_interval"),
    row<&PppWire::lcp_echo_failure_count, &Ppp::lcp_echo_failures_max>(L2TP_API_PPP_PROFILE_FLAG_LCP_ECHO_FAILURE_COUNT,
                                                                       "lcp_echo_failure_count"),
    row<&PppWire::lcp_echo_interval, &Ppp::lcp_echo_interval_s>(L2TP_API_PPP_PROFILE_FLAG_LCP_ECHO_INTERVAL,
                                                                "lcp_echo_interval"),
    row<&PppWire::lcp_max_config_requests, &Ppp::lcp_config_requests_max>(
        L2TP_API_PPP_PROFILE_FLAG_LCP_MAX_CONFIG_REQUESTS, "lcp_max_config_requests"),
    row<&PppWire::lcp_max_config_naks, &Ppp::lcp_config_naks_max>(L2TP_API_PPP_PROFILE_FLAG_LCP_MAX_CONFIG_NAKS,
                                                                  "lcp_max_config_naks"),
    row<&PppWire::lcp_max_terminate_requests, &Ppp::lcp_terminate_requests_max>(
        L2TP_API_PPP_PROFILE_FLAG_LCP_MAX_TERMINATE_REQUESTS, "lcp_max_terminate_requests"),
    row<&PppWire::lcp_retransmit_interval, &Ppp::lcp_retransmit_s>(L2TP_API_PPP_PROFILE_FLAG_LCP_RETRANSMIT_INTERVAL,
                                                                   "lcp_retransmit_interval"),
    row<&PppWire::max_connect_time, &Ppp::connect_time_max_s>(L2TP_API_PPP_PROFILE_FLAG_MAX_CONNECT_TIME,
                                                              "max_connect_time"),
    row<&PppWire::max_failure_count, &Ppp::failures_max>(L2TP_API_PPP_PROFILE_FLAG_MAX_FAILURE_COUNT,
                                                         "max_failure_count"),
    row<&PppWire::dns_addr_1, &Ppp::dns_addr_1>(L2TP_API_PPP_PROFILE_FLAG_DNS_ADDR_1, "dns_ipaddr_pri", true),
    row<&PppWire::dns_addr_2, &Ppp::dns_addr_2>(L2TP_API_PPP_PROFILE_FLAG_DNS_ADDR_2, "dns_ipaddr_sec", true),
    row<&PppWire::wins_addr_1, &Ppp::wins_addr_1>(L2TP_API_PPP_PROFILE_FLAG_WINS_ADDR_1, "wins_ipaddr_pri", true),
    row<&PppWire::wins_addr_2, &Ppp::wins_addr_2>(L2TP_API_PPP_PROFILE_FLAG_WINS_ADDR_2, "wins_ipaddr_sec", true),
    row<&PppWire::local_ip_addr, &Ppp::local_addr>(L2TP_API_PPP_PROFILE_FLAG_LOCAL_IP_ADDR, "local_ipaddr", true),
    row<&PppWire::peer_ip_addr, &Ppp::peer_addr>(L2TP_API_PPP_PROFILE_FLAG_PEER_IP_ADDR, "remote_ipaddr", true),
    row<&PppWire::ip_pool_name, &Ppp::ip_pool_name>(L2TP_API_PPP_PROFILE_FLAG_IP_POOL_NAME, "ip_pool_name", true),
    row<&PppWire::use_as_default_route, &Ppp::use_as_default_route>(L2TP_API_PPP_PROFILE_FLAG_USE_AS_DEFAULT_ROUTE,
                                                                    "default_route", true),
    row<&PppWire::multilink, &Ppp::multilink>(L2TP_API_PPP_PROFILE_FLAG_MULTILINK, "multilink", true),
    row<&PppWire::local_name, &Ppp::local_name>(L2TP_API_PPP_PROFILE_FLAG_LOCAL_NAME, "local_name", true),
    row<&PppWire::remote_name, &Ppp::remote_name>(L2TP_API_PPP_PROFILE_FLAG_REMOTE_NAME, "remote_name", true),
    row<&PppWire::proxy_arp, &Ppp::proxy_arp>(L2TP_API_PPP_PROFILE_FLAG_PROXY_ARP, "proxy_arp", true),
    row<&PppWire::auth_none, &Ppp::auth_none>(L2TP_API_PPP_PROFILE_FLAG_AUTH_NONE, "auth_none", true),
    row<&PppWire::auth_refuse_eap, &Ppp::auth_refuse_eap>(L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_EAP, "auth_refuse_eap",
                                                          true),
    row<&PppWire::auth_refuse_mschapv2, &Ppp::auth_refuse_mschapv2>(L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_MSCHAPV2,
                                                                    "auth_refuse_mschapv2", true),
    row<&PppWire::auth_refuse_mschap, &Ppp::auth_refuse_mschap>(L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_MSCHAP,
                                                                "auth_refuse_mschap", true),
    row<&PppWire::auth_refuse_chap, &Ppp::auth_refuse_chap>(L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_CHAP,
                                                            "auth_refuse_chap", true),
    row<&PppWire::auth_refuse_pap, &Ppp::auth_refuse_pap>(L2TP_API_PPP_PROFILE_FLAG_AUTH_REFUSE_PAP, "auth_refuse_pap",
                                                          true),
    row<&PppWire::auth_peer, &Ppp::auth_peer>(L2TP_API_PPP_PROFILE_FLAG_AUTH_PEER, "auth_peer", true),
};

// ---- walking the rows

constexpr std::span<const PeerRow> rows_of(const PeerWire*) { return kPeerRows; }
constexpr std::span<const TunnelRow> rows_of(const TunnelWire*) { return kTunnelRows; }
constexpr std::span<const SessionRow> rows_of(const SessionWire*) { return kSessionRows; }
constexpr std::span<const Row<PppWire, Ppp>> rows_of(const PppWire*) { return kPppRows; }

template <class Message>
std::uint32_t second_word(const Message& message) {
  if constexpr (requires { message.flags2; }) return message.flags2;
  return 0;
}

template <class Parameters, class Message>
ControlResult<Parameters> take(const Message& message) {
  Checker check;
  Parameters to;
  for (const auto& row : rows_of(&message)) {
    const std::uint32_t word = row.second_word ? second_word(message) : message.flags;
    if ((word & row.bit) != 0) row.take(check, row.names[0], message, to);
  }
  checks::note_parameters(to);
  adjusted(runtime::clamp_ranges(to));
  return check.result(std::move(to));
}

template <class Message, class Parameters>
Value<Message> fill(const runtime::ProfileReport<Parameters>& report, bool with_secrets) {
  Value<Message> message;
  message->profile_name = copy_string(report.name);
  for (const auto& row : rows_of(&*message)) {
    row.fill(*message, report.in_force, with_secrets);
    if (!row.supplied(report.supplied)) continue;
    if constexpr (requires { message->flags2; }) {
      (row.second_word ? message->flags2 : message->flags) |= row.bit;
    } else {
      message->flags |= row.bit;
    }
  }
  return message;
}

template <class Message, class Unset>
std::vector<std::string_view> names(const Unset& unset) {
  std::vector<std::string_view> result;
  for (const auto& row : rows_of(static_cast<const Message*>(nullptr))) {
    const std::uint32_t word = row.second_word ? second_word(unset) : unset.flags;
    if ((word & row.bit) == 0) continue;
    for (const std::string_view name : row.names)
      if (!name.empty()) result.push_back(name);
    note_parameter(row.names[0]);
  }
  return result;
}

} // namespace

ControlResult<Peer> profile_parameters(const PeerWire& message) { return take<Peer>(message); }
ControlResult<Tunnel> profile_parameters(const TunnelWire& message) { return take<Tunnel>(message); }
ControlResult<Session> profile_parameters(const SessionWire& message) { return take<Session>(message); }
ControlResult<Ppp> profile_parameters(const PppWire& message) { return take<Ppp>(message); }

Value<PeerWire> profile_message(const runtime::ProfileReport<Peer>& report, bool with_secrets) {
  return fill<PeerWire>(report, with_secrets);
}
Value<TunnelWire> profile_message(const runtime::ProfileReport<Tunnel>& report, bool with_secrets) {
  return fill<TunnelWire>(report, with_secrets);
}
Value<SessionWire> profile_message(const runtime::ProfileReport<Session>& report, bool with_secrets) {
  return fill<SessionWire>(report, with_secrets);
}
Value<PppWire> profile_message(const runtime::ProfileReport<Ppp>& report, bool with_secrets) {
  return fill<PppWire>(report, with_secrets);
}

std::vector<std::string_view> unset_names(const l2tp_api_peer_profile_unset_msg_data& message) {
  return names<PeerWire>(message);
}
std::vector<std::string_view> unset_names(const l2tp_api_tunnel_profile_unset_msg_data& message) {
  return names<TunnelWire>(message);
}
std::vector<std::string_view> unset_names(const l2tp_api_session_profile_unset_msg_data& message) {
  return names<SessionWire>(message);
}
std::vector<std::string_view> unset_names(const l2tp_api_ppp_profile_unset_msg_data& message) {
  return names<PppWire>(message);
}

} // namespace openl2tp::rpc
