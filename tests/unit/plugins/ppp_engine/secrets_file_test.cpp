#include "plugins/ppp_engine/secrets_file.hpp"

#include "tests/unit/plugins/ppp_engine/support.hpp"

namespace openl2tp::ppp {
namespace {

std::optional<std::string> secret_of(SecretsFile& file, std::string_view user, std::string_view server) {
  const auto credentials = file.credentials({.user = user, .server = server, .local_name = "ours"});
  if (!credentials) return std::nullopt;
  return credentials->secret;
}

Verdict verify(SecretsFile& file, std::string_view user, std::string_view password, std::string_view server = "lns") {
  return file.verify({.method = AuthMethod::pap, .user = user, .server = server, .response = as_octets(password)});
}

TEST(SecretsFile, ReadsClientServerAndSecret) {
  SecretsFile file;
  const auto report = file.reload("# comment\n\ncarol lns \"secret word\" # and more\ndave\t*\tother\n");
  EXPECT_EQ(report.secrets, 2U);
  EXPECT_EQ(report.problem_count, 0U);
  EXPECT_EQ(secret_of(file, "carol", "lns"), "secret word");
  EXPECT_EQ(secret_of(file, "dave", "anything"), "other");
}

TEST(SecretsFile, MatchesTheServerColumn) {
  SecretsFile file;
  file.reload("carol lns1 one\ncarol lns2 two\n");
  EXPECT_EQ(secret_of(file, "carol", "lns2"), "two");
  EXPECT_EQ(secret_of(file, "carol", "lns3"), std::nullopt);
}

TEST(SecretsFile, PrefersTheMoreExactLine) {
  SecretsFile file;
  file.reload("* * any\n* lns server\ncarol * client\ncarol lns both\ncarol lns later\n");
  EXPECT_EQ(secret_of(file, "carol", "lns"), "both");
  EXPECT_EQ(secret_of(file, "carol", "other"), "client");
  EXPECT_TRUE(verify(file, "carol", "both").accepted);
  EXPECT_TRUE(verify(file, "carol", "client", "other").accepted);
  EXPECT_TRUE(verify(file, "dave", "server").accepted);
  EXPECT_TRUE(verify(file, "dave", "any", "other").accepted);
}

TEST(SecretsFile, HasNobodyCalledStar) {
  SecretsFile file;
  file.reload("* lns any\n");
  EXPECT_TRUE(verify(file, "*", "any").accepted); // as anybody else, not by name
  for (const char* user : {"*", "", "dave"})
    EXPECT_EQ(secret_of(file, user, "lns"), std::nullopt) << user;
}

TEST(SecretsFile, GivesNoSecretThatACallerProvesItselfWith) {
  SecretsFile file;
  file.reload("alice ours wonderland\nalice * any\nours alice queen\n");
  const auto secret = [&](std::string_view user, std::string_view server, bool called) {
    const SecretRequest request{.user = user, .server = server, .local_name = "ours", .called = called};
    const auto found = file.credentials(request);
    return found ? found->secret : std::string("-");
  };
  EXPECT_EQ(secret("alice", "ours", false), "any"); // we dial, and are alice there
  EXPECT_EQ(secret("alice", "ours", true), "-");
  EXPECT_EQ(secret("", "ours", true), "-");
  EXPECT_EQ(secret("ours", "alice", true), "queen");
  EXPECT_EQ(secret("ours", "bob", true), "-");
}

TEST(SecretsFile, TellsWhetherThereIsAnythingToProve) {
  SecretsFile file;
  file.reload("alice ours wonderland\ncarol * any\nours alice queen\n* * all\n");
  const auto has = [&](std::string_view user, bool called) {
    return file.has_credentials({.user = user, .local_name = "ours", .called = called});
  };
  EXPECT_FALSE(has("alice", false));
  EXPECT_FALSE(has("alice", true));
  EXPECT_TRUE(has("carol", false));
  EXPECT_FALSE(has("carol", true));
  EXPECT_TRUE(has("ours", true));
  EXPECT_FALSE(has("", false));
  EXPECT_FALSE(has("*", true));
}

TEST(SecretsFile, UnderstandsQuotesBackslashesAndJoinedLines) {
  SecretsFile file;
  const auto report = file.reload("\"a b\" 'c d' \"say \\\"x\\\" #1\"\ne\\ f \\\n  g h\\#i\nj k \"\"\n");
  EXPECT_EQ(report.problem_count, 0U);
  EXPECT_EQ(secret_of(file, "a b", "c d"), "say \"x\" #1");
  EXPECT_EQ(secret_of(file, "e f", "g"), "h#i");
  EXPECT_EQ(secret_of(file, "j", "k"), "");
}

TEST(SecretsFile, ReadsTheLastLineWithoutAnEndAndLinesOfOtherSystems) {
  SecretsFile file;
  file.reload("a b c\r\nd e f");
  EXPECT_EQ(secret_of(file, "a", "b"), "c");
  EXPECT_EQ(secret_of(file, "d", "e"), "f");
}

TEST(SecretsFile, LeavesOutLinesThatItCannotReadAndSaysWhich) {
  SecretsFile file;
  const std::string long_word(300, 'x');
  const auto report = file.reload("one two\na b \"open\nc d @/etc/secret\ne f g 1.2.3\nh i j 1.2.3.4/33\nk l " +
                                  long_word + "\nm n " + std::string(1, '\0') + "\ngood one here\n");
  EXPECT_EQ(report.secrets, 1U);
  EXPECT_EQ(report.problem_count, 7U);
  ASSERT_EQ(report.problems.size(), 7U);
  for (std::uint32_t i = 0; i < 7; ++i)
    EXPECT_EQ(report.problems[i].line, i + 1);
  EXPECT_EQ(secret_of(file, "good", "one"), "here");
}

TEST(SecretsFile, ReportsABoundedNumberOfProblems) {
  SecretsFile file;
  std::string text;
  for (int i = 0; i < 1000; ++i)
    text += "word\n";
  const auto report = file.reload(text);
  EXPECT_EQ(report.problem_count, 1000U);
  EXPECT_EQ(report.problems.size(), SecretsFile::problems_max);
}

TEST(SecretsFile, NeverTellsASecretInAProblem) {
  SecretsFile file;
  const auto report = file.reload("a b hush-hush 1.2.3\n");
  ASSERT_EQ(report.problems.size(), 1U);
  EXPECT_EQ(report.problems[0].what.find("hush"), std::string::npos);
}

TEST(SecretsFile, TakesThePlaceOfWhatWasThere) {
  SecretsFile file;
  file.reload("carol * one\n");
  file.reload("dave * two\n");
  EXPECT_EQ(secret_of(file, "carol", "lns"), std::nullopt);
  EXPECT_EQ(secret_of(file, "dave", "lns"), "two");
  EXPECT_EQ(file.size(), 1U);
}

TEST(SecretsFile, KeepsWhatItHasWhenATextIsTooLarge) {
  SecretsFile file;
  file.reload("carol * one\n");
  const auto report = file.reload(std::string(SecretsFile::text_max + 1, '\n'));
  EXPECT_EQ(report.problem_count, 1U);
  EXPECT_EQ(secret_of(file, "carol", "lns"), "one");
}

TEST(SecretsFile, JudgesByEveryMethod) {
  SecretsFile file;
  file.reload("User * clientPass\n");
  EXPECT_TRUE(verify(file, "User", "clientPass").accepted);
  const auto asked = testing_support::hex("5b5d7c7d7b3f2f3e3c2c602132262628");
  const auto response = testing_support::hex("21402324255e262a28295f2b3a337c7e0000000000000000"
                                             "82309ecd8d708b5ea08faa3981cd83544233114a3d85d6df00");
  const auto verdict = file.verify(
      {.method = AuthMethod::mschap_v2, .user = "User", .server = "lns", .challenge = asked, .response = response});
  EXPECT_TRUE(verdict.accepted);
  EXPECT_EQ(std::string_view(verdict.authenticator_response.data(), 40), "407A5589115FD0D6209F510FE9C04566932CDA56");
}

TEST(SecretsFile, RefusesUnknownUsersAndWrongPasswords) {
  SecretsFile file;
  file.reload("carol lns right\n");
  EXPECT_FALSE(verify(file, "carol", "wrong").accepted);
  EXPECT_FALSE(verify(file, "carol", "").accepted);
  EXPECT_FALSE(verify(file, "dave", "right").accepted);
  EXPECT_FALSE(verify(file, "carol", "right", "other server").accepted);
  EXPECT_FALSE(verify(file, "dave", "no such user").accepted);
}

TEST(SecretsFile, GivesAUserItsOwnAddress) {
  SecretsFile file;
  file.reload("carol * s 10.1.0.0/16 10.0.0.5\n");
  EXPECT_EQ(verify(file, "carol", "s").peer_address.text(), "10.0.0.5");
}

TEST(SecretsFile, SaysWhichAddressesAUserMayChoose) {
  SecretsFile file;
  file.reload("a * s\nb * s *\nc * s -\nd * s !10.0.0.1 10.0.0.0/24\ne * s !10.0.0.1 *\nf * s -- options\n");
  const Ipv4 one = Ipv4::of(10, 0, 0, 1), two = Ipv4::of(10, 0, 0, 2), far = Ipv4::of(10, 0, 1, 1);
  const auto allowed = [&](std::string_view user) {
    const AddressRules rules = verify(file, user, "s").addresses;
    return std::string(rules.allows(one) ? "1" : "-") + (rules.allows(two) ? "2" : "-") +
           (rules.allows(far) ? "f" : "-");
  };
  EXPECT_EQ(allowed("a"), "12f");
  EXPECT_EQ(allowed("b"), "12f");
  EXPECT_EQ(allowed("c"), "---");
  EXPECT_EQ(allowed("d"), "-2-");
  EXPECT_EQ(allowed("e"), "-2f");
  EXPECT_EQ(allowed("f"), "12f");
}

TEST(SecretsFile, SaysWhyItRefuses) {
  SecretsFile file;
  file.reload("alice lns wonderland\nbob other builder\n");
  EXPECT_EQ(verify(file, "alice", "wonderland").refusal, Refusal::none);
  EXPECT_EQ(verify(file, "alice", "queen").refusal, Refusal::wrong_secret);
  EXPECT_EQ(verify(file, "bob", "builder").refusal, Refusal::another_server);
  EXPECT_EQ(verify(file, "carol", "singer").refusal, Refusal::unknown_user);
}

TEST(SecretsFile, FindsOneOfVeryMany) {
  SecretsFile file;
  std::string text;
  for (int i = 0; i < 20'000; ++i)
    text += "user" + std::to_string(i) + " * secret" + std::to_string(i) + "\n";
  EXPECT_EQ(file.reload(text).secrets, 20'000U);
  EXPECT_EQ(secret_of(file, "user19999", "lns"), "secret19999");
}

TEST(Ipv4, IsReadAndWritten) {
  for (const char* text : {"0.0.0.0", "10.0.0.1", "255.255.255.255"})
    EXPECT_EQ(Ipv4::parse(text)->text(), text);
  for (const char* text : {"", "1", "1.2.3", "1.2.3.4.", "1.2.3.4.5", "256.1.1.1", "1.2.3.-4", "a.b.c.d", "1..2.3",
                           "0001.2.3.4", " 1.2.3.4"})
    EXPECT_FALSE(Ipv4::parse(text)) << text;
}

} // namespace
} // namespace openl2tp::ppp
