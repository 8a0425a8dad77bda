// Numbers of PPP interfaces: 2048 and up, away from those that other programs get, never the same twice at once, in any
// shard. A number that is given back rests until the pppd that had it is surely gone; taken too early, pppd would only
// warn and get another one.
#pragma once

#include <cstdint>
#include <deque>
#include <set>

namespace openl2tp::ppp_unix {

/// One a shard: shard `index` of `shards` gives 2048 + index, 2048 + index + shards, and so on, the lowest free one
/// first.
class Units {
 public:
  static constexpr std::uint32_t first = 2'048;

  Units(std::uint32_t index, std::uint32_t shards) noexcept : index_(index), shards_(shards == 0 ? 1 : shards) {}

  /// The lowest number that is free at `now_ms`.
  [[nodiscard]] std::uint32_t take(std::uint64_t now_ms);

  /// Gives back what take() gave; it is free from `free_at_ms` on. Constant rests keep the queue in order.
  void give_back(std::uint32_t unit, std::uint64_t free_at_ms);

 private:
  struct Resting {
    std::uint64_t free_at_ms;
    std::uint32_t slot;
  };

  std::uint32_t index_, shards_;
  std::uint32_t next_ = 0; // the lowest slot that was never taken
  std::set<std::uint32_t> free_;
  std::deque<Resting> resting_;
};

} // namespace openl2tp::ppp_unix
