// Two kernel paths in one loop and one kernel, joined over loopback: each is the other's peer. For tests that run as
// root in a guest whose kernel has L2TP and PPP.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/if_ppp.h>
#include <linux/ppp-ioctl.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "runtime/dataplane/kernel_l2tp.hpp"
#include "runtime/dataplane/kernel_path.hpp"
#include "runtime/loop/sleep.hpp"
#include "runtime/net/endpoint_group.hpp"
#include "runtime/ring/features.hpp"
#include "runtime/ring/uring_ring.hpp"

namespace openl2tp::runtime::testing {

inline constexpr std::uint16_t kPort = 1701;

[[nodiscard]] inline protocol::Endpoint end_address(bool v6, std::uint8_t host) {
  if (!v6) return {.address = protocol::IpAddress::v4(127, 1, 0, host), .port = kPort};
  protocol::IpAddress address = protocol::IpAddress::any_v6();
  address.octets[0] = 0xfd; // fd00::17:1<host>
  address.octets[13] = 0x17;
  address.octets[14] = 0x01;
  address.octets[15] = host;
  return {.address = address, .port = kPort};
}

[[nodiscard]] inline std::vector<std::string> lines_of(const std::string& path, std::string_view with) {
  std::vector<std::string> lines;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);)
    if (line.find(with) != std::string::npos) lines.push_back(line);
  return lines;
}

/// Puts the IPv6 addresses of all ends on lo, once.
inline bool addresses_added() {
  static const bool added = [] {
    std::string commands;
    for (std::uint8_t host = 0; host < 10; ++host)
      commands += "address add " + to_string(end_address(true, host).address) + "/128 dev lo nodad\n";
    return std::system(("printf '" + commands + "' | ip -batch -").c_str()) == 0;
  }();
  return added;
}

/// What the kernel shows of PPPoL2TP sessions, one line each.
[[nodiscard]] inline std::vector<std::string> sessions_shown() { return lines_of("/proc/net/pppol2tp", "  SESSION '"); }
[[nodiscard]] inline std::vector<std::string> tunnels_shown() { return lines_of("/proc/net/pppol2tp", "TUNNEL '"); }
/// UDP sockets on port 1701 (6a5 in hexadecimal).
[[nodiscard]] inline std::size_t sockets_shown() {
  return lines_of("/proc/net/udp", ":06A5 ").size() + lines_of("/proc/net/udp6", ":06A5 ").size();
}

/// Waits until the kernel shows no session, tunnel or socket any more: it finishes some of that in its own time.
/// @return what it still shows after a generous limit.
[[nodiscard]] inline std::vector<std::string> left_behind() {
  std::vector<std::string> left;
  for (int i = 0; i < 1000; ++i) {
    left = sessions_shown();
    for (std::string& line : tunnels_shown())
      left.push_back(std::move(line));
    left.insert(left.end(), sockets_shown(), "UDP socket");
    if (left.empty()) break;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return left;
}

/// Keeps what arrived at the sockets of tunnels.
struct Arrivals final : KernelPathSink {
  struct Entry {
    std::string octets;
    protocol::Route route;
  };
  void on_tunnel_datagram(std::span<const std::byte> octets, const protocol::Route& route) noexcept override {
    entries.push_back({std::string(reinterpret_cast<const char*>(octets.data()), octets.size()), route});
  }
  void on_tunnel_datagrams_end() noexcept override { any.set(); }
  std::vector<Entry> entries;
  Event any;
};

/// A PPP channel and unit on a session's socket, as a plugin makes them.
class PppLink {
 public:
  /// @return 0 or an errno value. May wait.
  int attach(int session) {
    int channel = -1;
    if (::ioctl(session, PPPIOCGCHAN, &channel) != 0) return errno;
    channel_.reset(::open("/dev/ppp", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    if (!channel_ || ::ioctl(channel_.get(), PPPIOCATTCHAN, &channel) != 0) return errno;
    unit_.reset(::open("/dev/ppp", O_RDWR | O_CLOEXEC | O_NONBLOCK));
    int unit = -1;
    if (!unit_ || ::ioctl(unit_.get(), PPPIOCNEWUNIT, &unit) != 0) return errno;
    return ::ioctl(channel_.get(), PPPIOCCONNECT, &unit) == 0 ? 0 : errno;
  }
  [[nodiscard]] bool send(std::string_view frame) const {
    return ::write(channel_.get(), frame.data(), frame.size()) == static_cast<ssize_t>(frame.size());
  }
  /// The next frame that came, with its protocol number before it; empty when none comes within a generous limit.
  [[nodiscard]] std::string receive() const {
    pollfd wanted{.fd = channel_.get(), .events = POLLIN, .revents = 0};
    if (::poll(&wanted, 1, 10'000) != 1) return {};
    std::array<char, 2048> buffer{};
    const ssize_t octets = ::read(channel_.get(), buffer.data(), buffer.size());
    return octets > 0 ? std::string(buffer.data(), static_cast<std::size_t>(octets)) : std::string();
  }
  void detach() {
    unit_.reset();
    channel_.reset();
  }

 private:
  UniqueFd channel_, unit_;
};

/// What a test runs on: a loop with workers, and two paths.
class TwoEnds {
 public:
  TwoEnds(bool legacy, bool v6) : v6_(v6), kernel(legacy) {
    if (v6) static_cast<void>(addresses_added());
    const auto features = probe_features();
    EXPECT_TRUE(features) << features.error().text;
    auto ring = UringRing::create({.features = *features});
    EXPECT_TRUE(ring) << ring.error().text;
    loop = std::make_unique<Loop>(std::move(*ring));
    udp = std::make_unique<UdpPool>(*loop, UdpPoolOptions{});
    auto made = WorkerPool::create();
    EXPECT_TRUE(made) << made.error();
    pool = std::move(*made);
    workers = std::make_unique<LoopWorkers>(*pool, *loop);
    for (int end = 0; end < 2; ++end)
      path[end] = std::make_unique<KernelPath>(*loop, *udp, *workers, kernel, arrivals[end]);
  }
  ~TwoEnds() {
    loop->run(close());
    path[0].reset();
    path[1].reset();
    workers.reset();
    udp.reset();
  }

  /// Tunnel `number` of the end: ids 1000 + number and 2000 + number. In one namespace ids must differ.
  [[nodiscard]] KernelTunnel tunnel(int end, std::uint16_t number = 1) const {
    const auto id = [&](int of) { return static_cast<std::uint16_t>((of == 0 ? 1000 : 20000) + number); };
    KernelTunnel facts;
    facts.tunnel = protocol::TunnelId{id(end)};
    facts.peer_tunnel = protocol::PeerTunnelId{id(1 - end)};
    // Every tunnel has a peer address of its own only where there are several; the first pair suffices for one.
    const auto host = static_cast<std::uint8_t>(2 * (number % 100));
    facts.route.path.local = end_address(v6_, static_cast<std::uint8_t>(host + end));
    facts.route.path.peer = end_address(v6_, static_cast<std::uint8_t>(host + 1 - end));
    facts.route.socket = 7;
    return facts;
  }
  [[nodiscard]] KernelSession session(int end, std::uint16_t number = 1) const {
    const auto id = [&](int of) { return static_cast<std::uint16_t>((of == 0 ? 3000 : 40000) + number); };
    KernelSession facts;
    facts.session = protocol::SessionId{id(end)};
    facts.peer_session = protocol::PeerSessionId{id(1 - end)};
    facts.lns = end == 1;
    return facts;
  }

  Task<void> close() {
    auto first = path[0]->close_all();
    co_await std::move(first);
    auto second = path[1]->close_all();
    co_await std::move(second);
    co_await workers->drained();
  }

 private:
  bool v6_;

 public:
  KernelL2tp kernel;
  std::unique_ptr<Loop> loop;
  std::unique_ptr<UdpPool> udp;
  std::unique_ptr<WorkerPool> pool;
  std::unique_ptr<LoopWorkers> workers;
  Arrivals arrivals[2];
  std::unique_ptr<KernelPath> path[2];
};

} // namespace openl2tp::runtime::testing
