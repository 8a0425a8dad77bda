// The kernel's own data path as one process calls it: L2TP tunnels and sessions, PPP channels and units. Data messages
// of known sessions go to their channels without the daemon, and what is written to a channel or a unit goes to the
// peer; all else of a tunnel's socket is the daemon's.
#pragma once

#include <map>
#include <utility>

#include <sys/types.h>

#include "plugins/ppp_kernel/kernel_ppp.hpp"
#include "runtime/dataplane/kernel_calls.hpp"
#include "tests/daemon_sim/kernel_calls.hpp"

namespace openl2tp::daemon_sim {

class SimKernelPath final : public runtime::KernelCalls, public ppp_kernel::KernelPpp {
 public:
  struct Kind {
    bool netlink = true;      // else sockets make tunnels and sessions
    bool mixes_ports = false; // two tunnels between the same addresses and ports get each other's data
  };

  SimKernelPath(Process& process, runtime::FakeNetwork& network, Kind kind) noexcept
      : process_(process), network_(network), kind_(kind) {}

  /// Carries what was written to channels and units. @return whether there was anything
  bool carry();
  /// With its process.
  void end();

  // ---- runtime::KernelCalls
  [[nodiscard]] bool netlink() const noexcept override { return kind_.netlink; }
  runtime::KernelResult<runtime::UniqueFd> open_udp(const runtime::KernelTunnel& tunnel) override;
  runtime::KernelResult<void> create_tunnel(const runtime::KernelTunnel& tunnel, int udp) override;
  runtime::KernelResult<void> delete_tunnel(protocol::TunnelId tunnel) override;
  runtime::KernelResult<void> create_session(protocol::TunnelId tunnel, const runtime::KernelSession& session) override;
  runtime::KernelResult<void> delete_session(protocol::TunnelId tunnel, protocol::SessionId session) override;
  runtime::KernelResult<runtime::UniqueFd> connect_tunnel(const runtime::KernelTunnel& tunnel, int udp) override;
  runtime::KernelResult<runtime::UniqueFd> connect_session(const runtime::KernelTunnel& tunnel,
                                                           const runtime::KernelSession& session, int udp) override;
  void close(runtime::UniqueFd socket) noexcept override;
  runtime::KernelResult<void> set_role(int socket, const runtime::KernelSession& session) noexcept override;
  runtime::KernelResult<void> set_sequencing(int socket, const runtime::KernelSessionChange& change) noexcept override;
  runtime::KernelResult<runtime::SessionStatistics> read_statistics(int management,
                                                                    protocol::SessionId session) noexcept override;
  void release_ports(protocol::TunnelId tunnel) noexcept override;
  runtime::KernelResult<void> set_checksums(int udp, bool wanted) noexcept override;

  // ---- ppp_kernel::KernelPpp
  std::string attach(ppp_kernel::Line& line) override;
  std::string make_unit(ppp_kernel::Line& line, std::uint16_t mru) override;
  std::string add_network(ppp_kernel::Line& line, const ppp_kernel::NetworkPlan& plan) override;
  void remove_network(ppp_kernel::Line& line, const ppp_kernel::NetworkPlan& plan) override;
  void remove(std::span<const std::shared_ptr<ppp_kernel::Line>> lines) override;
  std::string let_pass(const ppp_kernel::Line& line, ppp::Network network, bool pass) override;
  std::optional<ppp::Duration> idle(const ppp_kernel::Line& line) override;

 private:
  using Ids = std::pair<std::uint16_t, std::uint16_t>; // of a tunnel of ours, and a session
  struct Tunnel {
    protocol::Path path;
    std::uint16_t peer = 0;
    int udp = -1;
  };
  struct Session {
    std::uint16_t peer = 0;
    ino_t socket = 0;                       // of the daemon's end
    ppp_kernel::Descriptor outer;           // ours
    ppp_kernel::Descriptor channel, unit;   // ours, once they are there
    const ppp_kernel::Line* line = nullptr; // that is attached
  };

  [[nodiscard]] std::optional<runtime::KernelError> failed(runtime::KernelOperation operation, std::uint16_t tunnel,
                                                           std::uint16_t session = 0);
  [[nodiscard]] bool take(std::uint16_t tunnel, std::span<const std::byte> octets);
  bool carry(const Tunnel& tunnel, const Session& session, const ppp_kernel::Descriptor& from);
  [[nodiscard]] Session* attached(const ppp_kernel::Line& line) noexcept;
  void forget_session(Ids ids) noexcept;
  [[nodiscard]] std::string faulty(std::string_view what);

  Process& process_;
  runtime::FakeNetwork& network_;
  Kind kind_;
  std::map<std::uint16_t, Tunnel> tunnels_; // that have a UDP socket
  std::map<Ids, Session> sessions_;         // that have a PPPoL2TP socket
};

} // namespace openl2tp::daemon_sim
