// Trace categories and events. The engine offers an event only when its category's bit is on, so nothing is formatted
// or copied while tracing is off. Writing events to a log is the runtime's business.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>

#include "protocol/ids.hpp"
#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

/// A set of the categories below. The bit values are those of the management interface.
using TraceMask = std::uint32_t;

namespace trace {
inline constexpr TraceMask protocol = 0x001;  // messages sent and received
inline constexpr TraceMask fsm = 0x002;       // state changes
inline constexpr TraceMask api = 0x004;       // management calls
inline constexpr TraceMask avp = 0x008;       // AVPs of messages: names and lengths
inline constexpr TraceMask avp_hide = 0x010;  // hiding and unhiding; never the hidden values
inline constexpr TraceMask avp_data = 0x020;  // values of AVPs that hold no secret
inline constexpr TraceMask function = 0x040;  // steps inside the daemon
inline constexpr TraceMask transport = 0x080; // sequence numbers, windows, retransmission
inline constexpr TraceMask data = 0x100;      // data path
inline constexpr TraceMask system = 0x200;    // system calls, kernel, signals
inline constexpr TraceMask ppp = 0x400;       // PPP plugins
inline constexpr TraceMask all = 0x7ff;

/// False in a build without trace (CMake option OPENL2TP_TRACE), where every mask reads as empty.
#ifdef OPENL2TP_NO_TRACE
inline constexpr bool built_in = false;
#else
inline constexpr bool built_in = true;
#endif
} // namespace trace

enum class Direction : std::uint8_t { received, sent };

struct MessageTrace { // category protocol; transport for ZLBs and retransmissions
  Direction direction;
  std::string_view message; // "SCCRQ", "ZLB", ...
  std::uint16_t ns, nr;
  std::uint32_t octets;
};
struct TransitionTrace { // category fsm
  std::string_view machine, from, event, to;
};
struct AvpTrace { // categories avp, avp_data (value then given), avp_hide
  Direction direction;
  std::uint16_t vendor, attribute;
  bool mandatory, hidden;
  std::uint16_t length;
  Octets value;
};
struct NoteTrace { // any category
  std::string_view text;
};

struct TraceEvent {
  TraceMask category = 0;
  TunnelId tunnel;      // 0: concerns no tunnel
  SessionId session;    // 0: concerns no session
  bool warning = false; // for the log at any mask; the engine bounds how many of these it emits
  std::variant<MessageTrace, TransitionTrace, AvpTrace, NoteTrace> what;
};

/// Receives events during engine calls. Views are valid during the call; it must not call the engine.
class TraceSink {
 public:
  virtual ~TraceSink() = default;
  virtual void trace(const TraceEvent& event) = 0;
};

} // namespace openl2tp::protocol
