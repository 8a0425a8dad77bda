// What the sessions of one shard share. One instance a shard thread: nothing here takes a lock.
#pragma once

#include <cstdint>

#include "plugins/ppp_unix/host.hpp"
#include "plugins/ppp_unix/settings.hpp"
#include "plugins/ppp_unix/units.hpp"

namespace openl2tp::ppp_unix {

class Shard {
 public:
  /// After TERM, pppd has this long to say goodbye to the peer and to run its scripts; then comes KILL.
  static constexpr std::uint32_t grace_ms = 10'000;
  /// A number of an interface is free again when the pppd that had it is gone for certain.
  static constexpr std::uint64_t unit_rest_ms = grace_ms + 2'000;

  /// `settings` must outlive it.
  Shard(Host host, const Settings& settings, std::uint32_t index, std::uint32_t shards) noexcept
      : host_(host), settings_(settings), units_(index, shards) {}

  [[nodiscard]] const Host& host() const noexcept { return host_; }
  [[nodiscard]] const Settings& settings() const noexcept { return settings_; }
  [[nodiscard]] Units& units() noexcept { return units_; }

 private:
  Host host_;
  const Settings& settings_;
  Units units_;
};

} // namespace openl2tp::ppp_unix
