// One shard's view of the plugins: opens and closes PPP of its sessions, keeps account of what was answered, and names
// a plugin that breaks a rule of the ABI. How a file becomes a plugin is loader.hpp's business; what an event does to a
// session is the shard's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "openl2tp/plugin.h"
#include "protocol/ids.hpp"
#include "protocol/result_code.hpp"
#include "runtime/plugin/loader.hpp"
#include "runtime/trace/log.hpp"
#include "runtime/trace/rate.hpp"

namespace openl2tp::runtime {

/// What a plugin is told about a session.
struct PppSession {
  protocol::TunnelId tunnel;
  protocol::SessionId session;
  protocol::PeerTunnelId peer_tunnel;
  protocol::PeerSessionId peer_session;
  bool lns = false;      // we are the LNS of this call
  bool outgoing = false; // an OCRQ made it
};

/// What a plugin reported about a session. With `down` the shard clears the session and calls close().
struct PppEvent {
  enum class Kind : std::uint8_t { up, down };
  Kind kind;
  protocol::TunnelId tunnel;
  protocol::SessionId session;
  protocol::Reason reason; // of `down`: for the CDN
};

struct PluginCounters {
  std::uint64_t opened = 0, refused = 0, closed = 0, up = 0, down = 0;
  std::uint64_t rules_broken = 0, slow_calls = 0; // each named in the log, at most ten a second
};

/// [shard] Every member function is called by the shard's thread alone; made and destroyed anywhere. `plugins` and
/// `log` outlive it.
class PluginHost {
 public:
  PluginHost(const PluginSet& plugins, Log& log, std::uint32_t shard_index);
  ~PluginHost(); // stop() was called, if start() was
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  /// Makes every plugin's instance of this shard.
  /// @error one sentence naming the plugin; what was made is undone.
  [[nodiscard]] tl::expected<void, std::string> start();
  /// Closes every session that is still open and then every instance. Does nothing when not started.
  void stop();

  /// Starts PPP on an established session that is not open. The plugin's reports come out of take_events().
  /// @error what the plugin returned; nothing is open then. The caller clears the session (CDN result 4).
  [[nodiscard]] tl::expected<void, openl2tp_status> open(const PppSession& session);

  /// Stops PPP of a session; one that is not open is ignored. `result_code` is that of the CDN, 0 without one.
  void close(protocol::TunnelId tunnel, protocol::SessionId session, std::uint16_t result_code);

  /// Reports since the last call, in order; those of sessions closed meanwhile are left out. At most two a session.
  [[nodiscard]] bool has_events() const noexcept { return !events_.empty(); }
  [[nodiscard]] std::vector<PppEvent> take_events();

  [[nodiscard]] std::size_t open_sessions() const noexcept { return sessions_.size(); }
  [[nodiscard]] const PluginCounters& counters() const noexcept { return counters_; }

  // The way in for host_services: finds the host of the calling thread that knows `token`.
  static openl2tp_status report_up(openl2tp_host& host, openl2tp_ppp_token token);
  static openl2tp_status report_down(openl2tp_host& host, openl2tp_ppp_token token, std::uint16_t result_code,
                                     std::string_view reason);

 private:
  struct Session {
    openl2tp_ppp* ppp = nullptr;
    std::uint32_t turn = 0; // upper half of the token
    bool up = false, down = false;
  };
  struct Instance {
    const Plugin* plugin;
    openl2tp_shard* shard;
  };
  struct QueuedEvent {
    openl2tp_ppp_token token;
    PppEvent event;
  };
  struct Found;

  static Found find(openl2tp_host& host, openl2tp_ppp_token token, const char* function);
  [[nodiscard]] Session* session_of(openl2tp_ppp_token token) noexcept;
  void rule_broken(const openl2tp_host& host, std::string_view what);
  void call_took(const Plugin& plugin, const char* function, protocol::TimePoint since);
  void close_session(const Session& session, std::uint16_t result_code);

  const PluginSet& plugins_;
  Log& log_;
  std::uint32_t shard_index_;
  bool started_ = false;
  std::uint32_t turn_ = 0;
  std::vector<Instance> instances_;
  openl2tp_shard* ppp_shard_ = nullptr;                 // the instance of the plugin that provides PPP
  std::unordered_map<std::uint32_t, Session> sessions_; // by tunnel id and session id
  std::vector<QueuedEvent> events_;
  PluginCounters counters_;
  TokenBucket complaints_{10};
  PluginHost* next_here_ = nullptr; // other hosts of the same thread: tests run several shards on one
};

} // namespace openl2tp::runtime
