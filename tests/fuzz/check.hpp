// The oracle of the fuzz targets: an invariant that does not hold ends the run with a line that names it.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace openl2tp::fuzz {

[[noreturn]] inline void oracle_failed(const char* what, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
  std::abort();
}

} // namespace openl2tp::fuzz

#define FUZZ_CHECK(condition)                                                                                          \
  (static_cast<bool>(condition) ? static_cast<void>(0)                                                                 \
                                : ::openl2tp::fuzz::oracle_failed(#condition, __FILE__, __LINE__))
