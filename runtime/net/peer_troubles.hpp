// Why datagrams to a peer do not arrive, as far as the kernel says: errors of our own sends and ICMP messages. Kept by
// the peer's address, so that a tunnel that ends for silence can name the cause. Belongs to one shard.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "protocol/clock.hpp"
#include "protocol/endpoint.hpp"

namespace openl2tp::runtime {

struct Trouble {
  enum class Origin : std::uint8_t { local, icmp, icmp6 };

  int error = 0; // errno value
  Origin origin = Origin::local;
  std::uint8_t type = 0, code = 0; // of the ICMP message
  std::uint32_t mtu = 0;           // where it says that the packet was too big
  protocol::IpAddress offender;    // who sent the ICMP message; of EADDRNOTAVAIL the source address
  bool own_host = false;           // this host's own ICMP message: the next hop does not answer ARP

  friend bool operator==(const Trouble&, const Trouble&) = default;
};

/// "no route to 192.0.2.1", "port unreachable, says 192.0.2.1": what failed on the way to `peer`.
[[nodiscard]] std::string to_string(const Trouble& trouble, const protocol::IpAddress& peer);

class PeerTroubles {
 public:
  static constexpr std::size_t peers_max = 4096;     // then the one noted first is forgotten
  static constexpr protocol::Duration again{60'000}; // until the same is worth another line

  struct Entry {
    Trouble trouble;             // the latest
    protocol::TimePoint at;      // of the latest
    protocol::TimePoint told_at; // when note() was true last
    std::uint64_t count = 0;
  };

  /// @return true when it is news: the first of this peer, another one than the last, or an old one that goes on.
  bool note(const protocol::IpAddress& peer, const Trouble& trouble, protocol::TimePoint now);
  /// The latest of this peer; nullptr when there was none.
  [[nodiscard]] const Entry* find(const protocol::IpAddress& peer) const;
  [[nodiscard]] std::size_t size() const noexcept { return peers_.size(); }

 private:
  std::unordered_map<protocol::IpAddress, Entry> peers_;
  std::deque<protocol::IpAddress> order_; // in which they were noted first
};

} // namespace openl2tp::runtime
