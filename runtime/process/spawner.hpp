// The daemon's end of the helper process that starts programs: forks it, hands out its channels, waits for its end. The
// helper exists because a process with many threads, much memory and few privileges is a bad parent: it is forked
// early, has one thread and little memory, can hand the privileges that programs such as pppd need to them, reaps and
// reports, and outlives the daemon just long enough to end its children.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "runtime/ring/unique_fd.hpp"

namespace openl2tp::runtime {

struct SpawnerOptions {
  std::size_t channels = 1; // one a shard
  /// Between TERM and KILL for the children of a channel that was closed, by its shard or by the daemon's death.
  std::chrono::milliseconds grace{3000};
  /// Runs in the helper before anything else: gives up what it and its children do not need. Null: nothing. @return
  /// empty, or one line saying what failed; the start fails with it.
  std::function<std::string()> confine;
};

class Spawner {
 public:
  /// Forks the helper and waits until it is confined. Before the first thread, after daemonising, before the daemon
  /// drops its own privileges: children need others than it does. It keeps no descriptor of the daemon's but its
  /// channels.
  /// @error one line.
  [[nodiscard]] static tl::expected<Spawner, std::string> start(const SpawnerOptions& options);
  Spawner(Spawner&& other) noexcept;
  Spawner& operator=(Spawner&&) = delete;
  ~Spawner(); // closes the channels that nobody took; reaps the helper if it has ended

  /// The descriptor for the SpawnerClient of shard `index`: once each. Closing it ends the children of that channel.
  [[nodiscard]] UniqueFd take_channel(std::size_t index) { return std::move(channels_[index]); }
  [[nodiscard]] pid_t process() const noexcept { return process_; }

  /// When every channel is closed: waits until the helper has ended all children and itself, at most `patience`.
  /// @return false when it has not; it goes on alone then.
  bool finish(std::chrono::milliseconds patience);

 private:
  Spawner(pid_t process, std::vector<UniqueFd> channels, UniqueFd handle)
      : process_(process), channels_(std::move(channels)), handle_(std::move(handle)) {}
  void reap() noexcept;

  pid_t process_;
  std::vector<UniqueFd> channels_;
  UniqueFd handle_; // pidfd
};

} // namespace openl2tp::runtime
