#include "plugins/ppp_kernel/link_settings.hpp"

#include <algorithm>
#include <array>
#include <string>

#include "plugins/ppp_profile/profile_rules.hpp"

namespace openl2tp::ppp_kernel {

namespace {

using ppp::AuthMethod;
using ppp::Duration;
using ppp::LinkSettings;
using ppp_profile::peer_must_authenticate;
using Profile = openl2tp_ppp_profile;

struct Method {
  std::uint32_t refused;
  AuthMethod method;
};
constexpr std::array<Method, 4> methods{{
    {OPENL2TP_PPP_REFUSE_PAP, AuthMethod::pap},
    {OPENL2TP_PPP_REFUSE_CHAP, AuthMethod::chap_md5},
    {OPENL2TP_PPP_REFUSE_MSCHAP, AuthMethod::mschap_v1},
    {OPENL2TP_PPP_REFUSE_MSCHAPV2, AuthMethod::mschap_v2},
}};

struct Seconds {
  std::uint64_t given;
  std::uint32_t Profile::* value;
  Duration& (*target)(LinkSettings&);
};
constexpr std::array<Seconds, 9> durations{{
    {OPENL2TP_PPP_GIVEN_CHAP_INTERVAL, &Profile::chap_interval_s,
     [](LinkSettings& s) -> Duration& { return s.chap_interval; }},
    {OPENL2TP_PPP_GIVEN_CHAP_RESTART, &Profile::chap_restart_s,
     [](LinkSettings& s) -> Duration& { return s.chap_restart; }},
    {OPENL2TP_PPP_GIVEN_PAP_RESTART, &Profile::pap_restart_s,
     [](LinkSettings& s) -> Duration& { return s.pap_restart; }},
    {OPENL2TP_PPP_GIVEN_PAP_TIMEOUT, &Profile::pap_timeout_s,
     [](LinkSettings& s) -> Duration& { return s.pap_timeout; }},
    {OPENL2TP_PPP_GIVEN_IDLE_TIMEOUT, &Profile::idle_timeout_s,
     [](LinkSettings& s) -> Duration& { return s.idle_timeout; }},
    {OPENL2TP_PPP_GIVEN_IPCP_RETRANSMIT, &Profile::ipcp_retransmit_s,
     [](LinkSettings& s) -> Duration& { return s.ncp.restart; }},
    {OPENL2TP_PPP_GIVEN_LCP_ECHO_INTERVAL, &Profile::lcp_echo_interval_s,
     [](LinkSettings& s) -> Duration& { return s.echo_interval; }},
    {OPENL2TP_PPP_GIVEN_LCP_RETRANSMIT, &Profile::lcp_retransmit_s,
     [](LinkSettings& s) -> Duration& { return s.lcp.restart; }},
    {OPENL2TP_PPP_GIVEN_CONNECT_TIME_MAX, &Profile::connect_time_max_s,
     [](LinkSettings& s) -> Duration& { return s.connect_time; }},
}};

struct Count {
  std::uint64_t given;
  std::uint32_t Profile::* value;
  std::uint8_t& (*target)(LinkSettings&);
};
constexpr std::array<Count, 9> counts{{
    {OPENL2TP_PPP_GIVEN_CHAP_CHALLENGES_MAX, &Profile::chap_challenges_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.chap_challenges_max; }},
    {OPENL2TP_PPP_GIVEN_PAP_REQUESTS_MAX, &Profile::pap_requests_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.pap_requests_max; }},
    {OPENL2TP_PPP_GIVEN_IPCP_CONFIG_REQUESTS_MAX, &Profile::ipcp_config_requests_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.ncp.configure_max; }},
    {OPENL2TP_PPP_GIVEN_IPCP_CONFIG_NAKS_MAX, &Profile::ipcp_config_naks_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.ncp.failure_max; }},
    {OPENL2TP_PPP_GIVEN_IPCP_TERMINATE_REQUESTS_MAX, &Profile::ipcp_terminate_requests_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.ncp.terminate_max; }},
    {OPENL2TP_PPP_GIVEN_LCP_ECHO_FAILURES_MAX, &Profile::lcp_echo_failures_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.echo_failures; }},
    {OPENL2TP_PPP_GIVEN_LCP_CONFIG_REQUESTS_MAX, &Profile::lcp_config_requests_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.lcp.configure_max; }},
    {OPENL2TP_PPP_GIVEN_LCP_CONFIG_NAKS_MAX, &Profile::lcp_config_naks_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.lcp.failure_max; }},
    {OPENL2TP_PPP_GIVEN_LCP_TERMINATE_REQUESTS_MAX, &Profile::lcp_terminate_requests_max,
     [](LinkSettings& s) -> std::uint8_t& { return s.lcp.terminate_max; }},
}};

ppp::AuthMethods not_refused(const Profile& profile) noexcept {
  ppp::AuthMethods left;
  for (const Method& row : methods)
    if ((profile.options & row.refused) == 0) left.add(row.method);
  return left;
}

ppp::Ipv4 address(bool given, const std::uint8_t (&octets)[4]) noexcept {
  return given ? ppp::Ipv4::of(octets[0], octets[1], octets[2], octets[3]) : ppp::Ipv4{};
}

std::string text(bool given, const char* octets, std::size_t length) {
  return given && octets != nullptr ? std::string(octets, length) : std::string();
}

} // namespace

std::optional<std::string_view> contradiction(const openl2tp_ppp_params& params) noexcept {
  std::uint32_t all = 0;
  for (const Method& row : methods)
    all |= row.refused;
  return ppp_profile::contradiction(params, {.methods = all, .radius = false});
}

ppp::LinkSettings link_settings(const openl2tp_ppp_params& params, std::string_view host_name) {
  const Profile& profile = *params.profile;
  const auto given = [&](std::uint64_t bit) { return (profile.given & bit) != 0; };
  const bool lns = (params.flags & OPENL2TP_PPP_LNS) != 0;

  LinkSettings settings;
  using ppp_profile::packet_size;
  settings.mru = packet_size(given(OPENL2TP_PPP_GIVEN_MRU), profile.mru, params.mtu).value_or(settings.mru);
  settings.mtu = packet_size(given(OPENL2TP_PPP_GIVEN_MTU), profile.mtu, params.mtu).value_or(settings.mtu);
  settings.request_accm = given(OPENL2TP_PPP_GIVEN_ASYNCMAP) && profile.sync_mode != OPENL2TP_PPP_SYNC;
  settings.accm = settings.request_accm ? profile.asyncmap : 0;

  for (const Seconds& row : durations)
    if (const std::uint32_t value = profile.*row.value; given(row.given) && value != 0)
      row.target(settings) = Duration{std::int64_t{value} * 1'000};
  for (const Count& row : counts)
    if (const std::uint32_t value = profile.*row.value; given(row.given) && value != 0)
      row.target(settings) = static_cast<std::uint8_t>(std::min<std::uint32_t>(value, 255));

  if (peer_must_authenticate(params)) settings.require = not_refused(profile);
  // Who called us gets a proof of the name that the profile gives us, or none.
  settings.called = (params.flags & OPENL2TP_PPP_LOCAL) == 0;
  const bool named = given(OPENL2TP_PPP_GIVEN_LOCAL_NAME) && profile.local_name_length != 0;
  const bool caller_known = !settings.require.empty() || given(OPENL2TP_PPP_GIVEN_REMOTE_NAME);
  if (!settings.called || (named && caller_known)) settings.offer = not_refused(profile);
  settings.local_name = text(given(OPENL2TP_PPP_GIVEN_LOCAL_NAME), profile.local_name, profile.local_name_length);
  if (settings.local_name.empty()) settings.local_name = host_name;
  settings.remote_name = text(given(OPENL2TP_PPP_GIVEN_REMOTE_NAME), profile.remote_name, profile.remote_name_length);

  const bool in_kernel = params.data_path == OPENL2TP_DATA_PATH_KERNEL;
  settings.ipv6 = true;
  settings.idle_from_owner = in_kernel;
  settings.accept_proxy_lcp = settings.accept_proxy_auth = lns && (params.flags & OPENL2TP_PPP_PROXY) != 0;
  settings.local_address = address(given(OPENL2TP_PPP_GIVEN_LOCAL_ADDRESS), profile.local_address);
  settings.peer_address = address(given(OPENL2TP_PPP_GIVEN_PEER_ADDRESS), profile.peer_address);
  // Who dials in does not choose its address; who we dial in to may have any.
  settings.accept_peer = !lns;
  settings.ask_owner_address = lns && given(OPENL2TP_PPP_GIVEN_IP_POOL_NAME) && profile.ip_pool_name_length != 0;
  settings.dns = {address(given(OPENL2TP_PPP_GIVEN_DNS_1), profile.dns_1),
                  address(given(OPENL2TP_PPP_GIVEN_DNS_2), profile.dns_2)};
  settings.nbns = {address(given(OPENL2TP_PPP_GIVEN_WINS_1), profile.wins_1),
                   address(given(OPENL2TP_PPP_GIVEN_WINS_2), profile.wins_2)};
  return ppp::make_usable(std::move(settings));
}

} // namespace openl2tp::ppp_kernel
