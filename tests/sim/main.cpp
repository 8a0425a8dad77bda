// The program `sim`: GoogleTest, or one run of one seed.
// usage: sim [--gtest_...]            the default seeds and the named scenarios; OPENL2TP_SIM_SEEDS=N: N seeds
//        sim --seed N [--steps M] [--verbose]
//                                     replays one run, ends with 1 and the reason when an oracle objects
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include <gtest/gtest.h>

#include "tests/sim/run.hpp"

namespace sim = openl2tp::protocol::sim;

int main(int argc, char** argv) {
  std::signal(SIGABRT, sim::report_seed_and_exit);
#if !__has_feature(address_sanitizer)
  std::signal(SIGSEGV, sim::report_seed_and_exit);
#endif
  std::uint64_t seed = 0;
  unsigned steps = sim::steps_default;
  bool replay = false, verbose = false;
  for (int i = 1; i < argc; ++i)
    if (std::strcmp(argv[i], "--verbose") == 0) verbose = true;
  for (int i = 1; i + 1 < argc; ++i) {
    if (std::strcmp(argv[i], "--seed") == 0) seed = std::strtoull(argv[i + 1], nullptr, 10), replay = true;
    if (std::strcmp(argv[i], "--steps") == 0) steps = static_cast<unsigned>(std::strtoul(argv[i + 1], nullptr, 10));
  }
  if (!replay) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
  }
  sim::Tally tally;
  const auto failure = sim::run_seed(seed, steps, tally, verbose);
  if (failure) std::fprintf(stderr, "%s\n", failure->c_str());
  std::printf("seed %llu: %s, %llu datagrams, %llu tunnels up, %llu pairs and %llu pairs of calls left at the end\n",
              static_cast<unsigned long long>(seed), failure ? "FAILED" : "ok",
              static_cast<unsigned long long>(tally.datagrams), static_cast<unsigned long long>(tally.tunnels_up),
              static_cast<unsigned long long>(tally.pairs_left),
              static_cast<unsigned long long>(tally.session_pairs_left));
  return failure ? 1 : 0;
}
