// What must hold of a daemon and its kernel, between turns and at the end.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "tests/daemon_sim/daemon.hpp"

namespace openl2tp::daemon_sim {

/// At any moment. @return what does not hold
[[nodiscard]] std::optional<std::string> find_violation(SimDaemon& daemon, const KernelModel& kernel);

/// Sessions whose PPP is up.
[[nodiscard]] std::uint64_t count_up(SimDaemon& daemon);

/// Everything of the daemon that is neither up nor gone, a line each. What is there at two times far apart in a good
/// time will never come to an end.
[[nodiscard]] std::set<std::string> find_unsettled(SimDaemon& daemon);

} // namespace openl2tp::daemon_sim
