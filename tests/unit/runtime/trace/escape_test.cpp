#include "runtime/trace/escape.hpp"

#include <gtest/gtest.h>

namespace openl2tp::runtime {
namespace {

std::string in_quotes(std::string_view text) {
  std::string line;
  append_quoted(line, text);
  return line;
}

TEST(Escape, PlainTextAndUtf8Stay) {
  EXPECT_EQ(in_quotes("lac-1.example"), "\"lac-1.example\"");
  EXPECT_EQ(in_quotes("Zürich 東京 🙂"), "\"Zürich 東京 🙂\"");
}

TEST(Escape, ControlCharactersQuotesAndBackslashesAreEscaped) {
  EXPECT_EQ(in_quotes(std::string_view("a\nb\0c\x1b[2J\x7f", 10)), R"("a\x0ab\x00c\x1b[2J\x7f")");
  EXPECT_EQ(in_quotes(R"(say "hi" \)"), R"("say \"hi\" \\")");
}

TEST(Escape, WhatIsNoUtf8IsShownAsOctets) {
  EXPECT_EQ(in_quotes("\xff\xfe"), R"("\xff\xfe")");
  EXPECT_EQ(in_quotes("\xc0\xaf"), R"("\xc0\xaf")");                 // overlong "/"
  EXPECT_EQ(in_quotes("\xed\xa0\x80"), R"("\xed\xa0\x80")");         // a surrogate
  EXPECT_EQ(in_quotes("\xf4\x90\x80\x80"), R"("\xf4\x90\x80\x80")"); // beyond U+10FFFF
  EXPECT_EQ(in_quotes("x\xc3"), R"("x\xc3")");                       // ends within a sequence
}

TEST(Escape, CharactersThatReorderOrBreakLinesAreEscaped) {
  EXPECT_EQ(in_quotes("\u0085"), R"("\xc2\x85")");
  EXPECT_EQ(in_quotes("\u2028"), R"("\xe2\x80\xa8")");
  EXPECT_EQ(in_quotes("\u202e"), R"("\xe2\x80\xae")");
  EXPECT_EQ(in_quotes("\u2066"), R"("\xe2\x81\xa6")");
}

TEST(Escape, LongTextIsCappedAndItsLengthTold) {
  const std::string text(200, 'a');
  EXPECT_EQ(in_quotes(text), "\"" + std::string(64, 'a') + "...(200 octets)\"");
  EXPECT_EQ(in_quotes(std::string(64, 'a')), "\"" + std::string(64, 'a') + "\"");
}

TEST(Escape, OctetsAreHexadecimalAndCapped) {
  std::string line;
  append_hex(line, std::vector<std::byte>{std::byte{0x00}, std::byte{0xfe}});
  EXPECT_EQ(line, "00fe");
  line.clear();
  append_hex(line, std::vector<std::byte>(65, std::byte{0xab}));
  EXPECT_TRUE(line.ends_with("...(65 octets)"));
  EXPECT_EQ(line.size(), 128 + std::string_view("...(65 octets)").size());
}

TEST(Escape, OurOwnLinesKeepTheirQuotes) {
  std::string line;
  append_printable(line, "peer \"x\" said\n", 100);
  EXPECT_EQ(line, "peer \"x\" said\\x0a");
}

} // namespace
} // namespace openl2tp::runtime
