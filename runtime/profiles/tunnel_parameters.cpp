// The parameters of tunnels and tunnel profiles.
#include <array>

#include "runtime/profiles/names.hpp"
#include "runtime/profiles/parameter_walk.hpp"

namespace openl2tp::runtime {

namespace {

using T = TunnelParameters;

constexpr std::array kTable{
    Parameter<T>{"tunnel_id", &T::tunnel_id, Use::create_only, {.min = 1, .max = 65535}},
    Parameter<T>{"tunnel_name", &T::tunnel_name, Use::create_only, kNameLength},
    Parameter<T>{"src_ipaddr", &T::our_addr, Use::profile},
    Parameter<T>{"dest_ipaddr", &T::peer_addr, Use::profile},
    Parameter<T>{"our_udp_port", &T::our_udp_port, Use::profile},
    Parameter<T>{"peer_udp_port", &T::peer_udp_port, Use::profile},
    Parameter<T>{"config_id", &T::config_id, Use::create_only, {.max = kCountMax}},
    Parameter<T>{"auth_mode", &T::auth_mode, Use::profile},
    Parameter<T>{"framing_caps", &T::framing_capabilities, Use::profile},
    Parameter<T>{"bearer_caps", &T::bearer_capabilities, Use::profile},
    Parameter<T>{"use_tiebreaker", &T::use_tie_breaker, Use::profile},
    Parameter<T>{"allow_ppp_proxy", &T::allow_ppp_proxy, Use::profile},
    Parameter<T>{"hide_avps", &T::hide_avps, Use::profile},
    Parameter<T>{"rx_window_size", &T::receive_window, Use::profile, {.min = 1, .max = 1024}},
    Parameter<T>{"tx_window_size", &T::transmit_window, Use::profile, {.min = 1, .max = 1024}},
    Parameter<T>{"secret", &T::secret, Use::profile, {.max = 255, .any_octet = true, .sensitive = true, .own = true}},
    Parameter<T>{"host_name", &T::host_name, Use::profile, kOwnName},
    Parameter<T>{"profile_name", &T::tunnel_profile_name, Use::create_only, kNameLength},
    Parameter<T>{"do_pmtu_discovery", &T::do_pmtu_discovery, Use::profile},
    Parameter<T>{"use_udp_checksums", &T::use_udp_checksums},
    Parameter<T>{"persist", &T::persist, Use::modify},
    Parameter<T>{"hello_timeout", &T::hello_timeout_s, Use::anywhere, {.max = 86400}},
    Parameter<T>{"max_retries", &T::retries_max, Use::anywhere, {.max = 100}},
    Parameter<T>{"retry_timeout", &T::retry_timeout_s, Use::anywhere, {.min = 1, .max = 60}},
    Parameter<T>{"idle_timeout", &T::idle_timeout_s, Use::anywhere, {.max = kCountMax}},
    Parameter<T>{"max_sessions", &T::sessions_max, Use::anywhere, {.max = kCountMax}},
    Parameter<T>{"mtu", &T::mtu, Use::anywhere, {.min = 68, .max = 65535, .or_zero = true}},
    Parameter<T>{"trace_flags", &T::trace},
    Parameter<T>{"peer_profile_name", &T::peer_profile_name, Use::anywhere, kOwnName},
    Parameter<T>{"session_profile_name", &T::session_profile_name, Use::anywhere, kOwnName},
    Parameter<T>{"ppp_profile_name", &T::ppp_profile_name, Use::anywhere, kOwnName},
    Parameter<T>{"interface_name", &T::interface_name, Use::modify, {.max = 15}},
};

} // namespace

template <>
std::span<const Parameter<T>> parameter_table<T>() noexcept {
  return kTable;
}

template <>
T built_in_parameters<T>(TraceMask trace) {
  T defaults;
  defaults.auth_mode = AuthMode::none;
  defaults.framing_capabilities = Framing{true, true};
  defaults.bearer_capabilities = Bearer{true, true};
  defaults.use_tie_breaker = false;
  defaults.allow_ppp_proxy = false;
  defaults.hide_avps = false;
  defaults.receive_window = 10;
  defaults.transmit_window = 10;
  defaults.do_pmtu_discovery = false;
  defaults.use_udp_checksums = true;
  defaults.persist = false;
  defaults.hello_timeout_s = 60;
  defaults.retries_max = 5;
  defaults.retry_timeout_s = 1;
  defaults.idle_timeout_s = 0;
  defaults.sessions_max = 0;
  defaults.mtu = 1460;
  defaults.trace = trace & protocol::trace::all;
  defaults.peer_profile_name = kDefaultName;
  defaults.session_profile_name = kDefaultName;
  defaults.ppp_profile_name = kDefaultName;
  return defaults;
}

} // namespace openl2tp::runtime

OPENL2TP_INSTANTIATE_PARAMETERS(openl2tp::runtime::TunnelParameters);
