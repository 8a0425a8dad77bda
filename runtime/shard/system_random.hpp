// The environment's random numbers for the engine. One a shard.
#pragma once

#include <cstring>

#include "protocol/random.hpp"
#include "runtime/environment.hpp"

namespace openl2tp::runtime {

/// Taken in portions, so that an id does not cost a system call. What was given out is wiped.
class SystemRandom final : public protocol::RandomSource {
 public:
  explicit SystemRandom(Environment& environment) noexcept : environment_(environment) {}
  void fill(std::span<std::byte> out) override {
    if (out.size() > sizeof buffer_) return environment_.fill_random(out);
    if (sizeof buffer_ - used_ < out.size()) {
      environment_.fill_random(buffer_);
      used_ = 0;
    }
    std::memcpy(out.data(), buffer_ + used_, out.size());
    explicit_bzero(buffer_ + used_, out.size());
    used_ += out.size();
  }

 private:
  Environment& environment_;
  std::byte buffer_[2048];
  std::size_t used_ = sizeof buffer_;
};

} // namespace openl2tp::runtime
