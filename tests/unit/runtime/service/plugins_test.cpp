// What a plugin's word does to a session: refusing it, ending it. The plugin "scripted" goes by our session id.
#include <gtest/gtest.h>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using testing::by_id;
using testing::eventually;
using testing::TwoDaemons;

class ServicePlugins : public ::testing::Test {
 protected:
  void SetUp() override {
    tunnel_ = pair_.open();
    ASSERT_NE(tunnel_, 0);
  }
  /// Opens a call that does not last, and waits for its end at both ends.
  void short_call(std::uint16_t id) {
    ASSERT_TRUE(pair_.lac.control().session_create(by_id(tunnel_), {.session_id = id}));
    EXPECT_TRUE(eventually([&] { return pair_.lac.sessions(tunnel_).empty(); }));
    EXPECT_TRUE(eventually([&] {
      return pair_.lns.system().counters.messages[static_cast<std::size_t>(protocol::MessageType::cdn)].received == 1;
    }));
    EXPECT_TRUE(eventually([&] { return pair_.lns.system().sessions == 0; }));
    EXPECT_EQ(pair_.lac.state(tunnel_), "ESTABLISHED");
  }
  TwoDaemons pair_{1, {.scripted_plugin = true}};
  std::uint16_t tunnel_ = 0;
};

TEST_F(ServicePlugins, ASessionThatThePluginRefusesEndsWithResult4) {
  short_call(4);
  EXPECT_EQ(pair_.lac.system().counters.no_ppp_resources, 1u);
  EXPECT_TRUE(pair_.lns.logged("result 4 error 0 \"PPP did not start\""));
}

TEST_F(ServicePlugins, ASessionThatThePluginReportsDownEndsWithItsReason) {
  short_call(11);
  EXPECT_TRUE(pair_.lns.logged("result 3 error 0 \"no money\""));
  EXPECT_TRUE(pair_.lac.logged("plugin scripted: close"));
}

TEST_F(ServicePlugins, ASessionThatThePluginReportsUpStays) {
  EXPECT_EQ(pair_.call(tunnel_, {.session_id = 2}), 2);
  EXPECT_TRUE(pair_.lac.logged("plugin scripted: up 0"));
}

TEST_F(ServicePlugins, ThePluginHearsTheResultOfADeletedSession) {
  ASSERT_EQ(pair_.call(tunnel_, {.session_id = 1}), 1);
  ASSERT_TRUE(pair_.lac.control().session_delete(by_id(tunnel_, 1), {}));
  EXPECT_TRUE(eventually([&] { return pair_.lac.sessions(tunnel_).empty(); }));
  EXPECT_TRUE(pair_.lac.logged("plugin scripted: close 3"));
}

TEST_F(ServicePlugins, OpenSessionsAreClosedWhenTheDaemonEnds) {
  ASSERT_EQ(pair_.call(tunnel_, {.session_id = 1}), 1);
  pair_.lac.stop();
  const auto& lines = pair_.lac.lines();
  const auto with = [&](std::string_view part) {
    return std::ranges::find_if(lines, [&](const auto& line) { return line.second.find(part) != std::string::npos; });
  };
  EXPECT_NE(with("plugin scripted: close"), lines.end());
  EXPECT_LT(with("plugin scripted: close"), with("plugin scripted: shard_stop"));
}

} // namespace
} // namespace openl2tp::runtime
