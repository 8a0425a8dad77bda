// The ring that is io_uring. Needs kernel 6.1 (DEFER_TASKRUN); make it in the thread that will use it.
#pragma once

#include <liburing.h>

#include <memory>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/ring/features.hpp"
#include "runtime/ring/ring.hpp"

namespace openl2tp::runtime {

struct UringOptions {
  unsigned submission_entries = 1024;
  unsigned completion_entries =
      8192;                         // at least twice the receive buffers plus the send slots; more would spill, slowly
  unsigned registered_files = 1024; // further files are used plain
  Features features = {};
};

class UringRing final : public Ring {
 public:
  /// Retries for about a second where the kernel is short of accounted memory (that of a process that just ended).
  [[nodiscard]] static tl::expected<std::unique_ptr<UringRing>, RingRefusal> create(const UringOptions& options);
  ~UringRing() override;

  void read(Operation& operation, RingFile file, std::span<std::byte> buffer) override;
  void write(Operation& operation, RingFile file, std::span<const std::byte> buffer) override;
  void poll(Operation& operation, RingFile file, std::uint32_t events, bool multishot) override;
  void receive_datagrams(Operation& operation, RingFile file, msghdr& layout, BufferPool& pool) override;
  void send_datagram(Operation& operation, RingFile file, msghdr& message) override;
  [[nodiscard]] bool extend_datagram(Operation& operation, RingFile file, msghdr& message) override;
  void cancel(Operation& operation) override;
  [[nodiscard]] RingFile register_file(int fd) override;
  void unregister_file(RingFile file) override;
  [[nodiscard]] int register_pool(BufferPool& pool) override;
  void unregister_pool(BufferPool& pool) override;
  std::size_t wait(std::optional<protocol::TimePoint> deadline, bool block) override;
  [[nodiscard]] protocol::TimePoint now() override;

 private:
  explicit UringRing(const UringOptions& options) : options_(options) {}
  [[nodiscard]] int open();
  [[nodiscard]] io_uring_sqe* next_entry();
  io_uring_sqe* prepare(io_uring_sqe* entry, Operation& operation, RingFile file);
  static void address(io_uring_sqe* entry, Operation& operation, RingFile file);
  unsigned reap(unsigned budget);

  UringOptions options_;
  io_uring ring_{};
  bool opened_ = false;
  io_uring_sqe* newest_send_ = nullptr; // not submitted yet; null after every submission
  Operation* newest_sender_ = nullptr;
  std::vector<int> free_slots_;
};

} // namespace openl2tp::runtime
