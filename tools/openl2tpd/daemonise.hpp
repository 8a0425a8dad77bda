// Into the background, with an honest answer for the shell: the first process waits until the daemon reports that it
// runs or why not. Call it before any thread, ring or lock exists; none of them survives a fork.
#pragma once

#include <string>
#include <string_view>

#include <tl/expected.hpp>

#include "tools/openl2tpd/unique_fd.hpp"

namespace openl2tp::daemon {

/// How the process that stays tells the outcome of its start. In the foreground it speaks to standard error directly.
class StartReport {
 public:
  StartReport() = default; // foreground
  explicit StartReport(UniqueFd pipe) : pipe_(std::move(pipe)) {}

  /// Everything is up: the first process exits with 0 and standard error goes to /dev/null. Once.
  void succeed();
  /// The start failed: the line appears on the first process's standard error, and it exits with 1. The caller exits
  /// next.
  void fail(std::string_view line);

  [[nodiscard]] bool in_background() const noexcept { return static_cast<bool>(pipe_); }

 private:
  UniqueFd pipe_;
};

/// Forks. The first process never returns from here: it waits for the report and exits with its status (1 too when the
/// daemon dies without a report, naming the signal). In the process that stays: its own session, no terminal, working
/// directory /, umask 022, standard input and output on /dev/null.
/// @error one line, in the first process.
[[nodiscard]] tl::expected<StartReport, std::string> daemonise();

} // namespace openl2tp::daemon
