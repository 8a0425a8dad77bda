// The parameters of peer profiles.
#include <array>

#include "runtime/profiles/names.hpp"
#include "runtime/profiles/parameter_walk.hpp"

namespace openl2tp::runtime {

namespace {

using P = PeerProfileParameters;

constexpr std::array kTable{
    Parameter<P>{"lac_lns", &P::mode},
    Parameter<P>{"tunnel_profile_name", &P::tunnel_profile_name, Use::anywhere, kNameLength},
    Parameter<P>{"session_profile_name", &P::session_profile_name, Use::anywhere, kNameLength},
    Parameter<P>{"ppp_profile_name", &P::ppp_profile_name, Use::anywhere, kNameLength},
    Parameter<P>{"peer_ipaddr", &P::peer_addr, Use::anywhere, {.own = true}},
    Parameter<P>{"peer_port", &P::peer_port, Use::anywhere, {.own = true}},
    Parameter<P>{"netmask", &P::netmask, Use::anywhere, {.own = true}},
};

} // namespace

template <>
std::span<const Parameter<P>> parameter_table<P>() noexcept {
  return kTable;
}

template <>
P built_in_parameters<P>(TraceMask) {
  P defaults;
  defaults.peer_port = 0;
  defaults.mode = TunnelMode::lac_lns;
  defaults.tunnel_profile_name = kDefaultName;
  defaults.session_profile_name = kDefaultName;
  defaults.ppp_profile_name = kDefaultName;
  return defaults;
}

} // namespace openl2tp::runtime

OPENL2TP_INSTANTIATE_PARAMETERS(openl2tp::runtime::PeerProfileParameters);
