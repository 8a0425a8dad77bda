// In which order the kernel's calls make a tunnel and a session and take them away, and what is undone when one fails.
// Blocking functions for workers, over KernelCalls.
#pragma once

#include "runtime/dataplane/kernel_calls.hpp"

namespace openl2tp::runtime {

/// What a kernel tunnel holds on to.
struct KernelTunnelSockets {
  UniqueFd udp;        // connected to the peer; control messages arrive here too
  UniqueFd management; // PPPoL2TP socket of session 0
};

/// UDP socket, tunnel, management socket. After a failure nothing is left.
[[nodiscard]] KernelResult<KernelTunnelSockets> set_up_tunnel(KernelCalls& calls, const KernelTunnel& tunnel);

/// Takes the tunnel away; its sessions must be gone. The UDP socket stays the caller's, who closes it last.
/// @return what the kernel said against it; the tunnel then goes with its UDP socket.
KernelResult<void> take_down_tunnel(KernelCalls& calls, const KernelTunnel& tunnel, UniqueFd management);

/// Session, its PPPoL2TP socket, its options. After a failure nothing of it is left.
[[nodiscard]] KernelResult<UniqueFd> set_up_session(KernelCalls& calls, const KernelTunnel& tunnel,
                                                    const KernelSession& session, int udp);

/// Closes the socket, and where another process still holds it takes the session from it (netlink only).
void take_down_session(KernelCalls& calls, const KernelTunnel& tunnel, protocol::SessionId session, UniqueFd socket);

} // namespace openl2tp::runtime
