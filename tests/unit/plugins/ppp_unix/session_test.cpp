// The life of sessions in one shard, with a host and a pppd that the test plays.
#include "plugins/ppp_unix/session.hpp"

#include <algorithm>
#include <cerrno>

#include <fcntl.h>

#include <gtest/gtest.h>

#include "plugins/ppp_unix/shard.hpp"
#include "tests/unit/plugins/ppp_unix/fake_host.hpp"

namespace openl2tp::ppp_unix {

namespace {

using test::Down;
using test::FakeHost;
using test::Parameters;
using test::report_of;

class PppSession : public testing::Test {
 protected:
  PppSession() { settings.pppd_plugin = "/lib/pppd/openl2tpd.so"; }
  ~PppSession() override { close(session_fd); }

  Shard& shard() {
    if (!shard_)
      shard_.emplace(Host{.handle = host.handle(), .ops = FakeHost::ops(), .loop = host.loop()}, settings, 0, 1);
    return *shard_;
  }

  std::unique_ptr<Session> make(openl2tp_session_token token) {
    with.params.session_fd = session_fd;
    return std::make_unique<Session>(shard(), token, with.params);
  }
  std::unique_ptr<Session> open(openl2tp_session_token token) {
    auto session = make(token);
    EXPECT_EQ(session->open(with.params), OPENL2TP_OK);
    return session;
  }

  void bring_up(std::size_t child) {
    auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
    report.given = OPENL2TP_PPPD_GIVEN_IPV4;
    host.say(child, report);
  }

  FakeHost host;
  Settings settings;
  Parameters with;
  int session_fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);

 private:
  std::optional<Shard> shard_;
};

TEST_F(PppSession, StartsPppdWithTheSessionsSocket) {
  const auto session = open(1);
  ASSERT_EQ(host.children.size(), 1U);
  EXPECT_EQ(host.children[0]->path, "/usr/sbin/pppd");
  EXPECT_EQ(host.children[0]->arguments.front(), "pppd");
  EXPECT_GE(host.children[0]->session_fd, 0);
  EXPECT_EQ(session->state(), State::starting);
}

TEST_F(PppSession, GivesPppdAPathAndNothingElse) {
  setenv("LD_PRELOAD_OF_A_TEST", "x", 1);
  const auto session = open(1);
  EXPECT_EQ(host.children[0]->environment, std::vector<std::string>{"PATH=/usr/sbin:/usr/bin:/sbin:/bin"});
}

TEST_F(PppSession, TellsPppdNameAndPasswordOverItsSocketAlone) {
  Parameters::put(with.params.user_name, with.params.user_name_length, "heather");
  Parameters::put(with.params.user_password, with.params.user_password_length, "tulip");
  const auto session = open(1);
  openl2tp_pppd_credentials message;
  ASSERT_EQ(recv(host.children[0]->report_fd, &message, sizeof(message), MSG_DONTWAIT),
            static_cast<ssize_t>(sizeof(message)));
  EXPECT_STREQ(message.user, "heather");
  EXPECT_STREQ(message.password, "tulip");
  for (const std::string& argument : host.children[0]->arguments) {
    EXPECT_EQ(argument.find("tulip"), std::string::npos);
    EXPECT_EQ(argument.find("heather"), std::string::npos);
  }
}

TEST_F(PppSession, TracesTheCommandLineWithoutSecrets) {
  host.trace_mask = OPENL2TP_TRACE_PPP;
  Parameters::put(with.params.user_password, with.params.user_password_length, "tulip");
  const auto session = open(1);
  ASSERT_FALSE(host.traces.empty());
  EXPECT_NE(host.traces[0].find("starts pppd "), std::string::npos);
  for (const std::string& line : host.traces)
    EXPECT_EQ(line.find("tulip"), std::string::npos);
}

TEST_F(PppSession, TracesNothingWhenTraceIsOff) {
  const auto session = open(1);
  bring_up(0);
  EXPECT_TRUE(host.traces.empty());
}

TEST_F(PppSession, EndsAPeerThatHasTheFarEndOfItsTunnel) {
  Parameters::put(with.params.peer_address, with.params.peer_address_length, "192.0.2.7");
  const auto session = open(5);
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  report.given = OPENL2TP_PPPD_GIVEN_IPV4;
  const std::array<std::uint8_t, 4> far_end{192, 0, 2, 7};
  std::copy(far_end.begin(), far_end.end(), report.peer_ipv4);
  host.say(0, report);
  EXPECT_TRUE(host.ups.empty());
  ASSERT_EQ(host.downs.size(), 1U);
  EXPECT_EQ(host.downs[0].reason,
            "the peer's address 192.0.2.7 is its end of the tunnel: the tunnel would carry itself");
}

TEST_F(PppSession, ReportsUpWithWhatPppdKnows) {
  const auto session = open(5);
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  report.given = OPENL2TP_PPPD_GIVEN_INTERFACE | OPENL2TP_PPPD_GIVEN_IPV4 | OPENL2TP_PPPD_GIVEN_USER |
                 OPENL2TP_PPPD_GIVEN_AUTH | OPENL2TP_PPPD_GIVEN_MTU;
  report.unit = 2'048;
  report.mtu = 1'400;
  report.mru = 1'410;
  report.auth_method = OPENL2TP_PPPD_AUTH_MSCHAPV2;
  std::strcpy(report.interface_name, "ppp2048");
  std::strcpy(report.user, "heather");
  report.local_ipv4[3] = 1;
  report.peer_ipv4[3] = 2;
  host.say(0, report);
  ASSERT_EQ(host.ups.size(), 1U);
  const auto& up = host.ups[0];
  EXPECT_EQ(up.token, 5U);
  EXPECT_EQ(up.interface_name, "ppp2048");
  EXPECT_EQ(up.user, "heather");
  EXPECT_EQ(up.auth, "MSCHAPv2");
  EXPECT_EQ(up.facts.given, OPENL2TP_PPP_KNOWN_INTERFACE | OPENL2TP_PPP_KNOWN_UNIT | OPENL2TP_PPP_KNOWN_USER |
                                OPENL2TP_PPP_KNOWN_IPV4 | OPENL2TP_PPP_KNOWN_AUTH | OPENL2TP_PPP_KNOWN_MTU |
                                OPENL2TP_PPP_KNOWN_PROCESS);
  EXPECT_EQ(up.facts.unit, 2'048U);
  EXPECT_EQ(up.facts.process, 4'711U);
  EXPECT_EQ(up.facts.mtu, 1'400);
  EXPECT_EQ(up.facts.mru, 1'410);
  EXPECT_EQ(up.facts.local_ipv4[3], 1);
  EXPECT_EQ(up.facts.peer_ipv4[3], 2);
  EXPECT_EQ(session->state(), State::up);
}

TEST_F(PppSession, IsUpWithIpv6Alone) {
  const auto session = open(1);
  auto report = report_of(OPENL2TP_PPPD_IPV6_UP);
  report.given = OPENL2TP_PPPD_GIVEN_IPV6;
  report.peer_ipv6[7] = 9;
  host.say(0, report);
  ASSERT_EQ(host.ups.size(), 1U);
  EXPECT_EQ(host.ups[0].facts.peer_ipv6[7], 9);
}

TEST_F(PppSession, UpdatesWhenASecondNetworkProtocolComesUp) {
  const auto session = open(1);
  bring_up(0);
  auto report = report_of(OPENL2TP_PPPD_IPV6_UP);
  report.given = OPENL2TP_PPPD_GIVEN_IPV6;
  host.say(0, report);
  EXPECT_EQ(host.ups.size(), 1U);
  ASSERT_EQ(host.updates.size(), 1U);
  EXPECT_TRUE((host.updates[0].facts.given & OPENL2TP_PPP_KNOWN_IPV6) != 0);
}

TEST_F(PppSession, StaysUpWhenANetworkProtocolGoesDown) {
  const auto session = open(1);
  bring_up(0);
  host.say(0, report_of(OPENL2TP_PPPD_IPV4_DOWN));
  EXPECT_EQ(session->state(), State::up);
  EXPECT_TRUE(host.downs.empty());
}

TEST_F(PppSession, TellsTheAccmsThatLcpAgreedOn) {
  const auto session = open(3);
  auto report = report_of(OPENL2TP_PPPD_LINK_UP);
  report.given = OPENL2TP_PPPD_GIVEN_ACCM;
  report.send_accm = 0x000a0000;
  report.receive_accm = 0xffffffff;
  host.say(0, report);
  EXPECT_EQ(host.accms, (std::vector<test::Accm>{{3, 0x000a0000, 0xffffffff}}));
}

TEST_F(PppSession, TellsNoAccmsWhenLcpDidNotSpeakOfThem) {
  const auto session = open(3);
  host.say(0, report_of(OPENL2TP_PPPD_LINK_UP));
  EXPECT_TRUE(host.accms.empty());
}

TEST_F(PppSession, GoesDownWithTheResultOfPppdsExit) {
  const auto session = open(4);
  bring_up(0);
  host.end_child(0, 16);
  EXPECT_EQ(host.downs, (std::vector<Down>{{4, 1, 0, "the peer has hung up"}}));
  EXPECT_EQ(session->state(), State::ended);
}

TEST_F(PppSession, GoesDownWhenPppdEndsBeforePppIsUp) {
  const auto session = open(4);
  host.end_child(0, 11);
  EXPECT_EQ(host.downs, (std::vector<Down>{{4, 3, 0, "the peer failed to authenticate"}}));
}

TEST_F(PppSession, HearsWhatPppdSaidLastBeforeItsEnd) {
  const auto session = open(4);
  const auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  ASSERT_GT(send(host.children[0]->report_fd, &report, sizeof(report), 0), 0);
  host.end_child(0, 16); // before the watch was served
  EXPECT_EQ(host.ups.size(), 1U);
  EXPECT_EQ(host.downs.size(), 1U);
}

TEST_F(PppSession, GoesDownOnceOnly) {
  const auto session = open(4);
  host.say(0, "nonsense", 8);
  host.end_child(0, 16);
  EXPECT_EQ(host.downs.size(), 1U);
}

TEST_F(PppSession, GoesDownWhenPppdCouldNotBeStarted) {
  const auto session = open(4);
  host.end_child(0, -ENOENT);
  EXPECT_EQ(host.downs, (std::vector<Down>{{4, 5, 0, "PPP could not be started"}}));
  EXPECT_TRUE(host.logged("No such file"));
}

TEST_F(PppSession, GoesDownWhenPppdSaysWhatNobodyUnderstands) {
  const auto session = open(4);
  auto report = report_of(OPENL2TP_PPPD_IPV4_UP);
  report.given = 0x8000;
  host.say(0, report);
  EXPECT_EQ(host.downs, (std::vector<Down>{{4, 2, 6, "PPP reports nonsense"}}));
  EXPECT_TRUE(host.ups.empty());
  EXPECT_EQ(host.watches_left(), 0U);
}

TEST_F(PppSession, GoesDownWhenPppdFloodsIt) {
  const auto session = open(4);
  const auto report = report_of(OPENL2TP_PPPD_LINK_UP);
  for (int i = 0; i < 65; ++i)
    ASSERT_GT(send(host.children[0]->report_fd, &report, sizeof(report), 0), 0);
  host.run_watches();
  EXPECT_EQ(host.downs.size(), 1U);
}

TEST_F(PppSession, WaitsForPppdsExitWhenItClosesItsSocket) {
  const auto session = open(4);
  bring_up(0);
  close(std::exchange(host.children[0]->report_fd, -1));
  host.run_watches();
  EXPECT_TRUE(host.downs.empty());
  EXPECT_EQ(host.watches_left(), 0U);
  host.end_child(0, 16);
  EXPECT_EQ(host.downs.size(), 1U);
}

TEST_F(PppSession, LeavesPppdWhenItIsClosed) {
  auto session = open(1);
  bring_up(0);
  session.reset();
  EXPECT_TRUE(host.children[0]->left);
  EXPECT_EQ(host.children[0]->grace_ms, 10'000U);
  EXPECT_TRUE(host.downs.empty());
  EXPECT_EQ(host.timers_left(), 0U);
  EXPECT_EQ(host.watches_left(), 0U);
}

TEST_F(PppSession, ClosesItsSocketWhenItIsClosed) {
  auto session = open(1);
  openl2tp_pppd_credentials credentials;
  ASSERT_GT(recv(host.children[0]->report_fd, &credentials, sizeof(credentials), 0), 0);
  session.reset();
  EXPECT_EQ(recv(host.children[0]->report_fd, &credentials, sizeof(credentials), 0), 0) << "pppd sees the end";
}

TEST_F(PppSession, LeavesNothingBehindAfterPppdEnded) {
  auto session = open(1);
  host.end_child(0, 16);
  session.reset();
  EXPECT_FALSE(host.children[0]->left) << "a dead child's handle is dead";
  EXPECT_EQ(host.timers_left(), 0U);
  EXPECT_EQ(host.watches_left(), 0U);
}

TEST_F(PppSession, OfALacThatIsNotUpInTimeSaysSo) {
  const auto session = open(6);
  host.pass(119'999);
  EXPECT_TRUE(host.downs.empty());
  host.pass(1);
  EXPECT_EQ(host.downs, (std::vector<Down>{{6, 10, 0, "PPP was not up in time"}}));
}

TEST_F(PppSession, OfAnLnsThatIsNotUpInTimeIsAGeneralError) {
  with.params.flags = OPENL2TP_PPP_LNS;
  const auto session = open(6);
  host.pass(120'000);
  EXPECT_EQ(host.downs, (std::vector<Down>{{6, 2, 6, "PPP was not up in time"}}));
}

TEST_F(PppSession, ThatIsUpHasAllTheTimeInTheWorld) {
  const auto session = open(6);
  bring_up(0);
  host.pass(1'000'000);
  EXPECT_TRUE(host.downs.empty());
}

TEST_F(PppSession, IsRefusedWhenTheHostStartsNothing) {
  host.spawn_answer = OPENL2TP_E_BUSY;
  auto session = make(1);
  EXPECT_EQ(session->open(with.params), OPENL2TP_E_BUSY);
  session.reset();
  EXPECT_EQ(host.timers_left(), 0U);
  EXPECT_EQ(host.watches_left(), 0U);
}

TEST_F(PppSession, IsRefusedWhenItsSocketCannotBeWatched) {
  host.watch_answer = OPENL2TP_E_NO_MEMORY;
  auto session = make(1);
  EXPECT_EQ(session->open(with.params), OPENL2TP_E_NO_MEMORY);
  EXPECT_TRUE(host.children.empty());
}

TEST_F(PppSession, IsRefusedWhenThereIsNoTimer) {
  host.timer_answer = OPENL2TP_E_NO_MEMORY;
  auto session = make(1);
  EXPECT_EQ(session->open(with.params), OPENL2TP_E_NO_MEMORY);
}

TEST_F(PppSession, HasAnInterfaceNumberOfItsOwn) {
  const auto first = open(1), second = open(2);
  EXPECT_EQ(host.children[0]->arguments.back(), "2048");
  EXPECT_EQ(host.children[1]->arguments.back(), "2049");
}

TEST_F(PppSession, TakesANumberAgainWhenItsPppdIsSurelyGone) {
  open(1).reset();
  const auto second = open(2);
  host.pass(Shard::unit_rest_ms);
  const auto third = open(3);
  EXPECT_EQ(host.children[1]->arguments.back(), "2049");
  EXPECT_EQ(host.children[2]->arguments.back(), "2048");
}

} // namespace

} // namespace openl2tp::ppp_unix
