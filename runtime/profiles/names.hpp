// Names and bounds that all kinds of profiles share. Private to runtime/profiles.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "runtime/profiles/parameter.hpp"

namespace openl2tp::runtime {

inline constexpr const char* kDefaultName = "default";
inline constexpr Range kNameLength{.max = 255};
inline constexpr Range kOwnName{.max = 255, .own = true};
/// Numbers travel as signed integers in the management interface.
inline constexpr std::uint64_t kCountMax = 0x7fffffff;

} // namespace openl2tp::runtime
