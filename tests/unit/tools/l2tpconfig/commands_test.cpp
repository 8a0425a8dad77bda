// Whole command lines against a dispatcher in the same process: what is printed where, and the exit status.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <sstream>

#include "tests/unit/tools/l2tpconfig/command_fixture.hpp"
#include "tests/unit/tools/l2tpconfig/expected_layout.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp {
namespace {

using runtime::ControlFault;
using runtime::IpAddress;
using Commands = test::CommandTest;

runtime::TunnelReport recorded_tunnel() {
  runtime::TunnelReport r;
  auto& c = r.config;
  c.tunnel_name = "t1";
  c.config_id = 1;
  c.framing_capabilities = runtime::Framing{true, true};
  c.bearer_capabilities = runtime::Bearer{true, true};
  c.receive_window = c.transmit_window = 10;
  c.use_udp_checksums = true;
  c.hello_timeout_s = 60;
  c.retries_max = 5;
  c.retry_timeout_s = 1;
  c.mtu = 1460;
  c.trace = 0x7ff;
  c.tunnel_profile_name = c.peer_profile_name = c.session_profile_name = c.ppp_profile_name = "default";
  r.tunnel_id = 50199;
  r.peer_tunnel_id = 35189;
  r.local = {IpAddress::v4(192, 168, 0, 2), 49683, 0};
  r.peer_endpoint = {IpAddress::v4(192, 168, 0, 1), 39113, 0};
  r.created_by_admin = true;
  r.created_at = 1795330861; // 2026-11-22 07:01:01 UTC
  r.mode = runtime::TunnelMode::lac;
  r.state = "ESTABLISHED";
  r.peer.framing_capabilities = {true, true};
  r.peer.bearer_capabilities = {true, true};
  r.peer.protocol_version = 1;
  r.peer.receive_window = 10;
  r.peer.firmware_revision = 264;
  r.peer.vendor_name = "Katalix Systems Ltd. Linux";
  auto& s = r.statistics;
  s.ns = 2;
  s.nr = 1;
  s.peer_ns = 2;
  s.peer_nr = 1;
  s.cwnd = 3;
  s.ssthresh = 10;
  s.sent_zlbs = s.received_zlbs = 1;
  s.control_received_packets = 2;
  s.control_received_octets = 124;
  s.control_sent_packets = 3;
  s.control_sent_octets = 144;
  return r;
}

runtime::SessionReport recorded_session() {
  runtime::SessionReport r;
  auto& c = r.config;
  c.session_name = "s1";
  c.sequencing_required = c.use_sequence_numbers = true;
  c.reorder_timeout = 12;
  c.trace = 2;
  c.framing_type = runtime::Framing{true, true};
  c.bearer_type = runtime::Bearer{true, true};
  c.tx_connect_speed = 1000000;
  r.tunnel_id = 50199;
  r.session_id = 566;
  r.peer_session_id = 44883;
  r.state = "ESTABLISHED";
  r.type = runtime::SessionType::lac_incoming;
  r.created_by_admin = true;
  r.created_at = 1795330874; // 2026-11-22 07:01:14 UTC
  r.call_serial_number = 1;
  r.peer.call_serial_number = 1;
  return r;
}

TEST_F(Commands, SystemShowConfigurationHasItsLayout) {
  control_.system.config = {.udp_port = 1701,
                            .trace = 0x7ff,
                            .tunnels_max = 0,
                            .sessions_max = 10,
                            .drain = true,
                            .tunnel_establish_timeout_s = 121,
                            .session_establish_timeout_s = 42,
                            .tunnel_persist_pend_timeout_s = 301,
                            .session_persist_pend_timeout_s = 5,
                            .deny_local_tunnel_creates = true,
                            .deny_remote_tunnel_creates = true};
  EXPECT_EQ(output_of("system show configuration"), test::kConfiguration);
}

TEST_F(Commands, SystemShowStatusHasItsLayout) {
  control_.system.tunnels = 1;
  control_.system.sessions = 5;
  EXPECT_EQ(output_of("system show status"), "L2TP service status:-\n  tunnels: 1, sessions: 5\n");
}

TEST_F(Commands, SystemShowStatisticsHasItsLayout) {
  auto& c = control_.system.counters;
  c.sent_control_frames = 14;
  c.received_control_frames = 7;
  c.encode_failures = 1;
  c.messages[1].sent = 2;
  c.messages[2].received = 1;
  c.messages[3].sent = 1;
  c.messages[4].received = 1;
  c.messages[7].received = 1;
  c.messages[8].sent = 1;
  c.messages[9].sent = 1;
  c.messages[10].sent = 4;
  c.messages[11].received = 4;
  c.messages[12].sent = 4;
  c.messages[14].sent = 1;
  EXPECT_EQ(output_of("system show statistics"), test::kStatistics);
}

TEST_F(Commands, SystemShowVersionNamesTheInterfaceVersion) {
  const std::string text = output_of("system show version");
  EXPECT_EQ(text.find("OpenL2TP V1.8, built "), 0u);
  EXPECT_NE(text.find("\n  Features: LAC LNS "), std::string::npos);
}

TEST_F(Commands, ServerShowNamesTheServer) { EXPECT_EQ(output_of("server show"), "Connected to server: localhost\n"); }

TEST_F(Commands, SystemModifyConfirmsOnStandardError) {
  expect("system modify max_tunnels=42 trace_flags=protocol,fsm reset_statistics", cli::Status::done, "",
         "Modified system config\n");
  EXPECT_EQ(control_.system_change.tunnels_max, 42u);
  EXPECT_EQ(control_.system_change.trace, 3u);
  EXPECT_TRUE(control_.system_change.reset_statistics);
  EXPECT_FALSE(control_.system_change.drain.has_value());
  expect("system modify", cli::Status::done, "", "Modified system config\n");
}

TEST_F(Commands, QuietLeavesConfirmationsOutButNotComplaints) {
  context_.quiet = true;
  expect("system modify max_tunnels=42", cli::Status::done, "", "");
  expect("tunnel show", cli::Status::usage, "Error at or near 'show'\n",
         "Required tunnel_id or tunnel_name argument is missing\n");
}

TEST_F(Commands, NumberThatDoesNotFitItsFieldIsTakenAsTheNearestThatDoes) {
  expect("system modify max_tunnels=4294967295", cli::Status::done, "",
         "max_tunnels: 4294967295 is not allowed, 2147483647 is used\nModified system config\n");
  EXPECT_EQ(control_.calls, 1);
  EXPECT_EQ(control_.system_change.tunnels_max, 2147483647u);
}

TEST_F(Commands, PortThatDoesNotFitItsFieldIsAUsageError) {
  expect("tunnel create dest_ipaddr=192.0.2.1 our_udp_port=65536", cli::Status::usage, "Error at or near 'create'\n",
         "our_udp_port: '65536', expected a number from 0 to 65535\n");
  EXPECT_EQ(control_.calls, 0);
}

TEST_F(Commands, TunnelShowHasItsLayout) {
  control_.tunnel = recorded_tunnel();
  EXPECT_EQ(output_of("tunnel show tunnel_name=t1"), test::kTunnel);
  EXPECT_EQ(output_of("tunnel show tunnel_name=t1 transport"), test::kTunnelTransport);
}

TEST_F(Commands, TunnelShowWithBothPartsNamedShowsBoth) {
  control_.tunnel = recorded_tunnel();
  EXPECT_EQ(output_of("tunnel show tunnel_name=t1 config transport"), test::kTunnel);
}

TEST_F(Commands, TunnelShowOfAModifiedTunnelHasItsLayout) {
  control_.tunnel = recorded_tunnel();
  control_.tunnel.config.interface_name = "ifx";
  control_.tunnel.config.persist = true;
  control_.tunnel.config.hello_timeout_s = 11;
  control_.tunnel.config.retries_max = 7;
  control_.tunnel.config.mtu = 1300;
  EXPECT_EQ(output_of("tunnel show tunnel_name=t1 config"), test::kTunnelModified);
}

TEST_F(Commands, TunnelShowOfAPeersTunnelHasItsLayout) {
  auto& t = control_.tunnel = recorded_tunnel();
  t.config.tunnel_name.reset();
  t.tunnel_id = 35189;
  t.peer_tunnel_id = 50199;
  std::swap(t.local, t.peer_endpoint);
  t.created_by_admin = false;
  t.mode = runtime::TunnelMode::lns;
  t.statistics.ns = t.statistics.peer_ns = 1;
  t.statistics.nr = t.statistics.peer_nr = 2;
  t.statistics.cwnd = 2;
  t.statistics.control_received_packets = 3;
  t.statistics.control_received_octets = 144;
  t.statistics.control_sent_packets = 2;
  t.statistics.control_sent_octets = 124;
  EXPECT_EQ(output_of("tunnel show tunnel_id=35189"), test::kTunnelLns);
}

TEST_F(Commands, TunnelShowOfARefusedTunnelHasItsLayout) {
  auto& t = control_.tunnel = recorded_tunnel();
  t.config.tunnel_name = "tun2";
  t.supplied.config_id = t.config.config_id = 77;
  t.supplied.host_name = t.config.host_name = "myhost";
  t.config.auth_mode = runtime::AuthMode::challenge;
  t.config.secret = "abc";
  t.config.use_tie_breaker = true;
  t.tie_breaker = test::full_tunnel().tie_breaker;
  t.tunnel_id = 46181;
  t.peer_tunnel_id = 53042;
  t.local.port = 1805;
  t.peer_endpoint.port = 47045;
  t.created_at += 11;
  t.state = "CLOSING";
  t.peer = {};
  t.peer.result = {4, 0, "no tunnel secret available"};
  t.statistics = {};
  t.statistics.ns = t.statistics.nr = t.statistics.peer_ns = 1;
  t.statistics.cwnd = 2;
  t.statistics.ssthresh = 10;
  t.statistics.sent_zlbs = 1;
  t.statistics.control_received_packets = 1;
  t.statistics.control_received_octets = 65;
  t.statistics.control_sent_packets = 2;
  t.statistics.control_sent_octets = 164;
  context_.secrets = true;
  EXPECT_EQ(output_of("tunnel show tunnel_name=tun2"), test::kTunnelClosing);
  context_.secrets = false;
  const std::string without = output_of("tunnel show tunnel_name=tun2");
  EXPECT_EQ(without.find("abc"), std::string::npos);
  EXPECT_NE(without.find("  tunnel secret: set\n"), std::string::npos);
}

TEST_F(Commands, TextOfThePeerCannotDriveTheTerminal) {
  control_.tunnel = recorded_tunnel();
  control_.tunnel.peer.vendor_name = "a\x1b[2Jb\n";
  const std::string text = output_of("tunnel show tunnel_name=t1 config");
  EXPECT_NE(text.find("peer vendor name: a\\x1b[2Jb\\x0a\n"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
}

TEST_F(Commands, TunnelListIsATableThatMarksTunnelsOfPeers) {
  auto mine = recorded_tunnel(), theirs = recorded_tunnel();
  theirs.tunnel_id = 35189;
  theirs.peer_tunnel_id = 50199;
  std::swap(theirs.local, theirs.peer_endpoint);
  theirs.created_by_admin = false;
  theirs.config.tunnel_name.reset();
  control_.tunnels = {theirs, mine};
  EXPECT_EQ(output_of("tunnel list"),
            "   TunId             Peer            Local  PeerTId ConfigId            State\n"
            "*  35189      192.168.0.2      192.168.0.1    50199        1      ESTABLISHED\n"
            "   50199      192.168.0.1      192.168.0.2    35189        1      ESTABLISHED\n");
  EXPECT_EQ(output_of("tunnel list names"), "\tt1\n");
  EXPECT_EQ(output_of("tunnel list local_only"), "\t50199\n");
  EXPECT_EQ(output_of("tunnel list remote_only"), "\t35189\n");
}

TEST_F(Commands, EmptyListsPrintNothing) {
  EXPECT_EQ(output_of("tunnel list"), "");
  EXPECT_EQ(output_of("session list tunnel_name=t1"), "");
}

TEST_F(Commands, TunnelCreateCarriesEveryParameter) {
  control_.new_id = 46181;
  expect("tunnel create tunnel_name=tun2 dest_ipaddr=192.168.0.1 src_ipaddr=192.168.0.2 config_id=77 tunnel_id=7 "
         "profile_name=p peer_udp_port=1702 our_udp_port=1805 use_tiebreaker=yes allow_ppp_proxy=no framing_caps=async "
         "bearer_caps=digital host_name=myhost secret=abc auth_mode=challenge hide_avps=yes rx_window_size=4 "
         "tx_window_size=5 do_pmtu_discovery=yes trace_flags=all use_udp_checksums=no persist=yes hello_timeout=11 "
         "max_retries=7 retry_timeout=2 idle_timeout=9 max_sessions=3 mtu=1300 peer_profile_name=a "
         "session_profile_name=b ppp_profile_name=c interface_name=ifx",
         cli::Status::done, "", "Created tunnel 46181\n");
  const auto& p = control_.tunnel_parameters;
  EXPECT_EQ(p.tunnel_name, "tun2");
  EXPECT_EQ(p.peer_addr, IpAddress::v4(192, 168, 0, 1));
  EXPECT_EQ(p.our_addr, IpAddress::v4(192, 168, 0, 2));
  EXPECT_EQ(p.config_id, 77u);
  EXPECT_EQ(p.tunnel_id, 7);
  EXPECT_EQ(p.tunnel_profile_name, "p");
  EXPECT_EQ(p.peer_udp_port, 1702);
  EXPECT_EQ(p.our_udp_port, 1805);
  EXPECT_EQ(p.use_tie_breaker, true);
  EXPECT_EQ(p.allow_ppp_proxy, false);
  EXPECT_EQ(p.framing_capabilities, (runtime::Framing{false, true}));
  EXPECT_EQ(p.bearer_capabilities, (runtime::Bearer{true, false}));
  EXPECT_EQ(p.host_name, "myhost");
  EXPECT_EQ(p.secret, "abc");
  EXPECT_EQ(p.auth_mode, runtime::AuthMode::challenge);
  EXPECT_EQ(p.hide_avps, true);
  EXPECT_EQ(p.receive_window, 4);
  EXPECT_EQ(p.transmit_window, 5);
  EXPECT_EQ(p.do_pmtu_discovery, true);
  EXPECT_EQ(p.trace, protocol::trace::all);
  EXPECT_EQ(p.use_udp_checksums, false);
  EXPECT_EQ(p.persist, true);
  EXPECT_EQ(p.hello_timeout_s, 11u);
  EXPECT_EQ(p.retries_max, 7u);
  EXPECT_EQ(p.retry_timeout_s, 2u);
  EXPECT_EQ(p.idle_timeout_s, 9u);
  EXPECT_EQ(p.sessions_max, 3u);
  EXPECT_EQ(p.mtu, 1300u);
  EXPECT_EQ(p.peer_profile_name, "a");
  EXPECT_EQ(p.session_profile_name, "b");
  EXPECT_EQ(p.ppp_profile_name, "c");
  EXPECT_EQ(p.interface_name, "ifx");
}

TEST_F(Commands, TunnelCreateSuppliesNothingThatWasNotGiven) {
  EXPECT_EQ(run("tunnel create dest_ipaddr=192.168.0.1"), cli::Status::done);
  const auto& p = control_.tunnel_parameters;
  EXPECT_FALSE(p.tunnel_id || p.tunnel_name || p.our_addr || p.our_udp_port || p.peer_udp_port || p.config_id ||
               p.auth_mode || p.framing_capabilities || p.bearer_capabilities || p.use_tie_breaker ||
               p.allow_ppp_proxy || p.hide_avps || p.receive_window || p.transmit_window || p.secret || p.host_name ||
               p.tunnel_profile_name || p.do_pmtu_discovery || p.use_udp_checksums || p.persist || p.hello_timeout_s ||
               p.retries_max || p.retry_timeout_s || p.idle_timeout_s || p.sessions_max || p.mtu || p.trace ||
               p.peer_profile_name || p.session_profile_name || p.ppp_profile_name || p.interface_name);
}

TEST_F(Commands, NumberOutOfRangeIsClampedByTheDaemonAndTold) {
  EXPECT_EQ(run("tunnel create dest_ipaddr=192.168.0.1 hello_timeout=-1 max_retries=200"), cli::Status::done);
  EXPECT_EQ(control_.tunnel_parameters.hello_timeout_s, 0U);
  EXPECT_EQ(control_.tunnel_parameters.retries_max, 100U);
  EXPECT_TRUE(err_.str().ends_with("hello_timeout: -1 is not allowed, 0 is used\n"
                                   "max_retries: 200 is not allowed, 100 is used\n"))
      << err_.str();
}

TEST_F(Commands, OnATerminalComplaintsStandAlone) {
  context_.out_is_terminal = true;
  control_.fault = ControlFault::tunnel_not_found;
  expect("tunnel delete tunnel_name=zz", cli::Status::failed, "", "Operation failed: Tunnel not found\n");
  EXPECT_EQ(run("peer"), cli::Status::usage);
  EXPECT_EQ(out_.str(), "");
  EXPECT_NE(err_.str().find("What comes next? One of\n"), std::string::npos) << err_.str();
  EXPECT_NE(err_.str().find("  list "), std::string::npos) << err_.str();
}

TEST_F(Commands, WithJsonNothingButJsonIsOnStandardOutput) {
  context_.json = true;
  control_.fault = ControlFault::tunnel_not_found;
  EXPECT_EQ(run("session list tunnel_name=zz"), cli::Status::failed);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(run("bogus"), cli::Status::usage);
  EXPECT_EQ(out_.str(), "");
  EXPECT_EQ(err_.str(), "Error at or near 'bogus'\n");
}

TEST_F(Commands, RefusalsOfTunnelsReadAsTheyAlwaysDid) {
  control_.fault = ControlFault::tunnel_not_found;
  expect("tunnel modify tunnel_name=zz hello_timeout=3", cli::Status::failed, "Error at or near 'modify'\n",
         "Operation failed: Tunnel not found\n");
  expect("tunnel delete tunnel_name=zz", cli::Status::failed, "Error at or near 'delete'\n",
         "Operation failed: Tunnel not found\n");
  expect("tunnel show tunnel_id=1", cli::Status::failed, "", "get tunnel failed: Tunnel not found\n");
  control_.fault = ControlFault::peer_address_missing;
  expect("tunnel create tunnel_name=t9", cli::Status::failed, "Error at or near 'create'\n",
         "Operation failed: Peer address missing\n");
}

TEST_F(Commands, WhatTheDaemonAloneCanJudgeIsExplainedInItsWords) {
  control_.fault = ControlFault::invalid_argument;
  control_.fault_detail = "maximum_bps: 1, allowed 0 or minimum_bps (2) and more";
  expect("session create tunnel_name=t maximum_bps=1 minimum_bps=2", cli::Status::failed, "Error at or near 'create'\n",
         "Operation failed: Invalid argument\nmaximum_bps: 1, allowed 0 or minimum_bps (2) and more\n");
}

TEST_F(Commands, NameThatWasJustTypedIsNotRepeated) {
  control_.fault = ControlFault::tunnel_profile_not_found;
  control_.fault_detail = "zz";
  EXPECT_EQ(run("tunnel create dest_ipaddr=192.168.0.1 profile_name=zz"), cli::Status::failed);
  EXPECT_EQ(err_.str(), "Operation failed: Tunnel profile not found\n");
  control_.fault_detail = "zz (of peer profile p)";
  EXPECT_EQ(run("tunnel create dest_ipaddr=192.168.0.1 peer_profile_name=p"), cli::Status::failed);
  EXPECT_EQ(err_.str(), "Operation failed: Tunnel profile not found\nzz (of peer profile p)\n");
}

TEST_F(Commands, WordsOfTheDaemonCannotDriveTheTerminal) {
  control_.fault = ControlFault::invalid_argument;
  control_.fault_detail = "\x1b[2J";
  EXPECT_EQ(run("tunnel delete tunnel_id=1"), cli::Status::failed);
  EXPECT_EQ(err_.str(), "Operation failed: Invalid argument\n\\x1b[2J\n");
}

TEST_F(Commands, OverUdpWhichKeepsNoWordsTheUserIsToldWhoDoes) {
  stub_.keeps_refusals = false;
  control_.fault = ControlFault::invalid_argument;
  EXPECT_EQ(run("tunnel delete tunnel_id=1"), cli::Status::failed);
  EXPECT_EQ(err_.str(), "Operation failed: Invalid argument\nWhich value, and what is allowed: ask over TCP (-t)\n");
  control_.fault = ControlFault::tunnel_not_found; // says it all
  EXPECT_EQ(run("tunnel delete tunnel_id=1"), cli::Status::failed);
  EXPECT_EQ(err_.str(), "Operation failed: Tunnel not found\n");
}

TEST_F(Commands, DaemonWithoutTheProcedureIsRefusedAsEver) {
  stub_.highest_procedure = 99;
  control_.fault = ControlFault::invalid_argument;
  control_.fault_detail = "unheard";
  EXPECT_EQ(run("tunnel delete tunnel_id=1"), cli::Status::failed);
  EXPECT_EQ(err_.str(), "Operation failed: Invalid argument\n");
}

TEST_F(Commands, ConfirmationsOfTunnelsNameWhatTheUserNamed) {
  expect("tunnel modify tunnel_name=t1 mtu=1300", cli::Status::done, "", "Modified tunnel t1\n");
  expect("tunnel modify tunnel_id=0x10 mtu=1300", cli::Status::done, "", "Modified tunnel 16\n");
  expect("tunnel delete tunnel_name=t1", cli::Status::done, "", "Deleted tunnel t1\n");
  EXPECT_EQ(control_.tunnel_name.name, "t1");
}

TEST_F(Commands, SessionShowHasItsLayout) {
  control_.session = recorded_session();
  EXPECT_EQ(output_of("session show tunnel_name=t1 session_name=s1"), test::kSession);
}

constexpr const char* kPpp = R"(  PPP:-
    state: UP since Nov 22 07:01:15 2026
    plugin: ppp_kernel, data path: frames, process: 4711
    user name: fred, authentication: CHAP
    interface: l2tp7, mtu: 1450, mru: 1500
    local address: 10.77.0.1, peer address: 10.77.0.10
    local IPv6 address: fe80::1, peer IPv6 address: fe80::2
)";

TEST_F(Commands, SessionShowTellsWhatIsKnownOfPpp) {
  control_.session = recorded_session();
  control_.session.ppp = test::full_ppp();
  std::string expected = test::kSession;
  expected.insert(expected.find("\n  Peer configuration"), kPpp);
  EXPECT_EQ(output_of("session show tunnel_name=t1 session_name=s1"), expected);
  EXPECT_EQ(control_.session_name.id, 566);
}

TEST_F(Commands, SessionShowTellsOfPppOnlyWhatIsKnown) {
  control_.session = recorded_session();
  control_.session.ppp = {.phase = runtime::PppPhase::lcp, .plugin = "p"};
  EXPECT_NE(output_of("session show tunnel_id=1 session_id=566").find("  PPP:-\n    state: LCP\n    plugin: p\n\n"),
            std::string::npos);
  control_.session.ppp = {.phase = runtime::PppPhase::ended, .up_at = 1795330875, .end_reason = "result 1 \x1b"};
  EXPECT_NE(output_of("session show tunnel_id=1 session_id=566")
                .find("    state: ENDED, was up at Nov 22 07:01:15 2026\n    ended because: result 1 \\x1b\n"),
            std::string::npos)
      << out_.str();
}

TEST_F(Commands, SessionShowOfADaemonWithoutTheProcedureIsAsEver) {
  control_.session = recorded_session();
  control_.session.ppp = test::full_ppp();
  stub_.highest_procedure = 206;
  EXPECT_EQ(output_of("session show tunnel_name=t1 session_name=s1"), test::kSession);
}

TEST_F(Commands, UserListHasColumnsForPppBehindTheOthers) {
  control_.user_page = {.users = {{{"fred", 1795330874, true, 50199, 566}, test::full_ppp(), {}},
                                  {{"mary", 1795330874, true, 50199, 567}, {}, {}}}};
  control_.user_page.users[0].statistics.received_octets = 84;
  control_.user_page.users[0].statistics.sent_octets = 168;
  const std::string fred = "   50199    566  fred                                 Sun Nov 22 07:01:14 2026";
  std::string mary = fred;
  mary.replace(mary.find("566  fred"), 9, "567  mary");
  std::istringstream lines(output_of("user list"));
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_TRUE(
      line.starts_with("   TunId  SesId  User                                              Create Time  State"));
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_EQ(line,
            fred + "  UP             l2tp7           CHAP      10.77.0.10,fe80::2                                    "
                   "84           168");
  ASSERT_TRUE(std::getline(lines, line));
  EXPECT_TRUE(line.starts_with(mary + "  -              -               -  ")) << line;
  EXPECT_EQ(output_of("user list user_name=mary").find("fred"), std::string::npos);
}

TEST_F(Commands, UserListWithoutPppIsAsEver) {
  const std::string expected = "   TunId  SesId  User                                              Create Time\n"
                               "   50199    566  fred                                 Sun Nov 22 07:01:14 2026\n";
  control_.user_page = {.users = {{{"fred", 1795330874, true, 50199, 566}, {}, {}}}};
  EXPECT_EQ(output_of("user list"), expected);
  control_.users = {{"fred", 1795330874, true, 50199, 566}};
  stub_.highest_procedure = 206; // a daemon without the procedure, whose times end in a newline
  EXPECT_EQ(output_of("user list"), expected);
}

TEST_F(Commands, SessionShowWithoutPppHasItsLayout) {
  auto& s = control_.session = recorded_session();
  s.config = {};
  s.config.session_name = "full";
  s.config.private_group_id = "g";
  s.config.framing_type = runtime::Framing{true, false};
  s.config.bearer_type = runtime::Bearer{false, true};
  s.config.minimum_bps = 10;
  s.config.maximum_bps = 20;
  s.config.tx_connect_speed = 2000;
  s.config.rx_connect_speed = 1000;
  s.config.calling_number = "123";
  s.config.called_number = "456";
  s.config.sub_address = "789";
  s.config.no_ppp = true;
  s.config.interface_name = "ppp77";
  s.config.user_name = "u";
  s.config.trace = 0x7ff;
  s.session_id = 36523;
  s.peer_session_id = 43799;
  s.created_at += 1;
  s.call_serial_number = s.peer.call_serial_number = 4;
  EXPECT_EQ(output_of("session show tunnel_name=t1 session_name=full"), test::kSessionFull);
}

TEST_F(Commands, SessionShowOfAPeersSessionHasItsLayout) {
  auto& s = control_.session = recorded_session();
  s.config = {};
  s.config.framing_type = runtime::Framing{true, true};
  s.config.bearer_type = runtime::Bearer{true, true};
  s.config.tx_connect_speed = 1000000;
  s.config.trace = 0x7ff;
  s.tunnel_id = 35189;
  s.session_id = 24579;
  s.peer_session_id = 42430;
  s.type = runtime::SessionType::lns_incoming;
  s.created_by_admin = false;
  s.call_serial_number = s.peer.call_serial_number = 2;
  s.peer.framing_type = {true, true};
  s.peer.bearer_type = {true, true};
  s.peer.tx_connect_speed = 1000000;
  EXPECT_EQ(output_of("session show tunnel_id=35189 session_id=24579"), test::kSessionLns);
}

TEST_F(Commands, SessionListIsAHeaderAndIds) {
  control_.ids = {566, 42430};
  EXPECT_EQ(output_of("session list tunnel_name=t1"), "2 sessions on tunnel t1:-\n\t566\n\t42430\n");
  EXPECT_EQ(output_of("session list tunnel_id=7"), "2 sessions on tunnel 7:-\n\t566\n\t42430\n");
}

TEST_F(Commands, SessionListOfNamesOrOneSideHasNoHeader) {
  auto mine = recorded_session(), theirs = recorded_session();
  theirs.session_id = 42430;
  theirs.created_by_admin = false;
  theirs.config.session_name.reset();
  control_.sessions = {mine, theirs};
  EXPECT_EQ(output_of("session list tunnel_name=t1 names"), "\ts1\n");
  EXPECT_EQ(output_of("session list tunnel_name=t1 local_only"), "\t566\n");
  EXPECT_EQ(output_of("session list tunnel_name=t1 remote_only"), "\t42430\n");
}

TEST_F(Commands, SessionCreateCarriesEveryParameter) {
  control_.new_id = 36523;
  expect(
      "session create tunnel_name=t1 session_name=full session_id=5 profile_name=p ppp_profile_name=q trace_flags=fsm "
      "sequencing_required=yes use_sequence_numbers=yes reorder_timeout=12 session_type=laic priv_group_id=g "
      "interface_name=ppp77 user_name=u user_password=pw framing_type=sync bearer_type=analog minimum_bps=10 "
      "maximum_bps=20 connect_speed=1000:2000 no_ppp=yes use_ppp_proxy=yes proxy_auth_type=3 proxy_auth_name=n "
      "proxy_auth_challenge=0x01fe proxy_auth_response=02 calling_number=123 called_number=456 sub_address=789 "
      "initial_rcvd_lcp_confreq=03 last_sent_lcp_confreq=04 last_rcvd_lcp_confreq=05",
      cli::Status::done, "", "Created session 36523 on tunnel t1\n");
  const auto& p = control_.session_parameters;
  EXPECT_EQ(control_.tunnel_name.name, "t1");
  EXPECT_EQ(p.session_name, "full");
  EXPECT_EQ(p.session_id, 5);
  EXPECT_EQ(p.profile_name, "p");
  EXPECT_EQ(p.ppp_profile_name, "q");
  EXPECT_EQ(p.trace, 2u);
  EXPECT_EQ(p.sequencing_required, true);
  EXPECT_EQ(p.use_sequence_numbers, true);
  EXPECT_EQ(p.reorder_timeout, 12u);
  EXPECT_EQ(p.session_type, runtime::SessionType::lac_incoming);
  EXPECT_EQ(p.private_group_id, "g");
  EXPECT_EQ(p.interface_name, "ppp77");
  EXPECT_EQ(p.user_name, "u");
  EXPECT_EQ(p.user_password, "pw");
  EXPECT_EQ(p.framing_type, (runtime::Framing{true, false}));
  EXPECT_EQ(p.bearer_type, (runtime::Bearer{false, true}));
  EXPECT_EQ(p.minimum_bps, 10u);
  EXPECT_EQ(p.maximum_bps, 20u);
  EXPECT_EQ(p.tx_connect_speed, 2000u);
  EXPECT_EQ(p.rx_connect_speed, 1000u);
  EXPECT_EQ(p.no_ppp, true);
  EXPECT_EQ(p.use_ppp_proxy, true);
  EXPECT_EQ(p.proxy_auth_type, runtime::ProxyAuthType::pap);
  EXPECT_EQ(p.proxy_auth_name, "n");
  EXPECT_EQ(p.proxy_auth_challenge, test::octets({1, 0xfe}));
  EXPECT_EQ(p.proxy_auth_response, test::octets({2}));
  EXPECT_EQ(p.calling_number, "123");
  EXPECT_EQ(p.called_number, "456");
  EXPECT_EQ(p.sub_address, "789");
  EXPECT_EQ(p.initial_received_confreq, test::octets({3}));
  EXPECT_EQ(p.last_sent_confreq, test::octets({4}));
  EXPECT_EQ(p.last_received_confreq, test::octets({5}));
}

TEST_F(Commands, SessionTypesAndFramingsAreThoseOfTheirWords) {
  const std::array types = {"laic", "laoc", "lnic", "lnoc"};
  for (std::size_t i = 0; i < types.size(); ++i) {
    EXPECT_EQ(run(std::string("session create tunnel_id=1 session_type=") + types[i]), cli::Status::done);
    EXPECT_EQ(static_cast<std::size_t>(*control_.session_parameters.session_type), i + 1);
  }
  EXPECT_EQ(run("session create tunnel_id=1 framing_type=any bearer_type=none"), cli::Status::done);
  EXPECT_EQ(control_.session_parameters.framing_type, (runtime::Framing{true, true}));
  EXPECT_EQ(control_.session_parameters.bearer_type, (runtime::Bearer{false, false}));
}

TEST_F(Commands, ConfirmationsOfSessionsNameWhatTheUserNamed) {
  control_.new_id = 25015;
  expect("session create tunnel_id=35189 session_name=oc", cli::Status::done, "", "Created session 35189/25015\n");
  expect("session modify tunnel_name=t1 session_name=s1 trace_flags=fsm", cli::Status::done, "",
         "Modified session t1/s1\n");
  expect("session delete tunnel_id=5 session_id=7", cli::Status::done, "", "Deleted session 5/7\n");
  EXPECT_EQ(control_.session_name.tunnel.id, 5);
  EXPECT_EQ(control_.session_name.id, 7);
}

TEST_F(Commands, MissingNamesOfSessionsAreUsageErrors) {
  const std::string no_tunnel = "Required tunnel_id or tunnel_name argument is missing\n";
  const std::string no_session = "Required session_id or session_name argument is missing\n";
  expect("session list", cli::Status::usage, "Error at or near 'list'\n", no_tunnel);
  expect("session create session_name=q", cli::Status::usage, "Error at or near 'create'\n",
         "Required tunnel_id / tunnel_name argument missing\n");
  expect("session show tunnel_name=t1", cli::Status::usage, "Error at or near 'show'\n", no_session);
  expect("session delete tunnel_name=t1", cli::Status::usage, "Error at or near 'delete'\n", no_session);
  EXPECT_EQ(control_.calls, 0);
}

TEST_F(Commands, RefusalsOfSessionsReadAsTheyAlwaysDid) {
  control_.fault = ControlFault::session_not_found;
  expect("session show tunnel_name=t1 session_name=zz", cli::Status::failed, "Error at or near 'show'\n",
         "Operation failed: Session not found\n");
  control_.fault = ControlFault::session_type_bad;
  expect("session create tunnel_name=t1 session_type=lnic", cli::Status::failed, "Error at or near 'create'\n",
         "Operation failed: Session type invalid\n");
}

} // namespace
} // namespace openl2tp
