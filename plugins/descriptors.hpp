// File descriptors as a resource that runs out, for plugins: the daemon's rule (runtime/descriptors.hpp), which they
// cannot include. What a session opens leaves the last descriptors to management and the end of the daemon.
#pragma once

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <limits>
#include <string>

namespace openl2tp::plugins {

inline std::size_t descriptor_limit() noexcept {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur > std::numeric_limits<int>::max())
    return std::numeric_limits<int>::max();
  return static_cast<std::size_t>(limit.rlim_cur);
}

/// Whether a descriptor that was just opened for a session is one of those that are kept: close it, and fail with
/// EMFILE.
inline bool is_reserved(int fd) noexcept {
  const std::size_t limit = descriptor_limit();
  return fd >= 0 && static_cast<std::size_t>(fd) + std::clamp<std::size_t>(limit / 8, 8, 64) >= limit;
}

/// What an errno value means; the lack of descriptors comes with the limit and the cure.
inline std::string error_text(int error) {
  if (error == EMFILE)
    return "no file descriptors left (limit " + std::to_string(descriptor_limit()) + "; LimitNOFILE= or ulimit -n)";
  if (error == ENFILE) return "the system has no file descriptors left (sysctl fs.file-max)";
  return std::strerror(error);
}

} // namespace openl2tp::plugins
