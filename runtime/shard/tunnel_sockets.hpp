// The sockets of a shard by number: those that it listens on, and those of tunnels that are opened from another port
// than the daemon's. A number is what the engine's routes carry. [shard]
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <unordered_map>
#include <vector>

#include "protocol/endpoint.hpp"
#include "runtime/coro/scope.hpp"
#include "runtime/net/endpoint_group.hpp"
#include "runtime/net/udp_endpoint.hpp"

namespace openl2tp::runtime {

/// Where a tunnel that we open sends from. Without a socket it is that of the listening address that fits.
struct TunnelSocket {
  std::optional<UdpSocket> socket;
  bool exclusive = false; // an ephemeral port: no other tunnel uses it
};

class TunnelSockets {
 public:
  /// All three outlive it.
  TunnelSockets(Loop& loop, UdpPool& pool, DatagramSink& sink)
      : loop_(loop), pool_(pool), sink_(sink), closings_(loop) {}
  TunnelSockets(const TunnelSockets&) = delete;
  TunnelSockets& operator=(const TunnelSockets&) = delete;

  /// Listens on a socket; the first has the number 0, the next 1, and so on. Before the first adopt().
  void listen(UdpSocket socket);
  /// A socket for a tunnel, shared with those that have the same address and port unless it is exclusive. It lives
  /// until as many release() calls as adopt() gave its number out.
  [[nodiscard]] std::uint32_t adopt(TunnelSocket socket);
  /// Ignores numbers of listening sockets, and those that are not known any more.
  void release(std::uint32_t number);

  /// nullptr when there is no such socket (any more).
  [[nodiscard]] UdpEndpoint* find(std::uint32_t number) const noexcept;
  [[nodiscard]] std::optional<std::uint32_t> number_of(const UdpEndpoint& endpoint) const noexcept;
  /// The listening socket for tunnels from `local` (which may be unspecified) to `peer`.
  [[nodiscard]] std::optional<std::uint32_t> listening_for(const protocol::IpAddress& local,
                                                           const protocol::IpAddress& peer) const;

  /// Datagrams that the kernel has dropped because the receive buffer of a listening socket was full.
  [[nodiscard]] std::uint64_t kernel_drops() const noexcept;

  /// Nothing is received any more; returns when the kernel holds nothing of any socket.
  [[nodiscard]] Task<void> close_all();

 private:
  struct Extra {
    std::unique_ptr<UdpEndpoint> endpoint;
    std::uint32_t users = 0;
    bool exclusive = false;
  };
  void close(std::unique_ptr<UdpEndpoint> endpoint);

  Loop& loop_;
  UdpPool& pool_;
  DatagramSink& sink_;
  std::vector<std::unique_ptr<UdpEndpoint>> listening_; // numbers 0 and up
  std::unordered_map<std::uint32_t, Extra> extra_;      // numbers beyond
  std::unordered_map<const UdpEndpoint*, std::uint32_t> numbers_;
  std::uint32_t next_extra_ = 0;
  TaskScope closings_;
};

} // namespace openl2tp::runtime
