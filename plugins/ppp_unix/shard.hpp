// What the sessions of one shard share. One instance a shard thread: nothing here takes a lock.
#pragma once

#include <cstdint>

#include "plugins/ppp_unix/host.hpp"
#include "plugins/ppp_unix/settings.hpp"
#include "plugins/ppp_unix/setup_queue.hpp"
#include "plugins/ppp_unix/units.hpp"

namespace openl2tp::ppp_unix {

class Shard {
 public:
  /// After TERM, pppd has this long to say goodbye to the peer and to run its scripts; then comes KILL.
  static constexpr std::uint32_t grace_ms = 10'000;
  /// A number of an interface is free again when the pppd that had it is gone for certain.
  static constexpr std::uint64_t unit_rest_ms = grace_ms + 2'000;

  /// `settings` must outlive it.
  Shard(Host host, const Settings& settings, std::uint32_t index, std::uint32_t shards);

  [[nodiscard]] const Host& host() const noexcept { return host_; }
  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
  [[nodiscard]] SetupQueue& setups() noexcept { return setups_; }
  [[nodiscard]] Units& units() noexcept { return units_; }

  /// A place for set-up may have become free: those whose turn it is start.
  void let_next_start();

 private:
  Host host_;
  const Settings& settings_;
  SetupQueue setups_;
  Units units_;
  bool starting_ = false;
};

} // namespace openl2tp::ppp_unix
