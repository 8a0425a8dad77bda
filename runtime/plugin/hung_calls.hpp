// Names calls into plugins that do not return, while they do not: a shard that is inside one serves nobody, and cannot
// tell.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "runtime/plugin/call_mark.hpp"
#include "runtime/trace/log.hpp"

namespace openl2tp::runtime {

/// How long a call may take before it is named, by what the thread is.
struct HungCallLimits {
  protocol::Duration shard = std::chrono::seconds(1); // these must not wait at all
  protocol::Duration management = std::chrono::seconds(1);
  protocol::Duration load = std::chrono::seconds(3);
  protocol::Duration worker = std::chrono::seconds(30); // these may wait
};

/// "plugin x: on_timer on shard 0 has not returned for 3 s".
[[nodiscard]] std::string describe(const PluginCall& call, protocol::TimePoint now);

/// One thread uses it, one that never enters a plugin.
class HungCalls {
 public:
  explicit HungCalls(Log& log, HungCallLimits limits = {}) : log_(log), limits_(limits) {}

  /// Looks at all threads; several times a second. A call that goes on is named again each time that the time since it
  /// began has doubled.
  void look(protocol::TimePoint now);

 private:
  struct Named {
    const void* mark;
    std::uint64_t number;
    protocol::TimePoint again;
  };
  [[nodiscard]] protocol::Duration limit_of(PluginThread kind) const noexcept;

  Log& log_;
  HungCallLimits limits_;
  std::vector<Named> named_; // those that have not returned
};

} // namespace openl2tp::runtime
