#include "tests/daemon_sim/raw_peer.hpp"

#include <algorithm>

namespace openl2tp::daemon_sim {

using namespace raw;

namespace {

constexpr std::size_t said_max = 32, calls_max = 16;

} // namespace

RawPeer::RawPeer(runtime::FakeNetwork& network, Dice& dice, const protocol::Endpoint& own,
                 const protocol::Endpoint& target)
    : network_(network), dice_(dice), own_(own), target_(target),
      our_tunnel_(static_cast<std::uint16_t>(dice.between(1, 8))) {
  network_.attach(own_, [this](const protocol::Path&, std::span<const std::byte> octets) { return take(octets); });
}

RawPeer::~RawPeer() { network_.detach(own_); }

// ---- what it hears

bool RawPeer::take(std::span<const std::byte> octets) {
  const Heard heard = hear(octets);
  if (heard.type == 0) return true;
  if (heard.type == sccrp) {
    their_tunnel_ = heard.value(9);
    answered_ = true;
  } else if (heard.type == icrp) {
    for (Call& call : calls_)
      if (call.ours == heard.session) call.theirs = heard.value(14);
  }
  if (heard.ns == nr_ || dice_.chance(50)) nr_ = static_cast<std::uint16_t>(heard.ns + 1);
  if (dice_.chance(700)) send(zlb(head()));
  return true;
}

// ---- what it says

void RawPeer::send(Bytes octets) {
  network_.send({.local = own_, .peer = target_}, octets);
  if (said_.size() < said_max)
    said_.push_back(std::move(octets));
  else
    said_[dice_.below(said_max)] = std::move(octets);
}

Head RawPeer::head(std::uint16_t session) const {
  return {.tunnel = their_tunnel_, .session = session, .ns = ns_, .nr = nr_};
}

Bytes RawPeer::control(std::uint16_t type, const Bytes& body, std::uint16_t session) {
  Head to = head(session);
  if (type == sccrq) to.tunnel = 0;
  ++ns_;
  return raw::control(to, type, body);
}

void RawPeer::establish() { send(control(scccn, {})); }

Bytes RawPeer::first_message() {
  ns_ = nr_ = 0;
  return control(sccrq, start_of_tunnel(our_tunnel_));
}

Bytes RawPeer::data(std::uint16_t session) {
  return raw::data(their_tunnel_, session, static_cast<std::uint16_t>(dice_.chance(800) ? 0xc021 : dice_.below(65536)));
}

void RawPeer::call() {
  if (calls_.size() >= calls_max) calls_.erase(calls_.begin());
  const Call made{.ours = next_session_++};
  calls_.push_back(made);
  Bytes body;
  avp(body, 14, 2), put16(body, made.ours);
  avp(body, 15, 4), put32(body, made.ours);
  send(control(icrq, body));
}

void RawPeer::connect(const Call& call) {
  Bytes body;
  avp(body, 24, 4), put32(body, 1'000'000);
  avp(body, 19, 4), put32(body, 1);
  send(control(iccn, body, call.theirs));
}

void RawPeer::hang_up(const Call& call) {
  Bytes body;
  avp(body, 1, 2), put16(body, 3);
  avp(body, 14, 2), put16(body, call.ours);
  send(control(cdn, body, call.theirs));
}

RawPeer::Call RawPeer::any_call() {
  if (calls_.empty() || dice_.chance(50))
    return {static_cast<std::uint16_t>(dice_.below(65536)), static_cast<std::uint16_t>(dice_.below(65536))};
  return dice_.chance(600) ? calls_.back() : calls_[dice_.below(calls_.size())];
}

void RawPeer::act() {
  switch (dice_.below(16)) {
  case 0:
    if (dice_.chance(300)) our_tunnel_ = static_cast<std::uint16_t>(dice_.between(1, 8));
    return send(first_message());
  case 1: return establish();
  case 2:
  case 3: return call();
  case 4: return connect(any_call());
  case 5:
  case 6: { // a call that is over before anybody could do anything about it
    const Call call = any_call();
    connect(call);
    for (std::uint32_t i = dice_.below(3); i != 0; --i)
      send(data(call.theirs));
    if (dice_.chance(800)) hang_up(call);
    if (dice_.chance(200)) send(data(call.theirs));
    return;
  }
  case 7: return hang_up(any_call());
  case 8: {
    if (!dice_.chance(300)) return;
    Bytes body;
    avp(body, 1, 2), put16(body, 1);
    avp(body, 9, 2), put16(body, our_tunnel_);
    return send(control(stopccn, body));
  }
  case 9: return send(control(hello, {}));
  case 10: return send(zlb(head()));
  case 11: return send(data(any_call().theirs));
  case 12:
  case 13: // what was said before
    for (std::uint32_t i = dice_.between(1, 4); i != 0 && !said_.empty(); --i)
      send(Bytes(said_[dice_.below(said_.size())]));
    return;
  case 14: { // almost what was said before
    if (said_.empty()) return;
    Bytes octets = said_[dice_.below(said_.size())];
    for (std::uint32_t i = dice_.between(1, 3); i != 0; --i)
      octets[dice_.below(octets.size())] = static_cast<std::byte>(dice_.below(256));
    if (dice_.chance(200)) octets.resize(dice_.below(octets.size()) + 1);
    return send(std::move(octets));
  }
  default: // a silent restart
    calls_.clear();
    return send(first_message());
  }
}

// ---- the good time

void RawPeer::reboot() {
  calls_.clear();
  said_.clear();
  answered_ = false;
  their_tunnel_ = 0;
  send(first_message());
}

void RawPeer::retry() {
  if (!answered_) send(first_message());
}

} // namespace openl2tp::daemon_sim
