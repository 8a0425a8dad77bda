#include "plugins/ppp_kernel/packet_io.hpp"

#include <algorithm>

#include <liburing.h>
#include <unistd.h>

namespace openl2tp::ppp_kernel {

namespace {

constexpr std::size_t alone = 2; // so few are cheaper without the ring

} // namespace

struct PacketIo::Ring {
  io_uring ring{};
  bool open = io_uring_queue_init(batch_max, &ring, 0) == 0;
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  ~Ring() {
    if (open) io_uring_queue_exit(&ring);
  }

  /// A request that answers at once: RWF_NOWAIT.
  void put(int fd, const iovec* parts, std::size_t count, bool write, std::size_t index) noexcept {
    io_uring_sqe* entry = io_uring_get_sqe(&ring); // as many as there can be in a batch
    io_uring_prep_rw(write ? IORING_OP_WRITEV : IORING_OP_READV, entry, fd, parts, static_cast<unsigned>(count), 0);
    entry->rw_flags = RWF_NOWAIT;
    io_uring_sqe_set_data64(entry, index);
  }
  /// @return false when the kernel did not take all of them: then none is on its way any more
  template <class Each>
  void finish(std::size_t count, Each&& each) noexcept {
    int submitted = 0;
    do
      submitted = io_uring_submit_and_wait(&ring, static_cast<unsigned>(count));
    while (submitted == -EINTR);
    io_uring_cqe* entry = nullptr;
    for (std::size_t done = 0; done < count; ++done) {
      if (io_uring_wait_cqe(&ring, &entry) < 0) return;
      each(static_cast<std::size_t>(io_uring_cqe_get_data64(entry)), entry->res);
      io_uring_cqe_seen(&ring, entry);
    }
  }
};

PacketIo::PacketIo() : ring_(std::make_unique<Ring>()) {
  if (!ring_->open) ring_.reset();
}

PacketIo::~PacketIo() = default;

std::size_t PacketIo::read(int fd, std::span<iovec> slots) noexcept {
  slots = slots.first(std::min(slots.size(), batch_max));
  std::size_t got = 0;
  if (ring_ == nullptr || slots.size() <= alone) {
    for (; got < slots.size(); ++got) {
      const ssize_t size = ::read(fd, slots[got].iov_base, slots[got].iov_len);
      if (size <= 0) break;
      slots[got].iov_len = static_cast<std::size_t>(size);
    }
    return got;
  }
  for (std::size_t i = 0; i < slots.size(); ++i)
    ring_->put(fd, &slots[i], 1, false, i);
  // They are answered in order: the first that finds nothing is followed by others that do, or by a packet that has
  // just come. That one moves up.
  ring_->finish(slots.size(), [&](std::size_t index, int size) {
    if (size <= 0) return;
    std::swap(slots[got], slots[index]);
    slots[got++].iov_len = static_cast<std::size_t>(size);
  });
  return got;
}

std::size_t PacketIo::write(int fd, std::span<const std::span<const iovec>> packets) noexcept {
  std::size_t taken = 0;
  while (!packets.empty()) {
    const auto batch = packets.first(std::min(packets.size(), batch_max));
    packets = packets.subspan(batch.size());
    if (ring_ == nullptr || batch.size() <= alone) {
      for (const auto parts : batch)
        if (::writev(fd, parts.data(), static_cast<int>(parts.size())) > 0) ++taken;
      continue;
    }
    for (const auto parts : batch)
      ring_->put(fd, parts.data(), parts.size(), true, 0);
    ring_->finish(batch.size(), [&](std::size_t, int size) {
      if (size > 0) ++taken;
    });
  }
  return taken;
}

} // namespace openl2tp::ppp_kernel
