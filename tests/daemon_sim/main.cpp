// The program `daemon_sim`: GoogleTest with the seeds of every day and the named scenarios; or as many seeds as fit
// into a time; or one seed.
// usage: daemon_sim [--gtest_...]
//        daemon_sim --seconds S [--seed N] [--all]  seeds from N on (otherwise from the clock) for S seconds, or until
//                                                   something does not hold; with --all on after that, too
//        daemon_sim --seed N [--steps M] [--verbose] replays one; ends with 1 and the reason when something does not
//        hold
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/daemon_sim/run.hpp"

namespace sim = openl2tp::daemon_sim;

namespace {

/// @param all  goes on after a finding
int run_for(std::uint64_t seconds, sim::RunOptions options, bool all) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(seconds);
  sim::Tally tally;
  std::uint64_t findings = 0;
  while (std::chrono::steady_clock::now() < end) {
    if (const auto failure = sim::run_seed(options, tally)) {
      std::fprintf(stderr, "%s\n", failure->c_str());
      ++findings;
      if (!all) break;
    }
    ++options.seed;
  }
  std::printf("%llu findings: %s\n", static_cast<unsigned long long>(findings), sim::describe(tally).c_str());
  return findings == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, sim::report_seed_and_exit);
#if !__has_feature(address_sanitizer)
  std::signal(SIGSEGV, sim::report_seed_and_exit);
#endif
  sim::RunOptions options;
  std::uint64_t seconds = 0;
  bool replay = false, all = false;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--verbose") == 0) options.verbose = true;
    if (std::strcmp(argv[i], "--all") == 0) all = true;
  }
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0) options.seed = std::strtoull(argv[i + 1], nullptr, 10), replay = true;
    if (std::strcmp(argv[i], "--steps") == 0)
      options.steps = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
    if (std::strcmp(argv[i], "--seconds") == 0) seconds = std::strtoull(argv[i + 1], nullptr, 10);
  }
  if (seconds != 0) {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    if (!replay) options.seed = static_cast<std::uint64_t>(now.count()) / 1000;
    return run_for(seconds, options, all);
  }
  if (!replay) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
  }
  sim::Tally tally;
  const auto failure = sim::run_seed(options, tally);
  if (failure) std::fprintf(stderr, "%s\n", failure->c_str());
  std::printf("seed %llu: %s, %s\n", static_cast<unsigned long long>(options.seed), failure ? "FAILED" : "ok",
              sim::describe(tally).c_str());
  return failure ? 1 : 0;
}
