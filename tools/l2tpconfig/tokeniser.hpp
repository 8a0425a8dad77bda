// A command line to words: blanks and tabs separate, quotes group, # begins a comment line.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace openl2tp::cli {

enum class TokenError : unsigned char {
  unbalanced_quote,
  too_many_words, ///< more than kWordsMax
};

inline constexpr std::size_t kWordsMax = 200;

/// Splits `line`. Quotes of either kind group blanks, also inside a word (name="a b"), and are removed. A line whose
/// first character other than a blank is # has no words.
[[nodiscard]] tl::expected<std::vector<std::string>, TokenError> tokenise(std::string_view line);

} // namespace openl2tp::cli
