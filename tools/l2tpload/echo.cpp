#include "tools/l2tpload/echo.hpp"

#include <algorithm>
#include <array>

#include "tools/l2tpload/lac.hpp"
#include "tools/l2tpload/watch.hpp"

namespace openl2tp::load {
namespace {
constexpr std::uint64_t patience_us = 200'000; // silence after which what is in flight counts as lost

// A data message in a tunnel that is this socket's own (RFC 2661 section 3.1), as far as there is room.
void make_data_message(std::span<std::byte> octets, std::uint16_t tunnel, std::uint16_t session) {
  const std::array<std::byte, 6> header{std::byte{0},
                                        std::byte{2},
                                        std::byte{0},
                                        static_cast<std::byte>(tunnel),
                                        static_cast<std::byte>(session >> 8),
                                        static_cast<std::byte>(session)};
  std::fill(octets.begin(), octets.end(), std::byte{0xc8});
  std::copy_n(header.begin(), std::min(header.size(), octets.size()), octets.begin());
}
} // namespace

bool run_echo(const EchoOptions& options, Transport& transport, Meter& meter) {
  Counters counters;
  std::uint64_t in_flight = 0, lost = 0;
  std::size_t socket = 0;
  meter.begin("echo", 0, counters);
  const std::uint64_t started = now_us();
  std::uint64_t now = started, heard = started;
  while (interruptions == 0 && now - started < std::uint64_t{1'000'000} * options.seconds) {
    while (in_flight < options.in_flight &&
           (options.rate == 0 || counters.sent * 1'000'000 <= (now - started) * options.rate)) {
      const auto room = transport.next(socket, Address{});
      make_data_message(room.first(options.size), static_cast<std::uint16_t>(socket + 1),
                        static_cast<std::uint16_t>(1 + counters.sent % options.sessions));
      transport.commit(socket, options.size);
      socket = socket + 1 == transport.sockets() ? 0 : socket + 1;
      ++counters.sent;
      ++in_flight;
    }
    transport.flush();
    bool idle = true;
    for (std::size_t i = 0; i < transport.sockets(); ++i) {
      const std::uint64_t count = transport.receive(i).size();
      counters.received += count;
      in_flight -= std::min(in_flight, count);
      for (std::uint64_t j = 0; j < count; ++j)
        meter.complete();
      if (count != 0) idle = false;
    }
    if (idle) transport.wait(1);
    now = now_us();
    if (!idle) heard = now;
    if (now - heard > patience_us) {
      lost += in_flight;
      in_flight = 0;
      heard = now;
    }
  }
  meter.note("lost", lost);
  meter.end(counters);
  return counters.received != 0;
}

} // namespace openl2tp::load
