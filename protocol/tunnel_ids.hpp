// Gives out tunnel ids: random, of one shard's class (id % shards == shard), never 0, and not again for a while after
// use. Rationale: unpredictable ids are what an off-path attacker has to guess (RFC 2661 §9.1). For tests that must
// know the ids beforehand they can come in sequence instead.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/ids.hpp"
#include "protocol/random.hpp"

namespace openl2tp::protocol {

class TunnelIds {
 public:
  static constexpr Duration retention{31'000}; // a full retransmission cycle, §5.7

  /// @pre shard < shards, shards <= 256.
  TunnelIds(std::uint32_t shard, std::uint32_t shards);

  /// A random free id. Ids that rest are taken early when nothing else is free, the longest resting first.
  /// @return nullopt when all ids of the class are in use.
  [[nodiscard]] std::optional<TunnelId> allocate(RandomSource& random, TimePoint now);
  /// Whether allocate() gives ids in sequence from now on: the next one that is not in use after the one it gave last
  /// in sequence. Resting ids count as free then.
  void set_sequential(bool on) noexcept { sequential_ = on; }
  /// The sequence begins anew, with the lowest id of the class.
  void restart_sequence() noexcept { next_in_sequence_ = 0; }
  /// That very id; false when it is 0, of another class or not free. A resting id counts as free: the operator asked
  /// for it.
  [[nodiscard]] bool claim(TunnelId id);
  /// Ends the use of `id`; it rests from `now` on.
  void release(TunnelId id, TimePoint now);
  [[nodiscard]] std::size_t in_use() const noexcept { return in_use_; }
  /// The number of ids of the class.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  enum class Use : std::uint8_t { free, used, resting };
  struct Resting {
    TimePoint until;
    std::uint16_t id;
  };
  [[nodiscard]] std::size_t slot(std::uint16_t id) const noexcept { return id / shards_; }
  void set_taken(std::uint16_t id, bool taken) noexcept;
  void wake_oldest();
  [[nodiscard]] TunnelId next_in_sequence();

  std::uint32_t shard_, shards_;
  std::size_t slots_; // ids of the class, 0 included
  std::size_t capacity_;
  std::size_t in_use_ = 0, resting_count_ = 0;
  bool sequential_ = false;
  std::size_t next_in_sequence_ = 0; // a slot
  std::vector<Use> use_;
  std::vector<std::uint64_t> taken_; // a bit a slot: used or resting
  std::deque<Resting> resting_;      // may hold ids that were claimed again; then use_ says so
};

} // namespace openl2tp::protocol
