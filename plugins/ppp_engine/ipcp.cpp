#include "plugins/ppp_engine/ipcp.hpp"

namespace openl2tp::ppp {
namespace {

// RFC 1332 section 3, RFC 1877 section 1.
enum : std::uint8_t { type_address = 3, type_dns_1 = 129, type_nbns_1 = 130, type_dns_2 = 131, type_nbns_2 = 132 };

void write_option(Writer& writer, std::uint8_t type, Ipv4 address) {
  writer.u8(type);
  writer.u8(6);
  writer.u32(address.value);
}

} // namespace

void Ipcp::open(const IpcpPlan& plan, TimePoint now) {
  const LinkSettings& settings = port_.settings();
  plan_ = plan;
  local_ = settings.local_address;
  peer_ = plan.peer_address;
  dns_ = nbns_ = {};
  ask_address_ = true;
  ask_dns_.fill(settings.request_dns);
  ask_nbns_.fill(settings.request_nbns);
  negotiator_.reset();
  negotiator_.open(limits(), now, *this);
  negotiator_.up(limits(), now, *this);
}

void Ipcp::down(TimePoint now) { negotiator_.down(limits(), now, *this); }
void Ipcp::close(TimePoint now) { negotiator_.close(limits(), now, *this); }

bool Ipcp::handle(const Packet& packet, TimePoint now) {
  if (packet.code >= 1 && packet.code <= 7) return negotiator_.handle(packet, limits(), now, *this);
  if (state() == State::initial || state() == State::starting) return false;
  negotiator_.handle_unknown_code(packet, limits(), now, *this);
  return true;
}

void Ipcp::write_request(Writer& options) const {
  if (ask_address_) write_option(options, type_address, local_);
  for (std::size_t i = 0; i < 2; ++i) {
    if (ask_dns_[i]) write_option(options, i == 0 ? type_dns_1 : type_dns_2, dns_[i]);
    if (ask_nbns_[i]) write_option(options, i == 0 ? type_nbns_1 : type_nbns_2, nbns_[i]);
  }
}

Answer Ipcp::judge(Octets options, bool may_nak, Writer& reply) {
  std::byte nak_buffer[64];
  Writer naks(nak_buffer);
  Ipv4 taken = plan_.peer_address;
  bool rejecting = false, address_seen = false;
  std::uint32_t servers_seen = 0;
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next()) {
    Answer answer = Answer::reject;
    if (option->type == type_address) {
      if (!address_seen) answer = judge_address(*option, taken, naks);
      address_seen = true;
    } else if (option->type >= type_dns_1 && option->type <= type_nbns_2) {
      const std::uint32_t bit = 1U << (option->type - type_dns_1);
      if ((servers_seen & bit) == 0) answer = judge_server(*option, naks);
      servers_seen |= bit;
    }
    if (answer == Answer::nak && !may_nak) answer = Answer::reject;
    if (answer != Answer::reject) continue;
    rejecting = true;
    reply.octets(option->whole);
  }
  if (!naks.ok()) return Answer::discard;
  if (rejecting) return Answer::reject;
  // A peer that does not say its address is told (RFC 1661 5.3); one that never says it has none.
  if (!address_seen && may_nak && !plan_.peer_address.empty()) write_option(naks, type_address, plan_.peer_address);
  if (!naks.written().empty()) {
    reply.octets(naks.written());
    return Answer::nak;
  }
  peer_ = address_seen ? taken : Ipv4{};
  return Answer::ack;
}

Answer Ipcp::judge_address(const Option& option, Ipv4& taken, Writer& naks) const {
  Reader value(option.value);
  const Ipv4 asked{value.u32()};
  if (option.value.size() != 4) return Answer::reject;
  if (!plan_.peer_address.empty()) {
    if (asked == plan_.peer_address) return Answer::ack;
    write_option(naks, type_address, plan_.peer_address);
    return Answer::nak;
  }
  const AddressRules& rules = plan_.addresses;
  const bool allowed = rules.count > 0 ? rules.allows(asked) : rules.any && port_.settings().accept_peer;
  if (allowed && asked.usable() && asked != local_) {
    taken = asked;
    return Answer::ack;
  }
  const std::optional<Ipv4> single = rules.first_single();
  if (!single) return Answer::reject; // there is nothing that we could propose
  write_option(naks, type_address, *single);
  return Answer::nak;
}

Answer Ipcp::judge_server(const Option& option, Writer& naks) const {
  Reader value(option.value);
  const Ipv4 asked{value.u32()};
  if (option.value.size() != 4) return Answer::reject;
  const LinkSettings& settings = port_.settings();
  const std::size_t which = option.type >= type_dns_2 ? 1 : 0;
  const bool is_dns = option.type == type_dns_1 || option.type == type_dns_2;
  const Ipv4 ours = is_dns ? settings.dns[which] : settings.nbns[which];
  if (ours.empty()) return Answer::reject;
  if (asked == ours) return Answer::ack;
  write_option(naks, option.type, ours);
  return Answer::nak;
}

bool Ipcp::take_nak(Octets options) {
  const LinkSettings& settings = port_.settings();
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next()) {
    Reader value(option->value);
    const Ipv4 proposed{value.u32()};
    if (option->value.size() != 4 || proposed.empty()) continue;
    switch (option->type) {
    case type_address:
      if (ask_address_ && proposed.usable() && (settings.local_address.empty() || settings.accept_local))
        local_ = proposed;
      break;
    case type_dns_1:
      if (ask_dns_[0]) dns_[0] = proposed;
      break;
    case type_dns_2:
      if (ask_dns_[1]) dns_[1] = proposed;
      break;
    case type_nbns_1:
      if (ask_nbns_[0]) nbns_[0] = proposed;
      break;
    case type_nbns_2:
      if (ask_nbns_[1]) nbns_[1] = proposed;
      break;
    default: break;
    }
  }
  return true;
}

bool Ipcp::take_reject(Octets options) {
  OptionReader reader(options);
  while (const std::optional<Option> option = reader.next()) {
    switch (option->type) {
    case type_address: ask_address_ = false; break; // the address stays what we know
    case type_dns_1: ask_dns_[0] = false; break;
    case type_dns_2: ask_dns_[1] = false; break;
    case type_nbns_1: ask_nbns_[0] = false; break;
    case type_nbns_2: ask_nbns_[1] = false; break;
    default: break;
    }
  }
  return true;
}

} // namespace openl2tp::ppp
