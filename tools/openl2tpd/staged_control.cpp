// Objects without an id of their own answer with id 1, which nothing can be found by: the file cannot know such ids.
#include "tools/openl2tpd/staged_control.hpp"

#include <algorithm>
#include <utility>

#include "runtime/profiles/parameter.hpp"

namespace openl2tp::daemon {

using runtime::ControlError;
using runtime::ControlFault;

namespace {

constexpr std::uint16_t unknown_id = 1;

/// Lays `change` over what a create command gave; an empty text takes a parameter back.
template <class Parameters>
void merge(Parameters& target, const Parameters& change) {
  for (const auto& row : runtime::parameter_table<Parameters>()) {
    std::visit(
        [&](auto field) {
          const auto& given = change.*field;
          if (!given) return;
          if constexpr (std::is_same_v<std::decay_t<decltype(*given)>, std::string>) {
            if (given->empty()) {
              (target.*field).reset();
              return;
            }
          }
          target.*field = given;
        },
        row.field);
  }
}

/// `trace` and `trace_bits` together, laid over what is there; every bit counts afterwards.
template <class Parameters>
void merge_trace(Parameters& target, std::optional<runtime::TraceMask> before, const Parameters& change) {
  if (!change.trace) return;
  const runtime::TraceMask kept = before.value_or(0) & ~change.trace_bits;
  target.trace = kept | (*change.trace & change.trace_bits);
  target.trace_bits = protocol::trace::all;
}

} // namespace

StagedControl::StagedControl(const runtime::SystemConfig& system, runtime::TraceMask trace) : system_(system) {
  plan_.profiles = std::make_unique<runtime::ProfileStore>(trace);
}

Configuration StagedControl::take() {
  std::vector<PlannedTunnel> kept;
  for (std::size_t i = 0; i < plan_.tunnels.size(); ++i)
    if (!deleted_[i]) kept.push_back(std::move(plan_.tunnels[i]));
  plan_.tunnels = std::move(kept);
  return std::move(plan_);
}

tl::unexpected<ControlError> StagedControl::fail(ControlFault fault, std::string detail) {
  return fail(ControlError{fault, std::move(detail)});
}

tl::unexpected<ControlError> StagedControl::fail(ControlError error) {
  detail_ = error.detail;
  return tl::unexpected(std::move(error));
}

PlannedTunnel* StagedControl::find(const runtime::TunnelName& tunnel) {
  if (tunnel.id != 0) {
    const auto found = by_id_.find(tunnel.id);
    return found == by_id_.end() ? nullptr : &plan_.tunnels[found->second];
  }
  if (!tunnel.name) return nullptr;
  const auto found = by_name_.find(*tunnel.name);
  return found == by_name_.end() ? nullptr : &plan_.tunnels[found->second];
}

StagedControl::Result<PlannedTunnel*> StagedControl::required(const runtime::TunnelName& tunnel) {
  if (PlannedTunnel* found = find(tunnel)) return found;
  return fail(ControlFault::tunnel_not_found, "no tunnel of that name or id was created above");
}

StagedControl::Result<PlannedSession*> StagedControl::required(const runtime::SessionName& session) {
  auto tunnel = required(session.tunnel);
  if (!tunnel) return tl::unexpected(std::move(tunnel.error()));
  const auto found = std::ranges::find_if((*tunnel)->sessions, [&](const PlannedSession& one) {
    if (session.id != 0) return one.parameters.session_id == session.id;
    return session.name && one.parameters.session_name == session.name;
  });
  if (found == (*tunnel)->sessions.end())
    return fail(ControlFault::session_not_found, "no session of that name or id was created above");
  return &*found;
}

StagedControl::Result<std::shared_ptr<const runtime::TunnelConfig>>
StagedControl::resolved(const runtime::TunnelParameters& parameters) {
  auto config = plan_.profiles->current()->for_tunnel(parameters, system_);
  if (!config) return fail(std::move(config.error()));
  return config;
}

// ---- system ----

StagedControl::Result<runtime::SystemReport> StagedControl::system_get() {
  return runtime::SystemReport{.config = system_, .changed = plan_.system, .counters = {}};
}

StagedControl::Result<void> StagedControl::system_modify(const runtime::SystemChange& change) {
  auto config = runtime::modified(system_, change);
  if (!config) return fail(std::move(config.error()));
  const auto note = [](auto& kept, const auto& given) {
    if (given) kept = given;
  };
  merge_trace(plan_.system, system_.trace, change);
  note(plan_.system.tunnels_max, change.tunnels_max);
  note(plan_.system.sessions_max, change.sessions_max);
  note(plan_.system.drain, change.drain);
  note(plan_.system.tunnel_establish_timeout_s, change.tunnel_establish_timeout_s);
  note(plan_.system.session_establish_timeout_s, change.session_establish_timeout_s);
  note(plan_.system.tunnel_persist_pend_timeout_s, change.tunnel_persist_pend_timeout_s);
  note(plan_.system.session_persist_pend_timeout_s, change.session_persist_pend_timeout_s);
  note(plan_.system.deny_local_tunnel_creates, change.deny_local_tunnel_creates);
  note(plan_.system.deny_remote_tunnel_creates, change.deny_remote_tunnel_creates);
  plan_.system.reset_statistics = plan_.system.reset_statistics || change.reset_statistics;
  system_ = *config;
  return {};
}

// ---- tunnels ----

StagedControl::Result<std::uint16_t> StagedControl::tunnel_create(const runtime::TunnelParameters& parameters) {
  if (parameters.tunnel_id && find({.id = *parameters.tunnel_id, .name = {}}) != nullptr)
    return fail(ControlFault::tunnel_already_exists, "its tunnel_id was given to another above");
  if (parameters.tunnel_name && find({.id = 0, .name = parameters.tunnel_name}) != nullptr)
    return fail(ControlFault::tunnel_already_exists, "its tunnel_name was given to another above");
  const auto config = resolved(parameters);
  if (!config) return tl::unexpected(config.error());
  if (parameters.tunnel_id) by_id_[*parameters.tunnel_id] = plan_.tunnels.size();
  if (parameters.tunnel_name) by_name_[*parameters.tunnel_name] = plan_.tunnels.size();
  deleted_.push_back(false);
  PlannedTunnel& tunnel = plan_.tunnels.emplace_back(PlannedTunnel{line_, parameters, {}});
  merge_trace(tunnel.parameters, 0, parameters);
  return parameters.tunnel_id.value_or(unknown_id);
}

StagedControl::Result<void> StagedControl::tunnel_delete(const runtime::TunnelName& tunnel, const std::string&) {
  auto found = required(tunnel);
  if (!found) return tl::unexpected(std::move(found.error()));
  const runtime::TunnelParameters& gone = (*found)->parameters;
  if (gone.tunnel_id) by_id_.erase(*gone.tunnel_id);
  if (gone.tunnel_name) by_name_.erase(*gone.tunnel_name);
  deleted_[static_cast<std::size_t>(*found - plan_.tunnels.data())] = true;
  return {};
}

StagedControl::Result<void> StagedControl::tunnel_modify(const runtime::TunnelName& tunnel,
                                                         const runtime::TunnelParameters& parameters) {
  auto found = required(tunnel);
  if (!found) return tl::unexpected(std::move(found.error()));
  const auto config = resolved((*found)->parameters);
  if (!config) return tl::unexpected(config.error());
  if (auto changed = runtime::modified(**config, parameters, system_); !changed)
    return fail(std::move(changed.error()));
  const auto before = (*config)->in_force.trace;
  merge((*found)->parameters, parameters);
  merge_trace((*found)->parameters, before, parameters);
  return {};
}

StagedControl::Result<runtime::TunnelReport> StagedControl::tunnel_get(const runtime::TunnelName& tunnel) {
  auto found = required(tunnel);
  if (!found) return tl::unexpected(std::move(found.error()));
  const auto config = resolved((*found)->parameters);
  if (!config) return tl::unexpected(config.error());
  runtime::TunnelReport report;
  report.config = (*config)->in_force;
  report.supplied = (*config)->supplied;
  report.tunnel_id = (*found)->parameters.tunnel_id.value_or(unknown_id);
  report.created_by_admin = true;
  report.mode = runtime::tunnel_mode(**config, true);
  report.sessions = static_cast<std::uint32_t>((*found)->sessions.size());
  return report;
}

StagedControl::Result<std::vector<std::uint16_t>> StagedControl::tunnel_list() {
  std::vector<std::uint16_t> ids;
  for (const auto& [id, place] : by_id_)
    ids.push_back(id);
  std::ranges::sort(ids);
  return ids;
}

// ---- sessions ----

StagedControl::Result<std::uint16_t> StagedControl::session_create(const runtime::TunnelName& tunnel,
                                                                   const runtime::SessionParameters& parameters) {
  auto found = required(tunnel);
  if (!found) return tl::unexpected(std::move(found.error()));
  for (const PlannedSession& other : (*found)->sessions) {
    const bool same_id = parameters.session_id && other.parameters.session_id == parameters.session_id;
    const bool same_name = parameters.session_name && other.parameters.session_name == parameters.session_name;
    if (same_id || same_name)
      return fail(ControlFault::session_already_exists, "its name or id was given to another above");
  }
  const auto config = resolved((*found)->parameters);
  if (!config) return tl::unexpected(config.error());
  auto session =
      plan_.profiles->current()->for_session(**config, runtime::tunnel_mode(**config, true), parameters, system_);
  if (!session) return fail(std::move(session.error()));
  PlannedSession& planned = (*found)->sessions.emplace_back(PlannedSession{line_, parameters});
  merge_trace(planned.parameters, 0, parameters);
  return parameters.session_id.value_or(unknown_id);
}

StagedControl::Result<void> StagedControl::session_delete(const runtime::SessionName& session, const std::string&) {
  auto found = required(session);
  if (!found) return tl::unexpected(std::move(found.error()));
  auto& sessions = find(session.tunnel)->sessions;
  sessions.erase(sessions.begin() + (*found - sessions.data()));
  return {};
}

StagedControl::Result<void> StagedControl::session_modify(const runtime::SessionName& session,
                                                          const runtime::SessionParameters& parameters) {
  auto found = required(session);
  if (!found) return tl::unexpected(std::move(found.error()));
  if (auto placed = runtime::check_place(parameters, runtime::Use::modify); !placed) return fail(placed.error());
  if (auto ranged = runtime::check_ranges(parameters); !ranged) return fail(ranged.error());
  const auto before = (*found)->parameters.trace;
  merge((*found)->parameters, parameters);
  merge_trace((*found)->parameters, before, parameters);
  return {};
}

StagedControl::Result<runtime::SessionReport> StagedControl::session_get(const runtime::SessionName& session) {
  auto found = required(session);
  if (!found) return tl::unexpected(std::move(found.error()));
  runtime::SessionReport report;
  report.config = report.supplied = (*found)->parameters;
  report.session_id = (*found)->parameters.session_id.value_or(unknown_id);
  report.created_by_admin = true;
  return report;
}

StagedControl::Result<std::vector<std::uint16_t>> StagedControl::session_list(const runtime::TunnelName& tunnel) {
  auto found = required(tunnel);
  if (!found) return tl::unexpected(std::move(found.error()));
  std::vector<std::uint16_t> ids;
  for (const PlannedSession& session : (*found)->sessions)
    if (session.parameters.session_id) ids.push_back(*session.parameters.session_id);
  std::ranges::sort(ids);
  return ids;
}

} // namespace openl2tp::daemon
