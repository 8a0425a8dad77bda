// One run of one seed, and how its failure is told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/sim/world.hpp"

namespace openl2tp::protocol::sim {

inline constexpr unsigned steps_default = 200;

/// @return what was violated, with the command that replays it; nullopt when all held.
[[nodiscard]] std::optional<std::string> run_seed(std::uint64_t seed, unsigned steps, Tally& tally,
                                                  bool verbose = false);

/// For SIGABRT: an assertion inside an engine names the seed too.
void report_seed_and_exit(int);

} // namespace openl2tp::protocol::sim
