// Counts what happened in a run, so that the tests can tell whether the seeds reach what they are to test.
#include "tests/sim/world.hpp"

namespace openl2tp::protocol::sim {

Tally& Tally::operator+=(const Tally& other) {
  datagrams += other.datagrams;
  tunnels_up += other.tunnels_up;
  ties_lost += other.ties_lost;
  evicted += other.evicted;
  silent += other.silent;
  not_authorised += other.not_authorised;
  accms += other.accms;
  bearers_failed += other.bearers_failed;
  hand_overs += other.hand_overs;
  retransmits += other.retransmits;
  held += other.held;
  duplicates += other.duplicates;
  hidden += other.hidden;
  restarts += other.restarts;
  pairs_left += other.pairs_left;
  session_pairs_left += other.session_pairs_left;
  confused += other.confused;
  for (std::size_t i = 0; i < sessions_up.size(); ++i)
    sessions_up[i] += other.sessions_up[i];
  return *this;
}

std::map<std::string, std::uint64_t> Tally::by_name() const {
  return {
      {"datagrams", datagrams},
      {"tunnels up", tunnels_up},
      {"ties lost", ties_lost},
      {"half-open tunnels evicted", evicted},
      {"peers found silent", silent},
      {"peers not authorised", not_authorised},
      {"ACCMs", accms},
      {"bearers that failed", bearers_failed},
      {"hand-overs between shards", hand_overs},
      {"retransmissions", retransmits},
      {"early arrivals held", held},
      {"duplicates", duplicates},
      {"tunnels that hid AVPs", hidden},
      {"restarts", restarts},
      {"tunnels at both ends at last", pairs_left},
      {"calls at both ends at last", session_pairs_left},
      {"incoming calls up at the LAC", sessions_up[static_cast<std::size_t>(SessionType::lac_incoming)]},
      {"outgoing calls up at the LAC", sessions_up[static_cast<std::size_t>(SessionType::lac_outgoing)]},
      {"incoming calls up at the LNS", sessions_up[static_cast<std::size_t>(SessionType::lns_incoming)]},
      {"outgoing calls up at the LNS", sessions_up[static_cast<std::size_t>(SessionType::lns_outgoing)]},
  };
}

} // namespace openl2tp::protocol::sim
