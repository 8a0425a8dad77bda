// The books on one engine: what it reported and what was asked of it, checked against each other and against what the
// engine shows. Every Up has exactly one end, nothing is reported of unknown ids, ids are unique and of the engine's
// class, every admission comes back. Knows nothing of networks and peers.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "protocol/engine.hpp"

namespace openl2tp::protocol::sim {

/// The numbers given to tunnels and sessions as their `user`: each must come back exactly once.
class Users {
 public:
  std::uintptr_t issue() {
    live_.insert(++last_);
    return last_;
  }
  void give_back(std::uintptr_t user);
  [[nodiscard]] std::size_t outstanding() const { return live_.size(); }

 private:
  std::uintptr_t last_ = 0;
  std::set<std::uintptr_t> live_;
};

class Ledger {
 public:
  struct SessionEntry {
    bool up = false, bearer_asked = false;
  };
  struct TunnelEntry {
    bool up = false, down = false;
    std::map<SessionId, SessionEntry> sessions;
  };
  using Tunnels = std::map<TunnelId, TunnelEntry>;

  Ledger(const EngineSettings& settings, Users& users) : settings_(settings), users_(users) {}

  /// By command; to call before the actions of that call are taken.
  void opened(TunnelId tunnel);
  void opened(TunnelId tunnel, SessionId session);
  /// One action, in order, none left out.
  void take(const Action& action, TimePoint now);
  /// That the engine counts what the ledger counts. Cheap.
  void agree_in_number(const Engine& engine) const;
  /// That every tunnel and session, its state and its queues are what was reported.
  void agree(const Engine& engine) const;
  /// Forgets everything, as a restart does; users are given up.
  void clear() { tunnels_.clear(), session_count_ = 0; }

  [[nodiscard]] const Tunnels& tunnels() const { return tunnels_; }
  [[nodiscard]] const TunnelEntry* find(TunnelId tunnel) const;

 private:
  TunnelEntry& entry(TunnelId tunnel, const char* what);
  SessionEntry& entry(TunnelId tunnel, SessionId session, const char* what);

  EngineSettings settings_;
  Users& users_;
  Tunnels tunnels_;
  std::size_t session_count_ = 0;
  std::map<TunnelId, TimePoint> gone_;
};

} // namespace openl2tp::protocol::sim
