// Whose fault a crash was: which plugin's function each thread is inside, and the line that says so when the process
// dies of it. A crash inside a plugin cannot be survived, but it can be named.
#pragma once

#include <utility>

namespace openl2tp::runtime {

/// Marks the calling thread as inside `function` of `plugin` for its life. Both are NUL-terminated and outlive it.
class InsidePlugin {
 public:
  InsidePlugin(const char* plugin, const char* function) noexcept
      : plugin_(std::exchange(current_plugin, plugin)), function_(std::exchange(current_function, function)) {}
  ~InsidePlugin() {
    current_plugin = plugin_;
    current_function = function_;
  }
  InsidePlugin(const InsidePlugin&) = delete;
  InsidePlugin& operator=(const InsidePlugin&) = delete;

  static thread_local const char* current_plugin; // null: inside none
  static thread_local const char* current_function;

 private:
  const char* plugin_; // of the call around this one
  const char* function_;
};

/// From now on a signal that ends the process for a fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) first writes one
/// line, with the plugin that the thread was in, to standard error, or to syslog with `to_syslog`. Main thread, once,
/// after daemonising.
void install_crash_note(bool to_syslog) noexcept;

} // namespace openl2tp::runtime
