// Seeds, one after the other. A failure says how to replay it.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/sim/ppp/world.hpp"

namespace openl2tp::ppp::sim {
namespace {

constexpr std::uint64_t parts = 8;

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

class PppSeeds : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Simulation, PppSeeds, testing::Range(std::uint64_t{0}, parts));

TEST_P(PppSeeds, BothSidesEndUpOrDown) {
  if (const std::uint64_t seed = number_of("OPENL2TP_SIM_SEED", 0); seed != 0) {
    if (GetParam() != 0) return;
    Tally tally;
    const auto failure = World(seed, tally, true).run();
    ASSERT_EQ(failure, std::nullopt) << *failure;
    return;
  }
  const std::uint64_t count = number_of("OPENL2TP_SIM_SEEDS", 800) / parts;
  for (std::uint64_t i = 0; i < count; ++i) {
    Tally tally;
    const auto failure = World(1 + GetParam() + i * parts, tally, false).run();
    ASSERT_EQ(failure, std::nullopt) << *failure;
  }
}

// A simulation in which nothing happens proves nothing.
TEST(PppSimulation, ReachesWhatItIsToTest) {
  Tally tally;
  for (std::uint64_t seed = 5001; seed <= 5300; ++seed)
    ASSERT_EQ(World(seed, tally, false).run(), std::nullopt);
  EXPECT_GT(tally.up_at_the_end, 50U);
  EXPECT_GT(tally.down_at_the_end, 50U);
  EXPECT_GT(tally.renegotiations, 10U);
  EXPECT_GT(tally.data, 1000U);
  EXPECT_GT(tally.lost, 1000U);
  for (const AuthMethod method : {AuthMethod::pap, AuthMethod::chap_md5, AuthMethod::mschap_v1, AuthMethod::mschap_v2})
    EXPECT_GT(tally.methods[static_cast<std::size_t>(method)], 5U) << name(method);
  for (const EndReason reason :
       {EndReason::local_close, EndReason::peer_terminated, EndReason::peer_silent, EndReason::echo_failure,
        EndReason::peer_refuses_auth, EndReason::we_refuse_auth, EndReason::authentication_timeout,
        EndReason::no_network, EndReason::idle_timeout, EndReason::connect_time})
    EXPECT_GT(tally.ends[static_cast<std::size_t>(reason)], 0U) << name(reason);
  if (std::getenv("OPENL2TP_SIM_VERBOSE") != nullptr)
    for (std::size_t i = 0; i < end_reason_count; ++i)
      std::printf("%-55s %llu\n", std::string(name(static_cast<EndReason>(i))).c_str(),
                  static_cast<unsigned long long>(tally.ends[i]));
}

} // namespace
} // namespace openl2tp::ppp::sim
