// One shard's view of the plugins: opens and closes PPP and bearers of its sessions, asks policies, tells observers,
// keeps account of what was answered, and names a plugin that breaks a rule of the ABI. How a file becomes a plugin is
// loader.hpp's business; what an event does to a session is the shard's.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "openl2tp/plugin.h"
#include "protocol/ids.hpp"
#include "protocol/policy.hpp"
#include "protocol/wire/message.hpp"
#include "runtime/plugin/loader.hpp"

namespace openl2tp::runtime {

/// One session as the plugins know it: its ids, and the number that tells it from an earlier one with the same ids.
struct SessionKey {
  protocol::TunnelId tunnel;
  protocol::SessionId session;
  std::uint32_t turn = 0; // PluginHost::next_turn(), kept with the session

  bool operator==(const SessionKey&) const = default;
};

/// The daemon's name for it across the ABI, and back.
[[nodiscard]] constexpr openl2tp_session_token token_of(const SessionKey& key) noexcept {
  return std::uint64_t{key.turn} << 32 | std::uint32_t{key.tunnel.value} << 16 | key.session.value;
}
[[nodiscard]] constexpr SessionKey key_of(openl2tp_session_token token) noexcept {
  return {{static_cast<std::uint16_t>(token >> 16)},
          {static_cast<std::uint16_t>(token)},
          static_cast<std::uint32_t>(token >> 32)};
}

/// What a plugin told of PPP that is up: openl2tp_ppp_facts, owned.
struct PppFacts {
  std::string interface_name, user_name, auth_method;
  std::optional<std::uint32_t> unit, process;
  std::optional<std::array<std::uint8_t, 4>> local_ipv4, peer_ipv4;
  std::optional<std::array<std::uint8_t, 8>> local_ipv6, peer_ipv6; // interface identifiers
  std::uint16_t mtu = 0, mru = 0;                                   // 0: not told
  std::uint32_t phase = 0;                                          // OPENL2TP_PPP_PHASE_*; 0: not told
};

/// What a plugin reported about a session. After `down`, `bearer_failed` and `close` the shard clears the session.
struct PluginEvent {
  enum class Kind : std::uint8_t { ppp_up, ppp_facts, ppp_accm, ppp_down, bearer_up, bearer_failed, close };
  Kind kind;
  SessionKey key;
  protocol::Reason reason;              // of the three that end it: for the CDN
  protocol::Accm accm;                  // of ppp_accm
  std::uint32_t tx_bps = 0, rx_bps = 0; // of bearer_up
};

struct PluginCounters {
  std::uint64_t opened = 0, refused = 0, closed = 0, up = 0, down = 0;
  std::uint64_t frames_received = 0, frames_sent = 0, frames_send_lost = 0;
  std::uint64_t rules_broken = 0, slow_calls = 0; // each named in the log, at most ten a second
  std::uint64_t reports_merged = 0;               // with one of the same session that still waited
};

/// The shard, as its plugin host sees it. [shard]
class PluginShard {
 public:
  /// Whether the session lives.
  [[nodiscard]] virtual bool has_session(const SessionKey& key) const = 0;
  [[nodiscard]] virtual std::uint32_t trace_mask(const SessionKey& key) const = 0;
  virtual void trace(const SessionKey& key, std::uint32_t category, std::string_view line) = 0;
  /// Puts a frame on the session's frames path. False when it was lost.
  [[nodiscard]] virtual bool send_frame(const SessionKey& key, std::span<const std::byte> frame, bool priority) = 0;

 protected:
  ~PluginShard() = default;
};

/// [shard] Every member function is called by the shard's thread alone; made and destroyed anywhere. `plugins` and
/// `shard` outlive it.
class PluginHost {
 public:
  PluginHost(const PluginSet& plugins, PluginShard& shard, std::uint32_t shard_index, std::uint32_t shard_count);
  ~PluginHost(); // stop() was called, if start() was
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;

  /// Makes every plugin's instance of this shard. `loop_of` gives the plugin its loop; it may be empty, then it gets
  /// none.
  /// @error one sentence naming the plugin; what was made is undone.
  using LoopOf = std::function<openl2tp_loop*(const Plugin&)>;
  [[nodiscard]] tl::expected<void, std::string> start(const LoopOf& loop_of);
  /// Closes every session and bearer that is still open.
  void close_all();
  /// close_all(), then ends every instance. Does nothing when not started.
  void stop();

  /// A number for a new session. Never 0.
  [[nodiscard]] std::uint32_t next_turn() noexcept;

  // ---- PPP ----

  /// The plugin that takes the session: the first of `profile`'s providers that does not decline it. `params` has
  /// data_path and session_fd filled in for each. nullptr: none.
  [[nodiscard]] const Plugin* choose(openl2tp_ppp_params& params, std::string_view profile);
  /// The data path that the plugin, which takes the session, wants for it instead of its first choice; nullopt: no
  /// wish.
  [[nodiscard]] std::optional<std::uint32_t> wished_data_path(const Plugin& provider,
                                                              const openl2tp_ppp_params& params);
  /// Starts PPP on an established session that is not open. The plugin's reports come out of take_events().
  /// @error what the plugin returned; nothing is open then. The caller clears the session (CDN result 4).
  [[nodiscard]] tl::expected<void, openl2tp_status> open(const SessionKey& key, const Plugin& provider,
                                                         const openl2tp_ppp_params& params);
  /// Stops PPP and the bearer of a session; one that has neither is ignored. `result_code` is that of the CDN, 0
  /// without one.
  void close(protocol::TunnelId tunnel, protocol::SessionId session, std::uint16_t result_code);
  void modify(const SessionKey& key, const openl2tp_ppp_params& params);
  /// What the plugin counted; nothing when it does not count or the session is not open.
  [[nodiscard]] std::optional<openl2tp_ppp_stats> stats(protocol::TunnelId tunnel, protocol::SessionId session);
  /// As LAC: the LNS told its ACCMs.
  void tell_accm(protocol::TunnelId tunnel, protocol::SessionId session, const protocol::Accm& accm);
  /// What the plugin told of it; nullptr: nothing yet.
  [[nodiscard]] const PppFacts* facts(protocol::TunnelId tunnel, protocol::SessionId session) const;
  [[nodiscard]] bool ppp_is_up(protocol::TunnelId tunnel, protocol::SessionId session) const;
  /// Whose session it is; nullptr: it is not open.
  [[nodiscard]] const Plugin* provider_of(protocol::TunnelId tunnel, protocol::SessionId session) const;
  /// The plugin's own pointer of an open session, for its frames; and the frames themselves, of one provider.
  [[nodiscard]] openl2tp_ppp* ppp_of(const SessionKey& key) const;
  void deliver(const Plugin& provider, std::span<const openl2tp_frame_in> frames);

  // ---- bearers ----

  [[nodiscard]] bool places_calls() const noexcept { return plugins_.bearer_provider() != nullptr; }
  /// @error what the plugin returned. The caller clears the session (CDN result 5).
  [[nodiscard]] tl::expected<void, openl2tp_status> open_bearer(const SessionKey& key,
                                                                const openl2tp_bearer_params& params);

  // ---- policies and observers ----

  [[nodiscard]] bool has_policies() const noexcept { return plugins_.has_policies(); }
  [[nodiscard]] tl::expected<void, protocol::Refusal> judge(const openl2tp_tunnel_request& request);
  [[nodiscard]] tl::expected<void, protocol::Refusal> judge(const openl2tp_session_request& request);
  [[nodiscard]] bool has_observers() const noexcept { return plugins_.has_observers(); }
  void observe(std::uint32_t event, const openl2tp_tunnel_facts& facts);
  void observe(std::uint32_t event, const openl2tp_session_facts& facts);
  void observe(std::uint32_t event, const openl2tp_peer_facts& facts);

  // ---- vendor AVPs; `plugin` owns some ----

  [[nodiscard]] bool understands_avp(const Plugin& plugin, std::uint16_t attribute);
  void read_avps(const Plugin& plugin, const openl2tp_message_facts& message, std::span<const openl2tp_avp_in> avps);
  void add_avps(const Plugin& plugin, const openl2tp_message_facts& message, openl2tp_avp_writer& writer);

  // ---- reports ----

  /// Reports since the last call, in order; those of sessions that ended meanwhile are left out. However often plugins
  /// report, at most one of each kind waits for a session that lives: facts are told once, the newest ACCMs and the
  /// first reason for a close count.
  [[nodiscard]] bool has_events() const noexcept { return !events_.empty(); }
  [[nodiscard]] std::vector<PluginEvent> take_events();

  [[nodiscard]] std::size_t open_sessions() const noexcept { return sessions_.size(); }
  [[nodiscard]] const PluginCounters& counters() const noexcept { return counters_; }

  /// Names a broken rule in the log, at a bounded rate, and counts it.
  void rule_broken(openl2tp_host& host, std::string_view what);

  // The way in for host_services: each finds the host of the calling thread that knows `token`.
  static openl2tp_status report_up(openl2tp_host& host, openl2tp_session_token token, const openl2tp_ppp_facts* facts);
  static openl2tp_status report_facts(openl2tp_host& host, openl2tp_session_token token,
                                      const openl2tp_ppp_facts* facts);
  static openl2tp_status report_down(openl2tp_host& host, openl2tp_session_token token, protocol::Reason reason);
  static openl2tp_status report_accm(openl2tp_host& host, openl2tp_session_token token, const protocol::Accm& accm);
  static std::size_t send(openl2tp_host& host, std::span<const openl2tp_frame_out> frames);
  static std::uint32_t trace_mask(openl2tp_host& host, openl2tp_session_token token);
  static void trace(openl2tp_host& host, openl2tp_session_token token, std::uint32_t category, std::string_view line);
  static openl2tp_status ask_close(openl2tp_host& host, openl2tp_session_token token, protocol::Reason reason);
  static openl2tp_status report_bearer_up(openl2tp_host& host, openl2tp_session_token token, std::uint32_t tx_bps,
                                          std::uint32_t rx_bps);
  static openl2tp_status report_bearer_failed(openl2tp_host& host, openl2tp_session_token token,
                                              protocol::Reason reason);

 private:
  struct Session {
    const Plugin* provider = nullptr;
    openl2tp_ppp* ppp = nullptr;
    std::uint32_t turn = 0;
    bool up = false, down = false;
    std::unique_ptr<PppFacts> facts;
  };
  struct Bearer {
    openl2tp_bearer* bearer = nullptr;
    std::uint32_t turn = 0;
    bool answered = false, failed = false;
  };
  struct Found;
  struct FoundBearer;

  /// The key of sessions_ and bearers_.
  [[nodiscard]] static constexpr std::uint32_t ids_of(protocol::TunnelId tunnel, protocol::SessionId session) noexcept {
    return std::uint32_t{tunnel.value} << 16 | session.value;
  }
  [[nodiscard]] static constexpr std::uint32_t ids_of(const SessionKey& key) noexcept {
    return ids_of(key.tunnel, key.session);
  }
  /// "tunnel 7 session 9", for the log.
  [[nodiscard]] static std::string subject(openl2tp_session_token token);

  template <class Known>
  static PluginHost* find_host(openl2tp_host& host, openl2tp_session_token token, const char* function,
                               openl2tp_status& fault, Known known);
  static Found find(openl2tp_host& host, openl2tp_session_token token, const char* function);
  static FoundBearer find_bearer(openl2tp_host& host, openl2tp_session_token token, const char* function);
  /// What waits in events_ of one session.
  struct Waiting {
    std::uint8_t kinds = 0; // bits by PluginEvent::Kind
    protocol::Accm accm{};  // the newest
  };
  /// Puts a report into events_, unless one of its kind waits for the session.
  void take_report(PluginEvent event);
  /// Takes out what a session reported that will never be open.
  void forget_reports(const SessionKey& key);
  /// Names a status that is none.
  void check_status(const Plugin& plugin, const char* function, openl2tp_status status);
  [[nodiscard]] Session* session_of(const SessionKey& key) noexcept;
  [[nodiscard]] const Session* session_of(protocol::TunnelId tunnel, protocol::SessionId session) const noexcept;
  [[nodiscard]] bool take_facts(openl2tp_host& host, Session& session, openl2tp_session_token token,
                                const openl2tp_ppp_facts* facts);
  /// Calls into the plugin, and counts what it did wrong. When it throws, the answer is OPENL2TP_E_FAILED.
  template <class Call>
  std::invoke_result_t<Call&> call(const Plugin& plugin, const char* function, Call what);
  [[nodiscard]] openl2tp_shard* instance(const Plugin& plugin) const noexcept;
  void close_session(openl2tp_session_token token, const Session& session, std::uint16_t result_code);
  void close_bearer(const Bearer& bearer, std::uint16_t result_code);
  [[nodiscard]] tl::expected<void, protocol::Refusal> verdict(const Plugin& plugin, const char* function,
                                                              openl2tp_status status, const openl2tp_refusal& refusal,
                                                              const protocol::Reason& standard);

  // The hosts that were started by this thread. A [shard] function of the plugin called on another thread finds none,
  // or none that knows the token, without touching anything that two threads share.
  static constinit thread_local PluginHost* hosts_here_;
  // The session whose close of this thread's hosts is being called; 0: none.
  static constinit thread_local openl2tp_session_token closing_here_;

  const PluginSet& plugins_;
  PluginShard& shard_;
  std::uint32_t shard_index_, shard_count_;
  bool started_ = false;
  std::uint32_t turn_ = 0;
  std::vector<openl2tp_shard*> instances_;              // by the plugin's number in the set
  std::unordered_map<std::uint32_t, Session> sessions_; // by tunnel id and session id
  std::unordered_map<std::uint32_t, Bearer> bearers_;   // likewise
  std::vector<PluginEvent> events_;
  std::unordered_map<openl2tp_session_token, Waiting> waiting_; // in events_
  PluginCounters counters_;
  PluginHost* next_here_ = nullptr; // other hosts of the same thread: tests run several shards on one
};

} // namespace openl2tp::runtime
