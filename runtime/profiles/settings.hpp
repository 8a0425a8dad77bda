// From the parameters in force to what the engine wants. Nothing is looked up or checked here. Private to
// runtime/profiles.
#pragma once

#include <memory>

#include "protocol/settings.hpp"
#include "runtime/control.hpp"

namespace openl2tp::runtime {

/// `in_force` has all values that built_in_parameters gives.
[[nodiscard]] std::shared_ptr<const protocol::TunnelSettings> tunnel_settings(const TunnelParameters& in_force,
                                                                              const SystemConfig& system);
[[nodiscard]] std::shared_ptr<const protocol::SessionSettings> session_settings(const SessionParameters& in_force,
                                                                                const SystemConfig& system);
/// Whether session_settings() can be others because of what is given here; names and PPP are not the engine's business.
[[nodiscard]] bool concerns_settings(const SessionParameters& given) noexcept;

} // namespace openl2tp::runtime
