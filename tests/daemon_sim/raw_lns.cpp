#include "tests/daemon_sim/raw_lns.hpp"

namespace openl2tp::daemon_sim {

using namespace raw;

namespace {

constexpr std::size_t tunnels_max = 32;
constexpr std::uint16_t lcp = 0xc021;

} // namespace

RawLns::RawLns(runtime::FakeNetwork& network, Dice& dice, const protocol::Endpoint& own)
    : network_(network), dice_(dice), own_(own) {
  network_.attach(own_, [this](const protocol::Path& path, std::span<const std::byte> octets) {
    take(path.peer, octets);
    return true;
  });
}

RawLns::~RawLns() { network_.detach(own_); }

void RawLns::take(const protocol::Endpoint& peer, std::span<const std::byte> octets) {
  const Heard heard = hear(octets);
  if (heard.type == 0) return;
  if (heard.type == sccrq) {
    if (tunnels_.size() == tunnels_max) tunnels_.erase(tunnels_.begin());
    const std::uint16_t ours = next_tunnel_++;
    Tunnel& tunnel = tunnels_[ours];
    tunnel = {.peer = peer, .theirs = heard.value(9), .nr = 1};
    if (dice_.chance(100)) return; // lost
    say(tunnel, sccrp, start_of_tunnel(ours));
    if (dice_.chance(200)) add_noise(tunnel);
    return;
  }
  const auto found = tunnels_.find(heard.tunnel);
  if (found == tunnels_.end()) return;
  Tunnel& tunnel = found->second;
  if (heard.ns == tunnel.nr) ++tunnel.nr;
  if (dice_.chance(200)) add_noise(tunnel);
  switch (heard.type) {
  case icrq: {
    tunnel.session = heard.value(14);
    Bytes body;
    avp(body, 14, 2), put16(body, next_session_++);
    say(tunnel, icrp, body, tunnel.session);
    break;
  }
  default: acknowledge(tunnel);
  }
  if (dice_.chance(heard.type == stopccn ? 700 : 200)) add_noise(tunnel);
}

void RawLns::send(const Tunnel& tunnel, const Bytes& octets) {
  network_.send({.local = own_, .peer = tunnel.peer}, octets);
}

void RawLns::say(Tunnel& tunnel, std::uint16_t type, const Bytes& body, std::uint16_t session) {
  send(tunnel, control({.tunnel = tunnel.theirs, .session = session, .ns = tunnel.ns++, .nr = tunnel.nr}, type, body));
}

void RawLns::acknowledge(const Tunnel& tunnel) {
  send(tunnel, zlb({.tunnel = tunnel.theirs, .ns = tunnel.ns, .nr = tunnel.nr}));
}

void RawLns::add_noise(Tunnel& tunnel) {
  for (std::uint32_t i = dice_.between(1, 3); i != 0; --i)
    send(tunnel, data(tunnel.theirs, tunnel.session, lcp));
  if (dice_.chance(100)) say(tunnel, hello, {});
  if (dice_.chance(100) && tunnel.session != 0) {
    Bytes body;
    avp(body, 1, 2), put16(body, 3);
    avp(body, 14, 2), put16(body, 1);
    say(tunnel, cdn, body, tunnel.session);
  }
  if (dice_.chance(50)) {
    Bytes body;
    avp(body, 1, 2), put16(body, 1);
    avp(body, 9, 2), put16(body, 1);
    say(tunnel, stopccn, body);
  }
  if (dice_.chance(300)) send(tunnel, data(tunnel.theirs, tunnel.session, lcp));
}

} // namespace openl2tp::daemon_sim
