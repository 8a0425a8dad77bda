// What a loop needs of the kernel: submit operations, wait, hand out completions, tell the time. UringRing does it with
// io_uring; tests have a ring with virtual time and datagrams in memory.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "protocol/clock.hpp"
#include "runtime/ring/buffer_pool.hpp"
#include "runtime/ring/operation.hpp"

namespace openl2tp::runtime {

/// A descriptor as the ring names it: registered (cheaper a request) or plain.
struct RingFile {
  int fd = -1;
  int slot = -1; // index in the ring's table of registered files; -1 is plain
};

/// All verbs belong to the thread of the ring. Memory that a verb is given stays valid until the terminal completion
/// (for messages: header, name, control and data). No verb fails: errors arrive as completions. A full submission queue
/// is submitted at once.
class Ring {
 public:
  Ring() = default;
  Ring(const Ring&) = delete;
  Ring& operator=(const Ring&) = delete;
  virtual ~Ring() = default;

  virtual void read(Operation& operation, RingFile file, std::span<std::byte> buffer) = 0;
  virtual void write(Operation& operation, RingFile file, std::span<const std::byte> buffer) = 0;
  /// @param events  POLLIN and friends. `multishot` completes at every edge until it is cancelled.
  virtual void poll(Operation& operation, RingFile file, std::uint32_t events, bool multishot) = 0;
  /// Receives datagrams until cancelled or an error; each completion has a buffer of `pool`, laid out as
  /// io_uring_recvmsg_out, name, control, payload, with the lengths that `layout` reserves. Ends with -ENOBUFS when the
  /// pool is empty.
  virtual void receive_datagrams(Operation& operation, RingFile file, msghdr& layout, BufferPool& pool) = 0;
  /// One datagram, one iovec. Never waits for buffer space: -EAGAIN is a loss.
  virtual void send_datagram(Operation& operation, RingFile file, msghdr& message) = 0;
  /// Makes more of a datagram than send_datagram() was given: `message` has as many vectors as one sendmsg takes.
  /// @return false when it is no longer ours to change: it may have been submitted, or another was sent since.
  [[nodiscard]] virtual bool extend_datagram(Operation& operation, RingFile file, msghdr& message) {
    static_cast<void>(operation), static_cast<void>(file), static_cast<void>(message);
    return false;
  }
  /// Asks the kernel to end `operation`, which completes with -ECANCELED or with what it had won already.
  virtual void cancel(Operation& operation) = 0;

  /// The file is plain when the table is full. Unregister it before the descriptor is closed.
  [[nodiscard]] virtual RingFile register_file(int fd) = 0;
  virtual void unregister_file(RingFile file) = 0;
  /// The pool must outlive its registration. @return 0 or a negative errno value.
  [[nodiscard]] virtual int register_pool(BufferPool& pool) = 0;
  virtual void unregister_pool(BufferPool& pool) = 0;

  /// Submits, and calls complete() of whatever has completed (a bounded number). With `block` it waits for the first
  /// completion until `deadline` (for ever without one). @return how many completions were handed out.
  virtual std::size_t wait(std::optional<protocol::TimePoint> deadline, bool block) = 0;
  /// Reads the clock (CLOCK_MONOTONIC, rounded down to milliseconds).
  [[nodiscard]] virtual protocol::TimePoint now() = 0;

  /// Operations without their terminal completion.
  [[nodiscard]] std::size_t in_flight() const noexcept { return in_flight_; }

 protected:
  void started() noexcept { ++in_flight_; }
  void dispatch(Operation& operation, const Completion& completion) noexcept {
    if (!completion.more) --in_flight_;
    operation.complete(completion);
  }

 private:
  std::size_t in_flight_ = 0;
};

} // namespace openl2tp::runtime
