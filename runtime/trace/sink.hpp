// Turns the engine's trace events into log lines. Which events exist at all is the engine's business (it asks the masks
// first); here they get their words, lose what must not be seen, and are held to a rate that a log can bear.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "protocol/clock.hpp"
#include "protocol/trace.hpp"
#include "runtime/trace/log.hpp"
#include "runtime/trace/rate.hpp"

namespace openl2tp::runtime {

struct TraceRates {
  std::uint32_t lines_per_second = 2000;  // of each category
  std::uint32_t warnings_per_second = 10; // of all together
};

/// One for each shard; [shard] only its thread calls it. `log` outlives it.
class TraceWriter final : public protocol::TraceSink {
 public:
  TraceWriter(Log& log, std::function<protocol::TimePoint()> now, TraceRates rates = {});
  /// Tells what was held back and not yet told.
  ~TraceWriter() override;
  TraceWriter(const TraceWriter&) = delete;
  TraceWriter& operator=(const TraceWriter&) = delete;

  void trace(const protocol::TraceEvent& event) override;

  /// A note of the runtime itself, in the same form and held to the same rates. The caller has asked the mask. `text`
  /// may quote others.
  void note(protocol::TraceMask category, protocol::TunnelId tunnel, protocol::SessionId session,
            std::string_view text);
  void warn(protocol::TunnelId tunnel, protocol::SessionId session, std::string_view text);

  /// Tells what was held back when the flood ends without a further line; called now and then (each second or so).
  void tick();

 private:
  struct Stream {
    std::string_view name;
    TokenBucket bucket;
  };
  Stream& stream_of(const protocol::TraceEvent& event) noexcept;
  void report(Stream& stream, protocol::TimePoint now, bool final);

  Log& log_;
  std::function<protocol::TimePoint()> now_;
  std::array<Stream, 11> categories_;
  Stream warnings_;
  std::string line_; // reused: no allocation a line once it has grown
};

/// The line of one event, without level, time or rate: "tunnel 7 session 9: received ICRQ, Ns 2 Nr 1, 60 octets".
void append_trace_line(std::string& line, const protocol::TraceEvent& event);

} // namespace openl2tp::runtime
