// A histogram of durations with a bounded error of 1/16 and a fixed size. Knows no clock.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace openl2tp::load {

class Latency {
 public:
  void add(std::uint32_t microseconds) noexcept {
    ++buckets_[bucket_of(microseconds)];
    ++count_;
    max_ = std::max(max_, microseconds);
  }
  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint32_t max() const noexcept { return max_; }

  /// The value that `percent` (0 to 100) of the durations do not exceed, rounded up to the bucket's end; 0 without any.
  [[nodiscard]] std::uint32_t percentile(double percent) const noexcept {
    const auto wanted = static_cast<std::uint64_t>(static_cast<double>(count_) * percent / 100.0 + 0.5);
    std::uint64_t seen = 0;
    for (std::size_t bucket = 0; bucket < buckets_.size(); ++bucket) {
      seen += buckets_[bucket];
      if (seen != 0 && seen >= wanted) return std::min(end_of(bucket), max_);
    }
    return max_;
  }

 private:
  // Below 16 a bucket a value, then 16 buckets for each power of two.
  static constexpr std::size_t bucket_of(std::uint32_t value) noexcept {
    if (value < 16) return value;
    const auto power = static_cast<std::size_t>(std::bit_width(value)) - 5;
    return 16 * power + (value >> power);
  }
  static constexpr std::uint32_t end_of(std::size_t bucket) noexcept {
    if (bucket < 32) return static_cast<std::uint32_t>(bucket);
    const std::size_t power = bucket / 16 - 1;
    const std::uint64_t end = ((bucket % 16 + 17) << power) - 1;
    return static_cast<std::uint32_t>(end);
  }

  std::array<std::uint64_t, 16 * 29> buckets_{};
  std::uint64_t count_ = 0;
  std::uint32_t max_ = 0;
};

} // namespace openl2tp::load
