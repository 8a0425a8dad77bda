// A small state machine over characters: outside a word, inside one, inside quotes of one kind.
#include "tools/l2tpconfig/tokeniser.hpp"

namespace openl2tp::cli {

tl::expected<std::vector<std::string>, TokenError> tokenise(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || line[first] == '#') return words;
  for (const char c : line) {
    if (quote != '\0') {
      if (c == quote)
        quote = '\0';
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true; // "" is a word of its own
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
  }
  if (quote != '\0') return tl::unexpected(TokenError::unbalanced_quote);
  if (in_word) words.push_back(std::move(word));
  if (words.size() > kWordsMax) return tl::unexpected(TokenError::too_many_words);
  return words;
}

} // namespace openl2tp::cli
