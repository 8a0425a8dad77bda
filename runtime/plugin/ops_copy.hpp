// Takes over a plugin's table of functions across the ABI: sizes, versions and required members are judged here and
// nowhere else.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

#include "openl2tp/plugin.h"

namespace openl2tp::runtime {

/// Octets of the table in the first release; a smaller one cannot be right.
inline constexpr std::uint32_t plugin_ops_size_min = offsetof(openl2tp_plugin_ops, ppp_close) + sizeof(void*);

/// Copies what both sides know into a zeroed table of today's size and checks it. `theirs` is what the entry point
/// returned; it is read during the call alone, never beyond its struct_size.
/// @error one sentence: what was found and what was expected.
[[nodiscard]] tl::expected<openl2tp_plugin_ops, std::string> copy_plugin_ops(const openl2tp_plugin_ops* theirs);

} // namespace openl2tp::runtime
