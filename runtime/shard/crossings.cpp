#include "runtime/shard/crossings.hpp"

#include <cstring>
#include <functional>

namespace openl2tp::runtime {

namespace {

constexpr std::uint64_t kAny = 1 << 8, kWithTie = 1 << 9;

bool same_peer(const std::array<std::uint64_t, 4>& a, const std::array<std::uint64_t, 4>& b) noexcept {
  return a[0] == b[0] && a[1] == b[1] && (a[2] & 0xff) == (b[2] & 0xff);
}

} // namespace

Crossings::Crossings(std::uint32_t shards) : shards_(shards), tables_(std::make_unique<Table[]>(shards)) {}

// What a reader sees of the words it may believe only if the version was even and the same before and after. Stores and
// loads of the words order themselves against those of the version.
void Crossings::Slot::write(const Words& value) noexcept {
  const std::uint32_t before = version.load(std::memory_order_relaxed);
  version.store(before + 1, std::memory_order_relaxed);
  for (std::size_t i = 0; i < value.size(); ++i)
    words[i].store(value[i], std::memory_order_release);
  version.store(before + 2, std::memory_order_release);
}

bool Crossings::Slot::read(Words& value) const noexcept {
  for (int tries = 0; tries < 4; ++tries) {
    const std::uint32_t before = version.load(std::memory_order_acquire);
    for (std::size_t i = 0; i < value.size(); ++i)
      value[i] = words[i].load(std::memory_order_acquire);
    if (before % 2 == 0 && version.load(std::memory_order_relaxed) == before) return true;
  }
  return false;
}

Crossings::Words Crossings::encode(const protocol::IpAddress& peer, const protocol::Crossing& crossing) noexcept {
  Words words{};
  std::memcpy(&words[0], peer.octets.data(), 8);
  std::memcpy(&words[1], peer.octets.data() + 8, 8);
  words[2] = peer.family | (crossing.any ? kAny : 0) | (crossing.lowest ? kWithTie : 0);
  if (crossing.lowest) std::memcpy(&words[3], crossing.lowest->data(), 8);
  return words;
}

std::size_t Crossings::bucket_of(const protocol::IpAddress& peer) noexcept {
  return (std::hash<protocol::IpAddress>{}(peer) >> 7) % buckets;
}

bool Crossings::set(std::uint32_t shard, const protocol::IpAddress& peer, const protocol::Crossing& crossing) noexcept {
  Table& table = tables_[shard];
  const Words wanted = encode(peer, crossing);
  Slot* free = nullptr;
  for (Slot& slot : table.at[bucket_of(peer)]) {
    Words have{};
    static_cast<void>(slot.read(have)); // nobody else writes here
    if (have[2] == 0) {
      if (free == nullptr) free = &slot;
    } else if (same_peer(have, wanted)) {
      slot.write(crossing.any ? wanted : Words{});
      if (!crossing.any) table.used.fetch_sub(1, std::memory_order_relaxed);
      return true;
    }
  }
  if (!crossing.any) return true; // it was not told either
  if (free == nullptr) return false;
  free->write(wanted);
  table.used.fetch_add(1, std::memory_order_release);
  return true;
}

protocol::Crossing Crossings::others(std::uint32_t shard, const protocol::IpAddress& peer) const noexcept {
  protocol::Crossing all;
  const Words wanted = encode(peer, {});
  for (std::uint32_t other = 0; other < shards_; ++other) {
    const Table& table = tables_[other];
    if (other == shard || table.used.load(std::memory_order_acquire) == 0) continue;
    for (const Slot& slot : table.at[bucket_of(peer)]) {
      Words have{};
      if (!slot.read(have) || (have[2] & kAny) == 0 || !same_peer(have, wanted)) continue;
      all.any = true;
      if ((have[2] & kWithTie) == 0) continue;
      protocol::TieBreaker tie;
      std::memcpy(tie.data(), &have[3], 8);
      if (!all.lowest || tie < *all.lowest) all.lowest = tie;
    }
  }
  return all;
}

} // namespace openl2tp::runtime
