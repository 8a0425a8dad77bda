// The kernel's L2TP: generic netlink "l2tp" (by libnl), PPPoL2TP sockets, and the tunnel's UDP socket. Blocking calls
// and values; order and lifetimes are kernel_steps' and KernelPath's business.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/dataplane/kernel_calls.hpp"

struct nl_sock;

namespace openl2tp::runtime {

class KernelJournal;
class KernelPorts;

/// A tunnel that exists in the kernel, whoever made it.
struct KernelTunnelReport {
  std::uint32_t tunnel = 0, peer_tunnel = 0;
  std::uint8_t protocol_version = 0;
  protocol::Path path; // unspecified where the kernel does not tell
  SessionStatistics statistics;
};

struct KernelSessionReport {
  std::uint32_t tunnel = 0, session = 0, peer_session = 0;
  bool send_sequence = false, receive_sequence = false, lns = false;
  std::uint64_t reorder_timeout_ms = 0;
  std::string interface_name; // empty for PPP
  SessionStatistics statistics;
};

class KernelL2tp final : public KernelCalls {
 public:
  /// Uses generic netlink where the kernel has it, unless `legacy` asks for sockets alone.
  /// @param journal  is told of every tunnel; outlives this.
  /// @param ports  where tunnels must differ in them; outlives this. Null: they need not.
  explicit KernelL2tp(bool legacy = false, KernelJournal* journal = nullptr, KernelPorts* ports = nullptr);
  ~KernelL2tp() override;

  [[nodiscard]] bool netlink() const noexcept override { return family_ > 0; }

  [[nodiscard]] KernelResult<UniqueFd> open_udp(const KernelTunnel& tunnel) override;
  [[nodiscard]] KernelResult<void> create_tunnel(const KernelTunnel& tunnel, int udp) override;
  [[nodiscard]] KernelResult<void> delete_tunnel(protocol::TunnelId tunnel) override;
  [[nodiscard]] KernelResult<void> create_session(protocol::TunnelId tunnel, const KernelSession& session) override;
  [[nodiscard]] KernelResult<void> delete_session(protocol::TunnelId tunnel, protocol::SessionId session) override;
  [[nodiscard]] KernelResult<UniqueFd> connect_tunnel(const KernelTunnel& tunnel, int udp) override;
  [[nodiscard]] KernelResult<UniqueFd> connect_session(const KernelTunnel& tunnel, const KernelSession& session,
                                                       int udp) override;
  void close(UniqueFd socket) noexcept override;
  [[nodiscard]] KernelResult<void> set_role(int socket, const KernelSession& session) noexcept override;
  [[nodiscard]] KernelResult<void> set_sequencing(int socket, const KernelSessionChange& change) noexcept override;
  [[nodiscard]] KernelResult<SessionStatistics> read_statistics(int management,
                                                                protocol::SessionId session) noexcept override;
  void release_ports(protocol::TunnelId tunnel) noexcept override;
  [[nodiscard]] KernelResult<void> set_checksums(int udp, bool wanted) noexcept override;

  // ---- netlink only: ENOTSUP without ----
  /// Changes a session by its ids: also one whose socket another process has.
  [[nodiscard]] KernelResult<void> modify_session(protocol::TunnelId tunnel, protocol::SessionId session,
                                                  const KernelSessionChange& change);
  [[nodiscard]] KernelResult<KernelSessionReport> find_session(protocol::TunnelId tunnel, protocol::SessionId session);
  /// All tunnels and sessions of this network namespace, those of other daemons included. Session 0, which stands for
  /// a tunnel itself, is left out.
  [[nodiscard]] KernelResult<std::vector<KernelTunnelReport>> list_tunnels();
  [[nodiscard]] KernelResult<std::vector<KernelSessionReport>> list_sessions();

 private:
  struct SocketDeleter {
    void operator()(nl_sock* socket) const noexcept;
  };
  using Socket = std::unique_ptr<nl_sock, SocketDeleter>;
  class Request;
  friend class Request;

  [[nodiscard]] static KernelResult<UniqueFd> open_connected_udp(const KernelTunnel& tunnel);
  /// @error claim_ports
  [[nodiscard]] KernelResult<void> claim_ports(const KernelTunnel& tunnel, const protocol::Path& path);
  [[nodiscard]] Socket take_socket();
  void give_back(Socket socket);

  KernelJournal* journal_;
  KernelPorts* ports_;
  int family_ = 0; // number of the genl family; 0: there is none
  std::mutex mutex_;
  std::vector<Socket> idle_; // at most one for each thread that was ever inside
};

} // namespace openl2tp::runtime
