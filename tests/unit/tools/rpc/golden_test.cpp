// Requests and replies octet by octet against tests/rpc/golden: the wire as stock clients speak it, not as our encoder
// sees it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <ctime>
#include <fstream>
#include <sstream>

#include "tests/unit/tools/rpc/fake_control.hpp"
#include "tools/rpc/dispatcher.hpp"

namespace openl2tp {
namespace {

using runtime::ControlFault;
using runtime::IpAddress;

constexpr int kAnyOctet = -1;

/// The octets of a golden file; kAnyOctet where it says "??".
std::vector<int> golden(const std::string& name) {
  std::ifstream file(std::string(OPENL2TP_SOURCE_DIR) + "/tests/rpc/golden/" + name + ".hex");
  EXPECT_TRUE(file) << name;
  std::vector<int> result;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line.substr(0, line.find('#')));
    for (std::string word; words >> word;) {
      for (std::size_t i = 0; i + 1 < word.size(); i += 2) {
        const std::string pair = word.substr(i, 2);
        result.push_back(pair == "??" ? kAnyOctet : std::stoi(pair, nullptr, 16));
      }
    }
  }
  EXPECT_FALSE(result.empty()) << name;
  return result;
}

std::vector<std::byte> golden_call(const std::string& name) {
  std::vector<std::byte> result;
  for (const int octet : golden(name))
    result.push_back(static_cast<std::byte>(octet));
  return result;
}

void expect_equal(const std::vector<std::byte>& seen, const std::string& name) {
  const std::vector<int> wanted = golden(name);
  for (std::size_t i = 0; i < std::min(seen.size(), wanted.size()); ++i) {
    if (wanted[i] == kAnyOctet) continue;
    ASSERT_EQ(std::to_integer<int>(seen[i]), wanted[i]) << name << ": octet " << i << ", unit " << i / 4;
  }
  EXPECT_EQ(seen.size(), wanted.size()) << name;
}

class Golden : public ::testing::Test {
 protected:
  void SetUp() override {
    setenv("TZ", "UTC", 1);
    tzset();
  }

  /// Sends a golden call and compares the reply with another golden file.
  void exchange(const std::string& request, const std::string& reply, rpc::Caller caller = {true, true}) {
    const auto answer = dispatcher_.answer(golden_call(request), caller, 65536);
    ASSERT_TRUE(answer.has_value());
    expect_equal(*answer, reply);
  }

  test::FakeControl control_;
  rpc::Dispatcher dispatcher_{control_, {}};
};

TEST_F(Golden, AppInfoGetTellsVersionAndCookie) { exchange("app_info_get.request", "app_info_get.reply"); }

TEST_F(Golden, SystemModifyCarriesWhatIsFlagged) {
  exchange("system_modify.request", "zero.reply");
  EXPECT_EQ(control_.system_change.tunnels_max, 42u);
  EXPECT_EQ(control_.system_change.drain, true);
  EXPECT_EQ(control_.system_change.trace, 3u);
  EXPECT_EQ(control_.system_change.trace_bits, protocol::trace::all);
  EXPECT_FALSE(control_.system_change.sessions_max.has_value());
  EXPECT_FALSE(control_.system_change.tunnel_establish_timeout_s.has_value());
  EXPECT_FALSE(control_.system_change.deny_local_tunnel_creates.has_value());
  EXPECT_FALSE(control_.system_change.reset_statistics);
}

TEST_F(Golden, SystemGetCarriesConfigurationAndEveryCounter) {
  auto& s = control_.system;
  s.config = {.udp_port = 1701,
              .trace = 0x7ff,
              .tunnels_max = 42,
              .sessions_max = 10,
              .drain = true,
              .tunnel_establish_timeout_s = 121,
              .session_establish_timeout_s = 42,
              .tunnel_persist_pend_timeout_s = 301,
              .session_persist_pend_timeout_s = 5,
              .deny_local_tunnel_creates = true,
              .deny_remote_tunnel_creates = false};
  s.changed.trace = 0x7ff;
  s.changed.tunnels_max = 42;
  s.changed.session_persist_pend_timeout_s = 5;
  s.tunnels = 7;
  s.sessions = 70;
  auto& c = s.counters;
  std::uint32_t value = 1000;
  for (std::uint32_t* counter : {&c.short_frames,
                                 &c.wrong_version_frames,
                                 &c.unexpected_data_frames,
                                 &c.bad_received_frames,
                                 &c.received_control_frames,
                                 &c.sent_control_frames,
                                 &c.control_frame_send_failures,
                                 &c.retransmitted_control_frames,
                                 &c.no_control_frame_resources,
                                 &c.no_peer_resources,
                                 &c.no_tunnel_resources,
                                 &c.no_session_resources,
                                 &c.no_ppp_resources,
                                 &c.too_many_tunnels,
                                 &c.too_many_sessions,
                                 &c.authentication_failures,
                                 &c.no_matching_tunnel,
                                 &c.no_matching_session,
                                 &c.mismatched_tunnel_ids,
                                 &c.mismatched_session_ids,
                                 &c.encode_failures,
                                 &c.tunnel_setup_failures,
                                 &c.session_setup_failures,
                                 &c.event_queue_full,
                                 &c.ignored_avps,
                                 &c.vendor_avps,
                                 &c.illegal_messages,
                                 &c.unsupported_messages}) {
    *counter = value++;
  }
  for (std::uint32_t i = 0; i < c.messages.size(); ++i)
    c.messages[i] = {.received = i, .received_bad = 200 + i, .sent = 100 + i};
  exchange("system_get.request", "system_get.reply");
}

TEST_F(Golden, TunnelCreateCarriesWhatIsFlagged) {
  control_.new_id = 50199;
  exchange("tunnel_create.request", "tunnel_create.reply");
  const auto& p = control_.tunnel_parameters;
  EXPECT_EQ(p.tunnel_name, "tun2");
  EXPECT_EQ(p.our_addr, IpAddress::v4(192, 168, 0, 2));
  EXPECT_EQ(p.peer_addr, IpAddress::v4(192, 168, 0, 1));
  EXPECT_EQ(p.peer_udp_port, 1702);
  EXPECT_EQ(p.config_id, 77u);
  EXPECT_EQ(p.auth_mode, runtime::AuthMode::challenge);
  EXPECT_EQ(p.framing_capabilities, (runtime::Framing{true, false}));
  EXPECT_EQ(p.bearer_capabilities, (runtime::Bearer{false, true}));
  EXPECT_EQ(p.use_tie_breaker, true);
  EXPECT_EQ(p.persist, true);
  EXPECT_EQ(p.hello_timeout_s, 11u);
  EXPECT_EQ(p.trace, protocol::trace::all);
  EXPECT_EQ(p.mtu, 1300u);
  EXPECT_EQ(p.secret, "abc");
  EXPECT_EQ(p.host_name, "myhost");
  EXPECT_EQ(p.interface_name, "ifx");
  EXPECT_FALSE(p.tunnel_id.has_value());
  EXPECT_FALSE(p.our_udp_port.has_value());
  EXPECT_FALSE(p.hide_avps.has_value());
  EXPECT_FALSE(p.receive_window.has_value());
  EXPECT_FALSE(p.retries_max.has_value());
  EXPECT_FALSE(p.tunnel_profile_name.has_value());
}

TEST_F(Golden, TunnelCreateRefusedAnswersTheNegatedNumber) {
  control_.fault = ControlFault::tunnel_already_exists;
  exchange("tunnel_create.request", "tunnel_create_refused.reply");
}

TEST_F(Golden, TunnelDeleteCarriesNameAndReason) {
  exchange("tunnel_delete.request", "zero.reply");
  EXPECT_EQ(control_.tunnel_name.id, 0);
  EXPECT_EQ(control_.tunnel_name.name, "t1");
  EXPECT_EQ(control_.reason, "bye");
}

TEST_F(Golden, TunnelModifyTakesAnEmptyTraceMaskForAllBits) {
  exchange("tunnel_modify.request", "zero.reply");
  EXPECT_EQ(control_.tunnel_name.id, 50199);
  EXPECT_EQ(control_.tunnel_parameters.hello_timeout_s, 30u);
  EXPECT_EQ(control_.tunnel_parameters.trace, 2u);
  EXPECT_EQ(control_.tunnel_parameters.trace_bits, protocol::trace::all);
  EXPECT_FALSE(control_.tunnel_parameters.tunnel_id.has_value());
  EXPECT_FALSE(control_.tunnel_parameters.mtu.has_value());
}

TEST_F(Golden, TunnelGetCarriesEveryField) {
  control_.tunnel = test::full_tunnel();
  exchange("tunnel_get.request", "tunnel_get.reply");
  EXPECT_EQ(control_.tunnel_name.name, "t1");
}

TEST_F(Golden, TunnelGetOfNothingKnownIsAResultCode) {
  control_.fault = ControlFault::tunnel_not_found;
  exchange("tunnel_get.request", "tunnel_get_refused.reply");
}

TEST_F(Golden, TunnelGetThatNamesNothingAnswersNotFound) {
  control_.fault = ControlFault::tunnel_spec_missing;
  exchange("tunnel_get.request", "tunnel_get_refused.reply");
}

TEST_F(Golden, TunnelListCarriesIdsAsUnits) {
  control_.ids = {1, 46181, 65535};
  exchange("tunnel_list.request", "tunnel_list.reply");
}

TEST_F(Golden, SessionCreateCarriesWhatIsFlagged) {
  control_.new_id = 36523;
  exchange("session_create.request", "session_create.reply");
  EXPECT_EQ(control_.tunnel_name.name, "t1");
  const auto& p = control_.session_parameters;
  EXPECT_EQ(p.session_name, "full");
  EXPECT_EQ(p.session_type, runtime::SessionType::lns_outgoing);
  EXPECT_EQ(p.user_name, "u");
  EXPECT_EQ(p.user_password, "pw");
  EXPECT_EQ(p.no_ppp, true);
  EXPECT_EQ(p.framing_type, (runtime::Framing{true, false}));
  EXPECT_EQ(p.bearer_type, (runtime::Bearer{false, true}));
  EXPECT_EQ(p.minimum_bps, 10u);
  EXPECT_EQ(p.maximum_bps, 20u);
  EXPECT_EQ(p.tx_connect_speed, 2000u);
  EXPECT_EQ(p.rx_connect_speed, 1000u);
  EXPECT_EQ(p.proxy_auth_type, runtime::ProxyAuthType::chap);
  EXPECT_EQ(p.proxy_auth_challenge, test::octets({1, 0xfe}));
  EXPECT_EQ(p.called_number, "555");
  EXPECT_FALSE(p.use_sequence_numbers.has_value());
  EXPECT_FALSE(p.session_id.has_value());
  EXPECT_FALSE(p.calling_number.has_value());
  EXPECT_FALSE(p.sequencing_required.has_value());
}

TEST_F(Golden, SessionDeleteCarriesIds) {
  exchange("session_delete.request", "zero.reply");
  EXPECT_EQ(control_.session_name.tunnel.id, 50199);
  EXPECT_FALSE(control_.session_name.tunnel.name.has_value());
  EXPECT_EQ(control_.session_name.id, 566);
  EXPECT_FALSE(control_.session_name.name.has_value());
  EXPECT_EQ(control_.reason, "");
}

TEST_F(Golden, SessionModifyCarriesNamesAndWhatIsFlagged) {
  exchange("session_modify.request", "zero.reply");
  EXPECT_EQ(control_.session_name.tunnel.name, "t1");
  EXPECT_EQ(control_.session_name.name, "s1");
  EXPECT_EQ(control_.session_parameters.sequencing_required, true);
  EXPECT_EQ(control_.session_parameters.reorder_timeout, 12u);
  EXPECT_EQ(control_.session_parameters.trace, 2u);
  EXPECT_FALSE(control_.session_parameters.use_sequence_numbers.has_value());
  EXPECT_FALSE(control_.session_parameters.session_name.has_value());
}

TEST_F(Golden, SessionGetCarriesEveryFieldButSecretsToOthersThanRoot) {
  control_.session = test::full_session();
  control_.session.config.profile_name = "sp1";
  control_.session.config.ppp_profile_name = "pp1";
  exchange("session_get.request", "session_get.reply", {.local = true, .privileged = false});
}

TEST_F(Golden, SessionGetNamesTheDefaultProfilesWhereTheyWereGivenAlone) {
  const auto names = [this] {
    const auto reply = dispatcher_.answer(golden_call("session_get.request"), {true, true}, 65536);
    const std::string_view octets(reinterpret_cast<const char*>(reply->data()), reply->size());
    int count = 0;
    for (std::size_t at = octets.find("default"); at != octets.npos; at = octets.find("default", at + 1))
      ++count;
    return count;
  };
  control_.session = test::full_session();
  EXPECT_EQ(names(), 0);
  control_.session.supplied.ppp_profile_name = "default";
  EXPECT_EQ(names(), 1);
  control_.session.supplied.profile_name = "default";
  EXPECT_EQ(names(), 2);
}

TEST_F(Golden, SessionGetOfNothingKnownIsAResultCode) {
  control_.fault = ControlFault::session_not_found;
  exchange("session_get.request", "session_get_refused.reply");
}

TEST_F(Golden, SessionListCarriesIds) {
  control_.ids = {24579, 43799};
  exchange("session_list.request", "session_list.reply");
  EXPECT_EQ(control_.tunnel_name.id, 35189);
}

/// What a profile is once its golden create request was answered: the same octets come back.
struct KindOfProfile {
  const char* name;
  const char* profile;
};

class GoldenProfile : public Golden, public ::testing::WithParamInterface<KindOfProfile> {
 protected:
  [[nodiscard]] std::string file(const char* what) const { return std::string(GetParam().name) + "_profile_" + what; }
};

TEST_P(GoldenProfile, IsCreatedAndReadBackWithEveryField) {
  exchange(file("create.request"), "zero.reply");
  exchange(file("get.request"), file("get.reply"));
}

TEST_P(GoldenProfile, ListEndsWithAnEmptyEntry) {
  exchange(file("create.request"), "zero.reply");
  exchange(file("list.request"), file("list.reply"));
}

TEST_P(GoldenProfile, DeletedIsNotFound) {
  exchange(file("create.request"), "zero.reply");
  exchange(file("delete.request"), "zero.reply");
  exchange(file("get.request"), file("get_refused.reply"));
}

TEST_P(GoldenProfile, UnsetOfEverythingIsTheBuiltInDefault) {
  exchange(file("create.request"), "zero.reply");
  exchange(file("unset.request"), "zero.reply");
  exchange(file("get.request"), file("get_unset.reply"));
}

TEST_P(GoldenProfile, ModifyLaysTheSameFieldsOver) {
  exchange(file("create.request"), "zero.reply");
  exchange(file("unset.request"), "zero.reply");
  exchange(file("modify.request"), "zero.reply");
  exchange(file("get.request"), file("get.reply"));
}

INSTANTIATE_TEST_SUITE_P(Kinds, GoldenProfile,
                         ::testing::Values(KindOfProfile{"peer", "p1"}, KindOfProfile{"tunnel", "tp1"},
                                           KindOfProfile{"session", "sp1"}, KindOfProfile{"ppp", "pp1"}),
                         [](const auto& info) { return std::string(info.param.name); });

TEST_F(Golden, TheSecretOfATunnelProfileIsForRootAlone) {
  exchange("tunnel_profile_create.request", "zero.reply");
  const auto answer = dispatcher_.answer(golden_call("tunnel_profile_get.request"), {.local = true}, 65536);
  ASSERT_TRUE(answer.has_value());
  const std::string_view text(reinterpret_cast<const char*>(answer->data()), answer->size());
  EXPECT_EQ(text.find("abc"), std::string_view::npos);
}

TEST_F(Golden, PeerProfileGetCountsItsTunnels) {
  control_.profile_uses = {{"p1", 2}, {"default", 1}};
  exchange("peer_profile_create.request", "zero.reply");
  exchange("peer_profile_get.request", "peer_profile_get_used.reply");
}

TEST_F(Golden, PeerGetCountsTheTunnelsBetweenTwoAddresses) {
  control_.peers = {{IpAddress::v4(192, 168, 0, 2), IpAddress::v4(192, 168, 0, 1), 3},
                    {IpAddress::v4(192, 168, 0, 3), IpAddress::v4(192, 168, 0, 1), 9}};
  exchange("peer_get.request", "peer_get.reply");
}

TEST_F(Golden, PeerGetOfNothingKnownIsAResultCode) { exchange("peer_get.request", "peer_get_refused.reply"); }

TEST_F(Golden, PeerListEndsWithAnEmptyEntryAndLeavesOutWhatDoesNotFit) {
  control_.peers = {
      {IpAddress::v4(192, 168, 0, 2), IpAddress::v4(192, 168, 0, 1), 3},
      {protocol::parse_ip_address("2001:db8::2").value(), protocol::parse_ip_address("2001:db8::1").value(), 3}};
  exchange("peer_list.request", "peer_list.reply");
}

TEST_F(Golden, EmptyPeerListCarriesTheEmptyEntry) { exchange("peer_list.request", "peer_list_empty.reply"); }

TEST_F(Golden, UserListEndsWithAnEmptyEntry) {
  control_.users = {{"fred", 1795330874, true, 50199, 566}};
  exchange("user_list.request", "user_list.reply");
}

TEST_F(Golden, EmptyUserListCarriesTheEmptyEntry) { exchange("user_list.request", "user_list_empty.reply"); }

TEST_F(Golden, IncomingCallBecomesALaicSessionOnATunnelOfTheProfile) {
  control_.tunnels = {test::full_tunnel(), test::full_tunnel(), test::full_tunnel()};
  control_.tunnels[0].tunnel_id = 1;
  control_.tunnels[0].state = "WAITCTLREPLY";
  control_.tunnels[0].sessions = 0;
  control_.tunnels[1].tunnel_id = 2;
  control_.tunnels[2].tunnel_id = 3;
  control_.tunnels[2].sessions = 1;
  control_.new_id = 36523;
  exchange("session_incall_ind.request", "session_incall_ind.reply");
  EXPECT_EQ(control_.tunnel_name.id, 3);
  EXPECT_EQ(control_.session_parameters.session_type, runtime::SessionType::lac_incoming);
  EXPECT_EQ(control_.session_parameters.calling_number, "123");
  EXPECT_EQ(control_.session_parameters.session_name, "in");
}

TEST_F(Golden, TestProceduresSayThatTheyAreOff) {
  exchange("test_log.request", "test_off.reply");
  exchange("test_modify.request", "test_off.reply");
  const auto answer = dispatcher_.answer(golden_call("test_get.request"), {true, true}, 65536);
  ASSERT_EQ(answer.value().size(), 24u);
  EXPECT_EQ((*answer)[23], std::byte{3}); // PROC_UNAVAIL
}

TEST_F(Golden, TestProceduresWorkWithTheTestOption) {
  rpc::Dispatcher testing(control_, {.test = true});
  ASSERT_TRUE(control_.profile_store.create("p1", runtime::PeerProfileParameters{}));
  expect_equal(testing.answer(golden_call("test_log.request"), {true, true}, 65536).value(), "zero.reply");
  expect_equal(testing.answer(golden_call("test_modify.request"), {true, true}, 65536).value(), "zero.reply");
  expect_equal(testing.answer(golden_call("test_get.request"), {true, true}, 65536).value(), "test_get.reply");
  EXPECT_EQ(control_.profile_store.list<runtime::PeerProfileParameters>().size(), 1u);
}

TEST_F(Golden, MonitorNextCarriesEventsAndHowManyWereLost) {
  rpc::EventQueue queue;
  queue.add_lost((std::uint64_t{1} << 32) + 5);
  queue.push({.kind = runtime::MonitorEvent::Kind::session_up,
              .at = 1795330874123,
              .tunnel_id = 1,
              .session_id = 2,
              .peer_tunnel_id = 3,
              .peer_session_id = 4,
              .text = "up"});
  const auto answer =
      dispatcher_.answer(golden_call("ext_monitor_next.request"), {.local = true}, 65536, {.events = &queue});
  expect_equal(answer.value(), "ext_monitor_next.reply");
  EXPECT_TRUE(queue.empty());
}

TEST_F(Golden, AddressesTravelAsText) {
  control_.new_id = 50199;
  exchange("ext_tunnel_create.request", "ext_tunnel_create.reply");
  EXPECT_EQ(control_.tunnel_parameters.peer_addr, protocol::parse_ip_address("2001:db8::1"));
  EXPECT_FALSE(control_.tunnel_parameters.our_addr.has_value());
  control_.tunnel = test::full_tunnel();
  exchange("ext_tunnel_addresses.request", "ext_tunnel_addresses.reply");
  control_.peers = {
      {protocol::parse_ip_address("2001:db8::2").value(), protocol::parse_ip_address("2001:db8::1").value(), 3}};
  exchange("ext_peer_list.request", "ext_peer_list.reply");
  exchange("peer_profile_create.request", "zero.reply");
  exchange("ext_profile_set_addresses.request", "zero.reply");
  exchange("ext_profile_addresses.request", "ext_profile_addresses.reply");
}

TEST_F(Golden, PppTravelsOnItsOwn) {
  control_.session = test::full_session();
  control_.session.ppp = test::full_ppp();
  exchange("ext_session_ppp.request", "ext_session_ppp.reply");
  EXPECT_EQ(control_.session_name.name, "s1");
  control_.user_page = {.users = {{{"fred", 1795330874, true, 50199, 566}, test::full_ppp(), {}}}, .more = true};
  control_.user_page.users[0].statistics.received_packets = 1;
  control_.user_page.users[0].statistics.received_octets = 2;
  control_.user_page.users[0].statistics.sent_packets = 3;
  control_.user_page.users[0].statistics.sent_octets = std::uint64_t{4} << 32;
  exchange("ext_user_list.request", "ext_user_list.reply");
  EXPECT_EQ(control_.users_asked_after, (std::pair<std::uint16_t, std::uint16_t>{50199, 17}));
}

TEST_F(Golden, PppOfNoSessionIsAResultCode) {
  control_.fault = ControlFault::session_not_found;
  exchange("ext_session_ppp.request", "ext_session_ppp_refused.reply");
}

TEST_F(Golden, WordsOfARefusalTravelOnTheirOwn) {
  std::string refusal = "hello_timeout: 900000, allowed 0 to 86400";
  const auto answer =
      dispatcher_.answer(golden_call("ext_error_detail.request"), {.local = true}, 65536, {.refusal = &refusal});
  expect_equal(answer.value(), "ext_error_detail.reply");
  exchange("ext_error_detail.request", "ext_error_detail_udp.reply");
}

TEST_F(Golden, EveryCallTruncatedAnywhereReachesNoModel) {
  for (const char* name : {"system_modify",
                           "tunnel_create",
                           "tunnel_delete",
                           "tunnel_modify",
                           "tunnel_get",
                           "session_create",
                           "session_delete",
                           "session_modify",
                           "session_get",
                           "session_list",
                           "session_incall_ind",
                           "peer_get",
                           "ext_tunnel_create",
                           "ext_tunnel_addresses",
                           "peer_profile_create",
                           "tunnel_profile_create",
                           "session_profile_create",
                           "ppp_profile_create",
                           "peer_profile_unset",
                           "ppp_profile_unset",
                           "peer_profile_delete",
                           "ext_profile_set_addresses",
                           "ext_monitor_next",
                           "ext_session_ppp",
                           "ext_user_list",
                           "test_log"}) {
    const auto call = golden_call(std::string(name) + ".request");
    for (std::size_t size = 0; size < call.size(); ++size) {
      const auto answer = dispatcher_.answer(std::span(call).first(size), {true, true}, 65536);
      ASSERT_EQ(control_.calls, 0) << name << " cut to " << size;
      // From the end of the RPC header on there is an answer: GARBAGE_ARGS.
      if (size >= 40) {
        ASSERT_TRUE(answer.has_value());
        ASSERT_EQ(answer->size(), 24u);
        ASSERT_TRUE((*answer)[23] == std::byte{4} || std::string_view(name) == "ext_monitor_next")
            << name << " cut to " << size;
      }
    }
  }
}

} // namespace
} // namespace openl2tp
