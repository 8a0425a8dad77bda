#include "tests/sim/run.hpp"

#include <cstdio>

#include <unistd.h>

#include "tests/sim/violation.hpp"

namespace openl2tp::protocol::sim {

namespace {

std::uint64_t current_seed = 0;
unsigned current_steps = 0;

} // namespace

std::optional<std::string> run_seed(std::uint64_t seed, unsigned steps, Tally& tally, bool verbose) {
  current_seed = seed;
  current_steps = steps;
  try {
    World world(seed, steps);
    if (verbose) world.set_verbose();
    try {
      world.run();
    } catch (const Violation&) {
      tally = world.tally();
      throw;
    }
    tally = world.tally();
  } catch (const Violation& violation) {
    return std::string(violation.what()) + "\n  seed " + std::to_string(seed) + ", replay: sim --seed " +
           std::to_string(seed) + " --steps " + std::to_string(steps);
  }
  return std::nullopt;
}

void report_seed_and_exit(int) {
  char text[128];
  const int length = std::snprintf(text, sizeof text, "  seed %llu, replay: sim --seed %llu --steps %u\n",
                                   static_cast<unsigned long long>(current_seed),
                                   static_cast<unsigned long long>(current_seed), current_steps);
  static_cast<void>(!write(STDERR_FILENO, text, static_cast<std::size_t>(length)));
  _exit(1);
}

} // namespace openl2tp::protocol::sim
