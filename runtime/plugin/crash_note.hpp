// Whose fault a crash was: the line that says which plugin's function the thread was inside (call_mark.hpp) when the
// process dies of it. A crash inside a plugin cannot be survived, but it can be named; so can exit() in one.
#pragma once

#include <string_view>

namespace openl2tp::runtime {

/// From now on a signal that ends the process for a fault (SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT) first writes one
/// line, with the plugin that the thread was in, to standard error, or to syslog with `to_syslog`. Main thread, once,
/// after daemonising.
///
/// exit() inside a plugin is named likewise, and ends the process with status 1 before anything is taken down that
/// other threads still use.
void install_crash_note(bool to_syslog) noexcept;

/// Writes one line the same way, past the log's queue: the last words of a process that is about to be ended. Any
/// thread.
void leave_note(std::string_view line) noexcept;

/// Registers for exit() once more: what registers later is asked first, and plugins may register. Main thread.
void renew_exit_note() noexcept;

} // namespace openl2tp::runtime
