// What waits to be tried again is listed, shown, changed and deleted like anything else, so that nothing of it is lost
// when the configuration is saved.
#include <gtest/gtest.h>

#include "tests/unit/runtime/shard/lab_plugin.hpp"
#include "tests/unit/runtime/shard/shard_lab.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::Duration;
using protocol::SessionId;
using protocol::TunnelId;
using testing::LabPlugin;
using testing::ShardLab;

class ShardRetry : public ::testing::Test {
 protected:
  void SetUp() override {
    const protocol::Endpoint own{.address = ShardLab::here.address, .port = 1750};
    tunnel_ = lab_.create_tunnel({.tunnel_name = "a",
                                  .our_udp_port = 1750,
                                  .peer_udp_port = ShardLab::there.port,
                                  .persist = true,
                                  .retries_max = 1,
                                  .retry_timeout_s = 1},
                                 TunnelSocket{UdpSocket{lab_.network.open_udp(own), own}, false});
    session_ = create({.session_name = "s"});
  }
  SessionId create(const SessionParameters& parameters) {
    const auto made = lab_.shard().create_session(tunnel_, parameters);
    EXPECT_TRUE(made) << made.error().detail;
    return made.value_or(SessionId{});
  }
  /// Nothing arrives any more.
  void cut() {
    lab_.network.set_transit([](const auto&, const auto&) { return std::nullopt; });
  }
  void heal() { lab_.network.set_transit({}); }
  [[nodiscard]] std::string state() { return lab_.shard().report_tunnel(tunnel_)->state; }
  [[nodiscard]] std::string state(SessionId session) {
    const auto report = lab_.shard().report_session(tunnel_, by_id(session));
    return report ? report->state : "none";
  }
  [[nodiscard]] SessionName by_id(SessionId session) const { return {.tunnel = {}, .id = session.value, .name = {}}; }
  [[nodiscard]] bool comes_to(const std::string& wanted) {
    return lab_.run_until([&] { return state() == wanted; }, Duration{120'000});
  }
  [[nodiscard]] bool comes_to(SessionId session, const std::string& wanted) {
    return lab_.run_until([&] { return state(session) == wanted; }, Duration{240'000});
  }
  [[nodiscard]] std::vector<std::uint16_t> listed() { return *lab_.shard().list_sessions(tunnel_); }

  LabPlugin plugin_{OPENL2TP_DATA_PATH_NONE};
  ShardLab lab_{{.kernel = false, .plugin = &LabPlugin::entry}};
  TunnelId tunnel_;
  SessionId session_;
};

TEST_F(ShardRetry, ATunnelThatWaitsIsShownWithItsPortsAndItsSessions) {
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  const TunnelReport tunnel = *lab_.shard().report_tunnel(tunnel_);
  EXPECT_EQ(tunnel.local, (protocol::Endpoint{.address = ShardLab::here.address, .port = 1750}));
  EXPECT_EQ(tunnel.peer_endpoint, ShardLab::there);
  EXPECT_EQ(tunnel.supplied.our_udp_port, 1750);
  EXPECT_EQ(tunnel.sessions, 1U);
  EXPECT_EQ(listed(), std::vector{session_.value});
  const auto session = lab_.shard().report_session(tunnel_, {.tunnel = {}, .id = 0, .name = "s"});
  ASSERT_TRUE(session);
  EXPECT_EQ(session->session_id, session_.value);
  EXPECT_EQ(session->state, "RETRY");
  EXPECT_EQ(session->supplied.session_name, "s");
  EXPECT_EQ(session->tunnel_name, "a");
  EXPECT_EQ(session->type, SessionType::lac_incoming);
  EXPECT_TRUE(session->created_by_admin);
  heal();
  EXPECT_TRUE(comes_to(session_, "ESTABLISHED"));
}

TEST_F(ShardRetry, ASessionOfATunnelThatWaitsIsModifiedAndDeleted) {
  const SessionId goes = create({.session_name = "goes"});
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  ASSERT_TRUE(lab_.shard().modify_session(tunnel_, by_id(session_), {.reorder_timeout = 77}));
  EXPECT_EQ(lab_.shard().report_session(tunnel_, by_id(session_))->config.reorder_timeout, 77U);
  ASSERT_TRUE(lab_.shard().close_session(tunnel_, by_id(goes), ""));
  EXPECT_EQ(state(goes), "none");
  EXPECT_EQ(listed(), std::vector{session_.value});
  heal();
  ASSERT_TRUE(comes_to(session_, "ESTABLISHED"));
  EXPECT_EQ(lab_.shard().report_session(tunnel_, by_id(session_))->config.reorder_timeout, 77U);
  EXPECT_EQ(listed(), std::vector{session_.value});
}

TEST_F(ShardRetry, ASessionIsCreatedOnATunnelThatWaits) {
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  const SessionId added = create({.session_id = 4711, .session_name = "added"});
  EXPECT_EQ(added.value, 4711);
  EXPECT_EQ(lab_.shard().create_session(tunnel_, {.session_name = "added"}).error().fault,
            ControlFault::session_already_exists);
  EXPECT_EQ(lab_.shard().create_session(tunnel_, {.session_id = 4711}).error().fault,
            ControlFault::session_already_exists);
  EXPECT_EQ(listed().size(), 2U);
  heal();
  EXPECT_TRUE(comes_to(added, "ESTABLISHED"));
}

TEST_F(ShardRetry, ATunnelThatWaitsIsDeletedWithItsSessions) {
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  ASSERT_TRUE(lab_.shard().close_tunnel(tunnel_, ""));
  EXPECT_TRUE(lab_.shard().list_tunnels().empty());
  EXPECT_FALSE(lab_.shard().list_sessions(tunnel_));
  EXPECT_FALSE(lab_.shard().find_tunnel("a"));
  heal();
  lab_.run_for(Duration{120'000});
  EXPECT_TRUE(lab_.shard().list_tunnels().empty());
}

TEST_F(ShardRetry, ASessionThatThePeerRefusesIsShownWhileItWaits) {
  lab_.peer.node.policy.session_refusal = protocol::Refusal{
      protocol::RefusalCause::denied, protocol::make_reason(protocol::CdnResult::no_facilities_temporary)};
  ASSERT_TRUE(comes_to("ESTABLISHED"));
  ASSERT_TRUE(comes_to(session_, "RETRY"));
  EXPECT_EQ(lab_.shard().report_tunnel(tunnel_)->sessions, 1U);
  EXPECT_EQ(listed(), std::vector{session_.value});
  ASSERT_TRUE(lab_.shard().modify_session(tunnel_, by_id(session_), {.reorder_timeout = 77}));
  lab_.run_for(Duration{300'000}); // it is refused again and again
  EXPECT_EQ(listed(), std::vector{session_.value});
  lab_.peer.node.policy.session_refusal.reset();
  ASSERT_TRUE(comes_to(session_, "ESTABLISHED"));
  EXPECT_EQ(lab_.shard().report_session(tunnel_, {.tunnel = {}, .id = 0, .name = "s"})->config.reorder_timeout, 77U);
}

TEST_F(ShardRetry, ASessionThatThePeerRefusesIsDeletedForGood) {
  lab_.peer.node.policy.session_refusal = protocol::Refusal{
      protocol::RefusalCause::denied, protocol::make_reason(protocol::CdnResult::no_facilities_temporary)};
  ASSERT_TRUE(comes_to(session_, "RETRY"));
  ASSERT_TRUE(lab_.shard().close_session(tunnel_, by_id(session_), ""));
  EXPECT_TRUE(listed().empty());
  const SessionId again = create({.session_name = "s"}); // its name is free
  lab_.peer.node.policy.session_refusal.reset();
  ASSERT_TRUE(comes_to(again, "ESTABLISHED") || comes_to(again, "RETRY"));
  lab_.run_for(Duration{300'000});
  EXPECT_EQ(listed().size(), 1U);
}

TEST_F(ShardRetry, ASessionThatFindsTheLimitReachedGoesOnWaiting) {
  const SessionId second = create({.session_name = "second"});
  ASSERT_TRUE(comes_to(session_, "ESTABLISHED"));
  ASSERT_TRUE(comes_to(second, "ESTABLISHED"));
  SystemConfig system;
  system.sessions_max = 1;
  lab_.shard().set_system(system);
  const auto theirs = lab_.peer.node.all<protocol::TunnelUp>().front().tunnel;
  ASSERT_TRUE(lab_.peer.node.engine.close_tunnel(theirs, protocol::make_reason(protocol::StopResult::general_clear),
                                                 lab_.peer.loop.now()));
  ASSERT_TRUE(comes_to("RETRY"));
  ASSERT_TRUE(comes_to("ESTABLISHED"));
  ASSERT_TRUE(lab_.run_until([&] { return lab_.shard().totals().sessions == 1; }));
  lab_.run_for(Duration{10'000});
  EXPECT_EQ(listed().size(), 2U);
  lab_.shard().set_system({});
  EXPECT_TRUE(comes_to(session_, "ESTABLISHED"));
  EXPECT_TRUE(comes_to(second, "ESTABLISHED"));
}

TEST_F(ShardRetry, APeerProfileThatDoesNotExistIsNoChangeOfATunnel) {
  EXPECT_EQ(lab_.shard().modify_tunnel(tunnel_, {.peer_profile_name = "nope"}).error().fault,
            ControlFault::peer_profile_not_found);
  EXPECT_EQ(lab_.shard().peer_profile_uses("nope"), 0U);
  cut();
  ASSERT_TRUE(comes_to("RETRY"));
  EXPECT_EQ(lab_.shard().modify_tunnel(tunnel_, {.peer_profile_name = "nope"}).error().fault,
            ControlFault::peer_profile_not_found);
  EXPECT_TRUE(lab_.shard().modify_tunnel(tunnel_, {.peer_profile_name = "default"}));
}

} // namespace
} // namespace openl2tp::runtime
