// Lets AddressSanitizer see use of a buffer that the kernel owns. Nothing in other builds.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#define OPENL2TP_HAS_ASAN 1
#endif
#endif

namespace openl2tp::runtime {

inline void poison([[maybe_unused]] void* start, [[maybe_unused]] std::size_t octets) noexcept {
#ifdef OPENL2TP_HAS_ASAN
  __asan_poison_memory_region(start, octets);
#endif
}

inline void unpoison([[maybe_unused]] void* start, [[maybe_unused]] std::size_t octets) noexcept {
#ifdef OPENL2TP_HAS_ASAN
  __asan_unpoison_memory_region(start, octets);
#endif
}

} // namespace openl2tp::runtime
