// Calls over UDP that change state, and what was answered: a client whose answer got lost sends its call again, and a
// call that is executed twice makes two tunnels. What only reads is not kept: it is answered anew.
#pragma once

#include <sys/socket.h>

#include <chrono>
#include <compare>
#include <cstdint>
#include <deque>
#include <map>
#include <span>
#include <string>
#include <vector>

namespace openl2tp::rpc {

/// One thread: the service's.
class DuplicateCache {
 public:
  using Clock = std::chrono::steady_clock;
  /// A little longer than clients go on asking. Nothing is found after it.
  static constexpr std::chrono::seconds kLifetime{30};
  /// Calls remembered, and octets of calls and replies together; beyond either the oldest is forgotten.
  static constexpr std::size_t kCallsMax = 1024;
  static constexpr std::size_t kOctetsMax = std::size_t{4} << 20;

  enum class Verdict : std::uint8_t {
    fresh,     ///< execute it, then tell answered()
    under_way, ///< it is being executed: drop this one
    answered,  ///< send `reply` again
  };
  struct Judged {
    Verdict verdict = Verdict::fresh;
    std::span<const std::byte> reply = {}; ///< valid until the next call of a function of the cache
  };

  /// Looks for a call of the same octets from the same address and port; a fresh one is remembered from here on. A call
  /// of fewer octets than a transaction id is fresh and not remembered.
  [[nodiscard]] Judged judge(std::span<const std::byte> call, const sockaddr_storage& from, Clock::time_point now);
  /// Keeps the reply to a call that was fresh; one that was forgotten meanwhile stays so.
  void answered(std::span<const std::byte> call, const sockaddr_storage& from, std::span<const std::byte> reply);
  /// Of a call that will get no answer: when it comes again it is fresh.
  void forget(std::span<const std::byte> call, const sockaddr_storage& from);

  [[nodiscard]] std::size_t size() const noexcept { return calls_.size(); }
  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }

 private:
  struct Key {
    std::uint32_t transaction = 0;
    std::string from; // the address with its port
    auto operator<=>(const Key&) const = default;
  };
  struct Entry {
    std::vector<std::byte> call, reply; // an empty reply: under way
    std::uint64_t serial = 0;
    [[nodiscard]] std::size_t octets() const noexcept { return call.size() + reply.size(); }
  };
  struct Age {
    std::uint64_t serial;
    Clock::time_point since;
    Key key;
  };
  using Calls = std::map<Key, Entry>;

  [[nodiscard]] static Key key_of(std::span<const std::byte> call, const sockaddr_storage& from);
  [[nodiscard]] Calls::iterator find(std::span<const std::byte> call, const sockaddr_storage& from);
  void erase(Calls::iterator it);
  void forget_oldest();

  Calls calls_;
  std::deque<Age> ages_; // oldest first; those whose serial is no longer that of their key's entry count for nothing
  std::size_t octets_ = 0;
  std::uint64_t next_serial_ = 1;
};

} // namespace openl2tp::rpc
