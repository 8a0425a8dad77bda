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
  bad_escape,     ///< inside $'...' a backslash without \\, \' or \xNN after it; \x00 is none either
};

inline constexpr std::size_t kWordsMax = 200;

/// Splits `line`. Quotes of either kind group blanks, also inside a word (name="a b"), and are removed. $'...' does so
/// too, and knows the escapes \\, \' and \xNN, for octets that cannot be typed. A line whose first character other than
/// a blank is # has no words.
[[nodiscard]] tl::expected<std::vector<std::string>, TokenError> tokenise(std::string_view line);

/// `value` in such quotes that tokenise() gives it back; unquoted where it needs none. Without NUL octets.
[[nodiscard]] std::string quoted_word(std::string_view value);

[[nodiscard]] std::string_view token_error_text(TokenError error) noexcept;

} // namespace openl2tp::cli
