// What a seed decides before the first step: how many hosts and shards, with which settings, over how bad a network.
#pragma once

#include <memory>

#include "protocol/engine.hpp"
#include "tests/sim/random.hpp"

namespace openl2tp::protocol::sim {

struct HostPlan {
  std::uint32_t shards = 1;
  std::uint16_t id_range = 0; // see EngineRandom
  HalfOpenLimits half_open;
  TunnelSettings tunnel; // of tunnels that the host opens or admits
  unsigned refuse_permille = 0;
  std::uint16_t answering_port = 1701; // other than 1701: datagrams to 1701 are answered from there (§8.1)
};

struct Plan {
  std::vector<HostPlan> hosts;
  unsigned loss_permille = 0, duplicate_permille = 0, late_permille = 0;
  unsigned delay_ms = 5;
  unsigned misdeliver_permille = 0; // the kernel picks a wrong shard
  unsigned attack_permille = 0;     // a third party repeats what it overheard, from its own address
  unsigned restart_permille = 0, partition_permille = 0;
  Duration session_timeout{30'000};
};

[[nodiscard]] Plan draw_plan(Rng& rng);

} // namespace openl2tp::protocol::sim
