// A small internet under one seed and virtual time: hosts made of engines, a network that loses, repeats, delays,
// reorders and parts, operators that do this and that. Oracles look on at every step and throw Violation; what they
// check is said in ledger.hpp, channel_watch.hpp and settle().
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "protocol/engine.hpp"
#include "tests/sim/channel_watch.hpp"
#include "tests/sim/ledger.hpp"
#include "tests/sim/plan.hpp"
#include "tests/sim/random.hpp"

namespace openl2tp::protocol::sim {

/// What runs reached, so that a simulation which tests nothing is noticed.
struct Tally {
  std::uint64_t datagrams = 0, tunnels_up = 0, ties_lost = 0, evicted = 0, silent = 0, not_authorised = 0;
  std::uint64_t accms = 0, bearers_failed = 0, hand_overs = 0, retransmits = 0, held = 0, duplicates = 0, hidden = 0;
  std::uint64_t restarts = 0, pairs_left = 0, session_pairs_left = 0, confused = 0;
  std::array<std::uint64_t, 5> sessions_up{}; // by SessionType

  Tally& operator+=(const Tally& other);
  [[nodiscard]] std::map<std::string, std::uint64_t> by_name() const; // what every set of seeds must reach
};

/// Admits what the plan says; every admission is numbered.
/// What the engines of one host know of each other's SCCRQs.
struct CrossingBoard {
  struct Lost { // to be passed on to the others than `by`
    std::uint32_t by;
    IpAddress peer;
    TieBreaker winner;
  };
  std::map<std::uint32_t, std::map<IpAddress, Crossing>> of_shard;
  std::vector<Lost> lost;
};

class SimPolicy final : public Policy {
 public:
  SimPolicy(Rng& rng, const HostPlan& plan, Users& users, CrossingBoard& board, std::uint32_t shard)
      : rng_(rng), plan_(plan), users_(users), board_(board), shard_(shard) {}
  std::shared_ptr<const TunnelSettings> tunnel;
  std::shared_ptr<const SessionSettings> session;

  tl::expected<TunnelAdmission, Refusal> admit_tunnel(const Route&, const Sccrq&) override;
  void withdraw_tunnel(std::uintptr_t user) override { users_.give_back(user); }
  Secret secret_for(const Endpoint&) override { return tunnel->secret; }
  tl::expected<SessionAdmission, Refusal> admit_session(TunnelId, std::uintptr_t, const Message&) override;
  void withdraw_session(std::uintptr_t user) override { users_.give_back(user); }
  void note_crossing(const IpAddress& peer, const Crossing& ours) override { board_.of_shard[shard_][peer] = ours; }
  Crossing crossing_elsewhere(const IpAddress& peer) override;
  void lose_elsewhere(const IpAddress& peer, const TieBreaker& winner) override {
    board_.lost.push_back({shard_, peer, winner});
  }

 private:
  Rng& rng_;
  const HostPlan& plan_;
  Users& users_;
  CrossingBoard& board_;
  const std::uint32_t shard_;
};

class World {
 public:
  World(std::uint64_t seed, Plan plan);
  World(std::uint64_t seed, unsigned steps);

  /// Everything: steps, healing, the look at both ends, closing, the look at what is left.
  void run();
  /// Prints the trace of all engines with the time.
  void set_verbose() { verbose_ = true; }

  // ---- for scenarios that are written by hand ----

  struct Place { // of a tunnel
    unsigned host = 0;
    std::uint32_t shard = 0;
    TunnelId id;
  };
  std::optional<Place> open_tunnel(unsigned from, unsigned to, std::optional<TunnelId> wanted = std::nullopt);
  std::optional<SessionId> open_session(const Place& at, SessionType type,
                                        std::optional<SessionId> wanted = std::nullopt);
  void close_tunnel(const Place& at);
  void close_session(const Place& at, SessionId session);
  void restart(unsigned host);
  void cut(unsigned a, unsigned b, bool off);
  /// Lets time pass and everything happen that is due.
  void advance(Duration time);
  /// Ends all trouble, waits for the stated time, and checks that both ends of everything agree.
  void settle();
  /// Closes all tunnels, waits for one retransmission cycle and the time of keeping, and checks that nothing is left.
  void close_all();

  [[nodiscard]] const Engine& engine(unsigned host, std::uint32_t shard = 0) const {
    return *hosts_[host].shards[shard]->engine;
  }
  [[nodiscard]] const Tally& tally() const { return tally_; }
  [[nodiscard]] Plan& plan() { return plan_; }
  /// The tunnels of a host, in the order of shards and ids.
  [[nodiscard]] std::vector<Place> tunnels(unsigned host) const;
  [[nodiscard]] static Endpoint address_of(unsigned host, std::uint16_t port = 1701);

 private:
  struct Shard {
    Shard(World& world, unsigned host, std::uint32_t index);
    EngineSettings settings;
    Users users;
    EngineRandom random;
    SimPolicy policy;
    Witness witness;
    Ledger ledger;
    std::unique_ptr<Engine> engine;
    std::map<TunnelId, Instance*> live;
    std::optional<TimePoint> deadline;
    std::string name; // in verbose runs
  };
  struct Host {
    CrossingBoard crossings;
    std::vector<std::unique_ptr<Shard>> shards;
    std::set<std::uint16_t> ids_before_restart, ids_used;
    std::uint16_t next_port = 40'000;
  };
  struct Datagram {
    Endpoint from, to;
    std::vector<std::byte> octets;
    Instance* sender = nullptr;
    unsigned hops = 0;
  };
  struct BearerAnswer {
    unsigned host;
    std::uint32_t shard;
    TunnelId tunnel;
    SessionId session;
    bool up;
  };
  template <class T>
  using Queue = std::map<std::pair<TimePoint, std::uint64_t>, T>;

  void begin(unsigned host, Shard& shard);
  void finish(unsigned host, Shard& shard, const Datagram* cause);
  Instance& make_instance(unsigned host, Shard& shard, TunnelId id, bool wanted);
  void send(unsigned host, const SendDatagram& action, Octets octets, Instance* sender);
  void post(Datagram datagram);
  void arrive(Datagram datagram);
  void arrive_at(unsigned host, std::uint32_t shard, const Datagram& datagram);
  void answer(const BearerAnswer& answer);
  void operate();
  void operate_on_tunnel(const Place& at);
  void operate_on_session(const Place& at, SessionId session);
  void modify(const Place& at);
  void check_all() const;
  void check_both_ends(unsigned host, const Shard& shard, TunnelId id);
  void count(const Action& action, const Shard& shard);
  [[nodiscard]] std::optional<Place> any_tunnel();
  [[nodiscard]] Shard& shard_at(const Place& place) { return *hosts_[place.host].shards[place.shard]; }
  [[nodiscard]] static std::optional<unsigned> host_at(const Endpoint& endpoint, std::size_t hosts);
  [[nodiscard]] Duration cycle_max() const;

  Rng rng_;
  Plan plan_;
  unsigned steps_ = 0;
  bool verbose_ = false;
  bool calm_ = false; // the end of the run: no new trouble
  TimePoint now_{Duration{1'000'000}};
  std::vector<Host> hosts_;
  std::set<std::pair<unsigned, unsigned>> cuts_;
  Queue<Datagram> in_flight_;
  Queue<BearerAnswer> bearers_;
  std::uint64_t order_ = 0;
  std::deque<Instance> instances_;
  std::map<const Instance*, std::uint16_t> wanted_sessions_;
  std::deque<Datagram> overheard_;
  Tally tally_;
};

} // namespace openl2tp::protocol::sim
