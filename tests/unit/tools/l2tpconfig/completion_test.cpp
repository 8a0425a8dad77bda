#include <algorithm>
#include <fstream>
#include <set>

#include "runtime/profiles/parameter.hpp"
#include "tests/unit/tools/l2tpconfig/command_fixture.hpp"
#include "tools/l2tpconfig/completion.hpp"

namespace openl2tp {
namespace {

using Texts = std::vector<std::string>;

Texts texts(std::string_view line, const cli::NameSource& names = {}) {
  Texts all;
  for (const auto& candidate : cli::complete(line, names).candidates)
    all.push_back(candidate.text);
  return all;
}

TEST(Completion, KeywordsNarrowWordByWord) {
  EXPECT_EQ(texts("tun"), (Texts{"tunnel"}));
  EXPECT_EQ(texts("tun pro u"), (Texts{"unset"}));
  EXPECT_EQ(texts("system show "), (Texts{"configuration", "status", "statistics", "version"}));
  EXPECT_TRUE(texts("bogus ").empty());
}

TEST(Completion, ParametersThatAreNotYetGivenFollowTheCommand) {
  EXPECT_EQ(texts("tunnel delete tunnel_id=5 "), (Texts{"tunnel_name="}));
  EXPECT_EQ(texts("tunnel list na"), (Texts{"names"}));
}

TEST(Completion, ValuesFollowTheParameter) {
  EXPECT_EQ(texts("tunnel create auth_mode=c"), (Texts{"auth_mode=challenge"}));
  EXPECT_EQ(texts("system modify drain_tunnels="), (Texts{"drain_tunnels=yes", "drain_tunnels=no"}));
  EXPECT_EQ(texts("system modify trace_flags=avp_h"), (Texts{"trace_flags=avp_hide"}));
}

TEST(Completion, NothingIsOfferedInsideQuotes) {
  EXPECT_TRUE(cli::complete("tunnel create secret=\"a b", {}).in_quotes);
}

TEST(Completion, CommonPrefixIsWhatAllShare) {
  EXPECT_EQ(cli::common_prefix({{"max_tunnels=", ""}, {"max_sessions=", ""}}), "max_");
  EXPECT_EQ(cli::common_prefix({}), "");
}

class ObjectNames : public test::CommandTest {
 protected:
  Texts with_names(std::string_view line) {
    return texts(line,
                 [this](const cli::Command& command, std::string_view parameter, std::span<const std::string> words) {
                   return cli::object_names(context_, command, parameter, words);
                 });
  }
};

TEST_F(ObjectNames, ProfilesTunnelsAndSessionsCompleteByName) {
  ASSERT_EQ(run("ppp profile create profile_name=gold"), cli::Status::done);
  EXPECT_EQ(with_names("ppp profile show profile_name=g"), (Texts{"profile_name=gold"}));
  EXPECT_EQ(with_names("tunnel create ppp_profile_name="),
            (Texts{"ppp_profile_name=default", "ppp_profile_name=gold"}));
  EXPECT_TRUE(with_names("ppp profile create profile_name=").empty());
  auto tunnel = test::full_tunnel();
  control_.tunnels = {tunnel};
  EXPECT_EQ(with_names("tunnel show tunnel_name="), (Texts{"tunnel_name=t1"}));
  control_.ids = {5, 6};
  EXPECT_EQ(with_names("session show tunnel_name=t1 session_id="), (Texts{"session_id=5", "session_id=6"}));
}

// ---- the rows against what they describe
// ------------------------------------------------------------------------------

/// Every parameter that the daemon lets a profile have is a parameter of its commands, spelled alike.
template <class Parameters>
void expect_all_spelled(const char* noun, std::set<std::string> other_spellings) {
  for (const cli::Command& command : cli::command_table()) {
    if (cli::name_of(command) != std::string(noun) + " profile create") continue;
    for (const auto& parameter : runtime::parameter_table<Parameters>()) {
      if (parameter.use != runtime::Use::profile && parameter.use != runtime::Use::anywhere) continue;
      const bool found = std::any_of(command.parameters.begin(), command.parameters.end(),
                                     [&](const cli::Parameter& row) { return row.name == parameter.name; });
      EXPECT_TRUE(found || other_spellings.contains(std::string(parameter.name))) << noun << " " << parameter.name;
    }
    return;
  }
  FAIL() << noun;
}

TEST(Fields, SpellParametersAsTheDaemonDoes) {
  expect_all_spelled<runtime::TunnelParameters>("tunnel", {});
  expect_all_spelled<runtime::SessionParameters>("session", {"tx_connect_speed", "rx_connect_speed", "use_ppp_proxy"});
  expect_all_spelled<runtime::PeerProfileParameters>("peer", {});
  expect_all_spelled<runtime::PppProfileParameters>(
      "ppp", {"auth_refuse_pap", "auth_refuse_chap", "auth_refuse_mschap", "auth_refuse_mschapv2", "auth_refuse_eap"});
}

TEST(ManualPage, NamesEveryCommandAndParameter) {
  std::ifstream file(OPENL2TP_SOURCE_DIR "/tools/l2tpconfig/l2tpconfig.1");
  const std::string page((std::istreambuf_iterator<char>(file)), {});
  for (const cli::Command& command : cli::command_table()) {
    std::string name = cli::name_of(command);
    const std::size_t start = page.find(".SS " + name + "\n");
    ASSERT_NE(start, std::string::npos) << name;
    const std::string section = page.substr(start, page.find("\n.S", start + 1) - start);
    std::set<std::string> documented;
    for (std::size_t at = section.find("\n.BR "); at != std::string::npos; at = section.find("\n.BR ", at + 1)) {
      const std::size_t end = section.find_first_of(" \n=", at + 5);
      documented.insert(section.substr(at + 5, end - at - 5));
    }
    std::set<std::string> known;
    for (const cli::Parameter& parameter : command.parameters)
      known.insert(std::string(parameter.name));
    EXPECT_EQ(documented, known) << name;
  }
}

} // namespace
} // namespace openl2tp
