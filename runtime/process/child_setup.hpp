// What happens in a child between fork and execve.
#pragma once

#include <sys/types.h>

#include <span>

#include "runtime/process/child_request.hpp"

namespace openl2tp::runtime {

/// Becomes the program: a session of its own, killed when `helper` (its parent) dies, working directory /, umask 022,
/// signals as a login shell has them, and of the descriptors only `fds`, which become the targets of `start` in their
/// order; of 0, 1 and 2 those that are not among them are /dev/null.
/// @return an errno value; only when it failed.
[[nodiscard]] int become_program(const DecodedStart& start, std::span<const int> fds, pid_t helper) noexcept;

} // namespace openl2tp::runtime
