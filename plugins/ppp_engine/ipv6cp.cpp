#include "plugins/ppp_engine/ipv6cp.hpp"

namespace openl2tp::ppp {
namespace {

constexpr std::uint8_t type_interface_id = 1;
constexpr std::uint64_t universal_bit = std::uint64_t{1} << 57;

void write_option(Writer& writer, std::uint64_t id) {
  writer.u8(type_interface_id);
  writer.u8(10);
  writer.u64(id);
}

} // namespace

std::uint64_t Ipv6cp::new_id() const {
  std::uint64_t id = 0;
  // A source that repeats itself for ever is broken; four tries keep the loop bounded.
  for (int tries = 0; tries < 4 && (id == 0 || id == local_ || id == peer_); ++tries)
    id = port_.random().next_u64() & ~universal_bit;
  return id;
}

void Ipv6cp::open(TimePoint now) {
  peer_ = 0;
  local_ = port_.settings().local_interface_id;
  if (local_ == 0) local_ = new_id();
  ask_id_ = true;
  negotiator_.reset();
  negotiator_.open(limits(), now, *this);
  negotiator_.up(limits(), now, *this);
}

void Ipv6cp::down(TimePoint now) { negotiator_.down(limits(), now, *this); }
void Ipv6cp::close(TimePoint now) { negotiator_.close(limits(), now, *this); }

bool Ipv6cp::handle(const Packet& packet, TimePoint now) {
  if (packet.code >= 1 && packet.code <= 7) return negotiator_.handle(packet, limits(), now, *this);
  if (state() == State::initial || state() == State::starting) return false;
  negotiator_.handle_unknown_code(packet, limits(), now, *this);
  return true;
}

void Ipv6cp::write_request(Writer& options) const {
  if (ask_id_) write_option(options, local_);
}

Answer Ipv6cp::judge(Octets options, bool may_nak, Writer& reply) {
  std::byte nak_buffer[32];
  Writer naks(nak_buffer);
  std::uint64_t taken = 0;
  bool rejecting = false, seen = false;
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next()) {
    Answer answer = Answer::reject;
    if (option->type == type_interface_id && !seen && option->value.size() == 8) {
      taken = Reader(option->value).u64();
      // Section 4.1: equal and zero is rejected, zero or equal gets a suggestion, all others are taken.
      if (taken != 0 && taken != local_)
        answer = Answer::ack;
      else if (!(taken == 0 && local_ == 0))
        answer = Answer::nak;
      if (answer == Answer::nak && may_nak) write_option(naks, new_id());
    }
    if (option->type == type_interface_id) seen = true;
    if (answer == Answer::nak && !may_nak) answer = Answer::reject;
    if (answer != Answer::reject) continue;
    rejecting = true;
    reply.octets(option->whole);
  }
  if (!naks.ok()) return Answer::discard;
  if (rejecting) return Answer::reject;
  if (!seen && may_nak) write_option(naks, new_id()); // without an identifier the peer has no link-local address
  if (!naks.written().empty()) {
    reply.octets(naks.written());
    return Answer::nak;
  }
  peer_ = taken;
  return Answer::ack;
}

bool Ipv6cp::take_nak(Octets options) {
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next()) {
    if (option->type != type_interface_id || option->value.size() != 8) continue;
    const std::uint64_t proposed = Reader(option->value).u64();
    // An identifier that the profile fixes is not given up for any other than a random one of ours.
    local_ = proposed != 0 && proposed != peer_ && port_.settings().local_interface_id == 0 ? proposed : new_id();
  }
  return true;
}

bool Ipv6cp::take_reject(Octets options) {
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next())
    if (option->type == type_interface_id) ask_id_ = false;
  return true;
}

} // namespace openl2tp::ppp
