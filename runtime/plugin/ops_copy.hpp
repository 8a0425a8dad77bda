// Takes over a plugin's tables of functions across the ABI: sizes, versions and required members are judged here and
// nowhere else.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

#include "openl2tp/plugin.h"

namespace openl2tp::runtime {

/// Octets of each table in the first release; a smaller one cannot be right.
inline constexpr std::uint32_t plugin_ops_size_min = offsetof(openl2tp_plugin_ops, shard_stop) + sizeof(void*);
inline constexpr std::uint32_t ppp_ops_size_min = offsetof(openl2tp_ppp_ops, accm) + sizeof(void*);
inline constexpr std::uint32_t observer_ops_size_min = offsetof(openl2tp_observer_ops, profile) + sizeof(void*);
inline constexpr std::uint32_t bearer_ops_size_min = offsetof(openl2tp_bearer_ops, close) + sizeof(void*);
inline constexpr std::uint32_t policy_ops_size_min = offsetof(openl2tp_policy_ops, session) + sizeof(void*);
inline constexpr std::uint32_t vendor_avp_ops_size_min = offsetof(openl2tp_vendor_avp_ops, read) + sizeof(void*);

/// Each copies what both sides know into a zeroed table of today's size and checks it. `theirs` is what the plugin
/// returned, not null but for the first; it is read during the call alone, never beyond its struct_size.
/// @error one sentence: what was found and what was expected.
[[nodiscard]] tl::expected<openl2tp_plugin_ops, std::string> copy_plugin_ops(const openl2tp_plugin_ops* theirs);
[[nodiscard]] tl::expected<openl2tp_ppp_ops, std::string> copy_ppp_ops(const openl2tp_ppp_ops* theirs);
[[nodiscard]] tl::expected<openl2tp_observer_ops, std::string> copy_observer_ops(const openl2tp_observer_ops* theirs);
[[nodiscard]] tl::expected<openl2tp_bearer_ops, std::string> copy_bearer_ops(const openl2tp_bearer_ops* theirs);
[[nodiscard]] tl::expected<openl2tp_policy_ops, std::string> copy_policy_ops(const openl2tp_policy_ops* theirs);
[[nodiscard]] tl::expected<openl2tp_vendor_avp_ops, std::string>
copy_vendor_avp_ops(const openl2tp_vendor_avp_ops* theirs);

} // namespace openl2tp::runtime
