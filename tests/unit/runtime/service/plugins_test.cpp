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

TEST_F(ServicePlugins, WhatThePluginTellsIsReported) {
  ASSERT_EQ(pair_.call(tunnel_, {.session_id = 18}), 18);
  ASSERT_TRUE(eventually([&] { return pair_.lac.session(tunnel_, 18).ppp.peer_ipv4.has_value(); }));
  const PppReport ppp = pair_.lac.session(tunnel_, 18).ppp;
  EXPECT_EQ(ppp.phase, PppPhase::up);
  EXPECT_GT(ppp.up_at, 0);
  EXPECT_EQ(ppp.plugin, "scripted");
  EXPECT_EQ(ppp.data_path, "none");
  EXPECT_EQ(ppp.interface_name, "ppp8");
  EXPECT_EQ(ppp.user_name, "someone");
  EXPECT_EQ(ppp.auth_method, "CHAP");
  EXPECT_EQ(ppp.mtu, 1400);
  EXPECT_EQ(ppp.mru, 1450);
  EXPECT_EQ(to_string(ppp.local_ipv4.value()), "192.0.2.8");
  EXPECT_EQ(to_string(ppp.peer_ipv4.value()), "192.0.2.9");
  EXPECT_EQ(to_string(ppp.local_ipv6.value()), "fe80::1");
  EXPECT_EQ(to_string(ppp.peer_ipv6.value()), "fe80::2");
}

TEST_F(ServicePlugins, APhaseThatThePluginTellsIsReported) {
  ASSERT_EQ(pair_.call(tunnel_, {.session_id = 17}), 17);
  EXPECT_TRUE(eventually([&] { return pair_.lac.session(tunnel_, 17).ppp.phase == PppPhase::authenticating; }));
  EXPECT_EQ(pair_.lac.session(tunnel_, 17).ppp.up_at, 0);
}

TEST_F(ServicePlugins, APluginThatTellsNothingAndCarriesNothingHasNoPpp) {
  ASSERT_EQ(pair_.call(tunnel_, {.session_id = 1}), 1);
  EXPECT_EQ(pair_.lac.session(tunnel_, 1).ppp.phase, PppPhase::none);
}

TEST_F(ServicePlugins, AnIpv4AddressThatComesAfterIpv6IsLoggedOnce) {
  ASSERT_EQ(pair_.call(tunnel_, {.session_id = 18}), 18);
  const auto count = [&](std::string_view part) {
    return std::ranges::count_if(pair_.lac.lines(),
                                 [&](const auto& line) { return line.second.find(part) != std::string::npos; });
  };
  ASSERT_TRUE(eventually([&] { return pair_.lac.session(tunnel_, 18).ppp.peer_ipv4.has_value(); }));
  EXPECT_EQ(count("session 18 carries PPP, interface \"ppp8\", user \"someone\", peer has 192.0.2.9 and fe80::2"), 1);
}

TEST_F(ServicePlugins, UsersComeAPageAtATime) {
  ASSERT_EQ(pair_.call(tunnel_, {.session_id = 18}), 18);
  ASSERT_EQ(pair_.call(tunnel_, {.session_id = 30, .user_name = "fred"}), 30);
  auto& control = pair_.lac.control();
  ASSERT_TRUE(eventually([&] { return control.user_list()->size() == 2; }));
  const auto first = control.users_after(0, 0, 1);
  ASSERT_TRUE(first);
  ASSERT_EQ(first->users.size(), 1u);
  EXPECT_TRUE(first->more);
  EXPECT_EQ(first->users[0].user.user_name, "someone");
  EXPECT_EQ(first->users[0].ppp.interface_name, "ppp8");
  const auto second = control.users_after(tunnel_, 18, 1);
  ASSERT_TRUE(second);
  ASSERT_EQ(second->users.size(), 1u);
  EXPECT_FALSE(second->more);
  EXPECT_EQ(second->users[0].user.user_name, "fred");
  EXPECT_EQ(second->users[0].user.session_id, 30);
  EXPECT_TRUE(control.users_after(tunnel_, 30, 1)->users.empty());
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
