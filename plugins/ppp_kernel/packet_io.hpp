// Many packets of a descriptor with one system call: requests of a private io_uring that are all over when the call
// returns, so that nothing of it outlives a call. Where the kernel refuses a ring, a system call a packet.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include <sys/uio.h>

namespace openl2tp::ppp_kernel {

/// One thread's.
class PacketIo {
 public:
  static constexpr std::size_t batch_max = 64;

  PacketIo();
  ~PacketIo();
  PacketIo(const PacketIo&) = delete;
  PacketIo& operator=(const PacketIo&) = delete;

  /// Reads one packet into each slot, at most batch_max of them; the descriptor is nonblocking. A slot's length becomes
  /// its packet's. @return how many came; fewer than slots: there is nothing more for now, or the descriptor is dead
  [[nodiscard]] std::size_t read(int fd, std::span<iovec> slots) noexcept;
  /// Writes packets, in their order. @return how many were taken; the others are lost
  std::size_t write(int fd, std::span<const std::span<const iovec>> packets) noexcept;

 private:
  struct Ring;
  std::unique_ptr<Ring> ring_; // none: refused
};

} // namespace openl2tp::ppp_kernel
