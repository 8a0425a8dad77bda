// The daemon's side of openl2tp/host.h: what a plugin holds as openl2tp_host, and the table of functions that it may
// call.
#pragma once

#include <atomic>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "openl2tp/host.h"
#include "runtime/environment.hpp"
#include "runtime/trace/log.hpp"
#include "runtime/trace/rate.hpp"

/// One for each loaded plugin; lives as long as the process. The name is the C ABI's, hence the global namespace.
struct openl2tp_host {
  openl2tp_host(openl2tp::runtime::Log& daemon_log, std::string file,
                openl2tp::runtime::Environment& daemon_environment = openl2tp::runtime::system_environment())
      : log(daemon_log), environment(daemon_environment), file_name(std::move(file)) {}

  /// The plugin's name; its file's until it has told its own. Any thread, signal handlers included.
  [[nodiscard]] const char* name() const noexcept {
    const char* own = own_name.load(std::memory_order_relaxed);
    return own != nullptr ? own : file_name.c_str();
  }
  /// Names a rule that the plugin broke in the log, at most ten a second. Any thread.
  void complain(std::string_view what);

  openl2tp::runtime::Log& log;
  openl2tp::runtime::Environment& environment; // what now_ms and random read
  const std::string file_name;
  std::atomic<const char*> own_name{nullptr}; // of the plugin's table, which lives as long as the process
  std::mutex mutex;                           // guards the buckets: plugins log and err on any thread
  openl2tp::runtime::TokenBucket lines{100}, complaints{10};
};

namespace openl2tp::runtime {

/// The table handed to every plugin.
[[nodiscard]] const openl2tp_host_ops& host_services() noexcept;

/// complain() of the plugin that the calling thread is inside: for a call that names neither host nor loop. Any thread.
void complain_here(std::string_view what);

} // namespace openl2tp::runtime
