// The running daemon without its command line: listening sockets, shards, management. Made after daemonising and
// dropping nothing yet; the RPC service is put on top by tools/.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/endpoint.hpp"
#include "protocol/half_open.hpp"
#include "runtime/control.hpp"
#include "runtime/events.hpp"
#include "runtime/net/listening.hpp"
#include "runtime/plugin/loader.hpp"
#include "runtime/process/spawner.hpp"
#include "runtime/ring/features.hpp"
#include "runtime/trace/log.hpp"

namespace openl2tp::runtime {

/// How the kernel data path is built.
enum class KernelChoice : std::uint8_t {
  automatic, // by netlink where the kernel has it for L2TP, else by sockets
  sockets,   // by sockets alone
  off,
};

struct ServiceOptions {
  std::uint32_t shards = 1;                // 1 to 256
  std::vector<protocol::IpAddress> listen; // empty: any IPv4 and, where there is IPv6, any IPv6
  std::uint16_t udp_port = 1701;
  /// The sockets of these, where they were opened before privileges were dropped; without it start() opens them.
  std::optional<ListeningSockets> sockets;
  protocol::TraceMask trace = 0;             // of the system
  protocol::TraceMask trace_new_objects = 0; // of new tunnels and sessions (-D)
  Features features;                         // of io_uring, as probed
  Spawner* spawner = nullptr;                // starts programs, one channel a shard; null: plugins cannot. Outlives it
  KernelChoice kernel = KernelChoice::off;
  /// Where to remember which tunnels are in the kernel, so that the next run can remove those of one that was killed;
  /// empty: nowhere.
  std::string state_folder;
  /// Opens a second tunnel between the same addresses from another port unless the operator says which, as with a
  /// kernel that cannot tell such tunnels apart; where the daemon's own kernel cannot, it does so anyway.
  bool keep_ports_apart = false;
  std::uint32_t ppp_setups = 0;       // sessions that may set up PPP at once; 0: no bound
  protocol::HalfOpenLimits half_open; // of each shard
};

class Service {
 public:
  /// `plugins` and `log` outlive it.
  Service(ServiceOptions options, const PluginSet& plugins, Log& log);
  /// Stops at once, without patience, if still running.
  ~Service();
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;

  /// Opens the sockets and starts the shards. Call once, from a thread that may block.
  /// @error one line for the operator; everything is undone. When a plugin's shard_start does not return, its shard
  /// goes on: plugin_calls() (runtime/plugin/call_mark.hpp) tells so, and the process can only be ended.
  [[nodiscard]] tl::expected<void, std::string> start();

  /// Closes all tunnels with StopCCN, waits at most `patience` for the acknowledgements, and ends the shards. Calls of
  /// control() that are under way or follow answer shutting_down. A second call does nothing.
  void stop(std::chrono::milliseconds patience);

  /// Asks every shard for a sign of life, which it gives in its next turn. From start() to stop(), as the two that
  /// follow; one thread.
  void ask_shards();
  /// The shards that have not answered ask_shards() yet.
  [[nodiscard]] std::vector<std::uint32_t> silent_shards() const;
  struct Counted {
    std::uint32_t tunnels = 0, sessions = 0;
  };
  [[nodiscard]] Counted counted() const noexcept;

  /// Valid once start() has succeeded, for the life of this.
  [[nodiscard]] Control& control() noexcept;
  /// What the shards publish. Valid from start() to stop().
  [[nodiscard]] EventHub& events() noexcept;

 private:
  struct Running;
  void find_kernel(Running& running);

  ServiceOptions options_;
  const PluginSet& plugins_;
  Log& log_;
  std::unique_ptr<Running> running_;
};

} // namespace openl2tp::runtime
