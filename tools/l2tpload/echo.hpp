// The bare yardstick: datagrams of one size that a server is to send back, many in flight. They are data messages, so
// that the frames data path (frames_echo) can be given the same.
#pragma once

#include <cstdint>

#include "tools/l2tpload/meter.hpp"
#include "tools/l2tpload/transport.hpp"

namespace openl2tp::load {

struct EchoOptions {
  std::uint32_t seconds = 5;
  std::uint32_t in_flight = 64;
  std::uint32_t size = 20;    // octets of each datagram, 1 to 1472; a HELLO has 20
  std::uint32_t sessions = 1; // that the datagrams name in turn, 1 to 65534
  std::uint32_t rate = 0;     // datagrams a second at most; 0: as fast as they come back
};

/// @return false when nothing came back.
bool run_echo(const EchoOptions& options, Transport& transport, Meter& meter);

} // namespace openl2tp::load
