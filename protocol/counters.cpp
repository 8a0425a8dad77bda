#include "protocol/counters.hpp"

#include <cstddef>
#include <type_traits>

namespace openl2tp::protocol {

// Nothing but 32-bit counters in there, so the sum is that of an array.
static_assert(std::is_trivially_copyable_v<EngineCounters> && sizeof(EngineCounters) % sizeof(std::uint32_t) == 0);

EngineCounters& EngineCounters::operator+=(const EngineCounters& other) noexcept {
  auto* mine = reinterpret_cast<std::uint32_t*>(this);
  const auto* theirs = reinterpret_cast<const std::uint32_t*>(&other);
  for (std::size_t i = 0; i < sizeof(EngineCounters) / sizeof(std::uint32_t); ++i)
    mine[i] += theirs[i];
  return *this;
}

} // namespace openl2tp::protocol
