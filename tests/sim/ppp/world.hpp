// Two PPP links, a wire that loses, doubles, delays, reorders and spoils frames, owners that answer late or never, and
// one seed. First a bad time, then a good one; safety is looked at all the time, agreement at the end.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "plugins/ppp_engine/address_pool.hpp"
#include "plugins/ppp_engine/link.hpp"

namespace openl2tp::ppp::sim {

class Rng final : public RandomSource {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() noexcept { // splitmix64
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint32_t below(std::uint32_t n) noexcept { return n == 0 ? 0 : static_cast<std::uint32_t>(next() % n); }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) noexcept { return low + below(high - low + 1); }
  bool chance(unsigned permille) noexcept { return below(1000) < permille; }
  void fill(std::span<std::byte> out) override {
    for (std::byte& octet : out)
      octet = static_cast<std::byte>(next() >> 56);
  }

 private:
  std::uint64_t state_;
};

/// What runs reached, so that a test can see that they reached anything.
struct Tally {
  std::uint64_t frames = 0, lost = 0, data = 0;
  std::uint64_t up_at_the_end = 0, down_at_the_end = 0, renegotiations = 0, proxied = 0;
  std::array<std::uint64_t, end_reason_count> ends{};
  std::array<std::uint64_t, 5> methods{};
};

class World {
 public:
  World(std::uint64_t seed, Tally& tally, bool tell);
  /// @return what does not hold, with the seed; nullopt when all is well.
  std::optional<std::string> run();

 private:
  using Bytes = std::vector<std::byte>;
  struct Node {
    std::unique_ptr<Rng> random;
    std::shared_ptr<const LinkSettings> settings;
    std::unique_ptr<Link> link;
    AddressPool::Lease lease;
    bool link_up = false, finished = false;
    std::array<bool, 2> network_up{};
    unsigned link_ups = 0;
  };
  struct Event {
    int node = 0;
    std::function<void()> act;
  };

  LinkSettings random_settings(bool lns);
  void step();
  void perform(int index, std::size_t heard);
  void act(int index, const ActionBatch& batch, const Action& action);
  void transmit(int from, Octets frame);
  void deliver(int to, const Bytes& frame);
  void later(std::uint32_t low_ms, std::uint32_t high_ms, std::function<void()> act);
  void trouble();
  void send_data();
  void check_end();
  void require(bool holds, const std::string& what);
  void say(const std::string& text) const;
  std::string describe(int index) const;

  std::uint64_t seed_;
  Tally& tally_;
  bool tell_;
  Rng rng_;
  TimePoint now_{Duration{1'000'000}};
  TimePoint heal_at_, end_at_;
  std::array<Node, 2> nodes_;
  std::multimap<TimePoint, std::function<void()>> events_;
  AddressPool pool_;
  unsigned loss_ = 0, doubled_ = 0, spoiled_ = 0, delay_max_ms_ = 1;
  bool partitioned_ = false, told_of_ends_ = false, talkative_ = true;
  std::string user_secret_ = "secret word";
  bool knows_secret_ = true;
  std::vector<Bytes> heard_before_; // frames of the past, for those who send them again
  std::optional<std::string> failure_;
};

} // namespace openl2tp::ppp::sim
