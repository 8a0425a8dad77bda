// OPENL2TP_ASSERT: programmer errors, checked in release builds too. Hostile input is never an assert.
#pragma once

#include <cstdio>
#include <cstdlib>

namespace openl2tp::protocol {

/// Prints one line on stderr and aborts. Never returns.
[[noreturn]] inline void assertion_failed(const char* what, const char* file, int line) noexcept {
  std::fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, what);
  std::abort();
}

} // namespace openl2tp::protocol

#define OPENL2TP_ASSERT(condition)                                                                                     \
  (static_cast<bool>(condition) ? static_cast<void>(0)                                                                 \
                                : ::openl2tp::protocol::assertion_failed(#condition, __FILE__, __LINE__))
