// The parameters of sessions and session profiles.
#include <array>

#include "runtime/profiles/names.hpp"
#include "runtime/profiles/parameter_walk.hpp"

namespace openl2tp::runtime {

namespace {

using S = SessionParameters;

// A proxy AVP's value (§4.4.5) is at most 1,017 octets; ICCN carries up to six of them in one datagram.
constexpr Range kProxyOctets{.max = 512};

constexpr std::array kTable{
    Parameter<S>{"session_id", &S::session_id, Use::create_only, {.min = 1, .max = 65535}},
    Parameter<S>{"session_name", &S::session_name, Use::create_only, kNameLength},
    Parameter<S>{"interface_name", &S::interface_name, Use::create_only, {.max = 15}},
    Parameter<S>{"session_type", &S::session_type, Use::profile, {.own = true}},
    Parameter<S>{"user_name", &S::user_name, Use::create_only, kNameLength},
    Parameter<S>{
        "user_password", &S::user_password, Use::create_only, {.max = 255, .any_octet = true, .sensitive = true}},
    Parameter<S>{"priv_group_id", &S::private_group_id, Use::profile, kOwnName},
    Parameter<S>{"profile_name", &S::profile_name, Use::create_only, kNameLength},
    Parameter<S>{"ppp_profile_name", &S::ppp_profile_name, Use::profile, kOwnName},
    Parameter<S>{"no_ppp", &S::no_ppp, Use::profile},
    Parameter<S>{"use_ppp_proxy", &S::use_ppp_proxy, Use::profile},
    Parameter<S>{"sequencing_required", &S::sequencing_required},
    Parameter<S>{"use_sequence_numbers", &S::use_sequence_numbers},
    Parameter<S>{"reorder_timeout", &S::reorder_timeout, Use::anywhere, {.max = 60000}},
    Parameter<S>{"trace_flags", &S::trace},
    Parameter<S>{"framing_type", &S::framing_type, Use::profile},
    Parameter<S>{"bearer_type", &S::bearer_type, Use::profile},
    Parameter<S>{"minimum_bps", &S::minimum_bps, Use::profile},
    Parameter<S>{"maximum_bps", &S::maximum_bps, Use::profile},
    Parameter<S>{"tx_connect_speed", &S::tx_connect_speed, Use::profile},
    Parameter<S>{"rx_connect_speed", &S::rx_connect_speed, Use::profile},
    Parameter<S>{"proxy_auth_type", &S::proxy_auth_type, Use::create_only},
    Parameter<S>{"proxy_auth_name", &S::proxy_auth_name, Use::create_only, {.max = 255, .any_octet = true}},
    Parameter<S>{"proxy_auth_challenge", &S::proxy_auth_challenge, Use::create_only, kProxyOctets},
    Parameter<S>{"proxy_auth_response", &S::proxy_auth_response, Use::create_only, {.max = 512, .sensitive = true}},
    Parameter<S>{"calling_number", &S::calling_number, Use::create_only, kNameLength},
    Parameter<S>{"called_number", &S::called_number, Use::create_only, kNameLength},
    Parameter<S>{"sub_address", &S::sub_address, Use::create_only, kNameLength},
    Parameter<S>{"initial_rcvd_lcp_confreq", &S::initial_received_confreq, Use::create_only, kProxyOctets},
    Parameter<S>{"last_sent_lcp_confreq", &S::last_sent_confreq, Use::create_only, kProxyOctets},
    Parameter<S>{"last_rcvd_lcp_confreq", &S::last_received_confreq, Use::create_only, kProxyOctets},
};

} // namespace

template <>
std::span<const Parameter<S>> parameter_table<S>() noexcept {
  return kTable;
}

template <>
S built_in_parameters<S>(TraceMask trace) {
  S defaults;
  defaults.session_type = SessionType::unspecified;
  defaults.ppp_profile_name = kDefaultName;
  defaults.no_ppp = false;
  defaults.use_ppp_proxy = false;
  defaults.sequencing_required = false;
  defaults.use_sequence_numbers = false;
  defaults.reorder_timeout = 0;
  defaults.trace = trace & protocol::trace::all;
  defaults.framing_type = Framing{true, true};
  defaults.bearer_type = Bearer{true, true};
  defaults.minimum_bps = 0;
  defaults.maximum_bps = 0;
  defaults.tx_connect_speed = 1'000'000;
  defaults.rx_connect_speed = 0;
  return defaults;
}

} // namespace openl2tp::runtime

OPENL2TP_INSTANTIATE_PARAMETERS(openl2tp::runtime::SessionParameters);
