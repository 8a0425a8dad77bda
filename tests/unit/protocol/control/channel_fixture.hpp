// What the tests of the reliable channel share: messages made and taken apart, and a channel with a recording sink and
// a settable clock.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/control/reliable_channel.hpp"

namespace openl2tp::protocol::test {

using Bytes = std::vector<std::byte>;
using Numbers = std::vector<std::uint16_t>; // sequence numbers

inline std::string text(Octets octets) { return {reinterpret_cast<const char*>(octets.data()), octets.size()}; }

/// An encoded control message whose body is `body` (not AVPs: the channel does not look).
inline Bytes message(std::string_view body, std::uint16_t session_id = 0) {
  Bytes out(control_header_size + body.size());
  encode_control_header(out, {.tunnel_id = 77, .session_id = session_id, .ns = 0, .nr = 0});
  for (std::size_t i = 0; i < body.size(); ++i)
    out[control_header_size + i] = static_cast<std::byte>(body[i]);
  return out;
}

/// A datagram as the channel saw it leave.
struct Sent {
  ControlHeader header;
  std::string body;
  Bytes octets;
  [[nodiscard]] bool zlb() const { return body.empty(); }
};

struct Recorder final : DatagramSink {
  std::vector<Sent> sent;
  void transmit(std::span<const std::byte> datagram) override {
    const auto decoded = decode_control_header(datagram);
    ASSERT_TRUE(decoded.has_value());
    sent.push_back({decoded->header, text(decoded->body), Bytes(datagram.begin(), datagram.end())});
  }
  [[nodiscard]] Numbers message_ns() const {
    Numbers numbers;
    for (const Sent& one : sent)
      if (!one.zlb()) numbers.push_back(one.header.ns);
    return numbers;
  }
  [[nodiscard]] std::size_t zlbs() const { return sent.size() - message_ns().size(); }
};

class ChannelTest : public ::testing::Test {
 protected:
  using Verdict = ReliableChannel::Verdict;
  using Health = ReliableChannel::Health;

  explicit ChannelTest(const ReliableSettings& settings = {}) : channel(pool, settings) {}

  /// The peer sends `body` (empty: a ZLB) with these sequence numbers.
  Verdict receive(std::uint16_t ns, std::uint16_t nr, std::string_view body = "body", std::uint16_t session_id = 0) {
    const Octets octets = std::as_bytes(std::span(body));
    return channel.receive({.header = {.tunnel_id = 5, .session_id = session_id, .ns = ns, .nr = nr}, .body = octets},
                           now, wire);
  }
  Verdict acknowledge(std::uint16_t nr) { return receive(0, nr, ""); }

  void send(std::string_view body = "sent") { ASSERT_TRUE(channel.send(message(body), now, wire).has_value()); }
  void send_many(int count) {
    for (int i = 0; i < count; ++i)
      send("sent " + std::to_string(i));
  }
  /// Opens both windows to `messages`, by having that many messages acknowledged; then forgets what was sent.
  void open_window(std::uint16_t messages) {
    channel.set_peer_window(messages);
    while (channel.congestion_window() < messages) {
      send();
      acknowledge(channel.ns());
    }
    wire.sent.clear();
  }
  std::vector<std::string> take_held() {
    std::vector<std::string> bodies;
    while (const auto held = channel.next_held())
      bodies.push_back(text(held->body));
    return bodies;
  }
  Health time_out() {
    now = channel.deadline().value();
    return channel.handle_timeout(now, wire);
  }

  TimePoint now{};
  MessagePool pool;
  Recorder wire;
  ReliableChannel channel;
};

} // namespace openl2tp::protocol::test
