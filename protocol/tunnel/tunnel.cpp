// What drives a tunnel: datagrams in, timers, the state table's steps.
#include "protocol/tunnel/tunnel.hpp"

#include <algorithm>
#include <vector>

#include "protocol/fingerprint.hpp"
#include "protocol/wire/header.hpp"

namespace openl2tp::protocol {

namespace {

// Longer than the SCCRP of a tunnel that may take the place of this one is repeated.
constexpr Duration hush_max{31'000};
constexpr Duration farewell_max{120'000};
constexpr Duration half_open_max{120'000}; // of a peer that has proved nothing, where the operator sets no bound

ReliableSettings channel_settings(const TunnelSettings& settings) {
  ReliableSettings channel;
  channel.receive_window = settings.receive_window;
  channel.transmit_window_max = settings.transmit_window;
  channel.retransmit_interval = settings.retransmit_interval;
  channel.retries_max = settings.retries_max;
  return channel;
}

/// The type of an encoded control message, whose first AVP is Message Type (§4.4.1); ZLB without a body.
MessageType peek_type(Octets body) noexcept {
  if (body.size() < 8) return MessageType::zlb;
  return static_cast<MessageType>(std::to_integer<unsigned>(body[6]) << 8 | std::to_integer<unsigned>(body[7]));
}

std::uint16_t read_u16(Octets octets, std::size_t at) noexcept {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(octets[at]) << 8 |
                                    std::to_integer<unsigned>(octets[at + 1]));
}

/// Passes the AVPs of a received message on as trace events.
class AvpTracer final : public AvpObserver {
 public:
  AvpTracer(TraceSink& sink, TunnelId tunnel, TraceMask mask) : sink_(sink), tunnel_(tunnel), mask_(mask) {}
  void avp(std::uint16_t vendor, std::uint16_t attribute, bool mandatory, bool hidden, std::size_t length,
           Octets value) override {
    const bool with_value = (mask_ & trace::avp_data) != 0;
    const TraceMask category = hidden && (mask_ & trace::avp_hide) ? trace::avp_hide
                               : with_value                        ? trace::avp_data
                                                                   : trace::avp;
    if (!(mask_ & category)) return;
    sink_.trace({.category = category,
                 .tunnel = tunnel_,
                 .session = {},
                 .what = AvpTrace{Direction::received, vendor, attribute, mandatory, hidden,
                                  static_cast<std::uint16_t>(length), with_value ? value : Octets{}}});
  }

 private:
  TraceSink& sink_;
  TunnelId tunnel_;
  TraceMask mask_;
};

} // namespace

/// Where the channel's datagrams go: into the batch, addressed to the peer.
struct Tunnel::Sink final : DatagramSink {
  explicit Sink(Tunnel& owner) : tunnel(owner), retransmits(owner.channel_.counters().retransmits) {}
  /// To call right after the channel's, as sinks may be nested.
  void count_retransmits() const {
    tunnel.services_.counters.retransmitted_control_frames += tunnel.channel_.counters().retransmits - retransmits;
  }
  void transmit(Octets message) override {
    Services& services = tunnel.services_;
    services.act(SendDatagram{tunnel.route_, services.store(message), tunnel.id_});
    ++services.counters.sent_control_frames;
    if (tunnel.trace_mask() & (trace::protocol | trace::transport)) [[unlikely]] {
      const MessageType type = peek_type(message.subspan(control_header_size));
      tunnel.trace_message(Direction::sent, name(type), read_u16(message, 8), read_u16(message, 10), message.size());
    }
  }
  Tunnel& tunnel;
  const std::uint32_t retransmits; // of the channel so far
};

Tunnel::Tunnel(TunnelTables& tables, Services& services, TunnelId id, Route route,
               std::shared_ptr<const TunnelSettings> settings, bool initiator)
    : tables_(tables), services_(services), id_(id), initiator_(initiator), route_(route),
      settings_(std::move(settings)), channel_(services.pool, channel_settings(*settings_)),
      timer_(EngineTimer::Owner::tunnel, this), setup_(std::make_unique<Setup>()) {
  Duration patience = settings_->establish_timeout;
  if (!initiator_ && patience == Duration{0}) patience = half_open_max;
  if (patience > Duration{0}) give_up_at_ = services_.now + patience;
}

Tunnel::~Tunnel() {
  services_.wheel.cancel(timer_);
  services_.sessions -= static_cast<std::uint32_t>(sessions_.size());
}

Session* Tunnel::find(SessionId id) const {
  const auto it = sessions_.find(id);
  return it == sessions_.end() ? nullptr : it->second.get();
}

void Tunnel::set_settings(std::shared_ptr<const TunnelSettings> settings) {
  const bool hello_changed = settings->hello_interval != settings_->hello_interval;
  const bool idle_changed = settings->idle_timeout != settings_->idle_timeout;
  if (settings->secret != settings_->secret) { // the one of set-up opens hidden AVPs for the life of the tunnel
    auto kept = std::make_shared<TunnelSettings>(*settings);
    kept->secret = settings_->secret;
    settings = std::move(kept);
  }
  settings_ = std::move(settings);
  channel_.set_timing(settings_->retransmit_interval, settings_->retries_max);
  if (state_ == TunnelState::established) {
    if (hello_changed) keepalive_.configure(settings_->hello_interval, services_.now, services_.random);
    if (idle_changed) {
      const bool counts = settings_->idle_timeout > Duration{0} && sessions_.empty();
      give_up_at_ = counts ? services_.now + settings_->idle_timeout : TimePoint::max();
    }
  }
  update_timer();
}

void Tunnel::open() {
  if (settings_->auth_mode == AuthMode::challenge) setup_->challenge = make_challenge(services_.random);
  if (settings_->use_tie_breaker) {
    tie_breaker_.emplace();
    services_.random.fill(*tie_breaker_);
  }
  pending_ = tables_.pending.add(*this, route_.path.peer.address, tie_breaker_);
  happen(TunnelEvent::open_request);
}

void Tunnel::take_first_message(const ControlDatagram& datagram) {
  channel_.take_first(datagram);
  if (trace_mask() & (trace::protocol | trace::transport)) [[unlikely]]
    trace_message(Direction::received, name(peek_type(datagram.body)), datagram.header.ns, datagram.header.nr,
                  control_header_size + datagram.body.size());
}

void Tunnel::receive(const ControlDatagram& datagram, const Route& from) {
  if (from.path.peer != route_.path.peer) {
    // A responder may answer from another port of its address; from its first answer on the port is fixed (§8.1).
    const MessageType type = peek_type(datagram.body);
    const bool first_answer = state_ == TunnelState::wait_ctl_reply && !peer_id_ &&
                              from.path.peer.address == route_.path.peer.address &&
                              (type == MessageType::sccrp || type == MessageType::stopccn);
    if (!first_answer) {
      ++services_.counters.mismatched_tunnel_ids;
      return;
    }
    route_.path.peer = from.path.peer;
  }
  if (route_.path.local.address.is_unspecified()) route_.path.local = from.path.local;

  notice_life();
  Sink sink(*this);
  const std::uint16_t acknowledged = channel_.peer_nr();
  const ReliableChannel::Verdict verdict = channel_.receive(datagram, services_.now, sink);
  sink.count_retransmits();
  // Only what is new is a sign of life. A copy of an old message, or one that cannot be of this tunnel now, may come
  // from the network or from a peer that lost its state.
  if (verdict == ReliableChannel::Verdict::deliver || verdict == ReliableChannel::Verdict::held ||
      channel_.peer_nr() != acknowledged)
    keepalive_.on_received(services_.now);
  if (datagram.body.empty()) {
    if (trace_mask() & trace::transport) [[unlikely]]
      trace_message(Direction::received, name(MessageType::zlb), datagram.header.ns, datagram.header.nr,
                    control_header_size);
  } else if (trace_mask() & (trace::protocol | trace::transport)) [[unlikely]] {
    trace_message(Direction::received, name(peek_type(datagram.body)), datagram.header.ns, datagram.header.nr,
                  control_header_size + datagram.body.size());
  }

  const auto hand_on = [this](std::uint16_t session, Octets body) {
    if (peek_type(body) == MessageType::stopccn) fingerprint_ = fingerprint_of(body);
    deliver(session, body);
  };
  if (verdict == ReliableChannel::Verdict::deliver) {
    hand_on(datagram.header.session_id, datagram.body);
    while (state_ != TunnelState::idle) { // else it has ended
      const auto held = channel_.next_held();
      if (!held) break;
      hand_on(held->session_id, held->body);
    }
  }
  if (state_ == TunnelState::closing && channel_.all_acknowledged()) happen(TunnelEvent::closed);
  if (channel_.owes_acknowledgement() && !owing_) {
    owing_ = true;
    services_.owing.push_back(id_);
  }
  update_timer();
}

void Tunnel::acknowledge() {
  owing_ = false;
  Sink sink(*this);
  channel_.acknowledge_now(sink);
}

// The peer still knows this tunnel: an SCCRQ that seemed to replace it did not come from there, or is a late copy.
void Tunnel::notice_life() {
  if (hushed_until_ == TimePoint{}) return;
  speak();
  hushed_until_ = {};
  if (!was_up_) return;
  for (Tunnel* other : tables_.by_peer.others(*this))
    if (other->half_open()) other->evict(EndCause::stale_request);
}

bool Tunnel::may_repeat(std::uint64_t fingerprint) const noexcept {
  // A peer that has acknowledged the SCCRP has no reason to ask again.
  return !initiator_ && !was_up_ && state_ != TunnelState::idle && fingerprint == fingerprint_ &&
         !channel_.all_acknowledged();
}

void Tunnel::hush() {
  if (hushed_until_ != TimePoint{}) return;
  hushed_until_ = services_.now + hush_max;
  channel_.pause();
  update_timer();
}

void Tunnel::speak() {
  if (!channel_.paused()) return;
  Sink sink(*this);
  channel_.resume(services_.now, sink);
  sink.count_retransmits();
  update_timer();
}

// This one did not come up: those that it had hushed may speak again, unless another SCCRQ of the peer still waits.
void Tunnel::let_others_speak() {
  const std::vector<Tunnel*> others = tables_.by_peer.others(*this);
  for (Tunnel* other : others)
    if (other->half_open()) return other->speak();
  for (Tunnel* other : others)
    other->speak();
}

void Tunnel::enter_peer_table() { tables_.by_peer.add(*this, {route_.path.local.address, route_.path.peer, peer_id_}); }

void Tunnel::leave_tables() {
  if (half_open_) tables_.half_open.remove(*half_open_, route_.path.peer.address);
  half_open_.reset();
  if (pending_) tables_.pending.remove(*pending_, route_.path.peer.address, tie_breaker_);
  pending_.reset();
  tables_.by_peer.remove(*this);
}

void Tunnel::deliver(std::uint16_t session_id, Octets body) {
  std::optional<AvpTracer> tracer;
  if (trace_mask() & (trace::avp | trace::avp_data | trace::avp_hide)) [[unlikely]]
    if (services_.trace_sink) tracer.emplace(*services_.trace_sink, id_, trace_mask());

  const auto decoded =
      services_.decoder.decode(body, settings_->secret.octets(), tracer ? &*tracer : nullptr, services_.vendor_owner);
  EngineCounters& counters = services_.counters;
  if (!decoded) {
    const MessageError& error = decoded.error();
    const bool unknown_type = error.fault == MessageFault::unknown_message_type;
    ++(unknown_type ? counters.unsupported_messages : counters.illegal_messages);
    ++counters.messages[static_cast<std::size_t>(error.type)].received_bad;
    if (unknown_type && !error.mandatory) return; // §4.4.1: an unknown message without M is ignored
    if (services_.may_warn()) services_.warn(id_, SessionId{session_id}, error.describe());
    if (is_session_message(error.type))
      handle_malformed_session_message(session_id, error);
    else
      handle_malformed_tunnel_message(error);
    return;
  }
  const MessageType type = type_of(decoded->message);
  ++counters.messages[static_cast<std::size_t>(type)].received;
  counters.ignored_avps += decoded->notes.ignored_avps;
  counters.vendor_avps += decoded->notes.vendor_avps;
  if (services_.vendor_owner != nullptr && carries_vendor_avps(type)) services_.vendor_avps = decoded->vendor_avps;
  if (is_session_message(type))
    handle_session_message(session_id, decoded->message);
  else
    handle_tunnel_message(decoded->message);
  services_.vendor_avps = {};
}

bool Tunnel::send(const Message& message, PeerSessionId session) {
  const MessageType type = type_of(message);
  EncodeOptions options;
  // SCCRQ is never hidden: the peer does not know yet which secret it would be, and peers are known to refuse it.
  options.hide = settings_->hide_avps && type != MessageType::sccrq && !settings_->secret.empty();
  options.secret = settings_->secret.octets();
  options.random = &services_.random;
  if (services_.vendor_owner != nullptr && carries_vendor_avps(type)) [[unlikely]]
    options.vendor_avps = collect_vendor_avps(message, session, options);
  const auto length = encode(services_.encode_space, peer_id_.value, session.value, message, options);
  if (services_.vendor_writer) services_.vendor_writer->wipe();
  if (!length) {
    ++services_.counters.encode_failures;
    return false;
  }
  Sink sink(*this);
  const auto sent = channel_.send(std::span(services_.encode_space).first(*length), services_.now, sink);
  sink.count_retransmits();
  if (!sent) {
    ++services_.counters.no_control_frame_resources;
    return false;
  }
  ++services_.counters.messages[static_cast<std::size_t>(type)].sent;
  update_timer();
  return true;
}

// What the owner adds may only fill what the message leaves free, so that it goes out in any case.
std::span<const VendorAvp> Tunnel::collect_vendor_avps(const Message& message, PeerSessionId session,
                                                       const EncodeOptions& options) {
  const MessageType type = type_of(message);
  const auto length = encode(services_.encode_space, peer_id_.value, session.value, message, options);
  if (!length) return {};
  std::size_t limit = services_.encode_space.size();
  // An SCCRP goes to whoever claims to have sent the SCCRQ: see send_sccrp().
  if (type == MessageType::sccrp) limit = std::min<std::size_t>(limit, 4 * channel_.counters().received_octets);

  VendorMessage facts{.type = type, .tunnel = id_, .session = {}, .peer_tunnel = peer_id_, .peer_session = session};
  if (const Session* known = find_by_peer(session)) facts.session = known->id();
  std::visit(
      [&]<class M>(const M& one) {
        if constexpr (requires { one.assigned_session_id; }) facts.session = SessionId{one.assigned_session_id};
      },
      message);
  if (!find(facts.session)) facts.session = {}; // of a CDN for a call that never was

  VendorAvpWriter& writer = *services_.vendor_writer;
  const bool can_hide = !options.secret.empty() && type != MessageType::sccrq;
  writer.begin(limit - std::min(limit, *length), can_hide);
  services_.vendor_owner->add(facts, writer);
  return writer.avps();
}

void Tunnel::handle_timeout() {
  Sink sink(*this);
  if (channel_.paused() && hushed_until_ <= services_.now) channel_.resume(services_.now, sink);
  const ReliableChannel::Health health = channel_.handle_timeout(services_.now, sink);
  sink.count_retransmits();
  if (health == ReliableChannel::Health::dead) {
    end_cause_ = EndCause::peer_silent;
    reason_ = {};
    happen(TunnelEvent::peer_silent);
    return;
  }
  const auto hello_at = keepalive_.deadline();
  if (state_ == TunnelState::established && !channel_.paused() && hello_at && *hello_at <= services_.now &&
      keepalive_.on_timeout(services_.now, !channel_.all_acknowledged()) == Keepalive::Action::send_hello &&
      send(Hello{}))
    ++hellos_.sent;
  if (give_up_at_ <= services_.now) {
    give_up_at_ = TimePoint::max();
    if (state_ == TunnelState::closing)
      happen(TunnelEvent::closed);
    else if (state_ == TunnelState::established)
      close(make_reason(StopResult::general_clear, GeneralError::none, "idle"), EndCause::idle_timeout);
    else
      fail(TunnelEvent::establish_timeout, StopResult::general_clear, GeneralError::none, "not established in time",
           EndCause::establish_timeout);
  }
  update_timer();
}

void Tunnel::note_send_failure(Octets message) noexcept {
  if (message.size() == control_header_size)
    ++zlb_send_failures_;
  else if (message.size() > control_header_size &&
           peek_type(message.subspan(control_header_size)) == MessageType::hello)
    ++hellos_.send_failures;
}

void Tunnel::close(const Reason& reason, EndCause cause) {
  if (!tunnel_transition(state_, TunnelEvent::close_request)) return; // closing already
  reason_ = reason;
  end_cause_ = cause;
  happen(TunnelEvent::close_request);
  update_timer();
}

void Tunnel::probe() {
  if (state_ != TunnelState::established || !channel_.all_acknowledged()) return;
  if (send(Hello{})) ++hellos_.sent;
  update_timer();
}

void Tunnel::lose_tie() {
  end_cause_ = EndCause::tie_lost;
  reason_ = {};
  happen(TunnelEvent::sccrq_tie_lost);
}

void Tunnel::evict(EndCause cause) {
  end_cause_ = cause;
  reason_ = {};
  happen(TunnelEvent::peer_silent); // the same steps: nothing is sent, nothing is kept
}

void Tunnel::supersede() {
  end_cause_ = EndCause::peer_restarted;
  reason_ = {};
  happen(TunnelEvent::superseded);
}

void Tunnel::fail(TunnelEvent event, StopResult result, GeneralError error, std::string_view text, EndCause cause) {
  reason_ = make_reason(result, error, text);
  end_cause_ = cause;
  happen(event);
}

void Tunnel::happen(TunnelEvent event) {
  const TunnelRow* row = tunnel_transition(state_, event);
  if (row == nullptr) return;
  const TunnelState from = state_;
  state_ = row->to;
  if ((trace_mask() & trace::fsm) && services_.trace_sink) [[unlikely]]
    services_.trace_sink->trace({.category = trace::fsm,
                                 .tunnel = id_,
                                 .session = {},
                                 .what = TransitionTrace{"tunnel", name(from), name(event), name(row->to)}});
  if (from == TunnelState::wait_ctl_conn) {
    if (half_open_) tables_.half_open.remove(*half_open_, route_.path.peer.address);
    half_open_.reset();
    channel_.set_timing(settings_->retransmit_interval, settings_->retries_max); // send_sccrp() had bounded it
  }
  if (from == TunnelState::wait_ctl_reply && pending_) {
    tables_.pending.remove(*pending_, route_.path.peer.address, tie_breaker_);
    pending_.reset();
  }
  for (const TunnelDo step : row->steps) {
    if (step == TunnelDo::nothing) break;
    perform(step);
  }
  if (from == TunnelState::wait_ctl_conn && state_ != TunnelState::established && event != TunnelEvent::superseded)
    let_others_speak();
  // Each acknowledgement starts the count of retransmissions anew, so a peer could draw out the end.
  if (state_ == TunnelState::closing && from != state_) give_up_at_ = services_.now + 2 * full_retransmission_cycle();
  // A first or last message that found no memory will not be answered: the tunnel ends at the next tick.
  if ((from == TunnelState::idle || state_ == TunnelState::closing) && channel_.all_acknowledged())
    give_up_at_ = services_.now;
}

void Tunnel::perform(TunnelDo step) {
  switch (step) {
  case TunnelDo::nothing: break;
  case TunnelDo::send_sccrq: send_sccrq(); break;
  case TunnelDo::send_sccrp: send_sccrp(); break;
  case TunnelDo::send_scccn: send_scccn(); break;
  case TunnelDo::send_stopccn: send_stopccn(); break;
  case TunnelDo::come_up: {
    was_up_ = true;
    setup_.reset();
    for (Tunnel* other : tables_.by_peer.others(*this))
      other->supersede();
    keepalive_.configure(settings_->hello_interval, services_.now, services_.random);
    give_up_at_ = TimePoint::max();
    if (sessions_.empty() && settings_->idle_timeout > Duration{0})
      give_up_at_ = services_.now + settings_->idle_timeout;
    services_.act(TunnelUp{id_});
    std::vector<SessionId> waiting;
    waiting.reserve(sessions_.size());
    for (const auto& [id, session] : sessions_)
      waiting.push_back(id);
    std::sort(waiting.begin(), waiting.end()); // deterministic, whatever the hash table's order
    for (const SessionId id : waiting)
      if (Session* session = find(id)) session->tunnel_opened();
    break;
  }
  case TunnelDo::go_down: {
    // A StopCCN of the peer names the reason; otherwise it is ours.
    const Reason& why = end_cause_ == EndCause::peer_request ? peer_.result : reason_;
    end_sessions(EndCause::tunnel_ended, why);
    give_up_at_ = TimePoint::max();
    if (!was_up_ && end_cause_ != EndCause::local_request && end_cause_ != EndCause::tie_lost)
      ++services_.counters.tunnel_setup_failures;
    services_.act(TunnelDown{id_, end_cause_, why, was_up_, user_});
    break;
  }
  case TunnelDo::keep_acknowledging: bid_farewell(); break;
  case TunnelDo::forget: services_.forgotten.push_back(this); break;
  }
}

void Tunnel::end_sessions(EndCause cause, const Reason& reason) {
  std::vector<SessionId> ids;
  ids.reserve(sessions_.size());
  for (const auto& [id, session] : sessions_)
    ids.push_back(id);
  std::sort(ids.begin(), ids.end());
  for (const SessionId id : ids)
    find(id)->end_with_tunnel(cause, reason);
}

void Tunnel::update_timer() {
  TimePoint next = give_up_at_;
  if (channel_.paused()) next = std::min(next, hushed_until_);
  if (const auto at = channel_.deadline()) next = std::min(next, *at);
  if (state_ == TunnelState::established && !channel_.paused())
    if (const auto at = keepalive_.deadline()) next = std::min(next, *at);
  if (next == TimePoint::max()) return;
  // A later deadline than the armed one is found when that fires: no wheel traffic for every message.
  if (!timer_.armed() || next < timer_.deadline()) services_.wheel.arm(timer_, next);
}

// Whatever of ours is outstanding ends here as well: it would be sent again to a peer that is done with the tunnel, and
// that may give the tunnel's id to the next one.
void Tunnel::bid_farewell() {
  Sink sink(*this);
  channel_.acknowledge_now(sink);
  tables_.farewells.add(id_, {.route = route_,
                              .key = {route_.path.local.address, route_.path.peer, peer_id_},
                              .ns = channel_.ns(),
                              .nr = channel_.nr(),
                              .fingerprint = fingerprint_,
                              .until = services_.now + std::min(full_retransmission_cycle(), farewell_max)});
}

Duration Tunnel::full_retransmission_cycle() const noexcept {
  const ReliableSettings channel = channel_settings(*settings_);
  Duration interval = channel.retransmit_interval, cycle{0};
  for (unsigned i = 0; i <= channel.retries_max; ++i) {
    cycle += interval;
    interval = std::min(interval * 2, std::max(channel.retransmit_interval_max, Duration{8000}));
  }
  return cycle;
}

void Tunnel::trace_message(Direction direction, std::string_view message, std::uint16_t ns, std::uint16_t nr,
                           std::size_t octets) const {
  if (!services_.trace_sink) return;
  const bool zlb = octets == control_header_size;
  const TraceMask category = zlb || !(trace_mask() & trace::protocol) ? trace::transport : trace::protocol;
  if (!(trace_mask() & category)) return;
  services_.trace_sink->trace({.category = category,
                               .tunnel = id_,
                               .session = {},
                               .what = MessageTrace{direction, message, ns, nr, static_cast<std::uint32_t>(octets)}});
}

} // namespace openl2tp::protocol
