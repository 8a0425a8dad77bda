#include "tests/daemon_sim/world.hpp"

#include <algorithm>
#include <cstdio>
#include <mutex>

#include <fmt/format.h>

#include "tests/daemon_sim/moody_plugin.hpp"
#include "tests/daemon_sim/oracle.hpp"

namespace openl2tp::daemon_sim {

namespace {

constexpr protocol::Duration settle_time{200'000}; // for everything to be up or gone
constexpr protocol::Duration apart_time{130'000};  // in which whatever begins later ends, too
constexpr protocol::Duration stop_patience{5'000};
constexpr protocol::Duration stop_time{30'000}; // for a daemon to end
constexpr int turns_to_hear = 3;
constexpr unsigned checks_apart = 4; // turns of all

/// What a daemon of ours must never have to write.
constexpr std::string_view forbidden[] = {"unknown token", "called on a thread", "is no shard"};

} // namespace

/// Keeps the lines that must not be, and shows all of them if wanted.
class World::Lines {
 public:
  explicit Lines(bool verbose) : verbose_(verbose) {}
  void take(std::string_view line) {
    const std::scoped_lock lock(mutex_);
    if (verbose_) std::fprintf(stderr, "    log: %.*s\n", static_cast<int>(line.size()), line.data());
    if (line.find(moody_name) != std::string_view::npos) return; // its rules are broken on purpose
    for (const std::string_view part : forbidden)
      if (line.find(part) != std::string_view::npos && !bad_) bad_ = line;
  }
  [[nodiscard]] std::optional<std::string> bad() const {
    const std::scoped_lock lock(mutex_);
    return bad_;
  }

 private:
  mutable std::mutex mutex_; // the log writes in a thread of its own
  bool verbose_;
  std::optional<std::string> bad_;
};

namespace {

template <class Lines>
class Sink final : public runtime::LogSink {
 public:
  explicit Sink(std::shared_ptr<Lines> lines) : lines_(std::move(lines)) {}
  void write(runtime::LogLevel, std::string_view line) override { lines_->take(line); }

 private:
  std::shared_ptr<Lines> lines_;
};

} // namespace

World::World(const RunOptions& options, const Files& files, Tally& tally)
    : options_(options), files_(files), tally_(tally), dice_(options.seed), environment_(network_, dice_),
      story_(network_, options.verbose), lines_(std::make_shared<Lines>(options.verbose)),
      log_(std::make_unique<runtime::Log>(std::make_unique<Sink<Lines>>(lines_),
                                          runtime::LogOptions{.queue_lines = 1024})) {
  loss_ = dice_.chance(500) ? dice_.below(150) : 0;
  doubles_ = dice_.chance(500) ? dice_.below(100) : 0;
  delay_max_ms_ = dice_.chance(500) ? 1 : dice_.between(1, 40);
  stall_ = dice_.chance(500) ? dice_.below(500) : 0;
  network_.set_transit(
      [this](const protocol::Path& path, std::span<const std::byte> octets) -> std::optional<protocol::Duration> {
        ++tally_.datagrams;
        // What a raw peer says back to back arrives so.
        if (path.local.address.octets[1] == 66) return protocol::Duration{1};
        if (dice_.chance(loss_)) return std::nullopt;
        const unsigned doubles = std::exchange(doubles_, 0);
        if (dice_.chance(doubles)) network_.send(path, octets);
        doubles_ = doubles;
        return dice_.duration(delay_max_ms_ == 1 ? 1 : 0, delay_max_ms_);
      });
  make_hosts();
}

World::~World() {
  operator_.reset();
  peers_.clear();
  raw_lns_.reset();
}

std::optional<SimKernelPath::Kind> World::random_kernel_path() {
  if (dice_.chance(500)) return std::nullopt;
  return SimKernelPath::Kind{.netlink = dice_.chance(500), .mixes_ports = dice_.chance(300)};
}

void World::make_hosts() {
  const std::uint32_t lacs = dice_.between(1, 2);
  for (std::uint32_t i = 0; i <= lacs; ++i) {
    const bool lns = i == 0;
    nodes_.push_back(std::make_unique<Node>(
        Node{.host = {.address = protocol::IpAddress::v4(10, 0, 0, static_cast<std::uint8_t>(i + 1)),
                      .shards = dice_.between(1, lns ? 3 : 2),
                      .lns = lns,
                      .kernel_path = random_kernel_path()},
             .kernel = KernelModel(dice_)}));
    nodes_.back()->kernel.set_errors(dice_.chance(500) ? dice_.below(50) : 0);
    start(*nodes_.back());
  }
  const protocol::Endpoint target{.address = nodes_[0]->host.address, .port = 1701};
  for (std::uint32_t i = dice_.below(3); i != 0; --i)
    peers_.push_back(std::make_unique<RawPeer>(
        network_, dice_,
        protocol::Endpoint{.address = protocol::IpAddress::v4(10, 66, 0, static_cast<std::uint8_t>(i)), .port = 1701},
        target));
  std::vector lns{nodes_[0]->host.address};
  if (dice_.chance(300)) {
    const protocol::Endpoint own{.address = Operator::raw_lns, .port = 1701};
    raw_lns_ = std::make_unique<RawLns>(network_, dice_, own);
    lns.push_back(own.address);
  }
  operator_ = std::make_unique<Operator>(dice_, std::move(lns));
}

// ---- daemons

void World::start(Node& node) {
  const Shared shared{.network = network_,
                      .dice = dice_,
                      .environment = environment_,
                      .log = *log_,
                      .story = story_,
                      .secrets_file = files_.secrets,
                      .configuration_file = files_.configuration};
  story_.tell("start {}", protocol::to_string(node.host.address));
  node.daemon = std::make_unique<SimDaemon>(shared, node.host, node.kernel, ++node.last_process);
  node.daemon->workers().set_delays(good_ ? 1 : dice_.between(0, 40), good_ ? 0 : dice_.below(30));
  // Whoever waits for an answer of the daemon lets all the others live, too.
  const std::string fault = node.daemon->start([this, waited = 0]() mutable {
    if (!turn_all()) pass_time();
    return ++waited % 20'000 != 0;
  });
  if (!fault.empty()) fail("a daemon does not start: " + fault);
}

void World::kill(Node& node) {
  ++tally_.kills;
  story_.tell("kill {}", protocol::to_string(node.host.address));
  operator_->forget(*node.daemon);
  node.daemon->kill();
  ghosts_.push_back(std::move(node.daemon));
}

// ---- one step after the other

bool World::turn_all() {
  struct Turn {
    SimDaemon* daemon;
    std::size_t shard; // shards(): the workers
  };
  std::vector<Turn> order;
  const auto add = [&](SimDaemon& daemon) {
    for (std::size_t i = 0; i <= daemon.shards(); ++i)
      order.push_back({&daemon, i});
  };
  for (const auto& node : nodes_)
    if (node->daemon) add(*node->daemon);
  for (const auto& ghost : ghosts_)
    add(*ghost);
  for (std::size_t i = order.size(); i > 1; --i)
    std::swap(order[i - 1], order[dice_.below(i)]);
  bool busy = false;
  for (const Turn& turn : order) {
    if (!good_ && dice_.chance(stall_)) continue; // it has no processor now
    ++tally_.turns;
    const bool did =
        turn.shard == turn.daemon->shards() ? turn.daemon->workers().run_one() : turn.daemon->turn(turn.shard);
    busy = busy || did;
  }
  for (const auto& node : nodes_)
    if (node->daemon) busy = node->daemon->carry() || busy;
  std::erase_if(ghosts_, [](const auto& ghost) { return ghost->finished(); });
  return busy;
}

void World::pass_time() {
  const protocol::TimePoint now = network_.now();
  std::optional<protocol::TimePoint> next = network_.next_arrival();
  const auto consider = [&](std::optional<protocol::TimePoint> at) {
    if (at && (!next || *at < *next)) next = at;
  };
  const auto look = [&](SimDaemon& daemon) {
    consider(daemon.workers().next());
    for (std::size_t i = 0; i < daemon.shards(); ++i)
      consider(daemon.next_turn(i));
  };
  for (const auto& node : nodes_)
    if (node->daemon) look(*node->daemon);
  for (const auto& ghost : ghosts_)
    look(*ghost);
  const protocol::Duration least{1}, most{1000};
  network_.advance_to(std::clamp(next.value_or(now + most), now + least, now + most));
}

void World::act() {
  const std::uint32_t roll = dice_.below(1000);
  if (roll < 450) {
    Node& node = *nodes_[dice_.below(nodes_.size())];
    if (node.daemon) operator_->act(*node.daemon);
  } else if (roll < 990) {
    if (!peers_.empty()) peers_[dice_.below(peers_.size())]->act();
  } else {
    Node& node = *nodes_[dice_.below(nodes_.size())];
    if (!node.daemon)
      start(node);
    else if (dice_.chance(200))
      kill(node);
  }
}

void World::step() {
  ++tally_.steps;
  if (dice_.chance(250)) act();
  if (!turn_all() || dice_.chance(200)) pass_time();
  if (++since_check_ >= checks_apart) check();
}

void World::check() {
  since_check_ = 0;
  if (failure_) return;
  for (const auto& node : nodes_) {
    if (!node->daemon) continue;
    auto violation = find_violation(*node->daemon, node->kernel);
    // What a plugin has reported counts when its shard has turned.
    for (int i = 0; i < turns_to_hear && violation; ++i) {
      for (std::size_t shard = 0; shard < node->daemon->shards(); ++shard)
        node->daemon->turn(shard);
      violation = find_violation(*node->daemon, node->kernel);
    }
    if (violation) fail(std::move(*violation));
  }
}

void World::fail(std::string what) {
  if (!failure_) failure_ = fmt::format("at {} ms: {}", network_.now().time_since_epoch().count(), std::move(what));
}

bool World::run_until(protocol::TimePoint until) {
  while (network_.now() < until && !failure_) {
    ++tally_.steps;
    if (!turn_all()) pass_time();
    if (++since_check_ >= checks_apart * 4) check();
  }
  return !failure_;
}

// ---- the good time, and the end

void World::heal() {
  good_ = true;
  for (const auto& node : nodes_)
    if (node->daemon) tally_.ppp_up += count_up(*node->daemon);
  story_.tell("the good time begins");
  loss_ = doubles_ = 0;
  for (const auto& node : nodes_) {
    node->kernel.set_errors(0);
    if (!node->daemon) start(*node);
    if (failure_) return;
    node->daemon->workers().set_delays(1, 0);
    operator_->tidy(*node->daemon);
  }
}

void World::reboot_peers() {
  constexpr int rounds = 2, tries = 130; // the timeout of what is half open, and some
  for (int round = 0; round < rounds; ++round) {
    for (const auto& peer : peers_)
      peer->reboot();
    const auto all_in = [this] {
      return std::ranges::all_of(peers_, [](const auto& peer) { return peer->answered(); });
    };
    for (int i = 0; i < tries && !all_in(); ++i) {
      if (!run_until(network_.now() + protocol::Duration{1'000})) return;
      for (const auto& peer : peers_)
        peer->retry();
    }
    if (!all_in()) return fail("a peer that began anew is not let in");
    for (const auto& peer : peers_)
      peer->establish();
    if (!run_until(network_.now() + protocol::Duration{1'000})) return;
  }
}

void World::settle() {
  std::vector<std::set<std::string>> before;
  for (const auto& node : nodes_)
    before.push_back(find_unsettled(*node->daemon));
  if (std::ranges::all_of(before, [](const auto& all) { return all.empty(); })) return;
  if (!run_until(network_.now() + apart_time)) return;
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    for (const std::string& one : find_unsettled(*nodes_[i]->daemon))
      if (before[i].contains(one)) fail(one);
}

std::optional<std::string> World::end() {
  for (const auto& node : nodes_)
    node->daemon->stop(stop_patience);
  const protocol::TimePoint until = network_.now() + stop_time;
  const auto all_ended = [this] {
    return ghosts_.empty() && std::ranges::all_of(nodes_, [](const auto& node) { return node->daemon->finished(); });
  };
  while (!all_ended() && network_.now() < until) {
    ++tally_.steps;
    if (!turn_all()) pass_time();
  }
  if (!all_ended()) return "a daemon does not end";
  for (const auto& node : nodes_) {
    if (node->daemon->counted_tunnels() != 0 || node->daemon->counted_sessions() != 0)
      return fmt::format("{} tunnels and {} sessions are counted at the end", node->daemon->counted_tunnels(),
                         node->daemon->counted_sessions());
    if (node->daemon->workers().in_hand() != 0) return "works are left";
    node->daemon.reset();
    if (const auto left = node->kernel.left(); !left.empty()) return "left in the kernel: " + left.front();
  }
  return std::nullopt;
}

std::optional<std::string> World::run() {
  ++tally_.seeds;
  for (unsigned i = 0; i < options_.steps && !failure_; ++i)
    step();
  if (!failure_)
    for (const auto& node : nodes_)
      if (node->daemon)
        if (auto lost = operator_->find_lost(*node->daemon)) fail(std::move(*lost));
  if (!failure_) heal();
  if (!failure_) reboot_peers();
  if (!failure_ && run_until(network_.now() + settle_time)) settle();
  std::optional<std::string> left = end();
  if (!failure_ && left) fail(std::move(*left));
  log_.reset(); // all lines are there
  if (const auto line = lines_->bad(); line && !failure_) fail("the log says: " + *line);
  return failure_;
}

} // namespace openl2tp::daemon_sim
