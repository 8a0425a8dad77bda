// File descriptors as a resource that runs out. Tunnels and sessions leave some of them to management, log and the end
// of the daemon, and an error that comes from the lack of them says so by name.
#pragma once

#include <cstddef>
#include <string>

#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

/// How many this process may have open (RLIMIT_NOFILE).
[[nodiscard]] std::size_t descriptor_limit() noexcept;
/// How many of them are kept for management and the end of the daemon.
[[nodiscard]] std::size_t descriptor_reserve() noexcept;

/// For what a tunnel or session opens. The kernel gives the lowest free number, so a number within the reserve means
/// that all others are in use. @return `fd`; else empty, and errno is EMFILE. An empty one stays so, with its errno.
[[nodiscard]] UniqueFd spare_the_reserve(UniqueFd fd) noexcept;

/// At the end of the start: @return empty, or one line that says how many descriptors are missing for the reserve.
[[nodiscard]] std::string check_descriptors();

/// What an errno value means, for people: as strerror() says it, but the lack of descriptors comes with the limit and
/// the cure.
[[nodiscard]] std::string error_text(int error);

} // namespace openl2tp::runtime
