// Measures one phase of a run after another and prints each as one line, for people or as JSON.
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "tools/l2tpload/latency.hpp"
#include "tools/l2tpload/tunnels.hpp"
#include "tools/l2tpload/watch.hpp"

namespace openl2tp::load {

class Meter {
 public:
  /// @param watched  a process whose cost is measured along, 0 for none; threads of it that end meanwhile are not
  /// counted.
  Meter(bool json, pid_t watched) noexcept : json_(json), watched_(watched) {}

  /// @param wanted  operations that the phase is to do; 0 when only its time is bounded.
  void begin(std::string_view name, std::uint64_t wanted, const Counters& counters);
  /// One operation is done.
  void complete() noexcept {
    ++done_;
    if (wanted_ != 0 && done_ * slice_usage_.size() >= (slices_ + 1) * wanted_) end_slice();
  }
  void add_latency(std::uint32_t microseconds) noexcept { latency_.add(microseconds); }
  /// A number of the caller's for the phase's line, such as what failed; reported in the order given.
  void note(std::string_view name, std::uint64_t value);
  void end(const Counters& counters);

  [[nodiscard]] std::uint64_t done() const noexcept { return done_; }

 private:
  void end_slice() noexcept;
  void print_json(const Counters& spent, double seconds, const Usage& usage) const;
  void print_text(const Counters& spent, double seconds, const Usage& usage) const;

  bool json_;
  pid_t watched_;
  std::string name_, notes_json_, notes_text_;
  std::uint64_t wanted_ = 0, done_ = 0;
  std::uint64_t started_us_ = 0, last_done_us_ = 0, own_cpu_ns_ = 0;
  Usage usage_;
  Counters counters_;
  Latency latency_;
  // The watched process's processor time and the time at the end of every tenth of the operations: does an operation
  // cost more the more exist?
  std::size_t slices_ = 0;
  std::array<std::uint64_t, 10> slice_usage_{}, slice_us_{};
};

} // namespace openl2tp::load
