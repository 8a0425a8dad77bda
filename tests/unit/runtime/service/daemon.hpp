// A running Service with its plugin and its captured log, for tests that drive real daemons through Control alone. Each
// test program has loopback addresses of its own (from its process id), so that programs may run at the same time.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/service.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime::testing {

/// Number `host` (1 to 255) of this process's own loopback addresses.
[[nodiscard]] IpAddress here(std::uint8_t host);
[[nodiscard]] IpAddress loopback_v6();

/// A UDP port that nobody has on any address now.
[[nodiscard]] std::uint16_t free_port();

/// Polls `condition` until it is true. @return false when it was not within `patience`, a bound for hangs alone.
[[nodiscard]] bool eventually(const std::function<bool()>& condition,
                              std::chrono::milliseconds patience = std::chrono::seconds(20));

struct DaemonOptions {
  std::uint32_t shards = 1;
  std::vector<IpAddress> listen;
  std::uint16_t port = 0;
  TraceMask trace = 0;
  bool scripted_plugin = false; // tests/abi/bad_plugins/scripted.c instead of ppp_null
};

class Daemon {
 public:
  /// Not started: start() asserts that it could.
  explicit Daemon(DaemonOptions options);
  ~Daemon();

  void start();
  [[nodiscard]] Control& control() { return service_->control(); }
  [[nodiscard]] Service& service() { return *service_; }
  void stop(std::chrono::milliseconds patience = std::chrono::seconds(5)) { service_->stop(patience); }

  /// Stops the daemon and ends its log; then all lines are there.
  [[nodiscard]] const Lines& lines();
  [[nodiscard]] bool logged(std::string_view part);
  /// Lines of level `trace`.
  [[nodiscard]] std::size_t trace_lines(std::string_view part = {});

  // ---- what tests ask again and again ----

  /// The tunnel's state, "" when there is no such tunnel.
  [[nodiscard]] std::string state(std::uint16_t tunnel);
  [[nodiscard]] std::string state(std::uint16_t tunnel, std::uint16_t session);
  [[nodiscard]] TunnelReport tunnel(std::uint16_t id);
  [[nodiscard]] SessionReport session(std::uint16_t tunnel, std::uint16_t session);
  [[nodiscard]] SystemReport system();
  void modify(const SystemChange& change);
  /// Tunnels that are not on their way out.
  [[nodiscard]] std::size_t live_tunnels();

 private:
  CapturedLog captured_;
  PluginSet plugins_;
  std::unique_ptr<Service> service_;
};

/// Two daemons on one port of two addresses: `lac` (here(1)) opens tunnels to `lns` (here(2)).
class TwoDaemons {
 public:
  explicit TwoDaemons(std::uint32_t shards = 1) : TwoDaemons(shards, {}, {}) {}
  /// The options' addresses, port and number of shards are filled in.
  TwoDaemons(std::uint32_t shards, DaemonOptions for_lac, DaemonOptions for_lns);
  void start() {
    lac.start();
    lns.start();
  }

  /// Parameters of a tunnel that gives up soon: two attempts, a second between them.
  [[nodiscard]] TunnelParameters to_lns() const;
  /// A tunnel from `lac` that is up at both ends; its id at `lac`. 0 on failure, which fails the test.
  [[nodiscard]] std::uint16_t open(const TunnelParameters& parameters);
  [[nodiscard]] std::uint16_t open() { return open(to_lns()); }
  /// The other end's id of a tunnel of `lac`.
  [[nodiscard]] std::uint16_t far(std::uint16_t tunnel) { return lac.tunnel(tunnel).peer_tunnel_id; }
  /// A call from `lac` that is up at both ends; its id at `lac`. 0 on failure, which fails the test.
  [[nodiscard]] std::uint16_t call(std::uint16_t tunnel, const SessionParameters& parameters = {});

  std::uint16_t port;
  Daemon lac, lns;
};

} // namespace openl2tp::runtime::testing
