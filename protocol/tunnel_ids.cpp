#include "protocol/tunnel_ids.hpp"

#include <bit>

#include "protocol/assert.hpp"

namespace openl2tp::protocol {

TunnelIds::TunnelIds(std::uint32_t shard, std::uint32_t shards) : shard_(shard), shards_(shards) {
  OPENL2TP_ASSERT(shards >= 1 && shards <= 256 && shard < shards);
  slots_ = (65'535 - shard) / shards + 1;
  capacity_ = slots_ - (shard == 0 ? 1 : 0);
  use_.assign(slots_, Use::free);
  taken_.assign((slots_ + 63) / 64, 0);
  for (std::size_t beyond = slots_; beyond < taken_.size() * 64; ++beyond)
    taken_[beyond / 64] |= 1ULL << (beyond % 64);
  if (shard == 0) taken_[0] |= 1; // id 0 is never assigned
}

void TunnelIds::set_taken(std::uint16_t id, bool taken) noexcept {
  const std::uint64_t bit = 1ULL << (slot(id) % 64);
  if (taken)
    taken_[slot(id) / 64] |= bit;
  else
    taken_[slot(id) / 64] &= ~bit;
}

void TunnelIds::wake_oldest() {
  const Resting oldest = resting_.front();
  resting_.pop_front();
  if (use_[slot(oldest.id)] != Use::resting) return;
  use_[slot(oldest.id)] = Use::free;
  --resting_count_;
  set_taken(oldest.id, false);
}

std::optional<TunnelId> TunnelIds::allocate(RandomSource& random, TimePoint now) {
  if (in_use_ == capacity_) return std::nullopt;
  if (sequential_) [[unlikely]]
    return next_in_sequence();
  while (!resting_.empty() && resting_.front().until <= now)
    wake_oldest();
  while (in_use_ + resting_count_ == capacity_)
    wake_oldest();

  // From a random slot on to the next free one: at most one pass over the bitmap, 1,024 words for a single shard.
  const std::size_t start = random.next_u16() % slots_;
  std::uint64_t word = ~taken_[start / 64] & (~0ULL << (start % 64));
  std::size_t index = start / 64;
  while (word == 0) {
    index = index + 1 == taken_.size() ? 0 : index + 1;
    word = ~taken_[index];
  }
  const std::size_t found = index * 64 + static_cast<std::size_t>(std::countr_zero(word));
  const auto id = static_cast<std::uint16_t>(found * shards_ + shard_);
  use_[found] = Use::used;
  set_taken(id, true);
  ++in_use_;
  return TunnelId{id};
}

// One that is not in use exists.
TunnelId TunnelIds::next_in_sequence() {
  TunnelId id;
  do {
    id = TunnelId{static_cast<std::uint16_t>(next_in_sequence_ * shards_ + shard_)};
    next_in_sequence_ = (next_in_sequence_ + 1) % slots_;
  } while (!claim(id));
  return id;
}

bool TunnelIds::claim(TunnelId id) {
  if (!id || id.value % shards_ != shard_ || use_[slot(id.value)] == Use::used) return false;
  if (use_[slot(id.value)] == Use::resting) --resting_count_;
  use_[slot(id.value)] = Use::used;
  set_taken(id.value, true);
  ++in_use_;
  return true;
}

void TunnelIds::release(TunnelId id, TimePoint now) {
  OPENL2TP_ASSERT(use_[slot(id.value)] == Use::used);
  use_[slot(id.value)] = Use::resting;
  --in_use_;
  ++resting_count_;
  resting_.push_back({now + retention, id.value});
}

} // namespace openl2tp::protocol
