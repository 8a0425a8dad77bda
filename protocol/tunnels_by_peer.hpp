// Finds the tunnels that speak to one id of a peer. Usually there is one. There are more when a peer lost its state and
// dials again while we still keep its old tunnel, or when somebody forges its SCCRQ.
#pragma once

#include <unordered_map>
#include <vector>

#include "protocol/peer_key.hpp"

namespace openl2tp::protocol {

class Tunnel;

class TunnelsByPeer {
 public:
  /// A tunnel's place in the table; each tunnel has one (Tunnel::peer_link()).
  struct Link {
    Tunnel* next = nullptr;       // the next older one under the same key
    const PeerKey* key = nullptr; // null: not in the table
  };

  /// @pre the tunnel is not in the table.
  void add(Tunnel& tunnel, const PeerKey& key);
  /// Does nothing for a tunnel that is not in the table.
  void remove(Tunnel& tunnel);
  /// The newest one under `key`, whose link leads to the others; nullptr when there is none.
  [[nodiscard]] Tunnel* newest(const PeerKey& key) const;
  /// The others under the key of `tunnel`, the newest first; empty for one that is not in the table.
  [[nodiscard]] std::vector<Tunnel*> others(Tunnel& tunnel) const;

 private:
  std::unordered_map<PeerKey, Tunnel*> newest_;
};

} // namespace openl2tp::protocol
