#include "plugins/ppp_engine/lcp.hpp"

#include <array>

namespace openl2tp::ppp {
namespace {

// RFC 1661 section 6.
enum : std::uint8_t { type_mru = 1, type_accm = 2, type_auth = 3, type_magic = 5, type_pfc = 7, type_acfc = 8 };

constexpr std::uint16_t mru_min = 128;
constexpr std::uint8_t loops_max = 5;

void write_head(Writer& writer, std::uint8_t type, std::size_t value_size) {
  writer.u8(type);
  writer.u8(static_cast<std::uint8_t>(value_size + 2));
}

} // namespace

void Lcp::take_settings() {
  const LinkSettings& settings = port_.settings();
  local_ = {};
  local_.mru = std::max(settings.mru, mru_min);
  ask_mru_ = local_.mru != LcpOptions{}.mru;
  ask_accm_ = settings.request_accm;
  if (ask_accm_) local_.accm = settings.accm;
  ask_magic_ = true;
  local_.magic = port_.random().next_u32();
  ask_pfc_ = local_.pfc = settings.request_pfc;
  ask_acfc_ = local_.acfc = settings.request_acfc;
  untried_ = settings.require;
  unsuggested_ = {};
  local_.auth = untried_.best();
  fresh_ = false;
}

void Lcp::open(TimePoint now) {
  negotiator_.open(limits(), now, *this);
  negotiator_.up(limits(), now, *this);
}

void Lcp::close(TimePoint now) { negotiator_.close(limits(), now, *this); }

void Lcp::prepare_request() {
  if (fresh_) take_settings();
}

void Lcp::write_request(Writer& options) const {
  if (ask_mru_) {
    write_head(options, type_mru, 2);
    options.u16(local_.mru);
  }
  if (ask_accm_) {
    write_head(options, type_accm, 4);
    options.u32(local_.accm);
  }
  encode_auth_option(options, local_.auth);
  if (ask_magic_) {
    write_head(options, type_magic, 4);
    options.u32(local_.magic);
  }
  if (ask_pfc_) write_head(options, type_pfc, 0);
  if (ask_acfc_) write_head(options, type_acfc, 0);
}

Answer Lcp::judge(Octets options, bool may_nak, Writer& reply) {
  if (fresh_) take_settings(); // our magic number is needed before our first request is made
  LcpOptions taken;
  std::array<std::byte, 64> nak_buffer;
  Writer naks(nak_buffer);
  std::uint32_t seen = 0;
  bool rejecting = false;
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next()) {
    const std::uint32_t bit = option->type < 32 ? 1U << option->type : 0;
    // Every option that we know may be there once.
    Answer answer = (seen & bit) != 0 ? Answer::reject : judge_option(*option, taken, naks);
    seen |= bit;
    if (answer == Answer::nak && !may_nak) answer = Answer::reject;
    if (answer != Answer::reject) continue;
    rejecting = true;
    reply.octets(option->whole);
  }
  if (!naks.ok()) return Answer::discard;
  if ((seen & 1U << type_magic) == 0) loops_ = 0;
  if (rejecting) return Answer::reject;
  if (!naks.written().empty()) {
    reply.octets(naks.written());
    return Answer::nak;
  }
  peer_ = taken;
  return Answer::ack;
}

Answer Lcp::judge_option(const Option& option, LcpOptions& taken, Writer& naks) {
  Reader value(option.value);
  switch (option.type) {
  case type_mru:
    taken.mru = value.u16();
    if (option.value.size() != 2) return Answer::reject;
    if (taken.mru >= mru_min) return Answer::ack;
    write_head(naks, type_mru, 2);
    naks.u16(mru_min);
    return Answer::nak;
  case type_accm: taken.accm = value.u32(); return option.value.size() == 4 ? Answer::ack : Answer::reject;
  case type_auth: {
    const std::optional<AuthMethod> method = decode_auth_option(option.value);
    const AuthMethods& offer = port_.settings().offer;
    if (!method || offer.empty()) {
      rejected_demand_ = method.value_or(AuthMethod::none);
      return Answer::reject;
    }
    if (offer.has(*method)) {
      taken.auth = *method;
      return Answer::ack;
    }
    encode_auth_option(naks, next_suggestion()); // EAP and others: we say what we would do instead
    return Answer::nak;
  }
  case type_magic:
    taken.magic = value.u32();
    if (option.value.size() != 4) return Answer::reject;
    if (taken.magic != 0 && !(ask_magic_ && taken.magic == local_.magic)) {
      loops_ = 0;
      return Answer::ack;
    }
    if (taken.magic != 0) heard_own_magic();
    write_head(naks, type_magic, 4);
    naks.u32(port_.random().next_u32());
    return Answer::nak;
  case type_pfc: taken.pfc = true; return option.value.empty() ? Answer::ack : Answer::reject;
  case type_acfc: taken.acfc = true; return option.value.empty() ? Answer::ack : Answer::reject;
  default: return Answer::reject;
  }
}

// A peer that asks for what we do not offer again has no use for what we said last: l2tpns offers CHAP until it hears
// of PAP.
AuthMethod Lcp::next_suggestion() {
  if (unsuggested_.empty()) unsuggested_ = port_.settings().offer;
  const AuthMethod method = unsuggested_.best();
  unsuggested_.remove(method);
  return method;
}

// Section 6.4: once may be chance, over and over it is a line that is looped back.
void Lcp::heard_own_magic() {
  if (++loops_ >= loops_max) port_.fail(EndReason::looped_back);
}

bool Lcp::refuse_method(AuthMethod method) {
  untried_.remove(method);
  local_.auth = untried_.best();
  if (local_.auth != AuthMethod::none || port_.settings().require.empty()) return true;
  port_.fail(EndReason::peer_refuses_auth);
  return false;
}

bool Lcp::take_nak(Octets options) {
  bool left = true;
  const std::uint16_t mru_max = std::max(port_.settings().mru, LcpOptions{}.mru);
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next()) {
    Reader value(option->value);
    switch (option->type) {
    case type_mru:
      if (const std::uint16_t mru = value.u16(); value.ok() && mru >= mru_min && mru <= mru_max) {
        local_.mru = mru;
        ask_mru_ = true;
      }
      break;
    case type_accm:
      if (const std::uint32_t accm = value.u32(); value.ok() && ask_accm_) local_.accm |= accm;
      break;
    case type_auth: {
      if (local_.auth == AuthMethod::none) break; // we ask for none, and need none
      const AuthMethod wanted = decode_auth_option(option->value).value_or(AuthMethod::none);
      if (wanted != local_.auth && untried_.has(wanted)) {
        untried_.remove(local_.auth);
        local_.auth = wanted;
      } else {
        left = refuse_method(local_.auth);
      }
      break;
    }
    case type_magic:
      if (ask_magic_) local_.magic = port_.random().next_u32();
      break;
    default: break; // what the peer would like us to ask for and we do not
    }
  }
  return left;
}

bool Lcp::take_reject(Octets options) {
  bool left = true;
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next()) {
    switch (option->type) {
    case type_mru:
      ask_mru_ = false;
      local_.mru = LcpOptions{}.mru;
      break;
    case type_accm:
      ask_accm_ = false;
      local_.accm = LcpOptions{}.accm;
      break;
    case type_auth:
      // The method, or authentication as such: another method may be tried, none may not.
      left = refuse_method(local_.auth);
      break;
    case type_magic:
      ask_magic_ = false;
      local_.magic = 0;
      break;
    case type_pfc: ask_pfc_ = local_.pfc = false; break;
    case type_acfc: ask_acfc_ = local_.acfc = false; break;
    default: break;
    }
  }
  return left;
}

void Lcp::send(Code code, std::uint8_t id, Octets data) {
  port_.send(Protocol::lcp, static_cast<std::uint8_t>(code), id, data);
}

bool Lcp::handle(const Packet& packet, TimePoint now) {
  if (packet.code >= 1 && packet.code <= 7) return negotiator_.handle(packet, limits(), now, *this);
  if (negotiator_.state() == State::initial || negotiator_.state() == State::starting) return false;
  switch (static_cast<Code>(packet.code)) {
  case Code::echo_request:
    if (packet.data.size() < 4) return false;
    if (opened() && local_.magic != 0 && Reader(packet.data).u32() == local_.magic) heard_own_magic();
    return negotiator_.handle_echo(packet, limits(), now, *this);
  case Code::echo_reply:
    if (packet.data.size() < 4 || !negotiator_.handle_echo(packet, limits(), now, *this)) return false;
    // Our own magic number is no answer: it is our request, looped back.
    if (local_.magic == 0 || Reader(packet.data).u32() != local_.magic) unanswered_ = 0;
    return true;
  case Code::discard_request: return negotiator_.handle_echo(packet, limits(), now, *this);
  case Code::identification:
  case Code::time_remaining: return packet.data.size() >= 4; // read and forgotten
  case Code::protocol_reject:                                // link.hpp takes it: it concerns another protocol
  case Code::configure_request:
  case Code::configure_ack:
  case Code::configure_nak:
  case Code::configure_reject:
  case Code::terminate_request:
  case Code::terminate_ack:
  case Code::code_reject: return false;
  }
  negotiator_.handle_unknown_code(packet, limits(), now, *this);
  return true;
}

void Lcp::send_echo_reply(const Packet& request, TimePoint now) {
  if (!may_refuse(now)) return;
  std::byte buffer[packet_size_max];
  Writer data(buffer);
  data.u32(local_.magic);
  const std::size_t room = packet_max() - packet_header_size;
  const Octets rest = request.data.subspan(4);
  data.octets(rest.first(std::min(rest.size(), room - 4)));
  send(Code::echo_reply, request.id, data.written());
}

void Lcp::reject_protocol(Protocol protocol, Octets information, TimePoint now) {
  if (!opened() || !may_refuse(now)) return;
  std::byte buffer[packet_size_max];
  Writer data(buffer);
  data.u16(static_cast<std::uint16_t>(protocol));
  data.octets(information.first(std::min(information.size(), packet_max() - packet_header_size - 2)));
  send(Code::protocol_reject, negotiator_.next_id(), data.written());
}

std::size_t Lcp::packet_max() const noexcept { return std::clamp<std::size_t>(peer_.mru, mru_min, packet_size_max); }

void Lcp::layer_up(TimePoint now) {
  loops_ = 0;
  begin_echo(now);
  port_.layer_up(Protocol::lcp, now);
}

void Lcp::layer_down(TimePoint now) {
  echo_at_ = never;
  port_.layer_down(Protocol::lcp, now);
}

void Lcp::begin_echo(TimePoint now) {
  const Duration interval = port_.settings().echo_interval;
  echo_at_ = interval > Duration::zero() ? now + interval : never;
  unanswered_ = 0;
  heard_ = false;
}

void Lcp::handle_timeout(TimePoint now) {
  negotiator_.handle_timeout(limits(), now, *this);
  if (echo_at_ > now) return;
  const LinkSettings& settings = port_.settings();
  echo_at_ = now + settings.echo_interval;
  if (settings.echo_adaptive && heard_) {
    heard_ = false;
    unanswered_ = 0;
    return;
  }
  heard_ = false;
  if (settings.echo_failures > 0 && unanswered_ >= settings.echo_failures) {
    port_.fail(EndReason::echo_failure);
    return;
  }
  if (unanswered_ < 255) ++unanswered_;
  std::byte buffer[4];
  Writer data(buffer);
  data.u32(local_.magic);
  send(Code::echo_request, negotiator_.next_id(), data.written());
}

bool Lcp::adopt(Octets last_sent, Octets last_received, TimePoint now) {
  if (state() != State::initial || !options_well_formed(last_sent) || !options_well_formed(last_received)) return false;
  std::byte refusals[packet_size_max];
  Writer reply(refusals);
  if (!adopt_sent(last_sent) || judge(last_received, true, reply) != Answer::ack) {
    fresh_ = true; // as if nothing had been
    peer_ = {};
    loops_ = 0;
    return false;
  }
  std::uint8_t id = 0;
  port_.random().fill(std::as_writable_bytes(std::span(&id, 1)));
  negotiator_.adopt(id, now, *this);
  return true;
}

bool Lcp::adopt_sent(Octets last_sent) {
  take_settings();
  local_ = {};
  ask_mru_ = ask_accm_ = ask_magic_ = ask_pfc_ = ask_acfc_ = false;
  OptionReader reader(last_sent);
  while (const std::optional<Option> option = reader.next()) {
    Reader value(option->value);
    bool known = true;
    switch (option->type) {
    case type_mru:
      local_.mru = value.u16();
      ask_mru_ = true;
      known = local_.mru >= mru_min;
      break;
    case type_accm:
      local_.accm = value.u32();
      ask_accm_ = true;
      break;
    case type_auth: {
      const AuthMethod method = decode_auth_option(value.rest()).value_or(AuthMethod::none);
      local_.auth = method;
      known = method != AuthMethod::none;
      break;
    }
    case type_magic:
      local_.magic = value.u32();
      ask_magic_ = true;
      known = local_.magic != 0;
      break;
    case type_pfc: ask_pfc_ = local_.pfc = true; break;
    case type_acfc: ask_acfc_ = local_.acfc = true; break;
    default: known = false; // multilink, for example: the LAC promised what we cannot keep
    }
    if (!known || !value.ok() || value.remaining() != 0) return false;
  }
  const AuthMethods& require = port_.settings().require;
  return require.empty() || require.has(local_.auth);
}

} // namespace openl2tp::ppp
