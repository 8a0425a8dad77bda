// Tells the plugins that observe what happens to profiles. [management]: one thread at a time, none of a shard.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/plugin/loader.hpp"

namespace openl2tp::runtime {

/// @param event  OPENL2TP_EVENT_CREATED, MODIFIED or DELETED
/// @param kind   OPENL2TP_PROFILE_*
void observe_profile(const PluginSet& plugins, std::uint32_t event, std::uint32_t kind, std::string_view name);

} // namespace openl2tp::runtime
