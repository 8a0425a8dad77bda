// One session: its ids, its state machine and what the two ends told each other about the call. RFC 2661 §5.2, §6.6 to
// §6.14, §7.4, §7.5. It belongs to its Tunnel, which finds it and carries its messages.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/action.hpp"
#include "protocol/ids.hpp"
#include "protocol/services.hpp"
#include "protocol/session/session_fsm.hpp"
#include "protocol/settings.hpp"
#include "protocol/wire/codec.hpp"

namespace openl2tp::protocol {

class Tunnel;

/// Facts that few sessions have, apart so that the others do not pay for them. Owned copies of what the peer sent.
struct SessionPeerExtras {
  std::string calling_number, called_number, sub_address, private_group_id;
  std::optional<ProxySettings> proxy;
  std::uint16_t q931_cause = 0;
  std::uint8_t q931_message = 0;
  std::string q931_advisory;
  CallErrors call_errors; // of the newest WEN
  Accm accm;              // of the newest SLI
};

/// What the peer said about the call.
struct SessionPeer {
  std::uint32_t minimum_bps = 0, maximum_bps = 0, tx_connect_speed = 0, rx_connect_speed = 0; // bits a second
  std::uint32_t call_serial_number = 0, physical_channel_id = 0;
  Framing framing_type{};
  Bearer bearer_type{};
  bool sequencing_required = false;
  std::unique_ptr<SessionPeerExtras> extras; // null: nothing of it was sent
};

/// The speeds that a placed outgoing call got.
struct BearerSpeeds {
  std::uint32_t tx = 0, rx = 0; // bits a second; rx 0: the same as tx
};

class Session {
 public:
  Session(Tunnel& tunnel, SessionId id, SessionType type, std::shared_ptr<const SessionSettings> settings);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  [[nodiscard]] SessionId id() const noexcept { return id_; }
  [[nodiscard]] PeerSessionId peer_id() const noexcept { return peer_id_; }
  [[nodiscard]] SessionType type() const noexcept { return type_; }
  [[nodiscard]] SessionState state() const noexcept { return state_; }
  [[nodiscard]] const SessionSettings& settings() const noexcept { return *settings_; }
  [[nodiscard]] const SessionPeer& peer() const noexcept { return peer_; }
  /// As LAC of an outgoing call: what its bearer got; zeros before.
  [[nodiscard]] const BearerSpeeds& bearer_speeds() const noexcept { return bearer_; }
  [[nodiscard]] std::uint32_t call_serial_number() const noexcept { return call_serial_number_; }
  /// The categories that are on for it: its own and its tunnel's.
  [[nodiscard]] TraceMask trace_mask() const noexcept;
  [[nodiscard]] std::uintptr_t user() const noexcept { return user_; }
  void set_user(std::uintptr_t user) noexcept { user_ = user; }
  void set_settings(std::shared_ptr<const SessionSettings> settings) noexcept { settings_ = std::move(settings); }

  // ---- for Tunnel and Engine ----

  /// The first event of a session that we open.
  void open();
  /// The first message of a session that the peer opens: Icrq or Ocrq.
  void accept(const Message& request, PeerSessionId peer_id);
  void tunnel_opened();
  void handle_message(const Message& message);
  void handle_malformed(const MessageError& error);
  void close(const Reason& reason, EndCause cause);
  void bearer_up(const BearerSpeeds& speeds);
  void bearer_failed(const Reason& reason);
  void handle_timeout();
  /// The tunnel went down: no message, only the report (§5.7).
  void end_with_tunnel(EndCause cause, const Reason& reason);

 private:
  void happen(SessionEvent event);
  [[nodiscard]] bool perform(SessionDo step);
  [[nodiscard]] SessionEvent judge(const Message& message);
  void learn(const Iccn& message);
  void learn(const Occn& message);
  void learn(const Cdn& message);
  [[nodiscard]] bool was_offered(Framing framing);
  void refuse(CdnResult result, GeneralError error, std::string_view text);
  void clean_up();
  [[nodiscard]] SessionPeerExtras& extras();

  Tunnel& tunnel_;
  SessionId id_;
  PeerSessionId peer_id_;
  SessionType type_;
  SessionState state_ = SessionState::idle;
  EndCause end_cause_ = EndCause::protocol_error; // with reason_: what the next send_cdn and clean_up say
  bool was_up_ = false;
  std::uint32_t call_serial_number_ = 0;
  std::uintptr_t user_ = 0;
  std::shared_ptr<const SessionSettings> settings_;
  std::unique_ptr<Reason> reason_;
  BearerSpeeds bearer_;
  SessionPeer peer_;
  EngineTimer timer_;
};

} // namespace openl2tp::protocol
