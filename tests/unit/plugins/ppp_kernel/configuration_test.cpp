#include "plugins/ppp_kernel/configuration.hpp"

#include <gtest/gtest.h>

namespace openl2tp::ppp_kernel {
namespace {

/// "LINE: what is wrong" of each mistake.
std::string problems_of(std::string_view text) {
  const auto parsed = parse_configuration(text);
  if (parsed) return "nothing";
  std::string all;
  for (const auto& problem : parsed.error())
    all += std::to_string(problem.line) + ": " + problem.what + "\n";
  return all;
}

TEST(Configuration, OfNothingIsNothing) {
  const auto parsed = parse_configuration("# nothing\n\n   \t # here\n");
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->pools.empty());
  EXPECT_TRUE(parsed->options.tun_profiles.empty());
  for (const std::string& script : parsed->options.scripts)
    EXPECT_TRUE(script.empty());
}

TEST(Configuration, HasPoolsScriptsAndProfiles) {
  const auto parsed = parse_configuration("pool a 10.0.0.0/24,10.1.0.1-10.1.0.9 leases=/var/lib/a # one\r\n"
                                          "\tpool b-2.c_D 10.2.0.1\n"
                                          "script ip-up /etc/up\n"
                                          "script ipv6-down none\n"
                                          "profile slow data=tun same_user=refuse\n"
                                          "profile fast data=any\n"
                                          "profile calm same_user=replace");
  ASSERT_TRUE(parsed);
  ASSERT_EQ(parsed->pools.size(), 2U);
  EXPECT_EQ(parsed->pools[0].name, "a");
  EXPECT_EQ(parsed->pools[0].leases, "/var/lib/a");
  EXPECT_EQ(parsed->pools[0].pool.size(), 263U);
  EXPECT_EQ(parsed->pools[1].name, "b-2.c_D");
  EXPECT_EQ(parsed->pools[1].leases, "");
  EXPECT_EQ(parsed->options.script(ScriptKind::ip_up), "/etc/up");
  EXPECT_EQ(parsed->options.script(ScriptKind::ipv6_down), "");
  EXPECT_TRUE(parsed->options.scripts_said[static_cast<std::size_t>(ScriptKind::ipv6_down)]);
  EXPECT_FALSE(parsed->options.scripts_said[static_cast<std::size_t>(ScriptKind::ip_down)]);
  EXPECT_EQ(parsed->options.tun_profiles, (std::unordered_set<std::string>{"slow"}));
  EXPECT_EQ(parsed->options.keep_profiles, (std::unordered_set<std::string>{"slow"}));
}

TEST(Configuration, TellsLineValueAndWhatIsAllowed) {
  const std::pair<const char*, const char*> rows[] = {
      {"\npol a 10.0.0.1", "2: \"pol\": a line begins with pool, script or profile\n"},
      {"pool a", "1: a pool is: pool NAME RANGE[,RANGE...] [leases=FILE]\n"},
      {"pool a/b 10.0.0.1", "1: \"a/b\": a pool's name has 1 to 63 letters, digits, dots, hyphens and underlines\n"},
      {"pool a 10.0.0.9-10.0.0.1", "1: \"10.0.0.9-10.0.0.1\": the last address is below the first; ranges are A.B.C.D, "
                                   "A.B.C.D-A.B.C.D or A.B.C.D/N, with commas between them\n"},
      {"pool a 10.0.0.1 lease=/x", "1: \"lease=/x\": only leases=FILE may follow the ranges\n"},
      {"pool a 10.0.0.1 leases=x", "1: \"x\": a file has a path from / on, of at most 1023 octets\n"},
      {"pool a 10.0.0.1\npool a 10.0.0.2", "2: \"a\": there is a pool of this name above\n"},
      {"pool a 10.0.0.0/24\npool b 10.0.0.9", "2: \"10.0.0.9\": has addresses of pool \"a\"\n"},
      {"pool a 10.0.0.1 leases=/x\npool b 10.0.0.9 leases=/x", "2: \"/x\": is the file of pool \"a\"\n"},
      {"script up /x", "1: \"up\": a script is one of ip-up, ip-down, ipv6-up, ipv6-down\n"},
      {"script ip-up x", "1: \"x\": a file has a path from / on, of at most 1023 octets; or none\n"},
      {"script ip-up /x /y", "1: a script is: script ip-up|ip-down|ipv6-up|ipv6-down FILE|none\n"},
      {"script ip-up /x\nscript ip-up none", "2: \"ip-up\": is said above\n"},
      {"profile p data=kernel", "1: \"data=kernel\": data=tun or data=any, same_user=replace or same_user=refuse\n"},
      {"profile p data=tun data=any", "1: \"data=any\": is said already\n"},
      {"profile p", "1: a profile is: profile NAME [data=tun|any] [same_user=replace|refuse]\n"},
      {"profile p data=tun\nprofile p data=any", "2: \"p\": is said above\n"},
      {"foo\nbar", "1: \"foo\": a line begins with pool, script or profile\n"
                   "2: \"bar\": a line begins with pool, script or profile\n"},
  };
  for (const auto& [text, expected] : rows)
    EXPECT_EQ(problems_of(text), expected) << text;
}

TEST(Configuration, ShowsTheBeginningOfALongValueAlone) {
  EXPECT_LT(problems_of(std::string(5'000, 'x')).size(), 200U);
}

TEST(Configuration, IsBounded) {
  EXPECT_EQ(problems_of(std::string(configuration_text_max + 1, '\n')), "1: the file is larger than 1 MiB\n");
  std::string pools, mistakes;
  for (std::size_t i = 0; i <= pools_max; ++i)
    pools += "pool p" + std::to_string(i) + " 10." + std::to_string(i / 256) + "." + std::to_string(i % 256) + ".1\n";
  EXPECT_EQ(problems_of(pools), "257: more than 256 pools\n");
  for (std::size_t i = 0; i < 100; ++i)
    mistakes += "x\n";
  EXPECT_EQ(parse_configuration(mistakes).error().size(), configuration_problems_max);
}

} // namespace
} // namespace openl2tp::ppp_kernel
