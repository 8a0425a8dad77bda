// Where unpredictable octets come from: challenges, magic numbers, interface identifiers. The plugin passes a CSPRNG,
// tests a seeded one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace openl2tp::ppp {

class RandomSource {
 public:
  virtual ~RandomSource() = default;
  /// Fills `out`. Never fails: a source that cannot go on ends the process instead of returning weak octets.
  virtual void fill(std::span<std::byte> out) = 0;

  /// A number other than 0.
  [[nodiscard]] std::uint32_t next_u32() { return static_cast<std::uint32_t>(number(4)); }
  [[nodiscard]] std::uint64_t next_u64() { return number(8); }

 private:
  std::uint64_t number(std::size_t count) {
    std::byte octets[8];
    std::uint64_t value = 0;
    // A source that yields zeros for ever is broken; four tries keep the loop bounded.
    for (int tries = 0; value == 0 && tries < 4; ++tries) {
      fill(std::span(octets, count));
      for (std::size_t i = 0; i < count; ++i)
        value = value << 8 | std::to_integer<std::uint64_t>(octets[i]);
    }
    return value == 0 ? 1 : value;
  }
};

} // namespace openl2tp::ppp
