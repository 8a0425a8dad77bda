// One run: hosts with daemons, raw peers and operators, one thread, one clock, one seed. First a bad time, in which
// anything may fail; then a good one, after which everything must have come to rest; then the end of all daemons, after
// which nothing may be left.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "tests/daemon_sim/daemon.hpp"
#include "tests/daemon_sim/operator.hpp"
#include "tests/daemon_sim/oracle.hpp"
#include "tests/daemon_sim/raw_lns.hpp"
#include "tests/daemon_sim/raw_peer.hpp"

namespace openl2tp::daemon_sim {

/// What runs reached, so that a test can see that they reached anything.
struct Tally {
  std::uint64_t seeds = 0, steps = 0, turns = 0, datagrams = 0, ppp_up = 0, kills = 0;
};

struct Files { // of all runs of a process
  std::string secrets, configuration;
};

struct RunOptions {
  std::uint64_t seed = 0;
  unsigned steps = 1500; // of the bad time
  bool verbose = false;
};

class World {
 public:
  World(const RunOptions& options, const Files& files, Tally& tally);
  ~World();
  /// @return what does not hold; nullopt: all is well
  std::optional<std::string> run();

 private:
  struct Node { // a host
    Host host;
    KernelModel kernel;
    ProcessNumber last_process = 0;
    std::unique_ptr<SimDaemon> daemon; // null: it was killed, and has not been started again
  };

  [[nodiscard]] std::optional<SimKernelPath::Kind> random_kernel_path();
  void make_hosts();
  void start(Node& node);
  void kill(Node& node);
  void step();
  void act();
  /// Every shard and the workers, in any order, now. @return whether anything was done
  bool turn_all();
  void pass_time();
  /// Turns without actors until then. @return false: something does not hold
  bool run_until(protocol::TimePoint until);
  void heal();
  /// Raw peers lose power, and begin anew as they did before.
  void reboot_peers();
  /// Whether all has come to rest.
  void settle();
  void check();
  void fail(std::string what);
  [[nodiscard]] std::optional<std::string> end();

  RunOptions options_;
  Files files_;
  Tally& tally_;
  Dice dice_;
  runtime::FakeNetwork network_;
  SimEnvironment environment_;
  Story story_;
  class Lines; // of the log
  std::shared_ptr<Lines> lines_;
  std::unique_ptr<runtime::Log> log_;
  std::vector<std::unique_ptr<Node>> nodes_;
  std::vector<std::unique_ptr<SimDaemon>> ghosts_; // killed ones, until their objects have ended
  std::vector<std::unique_ptr<RawPeer>> peers_;
  std::unique_ptr<RawLns> raw_lns_; // nullptr: this run has none
  std::unique_ptr<Operator> operator_;
  unsigned loss_ = 0, doubles_ = 0, delay_max_ms_ = 1, stall_ = 0;
  bool good_ = false;
  unsigned since_check_ = 0;
  std::optional<std::string> failure_;
};

} // namespace openl2tp::daemon_sim
