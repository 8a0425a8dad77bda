// Where commands begin and end in a configuration file.
#include "tools/openl2tpd/config_text.hpp"

#include <gtest/gtest.h>

namespace openl2tp::daemon {
namespace {

using Words = std::vector<std::string>;

Words words_of(std::string_view text) {
  const FileText read = read_commands(text);
  EXPECT_TRUE(read.faults.empty()) << read.faults.front().what;
  EXPECT_EQ(read.commands.size(), 1u);
  return read.commands.empty() ? Words{} : read.commands.front().words;
}

TEST(ConfigText, ACommandEndsWithItsLineOrAtASemicolon) {
  const FileText read = read_commands("a b\nc d; e\n\nf");
  ASSERT_EQ(read.commands.size(), 4u);
  EXPECT_EQ(read.commands[0].words, (Words{"a", "b"}));
  EXPECT_EQ(read.commands[1].words, (Words{"c", "d"}));
  EXPECT_EQ(read.commands[2].words, (Words{"e"}));
  EXPECT_EQ(read.commands[3].words, (Words{"f"}));
  EXPECT_EQ(read.commands[2].line, 2u);
  EXPECT_EQ(read.commands[3].line, 4u);
}

TEST(ConfigText, ABackslashAtTheEndOfTheLineContinuesIt) {
  EXPECT_EQ(words_of("a \\\n  b=1 \\  \t\n\tc=2\n"), (Words{"a", "b=1", "c=2"}));
  EXPECT_EQ(words_of("a\\\nb"), (Words{"a", "b"}));
}

TEST(ConfigText, ASavedCommandEndsAtTheEmptyLineAfterItsLastBackslash) {
  const FileText read = read_commands("# system\nsystem modify \\\nmax_tunnels=0 \\\n\n# peer profiles\nx y\n");
  ASSERT_EQ(read.commands.size(), 2u);
  EXPECT_EQ(read.commands[0].words, (Words{"system", "modify", "max_tunnels=0"}));
  EXPECT_EQ(read.commands[0].line, 2u);
  EXPECT_EQ(read.commands[1].line, 6u);
}

TEST(ConfigText, CommentsBeginWhereAWordMayBegin) {
  EXPECT_EQ(words_of("a b#c # rest ; not a command\n"), (Words{"a", "b#c"}));
  EXPECT_EQ(words_of("a '# b'\n"), (Words{"a", "# b"}));
}

TEST(ConfigText, ALineOfCommentInsideACommandIsPassedOver) {
  EXPECT_EQ(words_of("a \\\n# why\n  b\n"), (Words{"a", "b"}));
}

TEST(ConfigText, QuotesHideWhatIsSpecial) {
  EXPECT_EQ(words_of("a n=\"x; # y\" 'p\"q'\n"), (Words{"a", "n=x; # y", "p\"q"}));
  EXPECT_EQ(words_of("a n=$'it\\'s; \\x41'"), (Words{"a", "n=it's; A"}));
}

TEST(ConfigText, AQuoteThatIsNotClosedIsNamedWithItsLineAndTheNextCommandIsRead) {
  const FileText read = read_commands("a\nb 'c\nd e\n");
  ASSERT_EQ(read.faults.size(), 1u);
  EXPECT_EQ(read.faults[0].line, 2u);
  EXPECT_NE(read.faults[0].what.find("quote"), std::string::npos);
  ASSERT_EQ(read.commands.size(), 2u);
  EXPECT_EQ(read.commands[1].words, (Words{"d", "e"}));
}

TEST(ConfigText, WhatIsTooLongIsRefusedAndNotKept) {
  const FileText read = read_commands("a " + std::string(config_command_octets_max + 1, 'x') + "\nb\n");
  ASSERT_EQ(read.faults.size(), 1u);
  EXPECT_EQ(read.commands.size(), 1u);
  std::string many;
  for (int i = 0; i < 300; ++i)
    many += "w ";
  EXPECT_EQ(read_commands(many).faults.size(), 1u);
}

TEST(ConfigText, ANulIsRefused) {
  using namespace std::string_literals;
  EXPECT_EQ(read_commands("a \0b\n"s).faults.size(), 1u);
}

TEST(ConfigText, CarriageReturnsAreBlanks) { EXPECT_EQ(words_of("a b\r\n"), (Words{"a", "b"})); }

} // namespace
} // namespace openl2tp::daemon
