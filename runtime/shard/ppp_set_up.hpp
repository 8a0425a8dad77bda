// From "session up" to "PPP open", and its end: chooses the plugin and the data path, builds it, keeps the bound on how
// many do so at once. [shard]
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/engine.hpp"
#include "runtime/coro/scope.hpp"
#include "runtime/dataplane/frames_path.hpp"
#include "runtime/dataplane/kernel_path.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/shard/admission.hpp"
#include "runtime/shard/event_bus.hpp"
#include "runtime/shard/live_session.hpp"
#include "runtime/shard/set_up_gate.hpp"
#include "runtime/shard/tunnel_sockets.hpp"

namespace openl2tp::runtime {

class PppSetUp {
 public:
  /// The shard, as far as setting up PPP needs it.
  class Owner {
   public:
    /// What was asked of the engine is to be performed.
    virtual void pump() = 0;
    /// Finds out whether the peer of a tunnel, of any shard, is dead; then the tunnel is being closed.
    [[nodiscard]] virtual Task<bool> peer_is_gone(protocol::TunnelId tunnel) = 0;

   protected:
    ~Owner() = default;
  };
  /// What it works with. All outlive it.
  struct Parts {
    Loop& loop;
    protocol::Engine& engine;
    PluginHost& plugins;
    FramesPath& frames;
    KernelPath* kernel; // null where the kernel has no L2TP
    TunnelSockets& sockets;
    const Admission& admission;
    EventBus& events;
  };
  /// How long workers may take to let go of what a tunnel had in the kernel.
  static constexpr protocol::Duration release_patience{3'000};

  /// @param most  set-ups at once in the whole daemon of `shards`; 0: no bound
  PppSetUp(const Parts& parts, const PluginSet& plugins, std::uint32_t most, std::uint32_t shards, Owner& owner);
  PppSetUp(const PppSetUp&) = delete;
  PppSetUp& operator=(const PppSetUp&) = delete;

  /// A session is up: PPP on it, now or when its turn comes. One that cannot have it is cleared.
  void start(const SessionKey& key);
  /// PPP is up, or the session has ended: another may begin.
  void end_set_up(SessionRecord& record);
  /// Lets others begin in place of set-ups that take long. To be called every second.
  void pass_slow();
  /// The configuration of the session has changed.
  void modify(const SessionKey& key);
  /// A session has ended: so do its PPP and its data path. `record` may be null.
  void end(const protocol::SessionEnded& action, SessionRecord* record);
  /// Returns when none of its tasks is left. The kernel path was closed.
  [[nodiscard]] Task<void> close();

 private:
  struct FramesTarget { // what the frames path hands the frames of one plugin to
    PluginHost* host;
    const Plugin* provider;
  };
  void begin(const SessionKey& key);
  [[nodiscard]] std::optional<std::uint32_t> data_path_for(const Plugin& provider, const openl2tp_ppp_params& params);
  Task<void> open_on_kernel(SessionKey key, const Plugin* provider);
  [[nodiscard]] bool open_frames(const SessionKey& key, const Plugin& provider);
  void open(const SessionKey& key, const Plugin& provider, const openl2tp_ppp_params& params);
  /// Clears a session whose PPP cannot start: CDN result 4, or 2 when trying again would not help.
  void refuse(const SessionKey& key, std::string_view why, bool temporary = true);
  void begin_set_up(const SessionKey& key, SessionRecord& record);
  static void deliver_frames(void* self, std::span<const openl2tp_frame_in> frames) noexcept;

  static constexpr protocol::Duration look{100};

  Loop& loop_;
  protocol::Engine& engine_;
  PluginHost& plugins_;
  FramesPath& frames_;
  KernelPath* kernel_;
  TunnelSockets& sockets_;
  const Admission& admission_;
  EventBus& events_;
  Owner& owner_;
  SetUpGate gate_;
  std::vector<FramesTarget> targets_; // by the plugin's number
  TaskScope tasks_;
};

} // namespace openl2tp::runtime
