// Receive buffers that a ring picks from by itself (a provided buffer ring). One pool serves every socket of a loop.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

struct io_uring_buf_ring;

namespace openl2tp::runtime {

/// Memory only: a ring registers it (UringRing) or plays the kernel's side (in tests). When the pool is empty the
/// kernel ends the receive with ENOBUFS and the datagrams wait in the socket.
class BufferPool {
 public:
  /// What a buffer keeps in memory once it was used; the rest goes back to the system with give_back().
  static constexpr std::uint32_t resident_octets = 16'384;

  /// @param count  a power of two, at most 32768.   @param size  octets a buffer, a multiple of 64.
  /// Memory is mapped at once, and only the pages that datagrams fill become real: large buffers cost address space.
  /// Aborts when there is none: this happens at start-up only.
  BufferPool(std::uint16_t group, std::uint32_t count, std::uint32_t size);
  BufferPool(const BufferPool&) = delete;
  BufferPool& operator=(const BufferPool&) = delete;
  ~BufferPool();

  [[nodiscard]] std::uint16_t group() const noexcept { return group_; }
  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  [[nodiscard]] std::uint32_t size() const noexcept { return size_; }
  [[nodiscard]] io_uring_buf_ring* kernel_ring() const noexcept { return ring_; }

  /// Buffer `id`, which a completion handed out; the owner must give it back.
  [[nodiscard]] std::span<std::byte> buffer(std::uint16_t id) const noexcept;
  /// Hands `id` to the kernel once more; it may be filled at once. @param used  octets that were filled.
  void give_back(std::uint16_t id, std::size_t used = 0) noexcept;

 private:
  std::uint16_t group_;
  std::uint32_t count_;
  std::uint32_t size_;
  std::uint16_t tail_ = 0;
  io_uring_buf_ring* ring_;
  std::byte* buffers_;
};

} // namespace openl2tp::runtime
