// May this process use io_uring, and with what? Asked once at start; a refusal is one line for the operator, with cause
// and cure.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace openl2tp::runtime {

struct Features {
  bool send_with_address = false; // OP_SEND takes a destination (kernel 6.2); otherwise sendmsg
};

/// Why there is no ring.
struct RingRefusal {
  int error = 0;    // errno value
  std::string text; // one line, no final newline: what was refused, why, what to do
};

/// What decides which cause is named; a struct so that tests can play every machine.
struct RefusalFacts {
  std::string kernel_release;      // uname -r
  int io_uring_disabled = -1;      // sysctl kernel.io_uring_disabled; -1 when there is none
  int seccomp_mode = -1;           // Seccomp: of /proc/self/status; 2 is a filter
  std::uint64_t memlock_limit = 0; // RLIMIT_MEMLOCK in octets; UINT64_MAX is no limit
  std::uint64_t file_limit = 0;    // RLIMIT_NOFILE
};

[[nodiscard]] RefusalFacts gather_refusal_facts();
/// The line for errno value `error` of io_uring_setup (or of registering its buffers).
[[nodiscard]] std::string explain_refusal(int error, const RefusalFacts& facts);
/// explain_refusal with the facts of this machine.
[[nodiscard]] RingRefusal make_refusal(int error);

/// Makes a small ring as the daemon will need it, and drops it. Call it at start, in any thread; it may take a second
/// when memory of a process that ended just now is still accounted.
[[nodiscard]] tl::expected<Features, RingRefusal> probe_features();

} // namespace openl2tp::runtime
