// The messages that make and end a tunnel, made and judged. RFC 2661 §5.1, §6.1 to §6.4.
#include <algorithm>

#include "protocol/tunnel/tunnel.hpp"

namespace openl2tp::protocol {

void Tunnel::accept(const Sccrq& request, std::uint64_t fingerprint) {
  fingerprint_ = fingerprint;
  learn(request);
  peer_.tie_breaker = request.tie_breaker;
  // The engine made sure that a challenge can be answered before it made the tunnel.
  if (!answer_challenge(ResponseCarrier::sccrp, request.challenge))
    return fail(TunnelEvent::sccrp_bad, StopResult::not_authorised, GeneralError::none, "no secret",
                EndCause::not_authorised);
  if (settings_->auth_mode == AuthMode::challenge) setup_->challenge = make_challenge(services_.random);
  half_open_ = tables_.half_open.add(*this, route_.path.peer.address);
  enter_peer_table();
  // The newest SCCRQ is answered alone, or the peer might take an older answer for this one.
  for (Tunnel* other : tables_.by_peer.others(*this))
    other->hush();
  services_.act(TunnelCreated{id_});
  hand_out_vendor_avps(MessageType::sccrq);
  happen(TunnelEvent::sccrq_ok);
  update_timer();
}

void Tunnel::learn(const TunnelOffer& offer) {
  peer_id_ = PeerTunnelId{offer.assigned_tunnel_id};
  channel_.set_peer_tunnel_id(peer_id_);
  channel_.set_peer_window(offer.receive_window_size.value_or(4)); // §4.4.3
  peer_.protocol_version = offer.protocol_version;
  peer_.framing_capabilities = offer.framing_capabilities;
  peer_.has_bearer_capabilities = offer.bearer_capabilities.has_value();
  peer_.bearer_capabilities = offer.bearer_capabilities.value_or(Bearer{});
  peer_.receive_window = offer.receive_window_size.value_or(4);
  peer_.firmware_revision = offer.firmware_revision.value_or(0);
  peer_.host_name = offer.host_name;
  peer_.vendor_name = offer.vendor_name.value_or(std::string_view{});
}

void Tunnel::handle_tunnel_message(const Message& message) {
  switch (type_of(message)) {
  case MessageType::hello: ++hellos_.received; return;
  case MessageType::stopccn: {
    const auto& stop = std::get<StopCcn>(message);
    if (!peer_id_) { // it refuses our SCCRQ: only now do we know whom to acknowledge to
      peer_id_ = PeerTunnelId{stop.assigned_tunnel_id};
      channel_.set_peer_tunnel_id(peer_id_);
    } else if (peer_id_.value != stop.assigned_tunnel_id) {
      ++services_.counters.mismatched_tunnel_ids;
    }
    peer_.result = {stop.result_code.result, stop.result_code.error.value_or(0), std::string(stop.result_code.text)};
    end_cause_ = EndCause::peer_request;
    hand_out_vendor_avps(MessageType::stopccn);
    happen(TunnelEvent::stopccn);
    return;
  }
  case MessageType::sccrq:
    ++services_.counters.illegal_messages;
    fail(TunnelEvent::sccrq, StopResult::fsm_error, GeneralError::none, "SCCRQ inside a tunnel",
         EndCause::protocol_error);
    return;
  case MessageType::sccrp:
    if (state_ != TunnelState::wait_ctl_reply) {
      ++services_.counters.illegal_messages;
      return fail(TunnelEvent::sccrp_ok, StopResult::fsm_error, GeneralError::none, "unexpected SCCRP",
                  EndCause::protocol_error);
    }
    learn(std::get<Sccrp>(message));
    if (!judge(std::get<Sccrp>(message))) return happen(TunnelEvent::sccrp_bad);
    enter_peer_table();
    hand_out_vendor_avps(MessageType::sccrp);
    happen(TunnelEvent::sccrp_ok);
    return;
  case MessageType::scccn:
    if (state_ != TunnelState::wait_ctl_conn) {
      ++services_.counters.illegal_messages;
      return fail(TunnelEvent::scccn_ok, StopResult::fsm_error, GeneralError::none, "unexpected SCCCN",
                  EndCause::protocol_error);
    }
    if (!judge(std::get<Scccn>(message))) return happen(TunnelEvent::scccn_bad);
    hand_out_vendor_avps(MessageType::scccn);
    happen(TunnelEvent::scccn_ok);
    return;
  case MessageType::zlb:
  case MessageType::ocrq:
  case MessageType::ocrp:
  case MessageType::occn:
  case MessageType::icrq:
  case MessageType::icrp:
  case MessageType::iccn:
  case MessageType::cdn:
  case MessageType::wen:
  case MessageType::sli: return; // not messages of the tunnel
  }
}

void Tunnel::handle_malformed_tunnel_message(const MessageError& error) {
  if (error.assigned_tunnel_id && !peer_id_) {
    peer_id_ = PeerTunnelId{*error.assigned_tunnel_id};
    channel_.set_peer_tunnel_id(peer_id_);
  }
  if (error.type ==
      MessageType::stopccn) { // whatever is wrong with it, the peer is gone: acknowledged, not answered (§5.7)
    peer_.result = {};
    end_cause_ = EndCause::peer_request;
    return happen(TunnelEvent::stopccn);
  }
  fail(TunnelEvent::malformed, StopResult::general_error, error.wire_error(), error.describe(),
       EndCause::protocol_error);
}

bool Tunnel::judge(const Sccrp& message) {
  if (message.protocol_version.version != 1) {
    reason_ = make_reason(StopResult::unsupported_version, GeneralError::none, "protocol version 1.0 only");
    reason_.error = 0x0100;
    end_cause_ = EndCause::protocol_error;
    return false;
  }
  return check_response(ResponseCarrier::sccrp, message.challenge_response) &&
         answer_challenge(ResponseCarrier::scccn, message.challenge);
}

bool Tunnel::judge(const Scccn& message) { return check_response(ResponseCarrier::scccn, message.challenge_response); }

bool Tunnel::check_response(ResponseCarrier carrier, const std::optional<ChallengeResponse>& response) {
  if (!setup_->challenge) return true; // we did not ask
  const Octets given = response ? Octets(*response) : Octets{};
  if (verify_response(carrier, settings_->secret, *setup_->challenge, given)) return true;
  ++services_.counters.authentication_failures;
  reason_ = make_reason(StopResult::not_authorised, GeneralError::none,
                        response ? "wrong challenge response" : "challenge response missing");
  end_cause_ = EndCause::not_authorised;
  return false;
}

bool Tunnel::answer_challenge(ResponseCarrier carrier, const std::optional<Octets>& challenge) {
  if (!challenge) return true;
  const auto response = make_response(carrier, settings_->secret, *challenge);
  if (response) {
    setup_->response = *response;
    return true;
  }
  ++services_.counters.authentication_failures;
  reason_ = make_reason(StopResult::not_authorised, GeneralError::none, "no secret to answer the challenge with");
  end_cause_ = EndCause::not_authorised;
  return false;
}

TunnelOffer Tunnel::make_offer() {
  const TunnelSettings& ours = *settings_;
  TunnelOffer offer;
  offer.framing_capabilities = ours.framing_capabilities;
  offer.host_name = ours.host_name;
  offer.assigned_tunnel_id = id_.value;
  if (ours.bearer_capabilities.digital || ours.bearer_capabilities.analog)
    offer.bearer_capabilities = ours.bearer_capabilities;
  offer.receive_window_size = ours.receive_window;
  if (ours.firmware_revision != 0) offer.firmware_revision = ours.firmware_revision;
  if (!ours.vendor_name.empty()) offer.vendor_name = ours.vendor_name;
  if (setup_->challenge) offer.challenge = Octets(*setup_->challenge);
  return offer;
}

void Tunnel::send_sccrq() {
  Sccrq message{make_offer(), tie_breaker_};
  send(message);
}

void Tunnel::send_sccrp() {
  Sccrp message{make_offer(), setup_->response};
  send(message);
  // Whoever forged the SCCRQ's source must not gain much: while nothing has come back from there, the SCCRP is repeated
  // only so often that the sum stays within a factor of what asked for it. Twice in any case, or losses would count.
  constexpr std::uint64_t amplification_max = 12;
  const std::uint64_t reply = std::max<std::uint64_t>(channel_.counters().sent_octets, 1);
  const std::uint64_t times = amplification_max * channel_.counters().received_octets / reply;
  const std::uint64_t retries = std::max<std::uint64_t>(times, 3) - 1;
  channel_.set_timing(settings_->retransmit_interval,
                      static_cast<std::uint16_t>(std::min<std::uint64_t>(retries, settings_->retries_max)));
}

void Tunnel::send_scccn() { send(Scccn{setup_->response}); }

void Tunnel::send_stopccn() {
  channel_.drop_unsent(); // calls that waited for the window end with the tunnel
  StopCcn message;
  message.assigned_tunnel_id = id_.value;
  message.result_code = {reason_.result, reason_.error, std::string_view(reason_.text).substr(0, 255)};
  send(message);
}

} // namespace openl2tp::protocol
