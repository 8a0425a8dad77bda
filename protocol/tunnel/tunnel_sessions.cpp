// From a message to its session: demultiplexing inside a tunnel, session ids, and answers to messages that have no
// session. RFC 2661 §5.2, §6.6 to §6.14. Ids of the two ends never mix: the header names ours, AVP 14 names the peer's.
#include "protocol/tunnel/tunnel.hpp"

namespace openl2tp::protocol {

Session* Tunnel::find_by_peer(PeerSessionId id) const {
  const auto it = sessions_by_peer_.find(id);
  return it == sessions_by_peer_.end() ? nullptr : it->second;
}

bool Tunnel::bind_peer_session(PeerSessionId peer_id, Session& session) {
  const auto [it, fresh] = sessions_by_peer_.try_emplace(peer_id, &session);
  return fresh || it->second == &session;
}

void Tunnel::handle_session_message(std::uint16_t session_id, const Message& message) {
  if (state_ == TunnelState::closing) return; // no call begins or goes on there
  if (const auto* request = std::get_if<Icrq>(&message); request && session_id == 0)
    return handle_call_request(message, PeerSessionId{request->assigned_session_id});
  if (const auto* request = std::get_if<Ocrq>(&message); request && session_id == 0)
    return handle_call_request(message, PeerSessionId{request->assigned_session_id});

  Session* session = find(SessionId{session_id});
  if (const auto* cdn = std::get_if<Cdn>(&message)) {
    // A peer that never learned our id sends CDN with session id 0 and is known by its own (§4.4.4).
    if (session_id == 0)
      session = find_by_peer(PeerSessionId{cdn->assigned_session_id});
    else if (session && session->peer_id() && session->peer_id().value != cdn->assigned_session_id)
      ++services_.counters.mismatched_session_ids;
  }
  if (session) return session->handle_message(message);

  // No such session: as §7.4 and §7.5 say for idle, a reply is answered with CDN, everything else is dropped. A session
  // that ended a moment ago may still get the messages that crossed our CDN; they need no second one.
  ++services_.counters.no_matching_session;
  if (services_.recent_sessions.contains(id_, SessionId{session_id}, services_.now)) return;
  const Reason reason = make_reason(CdnResult::general_error, GeneralError::invalid_session_id, "no such session");
  if (const auto* reply = std::get_if<Icrp>(&message))
    send_cdn_without_session(SessionId{session_id}, PeerSessionId{reply->assigned_session_id}, reason);
  if (const auto* reply = std::get_if<Ocrp>(&message))
    send_cdn_without_session(SessionId{session_id}, PeerSessionId{reply->assigned_session_id}, reason);
}

void Tunnel::handle_malformed_session_message(std::uint16_t session_id, const MessageError& error) {
  if (state_ == TunnelState::closing) return;
  Session* session = find(SessionId{session_id});
  if (!session && session_id == 0 && error.type == MessageType::cdn && error.assigned_session_id)
    session = find_by_peer(PeerSessionId{*error.assigned_session_id});
  if (session) return session->handle_malformed(error);
  if (error.type == MessageType::icrq || error.type == MessageType::ocrq) {
    ++services_.counters.session_setup_failures;
    send_cdn_without_session({}, PeerSessionId{error.assigned_session_id.value_or(0)},
                             make_reason(CdnResult::general_error, error.wire_error(), error.describe()));
    return;
  }
  ++services_.counters.no_matching_session;
}

void Tunnel::handle_call_request(const Message& message, PeerSessionId peer_id) {
  const auto refuse = [&](const Reason& reason) {
    ++services_.counters.session_setup_failures;
    send_cdn_without_session({}, peer_id, reason);
  };
  if (state_ != TunnelState::established)
    return refuse(
        make_reason(CdnResult::general_error, GeneralError::no_control_connection, "tunnel is not established"));
  if (find_by_peer(peer_id))
    return refuse(make_reason(CdnResult::general_error, GeneralError::invalid_session_id, "session id is in use"));
  if (settings_->sessions_max != 0 && sessions_.size() >= settings_->sessions_max) {
    ++services_.counters.too_many_sessions;
    return refuse(
        make_reason(CdnResult::no_facilities_temporary, GeneralError::none, "too many sessions on the tunnel"));
  }
  if (const auto* request = std::get_if<Ocrq>(&message)) {
    // What is asked for must lie within what we offered (§4.4.3).
    const Framing framing = settings_->framing_capabilities;
    const Bearer bearer = settings_->bearer_capabilities;
    if ((request->framing_type.sync && !framing.sync) || (request->framing_type.async && !framing.async))
      return refuse(
          make_reason(CdnResult::general_error, GeneralError::value_out_of_range, "framing type was not offered"));
    if ((request->bearer_type.digital && !bearer.digital) || (request->bearer_type.analog && !bearer.analog))
      return refuse(
          make_reason(CdnResult::general_error, GeneralError::value_out_of_range, "bearer type was not offered"));
  }
  auto admitted = services_.policy.admit_session(id_, user_, message);
  if (!admitted) {
    switch (admitted.error().cause) {
    case RefusalCause::denied: break;
    case RefusalCause::not_authorised: ++services_.counters.authentication_failures; break;
    case RefusalCause::limit: ++services_.counters.too_many_sessions; break;
    case RefusalCause::resources: ++services_.counters.no_session_resources; break;
    }
    return refuse(admitted.error().reason);
  }
  const auto id = allocate_session_id();
  if (!id) {
    ++services_.counters.no_session_resources;
    services_.policy.withdraw_session(admitted->user);
    return refuse(
        make_reason(CdnResult::no_facilities_temporary, GeneralError::insufficient_resources, "no session id is free"));
  }
  const bool incoming = std::holds_alternative<Icrq>(message);
  Session& session =
      add_session(*id, incoming ? SessionType::lns_incoming : SessionType::lac_outgoing, std::move(admitted->settings));
  session.set_user(admitted->user);
  services_.act(SessionCreated{id_, *id});
  session.accept(message, peer_id);
}

void Tunnel::send_cdn_without_session(SessionId ours, PeerSessionId peers, const Reason& reason) {
  // The AVP must hold an id that is not 0 (§4.4.4): where the call never got one, one that is free.
  if (!ours) ours = allocate_session_id().value_or(SessionId{1});
  Cdn message;
  message.assigned_session_id = ours.value;
  message.result_code = {reason.result, reason.error, std::string_view(reason.text).substr(0, 255)};
  send(message, peers);
}

tl::expected<SessionId, Tunnel::OpenError> Tunnel::open_session(std::shared_ptr<const SessionSettings> settings,
                                                                std::optional<SessionId> wanted, std::uintptr_t user) {
  if (state_ == TunnelState::closing || state_ == TunnelState::idle) return tl::unexpected(OpenError::closing);
  if (settings_->sessions_max != 0 && sessions_.size() >= settings_->sessions_max)
    return tl::unexpected(OpenError::limit);
  if (state_ == TunnelState::established && settings->type == SessionType::lns_outgoing &&
      !peer_.has_bearer_capabilities)
    return tl::unexpected(OpenError::peer_cannot_call_out); // §6.9
  std::optional<SessionId> id = wanted;
  if (id && (!*id || find(*id))) return tl::unexpected(OpenError::id_in_use);
  if (!id) id = allocate_session_id();
  if (!id) return tl::unexpected(OpenError::no_session_id);
  const SessionType type = settings->type;
  Session& session = add_session(*id, type, std::move(settings));
  session.set_user(user); // before anything can end it
  session.open();
  if (state_ == TunnelState::established) session.tunnel_opened();
  return *id;
}

std::optional<SessionId> Tunnel::allocate_session_id() {
  if (sessions_.size() >= 65'535) return std::nullopt;
  if (services_.sequential_ids) [[unlikely]] {
    SessionId next = services_.next_session;
    while (!next || sessions_.contains(next))
      ++next.value;
    services_.next_session.value = static_cast<std::uint16_t>(next.value + 1);
    return next;
  }
  // Random first; when that keeps hitting used ids the tunnel is nearly full, and the next free one does.
  for (int tries = 0; tries < 32; ++tries) {
    const SessionId id{services_.random.next_u16()};
    if (id && !sessions_.contains(id) && !services_.recent_sessions.contains(id_, id, services_.now)) return id;
  }
  SessionId id{services_.random.next_u16()};
  for (int tries = 0; tries < 65'536; ++tries, ++id.value)
    if (id && !sessions_.contains(id)) return id;
  return std::nullopt;
}

Session& Tunnel::add_session(SessionId id, SessionType type, std::shared_ptr<const SessionSettings> settings) {
  auto session = std::make_unique<Session>(*this, id, type, std::move(settings));
  Session& added = *session;
  sessions_.emplace(id, std::move(session));
  ++services_.sessions;
  if (state_ == TunnelState::established) give_up_at_ = TimePoint::max(); // no longer idle
  return added;
}

std::shared_ptr<const Session> Tunnel::forget_session(Session& session) {
  const auto bound = sessions_by_peer_.find(session.peer_id());
  if (bound != sessions_by_peer_.end() && bound->second == &session) sessions_by_peer_.erase(bound);
  const auto it = sessions_.find(session.id());
  std::shared_ptr<const Session> kept;
  if (services_.keep_ended_sessions) [[unlikely]]
    kept = std::move(it->second);
  else
    services_.dead_sessions.push_back(std::move(it->second)); // somebody up the stack may still be in it
  sessions_.erase(it);
  --services_.sessions;
  services_.recent_sessions.remember(id_, session.id(), services_.now);
  if (sessions_.empty() && state_ == TunnelState::established && settings_->idle_timeout > Duration{0}) {
    give_up_at_ = services_.now + settings_->idle_timeout;
    update_timer();
  }
  return kept;
}

} // namespace openl2tp::protocol
