#include "runtime/environment.hpp"

#include <sys/random.h>

#include <cerrno>

#include "protocol/assert.hpp"

namespace openl2tp::runtime {

namespace {

class SystemEnvironment final : public Environment {
 public:
  [[nodiscard]] protocol::TimePoint now() const noexcept override {
    return protocol::TimePoint(
        std::chrono::duration_cast<protocol::Duration>(std::chrono::steady_clock::now().time_since_epoch()));
  }
  [[nodiscard]] std::chrono::milliseconds wall_clock() const noexcept override {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  }
  void fill_random(std::span<std::byte> out) noexcept override {
    while (!out.empty()) {
      const ssize_t got = ::getrandom(out.data(), out.size(), 0);
      if (got < 0) {
        OPENL2TP_ASSERT(errno == EINTR); // it cannot fail otherwise with a valid pointer
        continue;
      }
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }
};

} // namespace

Environment& system_environment() noexcept {
  static SystemEnvironment environment;
  return environment;
}

} // namespace openl2tp::runtime
