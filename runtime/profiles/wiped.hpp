// Shared values whose secrets are overwritten when the last holder lets go. Private to runtime/profiles.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "runtime/profiles/profile_data.hpp"

namespace openl2tp::runtime {

/// A TunnelConfig or SessionConfig.
template <class Config>
[[nodiscard]] std::shared_ptr<Config> make_wiped_config() {
  return std::shared_ptr<Config>(new Config, [](Config* config) {
    wipe(config->in_force);
    if constexpr (std::is_same_v<decltype(config->supplied), decltype(config->in_force)>) wipe(config->supplied);
    delete config;
  });
}

template <class Parameters>
[[nodiscard]] std::shared_ptr<const StoredProfile<Parameters>> make_wiped_profile(Parameters parameters,
                                                                                  Supplied<Parameters> copied) {
  using Profile = StoredProfile<Parameters>;
  return std::shared_ptr<const Profile>(new Profile{std::move(parameters), copied}, [](const Profile* gone) {
    wipe(static_cast<Parameters&>(const_cast<Profile&>(*gone))); // made above, as not const
    delete gone;
  });
}

} // namespace openl2tp::runtime
