// What happens to the tunnels and sessions of a shard, for everyone who wants to know: a line for the log at a bounded
// rate, an event for those who watch, facts for the plugins that observe. [shard]
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "protocol/engine.hpp"
#include "runtime/environment.hpp"
#include "runtime/events.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/shard/records.hpp"
#include "runtime/trace/log.hpp"
#include "runtime/trace/rate.hpp"

namespace openl2tp::runtime {

class EventBus {
 public:
  /// What it tells from. All outlive it.
  struct Sources {
    const Loop& loop;
    Environment& environment;
    const protocol::Engine& engine;
    PluginHost& plugins;
    Log& log;
    EventHub& monitor;
  };
  explicit EventBus(const Sources& sources)
      : loop_(sources.loop), environment_(sources.environment), engine_(sources.engine), plugins_(sources.plugins),
        log_(sources.log), monitor_(sources.monitor) {}
  EventBus(const EventBus&) = delete;
  EventBus& operator=(const EventBus&) = delete;

  // ---- log and monitor

  /// One line for the log, unless there were too many.
  void log(const std::string& line);
  void warn(const std::string& line);
  /// Says how many lines there were too many. To be called every second.
  void log_held_back();
  /// A line for the log, and an event for those who watch.
  void report(MonitorEvent::Kind kind, protocol::TunnelId tunnel, protocol::SessionId session, std::string line);
  /// Whether somebody watches. Ask before composing the text of publish().
  [[nodiscard]] bool watched() const noexcept { return monitor_.wanted(); }
  /// An event that is not worth a line.
  void publish(MonitorEvent::Kind kind, protocol::TunnelId tunnel, protocol::SessionId session, std::string text = {});

  // ---- observers; `event` is OPENL2TP_EVENT_*

  [[nodiscard]] bool has_observers() const noexcept { return plugins_.has_observers(); }
  /// Of a session that the engine has; nothing when it has ended.
  void tell(std::uint32_t event, const SessionKey& key, const protocol::Reason& reason);
  /// That a session is down and deleted.
  void tell_ended(const protocol::SessionEnded& action, const SessionRecord& record);
  /// Of a tunnel whose creation was told.
  void tell(std::uint32_t event, protocol::TunnelId id, const TunnelRecord& record, const protocol::Reason& reason);
  void tell_created(protocol::TunnelId id);
  void tell_deleted(protocol::TunnelId id, TunnelRecord& record);

 private:
  void tell(std::uint32_t event, const SessionKey& key, const SessionRecord& record, openl2tp_session_facts& facts,
            const protocol::Reason& reason);
  void note_peer(const protocol::IpAddress& peer, const protocol::IpAddress& local, bool begins);

  const Loop& loop_;
  Environment& environment_;
  const protocol::Engine& engine_;
  PluginHost& plugins_;
  Log& log_;
  EventHub& monitor_;
  TokenBucket lines_{50};
  // Tunnels between each pair of addresses, the peer's first; kept for observers alone.
  std::map<std::pair<protocol::IpAddress, protocol::IpAddress>, std::uint32_t> observed_peers_;
};

} // namespace openl2tp::runtime
