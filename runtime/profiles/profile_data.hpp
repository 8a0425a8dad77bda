// All profiles as one value, cheap to copy. Private to runtime/profiles.
#pragma once

#include <string>
#include <type_traits>

#include "runtime/profiles/names.hpp"
#include "runtime/profiles/parameter.hpp"
#include "runtime/profiles/peer_index.hpp"
#include "runtime/profiles/shared_map.hpp"

namespace openl2tp::runtime {

/// The parameters that a profile has a value for. What is in force follows from them and the built-in defaults.
template <class Parameters>
struct StoredProfile : Parameters {
  Supplied<Parameters> copied; // came from `default` when the profile was made; the others were given to the profile
};

/// Each map always holds `default`.
struct ProfileData {
  TraceMask trace = 0; // of the built-in defaults
  NameMap<StoredProfile<PeerProfileParameters>> peers;
  NameMap<StoredProfile<TunnelProfileParameters>> tunnels;
  NameMap<StoredProfile<SessionProfileParameters>> sessions;
  NameMap<StoredProfile<PppProfileParameters>> ppp;
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

/// What a profile with these values amounts to.
template <class Parameters>
[[nodiscard]] Layered<Parameters> layered(const StoredProfile<Parameters>& profile, TraceMask trace) {
  const Parameters& supplied = profile;
  const Parameters built_in = built_in_parameters<Parameters>(trace);
  Layered<Parameters> result{.in_force = built_in, .supplied = {}};
  apply(result, supplied, built_in);
  return result;
}

} // namespace openl2tp::runtime
