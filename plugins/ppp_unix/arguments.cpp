#include "plugins/ppp_unix/arguments.hpp"

#include <array>
#include <charconv>
#include <cstring>

#include "plugins/ppp_profile/profile_rules.hpp"
#include "plugins/ppp_unix/report.h"

namespace openl2tp::ppp_unix {

namespace {

using ppp_profile::peer_must_authenticate;
using Arguments = std::vector<std::string>;
using Profile = openl2tp_ppp_profile;

constexpr std::uint32_t refusals = OPENL2TP_PPP_REFUSE_PAP | OPENL2TP_PPP_REFUSE_CHAP | OPENL2TP_PPP_REFUSE_MSCHAP |
                                   OPENL2TP_PPP_REFUSE_MSCHAPV2 | OPENL2TP_PPP_REFUSE_EAP;

struct Method {
  std::uint32_t refused;
  const char* refuse;
  const char* require;
};

constexpr std::array<Method, 5> methods{{
    {OPENL2TP_PPP_REFUSE_EAP, "refuse-eap", "require-eap"},
    {OPENL2TP_PPP_REFUSE_MSCHAPV2, "refuse-mschap-v2", "require-mschap-v2"},
    {OPENL2TP_PPP_REFUSE_MSCHAP, "refuse-mschap", "require-mschap"},
    {OPENL2TP_PPP_REFUSE_CHAP, "refuse-chap", "require-chap"},
    {OPENL2TP_PPP_REFUSE_PAP, "refuse-pap", "require-pap"},
}};

struct Number {
  std::uint64_t given;
  const char* option;
  std::uint32_t Profile::* value;
};

// In the order of OpenL2TP's command line.
constexpr std::array<Number, 19> numbers{{
    {OPENL2TP_PPP_GIVEN_CHAP_INTERVAL, "chap-interval", &Profile::chap_interval_s},
    {OPENL2TP_PPP_GIVEN_CHAP_CHALLENGES_MAX, "chap-max-challenge", &Profile::chap_challenges_max},
    {OPENL2TP_PPP_GIVEN_CHAP_RESTART, "chap-restart", &Profile::chap_restart_s},
    {OPENL2TP_PPP_GIVEN_PAP_REQUESTS_MAX, "pap-max-authreq", &Profile::pap_requests_max},
    {OPENL2TP_PPP_GIVEN_PAP_RESTART, "pap-restart", &Profile::pap_restart_s},
    {OPENL2TP_PPP_GIVEN_PAP_TIMEOUT, "pap-timeout", &Profile::pap_timeout_s},
    {OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, "idle", &Profile::idle_timeout_s},
    {OPENL2TP_PPP_GIVEN_IPCP_CONFIG_REQUESTS_MAX, "ipcp-max-configure", &Profile::ipcp_config_requests_max},
    {OPENL2TP_PPP_GIVEN_IPCP_CONFIG_NAKS_MAX, "ipcp-max-failure", &Profile::ipcp_config_naks_max},
    {OPENL2TP_PPP_GIVEN_IPCP_TERMINATE_REQUESTS_MAX, "ipcp-max-terminate", &Profile::ipcp_terminate_requests_max},
    {OPENL2TP_PPP_GIVEN_IPCP_RETRANSMIT, "ipcp-restart", &Profile::ipcp_retransmit_s},
    {OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX, "lcp-echo-failure", &Profile::lcp_echo_failures_max},
    {OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL, "lcp-echo-interval", &Profile::lcp_echo_interval_s},
    {OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX, "lcp-max-configure", &Profile::lcp_config_requests_max},
    {OPENL2TP_PPP_GIVEN_LCP_CONFIG_NAKS_MAX, "lcp-max-failure", &Profile::lcp_config_naks_max},
    {OPENL2TP_PPP_GIVEN_LCP_TERMINATE_REQUESTS_MAX, "lcp-max-terminate", &Profile::lcp_terminate_requests_max},
    {OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT, "lcp-restart", &Profile::lcp_retransmit_s},
    {OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, "maxconnect", &Profile::connect_time_max_s},
    {OPENL2TP_PPP_GIVEN_FAILURES_MAX, "maxfail", &Profile::failures_max},
}};

/// The octets up to the first NUL: an argument cannot hold one.
std::string text(const char* octets, std::size_t length) {
  if (octets == nullptr) return {};
  return {octets, strnlen(octets, length)};
}

std::string hexadecimal(std::uint32_t value) {
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.begin(), digits.end(), value, 16).ptr;
  return {digits.begin(), end};
}

bool is_set(const std::uint8_t (&address)[4]) { return (address[0] | address[1] | address[2] | address[3]) != 0; }

std::string dotted(const std::uint8_t (&address)[4]) {
  std::string out;
  for (const std::uint8_t octet : address) {
    if (!out.empty()) out += '.';
    out += std::to_string(octet);
  }
  return out;
}

void add(Arguments& to, std::initializer_list<std::string> words) { to.insert(to.end(), words); }

void add_addresses(Arguments& to, const Profile& profile) {
  const auto given = [&](std::uint64_t bit, const std::uint8_t(&address)[4]) {
    return (profile.given & bit) != 0 && is_set(address) ? dotted(address) : std::string();
  };
  const std::string local = given(OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS, profile.local_address);
  const std::string peer = given(OPENL2TP_PPP_GIVEN_PEER_ADDRESS, profile.peer_address);
  if (!local.empty() || !peer.empty()) to.push_back(local + ":" + peer);
  const auto server = [&](const char* option, const std::string& address) {
    if (!address.empty()) add(to, {option, address});
  };
  server("ms-dns", given(OPENL2TP_PPP_GIVEN_DNS_1, profile.dns_1));
  server("ms-dns", given(OPENL2TP_PPP_GIVEN_DNS_2, profile.dns_2));
  server("ms-wins", given(OPENL2TP_PPP_GIVEN_WINS_1, profile.wins_1));
  server("ms-wins", given(OPENL2TP_PPP_GIVEN_WINS_2, profile.wins_2));
}

void add_packet_size(Arguments& to, const char* option, std::optional<std::uint16_t> size) {
  if (size) add(to, {option, std::to_string(*size)});
}

void add_text(Arguments& to, bool given, const char* option, const char* octets, std::size_t length) {
  if (!given) return;
  if (std::string value = text(octets, length); !value.empty()) add(to, {option, std::move(value)});
}

void add_radius(Arguments& to, const Profile& profile) {
  if ((profile.options & OPENL2TP_PPP_USE_RADIUS) == 0) return;
  add(to, {"plugin", "radius.so", "plugin", "radattr.so"});
  add_text(to, (profile.given & OPENL2TP_PPP_GIVEN_RADIUS_HINT) != 0, "radius-config-file", profile.radius_hint,
           profile.radius_hint_length);
}

void add_ip_pool(Arguments& to, const Profile& profile, bool debug) {
  if ((profile.given & OPENL2TP_PPP_GIVEN_IP_POOL_NAME) == 0) return;
  const std::string pool = text(profile.ip_pool_name, profile.ip_pool_name_length);
  if (pool.empty()) return;
  add(to, {"plugin", "ippool.so", "ippool_name", pool});
  if (debug) add(to, {"ippool_debug", "1"});
}

/// A method that is refused is neither agreed to nor asked for: pppd's refuse-... is the former only, so that the
/// others are required one by one as soon as one of them is refused.
void add_methods(Arguments& to, const openl2tp_ppp_params& params) {
  const std::uint32_t refused = params.profile->options & refusals;
  for (const Method& method : methods)
    if ((refused & method.refused) != 0) to.emplace_back(method.refuse);
  if (refused == 0 || !peer_must_authenticate(params)) return;
  for (const Method& method : methods)
    if ((refused & method.refused) == 0) to.emplace_back(method.require);
}

void add_numbers(Arguments& to, const Profile& profile) {
  if ((profile.given & OPENL2TP_PPP_GIVEN_ASYNCMAP) != 0 && profile.asyncmap != 0)
    add(to, {"asyncmap", hexadecimal(profile.asyncmap)});
  for (const Number& number : numbers)
    if ((profile.given & number.given) != 0 && profile.*number.value != 0)
      add(to, {number.option, std::to_string(profile.*number.value)});
}

/// The debug mask of the kernel's PPPoL2TP sockets: its four bits from ours.
std::uint32_t kernel_debug_mask(std::uint32_t trace) {
  return ((trace & OPENL2TP_TRACE_FUNCTION) != 0 ? 1u : 0u) | ((trace & OPENL2TP_TRACE_PPP) != 0 ? 2u : 0u) |
         ((trace & OPENL2TP_TRACE_TRANSPORT) != 0 ? 4u : 0u) | ((trace & OPENL2TP_TRACE_DATA) != 0 ? 8u : 0u);
}

/// A name that the kernel takes for an interface.
bool is_interface_name(std::string_view name) {
  return !name.empty() && name.size() <= 15 && name != "." && name != ".." &&
         name.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

void add_session(Arguments& to, const openl2tp_ppp_params& params, const Launch& launch, bool multilink,
                 std::uint32_t trace) {
  add(to, {"plugin", "pppol2tp.so", "plugin", std::string(launch.pppd_plugin), "openl2tpd_fd",
           std::to_string(OPENL2TP_PPPD_REPORT_FD), "pppol2tp", std::to_string(OPENL2TP_PPPD_SESSION_FD)});
  if ((params.flags & OPENL2TP_PPP_SEQUENCE) != 0) add(to, {"pppol2tp_send_seq", "pppol2tp_recv_seq"});
  if (params.reorder_timeout_ms != 0) add(to, {"pppol2tp_reorderto", std::to_string(params.reorder_timeout_ms)});
  if ((params.flags & OPENL2TP_PPP_LNS) != 0) to.emplace_back("pppol2tp_lns_mode");
  add(to, {"pppol2tp_tunnel_id", std::to_string(params.tunnel_id), "pppol2tp_session_id",
           std::to_string(params.session_id)});
  if (const std::uint32_t mask = kernel_debug_mask(trace); mask != 0)
    add(to, {"pppol2tp_debug_mask", std::to_string(mask)});
  if (const std::string name = text(params.interface_name, params.interface_name_length);
      !multilink && is_interface_name(name))
    // Not pppol2tp_ifname: where another interface has the name, that would go on and put its addresses there.
    add(to, {"ifname", name});
  const std::string tunnel = text(params.tunnel_name, params.tunnel_name_length);
  add(to, {"ipparam", tunnel.empty() ? "l2tp" : "l2tp-" + tunnel});
  add(to, {"unit", std::to_string(launch.unit)});
}

} // namespace

std::optional<std::string_view> contradiction(const openl2tp_ppp_params& params) noexcept {
  return ppp_profile::contradiction(params, {.methods = refusals, .radius = true});
}

std::vector<std::string> pppd_arguments(const openl2tp_ppp_params& params, const Launch& launch) {
  const Profile& profile = *params.profile;
  const auto given = [&](std::uint64_t bit) { return (profile.given & bit) != 0; };
  const std::uint32_t trace = profile.trace_mask | params.trace_mask;
  const bool debug = (trace & OPENL2TP_TRACE_PPP) != 0;
  const bool multilink = (profile.options & OPENL2TP_PPP_MULTILINK) != 0;

  Arguments out{"pppd"};
  out.reserve(96);
  add_addresses(out, profile);
  if (debug) out.emplace_back("debug");
  if ((trace & OPENL2TP_TRACE_DATA) != 0) add(out, {"kdebug", "7"});
  using ppp_profile::packet_size;
  add_packet_size(out, "mtu", packet_size(given(OPENL2TP_PPP_GIVEN_MTU), profile.mtu, params.mtu));
  add_packet_size(out, "mru", packet_size(given(OPENL2TP_PPP_GIVEN_MRU), profile.mru, params.mtu));
  add_text(out, given(OPENL2TP_PPP_GIVEN_LOCAL_NAME), "name", profile.local_name, profile.local_name_length);
  add_text(out, given(OPENL2TP_PPP_GIVEN_REMOTE_NAME), "remotename", profile.remote_name, profile.remote_name_length);
  add_radius(out, profile);
  if (given(OPENL2TP_PPP_GIVEN_DEFAULT_ROUTE))
    out.emplace_back((profile.options & OPENL2TP_PPP_DEFAULT_ROUTE) != 0 ? "defaultroute" : "nodefaultroute");
  out.emplace_back("noipdefault");
  add_ip_pool(out, profile, debug);
  if (profile.sync_mode != OPENL2TP_PPP_ASYNC) out.emplace_back("sync");
  add_methods(out, params);
  add_numbers(out, profile);
  add(out, {"nodetach", "local", peer_must_authenticate(params) ? "auth" : "noauth"});
  add(out, {"noaccomp", "nopcomp", "nobsdcomp", "nodeflate", "nopredictor1", "novj", "novjccomp"});
  if (multilink)
    out.emplace_back("multilink");
  else
    add(out, {"noendpoint", "nomp"});
  if ((profile.options & OPENL2TP_PPP_PROXY_ARP) != 0) out.emplace_back("proxyarp");
  add_session(out, params, launch, multilink, trace);
  return out;
}

} // namespace openl2tp::ppp_unix
