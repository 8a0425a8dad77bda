// A shard: one thread with its loop, ring, engine, sockets and plugin instances. A tunnel and all its sessions live on
// one shard for life. Here the engine's actions are performed and its questions answered; nothing takes a lock or
// blocks. How shards are put together and spoken to is service.hpp's and sharded_control.hpp's business.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/engine.hpp"
#include "runtime/control.hpp"
#include "runtime/coro/event.hpp"
#include "runtime/coro/scope.hpp"
#include "runtime/dataplane/frames_path.hpp"
#include "runtime/dataplane/kernel_path.hpp"
#include "runtime/environment.hpp"
#include "runtime/events.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/loop/reply.hpp"
#include "runtime/loop/worker_pool.hpp"
#include "runtime/net/endpoint_group.hpp"
#include "runtime/net/listening.hpp"
#include "runtime/net/loss_report.hpp"
#include "runtime/net/peer_troubles.hpp"
#include "runtime/net/udp_endpoint.hpp"
#include "runtime/plugin/call_mark.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/plugin/plugin_loop.hpp"
#include "runtime/plugin/vendor_avps.hpp"
#include "runtime/profiles/profiles.hpp"
#include "runtime/ring/features.hpp"
#include "runtime/ring/ring.hpp"
#include "runtime/shard/admission.hpp"
#include "runtime/shard/crossings.hpp"
#include "runtime/shard/event_bus.hpp"
#include "runtime/shard/fault_injector.hpp"
#include "runtime/shard/held_ends.hpp"
#include "runtime/shard/ppp_set_up.hpp"
#include "runtime/shard/system_random.hpp"
#include "runtime/shard/tunnel_book.hpp"
#include "runtime/shard/tunnel_sockets.hpp"
#include "runtime/trace/log.hpp"
#include "runtime/trace/sink.hpp"

namespace openl2tp::runtime {

class Shard;

/// What all shards of a daemon see of each other.
struct ShardGroup {
  std::vector<std::unique_ptr<Shard>> shards;
  // Set where the shards have no threads: lets them turn once while somebody waits for an answer of theirs. Returns
  // false when the time for that is over.
  std::function<bool()> drive;
  ObjectCounts counts; // counted when a tunnel or session is admitted
  // Opens the sockets of tunnels that do not use the daemon's own port.
  std::function<tl::expected<UdpSocket, SocketError>(const protocol::Endpoint&, const SocketOptions&)> open_socket =
      open_tunnel_socket;
  std::atomic<bool> fault_fired{false}; // of fault injection: its trigger
  std::unique_ptr<Crossings> crossings; // null: one shard
  bool ports_apart = false;             // tunnels must differ in addresses or ports; fixed before the shards start
  EventHub events;
};

/// Makes the ring of a shard, in its thread. @error one line for the operator.
using MakeRing = std::function<tl::expected<std::unique_ptr<Ring>, std::string>()>;

/// io_uring with these features.
[[nodiscard]] MakeRing uring(const Features& features);

/// Everything that a shard has of the world outside: tests pass their own of each.
struct ShardOptions {
  std::uint32_t index = 0, count = 1;
  MakeRing make_ring;
  UdpPoolOptions udp = {};
  Environment* environment = &system_environment();
  std::vector<UdpSocket> sockets; // one a listening address, in the same order on every shard
  const PluginSet* plugins = nullptr;
  Log* log = nullptr;
  ShardGroup* group = nullptr;
  WorkerPool* workers = nullptr; // for what waits in the kernel
  KernelCalls* kernel = nullptr; // null: no kernel data path
  UniqueFd spawner_channel;      // to the process that starts programs; empty: plugins cannot
  pid_t spawner_process = 0;
  std::uint32_t ppp_setups = 0; // of all shards at once; 0: no bound
  protocol::HalfOpenLimits half_open;
  SystemConfig system; // these two until they are changed
  std::shared_ptr<const Profiles> profiles;
};

class Shard final : public LoopHook,
                    public DatagramSink,
                    public protocol::Policy,
                    public PluginShard,
                    public KernelPathSink,
                    public PppSetUp::Owner {
 public:
  explicit Shard(ShardOptions options);
  ~Shard(); // join() was called

  // A shard either has a thread of its own, by start(), or is turned by a caller: begin(), turn() until finished(),
  // end(), all in one thread.

  /// Starts the thread. @return what came of it: empty when the shard runs, else one line saying why not.
  [[nodiscard]] Future<std::string> start();
  /// Any thread: closes all tunnels with StopCCN, waits for their acknowledgement until `patience` is over, then ends.
  void request_shutdown(protocol::Duration patience);
  void join();

  /// @return empty, or one line saying why it cannot run; then there is nothing to turn and nothing to end.
  [[nodiscard]] std::string begin();
  /// One turn of the loop; with `block` it may sleep. @return true when something was done.
  bool turn(bool block) { return loop_->turn(block); }
  [[nodiscard]] std::optional<protocol::TimePoint> next_turn() const noexcept { return loop_->next_deadline(); }
  /// What request_shutdown() asked for is done.
  [[nodiscard]] bool finished() const noexcept { return loop_->finished(); }
  void end();

  /// Any thread. The message runs in the shard's thread. @return false when the mailbox is full or the shard has ended.
  template <class Call>
  [[nodiscard]] bool post(Call call) {
    posting_.fetch_add(1); // before the look: the shard that ends waits for those who may have seen its mailbox
    Mailbox* mailbox = mailbox_.load();
    const bool taken = mailbox != nullptr && mailbox->call(std::move(call));
    posting_.fetch_sub(1);
    return taken;
  }

  [[nodiscard]] std::uint32_t index() const noexcept { return options_.index; }
  /// Any thread: the call into a plugin that the shard's thread is inside.
  [[nodiscard]] std::optional<PluginCall> plugin_call() const {
    const CallMark* mark = mark_.load();
    return mark == nullptr ? std::nullopt : mark->read();
  }

  // ---- [shard] management, each called through post() ----

  [[nodiscard]] ControlResult<protocol::TunnelId> create_tunnel(std::shared_ptr<const TunnelConfig> config,
                                                                TunnelSocket socket);
  [[nodiscard]] ControlResult<void> close_tunnel(protocol::TunnelId tunnel, const std::string& reason);
  [[nodiscard]] ControlResult<void> modify_tunnel(protocol::TunnelId tunnel, const TunnelParameters& change);
  [[nodiscard]] ControlResult<TunnelReport> report_tunnel(protocol::TunnelId tunnel) const;
  [[nodiscard]] std::vector<std::uint16_t> list_tunnels() const;
  [[nodiscard]] std::optional<protocol::TunnelId> find_tunnel(const std::string& name) const;

  /// Addresses and number of tunnels, one entry for each pair.
  [[nodiscard]] std::vector<PeerReport> list_peers() const;
  [[nodiscard]] std::vector<UserReport> list_users() const;
  [[nodiscard]] UserPage users_after(std::uint16_t tunnel, std::uint16_t session, std::uint32_t most) const;
  /// Tunnels that name this peer profile, those that linger or wait to be tried again included.
  [[nodiscard]] std::uint32_t peer_profile_uses(const std::string& name) const { return book_.profile_uses().of(name); }
  [[nodiscard]] const ProfileUses& peer_profile_uses() const noexcept { return book_.profile_uses().all(); }
  /// As Control::profile_users(), of this shard. Costs a look at each tunnel and session of the operator's.
  [[nodiscard]] std::vector<std::string> profile_users(ProfileKind kind, const std::string& name,
                                                       std::size_t most) const;
  /// True when a tunnel of this shard to `peer` that is not closing has this config_id.
  [[nodiscard]] bool has_config_id(const protocol::IpAddress& peer, std::uint32_t config_id) const;

  [[nodiscard]] ControlResult<protocol::SessionId> create_session(protocol::TunnelId tunnel,
                                                                  const SessionParameters& parameters);
  [[nodiscard]] ControlResult<void> close_session(protocol::TunnelId tunnel, const SessionName& session,
                                                  const std::string& reason);
  [[nodiscard]] ControlResult<void> modify_session(protocol::TunnelId tunnel, const SessionName& session,
                                                   const SessionParameters& change);
  [[nodiscard]] ControlResult<SessionReport> report_session(protocol::TunnelId tunnel,
                                                            const SessionName& session) const;
  [[nodiscard]] ControlResult<std::vector<std::uint16_t>> list_sessions(protocol::TunnelId tunnel) const;

  struct Totals {
    protocol::EngineCounters counters;
    std::uint32_t tunnels = 0, sessions = 0;
  };
  [[nodiscard]] Totals totals() const;
  void reset_statistics() noexcept;
  void set_system(const SystemConfig& system);
  void set_profiles(std::shared_ptr<const Profiles> profiles) noexcept {
    admission_->set_profiles(std::move(profiles));
  }

  struct FaultTotals {
    std::uint32_t received_dropped = 0, sent_dropped = 0;
  };
  [[nodiscard]] FaultTotals fault_totals() const noexcept;
  void set_faults(const FaultSettings& settings, bool reset_ids);

  /// A peer's SCCRQ with this tie breaker reached another shard.
  void lose_ties(const protocol::IpAddress& peer, const protocol::TieBreaker& winner);
  /// Whether a tunnel that is not down lies, or may lie, between these. Known only where the group keeps ports apart.
  [[nodiscard]] bool has_tunnel_between(const protocol::Path& path) const { return book_.has_path(path); }
  /// A HELLO and three retransmissions of it, while its rival on the same way is heard.
  static constexpr protocol::Duration probe_patience{7'000};
  static constexpr protocol::Duration probe_look{100};
  /// What is known of a tunnel whose peer may be gone; for whoever waits for it, on any shard.
  enum class Life : std::uint8_t { unknown, alive, gone };
  using Verdict = std::shared_ptr<std::atomic<Life>>;
  /// Finds out whether the tunnel's peer still lives: another tunnel needs what it holds on to. One whose peer says
  /// nothing for `probe_patience` is closed.
  void probe_tunnel(protocol::TunnelId tunnel, Verdict verdict);
  /// A datagram that another shard received for this one.
  void take_over(std::span<const std::byte> octets, const protocol::Route& route);

 private:
  struct ShutdownRequest {
    protocol::Duration patience{0};
  };

  // shard.cpp
  void run(Promise<std::string> started);
  [[nodiscard]] std::string prepare();
  Task<int> main_task();
  Task<void> close_all_tunnels(protocol::Duration patience);
  Task<void> tell_suppressed();
  Task<void> end_plugins();
  void on_datagrams(UdpEndpoint& endpoint, std::span<const Datagram> batch) noexcept override;
  void on_refused(UdpEndpoint& endpoint, std::uint32_t tag, std::span<const std::byte> octets) noexcept override;
  void on_trouble(UdpEndpoint& endpoint, const protocol::Endpoint& peer, const Trouble& trouble) noexcept override;
  void on_tunnel_trouble(const protocol::Endpoint& peer, const Trouble& trouble) noexcept override;
  /// What kept datagrams from a peer that fell silent lately; empty when nothing is known.
  [[nodiscard]] std::string trouble_of(const protocol::IpAddress& peer) const;
  void tell_losses();
  void before_wait(protocol::TimePoint now) noexcept override;
  [[nodiscard]] std::optional<protocol::TimePoint> next_deadline() const noexcept override;

  // shard_policy.cpp
  tl::expected<protocol::TunnelAdmission, protocol::Refusal> admit_tunnel(const protocol::Route& route,
                                                                          const protocol::Sccrq& request) override;
  tl::expected<protocol::TunnelAdmission, protocol::Refusal>
  admit_returning_tunnel(const protocol::Route& route, const protocol::Sccrq& request) override;
  void withdraw_tunnel(std::uintptr_t user) override;
  protocol::Secret secret_for(const protocol::Endpoint& peer) override;
  tl::expected<protocol::SessionAdmission, protocol::Refusal>
  admit_session(protocol::TunnelId tunnel, std::uintptr_t tunnel_user, const protocol::Message& request) override;
  void withdraw_session(std::uintptr_t user) override;
  void note_crossing(const protocol::IpAddress& peer, const protocol::Crossing& ours) override;
  protocol::Crossing crossing_elsewhere(const protocol::IpAddress& peer) override;
  void lose_elsewhere(const protocol::IpAddress& peer, const protocol::TieBreaker& winner) override;
  tl::expected<protocol::TunnelAdmission, protocol::Refusal> admit(const protocol::Route& route,
                                                                   const protocol::Sccrq& request, bool returning);

  // shard_actions.cpp
  void pump() override;
  void perform(const protocol::SendDatagram& action);
  void perform(const protocol::HandOver& action);
  void perform(const protocol::TunnelCreated& action);
  void perform(const protocol::TunnelUp& action);
  void perform(const protocol::TunnelDown& action);
  void perform(const protocol::TunnelGone& action);
  void perform(const protocol::SessionCreated& action);
  void perform(const protocol::SessionUp& action);
  void perform(const protocol::SessionEnded& action);
  void perform(const protocol::OpenBearer& action);
  void perform(const protocol::AccmReceived& action);
  /// The one end of a tunnel, wherever it was: observers, book and socket.
  void forget_tunnel(protocol::TunnelId tunnel, TunnelRecord& record);

  // shard_faults.cpp
  [[nodiscard]] bool lose_received(std::span<const std::byte> datagram);
  [[nodiscard]] bool lose_sent(const protocol::SendDatagram& action);
  void hold(const protocol::Tunnel& tunnel, const TunnelRecord& record);
  void hold(const protocol::SessionEnded& action, const TunnelRecord* owner, PppReport ppp);
  void release_held_tunnel(protocol::TunnelId tunnel);

  /// nullopt when the engine has forgotten the session, or has another with its ids.
  [[nodiscard]] std::optional<LiveSession> find_live(const SessionKey& key) const {
    return runtime::find_live(*engine_, key);
  }

  // shard_plugins.cpp
  [[nodiscard]] bool has_session(const SessionKey& key) const override;
  [[nodiscard]] std::uint32_t trace_mask(const SessionKey& key) const override;
  void trace(const SessionKey& key, std::uint32_t category, std::string_view line) override;
  [[nodiscard]] std::optional<SessionKey> key_of_session(protocol::TunnelId tunnel, protocol::SessionId session) const;
  void handle_plugin_events();
  void note_ppp_facts(const SessionKey& key, bool is_up);
  [[nodiscard]] static std::string ppp_up_text(const SessionKey& key, const PppFacts* facts);
  [[nodiscard]] UserReport user_report(protocol::TunnelId tunnel, protocol::SessionId session,
                                       const SessionRecord& record) const;
  [[nodiscard]] PppReport ppp_report(protocol::TunnelId tunnel, protocol::SessionId session,
                                     const SessionRecord& record) const;
  void tell_end();

  // shard_ppp.cpp
  [[nodiscard]] Task<bool> peer_is_gone(protocol::TunnelId tunnel) override;
  Task<void> probe(protocol::TunnelId tunnel, Verdict verdict);
  [[nodiscard]] bool send_frame(const SessionKey& key, std::span<const std::byte> frame, bool priority) override;
  void take_datagram(std::span<const std::byte> octets, const protocol::Route& route, bool truncated);
  void on_tunnel_datagram(std::span<const std::byte> octets, const protocol::Route& route) noexcept override;
  void on_tunnel_datagrams_end() noexcept override;
  void add_data_statistics(protocol::TunnelId tunnel, TunnelStatistics& statistics) const;
  [[nodiscard]] SessionStatistics data_statistics(protocol::TunnelId tunnel, protocol::SessionId session) const;

  // shard_persistence.cpp
  void keep_for_revival(protocol::TunnelId tunnel, TunnelRecord* record);
  Task<void> revive_tunnel(protocol::TunnelId tunnel, std::uint32_t serial, protocol::TimePoint when);
  void retry_later(protocol::TunnelId tunnel, protocol::SessionId session, WaitingSession& waiting);
  Task<void> retry_session(protocol::TunnelId tunnel, protocol::SessionId session, std::uint32_t serial,
                           protocol::TimePoint when);
  void reopen_session(protocol::TunnelId tunnel, protocol::SessionId session);
  void reopen_sessions(protocol::TunnelId tunnel);
  [[nodiscard]] bool takes_calls(protocol::TunnelId tunnel) const noexcept;

  // shard_commands.cpp
  [[nodiscard]] std::int64_t wall_clock() const noexcept; // in seconds
  [[nodiscard]] protocol::Route route_of(const TunnelConfig& config, std::uint32_t socket) const noexcept;
  /// Of a tunnel that the engine has or that waits to be tried again; nullptr for others.
  [[nodiscard]] TunnelRecord* record_of(protocol::TunnelId tunnel) const noexcept;
  struct NamedSession { // one of the two is not null
    TunnelRecord& owner;
    protocol::SessionId id;
    protocol::Session* live;
    WaitingSession* waiting; // to be tried again
  };
  [[nodiscard]] ControlResult<NamedSession> find_session(protocol::TunnelId tunnel, const SessionName& session) const;
  [[nodiscard]] TunnelMode mode_of(const protocol::Tunnel& tunnel) const noexcept;

  ShardOptions options_;
  std::thread thread_;
  std::atomic<Mailbox*> mailbox_{nullptr};     // null before the shard runs and after
  std::atomic<std::uint32_t> posting_{0};      // threads inside post()
  std::atomic<const CallMark*> mark_{nullptr}; // of the shard's thread; null before it runs

  // Made in the shard's thread, alive while it runs.
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<UdpPool> pool_;
  std::unique_ptr<TunnelSockets> sockets_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<TraceWriter> trace_;
  std::unique_ptr<LoopWorkers> workers_;
  std::unique_ptr<KernelPath> kernel_path_; // null where the kernel has no L2TP
  std::unique_ptr<FramesPath> frames_path_;
  std::unique_ptr<SpawnerClient> spawner_;
  std::unique_ptr<PluginHost> plugins_;
  std::vector<openl2tp_loop*> plugin_loops_; // one a plugin; they stay until the process ends
  SystemRandom random_;
  FaultInjector faults_;
  std::unique_ptr<PluginVendorAvps> vendor_avps_; // null: no plugin owns any
  std::unique_ptr<protocol::Engine> engine_;
  std::unique_ptr<EventBus> events_;
  std::unique_ptr<PppSetUp> ppp_;
  std::unique_ptr<TaskScope> scope_;
  std::optional<Task<int>> main_;
  Event shutdown_;
  ShutdownRequest shutdown_request_;

  TunnelBook book_;
  HeldEnds held_;
  PeerTroubles troubles_;
  LossReport losses_told_;
  protocol::ActionBatch batch_;
  bool pumping_ = false;
  bool unpumped_ = false; // the engine has had control messages since the last pump()
};

} // namespace openl2tp::runtime
