// What the tunnels and sessions of one engine share: pool, wheel, codec space, counters, and the batch of actions being
// filled. Internal to protocol/.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "protocol/action.hpp"
#include "protocol/clock.hpp"
#include "protocol/control/message_pool.hpp"
#include "protocol/counters.hpp"
#include "protocol/policy.hpp"
#include "protocol/random.hpp"
#include "protocol/recent_sessions.hpp"
#include "protocol/timer_wheel.hpp"
#include "protocol/trace.hpp"
#include "protocol/vendor_avps.hpp"
#include "protocol/wire/codec.hpp"

namespace openl2tp::protocol {

class Session;
class Tunnel;

/// A timer that knows whose it is.
struct EngineTimer : Timer {
  enum class Owner : std::uint8_t { tunnel, session };
  EngineTimer(Owner kind, void* object) : owner(kind), whose(object) {}
  Owner owner;
  void* whose;
};

/// Bounds the warnings that hostile or broken peers can cause: ten a second, whatever arrives.
class WarningBudget {
 public:
  [[nodiscard]] bool take(TimePoint now) noexcept {
    if (now - since_ >= Duration{1000}) {
      since_ = now;
      left_ = 10;
    }
    if (left_ == 0) return false;
    --left_;
    return true;
  }

 private:
  TimePoint since_{};
  unsigned left_ = 10;
};

struct Services {
  Services(const MessagePool::Limits& message_memory, RandomSource& random_source, Policy& decisions, TraceSink* sink,
           TimePoint start);
  ~Services();

  RandomSource& random;
  Policy& policy;
  TraceSink* trace_sink; // may be null
  TraceMask system_trace = 0;
  MessagePool pool;
  TimerWheel wheel;
  MessageDecoder decoder;
  EngineCounters counters;
  RecentSessions recent_sessions;
  WarningBudget warnings;
  VendorAvpOwner* vendor_owner = nullptr; // null: nobody owns any
  std::unique_ptr<VendorAvpWriter> vendor_writer;
  std::span<const VendorAvp> vendor_avps; // of the message that is being handled, until it has been accepted
  ActionBatch batch;
  TimePoint now; // of the engine call under way
  std::uint32_t next_call_serial = 1;
  std::uint32_t sessions = 0; // in all tunnels
  bool keep_ended_tunnels = false, keep_ended_sessions = false;
  bool sequential_ids = false;
  SessionId next_session{1};                           // in sequence, whatever the tunnel
  std::array<std::byte, 8192> encode_space;            // a message longer than this is not sent
  std::vector<std::unique_ptr<Session>> dead_sessions; // ended during this call, freed after it
  std::vector<Tunnel*> forgotten;                      // likewise
  std::vector<TunnelId> owing;                         // tunnels that may owe an acknowledgement at the end of the turn

  void act(Action action) { batch.actions.push_back(std::move(action)); }

  [[nodiscard]] Extent store(Octets octets) {
    const Extent extent{static_cast<std::uint32_t>(batch.storage.size()), static_cast<std::uint32_t>(octets.size())};
    batch.storage.insert(batch.storage.end(), octets.begin(), octets.end());
    return extent;
  }

  /// A warning for the operator's log, at any mask; dropped when there were too many this second.
  void warn(TunnelId tunnel, SessionId session, std::string_view text) {
    if (!trace_sink) return;
    trace_sink->trace(
        {.category = trace::protocol, .tunnel = tunnel, .session = session, .warning = true, .what = NoteTrace{text}});
  }
  [[nodiscard]] bool may_warn() noexcept { return trace_sink && warnings.take(now); }
};

} // namespace openl2tp::protocol
