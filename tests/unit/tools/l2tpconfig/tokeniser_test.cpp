#include <gtest/gtest.h>

#include "tools/l2tpconfig/tokeniser.hpp"

namespace openl2tp::cli {
namespace {

using Words = std::vector<std::string>;

TEST(Tokeniser, BlanksAndTabsSeparateWords) {
  EXPECT_EQ(tokenise("  tunnel\tcreate  tunnel_name=t1 \n").value(), (Words{"tunnel", "create", "tunnel_name=t1"}));
}

TEST(Tokeniser, QuotesOfEitherKindGroupAndAreRemoved) {
  EXPECT_EQ(tokenise(R"(a='b c' "d e"f 'g"h')").value(), (Words{"a=b c", "d ef", "g\"h"}));
}

TEST(Tokeniser, EmptyQuotesAreAWordOfTheirOwn) { EXPECT_EQ(tokenise("a ''").value(), (Words{"a", ""})); }

TEST(Tokeniser, UnbalancedQuoteIsRefused) {
  EXPECT_EQ(tokenise("a 'b").error(), TokenError::unbalanced_quote);
  EXPECT_EQ(tokenise("a \"b'").error(), TokenError::unbalanced_quote);
}

TEST(Tokeniser, CommentAndEmptyLinesHaveNoWords) {
  EXPECT_TRUE(tokenise("").value().empty());
  EXPECT_TRUE(tokenise(" \t").value().empty());
  EXPECT_TRUE(tokenise("  # tunnel list").value().empty());
  EXPECT_EQ(tokenise("a #b").value(), (Words{"a", "#b"}));
}

TEST(Tokeniser, MoreWordsThanTheBoundAreRefused) {
  std::string line;
  for (std::size_t i = 0; i < kWordsMax; ++i)
    line += "a ";
  EXPECT_EQ(tokenise(line).value().size(), kWordsMax);
  EXPECT_EQ(tokenise(line + "a").error(), TokenError::too_many_words);
}

} // namespace
} // namespace openl2tp::cli
