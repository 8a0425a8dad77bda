// What a shard knows of its tunnels and sessions beside the engine: their records, names and ids, who uses which
// profile, and what waits to be tried again. Every record is made here and forgotten here. Knows neither the engine nor
// plugins, so that it can be tested alone. [shard]
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "protocol/ids.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/shard/config_ids.hpp"
#include "runtime/shard/object_counts.hpp"
#include "runtime/shard/profile_uses.hpp"
#include "runtime/shard/records.hpp"
#include "runtime/shard/tunnel_paths.hpp"

namespace openl2tp::runtime {

class TunnelBook {
 public:
  /// `counts` outlives it. @param ports_apart  whether tunnels must differ in addresses or ports
  TunnelBook(std::uint32_t shard, std::uint32_t shards, ObjectCounts& counts, bool ports_apart)
      : counts_(counts), ports_apart_(ports_apart), config_ids_(shard, shards) {}
  TunnelBook(const TunnelBook&) = delete;
  TunnelBook& operator=(const TunnelBook&) = delete;
  ~TunnelBook(); // every record was forgotten

  // ---- tunnels

  struct NewTunnel {
    std::shared_ptr<const TunnelConfig> config;
    protocol::IpAddress peer;
    std::uint32_t socket = 0;
    std::int64_t created_at = 0;
    bool created_by_admin = false;
    bool counted = true; // among `counts` already
  };
  /// The record of a new tunnel. It goes to the engine as its user(), and comes back to
  /// forget().
  [[nodiscard]] TunnelRecord& make_tunnel(NewTunnel facts);
  /// A tunnel that the operator made has this id from now on.
  void enter(protocol::TunnelId id, TunnelRecord& record);
  /// The record of a tunnel that the operator made; nullptr for others.
  [[nodiscard]] TunnelRecord* made_by_admin(protocol::TunnelId id) const noexcept;
  /// All of them, those included that wait to be tried again.
  [[nodiscard]] const std::unordered_map<protocol::TunnelId, TunnelRecord*>& made_by_admin() const noexcept {
    return admin_tunnels_;
  }
  [[nodiscard]] std::optional<protocol::TunnelId> find(const std::string& name) const;
  /// The name is free for another tunnel.
  void give_up_name(protocol::TunnelId id, const TunnelRecord& record);
  /// It counts for the operator's limit, should it not have done so before: it took the place of its peer's old tunnel.
  void begin_counting(TunnelRecord& record) noexcept;
  /// It no longer counts for the operator's limit: it is on its way out.
  void stop_counting(TunnelRecord& record) noexcept;
  void set_config(TunnelRecord& record, std::shared_ptr<const TunnelConfig> config);
  /// The one end of every record of a tunnel, whatever became of it. Id 0: it never had one.
  void forget(protocol::TunnelId id, TunnelRecord& record) noexcept;

  void note_path(TunnelRecord& record, const protocol::Path& path);
  void give_up_path(TunnelRecord& record);
  [[nodiscard]] bool has_path(const protocol::Path& path) const { return paths_.contains(path); }
  [[nodiscard]] const ProfileUseCounts& profile_uses() const noexcept { return profile_uses_; }

  // ---- tunnels that wait to be tried again

  void keep(protocol::TunnelId id, TunnelRecord& record) { waiting_[id] = &record; }
  /// nullptr when no such tunnel waits.
  [[nodiscard]] TunnelRecord* waiting(protocol::TunnelId id) const noexcept;
  /// It waits no longer; nullptr when it did not, or another with its id does.
  [[nodiscard]] TunnelRecord* take_waiting(protocol::TunnelId id, std::uint32_t serial) noexcept;
  [[nodiscard]] const std::unordered_map<protocol::TunnelId, TunnelRecord*>& waiting() const noexcept {
    return waiting_;
  }

  // ---- sessions

  /// The record of a session that was counted among `counts`; as make_tunnel().
  [[nodiscard]] SessionRecord& make_session(std::shared_ptr<const SessionConfig> config, std::uint32_t turn,
                                            std::int64_t created_at, bool created_by_admin);
  /// The session has these ids and, where it is named, this name. From now on its token is good. A waiting session with
  /// its id gets another.
  void enter(protocol::TunnelId tunnel, protocol::SessionId id, TunnelRecord& owner, SessionRecord& record);
  /// nullptr when no such session was entered.
  [[nodiscard]] SessionRecord* session(const SessionKey& key) const noexcept;
  [[nodiscard]] static std::optional<protocol::SessionId> find(const TunnelRecord& owner, const std::string& name);
  /// It has a user name.
  void note_user(protocol::TunnelId tunnel, protocol::SessionId id, const SessionRecord& record) {
    users_[{tunnel.value, id.value}] = &record;
  }
  using Users = std::map<std::pair<std::uint16_t, std::uint16_t>, const SessionRecord*>;
  /// Sessions with a user name, by ids.
  [[nodiscard]] const Users& users() const noexcept { return users_; }
  /// The one end of every record of a session. Id 0: it never had one. `owner` may be null where it is not known.
  void forget(protocol::TunnelId tunnel, protocol::SessionId id, TunnelRecord* owner, SessionRecord& record) noexcept;

  // ---- sessions that wait to be tried again

  /// nullptr when no such session waits.
  [[nodiscard]] static WaitingSession* waiting(const TunnelRecord& owner, protocol::SessionId id) noexcept;
  /// The id of the one that was kept under `id` with this serial number; nullopt when it waits no longer.
  [[nodiscard]] static std::optional<protocol::SessionId>
  waiting_with_serial(const TunnelRecord& owner, protocol::SessionId id, std::uint32_t serial) noexcept;
  /// Keeps what is needed to open the session again. With its name, which stays its own. @return its serial number
  std::uint32_t keep(TunnelRecord& owner, protocol::SessionId id, std::shared_ptr<const SessionConfig> config,
                     std::int64_t created_at);
  /// The session waits no longer: it is opened, or deleted. Its name is free.
  void drop(TunnelRecord& owner, protocol::SessionId id) noexcept;
  /// An id that neither a session nor one that waits has, `wanted` if it is one; nullopt when all are in use.
  [[nodiscard]] std::optional<protocol::SessionId> free_session_id(protocol::TunnelId tunnel, const TunnelRecord& owner,
                                                                   protocol::SessionId wanted) const;

  /// Records that were made and not forgotten.
  [[nodiscard]] std::size_t tunnels() const noexcept { return tunnel_records_; }
  [[nodiscard]] std::size_t sessions() const noexcept { return session_records_; }

 private:
  void move_waiting(protocol::TunnelId tunnel, TunnelRecord& owner, protocol::SessionId id);
  static void name_session(TunnelRecord& owner, const std::optional<std::string>& name, protocol::SessionId id);
  static void give_up_name(TunnelRecord& owner, const std::optional<std::string>& name,
                           protocol::SessionId id) noexcept;

  ObjectCounts& counts_;
  bool ports_apart_;
  ConfigIds config_ids_;
  ProfileUseCounts profile_uses_; // of peer profiles
  std::unordered_map<std::string, protocol::TunnelId> names_;
  std::unordered_map<protocol::TunnelId, TunnelRecord*> admin_tunnels_; // those that the operator made
  std::unordered_map<protocol::TunnelId, TunnelRecord*> waiting_;       // persistent ones between two lives
  std::unordered_map<std::uint32_t, SessionRecord*> sessions_;          // by ids
  Users users_;
  TunnelPaths paths_; // of those that have TunnelRecord::path
  std::size_t tunnel_records_ = 0, session_records_ = 0;
  std::uint32_t serial_ = 0;
};

} // namespace openl2tp::runtime
