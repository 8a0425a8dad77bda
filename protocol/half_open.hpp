// Bounds what peers that have proved nothing can cost: tunnels between SCCRQ and SCCCN are limited in number, per
// source address and per id of the peer. They are limited in time as well: the retransmission of SCCRP gives up after
// one cycle.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>

#include "protocol/endpoint.hpp"

namespace openl2tp::protocol {

class Tunnel;

struct HalfOpenLimits {
  std::uint32_t total_max = 32'768;      // then the oldest gives way, silently
  std::uint32_t per_source_max = 16'384; // then SCCRQs of that address go unanswered
  /// Under one id of one peer (PeerKey); then the oldest of them gives way. A peer that dials again and again before
  /// anything comes up needs a few.
  static constexpr unsigned per_key_max = 8;
};

class HalfOpen {
 public:
  using Place = std::list<Tunnel*>::iterator;

  explicit HalfOpen(const HalfOpenLimits& limits) : limits_(limits) {}

  [[nodiscard]] bool source_full(const IpAddress& source) const;
  /// The tunnel that must go before another is added; nullptr while there is room.
  [[nodiscard]] Tunnel* oldest_when_full() const;
  /// nullptr when there is none.
  [[nodiscard]] Tunnel* oldest() const noexcept { return order_.empty() ? nullptr : order_.front(); }
  [[nodiscard]] Place add(Tunnel& tunnel, const IpAddress& source);
  void remove(Place place, const IpAddress& source);
  [[nodiscard]] std::size_t size() const noexcept { return order_.size(); }

 private:
  HalfOpenLimits limits_;
  std::list<Tunnel*> order_; // oldest first
  std::unordered_map<IpAddress, std::uint32_t> by_source_;
};

} // namespace openl2tp::protocol
