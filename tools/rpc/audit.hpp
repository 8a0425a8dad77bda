// Who changed what: a line of the log for every call that changes something, or would have. Names of parameters only,
// never values: they may be secrets.
#pragma once

#include <chrono>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {

/// While it lives, what the conversions of this thread learn about a call is kept here.
class CallNote {
 public:
  CallNote() noexcept;
  ~CallNote();
  CallNote(const CallNote&) = delete;
  CallNote& operator=(const CallNote&) = delete;

  std::string object;                       ///< "tunnel t1", "peer profile branch"; empty: the daemon itself
  std::vector<std::string_view> parameters; ///< names, of static storage

 private:
  CallNote* before_;
};

/// Called by conversions: which object a call is about. `kind` "session" after "tunnel" makes "session t1/s1".
void note_object(std::string_view kind, std::string_view name);
void note_object(std::string_view kind, std::uint16_t id, const optstring& name);
void note_parameter(std::string_view name);

/// "uid 0", "uid 1000 at 127.0.0.1", "192.0.2.7".
[[nodiscard]] std::string text_of(const Caller& caller);

/// Writes the lines, at most kRate a second and kBurst at once; how many were left out is said with the next one. Any
/// thread.
class Audit {
 public:
  static constexpr unsigned kRate = 100, kBurst = 1000;
  using Clock = std::chrono::steady_clock;

  void write(const Caller& caller, std::string_view procedure, const CallNote& note, std::string_view result);
  /// True when a line may be written at `now`; takes its place. For tests.
  [[nodiscard]] bool admits(Clock::time_point now);

 private:
  std::mutex mutex_;
  double tokens_ = kBurst;
  Clock::time_point filled_{};
  std::uint64_t left_out_ = 0;
};

} // namespace openl2tp::rpc
