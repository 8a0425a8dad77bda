// A token bucket with a memory for what it refused. Time is an argument. One thread uses one bucket.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>

#include "protocol/clock.hpp"

namespace openl2tp::runtime {

/// Lets through `per_second` things a second and as many at once after a pause.
class TokenBucket {
 public:
  explicit TokenBucket(std::uint32_t per_second)
      : per_second_(per_second), thousandths_(std::int64_t{per_second} * 1000) {}

  /// True when one more may pass; otherwise it is counted as refused.
  bool take(protocol::TimePoint now) noexcept {
    if (now > last_) {
      // One second fills the bucket, so longer pauses need no arithmetic that could overflow.
      const std::int64_t elapsed_ms = std::min<std::int64_t>((now - last_).count(), 1000);
      thousandths_ = std::min<std::int64_t>(thousandths_ + elapsed_ms * per_second_, std::int64_t{per_second_} * 1000);
      last_ = now;
    }
    if (thousandths_ < 1000) {
      if (refused_++ == 0) first_refused_ = now;
      return false;
    }
    thousandths_ -= 1000;
    return true;
  }

  /// How many were refused since the last report, once a second has passed since the first of them (at once when
  /// `final`); otherwise 0.
  std::uint64_t take_report(protocol::TimePoint now, bool final = false) noexcept {
    if (refused_ == 0 || (!final && now - first_refused_ < protocol::Duration{1000})) return 0;
    return std::exchange(refused_, 0);
  }

  [[nodiscard]] std::uint32_t per_second() const noexcept { return per_second_; }

 private:
  std::uint32_t per_second_;
  std::int64_t thousandths_; // tokens, times 1000
  std::uint64_t refused_ = 0;
  protocol::TimePoint last_{}, first_refused_{};
};

} // namespace openl2tp::runtime
