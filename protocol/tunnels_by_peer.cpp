#include "protocol/tunnels_by_peer.hpp"

#include "protocol/assert.hpp"
#include "protocol/tunnel/tunnel.hpp"

namespace openl2tp::protocol {

void TunnelsByPeer::add(Tunnel& tunnel, const PeerKey& key) {
  Link& link = tunnel.peer_link();
  OPENL2TP_ASSERT(link.key == nullptr);
  const auto [it, fresh] = newest_.try_emplace(key, nullptr);
  link = {.next = it->second, .key = &it->first}; // the key stays where it is until it is erased
  it->second = &tunnel;
}

void TunnelsByPeer::remove(Tunnel& tunnel) {
  Link& link = tunnel.peer_link();
  if (link.key == nullptr) return;
  const auto it = newest_.find(*link.key);
  if (it->second == &tunnel) {
    it->second = link.next;
    if (it->second == nullptr) newest_.erase(it);
  } else {
    Tunnel* newer = it->second;
    while (newer->peer_link().next != &tunnel)
      newer = newer->peer_link().next;
    newer->peer_link().next = link.next;
  }
  link = {};
}

Tunnel* TunnelsByPeer::newest(const PeerKey& key) const {
  const auto it = newest_.find(key);
  return it == newest_.end() ? nullptr : it->second;
}

std::vector<Tunnel*> TunnelsByPeer::others(Tunnel& tunnel) const {
  std::vector<Tunnel*> found;
  if (tunnel.peer_link().key == nullptr) return found;
  for (Tunnel* one = newest(*tunnel.peer_link().key); one != nullptr; one = one->peer_link().next)
    if (one != &tunnel) found.push_back(one);
  return found;
}

} // namespace openl2tp::protocol
