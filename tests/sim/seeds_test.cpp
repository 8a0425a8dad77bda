// Seeds, one after the other. A failure says how to replay it.
#include <cstdlib>

#include <gtest/gtest.h>

#include "tests/sim/run.hpp"

namespace openl2tp::protocol::sim {
namespace {

constexpr unsigned parts = 8; // of the default run, each a test of its own

unsigned seeds_wanted() {
  const char* text = std::getenv("OPENL2TP_SIM_SEEDS");
  const unsigned long wanted = text ? std::strtoul(text, nullptr, 10) : 0;
  return wanted != 0 ? static_cast<unsigned>(wanted) : 320;
}

class Seeds : public testing::TestWithParam<unsigned> {};

TEST_P(Seeds, EverythingHolds) {
  const unsigned count = (seeds_wanted() + parts - 1) / parts;
  for (unsigned i = 0; i < count; ++i) {
    Tally tally;
    const auto failure = run_seed(1 + GetParam() + std::uint64_t{i} * parts, steps_default, tally);
    ASSERT_EQ(failure, std::nullopt) << *failure;
  }
}

INSTANTIATE_TEST_SUITE_P(Simulation, Seeds, testing::Range(0U, parts));

} // namespace
} // namespace openl2tp::protocol::sim
