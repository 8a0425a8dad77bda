// The daemon's side of openl2tp/host.h: what a plugin holds as openl2tp_host, and the table of functions that it may
// call.
#pragma once

#include <mutex>
#include <string>

#include "openl2tp/host.h"
#include "runtime/environment.hpp"
#include "runtime/trace/log.hpp"
#include "runtime/trace/rate.hpp"

/// One for each loaded plugin; lives as long as the process. The name is the C ABI's, hence the global namespace.
struct openl2tp_host {
  openl2tp_host(openl2tp::runtime::Log& daemon_log, std::string plugin_name,
                openl2tp::runtime::Environment& daemon_environment)
      : log(daemon_log), name(std::move(plugin_name)), environment(daemon_environment) {}

  openl2tp::runtime::Log& log;
  std::string name; // the file's name until the plugin has told its own
  std::mutex mutex; // guards `lines`: plugins log from any thread
  openl2tp::runtime::TokenBucket lines{100};
  openl2tp::runtime::Environment& environment; // what now_ms and random read
};

namespace openl2tp::runtime {

/// The table handed to every plugin.
[[nodiscard]] const openl2tp_host_ops& host_services() noexcept;

/// The steady clock in the protocol's terms.
[[nodiscard]] protocol::TimePoint steady_now() noexcept;

} // namespace openl2tp::runtime
