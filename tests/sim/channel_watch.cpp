#include "tests/sim/channel_watch.hpp"

#include <algorithm>
#include <cstdio>
#include <string_view>

#include "protocol/wire/avp.hpp"
#include "protocol/wire/header.hpp"
#include "tests/sim/violation.hpp"

namespace openl2tp::protocol::sim {

namespace {

std::uint16_t read_u16(Octets octets) {
  return static_cast<std::uint16_t>(std::to_integer<unsigned>(octets[0]) << 8 | std::to_integer<unsigned>(octets[1]));
}

bool is_assigned_id(std::uint16_t vendor, std::uint16_t attribute) {
  return vendor == 0 && (attribute == 9 || attribute == 14);
}

Instance::Sent note(Octets datagram, Octets body) {
  Instance::Sent sent{MessageType::zlb, 0, {datagram.begin(), datagram.end()}};
  for (bool first = true; !body.empty(); first = false) {
    const auto avp = take_avp(body);
    require(avp.has_value(), [] { return std::string("an engine sent a broken AVP"); });
    if (first) sent.type = static_cast<MessageType>(read_u16(avp->value));
    if (is_assigned_id(avp->vendor, avp->attribute) && !avp->hidden) sent.assigned_id = read_u16(avp->value);
  }
  return sent;
}

/// Ns and Nr lie in octets 8 to 11, and a retransmission has a newer Nr.
bool same_but_nr(Octets a, Octets b) {
  return a.size() == b.size() && std::ranges::equal(a.first(10), b.first(10)) &&
         std::ranges::equal(a.subspan(12), b.subspan(12));
}

int length_of(std::string_view text) { return static_cast<int>(text.size()); }

void print(const char* who, const TraceEvent& event) {
  std::printf("%s tunnel %u session %u: ", who, event.tunnel.value, event.session.value);
  if (const auto* message = std::get_if<MessageTrace>(&event.what))
    std::printf("%s %.*s ns %u nr %u\n", message->direction == Direction::sent ? "sent" : "received",
                length_of(message->message), message->message.data(), message->ns, message->nr);
  else if (const auto* change = std::get_if<TransitionTrace>(&event.what))
    std::printf("%.*s --%.*s--> %.*s\n", length_of(change->from), change->from.data(), length_of(change->event),
                change->event.data(), length_of(change->to), change->to.data());
  else if (const auto* avp = std::get_if<AvpTrace>(&event.what))
    std::printf("AVP %u\n", avp->attribute);
  else if (const auto* note = std::get_if<NoteTrace>(&event.what))
    std::printf("%.*s\n", length_of(note->text), note->text.data());
}

} // namespace

void Witness::trace(const TraceEvent& event) {
  if (verbose) print(verbose, event);
  if (const auto* message = std::get_if<MessageTrace>(&event.what)) {
    if (message->direction == Direction::sent) sent.push_back({event.tunnel, message->ns, message->nr});
  } else if (const auto* change = std::get_if<TransitionTrace>(&event.what)) {
    if (change->machine == "tunnel" && change->to != "established" && change->from != "idle")
      delivered.push_back({event.tunnel, MessageType::zlb, 0, true});
  } else if (const auto* avp = std::get_if<AvpTrace>(&event.what)) {
    if (avp->vendor == 0 && avp->attribute == 0)
      delivered.push_back({event.tunnel, static_cast<MessageType>(read_u16(avp->value)), 0});
    else if (is_assigned_id(avp->vendor, avp->attribute) && avp->value.size() == 2 && !delivered.empty())
      delivered.back().assigned_id = read_u16(avp->value);
  }
}

void watch_send(Instance& from, Octets datagram) {
  const auto control = decode_control_header(datagram);
  require(control.has_value(), [&] { return from.text() + " sent a malformed header"; });
  const std::size_t ns = control->header.ns;

  require(control->header.nr >= from.nr, [&] { return from.text() + " took an acknowledgement back"; });
  from.nr = control->header.nr;
  if (from.peer && !from.confused)
    require(from.nr <= from.peer->sent.size(), [&] { return from.text() + " acknowledged what was never sent"; });

  if (control->body.empty()) {
    require(ns == from.sent.size(), [&] { return from.text() + " sent a ZLB with a wrong Ns"; });
    return;
  }
  require(ns <= from.sent.size(), [&] { return from.text() + " skipped a sequence number"; });
  if (ns == from.sent.size())
    from.sent.push_back(note(datagram, control->body));
  else
    require(same_but_nr(from.sent[ns].octets, datagram),
            [&] { return from.text() + " sent another message under Ns " + std::to_string(ns); });

  const std::size_t window = from.peer ? from.peer->receive_window : 4; // §4.4.3: until it is known
  require(ns - std::min(ns, from.peer_nr) < window, [&] {
    return from.text() + " sent Ns " + std::to_string(ns) + " beyond the window of " + std::to_string(window) +
           " after " + std::to_string(from.peer_nr);
  });
}

void watch_acknowledgement(Instance& at, std::uint16_t nr) {
  if (nr > at.peer_nr && nr <= at.sent.size()) at.peer_nr = nr;
}

void watch_delivery(Instance& at, const Witness::Delivered& message, Instance* sender) {
  if (message.end) at.over = true;
  if (at.confused || at.refused || at.over) return;
  if (at.peer == nullptr) {
    if (sender == nullptr) {
      at.refused = true;
      return;
    }
    at.peer = sender;
  }
  if (at.peer != sender) {
    // A restarted peer may speak from where the old one spoke, with its Ns. Nothing in the protocol tells them apart.
    require(!at.peer->alive, [&] { return at.text() + " was given a message of another tunnel than its own"; });
    at.confused = true;
    return;
  }
  require(at.delivered < sender->sent.size(), [&] { return at.text() + " was given more than was sent"; });
  const Instance::Sent& expected = sender->sent[at.delivered];
  const bool ids_agree =
      expected.assigned_id == 0 || message.assigned_id == 0 || expected.assigned_id == message.assigned_id;
  require(expected.type == message.type && ids_agree, [&] {
    return at.text() + " was given " + std::string(name(message.type)) + " in the place of Ns " +
           std::to_string(at.delivered) + ", " + std::string(name(expected.type));
  });
  ++at.delivered;
}

} // namespace openl2tp::protocol::sim
