// What is left of a tunnel that its peer closed: enough to acknowledge the StopCCN again when it is repeated because
// our acknowledgement was lost. The tunnel itself is gone by then. RFC 2661 §5.7.
#pragma once

#include <cstdint>
#include <deque>
#include <unordered_map>

#include "protocol/action.hpp"
#include "protocol/clock.hpp"
#include "protocol/peer_key.hpp"

namespace openl2tp::protocol {

struct Farewell {
  Route route;
  PeerKey key;
  std::uint16_t ns = 0, nr = 0;  // of the acknowledgement
  std::uint64_t fingerprint = 0; // of the StopCCN
  TimePoint until;
};

/// One entry a tunnel id at most, so there are never more than ids.
class Farewells {
 public:
  void add(TunnelId id, const Farewell& farewell);
  /// nullptr when there is none, or its time is over. Valid until the next call.
  [[nodiscard]] const Farewell* find(TunnelId id, TimePoint now) const;
  /// By the peer's id, for a StopCCN of a peer that never learned ours.
  [[nodiscard]] const Farewell* find(const PeerKey& key, TimePoint now) const;
  /// Drops what is over.
  void expire(TimePoint now);
  [[nodiscard]] bool empty() const noexcept { return by_id_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return by_id_.size(); }

 private:
  struct Entry {
    TimePoint until;
    TunnelId id;
  };
  void erase(TunnelId id);

  std::unordered_map<TunnelId, Farewell> by_id_;
  std::unordered_map<PeerKey, TunnelId> by_key_;
  std::deque<Entry> order_; // as added; those replaced since are still in it
};

} // namespace openl2tp::protocol
