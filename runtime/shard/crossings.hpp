// Which SCCRQs of ours wait for an answer, as the shards tell each other: a peer's SCCRQ that crosses one may arrive on
// any of them (RFC 2661 §4.4.3 Tie Breaker). Written and read without locks.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>

#include "protocol/policy.hpp"

namespace openl2tp::runtime {

class Crossings {
 public:
  /// Peers that one shard can tell of at a time; one more is known on its own shard alone.
  static constexpr std::size_t buckets = 64, slots = 8;

  explicit Crossings(std::uint32_t shards);

  /// What `shard` has under way to `peer`. Only from the shard's own thread.
  /// @return false when there is no room to tell it.
  bool set(std::uint32_t shard, const protocol::IpAddress& peer, const protocol::Crossing& crossing) noexcept;
  /// What the other shards than `shard` have under way to `peer`. Any thread; what another shard is writing in this
  /// very moment may be missing.
  [[nodiscard]] protocol::Crossing others(std::uint32_t shard, const protocol::IpAddress& peer) const noexcept;

 private:
  /// Address in two words, then family and kind, then the tie breaker.
  using Words = std::array<std::uint64_t, 4>;
  struct Slot {
    std::atomic<std::uint32_t> version{0}; // odd while it is written
    std::array<std::atomic<std::uint64_t>, 4> words{};
    void write(const Words& value) noexcept;
    /// False when it is being written.
    [[nodiscard]] bool read(Words& value) const noexcept;
  };
  struct Table {
    std::atomic<std::uint32_t> used{0};
    std::array<std::array<Slot, slots>, buckets> at;
  };
  [[nodiscard]] static Words encode(const protocol::IpAddress& peer, const protocol::Crossing& crossing) noexcept;
  [[nodiscard]] static std::size_t bucket_of(const protocol::IpAddress& peer) noexcept;

  std::uint32_t shards_;
  std::unique_ptr<Table[]> tables_;
};

} // namespace openl2tp::runtime
