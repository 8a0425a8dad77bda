#include "tools/openl2tpd/options.hpp"

#include <syslog.h>

#include <fstream>
#include <regex>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

namespace openl2tp::daemon {
namespace {

tl::expected<Options, EarlyExit> parse(std::vector<std::string> words) {
  words.insert(words.begin(), "openl2tpd");
  std::vector<char*> arguments;
  for (std::string& word : words)
    arguments.push_back(word.data());
  return parse_options(arguments);
}

Options parsed(std::vector<std::string> words) {
  const auto options = parse(std::move(words));
  if (!options) ADD_FAILURE() << options.error().error;
  return options.value_or(Options{});
}

EarlyExit refused(std::vector<std::string> words) {
  const auto options = parse(std::move(words));
  if (options) ADD_FAILURE() << "accepted";
  return options ? EarlyExit{} : options.error();
}

TEST(Options, WithoutWordsTheDefaultsHold) {
  const Options options = parsed({});
  EXPECT_FALSE(options.foreground);
  EXPECT_FALSE(options.debug);
  EXPECT_FALSE(options.remote_management);
  EXPECT_EQ(options.trace, 0u);
  EXPECT_EQ(options.udp_port, 1701);
  EXPECT_EQ(options.threads, 0u);
  EXPECT_EQ(options.pid_file, "/var/run/openl2tpd.pid");
  EXPECT_FALSE(options.log_facility);
  EXPECT_TRUE(options.plugins.empty());
  EXPECT_TRUE(options.listen.empty());
}

TEST(Options, ProgramsHaveTheCapabilitiesThatAreNamed) {
  const auto mask = [](const char* names) { return parsed({"--program-capabilities", names}).program_capabilities; };
  EXPECT_EQ(parsed({}).program_capabilities, mask("net_admin,net_raw"));
  EXPECT_EQ(mask("none"), 0U);
  EXPECT_EQ(mask("all"), ~CapabilityMask{0});
  EXPECT_EQ(mask("cap_net_admin"), CapabilityMask{1} << 12);
  EXPECT_EQ(mask("chown,cap_net_raw"), CapabilityMask{1} << 13 | 1);
  for (const char* wrong : {"", "net_admin,", "net_admni", "64", "net admin"})
    EXPECT_NE(refused({"--program-capabilities", wrong}).error.find("is no capability"), std::string::npos) << wrong;
}

TEST(Options, LettersMayBeJoined) {
  const Options options = parsed({"-fDRu1702", "-dfsm"});
  EXPECT_TRUE(options.foreground);
  EXPECT_TRUE(options.debug);
  EXPECT_TRUE(options.remote_management);
  EXPECT_EQ(options.udp_port, 1702);
  EXPECT_EQ(options.trace, protocol::trace::fsm);
}

TEST(Options, LongFormsMeanTheSame) {
  const Options options = parsed({"--foreground", "--debug", "--remote-management", "--udp-port=1702", "--trace", "0x3",
                                  "--threads=4", "--plugin=ppp_null", "--pid-file=/x", "--log-facility=local3"});
  EXPECT_TRUE(options.foreground && options.debug && options.remote_management);
  EXPECT_EQ(options.udp_port, 1702);
  EXPECT_EQ(options.trace, 3u);
  EXPECT_EQ(options.threads, 4u);
  EXPECT_EQ(options.plugins, std::vector<std::string>{"ppp_null"});
  EXPECT_EQ(options.pid_file, "/x");
  EXPECT_EQ(options.log_facility, LOG_LOCAL3);
}

TEST(Options, PluginsAndAddressesAddUpInOrder) {
  const Options options = parsed({"-p", "b", "-p", "a", "--listen", "192.0.2.1", "--listen=2001:db8::1"});
  EXPECT_EQ(options.plugins, (std::vector<std::string>{"b", "a"}));
  ASSERT_EQ(options.listen.size(), 2u);
  EXPECT_EQ(protocol::to_string(options.listen[0]), "192.0.2.1");
  EXPECT_EQ(protocol::to_string(options.listen[1]), "2001:db8::1");
}

TEST(Options, PppProfilesAreGivenToPlugins) {
  const Options options = parsed({"--ppp-plugin=gold=ppp_kernel", "--ppp-plugin", "x=y=z", "-y", "20"});
  ASSERT_EQ(options.ppp_plugins.size(), 2u);
  EXPECT_EQ(options.ppp_plugins[0], (std::pair<std::string, std::string>{"gold", "ppp_kernel"}));
  EXPECT_EQ(options.ppp_plugins[1].second, "y=z");
  EXPECT_EQ(options.ppp_setups, 20u);
  for (const char* wrong : {"--ppp-plugin=gold", "--ppp-plugin==x", "--ppp-plugin=gold="})
    EXPECT_NE(refused({wrong}).error.find("must be PROFILE=NAME"), std::string::npos) << wrong;
}

TEST(Options, HalfOpenTunnelsAreBoundedInNumberAndPerSource) {
  EXPECT_EQ(parsed({}).half_open.total_max, 32'768u);
  EXPECT_EQ(parsed({}).half_open.per_source_max, 16'384u);
  EXPECT_EQ(parsed({"--half-open=500"}).half_open.total_max, 500u);
  EXPECT_EQ(parsed({"--half-open=500"}).half_open.per_source_max, 500u);
  const Options options = parsed({"--half-open=60000,7"});
  EXPECT_EQ(options.half_open.total_max, 60'000u);
  EXPECT_EQ(options.half_open.per_source_max, 7u);
  for (const char* wrong : {"--half-open=", "--half-open=0", "--half-open=5,", "--half-open=5,0", "--half-open=70000"})
    EXPECT_NE(refused({wrong}).error.find("1 to 65535"), std::string::npos) << wrong;
}

TEST(Options, TheConfigurationFileIsKnownToBeGivenOrNot) {
  EXPECT_FALSE(parsed({}).config_file);
  EXPECT_EQ(parsed({"-c", "x.conf"}).config_file, "x.conf");
  EXPECT_EQ(refused({"-c", ""}).status, 1);
}

TEST(Options, ADirectoryOfStatusFilesAsksForThem) {
  EXPECT_FALSE(parsed({}).status_files);
  EXPECT_EQ(parsed({"-S"}).status_directory, "/var/run/openl2tpd");
  EXPECT_TRUE(parsed({"-S"}).status_files);
  const Options options = parsed({"--status-directory=/tmp/x"});
  EXPECT_TRUE(options.status_files);
  EXPECT_EQ(options.status_directory, "/tmp/x");
}

TEST(Options, RemoteAddressesAndNetworksOpenTheManagement) {
  const Options options =
      parsed({"--remote-address=192.0.2.1", "--remote-allow=198.51.100.0/24", "--remote-allow", "2001:db8::/32"});
  EXPECT_TRUE(options.remote_management);
  EXPECT_EQ(options.remote_addresses.size(), 1u);
  EXPECT_EQ(options.remote_allow.size(), 2u);
  EXPECT_NE(refused({"--remote-allow=x"}).error.find("--remote-allow: "), std::string::npos);
}

TEST(Options, EveryFacilityIsKnown) {
  const int facilities[] = {LOG_LOCAL0, LOG_LOCAL1, LOG_LOCAL2, LOG_LOCAL3,
                            LOG_LOCAL4, LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
  for (int i = 0; i < 8; ++i)
    EXPECT_EQ(parsed({"-L", "local" + std::to_string(i)}).log_facility, facilities[i]);
}

TEST(Options, AValueOutOfRangeNamesWhatWasSeenAndWhatIsAllowed) {
  struct Case {
    std::vector<std::string> words;
    std::string seen, allowed;
  };
  const Case cases[] = {
      {{"-u", "0"}, "\"0\"", "1 to 65535"},
      {{"-u", "65536"}, "\"65536\"", "1 to 65535"},
      {{"-u", "17x"}, "\"17x\"", "1 to 65535"},
      {{"-u", "-1"}, "\"-1\"", "1 to 65535"},
      {{"-u", ""}, "\"\"", "1 to 65535"},
      {{"-T", "0"}, "\"0\"", "1 to 256"},
      {{"-T", "257"}, "\"257\"", "1 to 256"},
      {{"-y", "-1"}, "\"-1\"", "0 (no bound) to 1000000"},
      {{"-L", "bogus"}, "\"bogus\"", "local0 to local7"},
      {{"-L", "local8"}, "\"local8\"", "local0 to local7"},
      {{"-L", "local01"}, "\"local01\"", "local0 to local7"},
      {{"--listen", "host.example"}, "\"host.example\"", "IPv4 or IPv6"},
      {{"-d", "4096"}, "4096", "0 to 2047"},
      {{"-u", "a\nb"}, "\"a\\x0ab\"", "1 to 65535"},
  };
  for (const Case& c : cases) {
    const EarlyExit exit = refused(c.words);
    EXPECT_EQ(exit.status, 1) << c.words[1];
    EXPECT_NE(exit.error.find(c.seen), std::string::npos) << exit.error;
    EXPECT_NE(exit.error.find(c.allowed), std::string::npos) << exit.error;
    EXPECT_TRUE(exit.output.empty());
  }
}

TEST(Options, AnUnknownTraceFlagIsNamedInTheWordsOfOpenL2tp) {
  const EarlyExit exit = refused({"-d", "bogus"});
  EXPECT_EQ(exit.status, 1);
  EXPECT_EQ(exit.error, "Unknown trace flag: bogus\n");
}

TEST(Options, AnUnknownOptionShowsTheUsageOnStandardErrorWithStatus1) {
  for (const std::string word : {"-Z", "--nonsense", "-u", "--udp-port"}) {
    const EarlyExit exit = refused({word});
    EXPECT_EQ(exit.status, 1);
    EXPECT_NE(exit.error.find(word.substr(1)), std::string::npos) << exit.error;
    EXPECT_NE(exit.error.find("Usage: "), std::string::npos);
  }
  EXPECT_TRUE(refused({"-Z"}).error.starts_with("openl2tpd: invalid option -- 'Z'\n"));
  EXPECT_TRUE(refused({"-fZ"}).error.starts_with("openl2tpd: invalid option -- 'Z'\n"));
}

TEST(Options, AWordThatIsNoOptionIsRefused) {
  const EarlyExit exit = refused({"-f", "stray"});
  EXPECT_EQ(exit.status, 1);
  EXPECT_TRUE(exit.error.starts_with("openl2tpd: unexpected argument \"stray\"\n"));
}

TEST(Options, HelpGoesToStandardOutputWithStatus0) {
  for (const std::string word : {"-h", "--help"}) {
    const EarlyExit exit = refused({word});
    EXPECT_EQ(exit.status, 0);
    EXPECT_EQ(exit.output, usage("openl2tpd"));
    EXPECT_TRUE(exit.error.empty());
  }
}

TEST(Options, VersionIsOneLine) {
  const EarlyExit exit = refused({"--version"});
  EXPECT_EQ(exit.status, 0);
  EXPECT_EQ(exit.output, "openl2tpd " + std::string(version()) + "\n");
}

std::string option_word(const OptionRow& row) {
  return row.letter != 0 ? std::string{'-', row.letter} : "--" + std::string(row.long_name);
}

TEST(Options, EveryRowOfTheTableIsHandled) {
  for (const OptionRow& row : option_table()) {
    std::vector<std::string> words{option_word(row)};
    if (!row.argument.empty()) words.emplace_back("1");
    const auto options = parse(words);
    if (!options) {
      EXPECT_EQ(options.error().error.find("not handled"), std::string::npos) << row.long_name;
      EXPECT_EQ(options.error().error.find("invalid option"), std::string::npos) << row.long_name;
    }
  }
}

TEST(Options, TheUsageListsEveryRow) {
  const std::string text = usage("openl2tpd");
  for (const OptionRow& row : option_table()) {
    EXPECT_NE(text.find("--" + std::string(row.long_name)), std::string::npos);
    if (row.letter != 0) {
      EXPECT_NE(text.find(std::string("  -") + row.letter + ", --" + std::string(row.long_name)), std::string::npos);
    }
  }
}

TEST(Options, TheManPageListsTheSameOptionsAsTheTable) {
  std::ifstream page(OPENL2TP_SOURCE_DIR "/tools/openl2tpd/openl2tpd.8");
  ASSERT_TRUE(page);
  std::set<std::string> documented, expected;
  const std::regex with_letter(R"(^\.It Fl (\w) , Fl -([a-z-]+)( Ar [\w=]+)?$)"),
      long_only(R"(^\.It Fl -([a-z-]+)( Ar [\w=]+(?: Ns Op , Ns Ar \w+)?)?$)");
  for (std::string line; std::getline(page, line);) {
    std::smatch match;
    if (std::regex_match(line, match, with_letter))
      documented.insert(match[1].str() + " " + match[2].str() + (match[3].length() > 0 ? " argument" : ""));
    else if (std::regex_match(line, match, long_only))
      documented.insert("  " + match[1].str() + (match[2].length() > 0 ? " argument" : ""));
  }
  for (const OptionRow& row : option_table())
    expected.insert((row.letter != 0 ? std::string{row.letter} : std::string(" ")) + " " + std::string(row.long_name) +
                    (row.argument.empty() ? "" : " argument"));
  EXPECT_EQ(documented, expected);
}

} // namespace
} // namespace openl2tp::daemon
