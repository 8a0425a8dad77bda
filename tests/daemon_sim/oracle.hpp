// What must hold of a daemon and its kernel, between turns and at the end.
#pragma once

#include <optional>
#include <set>
#include <string>

#include "tests/daemon_sim/daemon.hpp"

namespace openl2tp::daemon_sim {

/// What is looked at beside all else. One that is off is known not to hold yet; --strict looks at it all the same.
struct Oracles {
  bool routes = true; // a session that is up has the route to its caller, and is alone with it
  // A session that is up has its address on its interface. Not where sessions share an interface and the kernel refused
  // the address to the first of them: the others take it to be there. Seed 2000040.
  bool addresses = false;
  bool reboots = true; // a peer that lost power gets in again
  bool kept = true;     // what the operator made persistent is shown, with its parameters and sessions, until deleted
};
inline constexpr Oracles strict{.routes = true, .addresses = true, .reboots = true, .kept = true};

/// At any moment. @return what does not hold
[[nodiscard]] std::optional<std::string> find_violation(SimDaemon& daemon, const KernelModel& kernel,
                                                        const Oracles& oracles);

/// Sessions whose PPP is up.
[[nodiscard]] std::uint64_t count_up(SimDaemon& daemon);

/// Everything of the daemon that is neither up nor gone, a line each. What is there at two times far apart in a good
/// time will never come to an end.
[[nodiscard]] std::set<std::string> find_unsettled(SimDaemon& daemon);

} // namespace openl2tp::daemon_sim
