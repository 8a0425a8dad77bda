// The frames data path as a program of its own: a loop, an endpoint and a FramesPath as a shard has them, and a
// receiver that sends every frame back into its session. Compared with uring_echo it says what the path costs a frame.
// Sessions open when their first data message comes: there is no control connection here.
//
//   frames_echo ADDRESS PORT SECONDS [any]      any: bound to no particular address, as an LNS without --listen

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <unordered_map>

#include <unistd.h>

#include "runtime/dataplane/frames_path.hpp"
#include "runtime/loop/loop.hpp"
#include "runtime/net/endpoint_group.hpp"
#include "runtime/ring/features.hpp"
#include "runtime/ring/uring_ring.hpp"

namespace {

using namespace openl2tp;

volatile std::sig_atomic_t stopped = 0;
void stop(int) { stopped = 1; }

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "frames_echo: %s\n", why.c_str());
  std::exit(1);
}

class EchoingPlugin final : public runtime::DatagramSink {
 public:
  explicit EchoingPlugin(runtime::Loop& loop) : frames_(loop, {}) {}

  void on_datagrams(runtime::UdpEndpoint& endpoint, std::span<const runtime::Datagram> batch) noexcept override {
    for (const runtime::Datagram& datagram : batch) {
      if (protocol::is_control(datagram.octets)) continue;
      if (frames_.on_datagram(datagram.octets, datagram.path, datagram.truncated)) continue;
      open(endpoint, datagram);
      static_cast<void>(frames_.on_datagram(datagram.octets, datagram.path, datagram.truncated));
    }
    frames_.flush();
  }

 private:
  struct Session {
    protocol::TunnelId tunnel;
    protocol::SessionId session;
  };

  void open(runtime::UdpEndpoint& endpoint, const runtime::Datagram& datagram) {
    const auto header = protocol::decode_data_header(datagram.octets);
    if (!header) return;
    auto session = std::make_unique<Session>(Session{{header->tunnel_id}, {header->session_id}});
    const bool opened = frames_.open({.tunnel = session->tunnel,
                                      .session = session->session,
                                      .peer_tunnel = {header->tunnel_id},
                                      .peer_session = {header->session_id},
                                      .endpoint = &endpoint,
                                      .path = datagram.path,
                                      .sequencing = {},
                                      .ppp = reinterpret_cast<openl2tp_ppp*>(session.get()),
                                      .receiver = {.deliver = deliver, .self = this}});
    if (opened) sessions_.push_back(std::move(session));
  }

  static void deliver(void* self, std::span<const openl2tp_frame_in> frames) noexcept {
    auto& path = static_cast<EchoingPlugin*>(self)->frames_;
    for (const openl2tp_frame_in& frame : frames) {
      const auto* session = reinterpret_cast<const Session*>(frame.ppp);
      path.send(session->tunnel, session->session, std::as_bytes(std::span(frame.octets, frame.length)), 0);
    }
  }

  runtime::FramesPath frames_;
  std::vector<std::unique_ptr<Session>> sessions_;
};

} // namespace

int main(int argc, char** argv) {
  if (argc < 4 || argc > 5 || (argc == 5 && std::strcmp(argv[4], "any") != 0)) {
    std::fputs("frames_echo ADDRESS PORT SECONDS [any]\n", stderr);
    return 2;
  }
  const auto address = protocol::parse_ip_address(argv[1]);
  if (!address) give_up("ADDRESS is not an IP address");
  protocol::Endpoint local{.address = *address, .port = static_cast<std::uint16_t>(std::atoi(argv[2]))};
  if (argc == 5) local.address = address->family == 4 ? protocol::IpAddress::any_v4() : protocol::IpAddress::any_v6();
  struct sigaction action{};
  action.sa_handler = stop;
  for (const int signal : {SIGALRM, SIGTERM, SIGINT})
    sigaction(signal, &action, nullptr);
  alarm(static_cast<unsigned>(std::atoi(argv[3])));

  const auto features = runtime::probe_features();
  if (!features) give_up(features.error().text);
  auto ring = runtime::UringRing::create({.features = *features});
  if (!ring) give_up(ring.error().text);
  auto socket =
      runtime::open_udp_socket(local, {.receive_octets = 16 << 20, .send_octets = 16 << 20, .share_port = false});
  if (!socket) give_up(socket.error().text);

  runtime::Loop loop(std::move(*ring));
  runtime::UdpPool pool(loop, {});
  EchoingPlugin plugin(loop);
  runtime::UdpEndpoint endpoint(loop, pool, std::move(socket->fd), {.local = socket->local}, plugin);
  endpoint.start();
  while (stopped == 0)
    loop.turn(true);
  endpoint.close();
  while (!endpoint.closed().is_set())
    loop.turn(true);
  return 0;
}
