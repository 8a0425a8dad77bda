// Demultiplexing, tunnels' comings and goings, commands.
#include "protocol/engine.hpp"

#include <functional>
#include <string_view>

#include "protocol/assert.hpp"
#include "protocol/control/authenticator.hpp"
#include "protocol/wire/header.hpp"

namespace openl2tp::protocol {

namespace {

CommandError command_error(Tunnel::OpenError error) noexcept {
  switch (error) {
  case Tunnel::OpenError::closing: return CommandError::tunnel_closing;
  case Tunnel::OpenError::limit: return CommandError::session_limit;
  case Tunnel::OpenError::no_session_id: return CommandError::no_session_id;
  case Tunnel::OpenError::id_in_use: return CommandError::id_in_use;
  case Tunnel::OpenError::peer_cannot_call_out: return CommandError::peer_cannot_call_out;
  }
  return CommandError::tunnel_closing;
}

/// Answers without any state of a tunnel: a peer that misses it asks again. `nr` acknowledges what is answered.
void send_stopccn(Services& services, const Route& to, std::uint16_t assigned_tunnel_id, std::uint16_t nr,
                  const Reason& reason) {
  StopCcn message;
  do
    message.assigned_tunnel_id = services.random.next_u16();
  while (message.assigned_tunnel_id == 0);
  message.result_code = {reason.result, reason.error, std::string_view(reason.text).substr(0, 255)};
  const auto length = encode(services.encode_space, assigned_tunnel_id, 0, message);
  if (!length) {
    ++services.counters.encode_failures;
    return;
  }
  const auto octets = std::span(services.encode_space).first(*length);
  patch_sequence(octets, 0, nr);
  services.act(SendDatagram{to, services.store(octets)});
  ++services.counters.sent_control_frames;
  ++services.counters.messages[static_cast<std::size_t>(MessageType::stopccn)].sent;
}

} // namespace

std::uint64_t fingerprint_of(Octets body) noexcept {
  return std::hash<std::string_view>{}({reinterpret_cast<const char*>(body.data()), body.size()});
}

Engine::Engine(const EngineSettings& settings, RandomSource& random, Policy& policy, TraceSink* sink, TimePoint start)
    : settings_(settings), services_(random, policy, sink, start), ids_(settings.shard, settings.shards),
      half_open_(settings.half_open) {
  tunnels_.resize(65'536 / settings.shards + 1);
}

Engine::~Engine() {
  retired_.clear();
  for (auto& tunnel : tunnels_)
    tunnel.reset();
}

// ---- the four verbs
// ---------------------------------------------------------------------------------------------------

void Engine::handle_datagram(Octets datagram, const Route& from, TimePoint now) {
  begin(now);
  if (datagram.size() < 2)
    ++services_.counters.short_frames;
  else if (is_control(datagram))
    handle_control(datagram, from);
  else
    handle_data(datagram, from);
  end();
}

void Engine::handle_timeout(TimePoint now) {
  begin(now);
  services_.wheel.expire(now, [](Timer& timer) {
    auto& mine = static_cast<EngineTimer&>(timer);
    switch (mine.owner) {
    case EngineTimer::Owner::tunnel: static_cast<Tunnel*>(mine.whose)->handle_timeout(); break;
    case EngineTimer::Owner::session: static_cast<Session*>(mine.whose)->handle_timeout(); break;
    }
  });
  end();
}

std::optional<TimePoint> Engine::next_deadline() const noexcept { return services_.wheel.next_deadline(); }

void Engine::take_actions(ActionBatch& batch) {
  batch.clear();
  std::swap(batch, services_.batch);
}

void Engine::note_send_failure(TunnelId tunnel, Octets datagram) noexcept {
  ++services_.counters.control_frame_send_failures;
  if (Tunnel* found = find(tunnel)) found->note_send_failure(datagram);
}

void Engine::set_vendor_avp_owner(VendorAvpOwner* owner) {
  services_.vendor_owner = owner;
  if (owner != nullptr && services_.vendor_writer == nullptr)
    services_.vendor_writer = std::make_unique<VendorAvpWriter>();
}

void Engine::set_sequential_ids(bool on) noexcept {
  ids_.set_sequential(on);
  services_.sequential_ids = on;
}

void Engine::restart_ids() noexcept {
  ids_.restart_sequence();
  services_.next_session = SessionId{1};
}

void Engine::keep_ended(bool tunnels, bool sessions) noexcept {
  services_.keep_ended_tunnels = tunnels;
  services_.keep_ended_sessions = sessions;
}

// Objects that ended during a call are freed when nobody can be inside them any more.
void Engine::end() {
  services_.dead_sessions.clear();
  for (std::size_t i = 0; i < services_.forgotten.size(); ++i)
    forget(*services_.forgotten[i]);
  services_.forgotten.clear();
}

// ---- datagrams
// --------------------------------------------------------------------------------------------------------

void Engine::count_header_error(HeaderError error) {
  switch (error) {
  case HeaderError::truncated: ++services_.counters.short_frames; break;
  case HeaderError::wrong_version: ++services_.counters.wrong_version_frames; break;
  case HeaderError::bad_flags:
  case HeaderError::bad_length:
  case HeaderError::bad_offset: ++services_.counters.bad_received_frames; break;
  }
}

void Engine::handle_data(Octets datagram, const Route&) {
  // No data path takes frames from the engine: the kernel's sockets get theirs before us.
  const auto header = decode_data_header(datagram);
  if (!header) return count_header_error(header.error());
  ++services_.counters.unexpected_data_frames;
}

void Engine::handle_control(Octets datagram, const Route& from) {
  const auto control = decode_control_header(datagram);
  if (!control) return count_header_error(control.error());
  const std::uint16_t id = control->header.tunnel_id;
  if (id != 0 && id % settings_.shards != settings_.shard) {
    services_.act(HandOver{id % settings_.shards, from, services_.store(datagram)});
    return;
  }
  ++services_.counters.received_control_frames;
  if (id == 0) return handle_without_tunnel(*control, from);
  if (!retired_.empty()) [[unlikely]]
    if (Tunnel* retired = retired_for(*control)) return retired->receive(*control, from);
  if (Tunnel* tunnel = find(TunnelId{id})) return tunnel->receive(*control, from);
  // A ZLB that acknowledges the StopCCN of a tunnel just forgotten is no sign of trouble.
  if (!control->body.empty()) ++services_.counters.no_matching_tunnel;
}

void Engine::handle_without_tunnel(const ControlDatagram& datagram, const Route& from) {
  if (datagram.body.empty()) return;
  EngineCounters& counters = services_.counters;
  Secret secret;
  auto decoded = services_.decoder.decode(datagram.body, {}, nullptr, services_.vendor_owner);
  if (!decoded && decoded.error().fault == MessageFault::hidden_without_secret) {
    secret = services_.policy.secret_for(from.path.peer);
    if (!secret.empty())
      decoded = services_.decoder.decode(datagram.body, secret.octets(), nullptr, services_.vendor_owner);
  }
  if (!decoded) {
    const MessageError& error = decoded.error();
    ++(error.fault == MessageFault::unknown_message_type ? counters.unsupported_messages : counters.illegal_messages);
    ++counters.messages[static_cast<std::size_t>(error.type)].received_bad;
    if (services_.may_warn()) services_.warn({}, {}, "from " + to_string(from.path.peer) + ": " + error.describe());
    // Only an SCCRQ that says whom to answer gets an answer.
    if (error.type == MessageType::sccrq && error.assigned_tunnel_id)
      refuse_tunnel(from, *error.assigned_tunnel_id,
                    make_reason(StopResult::general_error, error.wire_error(), error.describe()));
    // Whatever else is wrong with a StopCCN, the peer is gone.
    if (error.type == MessageType::stopccn && error.assigned_tunnel_id) {
      const auto it = by_peer_.find(PeerKey{from.path.peer, *error.assigned_tunnel_id});
      if (it != by_peer_.end())
        if (Tunnel* tunnel = find(it->second)) tunnel->receive(datagram, from);
    }
    return;
  }
  const MessageType type = type_of(decoded->message);
  if (const auto* request = std::get_if<Sccrq>(&decoded->message)) {
    ++counters.messages[static_cast<std::size_t>(type)].received;
    counters.ignored_avps += decoded->notes.ignored_avps;
    counters.vendor_avps += decoded->notes.vendor_avps;
    if (services_.vendor_owner != nullptr) services_.vendor_avps = decoded->vendor_avps;
    handle_sccrq(datagram, *request, from);
    services_.vendor_avps = {};
    return;
  }
  if (const auto* stop = std::get_if<StopCcn>(&decoded->message)) {
    // A peer that gives up before it learned our id is known by its own (§6.4).
    const auto it = by_peer_.find(PeerKey{from.path.peer, stop->assigned_tunnel_id});
    if (it != by_peer_.end())
      if (Tunnel* tunnel = find(it->second)) return tunnel->receive(datagram, from);
  }
  ++counters.messages[static_cast<std::size_t>(type)].received_bad;
  ++counters.no_matching_tunnel;
  if (const auto* reply = std::get_if<Sccrp>(&decoded->message)) // §7.2.1, idle
    send_stopccn(services_, from, reply->assigned_tunnel_id, static_cast<std::uint16_t>(datagram.header.ns + 1),
                 make_reason(StopResult::fsm_error));
}

void Engine::handle_sccrq(const ControlDatagram& datagram, const Sccrq& request, const Route& from) {
  EngineCounters& counters = services_.counters;
  const std::uint64_t fingerprint = fingerprint_of(datagram.body);
  const auto known = by_peer_.find(PeerKey{from.path.peer, request.assigned_tunnel_id});
  if (known != by_peer_.end()) {
    // The same SCCRQ again is a retransmission. Another one with the same id is a peer that started anew: it gets a
    // tunnel of its own, and the old one, which a forged SCCRQ must not touch, goes the way of silent peers. A peer
    // that has said StopCCN is done with the old one, so then even the same octets ask for a new tunnel.
    Tunnel* tunnel = find(known->second);
    if (tunnel && tunnel->state() != TunnelState::lingering && tunnel->fingerprint() == fingerprint)
      return tunnel->receive(datagram, from);
  }
  if (datagram.header.ns != 0) { // not the first message of a channel
    ++counters.illegal_messages;
    return;
  }
  if (request.protocol_version.version != 1) {
    Reason reason = make_reason(StopResult::unsupported_version, GeneralError::none, "protocol version 1.0 only");
    reason.error = 0x0100;
    return refuse_tunnel(from, request.assigned_tunnel_id, reason);
  }
  if (half_open_.source_full(from.path.peer.address)) {
    ++counters.no_peer_resources;
    return; // unanswered: the peer tries again
  }
  auto admitted = services_.policy.admit_tunnel(from, request);
  if (!admitted) {
    switch (admitted.error().cause) {
    case RefusalCause::denied: break;
    case RefusalCause::not_authorised: ++counters.authentication_failures; break;
    case RefusalCause::limit: ++counters.too_many_tunnels; break;
    case RefusalCause::resources: ++counters.no_tunnel_resources; break;
    }
    return refuse_tunnel(from, request.assigned_tunnel_id, admitted.error().reason);
  }
  const auto withdraw = [&](StopResult result, GeneralError error, std::string_view text) {
    services_.policy.withdraw_tunnel(admitted->user);
    refuse_tunnel(from, request.assigned_tunnel_id, make_reason(result, error, text));
  };
  const TunnelSettings& settings = *admitted->settings;
  if (settings.secret.empty() && (request.challenge || settings.auth_mode == AuthMode::challenge)) {
    ++counters.authentication_failures;
    return withdraw(StopResult::not_authorised, GeneralError::none, "no tunnel secret available");
  }
  if (!resolve_tie(request, from)) return services_.policy.withdraw_tunnel(admitted->user);
  if (Tunnel* oldest = half_open_.oldest_when_full()) {
    ++counters.no_tunnel_resources;
    oldest->evict();
  }
  const auto id = allocate_tunnel_id();
  if (!id) {
    ++counters.no_tunnel_resources;
    return withdraw(StopResult::general_error, GeneralError::insufficient_resources, "no tunnel id is free");
  }
  Tunnel& tunnel = add_tunnel(*id, from, std::move(admitted->settings), false);
  tunnel.set_user(admitted->user);
  // The channel takes the SCCRQ's Ns, so that the SCCRP acknowledges it.
  tunnel.take_first_message(datagram);
  tunnel.accept(request, fingerprint);
}

// §4.4.3 compares each pair of SCCRQs that cross, and the side that loses drops its own. Theirs has to beat all of ours
// to live, and then all of ours lose to it.
bool Engine::resolve_tie(const Sccrq& request, const Route& from) {
  const IpAddress& peer = from.path.peer.address;
  const auto it = pending_.find(peer);
  const Crossing here = it == pending_.end() ? Crossing{} : it->second.crossing();
  const Crossing elsewhere = services_.policy.crossing_elsewhere(peer);
  if (!here.any && !elsewhere.any) return true;
  std::optional<TieBreaker> lowest = here.lowest;
  if (elsewhere.lowest && (!lowest || *elsewhere.lowest < *lowest)) lowest = elsewhere.lowest;
  if (!request.tie_breaker) return !lowest; // one on neither side: two tunnels; on ours alone: ours wins
  const TieBreaker theirs = *request.tie_breaker;
  if (lowest && *lowest < theirs) return false; // ours wins: theirs is dropped without a word
  lose_pending(peer, theirs);
  if (elsewhere.any) services_.policy.lose_elsewhere(peer, theirs);
  return lowest != theirs; // equal: both drop
}

void Engine::lose_pending(const IpAddress& peer, const TieBreaker& winner) {
  const auto it = pending_.find(peer);
  if (it == pending_.end()) return;
  const std::vector<Tunnel*> ours(it->second.tunnels.begin(), it->second.tunnels.end());
  for (Tunnel* tunnel : ours) {
    const auto breaker = tunnel->tie_breaker();
    if (!breaker || winner <= *breaker) tunnel->lose_tie();
  }
}

void Engine::lose_ties(const IpAddress& peer, const TieBreaker& winner, TimePoint now) {
  begin(now);
  lose_pending(peer, winner);
  end();
}

void Engine::refuse_tunnel(const Route& from, std::uint16_t assigned_tunnel_id, const Reason& reason) {
  ++services_.counters.tunnel_setup_failures;
  if (services_.may_warn())
    services_.warn({}, {},
                   "SCCRQ from " + to_string(from.path.peer) + " refused, result " + std::to_string(reason.result) +
                       " error " + std::to_string(reason.error) + ": " + reason.text);
  send_stopccn(services_, from, assigned_tunnel_id, 1, reason);
}

// ---- tunnels
// ----------------------------------------------------------------------------------------------------------

std::optional<TunnelId> Engine::allocate_tunnel_id() {
  if (auto id = ids_.allocate(services_.random, services_.now)) return id;
  // All ids are in use. Tunnels that are over and only wait to acknowledge a StopCCN once more give way, the longest
  // waiting first.
  while (!lingering_.empty()) {
    const TunnelId id = lingering_.front();
    lingering_.pop_front();
    Tunnel* tunnel = find(id);
    if (!tunnel || tunnel->state() != TunnelState::lingering) continue;
    forget(*tunnel);
    return ids_.allocate(services_.random, services_.now);
  }
  return std::nullopt;
}

Tunnel& Engine::add_tunnel(TunnelId id, const Route& route, std::shared_ptr<const TunnelSettings> settings,
                           bool initiator) {
  auto& slot = tunnels_[id.value / settings_.shards];
  slot = std::make_unique<Tunnel>(*this, services_, id, route, std::move(settings), initiator);
  ++tunnel_count_;
  return *slot;
}

std::unique_ptr<Tunnel> Engine::take_out(Tunnel& tunnel) {
  leave_half_open(tunnel);
  remove_pending(tunnel);
  forget_peer_index(tunnel);
  const TunnelId id = tunnel.id();
  services_.act(TunnelGone{id, tunnel.user(), nullptr});
  std::unique_ptr<Tunnel> taken = std::move(tunnels_[id.value / settings_.shards]);
  --tunnel_count_;
  ids_.release(id, services_.now);
  return taken;
}

void Engine::forget(Tunnel& tunnel) {
  if (const auto it = retired_.find(tunnel.id()); it != retired_.end() && it->second.get() == &tunnel) {
    retired_.erase(it); // TunnelGone was said when it retired
    return;
  }
  std::unique_ptr<Tunnel> taken = take_out(tunnel);
  if (services_.keep_ended_tunnels) [[unlikely]] {
    services_.wheel.cancel(taken->timer_); // nothing happens to it any more
    std::get<TunnelGone>(services_.batch.actions.back()).last = std::move(taken);
  }
  taken.reset();
  services_.dead_sessions.clear();
}

Tunnel* Engine::retired_for(const ControlDatagram& datagram) const {
  const auto it = retired_.find(TunnelId{datagram.header.tunnel_id});
  if (it == retired_.end()) return nullptr;
  Tunnel* const retired = it->second.get();
  const Tunnel* successor = find(retired->id());
  if (successor == nullptr) return retired;
  // What a peer says first in a tunnel has Ns 0. Later on a StopCCN is the old one if it is the same word for word.
  if (datagram.header.ns == 0) return nullptr;
  if (successor->awaits_reply()) return retired;
  return fingerprint_of(datagram.body) == retired->fingerprint() ? retired : nullptr;
}

Tunnel* Engine::find(TunnelId tunnel) const noexcept {
  if (!tunnel || tunnel.value % settings_.shards != settings_.shard) return nullptr;
  return tunnels_[tunnel.value / settings_.shards].get();
}

Session* Engine::find(TunnelId tunnel, SessionId session) const noexcept {
  const Tunnel* found = find(tunnel);
  return found ? found->find(session) : nullptr;
}

std::vector<TunnelId> Engine::tunnels() const {
  std::vector<TunnelId> ids;
  ids.reserve(tunnel_count_);
  for (const auto& tunnel : tunnels_)
    if (tunnel) ids.push_back(tunnel->id());
  return ids;
}

void Engine::index_by_peer(Tunnel& tunnel) {
  const PeerKey key{tunnel.route().path.peer, tunnel.peer_id().value};
  if (const auto it = by_peer_.find(key); it != by_peer_.end())
    if (Tunnel* old = find(it->second)) old->indexed_ = false;
  by_peer_[key] = tunnel.id();
  tunnel.indexed_ = true;
}

void Engine::forget_peer_index(Tunnel& tunnel) {
  if (!tunnel.indexed_) return;
  by_peer_.erase(PeerKey{tunnel.route().path.peer, tunnel.peer_id().value});
  tunnel.indexed_ = false;
}

Crossing Engine::Pending::crossing() const {
  return {.any = !tunnels.empty(), .lowest = ties.empty() ? std::nullopt : std::optional(*ties.begin())};
}

void Engine::add_pending(Tunnel& tunnel) {
  const IpAddress& peer = tunnel.route().path.peer.address;
  Pending& pending = pending_[peer];
  const Crossing before = pending.crossing();
  tunnel.pending_ = pending.tunnels.insert(pending.tunnels.end(), &tunnel);
  if (tunnel.tie_breaker_) pending.ties.insert(*tunnel.tie_breaker_);
  if (const Crossing now = pending.crossing(); now != before) services_.policy.note_crossing(peer, now);
}

void Engine::remove_pending(Tunnel& tunnel) {
  if (!tunnel.pending_) return;
  const IpAddress peer = tunnel.route().path.peer.address;
  const auto it = pending_.find(peer);
  Pending& pending = it->second;
  const Crossing before = pending.crossing();
  pending.tunnels.erase(*tunnel.pending_);
  tunnel.pending_.reset();
  if (tunnel.tie_breaker_) pending.ties.erase(pending.ties.find(*tunnel.tie_breaker_));
  const Crossing now = pending.crossing();
  if (!now.any) pending_.erase(it);
  if (now != before) services_.policy.note_crossing(peer, now);
}

void Engine::leave_half_open(Tunnel& tunnel) {
  if (!tunnel.half_open_) return;
  half_open_.remove(*tunnel.half_open_, tunnel.route().path.peer.address);
  tunnel.half_open_.reset();
}

void Engine::note_lingering(Tunnel& tunnel) {
  // Ids of tunnels that are gone since would pile up under churn; they are dropped from the front, oldest first.
  while (!lingering_.empty()) {
    const Tunnel* front = find(lingering_.front());
    if (front && front->state() == TunnelState::lingering) break;
    lingering_.pop_front();
  }
  lingering_.push_back(tunnel.id());
}

// ---- commands
// ---------------------------------------------------------------------------------------------------------

tl::expected<TunnelId, CommandError> Engine::open_tunnel(const Route& route,
                                                         std::shared_ptr<const TunnelSettings> settings,
                                                         std::optional<TunnelId> wanted, std::uintptr_t user,
                                                         TimePoint now) {
  if (settings->hide_avps && settings->secret.empty()) return tl::unexpected(CommandError::hiding_needs_secret);
  begin(now);
  std::optional<TunnelId> id = wanted;
  if (id && !ids_.claim(*id)) return tl::unexpected(CommandError::id_in_use);
  if (!id) id = allocate_tunnel_id();
  if (!id) {
    ++services_.counters.no_tunnel_resources;
    return tl::unexpected(CommandError::no_tunnel_id);
  }
  Tunnel& tunnel = add_tunnel(*id, route, std::move(settings), true);
  tunnel.set_user(user);
  tunnel.open();
  end();
  return *id;
}

tl::expected<void, CommandError> Engine::close_tunnel(TunnelId tunnel, const Reason& reason, TimePoint now) {
  Tunnel* found = find(tunnel);
  if (!found) return tl::unexpected(CommandError::no_such_tunnel);
  begin(now);
  found->close(reason, EndCause::local_request);
  end();
  return {};
}

void Engine::probe_tunnel(TunnelId tunnel, TimePoint now) {
  Tunnel* found = find(tunnel);
  if (!found) return;
  begin(now);
  found->probe();
  end();
}

bool Engine::retire_lingering(TunnelId tunnel, TimePoint now) {
  Tunnel* found = find(tunnel);
  if (!found || found->state() != TunnelState::lingering) return false;
  begin(now);
  retired_[tunnel] = take_out(*found); // in place of one before, should it linger still
  end();
  return true;
}

tl::expected<SessionId, CommandError> Engine::open_session(TunnelId tunnel,
                                                           std::shared_ptr<const SessionSettings> settings,
                                                           std::optional<SessionId> wanted, std::uintptr_t user,
                                                           TimePoint now) {
  Tunnel* found = find(tunnel);
  if (!found) return tl::unexpected(CommandError::no_such_tunnel);
  begin(now);
  const auto opened = found->open_session(std::move(settings), wanted, user);
  end();
  if (!opened) return tl::unexpected(command_error(opened.error()));
  return *opened;
}

tl::expected<void, CommandError> Engine::close_session(TunnelId tunnel, SessionId session, const Reason& reason,
                                                       TimePoint now) {
  if (!find(tunnel)) return tl::unexpected(CommandError::no_such_tunnel);
  Session* found = find(tunnel, session);
  if (!found) return tl::unexpected(CommandError::no_such_session);
  begin(now);
  found->close(reason, EndCause::local_request);
  end();
  return {};
}

tl::expected<void, CommandError> Engine::bearer_up(TunnelId tunnel, SessionId session, const BearerSpeeds& speeds,
                                                   TimePoint now) {
  if (!find(tunnel)) return tl::unexpected(CommandError::no_such_tunnel);
  Session* found = find(tunnel, session);
  if (!found) return tl::unexpected(CommandError::no_such_session);
  if (found->state() != SessionState::wait_cs_answer) return tl::unexpected(CommandError::wrong_state);
  begin(now);
  found->bearer_up(speeds);
  end();
  return {};
}

tl::expected<void, CommandError> Engine::bearer_failed(TunnelId tunnel, SessionId session, const Reason& reason,
                                                       TimePoint now) {
  if (!find(tunnel)) return tl::unexpected(CommandError::no_such_tunnel);
  Session* found = find(tunnel, session);
  if (!found) return tl::unexpected(CommandError::no_such_session);
  if (found->type() != SessionType::lac_outgoing) return tl::unexpected(CommandError::wrong_state);
  begin(now);
  found->bearer_failed(reason);
  end();
  return {};
}

tl::expected<void, CommandError> Engine::send_accm(TunnelId tunnel, SessionId session, const Accm& accm,
                                                   TimePoint now) {
  Tunnel* of = find(tunnel);
  if (!of) return tl::unexpected(CommandError::no_such_tunnel);
  Session* found = of->find(session);
  if (!found) return tl::unexpected(CommandError::no_such_session);
  const bool lns = found->type() == SessionType::lns_incoming || found->type() == SessionType::lns_outgoing;
  if (!lns || found->state() != SessionState::established) return tl::unexpected(CommandError::wrong_state);
  begin(now);
  of->send(Sli{accm}, found->peer_id());
  end();
  return {};
}

tl::expected<void, CommandError> Engine::send_call_errors(TunnelId tunnel, SessionId session, const CallErrors& errors,
                                                          TimePoint now) {
  Tunnel* of = find(tunnel);
  if (!of) return tl::unexpected(CommandError::no_such_tunnel);
  Session* found = of->find(session);
  if (!found) return tl::unexpected(CommandError::no_such_session);
  const bool lac = found->type() == SessionType::lac_incoming || found->type() == SessionType::lac_outgoing;
  if (!lac || found->state() != SessionState::established) return tl::unexpected(CommandError::wrong_state);
  begin(now);
  of->send(Wen{errors}, found->peer_id());
  end();
  return {};
}

tl::expected<void, CommandError> Engine::modify_tunnel(TunnelId tunnel, std::shared_ptr<const TunnelSettings> settings,
                                                       TimePoint now) {
  Tunnel* found = find(tunnel);
  if (!found) return tl::unexpected(CommandError::no_such_tunnel);
  begin(now);
  found->set_settings(std::move(settings));
  end();
  return {};
}

tl::expected<void, CommandError> Engine::modify_session(TunnelId tunnel, SessionId session,
                                                        std::shared_ptr<const SessionSettings> settings) {
  if (!find(tunnel)) return tl::unexpected(CommandError::no_such_tunnel);
  Session* found = find(tunnel, session);
  if (!found) return tl::unexpected(CommandError::no_such_session);
  found->set_settings(std::move(settings));
  return {};
}

} // namespace openl2tp::protocol
