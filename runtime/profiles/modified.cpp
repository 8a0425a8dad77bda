// Changes of what lives: a tunnel, a session, the system.
#include "runtime/profiles/names.hpp"
#include "runtime/profiles/profiles.hpp"
#include "runtime/profiles/settings.hpp"
#include "runtime/profiles/wiped.hpp"

namespace openl2tp::runtime {

namespace {

ControlResult<void> check_change(const auto& change) {
  if (auto placed = check_place(change, Use::modify); !placed) return placed;
  return check_ranges(change);
}

class SystemChecker {
 public:
  void seconds(std::string_view name, std::optional<std::uint32_t> value, bool zero_allowed) {
    check(name, value, zero_allowed ? 0 : 1, 86400);
  }
  void limit(std::string_view name, std::optional<std::uint32_t> value) { check(name, value, 0, kCountMax); }
  [[nodiscard]] ControlResult<void> result() {
    if (!complaint_.empty()) return tl::unexpected(ControlError{ControlFault::invalid_argument, std::move(complaint_)});
    return {};
  }

 private:
  void check(std::string_view name, std::optional<std::uint32_t> value, std::uint64_t min, std::uint64_t max) {
    if (!value || (*value >= min && *value <= max) || !complaint_.empty()) return;
    complaint_.append(name).append(": ").append(std::to_string(*value)).append(", allowed ");
    complaint_.append(std::to_string(min)).append(" to ").append(std::to_string(max));
  }
  std::string complaint_;
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

ControlResult<SystemConfig> modified(const SystemConfig& config, const SystemChange& change) {
  SystemChecker check;
  check.limit("max_tunnels", change.tunnels_max);
  check.limit("max_sessions", change.sessions_max);
  check.seconds("tunnel_establish_timeout", change.tunnel_establish_timeout_s, true);
  check.seconds("session_establish_timeout", change.session_establish_timeout_s, true);
  check.seconds("tunnel_persist_pend_timeout", change.tunnel_persist_pend_timeout_s, false);
  check.seconds("session_persist_pend_timeout", change.session_persist_pend_timeout_s, false);
  if (auto checked = check.result(); !checked) return tl::unexpected(checked.error());

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
