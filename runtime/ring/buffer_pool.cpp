// The ring of descriptors shared with the kernel: entry = address, length, id; the tail lies over the first entry's
// last field.
#include "runtime/ring/buffer_pool.hpp"

#include <liburing.h>
#include <sys/mman.h>

#include <atomic>
#include <bit>
#include <new>

#include "protocol/assert.hpp"
#include "runtime/ring/poison.hpp"

namespace openl2tp::runtime {

namespace {
std::size_t ring_octets(std::uint32_t count) { return std::size_t{count} * sizeof(io_uring_buf); }

void* map(std::size_t octets) {
  void* const memory =
      ::mmap(nullptr, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  OPENL2TP_ASSERT(memory != MAP_FAILED);
  return memory;
}
} // namespace

BufferPool::BufferPool(std::uint16_t group, std::uint32_t count, std::uint32_t size)
    : group_(group), count_(count), size_(size) {
  OPENL2TP_ASSERT(std::has_single_bit(count) && count <= 32768 && size % 64 == 0 && size > 0);
  ring_ = static_cast<io_uring_buf_ring*>(map(ring_octets(count)));
  buffers_ = static_cast<std::byte*>(map(std::size_t{count} * size));
  // A huge page would make real what no datagram has filled.
  (void)::madvise(buffers_, std::size_t{count} * size, MADV_NOHUGEPAGE);
  for (std::uint32_t id = 0; id < count; ++id)
    give_back(static_cast<std::uint16_t>(id));
}

BufferPool::~BufferPool() {
  unpoison(buffers_, std::size_t{count_} * size_);
  ::munmap(buffers_, std::size_t{count_} * size_);
  ::munmap(ring_, ring_octets(count_));
}

std::span<std::byte> BufferPool::buffer(std::uint16_t id) const noexcept {
  OPENL2TP_ASSERT(id < count_);
  std::byte* const start = buffers_ + std::size_t{id} * size_;
  unpoison(start, size_);
  return {start, size_};
}

void BufferPool::give_back(std::uint16_t id, std::size_t used) noexcept {
  OPENL2TP_ASSERT(id < count_);
  std::byte* const start = buffers_ + std::size_t{id} * size_;
  if (used > resident_octets) {
    // Whole pages behind what stays; those that the next buffer shares are not ours to drop.
    constexpr std::uintptr_t page = 4096;
    const auto begin = (reinterpret_cast<std::uintptr_t>(start) + resident_octets + page - 1) / page * page;
    const auto end = (reinterpret_cast<std::uintptr_t>(start) + size_) / page * page;
    if (begin < end) (void)::madvise(reinterpret_cast<void*>(begin), end - begin, MADV_DONTNEED);
  }
  poison(start, size_);
  io_uring_buf* const entry = reinterpret_cast<io_uring_buf*>(ring_) + (tail_ & (count_ - 1));
  entry->addr = reinterpret_cast<std::uint64_t>(start);
  entry->len = size_;
  entry->bid = id;
  ++tail_;
  std::atomic_ref<std::uint16_t>(ring_->tail).store(tail_, std::memory_order_release);
}

} // namespace openl2tp::runtime
