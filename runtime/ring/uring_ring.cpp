// io_uring by liburing 2.3. Completions run only inside enter with GETEVENTS (DEFER_TASKRUN), so every turn enters, and
// a wait never has a zero timeout: that would program a timer and sleep.
#include "runtime/ring/uring_ring.hpp"

#include <poll.h>
#include <time.h>

#include <array>
#include <cerrno>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

namespace {
constexpr int kSendFlags = MSG_DONTWAIT | MSG_NOSIGNAL;
constexpr unsigned kReapBatch = 128;
constexpr unsigned kReapPerWait = 4096; // the rest waits for the next turn, so that timers and messages get theirs

std::int64_t monotonic_ns() noexcept {
  timespec time{};
  ::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}
} // namespace

tl::expected<std::unique_ptr<UringRing>, RingRefusal> UringRing::create(const UringOptions& options) {
  std::unique_ptr<UringRing> ring(new UringRing(options));
  // Memory of rings that were closed just now is given back asynchronously.
  constexpr int kAttempts = 8;
  for (int attempt = 0;; ++attempt) {
    const int error = ring->open();
    if (error == 0) return ring;
    const bool passing = error == ENOMEM || error == EBUSY || error == EAGAIN;
    if (!passing || attempt + 1 == kAttempts) return tl::unexpected(make_refusal(error));
    const timespec pause{.tv_sec = 0, .tv_nsec = 4'000'000L << attempt};
    ::nanosleep(&pause, nullptr);
  }
}

int UringRing::open() {
  io_uring_params params{};
  params.flags =
      IORING_SETUP_CQSIZE | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN | IORING_SETUP_SUBMIT_ALL;
  params.cq_entries = options_.completion_entries;
  if (const int result = io_uring_queue_init_params(options_.submission_entries, &ring_, &params); result < 0)
    return -result;
  opened_ = true;
  free_slots_.clear();
  // Both only make requests cheaper; without them everything works.
  (void)io_uring_register_ring_fd(&ring_);
  if (options_.registered_files > 0 && io_uring_register_files_sparse(&ring_, options_.registered_files) == 0) {
    for (unsigned slot = options_.registered_files; slot > 0; --slot)
      free_slots_.push_back(static_cast<int>(slot) - 1);
  }
  return 0;
}

UringRing::~UringRing() {
  OPENL2TP_ASSERT(in_flight() == 0);
  if (opened_) io_uring_queue_exit(&ring_);
}

io_uring_sqe* UringRing::next_entry() {
  io_uring_sqe* entry = io_uring_get_sqe(&ring_);
  for (int attempt = 0; entry == nullptr; ++attempt) {
    OPENL2TP_ASSERT(attempt < 1000);
    newest_send_ = nullptr;
    if (io_uring_submit(&ring_) < 0) (void)io_uring_get_events(&ring_);
    entry = io_uring_get_sqe(&ring_);
  }
  return entry;
}

void UringRing::address(io_uring_sqe* entry, Operation& operation, RingFile file) {
  if (file.slot >= 0) {
    entry->fd = file.slot;
    entry->flags |= IOSQE_FIXED_FILE;
  }
  io_uring_sqe_set_data(entry, &operation);
}

io_uring_sqe* UringRing::prepare(io_uring_sqe* entry, Operation& operation, RingFile file) {
  address(entry, operation, file);
  started();
  return entry;
}

void UringRing::read(Operation& operation, RingFile file, std::span<std::byte> buffer) {
  io_uring_sqe* const entry = next_entry();
  io_uring_prep_read(entry, file.fd, buffer.data(), static_cast<unsigned>(buffer.size()), ~std::uint64_t{0});
  prepare(entry, operation, file);
}

void UringRing::write(Operation& operation, RingFile file, std::span<const std::byte> buffer) {
  io_uring_sqe* const entry = next_entry();
  io_uring_prep_write(entry, file.fd, buffer.data(), static_cast<unsigned>(buffer.size()), ~std::uint64_t{0});
  prepare(entry, operation, file);
}

void UringRing::poll(Operation& operation, RingFile file, std::uint32_t events, bool multishot) {
  io_uring_sqe* const entry = next_entry();
  if (multishot) {
    io_uring_prep_poll_multishot(entry, file.fd, events);
  } else {
    io_uring_prep_poll_add(entry, file.fd, events);
  }
  prepare(entry, operation, file);
}

void UringRing::receive_datagrams(Operation& operation, RingFile file, msghdr& layout, BufferPool& pool) {
  io_uring_sqe* const entry = next_entry();
  io_uring_prep_recvmsg_multishot(entry, file.fd, &layout, 0);
  entry->flags |= IOSQE_BUFFER_SELECT;
  entry->buf_group = pool.group();
  prepare(entry, operation, file);
}

void UringRing::send_datagram(Operation& operation, RingFile file, msghdr& message) {
  io_uring_sqe* const entry = next_entry();
  if (message.msg_controllen == 0 && (message.msg_namelen == 0 || options_.features.send_with_address)) {
    io_uring_prep_send(entry, file.fd, message.msg_iov->iov_base, message.msg_iov->iov_len, kSendFlags);
    if (message.msg_namelen != 0) {
      io_uring_prep_send_set_addr(entry, static_cast<sockaddr*>(message.msg_name),
                                  static_cast<__u16>(message.msg_namelen));
    }
  } else {
    io_uring_prep_sendmsg(entry, file.fd, &message, kSendFlags);
  }
  prepare(entry, operation, file);
  newest_send_ = entry;
  newest_sender_ = &operation;
}

bool UringRing::extend_datagram(Operation& operation, RingFile file, msghdr& message) {
  if (newest_send_ == nullptr || newest_sender_ != &operation) return false;
  io_uring_prep_sendmsg(newest_send_, file.fd, &message, kSendFlags);
  address(newest_send_, operation, file);
  return true;
}

void UringRing::cancel(Operation& operation) {
  io_uring_sqe* const entry = next_entry();
  io_uring_prep_cancel(entry, &operation, 0);
  entry->flags |= IOSQE_CQE_SKIP_SUCCESS;
  io_uring_sqe_set_data(entry, nullptr); // its own completion tells nothing that the operation's does not
}

RingFile UringRing::register_file(int fd) {
  if (free_slots_.empty()) return {.fd = fd, .slot = -1};
  const int slot = free_slots_.back();
  if (io_uring_register_files_update(&ring_, static_cast<unsigned>(slot), &fd, 1) != 1) return {.fd = fd, .slot = -1};
  free_slots_.pop_back();
  return {.fd = fd, .slot = slot};
}

void UringRing::unregister_file(RingFile file) {
  if (file.slot < 0) return;
  const int none = -1;
  (void)io_uring_register_files_update(&ring_, static_cast<unsigned>(file.slot), &none, 1);
  free_slots_.push_back(file.slot);
}

int UringRing::register_pool(BufferPool& pool) {
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(pool.kernel_ring());
  registration.ring_entries = pool.count();
  registration.bgid = pool.group();
  return io_uring_register_buf_ring(&ring_, &registration, 0);
}

void UringRing::unregister_pool(BufferPool& pool) { (void)io_uring_unregister_buf_ring(&ring_, pool.group()); }

std::size_t UringRing::wait(std::optional<protocol::TimePoint> deadline, bool block) {
  newest_send_ = nullptr;
  io_uring_cqe* first = nullptr;
  if (block && io_uring_cq_ready(&ring_) == 0) {
    if (!deadline) {
      (void)io_uring_submit_and_wait(&ring_, 1);
    } else {
      const std::int64_t wanted = deadline->time_since_epoch().count();
      const std::int64_t left = wanted * 1'000'000 - monotonic_ns();
      if (left > 0) {
        __kernel_timespec timeout{.tv_sec = left / 1'000'000'000, .tv_nsec = left % 1'000'000'000};
        (void)io_uring_submit_and_wait_timeout(&ring_, &first, 1, &timeout, nullptr);
      } else {
        (void)io_uring_submit_and_get_events(&ring_);
      }
    }
  } else {
    (void)io_uring_submit_and_get_events(&ring_);
  }
  unsigned budget = kReapPerWait;
  while (budget > 0) {
    const unsigned count = reap(budget);
    if (count == 0) break;
    budget -= count;
  }
  return kReapPerWait - budget;
}

unsigned UringRing::reap(unsigned budget) {
  // Copied out first: completions may submit, and entries must be free for that.
  std::array<io_uring_cqe*, kReapBatch> entries;
  const unsigned wanted = budget < kReapBatch ? budget : kReapBatch;
  const unsigned count = io_uring_peek_batch_cqe(&ring_, entries.data(), wanted);
  struct Copy {
    Operation* operation;
    Completion completion;
  };
  std::array<Copy, kReapBatch> copies;
  for (unsigned i = 0; i < count; ++i) {
    const io_uring_cqe& entry = *entries[i];
    copies[i] = {.operation = static_cast<Operation*>(io_uring_cqe_get_data(&entry)),
                 .completion = {.result = entry.res,
                                .more = (entry.flags & IORING_CQE_F_MORE) != 0,
                                .has_buffer = (entry.flags & IORING_CQE_F_BUFFER) != 0,
                                .buffer_id = static_cast<std::uint16_t>(entry.flags >> IORING_CQE_BUFFER_SHIFT)}};
  }
  io_uring_cq_advance(&ring_, count);
  for (unsigned i = 0; i < count; ++i) {
    if (copies[i].operation != nullptr) dispatch(*copies[i].operation, copies[i].completion);
  }
  return count;
}

protocol::TimePoint UringRing::now() { return protocol::TimePoint{protocol::Duration{monotonic_ns() / 1'000'000}}; }

} // namespace openl2tp::runtime
