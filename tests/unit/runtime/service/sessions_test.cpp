// Sessions between two daemons, through Control: the four call types, ids and names, changes, ends, users.
#include <gtest/gtest.h>

#include "tests/unit/runtime/service/daemon.hpp"

namespace openl2tp::runtime {
namespace {

using protocol::SessionType;
using testing::by_id;
using testing::eventually;
using testing::fails_with;
using testing::TwoDaemons;

class ServiceSessions : public ::testing::TestWithParam<std::uint32_t> {
 protected:
  void SetUp() override {
    tunnel_ = pair_.open();
    ASSERT_NE(tunnel_, 0);
    far_ = pair_.far(tunnel_);
  }
  TwoDaemons pair_{GetParam()};
  std::uint16_t tunnel_ = 0, far_ = 0;
};
INSTANTIATE_TEST_SUITE_P(Shards, ServiceSessions, ::testing::Values(1, 4));

TEST_P(ServiceSessions, AnIncomingCallIsUpAtBothEnds) {
  const std::uint16_t id = pair_.call(tunnel_);
  const SessionReport ours = pair_.lac.session(tunnel_, id);
  const SessionReport theirs = pair_.lns.session(far_, ours.peer_session_id);
  EXPECT_EQ(ours.type, SessionType::lac_incoming);
  EXPECT_EQ(theirs.type, SessionType::lns_incoming);
  EXPECT_EQ(theirs.peer_session_id, id);
  EXPECT_TRUE(ours.created_by_admin);
  EXPECT_FALSE(theirs.created_by_admin);
  EXPECT_EQ(ours.tunnel_id, tunnel_);
  EXPECT_EQ(theirs.peer.call_serial_number, ours.call_serial_number);
}

TEST_P(ServiceSessions, AnOutgoingCallIsUpAtBothEnds) {
  SessionParameters parameters;
  parameters.called_number = "5551234";
  const auto id = pair_.lns.control().session_create(by_id(far_), parameters);
  ASSERT_TRUE(id) << id.error().detail;
  ASSERT_TRUE(eventually([&] { return pair_.lns.state(far_, *id) == "ESTABLISHED"; }));
  const SessionReport asker = pair_.lns.session(far_, *id);
  EXPECT_EQ(asker.type, SessionType::lns_outgoing);
  ASSERT_TRUE(eventually([&] { return pair_.lac.state(tunnel_, asker.peer_session_id) == "ESTABLISHED"; }));
  const SessionReport answerer = pair_.lac.session(tunnel_, asker.peer_session_id);
  EXPECT_EQ(answerer.type, SessionType::lac_outgoing);
  EXPECT_EQ(answerer.peer.called_number, "5551234");
  EXPECT_EQ(asker.peer.tx_connect_speed, 1'000'000u);
}

TEST_P(ServiceSessions, WhatTheCallerSaysOfItselfIsSeenByTheOtherEnd) {
  SessionParameters parameters;
  parameters.calling_number = "0301";
  parameters.called_number = "0302";
  parameters.sub_address = "sub";
  parameters.private_group_id = "group";
  parameters.tx_connect_speed = 64'000;
  parameters.rx_connect_speed = 56'000;
  parameters.proxy_auth_type = ProxyAuthType::chap;
  parameters.proxy_auth_name = "someone";
  parameters.proxy_auth_challenge = std::vector<std::byte>(16, std::byte{1});
  parameters.proxy_auth_response = std::vector<std::byte>(16, std::byte{2});
  const std::uint16_t id = pair_.call(tunnel_, parameters);
  const SessionPeerReport told = pair_.lns.session(far_, pair_.far(tunnel_, id)).peer;
  EXPECT_EQ(told.calling_number, "0301");
  EXPECT_EQ(told.called_number, "0302");
  EXPECT_EQ(told.sub_address, "sub");
  EXPECT_EQ(told.private_group_id, "group");
  EXPECT_EQ(told.tx_connect_speed, 64'000u);
  EXPECT_EQ(told.rx_connect_speed, 56'000u);
  EXPECT_EQ(told.proxy_auth_type, 2);
  EXPECT_EQ(told.proxy_auth_name, "someone");
  EXPECT_EQ(told.proxy_auth_response, parameters.proxy_auth_response);
}

TEST_P(ServiceSessions, ACallMadeBeforeTheTunnelIsUpWaitsForIt) {
  const auto tunnel = pair_.lac.control().tunnel_create(TwoDaemons::to_lns());
  ASSERT_TRUE(tunnel);
  const auto id = pair_.lac.control().session_create(by_id(*tunnel), {});
  ASSERT_TRUE(id);
  EXPECT_TRUE(eventually([&] { return pair_.lac.state(*tunnel, *id) == "ESTABLISHED"; }));
}

TEST_P(ServiceSessions, AreListedInAscendingOrder) {
  std::vector<std::uint16_t> made;
  for (int i = 0; i < 7; ++i)
    made.push_back(pair_.call(tunnel_));
  std::ranges::sort(made);
  EXPECT_EQ(pair_.lac.sessions(tunnel_), made);
  EXPECT_EQ(pair_.lns.sessions(far_).size(), made.size());
  EXPECT_EQ(pair_.lac.tunnel(tunnel_).sessions, 7u);
  EXPECT_EQ(pair_.lac.system().sessions, 7u);
  EXPECT_EQ(pair_.lns.system().sessions, 7u);
}

TEST_P(ServiceSessions, DeletedOnesGoAtBothEnds) {
  const std::uint16_t stays = pair_.call(tunnel_), goes = pair_.call(tunnel_);
  ASSERT_TRUE(pair_.lac.control().session_delete(by_id(tunnel_, goes), "enough"));
  EXPECT_TRUE(eventually([&] { return pair_.lac.sessions(tunnel_) == std::vector{stays}; }));
  EXPECT_TRUE(eventually([&] { return pair_.lns.sessions(far_).size() == 1; }));
  EXPECT_EQ(pair_.lac.state(tunnel_), "ESTABLISHED");
  EXPECT_TRUE(pair_.lns.logged("result 3 error 0 \"enough\""));
}

TEST_P(ServiceSessions, AreFoundByName) {
  SessionParameters parameters;
  parameters.session_name = "first";
  const std::uint16_t id = pair_.call(tunnel_, parameters);
  ASSERT_NE(pair_.call(tunnel_), 0);
  const SessionName name{.tunnel = by_id(tunnel_), .id = 0, .name = "first"};
  const auto found = pair_.lac.control().session_get(name);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->session_id, id);
  EXPECT_TRUE(pair_.lac.control().session_modify(name, {.reorder_timeout = 40}));
  EXPECT_EQ(pair_.lac.session(tunnel_, id).config.reorder_timeout, 40u);
  EXPECT_TRUE(
      fails_with(pair_.lac.control().session_create(by_id(tunnel_), parameters), ControlFault::session_already_exists));
  ASSERT_TRUE(pair_.lac.control().session_delete(name, {}));
  EXPECT_TRUE(fails_with(pair_.lac.control().session_get(name), ControlFault::session_not_found));
  EXPECT_NE(pair_.call(tunnel_, parameters), 0) << "the name is free again";
}

TEST_P(ServiceSessions, UnknownOnesAreNotFound) {
  Control& control = pair_.lac.control();
  ASSERT_NE(pair_.call(tunnel_, {.session_id = 7}), 0);
  for (const SessionName& nobody : {by_id(tunnel_, 8), SessionName{by_id(tunnel_), 0, "x"}, by_id(tunnel_, 0)}) {
    EXPECT_TRUE(fails_with(control.session_get(nobody), ControlFault::session_not_found));
    EXPECT_TRUE(fails_with(control.session_modify(nobody, {}), ControlFault::session_not_found));
    EXPECT_TRUE(fails_with(control.session_delete(nobody, {}), ControlFault::session_not_found));
  }
}

TEST_P(ServiceSessions, AWantedIdIsGivenOnce) {
  EXPECT_EQ(pair_.call(tunnel_, {.session_id = 65535}), 65535);
  EXPECT_TRUE(fails_with(pair_.lac.control().session_create(by_id(tunnel_), {.session_id = 65535}),
                         ControlFault::session_already_exists));
  EXPECT_EQ(pair_.lac.system().sessions, 1u);
}

TEST_P(ServiceSessions, TheTypeMustFitTheTunnel) {
  Control& lac = pair_.lac.control();
  Control& lns = pair_.lns.control();
  EXPECT_TRUE(fails_with(lac.session_create(by_id(tunnel_), {.session_type = SessionType::lns_outgoing}),
                         ControlFault::session_type_illegal_for_tunnel));
  EXPECT_TRUE(fails_with(lns.session_create(by_id(far_), {.session_type = SessionType::lac_incoming}),
                         ControlFault::session_type_illegal_for_tunnel));
  EXPECT_TRUE(fails_with(lac.session_create(by_id(tunnel_), {.session_type = SessionType::lac_outgoing}),
                         ControlFault::session_type_bad));
}

TEST_P(ServiceSessions, EndWithTheirTunnel) {
  for (int i = 0; i < 3; ++i)
    ASSERT_NE(pair_.call(tunnel_), 0);
  ASSERT_TRUE(pair_.lns.control().tunnel_delete(by_id(far_), {}));
  EXPECT_TRUE(eventually([&] { return pair_.lac.system().sessions == 0 && pair_.lns.system().sessions == 0; }));
}

TEST_P(ServiceSessions, UsersAreListedWhileTheirSessionsLive) {
  SessionParameters parameters;
  parameters.user_name = "alice";
  const std::uint16_t alice = pair_.call(tunnel_, parameters);
  parameters.user_name = "bob";
  const std::uint16_t bob = pair_.call(tunnel_, parameters);
  ASSERT_NE(pair_.call(tunnel_), 0); // of nobody
  const auto users = pair_.lac.control().user_list();
  ASSERT_TRUE(users);
  ASSERT_EQ(users->size(), 2u);
  for (const UserReport& user : *users) {
    EXPECT_EQ(user.tunnel_id, tunnel_);
    EXPECT_EQ(user.user_name, user.session_id == alice ? "alice" : "bob");
    EXPECT_TRUE(user.created_by_admin);
    EXPECT_GT(user.created_at, 1'500'000'000);
  }
  ASSERT_TRUE(pair_.lac.control().session_delete(by_id(tunnel_, alice), {}));
  ASSERT_TRUE(pair_.lac.control().session_delete(by_id(tunnel_, bob), {}));
  EXPECT_TRUE(eventually([&] { return pair_.lac.control().user_list()->empty(); }));
}

TEST_P(ServiceSessions, ACallThatIsNotEstablishedInTimeEnds) {
  pair_.lac.modify({.session_establish_timeout_s = 1});
  auto nowhere = TwoDaemons::to(testing::here(9));
  nowhere.retry_timeout_s = 60;
  const auto tunnel = pair_.lac.control().tunnel_create(nowhere);
  ASSERT_TRUE(tunnel);
  ASSERT_TRUE(pair_.lac.control().session_create(by_id(*tunnel), {}));
  EXPECT_TRUE(eventually([&] { return pair_.lac.sessions(*tunnel).empty(); }));
  EXPECT_EQ(pair_.lac.state(*tunnel), "WAITCTLREPLY");
  EXPECT_EQ(pair_.lac.system().counters.session_setup_failures, 1u);
}

} // namespace
} // namespace openl2tp::runtime
