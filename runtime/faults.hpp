// Fault injection, for tests of whole daemons and of their peers: messages that are lost, contexts that stay visible
// after their end, ids that are known beforehand. What may be asked for and what came of it; the shards do it. The
// management offers it only in a daemon that was started with its test option.
#pragma once

#include <cstdint>
#include <optional>

#include "runtime/control.hpp"

namespace openl2tp::runtime {

/// When a message is dropped. The random ones never drop more than four messages of a direction in a row.
enum class FaultTrigger : std::uint8_t {
  off,
  on,     // every message
  once,   // the next one, on whichever shard
  low,    // 1 %
  medium, // 5 %
  high,   // 20 %
};

struct FaultSettings {
  bool drop_received = false, drop_sent = false; // control messages, ZLBs included, when `trigger` says so
  FaultTrigger trigger = FaultTrigger::off;
  // Drops only of this tunnel (our id) and of this session of it (our id; only messages that carry its id); 0: of all.
  std::uint16_t tunnel_id = 0, session_id = 0;
  bool hold_tunnels = false, hold_sessions = false; // what ended is listed and shown until this is off again
  bool sequential_ids = false;
  bool show_profile_usage = false; // kept for clients; it changes nothing here
};

/// Only what is set changes.
struct FaultChange {
  std::optional<bool> drop_received, drop_sent;
  std::optional<FaultTrigger> trigger;                // arms it, too
  std::optional<std::uint16_t> tunnel_id, session_id; // without a tunnel there is no session: it goes back to 0
  std::optional<bool> hold_tunnels, hold_sessions, sequential_ids, show_profile_usage;
  bool clear_trigger = false; // it has not fired, and `once` will fire again
  bool reset_ids = false;     // sequences begin anew
};

/// Look-ups by the management.
struct LookUps {
  std::uint32_t hits = 0, misses = 0;
};

struct FaultReport {
  FaultSettings settings;
  bool fired = false;                                   // the trigger, since it was armed
  std::uint32_t received_dropped = 0, sent_dropped = 0; // since the last reset of the statistics
  LookUps tunnel_ids, tunnel_names, session_ids;
};

/// Thread rule of Control, whose faults() gives it.
class FaultControl {
 public:
  [[nodiscard]] virtual ControlResult<FaultReport> fault_get() = 0;
  /// @error invalid_argument: a session without a tunnel; nothing is changed.
  virtual ControlResult<void> fault_modify(const FaultChange& change) = 0;

 protected:
  ~FaultControl() = default;
};

/// `settings` with a change applied. @error as FaultControl::fault_modify
[[nodiscard]] ControlResult<FaultSettings> modified(const FaultSettings& settings, const FaultChange& change);

} // namespace openl2tp::runtime
