#include "tests/sim/plan.hpp"

namespace openl2tp::protocol::sim {

Plan draw_plan(Rng& rng) {
  Plan plan;
  const bool bad_network = rng.chance(700);
  if (bad_network) {
    plan.loss_permille = rng.below(300);
    plan.duplicate_permille = rng.below(300);
    plan.late_permille = rng.below(100);
    plan.delay_ms = rng.between(1, 400);
    plan.partition_permille = rng.below(20);
  }
  if (rng.chance(300)) plan.misdeliver_permille = rng.below(300);
  if (rng.chance(300)) plan.attack_permille = rng.below(100);
  if (rng.chance(300)) plan.restart_permille = rng.below(30);
  plan.session_timeout = rng.duration(3'000, 40'000);

  const bool shared_secret = rng.chance(500);
  const bool ties = rng.chance(300);
  const bool equal_ids = rng.chance(300);
  const std::size_t hosts = rng.between(2, 3);
  for (std::size_t i = 0; i < hosts; ++i) {
    HostPlan host;
    constexpr std::uint32_t shard_choices[] = {1, 1, 1, 2, 3, 4, 16};
    host.shards = shard_choices[rng.below(std::size(shard_choices))];
    if (equal_ids) host.id_range = 1024;
    if (rng.chance(300)) host.half_open = {.total_max = rng.between(1, 6), .per_source_max = rng.between(1, 6)};
    if (rng.chance(150)) host.refuse_permille = rng.below(400);
    if (rng.chance(150)) host.answering_port = 5000;

    TunnelSettings& tunnel = host.tunnel;
    tunnel.host_name = "host" + std::to_string(i);
    if (rng.chance(500)) tunnel.vendor_name = "simulation";
    if (shared_secret || rng.chance(100)) tunnel.secret = Secret(rng.chance(100) ? "another" : "shared");
    if (!tunnel.secret.empty()) {
      tunnel.auth_mode = rng.chance(500) ? AuthMode::challenge : AuthMode::none;
      tunnel.hide_avps = rng.chance(500);
    }
    tunnel.use_tie_breaker = ties;
    if (rng.chance(50)) tunnel.bearer_capabilities = {};
    tunnel.receive_window = static_cast<std::uint16_t>(rng.between(1, 10));
    tunnel.transmit_window = static_cast<std::uint16_t>(rng.between(1, 10));
    tunnel.retries_max = static_cast<std::uint16_t>(rng.between(2, 6));
    tunnel.retransmit_interval = rng.duration(300, 1500);
    tunnel.hello_interval = rng.duration(2'000, 20'000);
    tunnel.establish_timeout = rng.duration(5'000, 60'000);
    if (rng.chance(200)) tunnel.idle_timeout = rng.duration(5'000, 60'000);
    if (rng.chance(200)) tunnel.sessions_max = rng.between(1, 5);
    plan.hosts.push_back(std::move(host));
  }
  return plan;
}

} // namespace openl2tp::protocol::sim
