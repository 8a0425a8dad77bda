// What a session makes of the peer's messages: judging turns each into an event of the tables, learning keeps the
// facts. RFC 2661 §6.6 to §6.14.
#include "protocol/assert.hpp"
#include "protocol/session/session.hpp"
#include "protocol/tunnel/tunnel.hpp"

namespace openl2tp::protocol {

namespace {

std::vector<std::byte> copy(Octets octets) { return {octets.begin(), octets.end()}; }

std::string text_of(Octets octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

} // namespace

void Session::accept(const Message& request, PeerSessionId peer_id) {
  peer_id_ = peer_id;
  const bool fresh = tunnel_.bind_peer_session(peer_id, *this);
  OPENL2TP_ASSERT(fresh); // the tunnel looked before it made the session
  if (const auto* icrq = std::get_if<Icrq>(&request)) {
    peer_.call_serial_number = call_serial_number_ = icrq->call_serial_number;
    peer_.bearer_type = icrq->bearer_type.value_or(Bearer{});
    peer_.physical_channel_id = icrq->physical_channel_id.value_or(0);
    if (icrq->calling_number) extras().calling_number = *icrq->calling_number;
    if (icrq->called_number) extras().called_number = *icrq->called_number;
    if (icrq->sub_address) extras().sub_address = *icrq->sub_address;
    tunnel_.hand_out_vendor_avps(MessageType::icrq, id_, peer_id_);
    happen(SessionEvent::icrq_ok);
  } else if (const auto* ocrq = std::get_if<Ocrq>(&request)) {
    peer_.call_serial_number = call_serial_number_ = ocrq->call_serial_number;
    peer_.minimum_bps = ocrq->minimum_bps;
    peer_.maximum_bps = ocrq->maximum_bps;
    peer_.bearer_type = ocrq->bearer_type;
    peer_.framing_type = ocrq->framing_type;
    if (!ocrq->called_number.empty()) extras().called_number = ocrq->called_number;
    if (ocrq->sub_address) extras().sub_address = *ocrq->sub_address;
    tunnel_.hand_out_vendor_avps(MessageType::ocrq, id_, peer_id_);
    happen(SessionEvent::ocrq_ok);
  }
}

void Session::handle_message(const Message& message) {
  switch (type_of(message)) {
  case MessageType::sli:
    if (type_ != SessionType::lac_incoming && type_ != SessionType::lac_outgoing)
      return; // the LNS sends it, the LAC obeys it
    if (state_ != SessionState::established) return;
    extras().accm = std::get<Sli>(message).accm;
    tunnel_.services().act(AccmReceived{tunnel_.id(), id_});
    return;
  case MessageType::wen: extras().call_errors = std::get<Wen>(message).call_errors; return;
  case MessageType::icrq:
  case MessageType::icrp:
  case MessageType::iccn:
  case MessageType::ocrq:
  case MessageType::ocrp:
  case MessageType::occn:
  case MessageType::cdn: {
    const SessionEvent event = judge(message);
    const SessionRow* row = session_transition(type_, state_, event);
    if (row != nullptr && row->steps[0] == SessionDo::send_cdn)
      ++tunnel_.services().counters.illegal_messages;
    else if (row != nullptr && (event == SessionEvent::cdn || row->steps[0] != SessionDo::clean_up))
      tunnel_.hand_out_vendor_avps(type_of(message), id_, peer_id_);
    happen(event);
    return;
  }
  case MessageType::zlb:
  case MessageType::sccrq:
  case MessageType::sccrp:
  case MessageType::scccn:
  case MessageType::stopccn:
  case MessageType::hello: return; // not a session's
  }
}

SessionEvent Session::judge(const Message& message) {
  // For the states whose row answers with CDN; rows that accept the message do not look at it.
  refuse(CdnResult::general_error, GeneralError::none, "unexpected message for the call's state");
  const auto take_peer_id = [&](std::uint16_t assigned) {
    if (!tunnel_.bind_peer_session(PeerSessionId{assigned}, *this)) {
      refuse(CdnResult::general_error, GeneralError::invalid_session_id, "session id is in use");
      return false;
    }
    peer_id_ = PeerSessionId{assigned};
    return true;
  };
  switch (type_of(message)) {
  case MessageType::icrq: return SessionEvent::icrq_ok;
  case MessageType::ocrq: return SessionEvent::ocrq_ok;
  case MessageType::icrp:
    if (type_ != SessionType::lac_incoming || state_ != SessionState::wait_reply) return SessionEvent::icrp_ok;
    return take_peer_id(std::get<Icrp>(message).assigned_session_id) ? SessionEvent::icrp_ok : SessionEvent::icrp_bad;
  case MessageType::ocrp:
    if (type_ != SessionType::lns_outgoing || state_ != SessionState::wait_reply) return SessionEvent::ocrp_ok;
    peer_.physical_channel_id = std::get<Ocrp>(message).physical_channel_id.value_or(0);
    return take_peer_id(std::get<Ocrp>(message).assigned_session_id) ? SessionEvent::ocrp_ok : SessionEvent::ocrp_bad;
  case MessageType::iccn:
    if (type_ != SessionType::lns_incoming || state_ != SessionState::wait_connect) return SessionEvent::iccn_ok;
    if (!was_offered(std::get<Iccn>(message).framing_type)) return SessionEvent::iccn_bad;
    learn(std::get<Iccn>(message));
    return SessionEvent::iccn_ok;
  case MessageType::occn:
    if (type_ != SessionType::lns_outgoing || state_ != SessionState::wait_connect) return SessionEvent::occn_ok;
    if (!was_offered(std::get<Occn>(message).framing_type)) return SessionEvent::occn_bad;
    learn(std::get<Occn>(message));
    return SessionEvent::occn_ok;
  case MessageType::cdn: learn(std::get<Cdn>(message)); return SessionEvent::cdn;
  case MessageType::zlb:
  case MessageType::sccrq:
  case MessageType::sccrp:
  case MessageType::scccn:
  case MessageType::stopccn:
  case MessageType::hello:
  case MessageType::wen:
  case MessageType::sli: break;
  }
  return SessionEvent::malformed;
}

// §4.4.3: no call with a framing that we did not advertise. A peer that sets both bits, as OpenL2TP 1.8 does, means
// whichever we have; one that sets none says nothing.
bool Session::was_offered(Framing framing) {
  const Framing ours = tunnel_.settings().framing_capabilities;
  if ((framing.sync && ours.sync) || (framing.async && ours.async) || framing == Framing{}) return true;
  refuse(CdnResult::general_error, GeneralError::value_out_of_range, "framing type was not offered");
  return false;
}

void Session::handle_malformed(const MessageError& error) {
  if (error.type == MessageType::cdn) { // whatever is wrong with it, the call is over
    reason_.reset();
    end_cause_ = EndCause::peer_request;
    return happen(SessionEvent::cdn);
  }
  if (!peer_id_ && error.assigned_session_id) { // so that the CDN finds the peer's session
    const PeerSessionId theirs{*error.assigned_session_id};
    if (tunnel_.bind_peer_session(theirs, *this)) peer_id_ = theirs;
  }
  refuse(CdnResult::general_error, error.wire_error(), error.describe());
  happen(SessionEvent::malformed);
}

void Session::learn(const Iccn& message) {
  peer_.tx_connect_speed = message.tx_connect_speed;
  peer_.rx_connect_speed = message.rx_connect_speed.value_or(message.tx_connect_speed); // §4.4.4: absent means the same
  peer_.framing_type = message.framing_type;
  peer_.sequencing_required = message.sequencing_required;
  if (message.private_group_id) extras().private_group_id = text_of(*message.private_group_id);
  const ProxyPpp& proxy = message.proxy;
  if (!proxy.initial_received_confreq && !proxy.last_sent_confreq && !proxy.last_received_confreq && !proxy.authen_type)
    return;
  ProxySettings& kept = extras().proxy.emplace();
  if (proxy.initial_received_confreq) kept.initial_received_confreq = copy(*proxy.initial_received_confreq);
  if (proxy.last_sent_confreq) kept.last_sent_confreq = copy(*proxy.last_sent_confreq);
  if (proxy.last_received_confreq) kept.last_received_confreq = copy(*proxy.last_received_confreq);
  kept.authen_type = proxy.authen_type.value_or(0);
  kept.authen_id = proxy.authen_id.value_or(0);
  if (proxy.authen_name) kept.authen_name = *proxy.authen_name;
  if (proxy.authen_challenge) kept.authen_challenge = copy(*proxy.authen_challenge);
  if (proxy.authen_response) kept.authen_response = copy(*proxy.authen_response);
}

void Session::learn(const Occn& message) {
  peer_.tx_connect_speed = message.tx_connect_speed;
  peer_.rx_connect_speed = message.rx_connect_speed.value_or(message.tx_connect_speed);
  peer_.framing_type = message.framing_type;
  peer_.sequencing_required = message.sequencing_required;
}

void Session::learn(const Cdn& message) {
  end_cause_ = EndCause::peer_request;
  reason_ = std::make_unique<Reason>(
      Reason{message.result_code.result, message.result_code.error.value_or(0), std::string(message.result_code.text)});
  if (!message.q931_cause) return;
  extras().q931_cause = message.q931_cause->cause;
  extras().q931_message = message.q931_cause->message;
  extras().q931_advisory = message.q931_cause->advisory;
}

} // namespace openl2tp::protocol
