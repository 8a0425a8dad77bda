// From a session's parameters and its PPP profile to the engine's settings: one row a parameter. Addresses that are
// found later, and secrets, are not here.
#pragma once

#include <optional>
#include <string_view>

#include <openl2tp/ppp.h>

#include "plugins/ppp_engine/settings.hpp"

namespace openl2tp::ppp_kernel {

/// Why the session cannot be had by this plugin, now and later.
[[nodiscard]] std::optional<std::string_view> contradiction(const openl2tp_ppp_params& params) noexcept;

/// What the link is told. Parameters that are not set, or are 0, have the engine's defaults. `host_name`: our name in
/// authentication when the profile has none. Usable as it is.
[[nodiscard]] ppp::LinkSettings link_settings(const openl2tp_ppp_params& params, std::string_view host_name);

} // namespace openl2tp::ppp_kernel
