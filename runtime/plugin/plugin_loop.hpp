// One shard's event loop as one plugin sees it: its timers, watches, children, works and posted calls, with their
// bounds, and an account of which rules of openl2tp/host.h the plugin broke. The ABI's functions around it are
// loop_services.hpp's; sessions are nobody's business here.
//
//   openl2tp_loop& loop = make_plugin_loop({.loop = ..., ...});    // in the shard's thread, one for each plugin
//   plugin.shard_start(&shard, &loop, ...);
//   ...
//   co_await loop.drain();       // sessions are closed: works come back, posted calls run, nothing new is taken
//   plugin.shard_stop(shard);
//   loop.close();                // at once: nothing calls the plugin any more; what it left is ended and named
//   co_await loop.end();         // until the kernel and the pool hold nothing of it
//   // then the worker pool's and the spawner's end of this shard may go, and the loop
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "openl2tp/host.h"
#include "runtime/coro/event.hpp"
#include "runtime/coro/scope.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/loop/worker_pool.hpp"
#include "runtime/plugin/handle_table.hpp"
#include "runtime/plugin/host_services.hpp"
#include "runtime/process/spawner_client.hpp"

namespace openl2tp::runtime {

struct PluginLoopLimits {
  std::size_t timers = 1'048'576; // at most this
  std::size_t watches = 65'536;   // those that are ending included
  std::size_t children = 65'536;
  std::size_t calls = 65'536; // of run_on_shard, waiting
};

/// What a plugin's loop is made of. All of it outlives end().
struct PluginLoopParts {
  Loop& loop;
  LoopWorkers& workers;   // the shard's, shared with whoever else has works
  SpawnerClient* spawner; // the shard's; nullptr: programs cannot be started
  openl2tp_host& host;    // the plugin's
  PluginLoopLimits limits = {};
};

struct PluginLoopCounters {
  std::uint64_t timers = 0, watches = 0, children = 0, works = 0, calls = 0; // there now
  std::uint64_t refused = 0;                                                 // a bound was reached
  std::uint64_t rules_broken = 0, slow_calls = 0; // each named in the log, at most ten a second
};

} // namespace openl2tp::runtime

struct openl2tp_loop; // NOLINT(readability-identifier-naming): the ABI's name

namespace openl2tp::runtime {

/// [shard], unless something else stands there.
class PluginLoop {
 public:
  using Plain = void (*)(void* user);
  using Ready = void (*)(void* user, std::uint32_t events);
  using Exit = void (*)(void* user, std::int32_t status);

  PluginLoop(const PluginLoop&) = delete;
  PluginLoop& operator=(const PluginLoop&) = delete;

  // ---- for the shard ----

  /// Waits for works and watches that are ending, and calls their functions; then takes nothing new, lets posted calls
  /// run, and returns. After `patience` it names the plugin that keeps it waiting, and takes no new works; those that
  /// run it waits for in any case. The caller stops the plugin's instance next.
  [[nodiscard]] Task<void> drain(protocol::Duration patience = std::chrono::seconds(5));
  /// The plugin is not called any more. Ends what it has left, naming it in the log. Without drain() before, the `done`
  /// of works is not called, either. In the thread that made the loop.
  void close();
  /// close(), at once, unless that was called; then waits until the kernel and the pool hold nothing of it.
  [[nodiscard]] Task<void> end();
  [[nodiscard]] PluginLoopCounters counters() const noexcept;

  // ---- for the ABI ----

  /// The loop that `pointer` is, if it belongs to the calling thread and has not ended; nullptr otherwise: then the
  /// reason is logged, and is in `fault`. [any]
  static PluginLoop* here(openl2tp_loop* pointer, const char* function, openl2tp_status& fault);
  /// The loop that gave out `handle`; as here(). [any]
  static PluginLoop* owner_here(const void* handle, const char* function);

  /// run_on_shard of the loop that `pointer` is, if it is one. [any]
  static openl2tp_status post_call(openl2tp_loop* pointer, Plain call, void* user);
  openl2tp_status run_on_worker(Plain work, Plain done, void* user);
  openl2tp_status make_timer(openl2tp_timer** out, Plain on_timer, void* user);
  void arm_timer(openl2tp_timer* timer, std::uint64_t after_ms);
  void cancel_timer(openl2tp_timer* timer);
  void free_timer(openl2tp_timer* timer);
  openl2tp_status start_watch(openl2tp_watch** out, int fd, std::uint32_t events, Ready on_ready, void* user);
  void stop_watch(openl2tp_watch* watch, Plain stopped, void* user);
  openl2tp_status spawn(openl2tp_child** out, const openl2tp_spawn_params* params, Exit on_exit, void* user);
  void signal_child(openl2tp_child* child, std::int32_t signal);
  void leave_child(openl2tp_child* child, std::uint32_t grace_ms);

 protected:
  PluginLoop(PluginLoopParts parts, std::uint32_t number);
  ~PluginLoop();

 private:
  friend openl2tp_loop& make_plugin_loop(PluginLoopParts parts);
  // NOLINTBEGIN(cppcoreguidelines-virtual-class-destructor): they are final, which the check does not see here
  struct Call;
  struct PluginWork;
  struct PluginTimer;
  struct PluginWatch;
  struct PluginChild;
  // NOLINTEND(cppcoreguidelines-virtual-class-destructor)
  struct Patience final : LoopTimer {
    explicit Patience(PluginLoop& o) noexcept : owner(o) {}
    void on_timer(protocol::TimePoint now) noexcept override;
    PluginLoop& owner;
  };
  // running: everything; closing: nothing new; ended: the plugin is not called, and its shard is gone.
  enum class State : std::uint8_t { running, closing, ended };

  openl2tp_status run_on_shard(Plain call, void* user);
  /// Whether the plugin that the thread is inside may have this loop: its own; outside of any, every one.
  [[nodiscard]] bool is_callers() const noexcept;
  /// Calls a function of the plugin on the shard's thread, and counts what it did wrong.
  template <class Function, class... Arguments>
  void call_plugin(const char* name, Function function, Arguments... arguments);
  [[nodiscard]] bool takes_new(std::size_t there, std::size_t limit);
  void rule_broken(std::string_view what);
  template <class T>
  [[nodiscard]] T* find(HandleTable<T>& table, const void* handle, const char* function);
  [[nodiscard]] bool quiet() const noexcept;
  void changed() noexcept;
  Task<void> wait_until_quiet();
  Task<void> finish_watch(std::unique_ptr<PluginWatch> watch, Plain stopped, void* user);
  void stop_taking() noexcept;
  Task<void> finish();

  Loop& loop_;
  LoopWorkers& workers_;
  SpawnerClient* spawner_;
  openl2tp_host& host_;
  PluginLoopLimits limits_;
  State state_ = State::running;
  HandleTable<PluginTimer> timers_;
  HandleTable<PluginWatch> watches_;
  HandleTable<PluginChild> children_;
  std::size_t works_ = 0;
  std::size_t ending_watches_ = 0;
  std::atomic<std::size_t> calls_{0};
  std::atomic<Mailbox*> mailbox_;         // null: no calls are taken
  std::atomic<std::uint32_t> posting_{0}; // threads that may still be in it
  TaskScope scope_;                       // of watches that are ending
  Event changed_;
  Patience patience_{*this};
  std::uint64_t refused_ = 0, rules_broken_ = 0, slow_calls_ = 0;
  PluginLoop* next_here_ = nullptr;   // others of the same thread
  PluginLoop* made_before_ = nullptr; // of all that ever were; fixed
};

/// Makes the loop of one plugin and shard, in the shard's thread. The object stays until the process ends, so that a
/// thread of the plugin that is late finds an ended loop where it would find freed memory.
[[nodiscard]] openl2tp_loop& make_plugin_loop(PluginLoopParts parts);

} // namespace openl2tp::runtime

/// What a plugin holds. The name is the C ABI's, hence the global namespace.
struct openl2tp_loop final : openl2tp::runtime::PluginLoop { // NOLINT(readability-identifier-naming)
  openl2tp_loop(openl2tp::runtime::PluginLoopParts parts, std::uint32_t number)
      : PluginLoop(std::move(parts), number) {}
};
