// One life of a daemon: real shards, plugin host, ppp_kernel and management, on a fake network, a model of its kernel,
// and workers without threads. Whoever owns it turns its shards.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "plugins/ppp_kernel/shard.hpp"
#include "runtime/shard/shard.hpp"
#include "runtime/sharded_control.hpp"
#include "tests/daemon_sim/kernel_path_calls.hpp"
#include "tests/daemon_sim/workers.hpp"

namespace openl2tp::daemon_sim {

/// What a host keeps over the lives of its daemons.
struct Host {
  protocol::IpAddress address;
  std::uint32_t shards = 1;
  bool lns = false;                               // callers get addresses of a pool; otherwise it dials out
  std::optional<SimKernelPath::Kind> kernel_path; // null: user data goes over TUN devices
};

/// What all daemons of a run share.
struct Shared {
  runtime::FakeNetwork& network;
  Dice& dice;
  SimEnvironment& environment;
  runtime::Log& log;
  const Story& story;
  std::string secrets_file, configuration_file; // of LNS
};

class SimDaemon {
 public:
  SimDaemon(const Shared& shared, const Host& host, KernelModel& kernel, ProcessNumber process);
  ~SimDaemon(); // finished(), or never started
  SimDaemon(const SimDaemon&) = delete;
  SimDaemon& operator=(const SimDaemon&) = delete;

  /// @param drive  see ShardGroup::drive   @return empty, or why it cannot run
  [[nodiscard]] std::string start(std::function<bool()> drive);
  [[nodiscard]] std::size_t shards() const noexcept { return group_.shards.size(); }
  /// One turn of a shard that has not ended. @return whether something was done
  bool turn(std::size_t shard);
  [[nodiscard]] std::optional<protocol::TimePoint> next_turn(std::size_t shard) const noexcept;
  [[nodiscard]] bool ended(std::size_t shard) const noexcept { return ended_[shard]; }
  [[nodiscard]] bool finished() const noexcept;

  /// A graceful end; goes on while its shards are turned.
  void stop(protocol::Duration patience);
  /// As kill -9: nothing of it is heard or seen from now on, in the network and in the kernel. Its objects end as
  /// after stop(), where nobody sees it.
  void kill();
  [[nodiscard]] bool stopping() const noexcept { return stopping_; }

  [[nodiscard]] runtime::Control& control() noexcept { return *control_; }
  /// Between turns only. One that has not ended.
  [[nodiscard]] runtime::Shard& shard(std::size_t index) noexcept { return *group_.shards[index]; }
  /// Carries data in its kernel. @return whether there was any
  bool carry() { return kernel_path_.carry(); }
  [[nodiscard]] SimWorkers& workers() noexcept { return workers_; }
  [[nodiscard]] const Host& host() const noexcept { return host_; }
  [[nodiscard]] std::uint32_t counted_tunnels() const noexcept { return group_.counts.tunnels.load(); }
  [[nodiscard]] std::uint32_t counted_sessions() const noexcept { return group_.counts.sessions.load(); }

  // ---- for the plugin
  [[nodiscard]] openl2tp::Host plugin_host() const noexcept { return plugin_host_; }
  [[nodiscard]] openl2tp::Host moody_host() const noexcept { return moody_host_; }
  [[nodiscard]] const ppp_kernel::Surroundings& surroundings() const noexcept { return surroundings_; }
  /// The one whose plugin starts.
  [[nodiscard]] static SimDaemon& starting() noexcept;

 private:
  static const openl2tp_plugin_ops* plugin_entry(openl2tp_host* host, const openl2tp_host_ops* ops);
  static const openl2tp_plugin_ops* moody_entry(openl2tp_host* host, const openl2tp_host_ops* ops);
  [[nodiscard]] std::unique_ptr<runtime::ProfileStore> make_profiles();

  Shared shared_;
  Host host_;
  Process process_;
  SimNetwork tun_;
  SimKernelPath kernel_path_;
  SimWorkers workers_;
  ppp_kernel::ConfigurationFile configuration_;
  ppp_kernel::Surroundings surroundings_;
  runtime::PluginSet plugins_;
  openl2tp::Host plugin_host_, moody_host_;
  runtime::ShardGroup group_;
  std::vector<bool> ended_;
  bool stopping_ = false;
  std::uint16_t next_port_ = 40'000;
  std::unique_ptr<runtime::ShardedControl> control_;
};

} // namespace openl2tp::daemon_sim
