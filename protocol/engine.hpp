// The engine: many tunnels behind five verbs, without I/O, clock or threads. It finds the tunnel of a datagram, gives
// out ids, keeps the limits, and says in actions what is to be done. RFC 2661 §5 and §7.
//
// Thread rule: one caller at a time, the shard's pump. It must not be called from its own Policy or TraceSink.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/action.hpp"
#include "protocol/services.hpp"
#include "protocol/tunnel/tunnel.hpp"
#include "protocol/tunnel_ids.hpp"
#include "protocol/tunnel_tables.hpp"

namespace openl2tp::protocol {

struct EngineSettings {
  std::uint32_t shard = 0, shards = 1; // tunnel ids satisfy id % shards == shard
  HalfOpenLimits half_open;
  MessagePool::Limits message_memory; // for control messages that wait
};

enum class CommandError : std::uint8_t {
  no_such_tunnel,
  no_such_session,
  tunnel_closing, // no new calls on it
  no_tunnel_id,   // all ids of the class are in use
  no_session_id,
  id_in_use,            // the wanted id is not free
  session_limit,        // of the tunnel
  peer_cannot_call_out, // it sent no Bearer Capabilities (§6.9)
  wrong_state,          // of the session: bearer_up() without OpenBearer, SLI before it is up
  hiding_needs_secret,
};

class Engine {
 public:
  /// `random`, `policy` and `sink` outlive the engine; `sink` may be null.
  Engine(const EngineSettings& settings, RandomSource& random, Policy& policy, TraceSink* sink, TimePoint start);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // ---- the verbs ----

  /// Any UDP payload that arrived on `from`. Views are not kept.
  void handle_datagram(Octets datagram, const Route& from, TimePoint now);
  /// To call when next_deadline() has come; harmless earlier.
  void handle_timeout(TimePoint now);
  /// Everything that arrived together has been handled, and what it asks for has been done: tunnels that still owe
  /// their peer an acknowledgement send a ZLB (§5.8). To call before the caller waits for more, and then to take the
  /// actions.
  void end_turn(TimePoint now);
  /// nullopt while there is nothing to wait for. Cheap; may be earlier than anything visible happens.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;
  /// Swaps the actions that piled up into `batch`, whose old content is dropped. Perform them in order.
  void take_actions(ActionBatch& batch);

  // ---- commands ----

  /// Sends SCCRQ to route.path.peer. `wanted`: an id to use, of this engine's class.
  /// @error no_tunnel_id, id_in_use, hiding_needs_secret
  [[nodiscard]] tl::expected<TunnelId, CommandError> open_tunnel(const Route& route,
                                                                 std::shared_ptr<const TunnelSettings> settings,
                                                                 std::optional<TunnelId> wanted, std::uintptr_t user,
                                                                 TimePoint now);
  /// Sends StopCCN; on a tunnel that is closing already, nothing.  @error no_such_tunnel
  tl::expected<void, CommandError> close_tunnel(TunnelId tunnel, const Reason& reason, TimePoint now);
  /// Opens a call of settings->type lac_incoming or lns_outgoing; it waits for the tunnel when that is not up yet.
  /// @error no_such_tunnel, tunnel_closing, no_session_id, id_in_use, session_limit, peer_cannot_call_out
  [[nodiscard]] tl::expected<SessionId, CommandError> open_session(TunnelId tunnel,
                                                                   std::shared_ptr<const SessionSettings> settings,
                                                                   std::optional<SessionId> wanted, std::uintptr_t user,
                                                                   TimePoint now);
  /// Sends CDN.  @error no_such_tunnel, no_such_session
  tl::expected<void, CommandError> close_session(TunnelId tunnel, SessionId session, const Reason& reason,
                                                 TimePoint now);
  /// Answers OpenBearer.  @error no_such_tunnel, no_such_session, wrong_state
  tl::expected<void, CommandError> bearer_up(TunnelId tunnel, SessionId session, const BearerSpeeds& speeds,
                                             TimePoint now);
  tl::expected<void, CommandError> bearer_failed(TunnelId tunnel, SessionId session, const Reason& reason,
                                                 TimePoint now);
  /// As LNS, tells the LAC the ACCM that PPP agreed on (§6.14).  @error no_such_tunnel, no_such_session, wrong_state
  tl::expected<void, CommandError> send_accm(TunnelId tunnel, SessionId session, const Accm& accm, TimePoint now);
  /// As LAC, reports call errors (§6.13).  @error as send_accm
  tl::expected<void, CommandError> send_call_errors(TunnelId tunnel, SessionId session, const CallErrors& errors,
                                                    TimePoint now);
  /// Asks the peer of an established tunnel for a sign of life now: HELLO, unless a message waits for its
  /// acknowledgement already. Other tunnels are left alone.
  void probe_tunnel(TunnelId tunnel, TimePoint now);
  /// A peer's SCCRQ with the tie breaker `winner` reached another engine of this daemon: ours to that peer that do not
  /// beat it end (§4.4.3).
  void lose_ties(const IpAddress& peer, const TieBreaker& winner, TimePoint now);
  /// @error no_such_tunnel, no_such_session
  tl::expected<void, CommandError> modify_tunnel(TunnelId tunnel, std::shared_ptr<const TunnelSettings> settings,
                                                 TimePoint now);
  tl::expected<void, CommandError> modify_session(TunnelId tunnel, SessionId session,
                                                  std::shared_ptr<const SessionSettings> settings);

  /// Keeps `tunnel` from being given out, for a tunnel that is to come back under its id. False when it is in use.
  [[nodiscard]] bool reserve_id(TunnelId tunnel) { return ids_.claim(tunnel); }
  /// Ends a reservation: the id is free for open_tunnel() with that id `wanted`, and rests for everybody else.
  void unreserve_id(TunnelId tunnel, TimePoint now) { ids_.release(tunnel, now); }

  // ---- looking ----

  [[nodiscard]] Tunnel* find(TunnelId tunnel) const noexcept;
  [[nodiscard]] Session* find(TunnelId tunnel, SessionId session) const noexcept;
  /// Ids of all tunnels, ascending; those that are closing too.
  [[nodiscard]] std::vector<TunnelId> tunnels() const;
  [[nodiscard]] std::size_t tunnel_count() const noexcept { return tunnel_count_; }
  [[nodiscard]] std::size_t session_count() const noexcept { return services_.sessions; }
  [[nodiscard]] const EngineCounters& counters() const noexcept { return services_.counters; }
  /// For what only the runtime can count.
  [[nodiscard]] EngineCounters& counters() noexcept { return services_.counters; }
  /// To call when a SendDatagram could not be performed: counts it, for the system and for its tunnel. The peer's
  /// retransmission or ours makes up for it.
  void note_send_failure(TunnelId tunnel, Octets datagram) noexcept;
  void reset_counters() noexcept { services_.counters = {}; }
  /// Memory of the control messages that wait: unacknowledged, queued or early. No messages when nothing is under way.
  [[nodiscard]] const MessagePool::Usage& message_memory() const noexcept { return services_.pool.usage(); }
  /// Who owns AVPs of other vendors; null, as in the beginning, for nobody. It outlives the engine.
  void set_vendor_avp_owner(VendorAvpOwner* owner);
  void set_system_trace(TraceMask mask) noexcept { services_.system_trace = mask; }

  // ---- for tests of whole daemons ----

  /// Ids of tunnels and sessions in sequence instead of random ones, or random ones again. Tunnel ids are of this
  /// engine's class; session ids count through all of its tunnels. One in use is passed over.
  void set_sequential_ids(bool on) noexcept;
  /// Both sequences begin anew, with the lowest id.
  void restart_ids() noexcept;
  /// Whether TunnelGone and SessionEnded carry what ended. Who takes it must let go of it before the engine ends.
  void keep_ended(bool tunnels, bool sessions) noexcept;

 private:
  void begin(TimePoint now) { services_.now = now; }
  void end();
  void handle_control(Octets datagram, const Route& from);
  void handle_data(Octets datagram, const Route& from);
  void handle_without_tunnel(const ControlDatagram& datagram, const Route& from);
  void handle_sccrq(const ControlDatagram& datagram, const Sccrq& request, const Route& from);
  /// For a StopCCN of a peer that knows no id of ours. False when there is no tunnel that it can be about.
  bool handle_stopccn_by_peer(const ControlDatagram& datagram, std::uint16_t assigned_tunnel_id, const Route& from);
  /// False when the SCCRQ must not be answered.
  [[nodiscard]] bool resolve_tie(const Sccrq& request, const Route& from);
  void lose_pending(const IpAddress& peer, const TieBreaker& winner);
  void refuse_tunnel(const Route& from, std::uint16_t assigned_tunnel_id, const Reason& reason);
  /// The farewell that a message is about, not the successor of its tunnel under the same id.
  [[nodiscard]] const Farewell* farewell_for(const ControlDatagram& datagram) const;
  void acknowledge(const Farewell& farewell, const Route& from);
  void count_header_error(HeaderError error);
  Tunnel& add_tunnel(TunnelId id, const Route& route, std::shared_ptr<const TunnelSettings> settings, bool initiator);
  [[nodiscard]] std::optional<TunnelId> allocate_tunnel_id();
  void forget(Tunnel& tunnel);
  /// Calls act(Tunnel&, Session&) within an engine call.
  template <class Act>
  tl::expected<void, CommandError> with_session(TunnelId tunnel, SessionId session, TimePoint now, Act act);

  EngineSettings settings_;
  Services services_;
  TunnelIds ids_;
  TunnelTables tables_;
  std::vector<std::unique_ptr<Tunnel>> tunnels_; // by id / shards
  std::size_t tunnel_count_ = 0;
};

} // namespace openl2tp::protocol
