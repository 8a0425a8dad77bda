#include "runtime/shard/event_bus.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "tests/unit/protocol/engine/engine_fixture.hpp"
#include "tests/unit/runtime/loop/fake_loop.hpp"
#include "tests/unit/runtime/plugin/fake_shard.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::SessionId;
using protocol::TunnelId;

class EventBusTest : public ::testing::Test {
 protected:
  void pass(protocol::Duration time) {
    fake_.network.advance_to(fake_.network.now() + time);
    fake_.loop.turn(false);
  }
  [[nodiscard]] std::size_t lines(std::string_view text) {
    return static_cast<std::size_t>(
        std::ranges::count_if(captured_.take(), [text](const auto& line) { return line.second == text; }));
  }

  FakeLoop fake_;
  testing::CapturedLog captured_;
  PluginSet plugins_{captured_.log()};
  testing::FakeShard shard_;
  PluginHost host_{plugins_, shard_, 0, 1};
  protocol::test::Node node_{1, protocol::test::lac_endpoint};
  EventHub hub_;
  EventBus bus_{{.loop = fake_.loop,
                 .environment = system_environment(),
                 .engine = node_.engine,
                 .plugins = host_,
                 .log = captured_.log(),
                 .monitor = hub_}};
};

TEST_F(EventBusTest, LogsAtABoundedRateAndSaysWhatItLeftOut) {
  for (int i = 0; i < 60; ++i)
    bus_.log("one");
  bus_.log_held_back();
  pass(protocol::Duration{1500});
  bus_.log_held_back();
  bus_.warn("two");
  EXPECT_EQ(lines("one"), 50U);
  EXPECT_EQ(lines("10 more tunnel and session events not logged"), 1U);
  EXPECT_EQ(lines("two"), 1U);
}

TEST_F(EventBusTest, AReportReachesTheLogAndThoseWhoWatch) {
  std::vector<MonitorEvent> events;
  EXPECT_FALSE(bus_.watched());
  hub_.listen([&events](const MonitorEvent& event) { events.push_back(event); });
  EXPECT_TRUE(bus_.watched());
  bus_.report(MonitorEvent::Kind::session_up, TunnelId{7}, SessionId{9}, "up");
  bus_.publish(MonitorEvent::Kind::tunnel_gone, TunnelId{8}, {});
  static_cast<void>(hub_.dispatch());
  ASSERT_EQ(events.size(), 2U);
  EXPECT_EQ(events[0].kind, MonitorEvent::Kind::session_up);
  EXPECT_EQ(events[0].tunnel_id, 7);
  EXPECT_EQ(events[0].session_id, 9);
  EXPECT_EQ(events[0].text, "up");
  EXPECT_NE(events[0].at, 0);
  EXPECT_EQ(events[1].kind, MonitorEvent::Kind::tunnel_gone);
  EXPECT_EQ(lines("up"), 1U);
}

} // namespace
} // namespace openl2tp::runtime
