// A ring without a kernel: virtual time and datagrams in memory. Several loops may share one network in one thread, for
// whole-daemon simulations; other descriptors (an eventfd, a pipe) are real and polled, so mailboxes work across
// threads too.
#pragma once

#include <sys/socket.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "protocol/clock.hpp"
#include "protocol/endpoint.hpp"
#include "runtime/ring/ring.hpp"
#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

/// The clock and the wires of a simulation. One thread.
class FakeNetwork {
 public:
  /// How long a datagram travels (1 ms where none is set); nullopt loses it.
  using Transit =
      std::function<std::optional<protocol::Duration>(const protocol::Path& path, std::span<const std::byte> octets)>;

  explicit FakeNetwork(protocol::TimePoint start = protocol::TimePoint{protocol::Duration{1000}}) : now_(start) {}

  [[nodiscard]] protocol::TimePoint now() const noexcept { return now_; }
  /// Never backwards.
  void advance_to(protocol::TimePoint time) noexcept;
  [[nodiscard]] std::optional<protocol::TimePoint> next_arrival() const noexcept;
  void set_transit(Transit transit) { transit_ = std::move(transit); }

  /// A socket bound to `local`, to be used as UdpEndpoint uses a real one. Several on one endpoint are steered by
  /// tunnel id as the kernel's program does (0 goes by source). At most `queue_limit` datagrams wait; more are lost.
  [[nodiscard]] UniqueFd open_udp(const protocol::Endpoint& local, std::size_t queue_limit = 4096);

  /// Takes a datagram on arrival. The path is the receiver's. Returns false to leave it to the socket's queue.
  using Taker = std::function<bool(const protocol::Path& path, std::span<const std::byte> octets)>;
  /// A socket connected to `path.peer`: what comes from there goes to it before all others of that endpoint. `take`,
  /// unless empty, sees each datagram first, as a tunnel of the kernel does.
  [[nodiscard]] UniqueFd open_connected_udp(const protocol::Path& path, Taker take);
  /// Everything for `local` goes to `take`, which is a host without a ring.
  void attach(const protocol::Endpoint& local, Taker take);
  void detach(const protocol::Endpoint& local) noexcept;
  /// Sends a datagram from `path.local` to `path.peer`.
  void send(const protocol::Path& path, std::span<const std::byte> octets);
  void close_udp(int fd) noexcept;
  /// Closes every socket of `address`, as the end of its process does.
  void close_all(const protocol::IpAddress& address) noexcept;

 private:
  friend class FakeRing;
  struct Arrived {
    protocol::Path path;
    std::vector<std::byte> octets;
  };
  struct Socket {
    int fd; // -1: an attached taker
    std::uint64_t file;
    protocol::Endpoint local;
    std::size_t queue_limit;
    std::deque<Arrived> queue;
    std::optional<protocol::Endpoint> peer; // of one that is connected
    Taker take;
  };

  [[nodiscard]] Socket* find(int fd) noexcept;
  void drop_closed() noexcept;
  void deliver(Arrived datagram);
  static void hand(Socket& socket, Arrived datagram);

  protocol::TimePoint now_;
  Transit transit_;
  std::vector<Socket> sockets_; // in order of opening
  std::multimap<protocol::TimePoint, Arrived> travelling_;
};

class FakeRing final : public Ring {
 public:
  /// @param other_threads  whether something outside may wake this ring: then a wait without a deadline really waits;
  /// otherwise it aborts, since nothing could ever happen.
  explicit FakeRing(FakeNetwork& network, bool other_threads = false)
      : network_(network), other_threads_(other_threads) {}
  ~FakeRing() override;

  void read(Operation& operation, RingFile file, std::span<std::byte> buffer) override;
  void write(Operation& operation, RingFile file, std::span<const std::byte> buffer) override;
  void poll(Operation& operation, RingFile file, std::uint32_t events, bool multishot) override;
  void receive_datagrams(Operation& operation, RingFile file, msghdr& layout, BufferPool& pool) override;
  void send_datagram(Operation& operation, RingFile file, msghdr& message) override;
  void cancel(Operation& operation) override;
  [[nodiscard]] RingFile register_file(int fd) override;
  void unregister_file(RingFile file) override;
  [[nodiscard]] int register_pool(BufferPool& pool) override;
  void unregister_pool(BufferPool& pool) override;
  std::size_t wait(std::optional<protocol::TimePoint> deadline, bool block) override;
  [[nodiscard]] protocol::TimePoint now() override { return network_.now(); }

 private:
  enum class Kind : std::uint8_t { read, write, poll, receive };
  struct Pending {
    Operation* operation;
    Kind kind;
    int fd;
    std::span<std::byte> in;
    std::span<const std::byte> out;
    short events;
    bool multishot;
    msghdr* layout;
    BufferPool* pool;
  };
  struct Completed {
    Operation* operation;
    Completion completion;
  };

  void add(const Pending& pending);
  void collect(int timeout_ms);
  void collect_files(int timeout_ms);
  void collect_datagrams(Pending& pending, bool& ended);
  [[nodiscard]] std::optional<std::uint16_t> take_buffer(BufferPool& pool);

  FakeNetwork& network_;
  bool other_threads_;
  std::vector<Pending> pending_;
  std::deque<Completed> completed_;
  std::map<BufferPool*, std::uint16_t> heads_; // the kernel's side of each buffer ring
};

class Loop;
/// Turns `loops`, which share `network`, and lets time pass whenever none has anything to do, until `until`.
/// Deterministic.
void simulate(FakeNetwork& network, std::span<Loop* const> loops, protocol::TimePoint until);

} // namespace openl2tp::runtime
