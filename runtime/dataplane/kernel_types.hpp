// What the kernel data path is asked for and how it fails, as values. No calls here.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/action.hpp"
#include "protocol/ids.hpp"

namespace openl2tp::runtime {

/// A tunnel as the kernel needs to know it.
struct KernelTunnel {
  protocol::TunnelId tunnel;
  protocol::PeerTunnelId peer_tunnel;
  /// Our address and port that the peer talks to, and its own; `socket` is handed back with what arrives. An
  /// unspecified local address lets the kernel choose one by its routes.
  protocol::Route route;
  bool udp_checksums = true;
  bool pmtu_discovery = false; // DF on what leaves
};

/// A session as the kernel needs to know it. Who makes its PPP interface also names it.
struct KernelSession {
  protocol::SessionId session;
  protocol::PeerSessionId peer_session;
  bool lns = false;                             // the LNS's end: sequencing is not for the peer to change
  bool send_sequence = false;                   // number what we send
  bool receive_sequence = false;                // drop what comes without a number
  std::chrono::milliseconds reorder_timeout{0}; // how long to wait for one that is missing; 0: do not
  bool debug = false;                           // ask the kernel to log this session (newer ones no longer do)
};

/// What may change while a session is up.
struct KernelSessionChange {
  bool send_sequence = false;
  bool receive_sequence = false;
  std::chrono::milliseconds reorder_timeout{0};
};

enum class KernelOperation : std::uint8_t {
  queue,       // EBUSY: too many set-ups wait already
  cancel,      // ECANCELED: closed before it was open
  open_socket, // the tunnel's UDP socket
  set_socket_option,
  bind_socket,
  connect_socket,
  create_tunnel,
  delete_tunnel,
  create_session,
  delete_session,
  connect_session, // the PPPoL2TP socket
  set_session_option,
  read_statistics,
  list_objects,
  claim_ports, // EADDRINUSE: another tunnel of ours has the same addresses and ports, and the kernel would mix them up
};
inline constexpr std::size_t kKernelOperations = 15;

/// "bind_socket" and so on.
[[nodiscard]] std::string_view name(KernelOperation operation) noexcept;

struct KernelError {
  KernelOperation operation = KernelOperation::queue;
  int error = 0;                         // errno value
  std::uint16_t tunnel = 0, session = 0; // ours; 0: does not apply
  std::uint16_t other = 0;               // of claim_ports: the tunnel that has them

  /// Trying again later may help: the CDN says result 4 (no facilities, temporarily) rather than 5.
  [[nodiscard]] bool temporary() const noexcept;
};

/// "tunnel 7 session 9: create_session: No such device".
[[nodiscard]] std::string to_string(const KernelError& error);

} // namespace openl2tp::runtime
