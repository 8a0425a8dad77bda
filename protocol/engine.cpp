// Demultiplexing, tunnels' comings and goings, commands.
#include "protocol/engine.hpp"

#include <array>
#include <string_view>

#include "protocol/assert.hpp"
#include "protocol/control/authenticator.hpp"
#include "protocol/fingerprint.hpp"
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

PeerKey key_of(const Route& from, std::uint16_t assigned_tunnel_id) {
  return {from.path.local.address, from.path.peer, PeerTunnelId{assigned_tunnel_id}};
}

} // namespace

Engine::Engine(const EngineSettings& settings, RandomSource& random, Policy& policy, TraceSink* sink, TimePoint start)
    : settings_(settings), services_(settings.message_memory, random, policy, sink, start),
      ids_(settings.shard, settings.shards), tables_(settings.half_open, policy) {
  tunnels_.resize(65'536 / settings.shards + 1);
}

Engine::~Engine() {
  for (auto& tunnel : tunnels_)
    tunnel.reset();
}

// ---- the verbs
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
  tables_.farewells.expire(now);
  services_.wheel.expire(now, [](Timer& timer) {
    auto& mine = static_cast<EngineTimer&>(timer);
    switch (mine.owner) {
    case EngineTimer::Owner::tunnel: static_cast<Tunnel*>(mine.whose)->handle_timeout(); break;
    case EngineTimer::Owner::session: static_cast<Session*>(mine.whose)->handle_timeout(); break;
    }
  });
  end();
}

void Engine::end_turn(TimePoint now) {
  begin(now);
  for (const TunnelId id : services_.owing)
    if (Tunnel* tunnel = find(id)) tunnel->acknowledge();
  services_.owing.clear();
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
  if (const Farewell* farewell = farewell_for(*control)) [[unlikely]]
    return acknowledge(*farewell, from);
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
    if (error.type == MessageType::stopccn && error.assigned_tunnel_id)
      handle_stopccn_by_peer(datagram, *error.assigned_tunnel_id, from);
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
  if (const auto* stop = std::get_if<StopCcn>(&decoded->message))
    if (handle_stopccn_by_peer(datagram, stop->assigned_tunnel_id, from)) return;
  ++counters.messages[static_cast<std::size_t>(type)].received_bad;
  ++counters.no_matching_tunnel;
  if (const auto* reply = std::get_if<Sccrp>(&decoded->message)) // §7.2.1, idle
    send_stopccn(services_, from, reply->assigned_tunnel_id, static_cast<std::uint16_t>(datagram.header.ns + 1),
                 make_reason(StopResult::fsm_error));
}

void Engine::handle_sccrq(const ControlDatagram& datagram, const Sccrq& request, const Route& from) {
  EngineCounters& counters = services_.counters;
  const std::uint64_t fingerprint = fingerprint_of(datagram.body);
  // The same SCCRQ again is a retransmission while its SCCCN is due. Any other SCCRQ with an id that the peer used
  // before comes from a peer that lost its state, or is forged. It gets a tunnel of its own; the old one ends when the
  // SCCCN has proved that the peer asked (Tunnel::supersede()).
  Tunnel* oldest_half_open = nullptr;
  unsigned half_open = 0;
  bool returning = false;
  for (Tunnel* tunnel = tables_.by_peer.newest(key_of(from, request.assigned_tunnel_id)); tunnel != nullptr;
       tunnel = tunnel->peer_link().next) {
    if (tunnel->may_repeat(fingerprint)) return tunnel->receive(datagram, from);
    returning = returning || tunnel->state() == TunnelState::established;
    if (!tunnel->half_open()) continue;
    oldest_half_open = tunnel;
    ++half_open;
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
  if (tables_.half_open.source_full(from.path.peer.address)) {
    ++counters.no_peer_resources;
    return; // unanswered: the peer tries again
  }
  auto admitted =
      returning ? services_.policy.admit_returning_tunnel(from, request) : services_.policy.admit_tunnel(from, request);
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
  if (half_open >= HalfOpenLimits::per_key_max) {
    ++counters.no_peer_resources;
    oldest_half_open->evict(EndCause::evicted);
  } else if (Tunnel* oldest = tables_.half_open.oldest_when_full()) {
    ++counters.no_tunnel_resources;
    oldest->evict(EndCause::evicted);
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
  const Crossing here = tables_.pending.crossing(peer);
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
  for (Tunnel* tunnel : tables_.pending.tunnels(peer)) {
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
  // All ids are in use. A tunnel whose peer has proved nothing gives way.
  Tunnel* oldest = tables_.half_open.oldest();
  if (oldest == nullptr) return std::nullopt;
  oldest->evict(EndCause::evicted);
  end();
  return ids_.allocate(services_.random, services_.now);
}

Tunnel& Engine::add_tunnel(TunnelId id, const Route& route, std::shared_ptr<const TunnelSettings> settings,
                           bool initiator) {
  auto& slot = tunnels_[id.value / settings_.shards];
  slot = std::make_unique<Tunnel>(tables_, services_, id, route, std::move(settings), initiator);
  ++tunnel_count_;
  return *slot;
}

void Engine::forget(Tunnel& tunnel) {
  const TunnelId id = tunnel.id();
  tunnel.leave_tables();
  std::unique_ptr<Tunnel> taken = std::move(tunnels_[id.value / settings_.shards]);
  --tunnel_count_;
  ids_.release(id, services_.now);
  TunnelGone gone{id, taken->user(), nullptr};
  if (services_.keep_ended_tunnels) [[unlikely]] {
    taken->stop_timer(); // nothing happens to it any more
    gone.last = std::move(taken);
  }
  services_.act(std::move(gone));
  taken.reset();
  services_.dead_sessions.clear();
}

const Farewell* Engine::farewell_for(const ControlDatagram& datagram) const {
  if (tables_.farewells.empty() || datagram.body.empty()) return nullptr; // a ZLB is never answered
  const TunnelId id{datagram.header.tunnel_id};
  const Farewell* farewell = tables_.farewells.find(id, services_.now);
  if (farewell == nullptr) return nullptr;
  const Tunnel* successor = find(id);
  if (successor == nullptr) return farewell;
  // What a peer says first in a tunnel has Ns 0. Later on a StopCCN is the old one if it is the same word for word.
  if (datagram.header.ns == 0) return nullptr;
  if (successor->awaits_reply()) return farewell;
  return fingerprint_of(datagram.body) == farewell->fingerprint ? farewell : nullptr;
}

void Engine::acknowledge(const Farewell& farewell, const Route& from) {
  if (from.path.peer != farewell.route.path.peer) {
    ++services_.counters.mismatched_tunnel_ids;
    return;
  }
  std::array<std::byte, control_header_size> zlb{};
  encode_control_header(zlb,
                        {.tunnel_id = farewell.key.id.value, .session_id = 0, .ns = farewell.ns, .nr = farewell.nr});
  services_.act(SendDatagram{farewell.route, services_.store(zlb)});
  ++services_.counters.sent_control_frames;
}

bool Engine::handle_stopccn_by_peer(const ControlDatagram& datagram, std::uint16_t assigned_tunnel_id,
                                    const Route& from) {
  const PeerKey key = key_of(from, assigned_tunnel_id);
  // A peer that gives up before it learned our id is known by its own (§6.4).
  Tunnel* const newest = tables_.by_peer.newest(key);
  Tunnel* tunnel = newest;
  while (tunnel != nullptr && !tunnel->half_open())
    tunnel = tunnel->peer_link().next;
  if (tunnel == nullptr) tunnel = newest;
  if (tunnel != nullptr) {
    tunnel->receive(datagram, from);
    return true;
  }
  const Farewell* farewell = tables_.farewells.find(key, services_.now);
  if (farewell != nullptr) acknowledge(*farewell, from);
  return farewell != nullptr;
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

template <class Act>
tl::expected<void, CommandError> Engine::with_session(TunnelId tunnel, SessionId session, TimePoint now, Act act) {
  Tunnel* of = find(tunnel);
  if (!of) return tl::unexpected(CommandError::no_such_tunnel);
  Session* found = of->find(session);
  if (!found) return tl::unexpected(CommandError::no_such_session);
  begin(now);
  const tl::expected<void, CommandError> done = act(*of, *found);
  end();
  return done;
}

tl::expected<void, CommandError> Engine::close_session(TunnelId tunnel, SessionId session, const Reason& reason,
                                                       TimePoint now) {
  return with_session(tunnel, session, now, [&](Tunnel&, Session& found) -> tl::expected<void, CommandError> {
    found.close(reason, EndCause::local_request);
    return {};
  });
}

tl::expected<void, CommandError> Engine::bearer_up(TunnelId tunnel, SessionId session, const BearerSpeeds& speeds,
                                                   TimePoint now) {
  return with_session(tunnel, session, now, [&](Tunnel&, Session& found) -> tl::expected<void, CommandError> {
    if (found.state() != SessionState::wait_cs_answer) return tl::unexpected(CommandError::wrong_state);
    found.bearer_up(speeds);
    return {};
  });
}

tl::expected<void, CommandError> Engine::bearer_failed(TunnelId tunnel, SessionId session, const Reason& reason,
                                                       TimePoint now) {
  return with_session(tunnel, session, now, [&](Tunnel&, Session& found) -> tl::expected<void, CommandError> {
    if (found.type() != SessionType::lac_outgoing) return tl::unexpected(CommandError::wrong_state);
    found.bearer_failed(reason);
    return {};
  });
}

tl::expected<void, CommandError> Engine::send_accm(TunnelId tunnel, SessionId session, const Accm& accm,
                                                   TimePoint now) {
  return with_session(tunnel, session, now, [&](Tunnel& of, Session& found) -> tl::expected<void, CommandError> {
    const bool lns = found.type() == SessionType::lns_incoming || found.type() == SessionType::lns_outgoing;
    if (!lns || found.state() != SessionState::established) return tl::unexpected(CommandError::wrong_state);
    of.send(Sli{accm}, found.peer_id());
    return {};
  });
}

tl::expected<void, CommandError> Engine::send_call_errors(TunnelId tunnel, SessionId session, const CallErrors& errors,
                                                          TimePoint now) {
  return with_session(tunnel, session, now, [&](Tunnel& of, Session& found) -> tl::expected<void, CommandError> {
    const bool lac = found.type() == SessionType::lac_incoming || found.type() == SessionType::lac_outgoing;
    if (!lac || found.state() != SessionState::established) return tl::unexpected(CommandError::wrong_state);
    of.send(Wen{errors}, found.peer_id());
    return {};
  });
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
