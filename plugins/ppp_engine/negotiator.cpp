#include "plugins/ppp_engine/negotiator.hpp"

#include <algorithm>

namespace openl2tp::ppp {
namespace {

bool negotiates(State state) noexcept {
  return state == State::req_sent || state == State::ack_rcvd || state == State::ack_sent || state == State::opened;
}

} // namespace

void Negotiator::up(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user) {
  happen(Event::up, {}, limits, now, user);
}
void Negotiator::down(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user) {
  happen(Event::down, {}, limits, now, user);
}
void Negotiator::open(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user) {
  happen(Event::open, {}, limits, now, user);
}
void Negotiator::close(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user) {
  happen(Event::close, {}, limits, now, user);
}

void Negotiator::adopt(std::uint8_t request_id, TimePoint now, NegotiatorUser& user) {
  if (state_ != State::initial) return;
  state_ = State::opened;
  last_id_ = request_id_ = request_id;
  request_open_ = false;
  user.layer_up(now);
}

void Negotiator::happen(Event event, const Cause& cause, const NegotiationLimits& limits, TimePoint now,
                        NegotiatorUser& user) {
  const Cell& cell = automaton_cell(state_, event);
  if (!cell.legal) return;
  state_ = cell.to;
  if (!restart_timer_runs(state_)) deadline_ = never;
  for (const Do action : cell.actions)
    perform(action, cause, limits, now, user);
}

void Negotiator::perform(Do action, const Cause& cause, const NegotiationLimits& limits, TimePoint now,
                         NegotiatorUser& user) {
  std::byte buffer[packet_size_max];
  const std::uint8_t id = cause.packet == nullptr ? std::uint8_t{0} : cause.packet->id;
  switch (action) {
  case Do::nothing:
  case Do::tls: break;
  case Do::tlu:
    naks_sent_ = naks_taken_ = 0;
    user.layer_up(now);
    break;
  case Do::tld: user.layer_down(now); break;
  case Do::tlf: user.layer_finished(now); break;
  case Do::irc:
    counter_ = state_ == State::closing || state_ == State::stopping ? limits.terminate_max : limits.configure_max;
    break;
  case Do::zrc:
    counter_ = 0;
    deadline_ = now + limits.restart;
    break;
  case Do::scr: {
    // A request that was answered is followed by one with another identifier; one that was not may be repeated as it
    // is.
    if (!request_open_) {
      request_id_ = next_id();
      user.prepare_request();
    }
    request_open_ = true;
    Writer options(buffer);
    user.write_request(options);
    user.send(Code::configure_request, request_id_, options.written());
    if (counter_ > 0) --counter_;
    deadline_ = now + limits.restart;
    break;
  }
  case Do::sca: // RCR+ alone has it, and that comes with its packet
    if (cause.packet == nullptr) break;
    naks_sent_ = 0;
    user.send(Code::configure_ack, id, cause.packet->data);
    break;
  case Do::scn:
    if (cause.refusal == Code::configure_nak && naks_sent_ < 255) ++naks_sent_;
    user.send(cause.refusal, id, cause.reply);
    break;
  case Do::str:
    user.send(Code::terminate_request, next_id(), {});
    if (counter_ > 0) --counter_;
    deadline_ = now + limits.restart;
    break;
  case Do::sta:
    if (cause.packet != nullptr && cause.packet->code == static_cast<std::uint8_t>(Code::terminate_request)) {
      if (user.may_refuse(now)) user.send(Code::terminate_ack, id, {});
    } else if (user.may_refuse(now)) {
      user.send(Code::terminate_ack, next_id(), {}); // unasked for: tells the peer that we are not open
    }
    break;
  case Do::scj:
    if (cause.packet != nullptr && user.may_refuse(now)) {
      const std::size_t room = user.packet_max() - packet_header_size; // RFC 1661 section 5.6: fits the peer's MRU
      user.send(Code::code_reject, next_id(), cause.packet->whole.first(std::min(room, cause.packet->whole.size())));
    }
    break;
  case Do::ser:
    if (cause.packet != nullptr && cause.packet->code == static_cast<std::uint8_t>(Code::echo_request))
      user.send_echo_reply(*cause.packet, now);
    break;
  }
}

bool Negotiator::handle(const Packet& packet, const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user) {
  if (state_ == State::initial || state_ == State::starting) return false; // the layer below is not up
  switch (static_cast<Code>(packet.code)) {
  case Code::configure_request: return handle_request(packet, limits, now, user);
  case Code::configure_ack:
  case Code::configure_nak:
  case Code::configure_reject: return handle_answer(packet, limits, now, user);
  case Code::terminate_request:
    peer_terminated_ = true;
    happen(Event::rtr, {.packet = &packet}, limits, now, user);
    return true;
  case Code::terminate_ack: happen(Event::rta, {.packet = &packet}, limits, now, user); return true;
  case Code::code_reject: return handle_code_reject(packet, limits, now, user);
  case Code::protocol_reject:
  case Code::echo_request:
  case Code::echo_reply:
  case Code::discard_request:
  case Code::identification:
  case Code::time_remaining: break; // not ours
  }
  return false;
}

bool Negotiator::handle_request(const Packet& packet, const NegotiationLimits& limits, TimePoint now,
                                NegotiatorUser& user) {
  if (state_ == State::closed || state_ == State::closing || state_ == State::stopping) {
    happen(Event::rcr_plus, {.packet = &packet}, limits, now, user); // both rows are the same there
    return true;
  }
  if (!options_well_formed(packet.data)) return false;
  std::byte buffer[packet_size_max - packet_header_size];
  Writer reply(buffer);
  const Answer answer = user.judge(packet.data, naks_sent_ < limits.failure_max, reply);
  if (answer == Answer::discard || !reply.ok()) return false;
  if (state_ == State::stopped) naks_sent_ = naks_taken_ = 0; // a new negotiation
  peer_terminated_ = false;
  if (answer == Answer::ack) {
    happen(Event::rcr_plus, {.packet = &packet}, limits, now, user);
    return true;
  }
  const Code refusal = answer == Answer::nak ? Code::configure_nak : Code::configure_reject;
  happen(Event::rcr_minus, {.packet = &packet, .reply = reply.written(), .refusal = refusal}, limits, now, user);
  return true;
}

bool Negotiator::handle_answer(const Packet& packet, const NegotiationLimits& limits, TimePoint now,
                               NegotiatorUser& user) {
  const bool ack = packet.code == static_cast<std::uint8_t>(Code::configure_ack);
  if (!negotiates(state_)) {
    happen(ack ? Event::rca : Event::rcn, {.packet = &packet}, limits, now, user);
    return true;
  }
  // Of an answer that comes twice the second is invalid: the request was answered.
  if (!request_open_ || packet.id != request_id_ || !options_well_formed(packet.data)) return false;
  std::byte buffer[packet_size_max];
  Writer request(buffer);
  user.write_request(request);
  if (ack) {
    if (!equal(packet.data, request.written())) return false;
    request_open_ = false;
    happen(Event::rca, {.packet = &packet}, limits, now, user);
    return true;
  }
  const bool reject = packet.code == static_cast<std::uint8_t>(Code::configure_reject);
  if (reject) {
    OptionReader options(packet.data);
    while (const auto option = options.next())
      if (!contains_option(request.written(), option->whole)) return false;
  }
  request_open_ = false;
  // What the user cannot do without is refused: it closes, and a request without that must not be heard before.
  if (!(reject ? user.take_reject(packet.data) : user.take_nak(packet.data))) return true;
  if (naks_taken_ < 255) ++naks_taken_;
  // A peer that neither takes nor leaves what we ask for: twice, because a patient peer turns its Naks into Rejects.
  if (naks_taken_ > 2U * limits.failure_max) {
    user.not_converging();
    return true;
  }
  happen(Event::rcn, {.packet = &packet}, limits, now, user);
  return true;
}

bool Negotiator::handle_code_reject(const Packet& packet, const NegotiationLimits& limits, TimePoint now,
                                    NegotiatorUser& user) {
  if (packet.data.empty()) return false;
  const auto rejected = std::to_integer<std::uint8_t>(packet.data[0]);
  // A peer that does not know the codes of negotiation cannot be talked to; all others can be done without.
  const bool vital = rejected >= static_cast<std::uint8_t>(Code::configure_request) &&
                     rejected <= static_cast<std::uint8_t>(Code::code_reject);
  happen(vital ? Event::rxj_minus : Event::rxj_plus, {.packet = &packet}, limits, now, user);
  return true;
}

void Negotiator::handle_unknown_code(const Packet& packet, const NegotiationLimits& limits, TimePoint now,
                                     NegotiatorUser& user) {
  happen(Event::ruc, {.packet = &packet}, limits, now, user);
}

void Negotiator::handle_protocol_reject(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user) {
  happen(Event::rxj_minus, {}, limits, now, user);
}

bool Negotiator::handle_echo(const Packet& packet, const NegotiationLimits& limits, TimePoint now,
                             NegotiatorUser& user) {
  if (state_ != State::opened) return false;
  happen(Event::rxr, {.packet = &packet}, limits, now, user);
  return true;
}

void Negotiator::handle_timeout(const NegotiationLimits& limits, TimePoint now, NegotiatorUser& user) {
  if (deadline_ > now) return;
  deadline_ = never;
  if (counter_ == 0) peer_silent_ = state_ != State::stopping && state_ != State::closing;
  happen(counter_ > 0 ? Event::to_plus : Event::to_minus, {}, limits, now, user);
}

} // namespace openl2tp::ppp
