// The tables of an engine that its tunnels stand in and enter themselves into.
#pragma once

#include "protocol/farewells.hpp"
#include "protocol/half_open.hpp"
#include "protocol/pending_tunnels.hpp"
#include "protocol/tunnels_by_peer.hpp"

namespace openl2tp::protocol {

struct TunnelTables {
  TunnelTables(const HalfOpenLimits& limits, Policy& policy) : half_open(limits), pending(policy) {}

  HalfOpen half_open;     // between SCCRQ and SCCCN
  PendingTunnels pending; // ours, between SCCRQ and SCCRP
  TunnelsByPeer by_peer;  // all whose id at the peer is known
  Farewells farewells;    // gone, after a StopCCN of the peer
};

} // namespace openl2tp::protocol
