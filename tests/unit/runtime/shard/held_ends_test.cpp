// The bounds and look-ups of what is kept after its end.
#include <gtest/gtest.h>

#include "runtime/shard/held_ends.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::SessionId;
using protocol::TunnelId;

TunnelReport tunnel(std::size_t id) {
  TunnelReport report;
  report.tunnel_id = static_cast<std::uint16_t>(id);
  return report;
}
SessionReport session(std::size_t of, std::size_t id, std::optional<std::string> name = {}) {
  SessionReport report;
  report.tunnel_id = static_cast<std::uint16_t>(of);
  report.session_id = static_cast<std::uint16_t>(id);
  report.config.session_name = std::move(name);
  return report;
}
SessionName named(std::uint16_t id, std::optional<std::string> name = {}) {
  return {.tunnel = {}, .id = id, .name = std::move(name)};
}

TEST(HeldEnds, TheOldestTunnelGoesWhenItIsFull) {
  HeldEnds held;
  for (std::size_t i = 0; i < HeldEnds::held_max; ++i)
    EXPECT_FALSE(held.add(tunnel(HeldEnds::held_max - i))) << i;
  EXPECT_EQ(held.add(tunnel(5000)), TunnelId{HeldEnds::held_max}) << "the first that came";
  EXPECT_EQ(held.tunnels().size(), HeldEnds::held_max);
  EXPECT_EQ(held.tunnel(TunnelId{HeldEnds::held_max}), nullptr);
  EXPECT_NE(held.tunnel(TunnelId{5000}), nullptr);
}

TEST(HeldEnds, TheOldestSessionGoesWhenItIsFull) {
  HeldEnds held;
  for (std::size_t i = 0; i <= HeldEnds::held_max; ++i)
    held.add(session(1 + i % 2, 3000 - i));
  EXPECT_EQ(held.sessions(TunnelId{1}).size() + held.sessions(TunnelId{2}).size(), HeldEnds::held_max);
  EXPECT_EQ(held.session(TunnelId{1}, named(3000)), nullptr);
}

TEST(HeldEnds, SessionsAreFoundByIdAndByName) {
  HeldEnds held;
  held.add(session(1, 10, "a"));
  held.add(session(1, 11, "b"));
  held.add(session(2, 10, "c"));
  EXPECT_EQ(held.sessions(TunnelId{1}), (std::vector{SessionId{10}, SessionId{11}}));
  EXPECT_EQ(held.session(TunnelId{1}, named(0, "b"))->session_id, 11);
  EXPECT_EQ(held.session(TunnelId{2}, named(10))->config.session_name, "c");
  EXPECT_EQ(held.session(TunnelId{1}, named(0, "c")), nullptr);
  EXPECT_EQ(held.session(TunnelId{1}, named(0)), nullptr);
}

TEST(HeldEnds, WhatIsReleasedIsGone) {
  HeldEnds held;
  EXPECT_FALSE(held.add(tunnel(1)));
  held.add(session(1, 10, "a"));
  held.add(session(1, 11));
  EXPECT_TRUE(held.release(TunnelId{1}));
  EXPECT_FALSE(held.release(TunnelId{1}));
  EXPECT_TRUE(held.release(TunnelId{1}, named(0, "a")));
  EXPECT_FALSE(held.release(TunnelId{1}, named(10)));
  held.release_sessions();
  EXPECT_TRUE(held.sessions(TunnelId{1}).empty());
}

} // namespace
} // namespace openl2tp::runtime
