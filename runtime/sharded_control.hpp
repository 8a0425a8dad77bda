// The management API over the shards: picks the shard of a tunnel, asks it, and waits for its answer with a deadline.
//
// Thread rule: as Control says. All shards are asked at the same time. Calls that change system parameters go one after
// the other, and so do those that open tunnels; no call holds up one that only looks, and none of the locks is a
// shard's.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "runtime/control.hpp"
#include "runtime/faults.hpp"
#include "runtime/profiles/profile_store.hpp"
#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

class ShardedControl final : public Control, private FaultControl {
 public:
  /// A shard that has not answered by then is reported as timed_out; the request may still take effect.
  static constexpr std::chrono::milliseconds patience{5000};

  /// `group` outlives it. `profiles` is the store whose snapshots the shards were started with.
  ShardedControl(ShardGroup& group, const SystemConfig& system, std::unique_ptr<ProfileStore> profiles);

  ControlResult<SystemReport> system_get() override;
  ControlResult<void> system_modify(const SystemChange& change) override;
  ControlResult<std::uint16_t> tunnel_create(const TunnelParameters& parameters) override;
  ControlResult<void> tunnel_delete(const TunnelName& tunnel, const std::string& reason) override;
  ControlResult<void> tunnel_modify(const TunnelName& tunnel, const TunnelParameters& parameters) override;
  ControlResult<TunnelReport> tunnel_get(const TunnelName& tunnel) override;
  ControlResult<std::vector<std::uint16_t>> tunnel_list() override;
  ControlResult<std::uint16_t> session_create(const TunnelName& tunnel, const SessionParameters& parameters) override;
  ControlResult<void> session_delete(const SessionName& session, const std::string& reason) override;
  ControlResult<void> session_modify(const SessionName& session, const SessionParameters& parameters) override;
  ControlResult<SessionReport> session_get(const SessionName& session) override;
  ControlResult<std::vector<std::uint16_t>> session_list(const TunnelName& tunnel) override;
  ControlResult<std::vector<PeerReport>> peer_list() override;
  ControlResult<std::vector<UserReport>> user_list() override;
  ControlResult<UserPage> users_after(std::uint16_t tunnel_id, std::uint16_t session_id, std::uint32_t most) override;
  ControlResult<std::uint32_t> peer_profile_uses(const std::string& name) override;
  ControlResult<ProfileUses> peer_profile_uses() override;
  ControlResult<std::vector<std::string>> profile_users(ProfileKind kind, const std::string& name,
                                                        std::size_t most) override;
  ProfileStore& profiles() override { return *profiles_; }
  FaultControl* faults() override { return this; }

 private:
  struct LookUpCounters { // calls may come side by side
    std::atomic<std::uint32_t> hits{0}, misses{0};
    void note(bool found) noexcept { (found ? hits : misses).fetch_add(1, std::memory_order_relaxed); }
    [[nodiscard]] LookUps read() const noexcept { return {hits.load(), misses.load()}; }
  };
  ControlResult<FaultReport> fault_get() override;
  ControlResult<void> fault_modify(const FaultChange& change) override;

  struct Place {
    Shard* shard;
    protocol::TunnelId tunnel;
  };
  template <class Answer>
  using Asked = Future<ControlResult<Answer>>;
  template <class Answer, class Call>
  [[nodiscard]] ControlResult<Asked<Answer>> post(Shard& shard, Call call);
  template <class Answer>
  [[nodiscard]] ControlResult<Answer> wait(Asked<Answer>& future, std::chrono::steady_clock::time_point deadline);
  template <class Answer, class Call>
  [[nodiscard]] ControlResult<Answer> ask(Shard& shard, Call call);
  /// The answers of all shards, in their order.
  template <class Answer, class Call>
  [[nodiscard]] std::vector<ControlResult<Answer>> ask_all(const Call& call);
  /// Asks the shard of a tunnel: call(Shard&, TunnelId). @error tunnel_not_found
  template <class Answer, class Call>
  [[nodiscard]] ControlResult<Answer> ask_about(const TunnelName& tunnel, Call call);
  template <class Answer, class Call>
  [[nodiscard]] ControlResult<Answer> ask_about(const SessionName& session, Call call);
  [[nodiscard]] Shard& shard_of(protocol::TunnelId tunnel) const;
  /// Where the tunnel named `tunnel` lives. @error tunnel_not_found
  [[nodiscard]] ControlResult<Place> locate(const TunnelName& tunnel);
  ControlResult<void> config_id_is_free(const IpAddress& peer, std::uint32_t config_id);
  [[nodiscard]] ControlResult<void> name_is_free(const std::string& name);
  [[nodiscard]] ControlResult<std::uint16_t> port_for(const TunnelParameters& wanted, std::uint16_t own);
  [[nodiscard]] Shard& shard_for_new_tunnel(const TunnelConfig& config);
  void remember_changed(const SystemChange& change);
  [[nodiscard]] SystemConfig system();
  [[nodiscard]] FaultSettings fault_settings();

  std::mutex changes_;   // held while the shards hear of a change, so that all hear of changes in one order
  std::mutex creations_; // held while a tunnel is opened
  std::mutex mutex_;     // of system_, changed_ and faults_; nobody waits while it is held
  ShardGroup& group_;
  SystemConfig system_;
  SystemChange changed_; // which parameters were ever set
  std::unique_ptr<ProfileStore> profiles_;
  std::size_t next_shard_ = 0; // under creations_
  FaultSettings faults_;
  LookUpCounters tunnel_ids_, tunnel_names_, session_ids_;
};

} // namespace openl2tp::runtime
