// One request to the kernel that has not ended yet. It lives in its owner (an awaiter, an endpoint, a send slot), and
// the owner lives until the terminal completion, cancelled or not.
#pragma once

#include <cstdint>

namespace openl2tp::runtime {

/// What a completion says. `result` is what the system call would have returned, or a negative errno value.
struct Completion {
  int result = 0;
  bool more = false;           // a multishot operation goes on; otherwise this was the last completion
  bool has_buffer = false;     // the kernel chose a buffer of the operation's pool: give it back, whatever `result` is
  std::uint16_t buffer_id = 0; // when has_buffer
};

class Operation {
 public:
  Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  /// Called by the ring, from its wait(). Takes note and posts; runs no user code and resumes nothing.
  virtual void complete(const Completion& completion) noexcept = 0;

 protected:
  ~Operation() = default;
};

} // namespace openl2tp::runtime
