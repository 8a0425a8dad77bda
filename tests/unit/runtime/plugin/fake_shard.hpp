// The shard of a plugin host under test.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/plugin/host.hpp"

namespace openl2tp::runtime::testing {

/// Knows the sessions that a test has opened and not closed, and keeps what plugins trace and send.
struct FakeShard final : PluginShard {
  bool has_session(const SessionKey& key) const override {
    return std::find(alive.begin(), alive.end(), key) != alive.end();
  }
  std::uint32_t trace_mask(const SessionKey&) const override { return mask; }
  void trace(const SessionKey&, std::uint32_t, std::string_view line) override { traced.emplace_back(line); }
  bool send_frame(const SessionKey&, std::span<const std::byte> frame, bool) override {
    frames.emplace_back(frame.begin(), frame.end());
    return true;
  }

  std::vector<SessionKey> alive;
  std::uint32_t mask = 0;
  std::vector<std::string> traced;
  std::vector<std::vector<std::byte>> frames;
};

} // namespace openl2tp::runtime::testing
