// All profiles as one value, cheap to copy. Private to runtime/profiles.
#pragma once

#include <string>
#include <type_traits>

#include "runtime/profiles/names.hpp"
#include "runtime/profiles/parameter.hpp"
#include "runtime/profiles/peer_index.hpp"
#include "runtime/profiles/shared_map.hpp"

namespace openl2tp::runtime {

/// A profile is what was supplied; what is in force follows from it and the built-in defaults. Each map always holds
/// `default`.
struct ProfileData {
  TraceMask trace = 0; // of the built-in defaults
  NameMap<PeerProfileParameters> peers;
  NameMap<TunnelProfileParameters> tunnels;
  NameMap<SessionProfileParameters> sessions;
  NameMap<PppProfileParameters> ppp;
  PeerIndex peer_index; // kept in step with `peers` by the store

  template <class Parameters, class Self>
  [[nodiscard]] static auto& map_of(Self& self) noexcept {
    if constexpr (std::is_same_v<Parameters, PeerProfileParameters>) {
      return self.peers;
    } else if constexpr (std::is_same_v<Parameters, TunnelProfileParameters>) {
      return self.tunnels;
    } else if constexpr (std::is_same_v<Parameters, SessionProfileParameters>) {
      return self.sessions;
    } else {
      static_assert(std::is_same_v<Parameters, PppProfileParameters>);
      return self.ppp;
    }
  }
};

/// The built-in profiles alone.
[[nodiscard]] ProfileData built_in_data(TraceMask trace);

/// What a profile that was given `supplied` amounts to.
template <class Parameters>
[[nodiscard]] Layered<Parameters> layered(const Parameters& supplied, TraceMask trace) {
  const Parameters built_in = built_in_parameters<Parameters>(trace);
  Layered<Parameters> result{.in_force = built_in, .supplied = {}};
  apply(result, supplied, built_in);
  return result;
}

} // namespace openl2tp::runtime
