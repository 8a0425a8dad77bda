// UDP sockets, read and written in batches, for one thread. Knows no L2TP.
#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "tl/expected.hpp"
#include "tools/l2tpload/address.hpp"

namespace openl2tp::load {

struct TransportOptions {
  Address local;             // port 0: any
  Address target;            // what sockets connect to; unused when listening
  std::uint16_t sockets = 1; // local ports, counted up from local.port() unless that is 0; 1 to 64
  bool listen = false;       // do not connect: each datagram says where it goes
  bool segment =
      false; // send runs of datagrams of one size in one call (UDP_SEGMENT); they then share one receiving socket
};

class Transport {
 public:
  static constexpr std::size_t datagram_size_max = 2048; // received; longer ones are cut
  static constexpr std::size_t send_size_max = 1472;

  /// @error  one line that names the call and the cause.
  [[nodiscard]] static tl::expected<Transport, std::string> open(const TransportOptions& options);
  Transport(Transport&&) noexcept;
  Transport& operator=(Transport&&) = delete;
  ~Transport();

  [[nodiscard]] std::size_t sockets() const noexcept { return links_.size(); }
  [[nodiscard]] std::uint16_t local_port(std::size_t socket) const noexcept { return links_[socket]->local_port; }

  /// Room for one datagram, valid until the next call of any member; flushes when the batch is full.
  /// @param to  ignored by connected sockets.
  [[nodiscard]] std::span<std::byte> next(std::size_t socket, const Address& to) noexcept;
  /// Queues the first `size` octets of what next() returned.
  void commit(std::size_t socket, std::size_t size) noexcept;
  void flush() noexcept;

  struct Datagram {
    std::span<const std::byte> octets; // valid until the next receive()
    const Address* from;
  };
  /// Reads what has arrived on one socket, at most one batch, without waiting; the view is valid until the next call.
  [[nodiscard]] std::span<const Datagram> receive(std::size_t socket) noexcept;
  /// Sleeps until something arrives or `timeout_ms` have passed.
  void wait(int timeout_ms) noexcept;

  [[nodiscard]] std::uint64_t send_failures() const noexcept { return send_failures_; }

 private:
  static constexpr std::size_t batch_size = 64;
  struct Link {
    int fd = -1;
    std::uint16_t local_port = 0;
    std::size_t queued = 0;
    std::array<mmsghdr, batch_size> headers{};
    std::array<iovec, batch_size> vectors{};
    std::array<Address, batch_size> to;
    std::array<std::array<std::byte, send_size_max>, batch_size> octets;
  };

  explicit Transport(const TransportOptions& options);
  [[nodiscard]] tl::expected<void, std::string> add_link(const TransportOptions& options, std::uint16_t offset);
  void flush(Link& link) noexcept;
  void send_run(Link& link, std::size_t first, std::size_t count) noexcept;
  void send_segmented(Link& link) noexcept;

  bool connected_, segment_;
  std::vector<std::unique_ptr<Link>> links_;
  std::array<mmsghdr, batch_size> receive_headers_{};
  std::array<iovec, batch_size> receive_vectors_{};
  std::array<Address, batch_size> from_;
  std::array<Datagram, batch_size> datagrams_{};
  std::unique_ptr<std::array<std::array<std::byte, datagram_size_max>, batch_size>> received_;
  std::uint64_t send_failures_ = 0;
};

} // namespace openl2tp::load
