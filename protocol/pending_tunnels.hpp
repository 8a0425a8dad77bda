// Tunnels of ours whose SCCRQ waits for its answer, by the address of the peer. A peer's SCCRQ that crosses one of them
// is compared with these by tie breaker. RFC 2661 §4.4.3.
#pragma once

#include <list>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "protocol/endpoint.hpp"
#include "protocol/policy.hpp"

namespace openl2tp::protocol {

class Tunnel;

class PendingTunnels {
 public:
  using Place = std::list<Tunnel*>::iterator;

  /// `policy` is told of every change that other engines of the daemon must know (Policy::note_crossing).
  explicit PendingTunnels(Policy& policy) : policy_(policy) {}

  /// @return what remove() needs.
  [[nodiscard]] Place add(Tunnel& tunnel, const IpAddress& peer, const std::optional<TieBreaker>& tie);
  /// `peer` and `tie` are those that the tunnel was added with.
  void remove(Place place, const IpAddress& peer, const std::optional<TieBreaker>& tie);
  /// What waits for an answer of `peer`.
  [[nodiscard]] Crossing crossing(const IpAddress& peer) const;
  /// The tunnels that wait for an answer of `peer`; a copy, since ending one changes the list.
  [[nodiscard]] std::vector<Tunnel*> tunnels(const IpAddress& peer) const;

 private:
  struct OfPeer {
    std::list<Tunnel*> tunnels;
    std::multiset<TieBreaker> ties;
    [[nodiscard]] Crossing crossing() const;
  };

  Policy& policy_;
  std::unordered_map<IpAddress, OfPeer> by_peer_;
};

} // namespace openl2tp::protocol
