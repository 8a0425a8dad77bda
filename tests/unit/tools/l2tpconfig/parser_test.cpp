#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <set>

#include "tools/l2tpconfig/parser.hpp"
#include "tools/l2tpconfig/tokeniser.hpp"

namespace openl2tp::cli {
namespace {

tl::expected<ParsedCommand, ParseError> parse(std::string_view line) {
  return parse_command(tokenise(line).value(), command_table());
}

std::string command_of(std::string_view line) {
  const auto parsed = parse(line);
  if (!parsed) return parsed.error().on_output;
  std::string words;
  for (const auto word : parsed->command->words)
    words += (words.empty() ? "" : " ") + std::string(word);
  return words;
}

TEST(Parser, KeywordsMayBeAbbreviatedWhateverTheCase) {
  EXPECT_EQ(command_of("sys sho conf"), "system show configuration");
  EXPECT_EQ(command_of("TUN LIST"), "tunnel list");
  EXPECT_EQ(command_of("tunnel p c profile_name=x"), "tunnel profile create");
  EXPECT_EQ(command_of("peer show peer_ip=1.2.3.4"), "peer show");
}

TEST(Parser, IncompleteAndAmbiguousCommandsAreAmbiguous) {
  for (const char* line : {"system", "system show", "tunnel", "tunnel profile", "s", "t list", "system show s"}) {
    EXPECT_EQ(command_of(line), "Ambiguous command") << line;
  }
}

TEST(Parser, ScriptsMayAbbreviateStatistics) {
  EXPECT_EQ(command_of("system show stat"), "system show statistics");
  EXPECT_EQ(command_of("system show statu"), "system show status");
}

TEST(Parser, UnfinishedCommandsKnowTheirWords) {
  const auto unfinished = parse("tunnel profile");
  ASSERT_FALSE(unfinished);
  EXPECT_TRUE(unfinished.error().incomplete);
  EXPECT_EQ(unfinished.error().understood, (std::vector<std::string>{"tunnel", "profile"}));
}

TEST(Parser, ParameterThatIsGivenTwiceCountsAsTheLastAndIsTold) {
  const auto parsed = parse("system modify max_tunnels=9 max_tunnels=10");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->arguments.find("max_tunnels")->number, 10);
  EXPECT_EQ(parsed->arguments.find("max_tunnels")->note, "max_tunnels is given twice, '10' counts");
}

TEST(Parser, UnsetTakesValuesThatItIgnores) {
  EXPECT_EQ(command_of("tunnel profile unset profile_name=a mtu=1400"), "tunnel profile unset");
  EXPECT_EQ(command_of("system modify reset_statistics=yes"), "system modify");
}

TEST(Parser, NameWithoutAnAddressIsToldApart) {
  const auto words = tokenise("tunnel create tunnel_name=t dest_ipaddr=vpn.example.invalid").value();
  const Resolver nobody = [](const std::string&, bool) -> tl::expected<protocol::IpAddress, std::string> {
    return tl::unexpected(std::string("Name or service not known"));
  };
  const auto parsed = parse_command(words, command_table(), nobody);
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().unresolved, "vpn.example.invalid");
}

TEST(Parser, UnknownWordIsNamed) {
  EXPECT_EQ(command_of("bogus"), "Error at or near 'bogus'");
  EXPECT_EQ(command_of("tunnel frob"), "Error at or near 'frob'");
  EXPECT_EQ(command_of("system modify bogus=1"), "Error at or near 'bogus=1'");
  EXPECT_EQ(command_of("tunnel modify tunnel_name=t1 secret=foo"), "Error at or near 'secret=foo'");
}

TEST(Parser, ParametersMayBeAbbreviatedUnlessAmbiguous) {
  const auto parsed = parse("system mod max_sess=5 drain=yes deny_l=no");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->arguments.find("max_sessions")->number, 5);
  EXPECT_EQ(parsed->arguments.find("drain_tunnels")->number, 1);
  EXPECT_FALSE(parsed->arguments.has("deny_remote_tunnel_creates"));
  const auto ambiguous = parse("system modify max=5");
  ASSERT_FALSE(ambiguous);
  EXPECT_EQ(ambiguous.error().on_output, "Error at or near 'max=5'");
  EXPECT_EQ(ambiguous.error().on_error, "Ambiguous parameter 'max': max_tunnels, max_sessions");
}

TEST(Parser, WholeNameWinsOverLongerNamesThatItBegins) {
  constexpr std::array parameters = {Parameter{"limit_all", Type::int32, "x"}, Parameter{"limit", Type::int32, "x"}};
  const std::array table = {Command{{"do"}, Access::local, "x", parameters, nullptr}};
  const auto parsed = parse_command(tokenise("do limit=3").value(), table);
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->arguments.has("limit"));
}

TEST(Parser, BadValueNamesTheVerb) {
  EXPECT_EQ(command_of("system modify max_tunnels=abc"), "Error at or near 'modify'");
  EXPECT_EQ(command_of("system modify drain_tunnels=maybe"), "Error at or near 'modify'");
  EXPECT_EQ(parse("system modify trace_flags=bogus").error().on_error, "Unknown trace flag: bogus");
  EXPECT_EQ(parse("system modify max_tunnels=abc").error().on_error,
            "max_tunnels: 'abc', expected a number from 0 to 2147483647");
  EXPECT_EQ(parse("monitor limit=abc").error().on_error, "limit: 'abc', expected a number from 0 to 4294967295");
}

TEST(Parser, FlagsTakeNoValueAndOthersNeedOne) {
  EXPECT_EQ(command_of("tunnel list names"), "tunnel list");
  EXPECT_EQ(command_of("tunnel list names=yes"), "Error at or near 'names=yes'");
  EXPECT_EQ(command_of("tunnel show tunnel_name"), "Error at or near 'tunnel_name'");
}

TEST(Parser, TextMayBeEmptyAndNumbersMayNot) {
  EXPECT_EQ(parse("tunnel modify tunnel_id=1 interface_name=")->arguments.find("interface_name")->text, "");
  EXPECT_FALSE(parse("tunnel modify tunnel_id="));
}

TEST(Parser, TextMayHoldEqualsSigns) {
  EXPECT_EQ(parse("tunnel create secret=a=b")->arguments.find("secret")->text, "a=b");
}

TEST(CommandTable, EveryRowAndParameterHasHelpAndNamesAreUnique) {
  std::set<std::string> commands;
  for (const Command& command : command_table()) {
    std::string words;
    for (const auto word : command.words)
      words += std::string(word) + " ";
    EXPECT_TRUE(commands.insert(words).second) << words;
    EXPECT_FALSE(command.help.empty()) << words;
    std::set<std::string_view> names;
    for (const Parameter& parameter : command.parameters) {
      EXPECT_TRUE(names.insert(parameter.name).second) << words << parameter.name;
      EXPECT_FALSE(parameter.help.empty()) << words << parameter.name;
      EXPECT_EQ(parameter.type == Type::choice, !parameter.choices.empty()) << words << parameter.name;
    }
  }
}

TEST(CommandTable, NoCommandBeginsAnother) {
  // The parser takes the first complete row, so a longer one would be out of reach.
  for (const Command& shorter : command_table()) {
    for (const Command& longer : command_table()) {
      if (longer.words.size() <= shorter.words.size()) continue;
      EXPECT_FALSE(std::equal(shorter.words.begin(), shorter.words.end(), longer.words.begin()))
          << shorter.words.back() << " " << longer.words.back();
    }
  }
}

} // namespace
} // namespace openl2tp::cli
