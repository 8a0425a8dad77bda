// Changes of what lives: a tunnel, a session, the system.
#include <array>

#include "runtime/profiles/names.hpp"
#include "runtime/profiles/parameter_walk.hpp"
#include "runtime/profiles/profiles.hpp"
#include "runtime/profiles/settings.hpp"
#include "runtime/profiles/wiped.hpp"

namespace openl2tp::runtime {

namespace {

ControlResult<void> check_change(const auto& change) {
  if (auto placed = check_place(change, Use::modify); !placed) return placed;
  return check_ranges(change);
}

struct SystemNumber {
  std::string_view name;
  std::optional<std::uint32_t> SystemChange::* field;
  Range range;
};

constexpr Range kTimeout{.max = 86400};
constexpr Range kPause{.min = 1, .max = 86400};
constexpr std::array kSystemNumbers{
    SystemNumber{"max_tunnels", &SystemChange::tunnels_max, {.max = kCountMax}},
    SystemNumber{"max_sessions", &SystemChange::sessions_max, {.max = kCountMax}},
    SystemNumber{"tunnel_establish_timeout", &SystemChange::tunnel_establish_timeout_s, kTimeout},
    SystemNumber{"session_establish_timeout", &SystemChange::session_establish_timeout_s, kTimeout},
    SystemNumber{"tunnel_persist_pend_timeout", &SystemChange::tunnel_persist_pend_timeout_s, kPause},
    SystemNumber{"session_persist_pend_timeout", &SystemChange::session_persist_pend_timeout_s, kPause},
};

template <class T>
void set_if(T& target, const std::optional<T>& value) {
  if (value) target = *value;
}

} // namespace

ControlResult<std::shared_ptr<const TunnelConfig>> modified(const TunnelConfig& config, const TunnelParameters& change,
                                                            const SystemConfig& system) {
  if (auto checked = check_change(change); !checked) return tl::unexpected(checked.error());
  Layered<TunnelParameters> layers{.in_force = config.in_force, .supplied = config.supplied};
  // Cleared text goes back to the built-in; no number is cleared here, so the trace of new objects does not matter.
  apply(layers, change, built_in_parameters<TunnelParameters>(0));
  auto result = make_wiped_config<TunnelConfig>();
  result->settings = tunnel_settings(layers.in_force, system);
  result->in_force = std::move(layers.in_force);
  result->supplied = std::move(layers.supplied);
  result->allowed_mode = config.allowed_mode;
  return result;
}

ControlResult<std::shared_ptr<const SessionConfig>>
modified(const SessionConfig& config, const SessionParameters& change, const SystemConfig& system) {
  if (auto checked = check_change(change); !checked) return tl::unexpected(checked.error());
  Layered<SessionParameters> layers{.in_force = config.in_force, .supplied = config.supplied.values(config.in_force)};
  apply(layers, change, built_in_parameters<SessionParameters>(0));
  auto result = make_wiped_config<SessionConfig>();
  result->settings = session_settings(layers.in_force, system);
  result->in_force = std::move(layers.in_force);
  result->supplied = Supplied(layers.supplied);
  wipe(layers.supplied);
  result->ppp = config.ppp;
  return result;
}

std::vector<std::string> clamp_ranges(SystemChange& change) {
  std::vector<std::string> notes;
  for (const SystemNumber& number : kSystemNumbers)
    if (auto& value = change.*number.field) detail::clamp_value(number.name, *value, number.range, notes);
  return notes;
}

ControlResult<SystemConfig> modified(const SystemConfig& config, const SystemChange& change) {
  for (const SystemNumber& number : kSystemNumbers) {
    const auto& value = change.*number.field;
    if (!value) continue;
    if (auto checked = detail::check_value(number.name, *value, number.range); !checked)
      return tl::unexpected(checked.error());
  }

  SystemConfig result = config;
  if (change.trace) {
    const TraceMask bits = change.trace_bits & protocol::trace::all;
    result.trace = (config.trace & ~bits) | (*change.trace & bits);
  }
  set_if(result.tunnels_max, change.tunnels_max);
  set_if(result.sessions_max, change.sessions_max);
  set_if(result.drain, change.drain);
  set_if(result.tunnel_establish_timeout_s, change.tunnel_establish_timeout_s);
  set_if(result.session_establish_timeout_s, change.session_establish_timeout_s);
  set_if(result.tunnel_persist_pend_timeout_s, change.tunnel_persist_pend_timeout_s);
  set_if(result.session_persist_pend_timeout_s, change.session_persist_pend_timeout_s);
  set_if(result.deny_local_tunnel_creates, change.deny_local_tunnel_creates);
  set_if(result.deny_remote_tunnel_creates, change.deny_remote_tunnel_creates);
  return result;
}

} // namespace openl2tp::runtime
