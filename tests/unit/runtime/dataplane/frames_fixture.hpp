// Two daemons' ends of one tunnel over the fake network under virtual time, each with a frames path and a receiver that
// keeps what it is given.
#pragma once

#include <array>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "runtime/dataplane/frames_path.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/net/udp_endpoint.hpp"
#include "tests/support/fake_ring.hpp"

namespace openl2tp::runtime::test {

using protocol::PeerSessionId;
using protocol::PeerTunnelId;
using protocol::SessionId;
using protocol::TunnelId;

/// What a plugin would keep of a session; only its address matters.
inline openl2tp_ppp* ppp(std::uintptr_t number) { return reinterpret_cast<openl2tp_ppp*>(number); }

struct Received {
  std::uintptr_t ppp;
  std::string text;
  bool operator==(const Received&) const = default;
};

/// A plugin's side.
struct Receiver {
  std::vector<Received> frames;
  std::vector<std::size_t> calls; // frames in each
  std::function<void()> inside;   // called once, from the next call

  FramesReceiver handle() { return {.deliver = deliver, .self = this}; }
  static void deliver(void* self, std::span<const openl2tp_frame_in> frames) noexcept {
    auto& receiver = *static_cast<Receiver*>(self);
    receiver.calls.push_back(frames.size());
    if (receiver.inside) std::exchange(receiver.inside, nullptr)();
    for (const openl2tp_frame_in& frame : frames) {
      EXPECT_EQ(frame.flags, 0U);
      receiver.frames.push_back({reinterpret_cast<std::uintptr_t>(frame.ppp),
                                 std::string(reinterpret_cast<const char*>(frame.octets), frame.length)});
    }
  }
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> all;
    for (const Received& one : frames)
      all.push_back(one.text);
    return all;
  }
};

inline std::span<const std::byte> octets_of(std::string_view text) { return std::as_bytes(std::span(text)); }

/// One daemon: what Shard does with datagrams.
struct End final : DatagramSink {
  End(FakeNetwork& network, std::uint8_t host, const SendLimits& send = {})
      : loop(std::make_unique<FakeRing>(network)), pool(loop, {.receive_buffers = 256, .send = send}),
        address{.address = protocol::IpAddress::v4(192, 0, 2, host), .port = 1701},
        endpoint(
            std::make_unique<UdpEndpoint>(loop, pool, network.open_udp(address), UdpOptions{.local = address}, *this)),
        frames(std::make_unique<FramesPath>(loop, FramesLimits{.early_octets = std::size_t{1} << 20})) {
    endpoint->start();
  }
  ~End() {
    frames.reset();
    endpoint->close();
    while (!endpoint->closed().is_set())
      loop.turn(false);
    endpoint.reset();
  }
  void on_datagrams(UdpEndpoint&, std::span<const Datagram> batch) noexcept override {
    for (const Datagram& datagram : batch) {
      raw.emplace_back(datagram.octets.begin(), datagram.octets.end());
      if (!frames->on_datagram(datagram.octets, datagram.path, datagram.truncated)) ++left_to_the_engine;
    }
    if (before_flush) std::exchange(before_flush, nullptr)();
    frames->flush();
  }
  FrameSent send(std::uint16_t session, std::string_view text, std::uint32_t flags = 0) {
    return frames->send(tunnel, SessionId{session}, octets_of(text), flags);
  }

  Loop loop;
  UdpPool pool;
  protocol::Endpoint address;
  std::unique_ptr<UdpEndpoint> endpoint;
  std::unique_ptr<FramesPath> frames;
  Receiver receiver;
  TunnelId tunnel;
  std::vector<std::vector<std::byte>> raw; // every datagram that came
  std::function<void()> before_flush;      // called once
  int left_to_the_engine = 0;
};

/// The LAC has tunnel id 10 and the LNS 20; session n of the LAC is n + 100 at the LNS. Its ppp is its id.
class FramesPathTest : public ::testing::Test {
 protected:
  explicit FramesPathTest(const SendLimits& send = {}) : lac(network, 1, send), lns(network, 2, send) {
    lac.tunnel = TunnelId{10};
    lns.tunnel = TunnelId{20};
  }

  [[nodiscard]] OpenFrames at_lac(std::uint16_t session, const protocol::DataSettings& sequencing = {}) {
    return facts(lac, lns, session, static_cast<std::uint16_t>(session + 100), sequencing);
  }
  [[nodiscard]] OpenFrames at_lns(std::uint16_t session, protocol::DataSettings sequencing = {}) {
    sequencing.lns = true;
    return facts(lns, lac, static_cast<std::uint16_t>(session + 100), session, sequencing);
  }
  /// Opens session `session` of the LAC at both ends.
  void open(std::uint16_t session, const protocol::DataSettings& sequencing = {}) {
    ASSERT_TRUE(lac.frames->open(at_lac(session, sequencing)));
    ASSERT_TRUE(lns.frames->open(at_lns(session, sequencing)));
  }
  void run(int milliseconds = 10) {
    const std::array<Loop*, 2> loops{&lac.loop, &lns.loop};
    simulate(network, loops, network.now() + protocol::Duration{milliseconds});
  }
  /// A datagram from the LAC's socket to the LNS, made by hand.
  void send_raw(std::span<const std::byte> octets) {
    lac.endpoint->send({.local = lac.address, .peer = lns.address}, octets);
  }
  /// A numbered data message to session 101 of the LNS, out of the ordinary.
  void send_numbered(std::uint16_t ns, std::string_view text) {
    std::byte header[protocol::data_header_size_max];
    const std::size_t size =
        protocol::encode_data_header(header, {.tunnel_id = 20, .session_id = 101, .ns = ns}, text.size());
    lac.endpoint->send({.local = lac.address, .peer = lns.address}, std::span(header).first(size), octets_of(text));
  }

  FakeNetwork network;
  End lac, lns;

 private:
  static OpenFrames facts(End& here, End& there, std::uint16_t session, std::uint16_t peer_session,
                          const protocol::DataSettings& sequencing) {
    return {.tunnel = here.tunnel,
            .session = SessionId{session},
            .peer_tunnel = PeerTunnelId{there.tunnel.value},
            .peer_session = PeerSessionId{peer_session},
            .endpoint = here.endpoint.get(),
            .path = {.local = here.address, .peer = there.address},
            .sequencing = sequencing,
            .ppp = ppp(session),
            .receiver = here.receiver.handle()};
  }
};

} // namespace openl2tp::runtime::test
