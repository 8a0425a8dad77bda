// Decides which control messages of a shard get lost on purpose. Belongs to one shard; while nothing is to be dropped
// it costs a look at a flag for each datagram.
#pragma once

#include <atomic>
#include <cstdint>
#include <span>

#include "protocol/ids.hpp"
#include "protocol/random.hpp"
#include "runtime/faults.hpp"

namespace openl2tp::runtime {

class FaultInjector {
 public:
  static constexpr unsigned in_row_max = 4; // of the random triggers: losses alone do not end a tunnel

  /// `random` is what the rates are drawn from. `fired` is shared by all shards: what triggers once does so on one.
  /// Both outlive it.
  FaultInjector(protocol::RandomSource& random, std::atomic<bool>& fired) : random_(random), fired_(fired) {}

  void set(const FaultSettings& settings) noexcept;

  /// False while no message of the direction can be dropped: then there is no need to ask further.
  [[nodiscard]] bool drops_received() const noexcept { return received_.on; }
  [[nodiscard]] bool drops_sent() const noexcept { return sent_.on; }

  /// Whether this datagram, just received, is to be lost. Data messages and what is too short for a header never are.
  [[nodiscard]] bool drop_received(std::span<const std::byte> datagram);
  /// The same before sending. `tunnel`: whose it is. `session`: the peer's id of the session that settings()
  /// name; 0: not known.
  [[nodiscard]] bool drop_sent(std::span<const std::byte> datagram, protocol::TunnelId tunnel,
                               protocol::PeerSessionId session);

  [[nodiscard]] const FaultSettings& settings() const noexcept { return settings_; }
  [[nodiscard]] std::uint32_t received_dropped() const noexcept { return received_.dropped; }
  [[nodiscard]] std::uint32_t sent_dropped() const noexcept { return sent_.dropped; }
  void reset_counters() noexcept { received_.dropped = sent_.dropped = 0; }

 private:
  struct Direction {
    bool on = false;
    unsigned in_row = 0;
    std::uint32_t dropped = 0;
  };
  [[nodiscard]] bool drop(Direction& direction, std::uint16_t tunnel, bool of_session);
  [[nodiscard]] bool fires(Direction& direction);

  protocol::RandomSource& random_;
  std::atomic<bool>& fired_;
  FaultSettings settings_;
  Direction received_, sent_;
};

} // namespace openl2tp::runtime
