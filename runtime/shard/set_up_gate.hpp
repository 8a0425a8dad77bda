// How many sessions of a shard may set up PPP at once, and who waits. A plain count and a queue; what a session does
// when its turn comes is the shard's business. [shard]
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "runtime/plugin/host.hpp"

namespace openl2tp::runtime {

class SetUpGate {
 public:
  static constexpr std::size_t waiting_max = 65'536;

  /// @param most  of the daemon, 0: no bound; each of its `shards` may use its share, at least one.
  SetUpGate(std::uint32_t most, std::uint32_t shards) noexcept
      : most_(most == 0            ? 0
              : most / shards == 0 ? 1
                                   : most / shards) {}

  [[nodiscard]] bool full() const noexcept { return most_ != 0 && under_way_ >= most_; }
  void begin(const SessionKey& key, protocol::TimePoint now) {
    ++under_way_;
    if (most_ == 0) return;
    if (begun_.size() >= waiting_max) begun_.pop_front(); // then the oldest counts until it ends
    begun_.push_back({key, now});
  }
  void end() noexcept { --under_way_; }
  /// A session whose set-up began then or earlier, the oldest first, each once; it may have come to its end long ago.
  [[nodiscard]] std::optional<SessionKey> next_begun_by(protocol::TimePoint then) {
    if (begun_.empty() || begun_.front().at > then) return std::nullopt;
    const SessionKey key = begun_.front().key;
    begun_.pop_front();
    return key;
  }

  /// A session that ends meanwhile keeps its place and is found gone when its turn comes. @return false when
  /// waiting_max wait.
  [[nodiscard]] bool wait(const SessionKey& key) {
    if (waiting_.size() >= waiting_max) return false;
    waiting_.push_back(key);
    return true;
  }
  /// Whose turn it is; nullopt while the gate is full or nobody waits.
  [[nodiscard]] std::optional<SessionKey> next() {
    if (full() || waiting_.empty()) return std::nullopt;
    const SessionKey key = waiting_.front();
    waiting_.pop_front();
    return key;
  }

  [[nodiscard]] std::uint32_t under_way() const noexcept { return under_way_; }
  [[nodiscard]] std::size_t waiting() const noexcept { return waiting_.size(); }

 private:
  std::uint32_t most_;
  std::uint32_t under_way_ = 0;
  std::deque<SessionKey> waiting_;
  struct Begun {
    SessionKey key;
    protocol::TimePoint at;
  };
  std::deque<Begun> begun_; // kept where there is a bound
};

} // namespace openl2tp::runtime
