// What the runtime knows of a tunnel or session beside the engine: its configuration, when and by whom it was made. The
// engine keeps a pointer to it as "user". Belongs to one shard.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>

#include "protocol/endpoint.hpp"
#include "protocol/ids.hpp"
#include "runtime/profiles/profiles.hpp"

namespace openl2tp::runtime {

/// The ids of a session in one number, for tables.
[[nodiscard]] constexpr std::uint32_t ids_of(protocol::TunnelId tunnel, protocol::SessionId session) noexcept {
  return std::uint32_t{tunnel.value} << 16 | session.value;
}

struct SessionRecord {
  std::shared_ptr<const SessionConfig> config;
  std::int64_t created_at = 0;  // seconds since 1970
  std::int64_t ppp_up_at = 0;   // likewise; 0: PPP was not up
  std::uint32_t turn = 0;       // tells it from an earlier session with its ids, for plugins
  std::uint8_t data_path = 0;   // OPENL2TP_DATA_PATH_*: where its frames go, once its PPP begins
  bool setting_up = false;      // its PPP counts among those that are not up yet
  bool ppp_logged_ipv4 = false; // the log has the IPv4 addresses of its PPP
  bool created_by_admin = false;
  bool deleted = false;  // by the operator: it does not come back
  bool observed = false; // observers heard that it was created

  [[nodiscard]] std::uintptr_t user() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
  [[nodiscard]] static SessionRecord* of(std::uintptr_t user) noexcept {
    return reinterpret_cast<SessionRecord*>(user);
  }
};

/// A session of a persistent tunnel that will be opened again: it ended, or its tunnel is not there.
struct WaitingSession {
  std::uint32_t serial = 0; // tells it from another that waits, or waited, under its id
  std::shared_ptr<const SessionConfig> config;
  std::int64_t created_at = 0;
  bool scheduled = false; // it is tried again at a time of its own; else with its tunnel
};
using WaitingSessions = std::map<protocol::SessionId, WaitingSession>;

/// What observers heard last of a tunnel; the engine may know it no longer when they hear the next.
struct ObservedTunnel {
  protocol::IpAddress local; // unspecified until it is known; observers heard of the pair then
  protocol::PeerTunnelId peer_tunnel;
  std::string peer_host_name;
};

struct TunnelRecord {
  std::uint32_t serial = 0; // no other tunnel of the shard has or had it
  std::shared_ptr<const TunnelConfig> config;
  std::int64_t created_at = 0;
  protocol::IpAddress peer; // whose config_id it has
  std::uint32_t config_id = 0;
  bool config_id_given = false; // by the operator: not ours to give back
  bool created_by_admin = false;
  bool counted = true;        // among those that the operator's limit bounds; one on its way out is not
  bool deleted = false;       // by the operator: it does not come back
  std::uint32_t socket = 0;   // of the shard's table; kept here to give it back
  std::uint32_t attempts = 0; // to bring a persistent tunnel back since it was up last
  std::unique_ptr<std::unordered_map<std::string, protocol::SessionId>> session_names; // null: no session has a name
  std::unique_ptr<WaitingSessions> waiting_sessions;                                   // null: none
  std::unique_ptr<ObservedTunnel> observed;   // null: no observer heard that it was created
  std::unique_ptr<const protocol::Path> path; // as TunnelBook::paths_ has it; null: it does not

  /// It comes back after it ended by anything but the operator's word.
  [[nodiscard]] bool persists() const noexcept {
    return created_by_admin && !deleted && config->in_force.persist.value_or(false);
  }
  [[nodiscard]] std::uintptr_t user() const noexcept { return reinterpret_cast<std::uintptr_t>(this); }
  [[nodiscard]] static TunnelRecord* of(std::uintptr_t user) noexcept { return reinterpret_cast<TunnelRecord*>(user); }
};

} // namespace openl2tp::runtime
