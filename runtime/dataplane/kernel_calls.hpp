// The calls to the kernel that tunnels and sessions are made of, one at a time; KernelL2tp makes them, tests play them.
// What order they come in is kernel_steps' business.
#pragma once

#include <cstdint>

#include <tl/expected.hpp>

#include "runtime/control.hpp"
#include "runtime/dataplane/kernel_types.hpp"
#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

template <class T>
using KernelResult = tl::expected<T, KernelError>;

/// What a connected UDP socket is bound to, which the kernel may have chosen; `asked` where it does not say.
[[nodiscard]] protocol::Endpoint bound_to(int socket, const protocol::Endpoint& asked) noexcept;

/// Threads: several workers may be inside at once. All but those marked [quick] may wait, for tens of milliseconds.
class KernelCalls {
 public:
  virtual ~KernelCalls() = default;

  /// Whether tunnels and sessions are made by generic netlink. Otherwise sockets make them: the legacy interface.
  [[nodiscard]] virtual bool netlink() const noexcept = 0;

  /// The tunnel's own UDP socket, bound and connected, options set; blocking, close-on-exec.
  /// @error claim_ports  another tunnel has these addresses and ports, in a kernel where they must differ.
  [[nodiscard]] virtual KernelResult<UniqueFd> open_udp(const KernelTunnel& tunnel) = 0;

  // ---- netlink ----
  [[nodiscard]] virtual KernelResult<void> create_tunnel(const KernelTunnel& tunnel, int udp) = 0;
  [[nodiscard]] virtual KernelResult<void> delete_tunnel(protocol::TunnelId tunnel) = 0;
  [[nodiscard]] virtual KernelResult<void> create_session(protocol::TunnelId tunnel, const KernelSession& session) = 0;
  [[nodiscard]] virtual KernelResult<void> delete_session(protocol::TunnelId tunnel, protocol::SessionId session) = 0;

  // ---- PPPoL2TP sockets ----
  /// The tunnel's management socket (session 0), which lives as long as it and answers for its statistics. Legacy, it
  /// makes the tunnel.
  [[nodiscard]] virtual KernelResult<UniqueFd> connect_tunnel(const KernelTunnel& tunnel, int udp) = 0;
  /// The session's socket. With netlink it takes up the session that was created, legacy it makes it.
  [[nodiscard]] virtual KernelResult<UniqueFd> connect_session(const KernelTunnel& tunnel, const KernelSession& session,
                                                               int udp) = 0;
  /// Closes a socket of either kind; a session's goes with its socket.
  virtual void close(UniqueFd socket) noexcept = 0;

  /// [quick] LNS mode and debug flag.
  [[nodiscard]] virtual KernelResult<void> set_role(int socket, const KernelSession& session) noexcept = 0;
  /// [quick] Sequencing and reordering.
  [[nodiscard]] virtual KernelResult<void> set_sequencing(int socket, const KernelSessionChange& change) noexcept = 0;
  /// [quick] What a session has counted, and with session 0 what its tunnel has, with those that are gone. Through the
  /// management socket: a session's own is locked for a grace period while PPP attaches to it.
  [[nodiscard]] virtual KernelResult<SessionStatistics> read_statistics(int management,
                                                                        protocol::SessionId session) noexcept = 0;
  /// [quick] The tunnel needs what open_udp() gave it no more: another may have its addresses and ports.
  virtual void release_ports(protocol::TunnelId tunnel) noexcept = 0;
  /// [quick] UDP checksums of a tunnel's UDP socket.
  [[nodiscard]] virtual KernelResult<void> set_checksums(int udp, bool wanted) noexcept = 0;
};

} // namespace openl2tp::runtime
