// The truth about control channels, seen from the wire: which tunnel sent which message under which Ns, and what the
// other end's tunnel made of it. Delivery in order and exactly once, the same octets again for a retransmission, never
// beyond the peer's window, no acknowledgement of what was not sent. RFC 2661 §5.8.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "protocol/engine.hpp"

namespace openl2tp::protocol::sim {

/// One tunnel of one engine from the moment it is made until it is gone. Never reused for another tunnel of that id.
struct Instance {
  struct Sent {
    MessageType type;
    std::uint16_t assigned_id; // of Assigned Tunnel or Session ID; 0: none, or hidden
    std::vector<std::byte> octets;
  };
  unsigned host = 0;
  TunnelId id;
  bool alive = true;
  bool refused = false;  // its SCCRQ was answered with a StopCCN that no tunnel sent
  bool over = false;     // what it still gets is acknowledged, not obeyed, and need not be complete
  bool confused = false; // a restarted host gave its ids again: whose messages these are cannot be told any more
  std::uint16_t receive_window = 0;
  std::vector<Sent> sent;    // by Ns
  std::size_t peer_nr = 0;   // what the peer is known to have: the first `peer_nr` of `sent`
  std::size_t nr = 0;        // the newest Nr that it sent itself
  std::size_t delivered = 0; // messages of `peer` that it was given
  Instance* peer = nullptr;  // whose messages it takes

  [[nodiscard]] std::string text() const {
    return "host " + std::to_string(host) + " tunnel " + std::to_string(id.value);
  }
};

/// Collects from an engine's trace what its actions do not tell: which tunnel a datagram is from, and which messages
/// were taken in order.
class Witness final : public TraceSink {
 public:
  struct SentBy {
    TunnelId tunnel;
    std::uint16_t ns, nr;
  };
  struct Delivered {
    TunnelId tunnel;
    MessageType type;
    std::uint16_t assigned_id;
    bool end = false; // no message: the tunnel goes down here, and ignores all that comes after
  };
  std::vector<SentBy> sent;
  std::vector<Delivered> delivered;
  const char* verbose = nullptr; // a name to print everything under

  void trace(const TraceEvent& event) override;
  void clear() {
    sent.clear();
    delivered.clear();
  }
};

/// Takes note of a datagram that `from` sends, and checks it against what it may send.
void watch_send(Instance& from, Octets datagram);
/// An acknowledgement reaches `at`. To call before the engine sees the datagram.
void watch_acknowledgement(Instance& at, std::uint16_t nr);
/// The engine gave `message` to the tunnel `at`; the datagram at hand came from `sender` (null: from no tunnel, as
/// refusals do).
void watch_delivery(Instance& at, const Witness::Delivered& message, Instance* sender);

} // namespace openl2tp::protocol::sim
