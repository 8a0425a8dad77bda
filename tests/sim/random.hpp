// The one source of chance of a simulation, and the engines' RandomSource on top of it. The same seed gives the same
// run.
#pragma once

#include <cstdint>

#include "protocol/clock.hpp"
#include "protocol/random.hpp"

namespace openl2tp::protocol::sim {

class Rng {
 public:
  explicit Rng(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() noexcept { // splitmix64: every seed is a good one
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15ULL;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  /// 0 to n - 1; 0 when n is 0.
  std::uint32_t below(std::size_t n) noexcept { return n == 0 ? 0 : static_cast<std::uint32_t>(next() % n); }
  std::uint32_t between(std::uint32_t low, std::uint32_t high) noexcept { return low + below(high - low + 1U); }
  bool chance(unsigned permille) noexcept { return below(1000) < permille; }
  Duration duration(unsigned low_ms, unsigned high_ms) noexcept { return Duration{between(low_ms, high_ms)}; }

 private:
  std::uint64_t state_;
};

/// What an engine draws from. With `id_range` not 0 all numbers of two octets (ids, that is) are below it, so that the
/// ids of the two ends are often equal: who looks up a peer's id among the local ones then finds something.
class EngineRandom final : public RandomSource {
 public:
  explicit EngineRandom(Rng& rng, std::uint16_t id_range = 0) : rng_(rng), id_range_(id_range) {}

  void fill(std::span<std::byte> out) override {
    if (id_range_ != 0 && out.size() == 2) {
      const std::uint32_t id = rng_.below(id_range_);
      out[0] = static_cast<std::byte>(id >> 8);
      out[1] = static_cast<std::byte>(id);
      return;
    }
    for (std::byte& octet : out)
      octet = static_cast<std::byte>(rng_.next() >> 56);
  }

 private:
  Rng& rng_;
  std::uint16_t id_range_;
};

} // namespace openl2tp::protocol::sim
