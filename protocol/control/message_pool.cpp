// Slabs of 64 KiB, each carved into nodes of one size class, as far as they are needed.
#include "protocol/control/message_pool.hpp"

#include <bit>
#include <new>

#include "protocol/assert.hpp"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OPENL2TP_POOL_POISON 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define OPENL2TP_POOL_POISON 1
#endif
#ifdef OPENL2TP_POOL_POISON
#include <sanitizer/asan_interface.h>
#endif

namespace openl2tp::protocol {
namespace {

constexpr std::align_val_t slab_alignment{64};
constexpr std::size_t slab_header_octets = 64;

// Under AddressSanitizer the octets of released nodes are off limits, as they would be with a heap of its own.
[[maybe_unused]] void poison([[maybe_unused]] MessageNode* node, [[maybe_unused]] std::size_t octets) noexcept {
#ifdef OPENL2TP_POOL_POISON
  ASAN_POISON_MEMORY_REGION(node + 1, octets - sizeof(MessageNode));
#endif
}
[[maybe_unused]] void unpoison([[maybe_unused]] void* memory, [[maybe_unused]] std::size_t octets) noexcept {
#ifdef OPENL2TP_POOL_POISON
  ASAN_UNPOISON_MEMORY_REGION(memory, octets);
#endif
}

} // namespace

struct MessagePool::Slab {
  Slab* next = nullptr;
  Slab* previous = nullptr;
  MessageNode* free = nullptr;  // released nodes
  std::uint16_t used = 0;       // nodes in use
  std::uint16_t carved = 0;     // nodes made so far; memory beyond them has never been touched
  std::uint16_t capacity = 0;   // nodes that fit
  std::uint16_t size_class = 0; // index into node_octets

  [[nodiscard]] bool full() const noexcept { return used == capacity; }
};

MessagePool::MessagePool(const Limits& limits) noexcept : limits_(limits) {
  static_assert(sizeof(Slab) <= slab_header_octets);
  static_assert(node_octets.back() == slab_octets - slab_header_octets);
}

MessagePool::~MessagePool() {
  OPENL2TP_ASSERT(usage_.messages == 0);
  while (idle_ != nullptr) {
    Slab* slab = idle_;
    idle_ = slab->next;
    ::operator delete(slab, slab_alignment);
  }
}

std::size_t MessagePool::class_for(std::size_t length) noexcept {
  const std::size_t octets = length + sizeof(MessageNode);
  if (octets <= 4096) return static_cast<std::size_t>(std::bit_width((octets - 1) / 64));
  if (octets <= node_octets[7]) return 7;
  return octets <= node_octets[8] ? 8 : 9;
}

MessageNode* MessagePool::allocate(std::size_t length) noexcept {
  if (length > message_octets_max) return nullptr;
  const std::size_t size_class = class_for(length);
  Slab* slab = partial_[size_class];
  if (slab == nullptr) {
    slab = take_slab(size_class);
    if (slab == nullptr) return nullptr;
    link_partial(slab);
  }

  const std::uint32_t octets = node_octets[size_class];
  MessageNode* node = slab->free;
  std::uint16_t offset = 0;
  if (node != nullptr) {
    slab->free = node->next;
    offset = node->slab_offset_;
  } else {
    const std::size_t position = slab_header_octets + std::size_t{slab->carved} * octets;
    node = reinterpret_cast<MessageNode*>(reinterpret_cast<std::byte*>(slab) + position);
    offset = static_cast<std::uint16_t>(position / 64);
    ++slab->carved;
  }
  unpoison(node, octets);
  node = ::new (node) MessageNode;
  node->length = static_cast<std::uint16_t>(length);
  node->slab_offset_ = offset;

  ++slab->used;
  if (slab->full()) unlink_partial(slab);
  ++usage_.messages;
  usage_.message_octets += octets;
  return node;
}

MessageNode* MessagePool::allocate_spare(std::size_t length) noexcept {
  if (length > spare_message_octets_max) return nullptr;
  const std::size_t taken = usage_.reserved_octets - usage_.idle_octets;
  if (taken + slab_octets > limits_.octets_max / 2 && partial_[class_for(length)] == nullptr) return nullptr;
  if (usage_.message_octets >= limits_.octets_max / 2) return nullptr;
  return allocate(length);
}

void MessagePool::release(MessageNode* node) noexcept {
  Slab* slab = reinterpret_cast<Slab*>(reinterpret_cast<std::byte*>(node) - std::size_t{node->slab_offset_} * 64);
  const std::uint32_t octets = node_octets[slab->size_class];
  OPENL2TP_ASSERT(slab->used > 0);
  const bool was_full = slab->full();
  node->next = slab->free;
  slab->free = node;
  poison(node, octets);
  --slab->used;
  --usage_.messages;
  usage_.message_octets -= octets;
  if (was_full) link_partial(slab);
  if (slab->used == 0) {
    unlink_partial(slab);
    retire_slab(slab);
  }
}

MessagePool::Slab* MessagePool::take_slab(std::size_t size_class) noexcept {
  void* memory = idle_;
  if (memory != nullptr) {
    idle_ = idle_->next;
    usage_.idle_octets -= slab_octets;
    unpoison(memory, slab_octets);
  } else {
    if (usage_.reserved_octets + slab_octets > limits_.octets_max) return nullptr;
    memory = ::operator new(slab_octets, slab_alignment, std::nothrow);
    if (memory == nullptr) return nullptr;
    usage_.reserved_octets += slab_octets;
  }
  Slab* slab = ::new (memory) Slab;
  slab->capacity = static_cast<std::uint16_t>((slab_octets - slab_header_octets) / node_octets[size_class]);
  slab->size_class = static_cast<std::uint16_t>(size_class);
  return slab;
}

void MessagePool::retire_slab(Slab* slab) noexcept {
  if (usage_.idle_octets + slab_octets > limits_.idle_octets_max) {
    unpoison(slab, slab_octets);
    ::operator delete(slab, slab_alignment);
    usage_.reserved_octets -= slab_octets;
    return;
  }
  slab->next = idle_;
  idle_ = slab;
  usage_.idle_octets += slab_octets;
}

void MessagePool::link_partial(Slab* slab) noexcept {
  Slab*& head = partial_[slab->size_class];
  slab->previous = nullptr;
  slab->next = head;
  if (head != nullptr) head->previous = slab;
  head = slab;
}

void MessagePool::unlink_partial(Slab* slab) noexcept {
  if (slab->previous != nullptr)
    slab->previous->next = slab->next;
  else
    partial_[slab->size_class] = slab->next;
  if (slab->next != nullptr) slab->next->previous = slab->previous;
  slab->next = slab->previous = nullptr;
}

} // namespace openl2tp::protocol
