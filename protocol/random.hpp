// Where unpredictable octets come from: ids, challenges, random vectors, tie breakers. The daemon passes a CSPRNG,
// tests a seeded one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace openl2tp::protocol {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  /// Fills `out`. Never fails: a source that cannot go on ends the process instead of returning weak octets.
  virtual void fill(std::span<std::byte> out) = 0;

  [[nodiscard]] std::uint16_t next_u16() {
    std::byte octets[2];
    fill(octets);
    return static_cast<std::uint16_t>(std::to_integer<unsigned>(octets[0]) << 8 | std::to_integer<unsigned>(octets[1]));
  }
};

} // namespace openl2tp::protocol
