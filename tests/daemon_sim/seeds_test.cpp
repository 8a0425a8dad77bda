// The seeds of every day, in blocks that may run side by side. OPENL2TP_SIM_SEEDS=N runs N of each block instead.
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/daemon_sim/run.hpp"

namespace openl2tp::daemon_sim {
namespace {

constexpr std::uint64_t seeds_a_block = 40, blocks_apart = 1'000'000;

class DaemonSim : public testing::TestWithParam<std::uint64_t> {};

TEST_P(DaemonSim, WholeDaemonsHoldWhatTheyPromiseUnderEverySeed) {
  const char* const wanted = std::getenv("OPENL2TP_SIM_SEEDS"); // NOLINT(concurrency-mt-unsafe)
  const std::uint64_t seeds = wanted != nullptr ? std::strtoull(wanted, nullptr, 10) : seeds_a_block;
  const std::uint64_t first = GetParam() * blocks_apart + 1;
  Tally tally;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const auto failure = run_seed({.seed = seed}, tally);
    ASSERT_FALSE(failure) << *failure;
  }
  std::printf("%s\n", describe(tally).c_str());
  EXPECT_EQ(tally.seeds, seeds);
  EXPECT_GT(tally.ppp_up, 0U) << "nobody ever got through";
  EXPECT_GT(tally.kills, 0U);
}

INSTANTIATE_TEST_SUITE_P(Blocks, DaemonSim, testing::Range<std::uint64_t>(0, 6));

} // namespace
} // namespace openl2tp::daemon_sim
