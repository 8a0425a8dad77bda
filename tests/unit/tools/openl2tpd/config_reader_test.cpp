// What a configuration file is understood to ask for, and how its mistakes are told.
#include "tools/openl2tpd/config_reader.hpp"

#include <gtest/gtest.h>

#include "tests/unit/tools/openl2tpd/scratch.hpp"

namespace openl2tp::daemon {
namespace {

using testing::Scratch;

Configuration configuration(std::string_view text) {
  auto read = read_configuration("test.conf", text, {});
  if (!read) {
    ADD_FAILURE() << fault_text("test.conf", read.error().front());
    return {};
  }
  return std::move(read->configuration);
}

std::vector<FileFault> faults(std::string_view text) {
  const auto read = read_configuration("test.conf", text, {});
  if (read) ADD_FAILURE() << "accepted: " << text;
  return read ? std::vector<FileFault>(1) : read.error();
}

TEST(ConfigReader, TunnelsAndSessionsAreWrittenDownWithTheirLines) {
  const Configuration read = configuration("tunnel create tunnel_name=t1 dest_ipaddr=192.0.2.1 persist=yes\n"
                                           "session create tunnel_name=t1 session_name=s1 user_name=bob\n"
                                           "tunnel create dest_ipaddr=192.0.2.2\n");
  ASSERT_EQ(read.tunnels.size(), 2u);
  EXPECT_EQ(read.tunnels[0].line, 1u);
  EXPECT_EQ(read.tunnels[0].parameters.tunnel_name, "t1");
  EXPECT_EQ(read.tunnels[0].parameters.persist, true);
  ASSERT_EQ(read.tunnels[0].sessions.size(), 1u);
  EXPECT_EQ(read.tunnels[0].sessions[0].line, 2u);
  EXPECT_EQ(read.tunnels[0].sessions[0].parameters.user_name, "bob");
  EXPECT_EQ(read.tunnels[1].line, 3u);
}

TEST(ConfigReader, ModifyAndDeleteActOnWhatTheFileMadeAbove) {
  const Configuration read = configuration("tunnel create tunnel_name=a dest_ipaddr=192.0.2.1\n"
                                           "tunnel create tunnel_name=b dest_ipaddr=192.0.2.2\n"
                                           "tunnel modify tunnel_name=b hello_timeout=7\n"
                                           "tunnel delete tunnel_name=a\n");
  ASSERT_EQ(read.tunnels.size(), 1u);
  EXPECT_EQ(read.tunnels[0].parameters.tunnel_name, "b");
  EXPECT_EQ(read.tunnels[0].parameters.hello_timeout_s, 7u);
}

TEST(ConfigReader, SystemParametersAreThoseThatTheFileSets) {
  const Configuration read = configuration("system modify max_tunnels=10 drain_tunnels=yes trace_flags=3\n");
  EXPECT_EQ(read.system.tunnels_max, 10u);
  EXPECT_EQ(read.system.drain, true);
  EXPECT_EQ(read.system.trace, 3u);
  EXPECT_FALSE(read.system.sessions_max);
}

TEST(ConfigReader, ProfilesAreMadeAsideAndNamed) {
  const Configuration read = configuration("tunnel profile create profile_name=p hello_timeout=5\n"
                                           "tunnel profile modify profile_name=default max_retries=9\n"
                                           "peer profile create profile_name=q tunnel_profile_name=p\n");
  EXPECT_EQ(read.named.tunnels, (std::set<std::string>{"p", "default"}));
  EXPECT_EQ(read.named.peers, (std::set<std::string>{"q"}));
  const auto profile = read.profiles->get<runtime::TunnelProfileParameters>("p");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->in_force.hello_timeout_s, 5u);
}

TEST(ConfigReader, AProfileThatIsThereAlreadyIsModified) {
  const Configuration read = configuration("tunnel profile create profile_name=p hello_timeout=5\n"
                                           "tunnel profile create profile_name=p max_retries=3\n");
  const auto profile = read.profiles->get<runtime::TunnelProfileParameters>("p");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->in_force.hello_timeout_s, 5u);
  EXPECT_EQ(profile->in_force.retries_max, 3u);
}

TEST(ConfigReader, TheDefaultProfileIsThereAlreadySoThatToCreateItIsToModifyIt) {
  const Configuration read = configuration("tunnel profile create profile_name=default max_retries=3\n");
  EXPECT_EQ(read.named.tunnels, (std::set<std::string>{"default"}));
  const auto profile = read.profiles->get<runtime::TunnelProfileParameters>("default");
  ASSERT_TRUE(profile);
  EXPECT_EQ(profile->in_force.retries_max, 3u);
}

TEST(ConfigReader, TheSpellingsOfOpenL2tpsFileAreRead) {
  const Configuration read = configuration("tunnel profile create profile_name=p framing_cap=sync bearer_cap=any\n"
                                           "ppp profile create profile_name=p sync_mode=sync_async\n"
                                           "peer profile create profile_name=p lac_lns=lnslac\n"
                                           "tunnel create tunnel_name=t dest_ipaddr=192.0.2.1 persist=on\n"
                                           "session create tunnel_name=t proxy_auth_type=chap called_number=5551234\n");
  EXPECT_EQ(read.named.ppp.count("p"), 1u);
  ASSERT_EQ(read.tunnels.size(), 1u);
  ASSERT_EQ(read.tunnels[0].sessions.size(), 1u);
  EXPECT_EQ(read.tunnels[0].sessions[0].parameters.proxy_auth_type, runtime::ProxyAuthType::chap);
  EXPECT_EQ(read.tunnels[0].sessions[0].parameters.called_number, "5551234");
}

TEST(ConfigReader, CommandsThatOnlyShowSomethingArePassedOverWithARemark) {
  const auto read = read_configuration("test.conf", "\ntunnel list\nsystem show version\n", {});
  ASSERT_TRUE(read);
  ASSERT_EQ(read->notes.size(), 2u);
  EXPECT_TRUE(fault_text("test.conf", read->notes[0]).starts_with("test.conf:2: tunnel list: "));
}

TEST(ConfigReader, EveryMistakeNamesFileLineCommandAndWhatIsWrong) {
  struct Case {
    std::string text, command, part;
    unsigned line;
  };
  const Case cases[] = {
      {"nonsense here\n", "nonsense here", "Error at or near 'nonsense'", 1},
      {"\n\ntunnel create dest_ipaddr=192.0.2.1 nonsense=1\n", "tunnel create", "nonsense", 3},
      {"tunnel create dest_ipaddr=192.0.2.1 mtu=x\n", "tunnel create", "mtu", 1},
      {"system modify \\\n max_tunnels=many\n", "system modify", "max", 1},
      {"tunnel create dest_ipaddr=192.0.2.1 our_udp_port=100000\n", "tunnel create", "65535", 1},
      {"tunnel create tunnel_name=t\n", "tunnel create", "eer", 1}, // the address of its peer is missing
      {"tunnel create dest_ipaddr=192.0.2.1 hide_avps=yes\n", "tunnel create", "secret", 1},
      {"tunnel create dest_ipaddr=192.0.2.1 profile_name=nosuch\n", "tunnel create", "profile", 1},
      {"\nsession create tunnel_name=nosuch\n", "session create", "no tunnel of that name", 2},
      {"tunnel modify tunnel_name=nosuch mtu=1400\n", "tunnel modify", "no tunnel of that name", 1},
      {"tunnel profile create profile_name=\n", "tunnel profile create", "name", 1},
      {"tunnel profile delete profile_name=default\n", "tunnel profile delete", "name", 1},
      {"config restore file=/etc/other\n", "config restore", "not in a configuration file", 1},
      {"tunnel create 'x\n", "", "quote", 1},
  };
  for (const Case& c : cases) {
    const auto found = faults(c.text);
    ASSERT_EQ(found.size(), 1u) << c.text;
    EXPECT_EQ(found[0].line, c.line) << c.text;
    EXPECT_EQ(found[0].command, c.command) << c.text;
    EXPECT_NE(found[0].what.find(c.part), std::string::npos) << c.text << found[0].what;
    EXPECT_EQ(found[0].what.find('\n'), std::string::npos) << found[0].what;
  }
}

TEST(ConfigReader, AllLinesThatAreNotUnderstoodAreToldAtOnce) {
  const auto found = faults("nonsense\ntunnel create dest_ipaddr=192.0.2.1\nmore nonsense\n");
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].line, 1u);
  EXPECT_EQ(found[1].line, 3u);
}

TEST(ConfigReader, WrongValuesAndReferencesAreToldWithThemAllAtOnce) {
  const auto found = faults("nonsense\n"
                            "tunnel create tunnel_name=a dest_ipaddr=192.0.2.1 profile_name=nosuch\n"
                            "session create tunnel_name=a session_name=s\n" // would be in order if line 2 were
                            "ppp profile create profile_name=p mtu=x\n"
                            "ppp profile modify profile_name=p mru=1400\n" // as would this
                            "tunnel create tunnel_name=b dest_ipaddr=192.0.2.2 peer_profile_name=nor_this\n");
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found[0].line, 1u);
  EXPECT_EQ(found[1].line, 2u);
  EXPECT_EQ(found[2].line, 4u);
  EXPECT_EQ(found[3].line, 6u);
}

TEST(ConfigReader, NumbersOutOfRangeAreClampedWithANoteAndNeverRefused) {
  const auto read = read_configuration("test.conf",
                                       "system modify tunnel_persist_pend_timeout=100000\n"
                                       "tunnel create dest_ipaddr=192.0.2.1 max_retries=200 retry_timeout=0 mtu=12 "
                                       "rx_window_size=65535 hello_timeout=-1 idle_timeout=99999999999\n",
                                       {});
  ASSERT_TRUE(read);
  const runtime::TunnelParameters& tunnel = read->configuration.tunnels.at(0).parameters;
  EXPECT_EQ(read->configuration.system.tunnel_persist_pend_timeout_s, 86400U);
  EXPECT_EQ(tunnel.retries_max, 100U);
  EXPECT_EQ(tunnel.retry_timeout_s, 1U);
  EXPECT_EQ(tunnel.mtu, 68U);
  EXPECT_EQ(tunnel.receive_window, 1024U);
  EXPECT_EQ(tunnel.hello_timeout_s, 0U);
  EXPECT_EQ(tunnel.idle_timeout_s, 2147483647U);
  std::string notes;
  for (const FileFault& note : read->notes)
    notes += fault_text("test.conf", note) + '\n';
  EXPECT_NE(notes.find("test.conf:1: system modify: tunnel_persist_pend_timeout: 100000 is not allowed, 86400 is used"),
            std::string::npos)
      << notes;
  for (const char* part : {"max_retries: 200 is not allowed, 100 is used", "retry_timeout: 0 is not allowed, 1 is used",
                           "mtu: 12 is not allowed, 68 is used", "hello_timeout: -1 is not allowed, 0 is used",
                           "idle_timeout: 99999999999 is not allowed, 2147483647 is used"})
    EXPECT_NE(notes.find(part), std::string::npos) << part << '\n' << notes;
}

TEST(ConfigReader, NameWithoutAnAddressIsPassedOverWithWhatNeedsIt) {
  ConfigDefaults defaults;
  defaults.resolver = [](const std::string& name, bool) -> tl::expected<protocol::IpAddress, std::string> {
    if (name == "up.example") return protocol::IpAddress::v4(192, 0, 2, 9);
    return tl::unexpected(std::string("Name or service not known"));
  };
  const auto read = read_configuration("test.conf",
                                       "tunnel create tunnel_name=a dest_ipaddr=down.example secret=hunter2\n"
                                       "session create tunnel_name=a session_name=s\n"
                                       "tunnel create tunnel_name=b dest_ipaddr=up.example\n",
                                       defaults);
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->unresolved);
  ASSERT_EQ(read->configuration.tunnels.size(), 1u);
  EXPECT_EQ(read->configuration.tunnels[0].parameters.peer_addr, protocol::IpAddress::v4(192, 0, 2, 9));
  ASSERT_EQ(read->notes.size(), 1u);
  const std::string note = fault_text("test.conf", read->notes[0]);
  EXPECT_TRUE(note.starts_with("test.conf:1: tunnel create: Failed to resolve address 'down.example'")) << note;
  EXPECT_EQ(note.find("hunter2"), std::string::npos) << note;
}

TEST(ConfigReader, TheNumberOfMistakesToldIsBounded) {
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "nonsense\n";
  EXPECT_EQ(faults(text).size(), config_faults_max);
}

TEST(ConfigReader, ASecretNeverReachesAMessage) {
  for (const std::string text :
       {"tunnel create dest_ipaddr=192.0.2.1 secrett=hunter2\n", "tunnel create dest_ipaddr=1.2.3 secret=hunter2\n",
        "tunnel secret=hunter2\n", "secret=hunter2\n", "session create tunnel_name=x user_password=hunter2\n"}) {
    for (const FileFault& fault : faults(text))
      EXPECT_EQ(fault_text("f", fault).find("hunter2"), std::string::npos) << fault_text("f", fault);
  }
}

TEST(ConfigReader, AFileThatCannotBeReadSaysWhy) {
  const Scratch scratch;
  const auto missing = load_configuration(scratch.path("none"), {});
  ASSERT_FALSE(missing);
  EXPECT_EQ(fault_text("none", missing.error().front()), "none: cannot be read: No such file or directory");
  EXPECT_FALSE(load_configuration(scratch.path(""), {}));
}

TEST(ConfigReader, SixtyThousandTunnelsAreRead) {
  std::string text;
  for (int i = 0; i < 60'000; ++i)
    text += "tunnel create tunnel_name=t" + std::to_string(i) + " dest_ipaddr=192.0.2.1\n";
  EXPECT_EQ(configuration(text).tunnels.size(), 60'000u);
}

} // namespace
} // namespace openl2tp::daemon
