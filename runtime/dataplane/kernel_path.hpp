// The kernel data path of one shard: tunnels and sessions in the kernel, made and taken away on workers while the shard
// goes on, in the right order on every path. Owns every socket of it. Which sessions want it is the shard's business.
//
//   KernelPath path(loop, pool, workers, kernel, sink);
//   auto opened = co_await path.open_session(tunnel, session);   // a task of the session's start
//   ... opened->socket is what the plugin gets ...
//   path.close_session(tunnel.tunnel, session.session);          // or close_tunnel(); both return at once
//   co_await path.close_all();                                   // at the end: returns when nothing is left
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <unordered_map>

#include "runtime/control.hpp"
#include "runtime/coro/scope.hpp"
#include "runtime/dataplane/kernel_calls.hpp"
#include "runtime/dataplane/kernel_steps.hpp"
#include "runtime/dataplane/slots.hpp"
#include "runtime/loop/worker_pool.hpp"
#include "runtime/net/udp_endpoint.hpp"

namespace openl2tp::runtime {

/// Who takes what arrives at the sockets of tunnels.
class KernelPathSink {
 public:
  /// [shard] Octets as if the shard's own socket had received them: control messages of the peer, data of sessions that
  /// the kernel does not know, and what other peers sent while the socket was not connected yet. May call the path.
  /// @param route  where it came from, with the tunnel's `route.socket`.
  virtual void on_tunnel_datagram(std::span<const std::byte> octets, const protocol::Route& route) noexcept = 0;
  /// [shard] As DatagramSink::on_trouble(), of a tunnel's own socket.
  virtual void on_tunnel_trouble(const protocol::Endpoint& /*peer*/, const Trouble& /*trouble*/) noexcept {}
  /// [shard] What arrived together has been handed over: pump.
  virtual void on_tunnel_datagrams_end() noexcept = 0;

 protected:
  ~KernelPathSink() = default;
};

struct KernelPathOptions {
  std::size_t set_ups_at_once = 32;        // calls of this path on workers at a time
  std::size_t set_ups_waiting_max = 16384; // beyond it open_session() answers EBUSY
  std::size_t take_downs_at_once = 32;     // they all wait their turn; none is refused
};

struct OpenedSession {
  int socket =
      -1; // connected PPPoL2TP socket, close-on-exec; the path's, valid until close_session() or close_tunnel()
};

struct KernelPathCounters {
  std::uint64_t tunnels_opened = 0, sessions_opened = 0;
  std::uint64_t tunnels_closed = 0, sessions_closed = 0;
  std::array<std::uint64_t, kKernelOperations> failed{}; // set-ups, by the operation that failed
  std::uint64_t close_failed = 0;          // tunnels that the kernel would not delete: they go with their socket
  std::uint64_t control_messages = 0;      // that arrived at tunnels' sockets
  std::uint64_t data_messages = 0;         // likewise, of sessions that the kernel does not know
  std::uint64_t workers_full = 0;          // times; tried again
  std::uint32_t tunnels = 0, sessions = 0; // in the kernel now, those on their way out included
  std::uint32_t set_ups_waiting = 0;

  [[nodiscard]] std::uint64_t failed_by(KernelOperation operation) const noexcept {
    return failed[static_cast<std::size_t>(operation)];
  }
};

/// All verbs [shard].
class KernelPath {
 public:
  /// Everything given outlives the path; `calls` is used on workers.
  KernelPath(Loop& loop, UdpPool& pool, LoopWorkers& workers, KernelCalls& calls, KernelPathSink& sink,
             const KernelPathOptions& options = {});
  KernelPath(const KernelPath&) = delete;
  KernelPath& operator=(const KernelPath&) = delete;
  /// close_all() was awaited, and every open_session() has ended.
  ~KernelPath();

  /// Makes the kernel's session, and before the first one of a tunnel the kernel's tunnel, which the others share. An
  /// id that is still on its way out is waited for. Not cut short by a stop once the kernel is at it. After a failure
  /// nothing of the session is left; a tunnel that was made stays until close_tunnel().
  /// @error cancel  closed meanwhile.   @error queue  too many wait.   Others: what the kernel said.
  [[nodiscard]] Task<KernelResult<OpenedSession>> open_session(KernelTunnel tunnel, KernelSession session);

  /// The session's socket is the path's again: nobody may use it any more. Unknown ids, ids that are closing and
  /// sessions that are still being opened are all fine: whatever there is of them goes.
  void close_session(protocol::TunnelId tunnel, protocol::SessionId session) noexcept;
  /// All sessions of the tunnel, then the tunnel.
  void close_tunnel(protocol::TunnelId tunnel) noexcept;
  /// Closes everything; returns when the kernel holds nothing of this path any more.
  [[nodiscard]] Task<void> close_all();

  /// Quick. A session that is still being opened takes the change when it is open.
  KernelResult<void> modify_session(protocol::TunnelId tunnel, protocol::SessionId session,
                                    const KernelSessionChange& change) noexcept;
  KernelResult<void> modify_tunnel(protocol::TunnelId tunnel, bool udp_checksums) noexcept;

  /// What the kernel has counted for a session that is open; nullopt for others. Quick: one ioctl.
  [[nodiscard]] std::optional<SessionStatistics> statistics(protocol::TunnelId tunnel, protocol::SessionId session);
  /// Adds what the kernel has counted for all sessions that the tunnel ever had to the data_ fields of `into`. Quick.
  void add_statistics(protocol::TunnelId tunnel, TunnelStatistics& into);

  [[nodiscard]] const KernelPathCounters& counters() const noexcept { return counters_; }
  /// Whether the kernel has, or is about to have, this tunnel.
  [[nodiscard]] bool has_tunnel(protocol::TunnelId tunnel) const noexcept { return tunnels_.contains(tunnel); }

 private:
  struct Session;
  struct Tunnel;
  using TunnelPointer = std::shared_ptr<Tunnel>; // tasks hold one while they wait
  using SessionPointer = std::shared_ptr<Session>;

  template <class Call>
  [[nodiscard]] Task<std::invoke_result_t<Call&>> run_on_worker(Call call);
  [[nodiscard]] Task<KernelResult<OpenedSession>> open_when_free(KernelTunnel wanted, KernelSession asked);
  [[nodiscard]] Task<KernelResult<OpenedSession>> open_in(TunnelPointer tunnel, SessionPointer session);
  [[nodiscard]] Task<void> make_tunnel(TunnelPointer tunnel);
  [[nodiscard]] Task<void> end_session(TunnelPointer tunnel, SessionPointer session);
  [[nodiscard]] Task<void> end_tunnel(TunnelPointer tunnel);
  void close_session(const TunnelPointer& tunnel, const SessionPointer& session) noexcept;
  void close_tunnel(const TunnelPointer& tunnel) noexcept;
  static void forget(const TunnelPointer& tunnel, const SessionPointer& session) noexcept;
  void forget(const TunnelPointer& tunnel) noexcept;
  [[nodiscard]] TunnelPointer find(protocol::TunnelId tunnel) const noexcept;

  Loop& loop_;
  UdpPool& pool_;
  LoopWorkers& workers_;
  KernelCalls& calls_;
  KernelPathSink& sink_;
  KernelPathOptions options_;
  std::unordered_map<protocol::TunnelId, TunnelPointer> tunnels_;
  Slots set_ups_, take_downs_;
  TaskScope endings_;
  KernelPathCounters counters_;
  bool closed_ = false; // nothing is opened any more
};

} // namespace openl2tp::runtime
