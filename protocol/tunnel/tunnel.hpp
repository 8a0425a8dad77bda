// One tunnel: reliable channel, keepalive, the state machine of RFC 2661 §7.2.1, and its sessions. Cut along the RFC's
// chapters: tunnel.cpp drives, tunnel_setup.cpp makes and judges the messages of §6.1 to §6.4, tunnel_sessions.cpp
// finds the session of a message.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include <tl/expected.hpp>

#include "protocol/action.hpp"
#include "protocol/control/authenticator.hpp"
#include "protocol/control/keepalive.hpp"
#include "protocol/control/reliable_channel.hpp"
#include "protocol/ids.hpp"
#include "protocol/services.hpp"
#include "protocol/session/session.hpp"
#include "protocol/settings.hpp"
#include "protocol/tunnel/tunnel_fsm.hpp"
#include "protocol/tunnel_tables.hpp"

namespace openl2tp::protocol {

/// What the peer said of itself in SCCRQ or SCCRP, and in StopCCN. Owned copies, as sent.
struct TunnelPeer {
  ProtocolVersion protocol_version{0, 0};
  Framing framing_capabilities{};
  Bearer bearer_capabilities{};
  bool has_bearer_capabilities = false; // without them it cannot be asked for outgoing calls (§6.9)
  std::uint16_t receive_window = 0, firmware_revision = 0;
  std::string host_name, vendor_name;
  std::optional<TieBreaker> tie_breaker;
  Reason result; // of its StopCCN; result 0: none came
};

struct TunnelHelloCounters {
  std::uint32_t sent = 0, received = 0;
  std::uint32_t send_failures = 0; // the runtime could not send one
};

class Tunnel {
 public:
  using Sessions = std::unordered_map<SessionId, std::unique_ptr<Session>>;

  Tunnel(TunnelTables& tables, Services& services, TunnelId id, Route route,
         std::shared_ptr<const TunnelSettings> settings, bool initiator);
  ~Tunnel();
  Tunnel(const Tunnel&) = delete;
  Tunnel& operator=(const Tunnel&) = delete;

  [[nodiscard]] TunnelId id() const noexcept { return id_; }
  [[nodiscard]] PeerTunnelId peer_id() const noexcept { return peer_id_; }
  [[nodiscard]] TunnelState state() const noexcept { return state_; }
  /// True when we sent the SCCRQ.
  [[nodiscard]] bool initiator() const noexcept { return initiator_; }
  [[nodiscard]] const Route& route() const noexcept { return route_; }
  [[nodiscard]] const TunnelSettings& settings() const noexcept { return *settings_; }
  [[nodiscard]] const std::shared_ptr<const TunnelSettings>& shared_settings() const noexcept { return settings_; }
  [[nodiscard]] const TunnelPeer& peer() const noexcept { return peer_; }
  [[nodiscard]] const Reason& reason() const noexcept { return reason_; } // of our own StopCCN
  [[nodiscard]] std::optional<TieBreaker> tie_breaker() const noexcept { return tie_breaker_; }
  [[nodiscard]] const ReliableChannel& channel() const noexcept { return channel_; }
  [[nodiscard]] const TunnelHelloCounters& hello_counters() const noexcept { return hellos_; }
  [[nodiscard]] std::uint32_t zlb_send_failures() const noexcept { return zlb_send_failures_; }
  [[nodiscard]] const Sessions& sessions() const noexcept { return sessions_; }
  [[nodiscard]] Session* find(SessionId id) const;
  [[nodiscard]] std::uintptr_t user() const noexcept { return user_; }
  void set_user(std::uintptr_t user) noexcept { user_ = user; }
  /// Takes effect at once where it can: timing, HELLO, limits, trace. Names, secret and windows stay those of set-up.
  void set_settings(std::shared_ptr<const TunnelSettings> settings);

  // ---- for Engine and Session ----

  void open();
  void accept(const Sccrq& request, std::uint64_t fingerprint);
  /// Before accept(): takes the SCCRQ's place in the sequence.
  void take_first_message(const ControlDatagram& datagram);
  void receive(const ControlDatagram& datagram, const Route& from);
  void handle_timeout();
  /// Sends a ZLB if an acknowledgement is still owed.
  void acknowledge();
  void note_send_failure(Octets message) noexcept;
  void close(const Reason& reason, EndCause cause);
  void probe();
  void lose_tie();
  /// Drops everything without a word; for half-open tunnels that must give way.
  void evict(EndCause cause);
  /// The peer gave the id of this tunnel to a new one: ends it without a word.
  void supersede();
  [[nodiscard]] bool half_open() const noexcept { return state_ == TunnelState::wait_ctl_conn; }
  [[nodiscard]] bool awaits_reply() const noexcept { return state_ == TunnelState::wait_ctl_reply; }
  /// Whether the SCCRQ with this fingerprint made the tunnel and may come again. A peer that has acknowledged the SCCRP
  /// or sent its SCCCN is past that (§5.8): when it sends the same SCCRQ then, it lost its state and asks for a new
  /// tunnel.
  [[nodiscard]] bool may_repeat(std::uint64_t fingerprint) const noexcept;
  /// Sends nothing until the peer is heard on this tunnel or some time has passed. For a tunnel whose peer may have
  /// given the tunnel's id to a new one, which would take our messages for its own.
  void hush();
  /// Ends hush().
  void speak();
  /// Takes it out of all tables. To call before it is destroyed.
  void leave_tables();
  /// Nothing happens to it by itself any more.
  void stop_timer() noexcept { services_.wheel.cancel(timer_); }
  [[nodiscard]] TunnelsByPeer::Link& peer_link() noexcept { return peer_link_; }

  enum class OpenError : std::uint8_t { closing, limit, no_session_id, id_in_use, peer_cannot_call_out };
  [[nodiscard]] tl::expected<SessionId, OpenError> open_session(std::shared_ptr<const SessionSettings> settings,
                                                                std::optional<SessionId> wanted, std::uintptr_t user);

  [[nodiscard]] Services& services() noexcept { return services_; }
  [[nodiscard]] TraceMask trace_mask() const noexcept {
    return trace::built_in ? settings_->trace | services_.system_trace : 0;
  }
  /// Encodes and queues a message. `session` 0: for the tunnel, or for a session that the peer never named.
  bool send(const Message& message, PeerSessionId session = {});
  /// Shows the message at hand, which has been accepted, to the owner of its vendor AVPs.
  void hand_out_vendor_avps(MessageType type, SessionId session = {}, PeerSessionId peer_session = {}) {
    if (!services_.vendor_avps.empty()) [[unlikely]]
      services_.vendor_owner->read({type, id_, session, peer_id_, peer_session},
                                   std::exchange(services_.vendor_avps, {}));
  }
  /// False when another session has that peer id: the peer gave one id twice.
  [[nodiscard]] bool bind_peer_session(PeerSessionId peer_id, Session& session);
  /// Moves the session out of the tunnel. It is freed when the engine call ends, unless ended ones are to be kept: then
  /// it is the caller's.
  [[nodiscard]] std::shared_ptr<const Session> forget_session(Session& session);

 private:
  struct Sink;
  struct Setup {                               // needed only until the tunnel is established
    std::optional<Challenge> challenge;        // ours
    std::optional<ChallengeResponse> response; // to the peer's challenge
  };

  // tunnel.cpp
  void happen(TunnelEvent event);
  void enter_peer_table();
  void notice_life();
  void let_others_speak();
  void perform(TunnelDo step);
  void deliver(std::uint16_t session_id, Octets body);
  [[nodiscard]] std::span<const VendorAvp> collect_vendor_avps(const Message& message, PeerSessionId session,
                                                               const EncodeOptions& options);
  void update_timer();
  void end_sessions(EndCause cause, const Reason& reason);
  void fail(TunnelEvent event, StopResult result, GeneralError error, std::string_view text, EndCause cause);
  void bid_farewell();
  [[nodiscard]] Duration full_retransmission_cycle() const noexcept;
  void trace_message(Direction direction, std::string_view message, std::uint16_t ns, std::uint16_t nr,
                     std::size_t octets) const;

  // tunnel_setup.cpp
  void handle_tunnel_message(const Message& message);
  void handle_malformed_tunnel_message(const MessageError& error);
  void learn(const TunnelOffer& offer);
  [[nodiscard]] bool judge(const Sccrp& message);
  [[nodiscard]] bool judge(const Scccn& message);
  [[nodiscard]] bool answer_challenge(ResponseCarrier carrier, const std::optional<Octets>& challenge);
  [[nodiscard]] bool check_response(ResponseCarrier carrier, const std::optional<ChallengeResponse>& response);
  [[nodiscard]] TunnelOffer make_offer();
  void send_sccrq();
  void send_sccrp();
  void send_scccn();
  void send_stopccn();

  // tunnel_sessions.cpp
  void handle_session_message(std::uint16_t session_id, const Message& message);
  void handle_malformed_session_message(std::uint16_t session_id, const MessageError& error);
  void handle_call_request(const Message& message, PeerSessionId peer_id);
  void send_cdn_without_session(SessionId ours, PeerSessionId peers, const Reason& reason);
  [[nodiscard]] Session* find_by_peer(PeerSessionId id) const;
  [[nodiscard]] std::optional<SessionId> allocate_session_id();
  Session& add_session(SessionId id, SessionType type, std::shared_ptr<const SessionSettings> settings);

  TunnelTables& tables_;
  Services& services_;
  TunnelId id_;
  PeerTunnelId peer_id_;
  TunnelState state_ = TunnelState::idle;
  bool initiator_;
  bool was_up_ = false;
  bool owing_ = false;                            // it stands in Services::owing
  EndCause end_cause_ = EndCause::protocol_error; // with reason_: what the next send_stopccn and go_down say
  TunnelHelloCounters hellos_;
  std::uint32_t zlb_send_failures_ = 0;
  Route route_;
  std::shared_ptr<const TunnelSettings> settings_;
  std::uintptr_t user_ = 0;
  std::uint64_t fingerprint_ = 0; // of the SCCRQ that made it, then of the peer's StopCCN
  ReliableChannel channel_;
  Keepalive keepalive_;
  EngineTimer timer_;
  TimePoint give_up_at_ = TimePoint::max(); // establish timeout, idle timeout or end of closing, as the state says
  TimePoint hushed_until_{};                // kept after that, until the peer is heard: it is not hushed twice
  std::unique_ptr<Setup> setup_;
  std::optional<TieBreaker> tie_breaker_;
  std::optional<HalfOpen::Place> half_open_; // its places in tables_
  std::optional<PendingTunnels::Place> pending_;
  TunnelsByPeer::Link peer_link_;
  TunnelPeer peer_;
  Reason reason_;
  Sessions sessions_;
  std::unordered_map<PeerSessionId, Session*> sessions_by_peer_;
};

} // namespace openl2tp::protocol
