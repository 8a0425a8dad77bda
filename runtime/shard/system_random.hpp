// The kernel's random numbers for the engine. One a shard.
#pragma once

#include <sys/random.h>

#include <cstring>

#include "protocol/assert.hpp"
#include "protocol/random.hpp"

namespace openl2tp::runtime {

/// getrandom(2) in portions, so that an id does not cost a system call. What was given out is wiped.
class SystemRandom final : public protocol::RandomSource {
 public:
  void fill(std::span<std::byte> out) override {
    if (out.size() > sizeof buffer_) return fill_directly(out);
    if (sizeof buffer_ - used_ < out.size()) {
      fill_directly(buffer_);
      used_ = 0;
    }
    std::memcpy(out.data(), buffer_ + used_, out.size());
    explicit_bzero(buffer_ + used_, out.size());
    used_ += out.size();
  }

 private:
  static void fill_directly(std::span<std::byte> out) {
    while (!out.empty()) {
      const ssize_t got = getrandom(out.data(), out.size(), 0);
      OPENL2TP_ASSERT(got > 0); // without randomness there is nothing to go on with
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
  std::byte buffer_[2048];
  std::size_t used_ = sizeof buffer_;
};

} // namespace openl2tp::runtime
