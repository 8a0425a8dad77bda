// A real shard, turned by the test: fake network, virtual time, a kernel that writes down what it is asked for, works
// that run when the test says so, and a peer that is an engine whose datagrams the test may hold back. One thread.
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "runtime/profiles/profile_store.hpp"
#include "runtime/shard/shard.hpp"
#include "tests/support/fake_ring.hpp"
#include "tests/unit/protocol/engine/engine_fixture.hpp"
#include "tests/unit/runtime/dataplane/fake_kernel.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime::testing {

using Bytes = std::vector<std::byte>;

/// Works wait until run(); then they run here.
class HeldWorkers final : public WorkerPool {
 public:
  /// Runs what was submitted. @return how many works.
  std::size_t run() {
    std::size_t count = 0;
    for (std::deque<LoopWorkers*> due = std::exchange(due_, {}); LoopWorkers * loop : due) {
      Work* const work = pop(*loop);
      if (work == nullptr) continue;
      WorkerPool::run(*work);
      give_back(*work);
      ++count;
    }
    return count;
  }
  [[nodiscard]] WorkerCounters counters() const noexcept override { return {}; }

 private:
  void attach(LoopWorkers&) override {}
  void detach(LoopWorkers& loop) noexcept override { std::erase(due_, &loop); }
  void submitted(LoopWorkers& loop) noexcept override { due_.push_back(&loop); }
  void refused() noexcept override {}

  std::deque<LoopWorkers*> due_;
};

/// The other end: an engine on the fake network. It sends at once, or keeps what it says until release().
class LabPeer final : public DatagramSink, public LoopHook {
 public:
  LabPeer(FakeNetwork& network, const protocol::Endpoint& at)
      : node(41, at), loop(std::make_unique<FakeRing>(network)), pool_(loop, {.receive_buffers = 256}),
        endpoint_(std::make_unique<UdpEndpoint>(loop, pool_, network.open_udp(at), UdpOptions{.local = at}, *this)) {
    endpoint_->start();
    loop.add_hook(*this);
  }
  ~LabPeer() {
    loop.remove_hook(*this);
    endpoint_->close();
    while (!endpoint_->closed().is_set())
      loop.turn(false);
  }

  protocol::test::Node node;
  Loop loop;
  bool holding = false;

  /// Opens a tunnel to the shard's address `to`.
  [[nodiscard]] protocol::TunnelId open(const protocol::Endpoint& to) {
    return node.engine
        .open_tunnel({.path = {.local = node.address, .peer = to}}, protocol::test::PlainPolicy::default_tunnel(),
                     std::nullopt, 0, loop.now())
        .value();
  }
  /// Opens an incoming call, as LAC.
  [[nodiscard]] protocol::SessionId call(protocol::TunnelId tunnel) {
    auto settings = std::make_shared<protocol::SessionSettings>();
    settings->type = protocol::SessionType::lac_incoming;
    return node.engine.open_session(tunnel, settings, std::nullopt, 0, loop.now()).value();
  }
  void hang_up(protocol::TunnelId tunnel, protocol::SessionId session) {
    static_cast<void>(node.engine.close_session(
        tunnel, session, protocol::make_reason(protocol::CdnResult::administrative), loop.now()));
  }
  /// A data message with a PPP frame for the shard's end of a session.
  [[nodiscard]] Bytes data_for(protocol::TunnelId tunnel, protocol::SessionId session, std::uint8_t lcp_code) const {
    const std::uint16_t of = node.engine.find(tunnel)->peer_id().value;
    const std::uint16_t to = node.engine.find(tunnel, session)->peer_id().value;
    const unsigned octets[] = {0x00, 0x02, of / 256U, of % 256U, to / 256U, to % 256U, 0xff,
                               0x03, 0xc0, 0x21,      lcp_code,  1,         0,         4};
    Bytes message;
    for (const unsigned octet : octets)
      message.push_back(static_cast<std::byte>(octet));
    return message;
  }
  /// Sends octets behind what is held.
  void send(const protocol::Endpoint& to, Bytes octets) {
    take();
    say({.local = node.address, .peer = to}, std::move(octets));
  }
  /// Sends what was held, in one turn: it arrives in one batch.
  void release() {
    take();
    holding = false;
    for (const auto& [path, octets] : std::exchange(held_, {}))
      EXPECT_TRUE(endpoint_->send(path, octets));
  }
  [[nodiscard]] std::size_t held() {
    take();
    return held_.size();
  }

 private:
  void on_datagrams(UdpEndpoint&, std::span<const Datagram> batch) noexcept override {
    for (const Datagram& datagram : batch)
      node.engine.handle_datagram(datagram.octets, {.path = datagram.path}, loop.now());
    take();
  }
  void before_wait(protocol::TimePoint now) noexcept override {
    if (const auto deadline = node.engine.next_deadline(); deadline && *deadline <= now)
      node.engine.handle_timeout(now);
    take();
  }
  [[nodiscard]] std::optional<protocol::TimePoint> next_deadline() const noexcept override {
    return node.engine.next_deadline();
  }
  void take() {
    node.engine.take_actions(node.batch);
    for (const protocol::Action& action : node.batch.actions) {
      if (const auto* sent = std::get_if<protocol::SendDatagram>(&action)) {
        const protocol::Octets octets = node.batch.octets(sent->octets);
        say(sent->route.path, {octets.begin(), octets.end()});
      } else {
        node.said.push_back(action);
      }
    }
  }
  void say(const protocol::Path& path, Bytes octets) {
    if (holding)
      held_.emplace_back(path, std::move(octets));
    else
      EXPECT_TRUE(endpoint_->send(path, octets));
  }

  UdpPool pool_;
  std::unique_ptr<UdpEndpoint> endpoint_;
  std::vector<std::pair<protocol::Path, Bytes>> held_;
};

struct LabOptions {
  bool kernel = true; // whether there is a kernel data path
  openl2tp_plugin_entry_fn plugin = nullptr;
};

class ShardLab {
 public:
  static constexpr protocol::Endpoint here{.address = protocol::IpAddress::v4(192, 0, 2, 1), .port = 1701};
  static constexpr protocol::Endpoint there{.address = protocol::IpAddress::v4(192, 0, 2, 2), .port = 1701};

  explicit ShardLab(const LabOptions& options) : peer(network, there) {
    EXPECT_TRUE(plugins.add("lab", options.plugin));
    ShardOptions of_shard;
    of_shard.make_ring = [this]() -> tl::expected<std::unique_ptr<Ring>, std::string> {
      return std::make_unique<FakeRing>(network, true);
    };
    of_shard.plugins = &plugins;
    of_shard.log = &captured.log();
    of_shard.group = &group;
    of_shard.workers = &workers;
    of_shard.kernel = options.kernel ? &kernel : nullptr;
    of_shard.profiles = profiles.current();
    of_shard.sockets.push_back({.fd = network.open_udp(here), .local = here});
    group.shards.push_back(std::make_unique<Shard>(std::move(of_shard)));
    EXPECT_EQ(shard().begin(), "");
  }
  ~ShardLab() { stop(); }

  FakeNetwork network;
  CapturedLog captured;
  PluginSet plugins{captured.log()};
  HeldWorkers workers;
  FakeKernel kernel;
  ShardGroup group;
  ProfileStore profiles{0};
  LabPeer peer;
  bool workers_held = false;

  [[nodiscard]] Shard& shard() { return *group.shards.front(); }

  /// A tunnel that the operator opens to the peer.
  protocol::TunnelId create_tunnel(TunnelParameters parameters, TunnelSocket socket = {}) {
    parameters.peer_addr = there.address;
    auto config = profiles.current()->for_tunnel(parameters, SystemConfig{});
    EXPECT_TRUE(config);
    const auto made = shard().create_tunnel(std::move(*config), std::move(socket));
    EXPECT_TRUE(made) << made.error().detail;
    return made.value_or(protocol::TunnelId{});
  }

  /// Lets everything happen until `condition`; time passes when nothing else can. @return whether it came true in time.
  bool run_until(const std::function<bool()>& condition, protocol::Duration patience = protocol::Duration{60'000}) {
    const protocol::TimePoint until = network.now() + patience;
    while (!condition()) {
      if (step()) continue;
      std::optional<protocol::TimePoint> next = network.next_arrival();
      for (const auto& deadline : {peer.loop.next_deadline(), shard().next_turn()})
        if (deadline && (!next || *deadline < *next)) next = deadline;
      if (!next || *next > until) return condition();
      network.advance_to(std::max(*next, network.now() + protocol::Duration{1}));
    }
    return true;
  }
  void run_for(protocol::Duration time) {
    static_cast<void>(run_until([] { return false; }, time));
  }
  /// One turn of each loop and the works that are due. @return whether anything happened.
  bool step() {
    bool busy = false;
    if (!shard().finished()) busy |= shard().turn(false);
    busy |= peer.loop.turn(false);
    if (!workers_held) busy |= workers.run() != 0;
    return busy;
  }
  void stop() {
    if (stopped_) return;
    stopped_ = true;
    workers_held = false;
    shard().request_shutdown(protocol::Duration{100});
    EXPECT_TRUE(run_until([this] { return shard().finished(); }, protocol::Duration{600'000}));
    shard().end();
  }
  /// Ends the shard; then all lines of its log.
  [[nodiscard]] const Lines& lines() {
    stop();
    return captured.take();
  }
  [[nodiscard]] std::size_t count_lines(std::string_view part) {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines(), [part](const auto& line) { return line.second.find(part) != std::string::npos; }));
  }

 private:
  bool stopped_ = false;
};

} // namespace openl2tp::runtime::testing
