// What tunnels and sessions looked like when they ended, kept on request so that a test can look at them. Belongs to
// one shard.
#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "protocol/ids.hpp"
#include "runtime/control.hpp"

namespace openl2tp::runtime {

class HeldEnds {
 public:
  static constexpr std::size_t held_max = 1024; // tunnels, and as many sessions; then the one held longest goes

  /// Keeps a tunnel. @return the id of one that had to go for it; 0: none.
  [[nodiscard]] protocol::TunnelId add(TunnelReport report);
  void add(SessionReport report);

  [[nodiscard]] const TunnelReport* tunnel(protocol::TunnelId id) const;
  /// By id, or by name where the id is 0.
  [[nodiscard]] const SessionReport* session(protocol::TunnelId tunnel, const SessionName& session) const;
  [[nodiscard]] std::vector<protocol::TunnelId> tunnels() const;
  [[nodiscard]] std::vector<protocol::SessionId> sessions(protocol::TunnelId tunnel) const;

  /// @return whether it was held.
  bool release(protocol::TunnelId tunnel);
  bool release(protocol::TunnelId tunnel, const SessionName& session);
  void release_sessions() { sessions_.clear(); }

 private:
  struct Tunnel {
    std::uint64_t order;
    TunnelReport report;
  };
  struct Session {
    std::uint64_t order;
    SessionReport report;
  };
  using Ids = std::pair<std::uint16_t, std::uint16_t>;

  std::uint64_t next_ = 0;
  std::map<protocol::TunnelId, Tunnel> tunnels_;
  std::map<Ids, Session> sessions_;
};

} // namespace openl2tp::runtime
