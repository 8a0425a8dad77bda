// Memory for control messages that wait: sent and not yet acknowledged, queued behind a window, or arrived early.
// One pool serves all tunnels of an engine (one thread), so an idle tunnel costs nothing. Every operation is O(1);
// memory is taken and given back in slabs, and a slab whose messages are all gone serves any size class again. No
// queueing rules in here: the nodes link themselves into whatever list their owner keeps.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

namespace openl2tp::protocol {

/// One stored message; its octets follow in memory. Owned by whoever took it from the pool.
struct MessageNode {
  MessageNode* next = nullptr;  // for the owner's list
  std::uint16_t length = 0;     // octets stored
  std::uint16_t ns = 0;         // for the owner
  std::uint16_t session_id = 0; // for the owner

  [[nodiscard]] std::span<std::byte> octets() noexcept { return {reinterpret_cast<std::byte*>(this + 1), length}; }

 private:
  friend class MessagePool;
  std::uint16_t slab_offset_ = 0; // where in its slab, in units of 64 octets
};
static_assert(sizeof(MessageNode) == 16);

class MessagePool {
 public:
  static constexpr std::size_t slab_octets = std::size_t{64} << 10;
  /// The longest message that can be stored.
  static constexpr std::size_t message_octets_max = slab_octets - 64 - sizeof(MessageNode);
  /// The longest message that allocate_spare() stores.
  static constexpr std::size_t spare_message_octets_max = 4096 - sizeof(MessageNode);

  struct Limits {
    std::size_t octets_max = std::size_t{256} << 20;     // memory taken from the system at most, rounded down to slabs
    std::size_t idle_octets_max = std::size_t{16} << 20; // empty slabs kept for later; beyond that they go back at once
  };
  struct Usage {
    std::size_t messages = 0;        // nodes in use
    std::size_t message_octets = 0;  // memory of these nodes, rounded up to their size class
    std::size_t reserved_octets = 0; // memory taken from the system
    std::size_t idle_octets = 0;     // of that, empty slabs
    [[nodiscard]] std::size_t free_octets() const noexcept { return reserved_octets - message_octets; }
  };

  MessagePool() noexcept : MessagePool(Limits{}) {}
  explicit MessagePool(const Limits& limits) noexcept;
  MessagePool(const MessagePool&) = delete;
  MessagePool& operator=(const MessagePool&) = delete;
  /// @pre every node has been released.
  ~MessagePool();

  /// A node with room for `length` octets (not initialised), `length` set and the rest zero.
  /// @return nullptr when the pool is at its limit, the system has no memory, or `length` exceeds message_octets_max:
  /// the caller refuses what it was asked to do.
  [[nodiscard]] MessageNode* allocate(std::size_t length) noexcept;
  /// The same for messages that a peer makes us keep and would send again (early arrivals): they get short nodes only,
  /// and none once half of octets_max is in use, so that they never starve what we have to send.
  [[nodiscard]] MessageNode* allocate_spare(std::size_t length) noexcept;
  /// Takes the node back. `node` is not null and comes from this pool.
  void release(MessageNode* node) noexcept;

  [[nodiscard]] const Usage& usage() const noexcept { return usage_; }

 private:
  static constexpr std::array<std::uint32_t, 10> node_octets = {64,   128,  256,  512,   1024,
                                                                2048, 4096, 9344, 32704, 65472};
  struct Slab;

  [[nodiscard]] static std::size_t class_for(std::size_t length) noexcept;
  [[nodiscard]] Slab* take_slab(std::size_t size_class) noexcept;
  void retire_slab(Slab* slab) noexcept;
  void link_partial(Slab* slab) noexcept;
  void unlink_partial(Slab* slab) noexcept;

  Limits limits_;
  Usage usage_;
  std::array<Slab*, node_octets.size()> partial_{}; // slabs with room, by size class
  Slab* idle_ = nullptr;                            // empty slabs, of no class
};

} // namespace openl2tp::protocol
