#include "tests/daemon_sim/oracle.hpp"

#include <map>

#include <fmt/format.h>

#include "tests/daemon_sim/moody_plugin.hpp"

namespace openl2tp::daemon_sim {

namespace {

using runtime::PppPhase;

std::uint64_t number_of(const protocol::IpAddress& address) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 4; ++i)
    number = number << 8 | address.octets[i];
  return number;
}

/// A session whose PPP is up has its address on its interface, and at an LNS the one route to its caller.
std::optional<std::string> check_network(const SimDaemon& daemon, const KernelModel& kernel, const std::string& who,
                                         const runtime::PppReport& ppp, std::map<std::uint64_t, std::string>& callers) {
  if (ppp.phase != PppPhase::up || !ppp.local_ipv4 || !ppp.peer_ipv4) return std::nullopt;
  const auto* interface = kernel.interface(ppp.interface_name);
  if (interface == nullptr) return fmt::format("{} is up on {}, which does not exist", who, ppp.interface_name);
  const auto addresses = interface->addresses.count(number_of(*ppp.local_ipv4));
  if (addresses != 1) return fmt::format("{} is up, and {} has its address {} times", who, interface->name, addresses);
  if (!daemon.host().lns) return std::nullopt;
  const std::uint64_t peer = number_of(*ppp.peer_ipv4);
  const auto route = kernel.route(peer);
  if (!route) return fmt::format("{} is up and has no route to its caller", who);
  if (kernel.name_of(*route) != ppp.interface_name)
    return fmt::format("{} is up on {}, and the route to its caller is on {}", who, ppp.interface_name,
                       kernel.name_of(*route));
  const auto [other, first] = callers.emplace(peer, who);
  if (!first) return fmt::format("{} and {} have the same caller's address", other->second, who);
  return std::nullopt;
}

} // namespace

std::optional<std::string> find_violation(SimDaemon& daemon, const KernelModel& kernel) {
  std::map<std::uint64_t, std::string> callers;
  std::uint32_t tunnels = 0, sessions = 0;
  for (std::size_t i = 0; i < daemon.shards(); ++i) {
    if (daemon.ended(i)) continue;
    runtime::Shard& shard = daemon.shard(i);
    for (const std::uint16_t tunnel : shard.list_tunnels()) {
      ++tunnels;
      const auto report = shard.report_tunnel({tunnel});
      if (!report) return fmt::format("tunnel {} is listed and cannot be shown", tunnel);
      if (tunnel % daemon.shards() != i) return fmt::format("tunnel {} lives on shard {}", tunnel, i);
      const auto ids = shard.list_sessions({tunnel});
      if (!ids) return fmt::format("tunnel {} is listed, its sessions cannot be", tunnel);
      for (const std::uint16_t id : *ids) {
        ++sessions;
        const std::string who = fmt::format("session {}/{}", tunnel, id);
        const auto session =
            shard.report_session({tunnel}, {.tunnel = {.id = tunnel, .name = {}}, .id = id, .name = {}});
        if (!session) return who + " is listed and cannot be shown";
        if (auto fault = check_network(daemon, kernel, who, session->ppp, callers)) return fault;
      }
    }
  }
  if (daemon.stopping()) return std::nullopt;
  if (daemon.counted_tunnels() > tunnels)
    return fmt::format("{} tunnels are counted, and {} are there", daemon.counted_tunnels(), tunnels);
  if (daemon.counted_sessions() > sessions)
    return fmt::format("{} sessions are counted, and {} are there", daemon.counted_sessions(), sessions);
  return std::nullopt;
}

std::uint64_t count_up(SimDaemon& daemon) {
  std::uint64_t up = 0;
  for (std::size_t i = 0; i < daemon.shards(); ++i) {
    if (daemon.ended(i)) continue;
    for (const auto& user : daemon.shard(i).users_after(0, 0, 1'000).users)
      up += user.ppp.phase == PppPhase::up ? 1 : 0;
  }
  return up;
}

std::set<std::string> find_unsettled(SimDaemon& daemon) {
  std::set<std::string> all;
  for (std::size_t i = 0; i < daemon.shards(); ++i) {
    if (daemon.ended(i)) continue;
    runtime::Shard& shard = daemon.shard(i);
    for (const std::uint16_t tunnel : shard.list_tunnels()) {
      const auto report = shard.report_tunnel({tunnel});
      if (!report) continue;
      if (report->state != "ESTABLISHED" && report->state != "RETRY")
        all.insert(fmt::format("tunnel {} is still {}", tunnel, report->state));
      const auto ids = shard.list_sessions({tunnel});
      for (const std::uint16_t id : ids.value_or(std::vector<std::uint16_t>{})) {
        const auto session =
            shard.report_session({tunnel}, {.tunnel = {.id = tunnel, .name = {}}, .id = id, .name = {}});
        if (!session) continue;
        if (session->state != "ESTABLISHED" && session->state != "RETRY" && report->state != "RETRY")
          all.insert(fmt::format("session {}/{} is still {}", tunnel, id, session->state));
        if (session->state == "ESTABLISHED" && session->ppp.plugin != moody_name && session->ppp.phase != PppPhase::up)
          all.insert(fmt::format("session {}/{} is established and its PPP is in phase {}", tunnel, id,
                                 static_cast<int>(session->ppp.phase)));
      }
    }
  }
  return all;
}

} // namespace openl2tp::daemon_sim
