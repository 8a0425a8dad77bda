#include "runtime/faults.hpp"

#include <string>

namespace openl2tp::runtime {

ControlResult<FaultSettings> modified(const FaultSettings& settings, const FaultChange& change) {
  FaultSettings result = settings;
  result.drop_received = change.drop_received.value_or(result.drop_received);
  result.drop_sent = change.drop_sent.value_or(result.drop_sent);
  result.trigger = change.trigger.value_or(result.trigger);
  result.tunnel_id = change.tunnel_id.value_or(result.tunnel_id);
  result.session_id = change.session_id.value_or(result.session_id);
  result.hold_tunnels = change.hold_tunnels.value_or(result.hold_tunnels);
  result.hold_sessions = change.hold_sessions.value_or(result.hold_sessions);
  result.sequential_ids = change.sequential_ids.value_or(result.sequential_ids);
  result.show_profile_usage = change.show_profile_usage.value_or(result.show_profile_usage);
  if (result.tunnel_id != 0 || result.session_id == 0) return result;
  if (change.session_id.value_or(0) != 0)
    return tl::unexpected(
        ControlError{ControlFault::invalid_argument,
                     "session_id: " + std::to_string(*change.session_id) + ", allowed 0 unless tunnel_id is given"});
  result.session_id = 0;
  return result;
}

} // namespace openl2tp::runtime
