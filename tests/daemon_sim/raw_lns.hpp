// An LNS made by hand, which LACs of ours call. It lets them in, and then answers as it likes: the right message with
// others in front of it or behind it, all in one receive of theirs; or nothing.
#pragma once

#include <map>

#include "tests/daemon_sim/dice.hpp"
#include "tests/daemon_sim/raw_message.hpp"

namespace openl2tp::daemon_sim {

class RawLns {
 public:
  RawLns(runtime::FakeNetwork& network, Dice& dice, const protocol::Endpoint& own);
  ~RawLns();
  RawLns(const RawLns&) = delete;
  RawLns& operator=(const RawLns&) = delete;

 private:
  struct Tunnel {
    protocol::Endpoint peer;
    std::uint16_t theirs = 0, ns = 0, nr = 0, session = 0;
  };

  void take(const protocol::Endpoint& peer, std::span<const std::byte> octets);
  void send(const Tunnel& tunnel, const raw::Bytes& octets);
  void say(Tunnel& tunnel, std::uint16_t type, const raw::Bytes& body, std::uint16_t session = 0);
  void acknowledge(const Tunnel& tunnel);
  /// What nobody asked for: data, a HELLO, an end.
  void add_noise(Tunnel& tunnel);

  runtime::FakeNetwork& network_;
  Dice& dice_;
  protocol::Endpoint own_;
  std::map<std::uint16_t, Tunnel> tunnels_; // by our number
  std::uint16_t next_tunnel_ = 1, next_session_ = 1;
};

} // namespace openl2tp::daemon_sim
