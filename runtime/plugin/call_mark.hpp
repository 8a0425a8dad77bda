// Which plugin's function each thread is inside, and since when. The thread alone writes its mark; any thread may read
// it, without a lock on either side: for the line that a crash leaves (crash_note.hpp) and for calls that do not return
// (hung_calls.hpp).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/clock.hpp"

struct openl2tp_host; // the daemon as one plugin sees it: host_services.hpp

namespace openl2tp::runtime {

/// What the calling thread is to the plugin: the thread tags of openl2tp/types.h.
enum class PluginThread : std::uint8_t { load, shard, worker, management };

/// A call into a plugin that has not returned, as a reader saw it.
struct PluginCall {
  const void* mark = nullptr; // the thread's mark and the call's number in it: together they name the call
  std::uint64_t number = 0;
  std::string plugin, function;
  std::string thread; // "shard 0", "worker 3"
  PluginThread kind = PluginThread::shard;
  protocol::TimePoint since{}; // of the steady clock
};

/// The mark of one thread.
class CallMark {
 public:
  /// The calling thread's own.
  [[nodiscard]] static CallMark& here() noexcept;
  /// The same, unless the thread never was inside a plugin: then nullptr. Also in a signal handler.
  [[nodiscard]] static const CallMark* known() noexcept { return known_; }

  /// The calling thread's own, when it lasts as long as the process; else nullptr. For whoever keeps it.
  [[nodiscard]] static const CallMark* lasting_here() noexcept;

  CallMark() = default;
  CallMark(const CallMark&) = delete;
  CallMark& operator=(const CallMark&) = delete;

  /// The call that the thread is inside; nullopt: none. Any thread; may miss a call that begins or ends meanwhile. The
  /// plugin's host lives.
  [[nodiscard]] std::optional<PluginCall> read() const;

  /// For the thread itself; nullptr: it is inside no plugin.
  [[nodiscard]] openl2tp_host* host() const noexcept { return host_.load(std::memory_order_relaxed); }
  [[nodiscard]] const char* function() const noexcept { return function_.load(std::memory_order_relaxed); }

 private:
  friend class InsidePlugin;
  friend std::vector<PluginCall> plugin_calls();
  struct Place;
  static constinit thread_local const CallMark* known_;

  void set(openl2tp_host* host, const char* function, PluginThread kind, protocol::TimePoint since) noexcept;

  // A reader takes what lies between two equal, even values of changes_.
  std::atomic<std::uint64_t> changes_{0};
  std::atomic<openl2tp_host*> host_{nullptr};
  std::atomic<const char*> function_{nullptr};
  std::atomic<PluginThread> kind_{PluginThread::shard};
  std::atomic<protocol::TimePoint> since_{};
  std::atomic<bool> taken_{false};
  std::array<std::atomic<char>, 16> thread_{}; // its name, when it came here first
};

/// Marks the calling thread as inside `function` of a plugin for its life. `function` is NUL-terminated and outlives
/// it. Only door.hpp makes one.
class InsidePlugin {
 public:
  InsidePlugin(openl2tp_host& host, const char* function, PluginThread kind, protocol::TimePoint since) noexcept;
  ~InsidePlugin();
  InsidePlugin(const InsidePlugin&) = delete;
  InsidePlugin& operator=(const InsidePlugin&) = delete;

 private:
  CallMark& mark_;
  openl2tp_host* host_; // of the call around this one
  const char* function_;
  PluginThread kind_;
  protocol::TimePoint since_;
};

/// The calls into plugins that have not returned, of all threads. Any thread.
[[nodiscard]] std::vector<PluginCall> plugin_calls();

} // namespace openl2tp::runtime
