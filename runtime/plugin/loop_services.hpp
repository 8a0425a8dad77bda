// The functions of openl2tp/host.h that belong to a shard's event loop, as the C ABI has them. What they do is
// plugin_loop.hpp's.
#pragma once

#include "openl2tp/host.h"

namespace openl2tp::runtime {

/// Fills in run_on_shard to child_leave. A [shard] function that is called on another thread, or with a handle that is
/// dead, answers OPENL2TP_E_WRONG_THREAD or does nothing, and one line of the log names the plugin and the rule.
void add_loop_services(openl2tp_host_ops& ops) noexcept;

} // namespace openl2tp::runtime
