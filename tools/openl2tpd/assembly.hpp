// Puts the running daemon together from its parts: shards, management, RPC. main knows the order of starting and
// stopping; what the parts do is theirs.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/net/listening.hpp"
#include "runtime/plugin/loader.hpp"
#include "runtime/process/spawner.hpp"
#include "runtime/ring/features.hpp"
#include "runtime/trace/log.hpp"
#include "tools/openl2tpd/configuration.hpp"
#include "tools/openl2tpd/options.hpp"
#include "tools/openl2tpd/reconciler.hpp"

namespace openl2tp::daemon {

class Assembly {
 public:
  virtual ~Assembly() = default;
  /// StopCCN (shutting down) to every tunnel, then the end of every thread; waits for acknowledgements until the
  /// deadline. Once.
  virtual void stop(std::chrono::milliseconds deadline) = 0;

  // ---- the configuration file; one thread ----

  /// Makes the daemon as `next` asks, less what the last one asked for. @error what was refused; all is as before.
  [[nodiscard]] virtual tl::expected<Applied, FileFault> apply(Configuration next) = 0;
  /// While this is true, retry() wants to be called every second: tunnels wait until their ids are free.
  [[nodiscard]] virtual bool has_pending() const = 0;
  virtual void retry() = 0;
  // ---- for who watches over it; one thread ----

  /// Asks every shard for a sign of life.
  virtual void ask_shards() = 0;
  /// Those that have not answered since, by number.
  [[nodiscard]] virtual std::vector<std::uint32_t> silent_shards() const = 0;
  /// "3 tunnels, 12 sessions".
  [[nodiscard]] virtual std::string summary() const = 0;

  /// The trace flags of new tunnels and sessions, where nothing sets them.
  virtual void trace_new_objects(runtime::TraceMask trace) = 0;
};

/// The system parameters that hold where nothing sets them.
[[nodiscard]] runtime::SystemConfig default_system(const Options& options);

/// Threads that carry tunnels.
[[nodiscard]] std::uint32_t shard_count(const Options& options) noexcept;

/// The sockets that the options ask for.
[[nodiscard]] runtime::ListeningOptions listening_options(const Options& options);

/// What is made before privileges are dropped.
struct Inherited {
  runtime::ListeningSockets sockets; // of listening_options()
  runtime::Spawner& spawner;         // with shard_count() channels; outlives the assembly
};

/// Starts everything, and applies `configuration` before the first management call. `plugins` and `log` outlive the
/// result. @error one line; nothing runs then.
[[nodiscard]] tl::expected<std::unique_ptr<Assembly>, std::string>
assemble(const Options& options, Configuration configuration, const runtime::Features& features,
         const runtime::PluginSet& plugins, Inherited inherited, runtime::Log& log);

} // namespace openl2tp::daemon
