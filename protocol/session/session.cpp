// A session's life: events into its table, steps out of it, and the messages that it sends.
#include "protocol/session/session.hpp"

#include <algorithm>

#include "protocol/tunnel/tunnel.hpp"

namespace openl2tp::protocol {

namespace {

/// What OCRQ asks for where the operator sets no bound; most peers compare it as a signed number.
constexpr std::uint32_t maximum_bps_default = 1'000'000'000;

Framing both(Framing a, Framing b) { return {a.sync && b.sync, a.async && b.async}; }
Bearer both(Bearer a, Bearer b) { return {a.digital && b.digital, a.analog && b.analog}; }
bool any(Framing framing) { return framing.sync || framing.async; }
bool any(Bearer bearer) { return bearer.digital || bearer.analog; }

/// A connected call has one framing (§4.4.4); both bits are for OCRQ.
Framing one_of(Framing framing) { return framing.sync ? Framing{true, false} : Framing{false, framing.async}; }

} // namespace

Session::Session(Tunnel& tunnel, SessionId id, SessionType type, std::shared_ptr<const SessionSettings> settings)
    : tunnel_(tunnel), id_(id), type_(type), settings_(std::move(settings)), timer_(EngineTimer::Owner::session, this) {
  if (settings_->establish_timeout > Duration{0})
    tunnel_.services().wheel.arm(timer_, tunnel_.services().now + settings_->establish_timeout);
}

// One that has ended may outlive its tunnel (SessionEnded::last), but then its timer is off.
Session::~Session() {
  if (timer_.armed()) tunnel_.services().wheel.cancel(timer_);
}

SessionPeerExtras& Session::extras() {
  if (!peer_.extras) peer_.extras = std::make_unique<SessionPeerExtras>();
  return *peer_.extras;
}

TraceMask Session::trace_mask() const noexcept { return trace::built_in ? settings_->trace | tunnel_.trace_mask() : 0; }

void Session::open() {
  call_serial_number_ = peer_.call_serial_number = tunnel_.services().next_call_serial++; // the call's, for both ends
  happen(SessionEvent::open_request);
}

void Session::tunnel_opened() {
  // Known only now that the tunnel is up: what the peer can do (§4.4.3), beyond which no call may be asked for
  // (§4.4.4).
  const auto impossible = [this](std::string_view why) {
    close(make_reason(CdnResult::no_facilities_permanent, GeneralError::none, why), EndCause::no_bearer);
  };
  const TunnelPeer& peer = tunnel_.peer();
  if (type_ == SessionType::lns_outgoing && !peer.has_bearer_capabilities) // §6.9
    return impossible("the peer cannot place calls");
  if (type_ == SessionType::lns_outgoing && !any(both(settings_->bearer_type, peer.bearer_capabilities)))
    return impossible("the peer does not offer the bearer type");
  if (!any(both(settings_->framing_type, peer.framing_capabilities)))
    return impossible("the peer does not offer the framing type");
  happen(SessionEvent::tunnel_open);
}

void Session::close(const Reason& reason, EndCause cause) {
  reason_ = std::make_unique<Reason>(reason);
  end_cause_ = cause;
  happen(SessionEvent::close_request);
}

void Session::bearer_up(const BearerSpeeds& speeds) {
  bearer_ = speeds;
  happen(SessionEvent::bearer_up);
}

void Session::bearer_failed(const Reason& reason) {
  reason_ = std::make_unique<Reason>(reason);
  end_cause_ = EndCause::no_bearer;
  happen(SessionEvent::bearer_failed);
}

void Session::handle_timeout() {
  // "Call was not established within time allotted by LAC" is the LAC's word; an LNS has none of its own for it.
  const bool lac = type_ == SessionType::lac_incoming || type_ == SessionType::lac_outgoing;
  reason_ = std::make_unique<Reason>(make_reason(lac ? CdnResult::lac_timeout : CdnResult::administrative,
                                                 GeneralError::none, "not established in time"));
  end_cause_ = EndCause::establish_timeout;
  happen(SessionEvent::timeout);
}

void Session::end_with_tunnel(EndCause cause, const Reason& reason) {
  reason_ = std::make_unique<Reason>(reason);
  end_cause_ = cause;
  state_ = SessionState::idle;
  clean_up();
}

void Session::refuse(CdnResult result, GeneralError error, std::string_view text) {
  reason_ = std::make_unique<Reason>(make_reason(result, error, text));
  end_cause_ = EndCause::protocol_error;
}

void Session::happen(SessionEvent event) {
  const SessionRow* row = session_transition(type_, state_, event);
  if (row == nullptr) return;
  const SessionState from = state_;
  state_ = row->to;
  Services& services = tunnel_.services();
  if ((trace_mask() & trace::fsm) && services.trace_sink) [[unlikely]]
    services.trace_sink->trace({.category = trace::fsm,
                                .tunnel = tunnel_.id(),
                                .session = id_,
                                .what = TransitionTrace{name(type_), name(from), name(event), name(row->to)}});
  for (const SessionDo step : row->steps) {
    if (step == SessionDo::nothing) break;
    if (perform(step)) continue;
    // The message cannot go out, for want of memory or because it is too long: a call that the peer will never hear of
    // ends here, without a CDN that could not go out either.
    reason_ = std::make_unique<Reason>(
        make_reason(CdnResult::general_error, GeneralError::insufficient_resources, "message could not be sent"));
    end_cause_ = EndCause::no_resources;
    state_ = SessionState::idle;
    return clean_up();
  }
}

// False when a message that the call depends on could not be sent.
bool Session::perform(SessionDo step) {
  const SessionSettings& ours = *settings_;
  const auto given = [](const std::string& text) {
    return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
  };
  switch (step) {
  case SessionDo::nothing: break;
  case SessionDo::send_icrq: {
    Icrq message{
        .assigned_session_id = id_.value, .call_serial_number = call_serial_number_, .bearer_type = ours.bearer_type};
    message.calling_number = given(ours.calling_number);
    message.called_number = given(ours.called_number);
    message.sub_address = given(ours.sub_address);
    return tunnel_.send(message);
  }
  case SessionDo::send_icrp: return tunnel_.send(Icrp{.assigned_session_id = id_.value}, peer_id_);
  case SessionDo::send_iccn: {
    Iccn message{.tx_connect_speed = ours.tx_connect_speed,
                 .framing_type = one_of(both(ours.framing_type, tunnel_.peer().framing_capabilities))};
    if (ours.rx_connect_speed != 0) message.rx_connect_speed = ours.rx_connect_speed;
    message.sequencing_required = ours.sequencing_required;
    if (!ours.private_group_id.empty()) message.private_group_id = std::as_bytes(std::span(ours.private_group_id));
    if (ours.proxy) {
      const ProxySettings& proxy = *ours.proxy;
      const auto octets = [](const std::vector<std::byte>& value) {
        return value.empty() ? std::nullopt : std::optional<Octets>(value);
      };
      message.proxy.initial_received_confreq = octets(proxy.initial_received_confreq);
      message.proxy.last_sent_confreq = octets(proxy.last_sent_confreq);
      message.proxy.last_received_confreq = octets(proxy.last_received_confreq);
      if (proxy.authen_type != 0) {
        message.proxy.authen_type = proxy.authen_type;
        message.proxy.authen_name = given(proxy.authen_name);
        message.proxy.authen_challenge = octets(proxy.authen_challenge);
        message.proxy.authen_id = proxy.authen_id;
        message.proxy.authen_response = octets(proxy.authen_response);
      }
    }
    return tunnel_.send(message, peer_id_);
  }
  case SessionDo::send_ocrq: {
    Ocrq message{.assigned_session_id = id_.value,
                 .call_serial_number = call_serial_number_,
                 .minimum_bps = ours.minimum_bps,
                 .maximum_bps = ours.maximum_bps,
                 .bearer_type = both(ours.bearer_type, tunnel_.peer().bearer_capabilities),
                 .framing_type = both(ours.framing_type, tunnel_.peer().framing_capabilities),
                 .called_number = ours.called_number};
    message.sub_address = given(ours.sub_address);
    if (message.maximum_bps == 0) message.maximum_bps = std::max(maximum_bps_default, message.minimum_bps);
    return tunnel_.send(message);
  }
  case SessionDo::send_ocrp: return tunnel_.send(Ocrp{.assigned_session_id = id_.value}, peer_id_);
  case SessionDo::send_occn: {
    const Framing asked = any(peer_.framing_type) ? peer_.framing_type : tunnel_.settings().framing_capabilities;
    Occn message{.tx_connect_speed = bearer_.tx, .framing_type = one_of(asked)};
    if (bearer_.rx != 0) message.rx_connect_speed = bearer_.rx;
    message.sequencing_required = ours.sequencing_required;
    return tunnel_.send(message, peer_id_);
  }
  case SessionDo::send_cdn: {
    Cdn message;
    message.assigned_session_id = id_.value;
    if (reason_)
      message.result_code = {reason_->result, reason_->error, std::string_view(reason_->text).substr(0, 255)};
    else
      message.result_code = {static_cast<std::uint16_t>(CdnResult::administrative), 0, {}};
    tunnel_.send(message, peer_id_); // the call ends with or without it
    break;
  }
  case SessionDo::open_bearer: tunnel_.services().act(OpenBearer{tunnel_.id(), id_}); break;
  case SessionDo::come_up:
    was_up_ = true;
    reason_.reset(); // what judging the message left there
    tunnel_.services().wheel.cancel(timer_);
    tunnel_.services().act(SessionUp{tunnel_.id(), id_});
    break;
  case SessionDo::clean_up: clean_up(); break;
  }
  return true;
}

void Session::clean_up() {
  Services& services = tunnel_.services();
  services.wheel.cancel(timer_);
  if (!was_up_ && end_cause_ != EndCause::local_request) ++services.counters.session_setup_failures;
  services.act(SessionEnded{tunnel_.id(), id_, end_cause_, reason_ ? *reason_ : Reason{}, was_up_, user_,
                            tunnel_.forget_session(*this), type_, tunnel_.peer_id(), peer_id_});
}

} // namespace openl2tp::protocol
