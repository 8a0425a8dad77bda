// What the sessions of one shard share: timers, secrets, pools, scripts, devices. One object a shard thread: nothing
// here takes a lock.
#pragma once

#include <string>
#include <unordered_map>
#include <unordered_set>

#include <openl2tp/plugin.hpp>

#include "plugins/ppp_engine/link.hpp"
#include "plugins/ppp_kernel/configuration_file.hpp"
#include "plugins/ppp_kernel/deadlines.hpp"
#include "plugins/ppp_kernel/door.hpp"
#include "plugins/ppp_kernel/freshness.hpp"
#include "plugins/ppp_kernel/kernel_path.hpp"
#include "plugins/ppp_kernel/leases_writer.hpp"
#include "plugins/ppp_kernel/scripts.hpp"
#include "plugins/ppp_kernel/secrets.hpp"
#include "plugins/ppp_kernel/session_terms.hpp"
#include "plugins/ppp_kernel/tun_path.hpp"

namespace openl2tp::ppp_kernel {

class Session;

/// What the plugin as a whole has.
struct Surroundings {
  Network& network;
  ConfigurationFile& configuration;
  SecretPaths secrets;
  std::string host_name;
  KernelPpp* ppp = &kernel_ppp();
  ppp::Authority* authority = nullptr; // who decides about users, in place of the secrets files
};
/// Those of the daemon: the kernel, and the environment. Made at the first call.
[[nodiscard]] const Surroundings& daemon_surroundings();

/// Unpredictable octets of the host.
class HostRandom final : public ppp::RandomSource {
 public:
  explicit HostRandom(Host host) noexcept : host_(host) {}
  void fill(std::span<std::byte> out) override { host_.random(out); }

 private:
  Host host_;
};

class Shard {
 public:
  /// Links whose time has come, in one turn of the loop.
  static constexpr int timeouts_a_turn = 256;

  Shard(Host host, openl2tp_loop* loop, std::uint32_t index, std::uint32_t shards)
      : Shard(host, loop, index, shards, daemon_surroundings()) {}
  /// `surroundings` must outlive it.
  Shard(Host host, openl2tp_loop* loop, std::uint32_t index, std::uint32_t shards, const Surroundings& surroundings);
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  [[nodiscard]] const Host& host() const noexcept { return host_; }
  [[nodiscard]] ppp::TimePoint now() const noexcept {
    return ppp::TimePoint{ppp::Duration{static_cast<std::int64_t>(host_.now_ms())}};
  }
  [[nodiscard]] HostRandom& random() noexcept { return random_; }
  [[nodiscard]] Secrets& secrets() noexcept { return secrets_; }
  /// What the plugin's configuration file says now.
  [[nodiscard]] std::shared_ptr<const Options> options() const { return configuration_.options(); }
  /// Keeps that from growing old, and runs `call` when it is fresh; see Freshness.
  void when_configuration_fresh(std::function<void()> call) { configuration_freshness_.when_fresh(std::move(call)); }
  [[nodiscard]] Pools& pools() noexcept { return configuration_.pools(); }
  /// Whether nothing was said of the profile yet. False also where too many have been.
  [[nodiscard]] bool first_warning(const std::string& profile) {
    return warned_.size() < profiles_max && warned_.insert(profile).second;
  }
  /// How sessions of other shards reach those of this one.
  [[nodiscard]] const std::shared_ptr<Door>& door() const noexcept { return door_; }
  [[nodiscard]] SharedTerms& terms() noexcept { return terms_; }
  [[nodiscard]] LeasesWriter& leases_writer() noexcept { return leases_writer_; }
  [[nodiscard]] Scripts& scripts() noexcept { return scripts_; }
  [[nodiscard]] TunPaths& tun_paths() noexcept { return tun_paths_; }
  [[nodiscard]] KernelPaths& kernel_paths() noexcept { return kernel_paths_; }
  [[nodiscard]] const std::string& host_name() const noexcept { return host_name_; }

  /// The daemon has handed over a batch of frames, whose octets go now.
  void frames_done() { tun_paths_.flush(); }

  void add(Session& session);
  void remove(Session& session) noexcept;
  /// nullptr: it has gone.
  [[nodiscard]] Session* find(openl2tp_session_token token) const noexcept;
  [[nodiscard]] std::size_t sessions() const noexcept { return sessions_.size(); }

  /// The session's next deadline.
  void wait_until(Session& session, ppp::TimePoint deadline);

  // Of one turn: reused, so that they stop allocating.
  ppp::ActionBatch batch;
  std::vector<openl2tp_frame_out> frames;

 private:
  void handle_timer();
  void arm();

  Host host_;
  HostRandom random_;
  std::string host_name_;
  Deadlines deadlines_;
  ppp::TimePoint armed_for_ = ppp::never;
  Timer timer_;
  Secrets secrets_;
  ConfigurationFile& configuration_;
  Freshness configuration_freshness_;
  SharedTerms terms_;
  std::shared_ptr<Door> door_;
  LeasesWriter leases_writer_;
  Scripts scripts_;
  TunPaths tun_paths_;
  KernelPaths kernel_paths_;
  std::unordered_map<openl2tp_session_token, Session*> sessions_;
  std::unordered_set<std::string> warned_; // of these profiles
};

} // namespace openl2tp::ppp_kernel
