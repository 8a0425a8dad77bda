#include "runtime/dataplane/kernel_steps.hpp"

#include <utility>

namespace openl2tp::runtime {

KernelResult<KernelTunnelSockets> set_up_tunnel(KernelCalls& calls, const KernelTunnel& tunnel) {
  auto udp = calls.open_udp(tunnel);
  if (!udp) return tl::unexpected(udp.error());
  KernelTunnelSockets sockets{.udp = std::move(*udp), .management = {}};
  if (calls.netlink()) {
    if (auto created = calls.create_tunnel(tunnel, sockets.udp.get()); !created) {
      calls.close(std::move(sockets.udp));
      calls.release_ports(tunnel.tunnel);
      return tl::unexpected(created.error());
    }
  }
  auto management = calls.connect_tunnel(tunnel, sockets.udp.get());
  if (!management) {
    if (calls.netlink()) (void)calls.delete_tunnel(tunnel.tunnel);
    calls.close(std::move(sockets.udp));
    calls.release_ports(tunnel.tunnel);
    return tl::unexpected(management.error());
  }
  sockets.management = std::move(*management);
  return sockets;
}

KernelResult<void> take_down_tunnel(KernelCalls& calls, const KernelTunnel& tunnel, UniqueFd management) {
  if (management) calls.close(std::move(management));
  KernelResult<void> deleted;
  if (calls.netlink()) deleted = calls.delete_tunnel(tunnel.tunnel);
  calls.release_ports(tunnel.tunnel); // its UDP socket takes nobody's data any more
  return deleted;
}

KernelResult<UniqueFd> set_up_session(KernelCalls& calls, const KernelTunnel& tunnel, const KernelSession& session,
                                      int udp) {
  if (calls.netlink()) {
    if (auto created = calls.create_session(tunnel.tunnel, session); !created) return tl::unexpected(created.error());
  }
  auto socket = calls.connect_session(tunnel, session, udp);
  if (!socket) {
    if (calls.netlink()) (void)calls.delete_session(tunnel.tunnel, session.session);
    return tl::unexpected(socket.error());
  }
  KernelResult<void> set = calls.set_role(socket->get(), session);
  if (set && !calls.netlink()) {
    set = calls.set_sequencing(socket->get(), {.send_sequence = session.send_sequence,
                                               .receive_sequence = session.receive_sequence,
                                               .reorder_timeout = session.reorder_timeout});
  }
  if (set) return std::move(*socket);
  calls.close(std::move(*socket));
  return tl::unexpected(
      KernelError{set.error().operation, set.error().error, tunnel.tunnel.value, session.session.value});
}

void take_down_session(KernelCalls& calls, const KernelTunnel& tunnel, protocol::SessionId session, UniqueFd socket) {
  calls.close(std::move(socket));
  if (calls.netlink()) (void)calls.delete_session(tunnel.tunnel, session); // usually gone already
}

} // namespace openl2tp::runtime
