// What an engine wants done: everything observable comes out as one of these values. Data only.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "protocol/result_code.hpp"
#include "protocol/settings.hpp"

namespace openl2tp::protocol {

class Session;
class Tunnel;

/// A path and the number that the runtime gave the socket on it. The number means nothing to the engine: answers carry
/// it back.
struct Route {
  Path path;
  std::uint32_t socket = 0;
  bool operator==(const Route&) const = default;
};

/// Where octets of an action lie in its batch.
struct Extent {
  std::uint32_t offset = 0, length = 0;
};

enum class EndCause : std::uint8_t {
  local_request, // close_tunnel, close_session
  peer_request,  // StopCCN, CDN
  peer_silent,   // retransmission gave up
  establish_timeout,
  idle_timeout,
  protocol_error, // the peer broke the protocol; StopCCN or CDN was sent
  not_authorised, // challenge or secret
  tie_lost,       // §4.4.3 Tie Breaker: the peer's tunnel is the one that lives
  evicted,        // half-open and the oldest when the limit was reached
  peer_restarted, // the peer opened a new tunnel under the id that it had given to this one
  stale_request,  // half-open: the SCCRQ was a late copy or forged, the peer's tunnel of before is alive
  tunnel_ended,   // of a session
  no_bearer,      // of a session: its outgoing call could not be placed
  no_resources,   // of a session: its message could not be queued
};
[[nodiscard]] std::string_view name(EndCause cause) noexcept;

struct SendDatagram {
  Route route;
  Extent octets;
  TunnelId tunnel{}; // whose it is; 0: no tunnel's
};
/// A datagram that belongs to another shard of this daemon.
struct HandOver {
  std::uint32_t shard = 0;
  Route route;
  Extent octets;
};
/// A tunnel came into being for a peer's SCCRQ. Tunnels that were opened by command are not announced.
struct TunnelCreated {
  TunnelId tunnel;
};
struct TunnelUp {
  TunnelId tunnel;
};
/// The tunnel carries no calls any more; its sessions' SessionEnded came before. The id stays in use until TunnelGone.
struct TunnelDown {
  TunnelId tunnel;
  EndCause cause{};
  Reason reason; // of the StopCCN that was sent or received; result 0: none
  bool was_up = false;
  std::uintptr_t user = 0; // the tunnel may be forgotten in the same turn
};
/// The tunnel is forgotten.
struct TunnelGone {
  TunnelId tunnel;
  std::uintptr_t user = 0;                      // what the runtime stored with it
  std::shared_ptr<const Tunnel> last = nullptr; // as it was when it ended, where Engine::keep_ended() asks for that
};
struct SessionCreated { // for a peer's ICRQ or OCRQ
  TunnelId tunnel;
  SessionId session;
};
struct SessionUp {
  TunnelId tunnel;
  SessionId session;
};
/// The session is forgotten.
struct SessionEnded {
  TunnelId tunnel;
  SessionId session;
  EndCause cause{};
  Reason reason;
  bool was_up = false;
  std::uintptr_t user = 0;
  std::shared_ptr<const Session> last = nullptr; // as in TunnelGone
  SessionType type{};
  PeerTunnelId peer_tunnel{};
  PeerSessionId peer_session{}; // 0: it never told
};
/// Place the outgoing call that an LNS asked for; answer with bearer_up() or bearer_failed(). §7.5.1
struct OpenBearer {
  TunnelId tunnel;
  SessionId session;
};
/// The peer's SLI arrived; the session holds the ACCM.
struct AccmReceived {
  TunnelId tunnel;
  SessionId session;
};

using Action = std::variant<SendDatagram, HandOver, TunnelCreated, TunnelUp, TunnelDown, TunnelGone, SessionCreated,
                            SessionUp, SessionEnded, OpenBearer, AccmReceived>;

/// Actions in the order in which they arose, with the octets that they speak of. Reused from turn to turn, so it stops
/// allocating.
struct ActionBatch {
  std::vector<Action> actions;
  std::vector<std::byte> storage;

  [[nodiscard]] Octets octets(Extent extent) const { return Octets(storage).subspan(extent.offset, extent.length); }
  void clear() noexcept {
    actions.clear();
    storage.clear();
  }
};

} // namespace openl2tp::protocol
