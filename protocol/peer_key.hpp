// How a peer names a tunnel: its endpoint, our address, and the id that the peer assigned. At any time a peer has one
// tunnel under such a key, since it finds the tunnel of what we send by that id.
#pragma once

#include <functional>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"

namespace openl2tp::protocol {

struct PeerKey {
  IpAddress local; // without the port: from which of our ports we speak makes no other tunnel for the peer
  Endpoint peer;
  PeerTunnelId id;
  bool operator==(const PeerKey&) const = default;
};

} // namespace openl2tp::protocol

template <>
struct std::hash<openl2tp::protocol::PeerKey> {
  std::size_t operator()(const openl2tp::protocol::PeerKey& key) const noexcept {
    return std::hash<openl2tp::protocol::Endpoint>{}(key.peer) ^ (key.id.value * 0x9e3779b97f4a7c15ULL) ^
           (std::hash<openl2tp::protocol::IpAddress>{}(key.local) << 1);
  }
};
