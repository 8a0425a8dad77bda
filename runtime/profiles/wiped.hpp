// Shared values whose secrets are overwritten when the last holder lets go. Private to runtime/profiles.
#pragma once

#include <memory>
#include <type_traits>
#include <utility>

#include "runtime/profiles/parameter.hpp"

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

/// Parameters as a profile keeps them.
template <class Parameters>
[[nodiscard]] std::shared_ptr<const Parameters> make_wiped_parameters(Parameters parameters) {
  return std::shared_ptr<const Parameters>(new Parameters(std::move(parameters)), [](const Parameters* gone) {
    wipe(const_cast<Parameters&>(*gone)); // made above, as not const
    delete gone;
  });
}

} // namespace openl2tp::runtime
