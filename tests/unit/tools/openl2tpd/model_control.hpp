// A daemon in memory for tests: it keeps what it is told, gives ids, and writes down what was done to it.
#pragma once

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "runtime/profiles/parameter.hpp"
#include "runtime/profiles/profile_store.hpp"
#include "runtime/profiles/profiles.hpp"

namespace openl2tp::daemon::testing {

class ModelControl final : public runtime::Control {
 public:
  template <class T>
  using Result = runtime::ControlResult<T>;

  struct Session {
    std::shared_ptr<const runtime::SessionConfig> config;
  };
  struct Tunnel {
    std::shared_ptr<const runtime::TunnelConfig> config;
    bool created_by_admin = true;
    std::map<std::uint16_t, Session> sessions;
  };
  std::map<std::uint16_t, Tunnel> tunnels;
  runtime::PppReport ppp; // of every session
  runtime::SystemConfig system;
  runtime::ProfileStore store{0};
  std::vector<std::string> done;      // "create t1", "delete 3", ...
  std::optional<std::string> refuses; // creating the tunnel or session of this name
  bool resting_ids = false;           // a wanted id is in use even after its tunnel went

  Result<runtime::SystemReport> system_get() override {
    return runtime::SystemReport{.config = system, .changed = {}, .counters = {}};
  }
  Result<void> system_modify(const runtime::SystemChange& change) override {
    auto config = runtime::modified(system, change);
    if (!config) return tl::unexpected(config.error());
    system = *config;
    done.emplace_back("system");
    return {};
  }

  Result<std::uint16_t> tunnel_create(const runtime::TunnelParameters& parameters) override {
    using runtime::ControlFault;
    const std::string name = parameters.tunnel_name.value_or("");
    if (system.drain || system.deny_local_tunnel_creates) return fail(ControlFault::tunnel_create_admin_disabled);
    if (system.tunnels_max != 0 && tunnels.size() >= system.tunnels_max)
      return fail(ControlFault::tunnel_limit_exceeded);
    if (refuses && *refuses == name) return fail(ControlFault::out_of_resources);
    if (!name.empty() && find({.id = 0, .name = name}) != tunnels.end())
      return fail(ControlFault::tunnel_already_exists);
    if (parameters.tunnel_id && (resting_ids || tunnels.contains(*parameters.tunnel_id)))
      return fail(ControlFault::tunnel_already_exists);
    auto config = store.current()->for_tunnel(parameters, system);
    if (!config) return tl::unexpected(config.error());
    const std::uint16_t id = parameters.tunnel_id.value_or(++last_id_);
    tunnels[id] = {std::move(*config), true, {}};
    done.push_back("create " + (name.empty() ? std::to_string(id) : name));
    return id;
  }
  Result<void> tunnel_delete(const runtime::TunnelName& tunnel, const std::string&) override {
    const auto found = find(tunnel);
    if (found == tunnels.end()) return fail(runtime::ControlFault::tunnel_not_found);
    done.push_back("delete " + found->second.config->in_force.tunnel_name.value_or(std::to_string(found->first)));
    tunnels.erase(found);
    return {};
  }
  Result<void> tunnel_modify(const runtime::TunnelName& tunnel, const runtime::TunnelParameters& change) override {
    const auto found = find(tunnel);
    if (found == tunnels.end()) return fail(runtime::ControlFault::tunnel_not_found);
    auto config = runtime::modified(*found->second.config, change, system);
    if (!config) return tl::unexpected(config.error());
    found->second.config = std::move(*config);
    done.push_back("modify " + found->second.config->in_force.tunnel_name.value_or(std::to_string(found->first)));
    return {};
  }
  Result<runtime::TunnelReport> tunnel_get(const runtime::TunnelName& tunnel) override {
    const auto found = find(tunnel);
    if (found == tunnels.end()) return fail(runtime::ControlFault::tunnel_not_found);
    runtime::TunnelReport report;
    report.config = found->second.config->in_force;
    report.supplied = found->second.config->supplied;
    report.tunnel_id = found->first;
    report.local = {.address = report.config.our_addr.value_or(runtime::IpAddress{}),
                    .port = report.config.our_udp_port.value_or(0)};
    report.peer_endpoint = {.address = *report.config.peer_addr, .port = report.config.peer_udp_port.value_or(0)};
    report.created_by_admin = found->second.created_by_admin;
    report.mode = runtime::tunnel_mode(*found->second.config, true);
    report.state = "ESTABLISHED";
    return report;
  }
  Result<std::vector<std::uint16_t>> tunnel_list() override {
    std::vector<std::uint16_t> ids;
    for (const auto& [id, tunnel] : tunnels)
      ids.push_back(id);
    return ids;
  }

  Result<std::uint16_t> session_create(const runtime::TunnelName& tunnel,
                                       const runtime::SessionParameters& parameters) override {
    const auto found = find(tunnel);
    if (found == tunnels.end()) return fail(runtime::ControlFault::tunnel_not_found);
    const std::string name = parameters.session_name.value_or("");
    if (refuses && *refuses == name) return fail(runtime::ControlFault::out_of_resources);
    auto config = store.current()->for_session(*found->second.config, runtime::TunnelMode::lac, parameters, system);
    if (!config) return tl::unexpected(config.error());
    const std::uint16_t id = parameters.session_id.value_or(++last_id_);
    found->second.sessions[id] = {std::move(*config)};
    done.push_back("create session " + name);
    return id;
  }
  Result<void> session_delete(const runtime::SessionName& session, const std::string&) override {
    const auto found = find(session.tunnel);
    if (found == tunnels.end()) return fail(runtime::ControlFault::tunnel_not_found);
    const auto one = find(found->second, session);
    if (one == found->second.sessions.end()) return fail(runtime::ControlFault::session_not_found);
    done.push_back("delete session " + one->second.config->in_force.session_name.value_or(""));
    found->second.sessions.erase(one);
    return {};
  }
  Result<void> session_modify(const runtime::SessionName& session, const runtime::SessionParameters& change) override {
    const auto found = find(session.tunnel);
    if (found == tunnels.end()) return fail(runtime::ControlFault::tunnel_not_found);
    const auto one = find(found->second, session);
    if (one == found->second.sessions.end()) return fail(runtime::ControlFault::session_not_found);
    auto config = runtime::modified(*one->second.config, change, system);
    if (!config) return tl::unexpected(config.error());
    one->second.config = std::move(*config);
    done.push_back("modify session " + one->second.config->in_force.session_name.value_or(""));
    return {};
  }
  Result<runtime::SessionReport> session_get(const runtime::SessionName& session) override {
    const auto found = find(session.tunnel);
    if (found == tunnels.end()) return fail(runtime::ControlFault::tunnel_not_found);
    const auto one = find(found->second, session);
    if (one == found->second.sessions.end()) return fail(runtime::ControlFault::session_not_found);
    runtime::SessionReport report;
    report.config = one->second.config->in_force;
    report.supplied = one->second.config->supplied.values(report.config);
    report.tunnel_id = found->first;
    report.session_id = one->first;
    report.created_by_admin = true;
    report.state = "ESTABLISHED";
    report.ppp = ppp;
    report.type = report.config.session_type.value_or(protocol::SessionType::lac_incoming);
    return report;
  }
  Result<std::vector<std::uint16_t>> session_list(const runtime::TunnelName& tunnel) override {
    const auto found = find(tunnel);
    if (found == tunnels.end()) return fail(runtime::ControlFault::tunnel_not_found);
    std::vector<std::uint16_t> ids;
    for (const auto& [id, session] : found->second.sessions)
      ids.push_back(id);
    return ids;
  }
  Result<std::vector<runtime::PeerReport>> peer_list() override {
    std::vector<runtime::PeerReport> peers;
    for (const auto& [id, tunnel] : tunnels)
      peers.push_back({*protocol::parse_ip_address("192.0.2.100"), *tunnel.config->in_force.peer_addr, 1});
    return peers;
  }
  Result<std::vector<runtime::UserReport>> user_list() override { return {}; }
  Result<runtime::UserPage> users_after(std::uint16_t, std::uint16_t, std::uint32_t) override { return {}; }
  Result<std::uint32_t> peer_profile_uses(const std::string& name) override {
    const auto all = peer_profile_uses();
    const auto it = all->find(name);
    return it == all->end() ? 0U : it->second;
  }
  Result<runtime::ProfileUses> peer_profile_uses() override {
    runtime::ProfileUses all;
    for (const auto& [id, tunnel] : tunnels)
      ++all[*tunnel.config->in_force.peer_profile_name];
    return all;
  }
  runtime::ProfileStore& profiles() override { return store; }

 private:
  static tl::unexpected<runtime::ControlError> fail(runtime::ControlFault fault) {
    return tl::unexpected(runtime::ControlError{fault, {}});
  }
  std::map<std::uint16_t, Tunnel>::iterator find(const runtime::TunnelName& name) {
    if (name.id != 0) return tunnels.find(name.id);
    return std::ranges::find_if(tunnels, [&](const auto& entry) {
      return name.name && entry.second.config->in_force.tunnel_name == name.name;
    });
  }
  static std::map<std::uint16_t, Session>::iterator find(Tunnel& tunnel, const runtime::SessionName& name) {
    if (name.id != 0) return tunnel.sessions.find(name.id);
    return std::ranges::find_if(tunnel.sessions, [&](const auto& entry) {
      return name.name && entry.second.config->in_force.session_name == name.name;
    });
  }
  std::uint16_t last_id_ = 100;
};

} // namespace openl2tp::daemon::testing
