// A running Service with its plugin and its captured log, for tests that drive real daemons through Control alone. Each
// test program has loopback addresses of its own (from its process id), so that programs may run at the same time.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "runtime/net/endpoint_group.hpp"
#include "runtime/profiles/profile_store.hpp"
#include "runtime/service.hpp"
#include "tests/unit/runtime/plugin/plugin_files.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime::testing {

/// Number `host` (1 to 255) of this process's own loopback addresses.
[[nodiscard]] inline IpAddress here(std::uint8_t host) {
  const auto process = static_cast<std::uint32_t>(::getpid());
  return IpAddress::v4(127, static_cast<std::uint8_t>(1 + process / 256 % 254), static_cast<std::uint8_t>(process),
                       host);
}
[[nodiscard]] inline IpAddress loopback_v6() {
  IpAddress address = IpAddress::any_v6();
  address.octets[15] = 1;
  return address;
}

/// A UDP port that nobody has on any address now.
[[nodiscard]] inline std::uint16_t free_port() {
  const auto socket = open_udp_socket({.address = IpAddress::any_v4(), .port = 0}, {.share_port = false});
  EXPECT_TRUE(socket);
  return socket ? socket->local.port : std::uint16_t{0};
}

/// Polls `condition` until it is true. @return false when it was not within `patience`, a bound for hangs alone.
[[nodiscard]] inline bool eventually(const std::function<bool()>& condition,
                                     std::chrono::milliseconds patience = std::chrono::seconds(20)) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

struct DaemonOptions {
  std::uint32_t shards = 1;
  std::vector<IpAddress> listen;
  std::uint16_t port = 0;
  TraceMask trace = 0;
  bool scripted_plugin = false; // tests/abi/bad_plugins/scripted.c instead of ppp_null
  bool keep_ports_apart = false;
};

class Daemon {
 public:
  /// Not started: start() asserts that it could.
  explicit Daemon(const DaemonOptions& options) {
    const auto loaded = plugins_.load(options.scripted_plugin ? test_plugin("scripted") : real_plugin("ppp_null"));
    EXPECT_TRUE(loaded) << loaded.error();
    const auto features = probe_features();
    EXPECT_TRUE(features) << features.error().text;
    service_ = std::make_unique<Service>(ServiceOptions{.shards = options.shards,
                                                        .listen = options.listen,
                                                        .udp_port = options.port,
                                                        .trace = options.trace,
                                                        .trace_new_objects = 0,
                                                        .features = features.value_or(Features{}),
                                                        .keep_ports_apart = options.keep_ports_apart},
                                         plugins_, captured_.log());
  }

  void start() {
    const auto started = service_->start();
    ASSERT_TRUE(started) << started.error();
  }
  [[nodiscard]] Control& control() { return service_->control(); }
  [[nodiscard]] Service& service() { return *service_; }
  void stop(std::chrono::milliseconds patience = std::chrono::seconds(5)) { service_->stop(patience); }

  /// Ends the daemon and its log; then all lines are there. Nothing may follow.
  [[nodiscard]] const Lines& lines() {
    if (service_) service_->stop(std::chrono::milliseconds(0));
    service_.reset();
    return captured_.take();
  }
  [[nodiscard]] bool logged(std::string_view part) {
    return std::ranges::any_of(lines(),
                               [part](const auto& line) { return line.second.find(part) != std::string::npos; });
  }
  [[nodiscard]] std::size_t trace_lines(std::string_view part = {}) {
    return static_cast<std::size_t>(std::ranges::count_if(lines(), [part](const auto& line) {
      return line.first == LogLevel::trace && line.second.find(part) != std::string::npos;
    }));
  }

  // ---- what tests ask again and again ----

  /// The tunnel's state, "" when there is no such tunnel.
  [[nodiscard]] std::string state(std::uint16_t id) {
    const auto report = control().tunnel_get({.id = id, .name = {}});
    return report ? report->state : std::string();
  }
  [[nodiscard]] std::string state(std::uint16_t of, std::uint16_t id) {
    const auto report = control().session_get({.tunnel = {.id = of, .name = {}}, .id = id, .name = {}});
    return report ? report->state : std::string();
  }
  [[nodiscard]] TunnelReport tunnel(std::uint16_t id) {
    auto report = control().tunnel_get({.id = id, .name = {}});
    EXPECT_TRUE(report) << "tunnel " << id;
    return report ? std::move(*report) : TunnelReport{};
  }
  [[nodiscard]] SessionReport session(std::uint16_t of, std::uint16_t id) {
    auto report = control().session_get({.tunnel = {.id = of, .name = {}}, .id = id, .name = {}});
    EXPECT_TRUE(report) << "tunnel " << of << " session " << id;
    return report ? std::move(*report) : SessionReport{};
  }
  [[nodiscard]] std::vector<std::uint16_t> tunnels() {
    auto list = control().tunnel_list();
    EXPECT_TRUE(list);
    return list.value_or(std::vector<std::uint16_t>{});
  }
  [[nodiscard]] std::vector<std::uint16_t> sessions(std::uint16_t of) {
    return control().session_list({.id = of, .name = {}}).value_or(std::vector<std::uint16_t>{});
  }
  [[nodiscard]] SystemReport system() {
    auto report = control().system_get();
    EXPECT_TRUE(report);
    return report ? std::move(*report) : SystemReport{};
  }
  void modify(const SystemChange& change) {
    const auto done = control().system_modify(change);
    ASSERT_TRUE(done) << done.error().detail;
  }
  /// Tunnels in state `wanted`.
  [[nodiscard]] std::size_t tunnels_in(std::string_view wanted) {
    return static_cast<std::size_t>(
        std::ranges::count_if(tunnels(), [&](std::uint16_t id) { return state(id) == wanted; }));
  }

 private:
  CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
  std::unique_ptr<Service> service_;
};

/// A tunnel by id.
[[nodiscard]] inline TunnelName by_id(std::uint16_t id) { return {.id = id, .name = {}}; }
[[nodiscard]] inline TunnelName by_name(const std::string& name) { return {.id = 0, .name = name}; }
[[nodiscard]] inline SessionName by_id(std::uint16_t tunnel, std::uint16_t id) {
  return {.tunnel = by_id(tunnel), .id = id, .name = {}};
}

template <class T>
[[nodiscard]] ::testing::AssertionResult fails_with(const ControlResult<T>& result, ControlFault fault) {
  if (result) return ::testing::AssertionFailure() << "it worked";
  if (result.error().fault == fault) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure() << "fault " << static_cast<int>(result.error().fault) << " "
                                       << result.error().detail;
}

/// Two daemons on one port of two addresses: `lac` at here(1) opens tunnels to `lns` at here(2).
class TwoDaemons {
 public:
  explicit TwoDaemons(std::uint32_t shards = 1, DaemonOptions for_lac = {}, DaemonOptions for_lns = {})
      : port(free_port()), lac(at(for_lac, shards, here(1), port)), lns(at(for_lns, shards, here(2), port)) {
    lac.start();
    lns.start();
  }

  /// Parameters of a tunnel that gives up soon: two attempts, a second between them.
  [[nodiscard]] static TunnelParameters to(const IpAddress& peer) {
    TunnelParameters parameters;
    parameters.peer_addr = peer;
    parameters.retries_max = 1;
    parameters.retry_timeout_s = 1;
    return parameters;
  }
  [[nodiscard]] static TunnelParameters to_lns() { return to(here(2)); }
  /// A tunnel from `lac` that is up at both ends; its id at `lac`. 0 on failure, which fails the test.
  [[nodiscard]] std::uint16_t open(const TunnelParameters& parameters = to_lns()) {
    const auto id = lac.control().tunnel_create(parameters);
    EXPECT_TRUE(id) << id.error().detail;
    if (!id) return 0;
    std::string state; // one that was refused is not waited for
    const bool up = eventually([&] {
                      state = lac.state(*id);
                      if (state == "ESTABLISHED") return lns.state(far(*id)) == "ESTABLISHED";
                      return state != "WAITCTLREPLY";
                    }) &&
                    state == "ESTABLISHED";
    EXPECT_TRUE(up) << state;
    return up ? *id : std::uint16_t{0};
  }
  /// The other end's id of a tunnel of `lac`.
  [[nodiscard]] std::uint16_t far(std::uint16_t tunnel) { return lac.tunnel(tunnel).peer_tunnel_id; }
  [[nodiscard]] std::uint16_t far(std::uint16_t tunnel, std::uint16_t session) {
    return lac.session(tunnel, session).peer_session_id;
  }
  /// A call from `lac` that is up at both ends; its id at `lac`. 0 on failure, which fails the test.
  [[nodiscard]] std::uint16_t call(std::uint16_t tunnel, const SessionParameters& parameters = {}) {
    const auto id = lac.control().session_create(by_id(tunnel), parameters);
    EXPECT_TRUE(id) << id.error().detail;
    if (!id) return 0;
    const bool up = eventually([&] {
      return lac.state(tunnel, *id) == "ESTABLISHED" && lns.state(far(tunnel), far(tunnel, *id)) == "ESTABLISHED";
    });
    EXPECT_TRUE(up) << lac.state(tunnel, *id);
    return up ? *id : std::uint16_t{0};
  }

  std::uint16_t port;
  Daemon lac, lns;

 private:
  static DaemonOptions at(DaemonOptions options, std::uint32_t shards, const IpAddress& address, std::uint16_t port) {
    options.shards = shards;
    if (options.listen.empty()) options.listen = {address};
    if (options.port == 0) options.port = port;
    return options;
  }
};

} // namespace openl2tp::runtime::testing
