// Tunnels and sessions of all shards, for the operator's limits.
#pragma once

#include <atomic>
#include <cstdint>

namespace openl2tp::runtime {

struct ObjectCounts {
  std::atomic<std::uint32_t> tunnels{0}, sessions{0};

  /// One more. @return false, and nothing is counted, when there are `limit` already; 0: no limit.
  [[nodiscard]] static bool take(std::atomic<std::uint32_t>& count, std::uint32_t limit) noexcept {
    const std::uint32_t before = count.fetch_add(1, std::memory_order_relaxed);
    if (limit == 0 || before < limit) return true;
    count.fetch_sub(1, std::memory_order_relaxed);
    return false;
  }
};

} // namespace openl2tp::runtime
