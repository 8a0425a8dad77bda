// Runs of the simulator: one seed, with what is needed to run it again when something does not hold.
#pragma once

#include <optional>
#include <string>

#include "tests/daemon_sim/world.hpp"

namespace openl2tp::daemon_sim {

/// @return what does not hold, the seed, and the command that runs it again; nullopt: all is well
[[nodiscard]] std::optional<std::string> run_seed(const RunOptions& options, Tally& tally);

[[nodiscard]] std::string describe(const Tally& tally);

/// For SIGABRT and SIGSEGV: says which seed it was.
extern "C" void report_seed_and_exit(int signal);

} // namespace openl2tp::daemon_sim
