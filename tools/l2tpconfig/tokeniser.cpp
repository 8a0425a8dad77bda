// A small state machine over characters: outside a word, inside one, inside quotes of one kind.
#include "tools/l2tpconfig/tokeniser.hpp"

#include <algorithm>

namespace openl2tp::cli {
namespace {

constexpr char kEscaping = '$'; // the state inside $'...'

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Appends what the escape at the front of `rest` (after its backslash) means. @return its length, 0 when it is none.
std::size_t unescape(std::string_view rest, std::string& word) {
  if (rest.empty()) return 0;
  if (rest.front() == '\\' || rest.front() == '\'') {
    word += rest.front();
    return 1;
  }
  if (rest.front() != 'x' || rest.size() < 3) return 0;
  const int high = hex_digit(rest[1]), low = hex_digit(rest[2]);
  if (high < 0 || low < 0 || (high | low) == 0) return 0;
  word += static_cast<char>(high << 4 | low);
  return 3;
}

bool is_plain(char c) noexcept {
  constexpr std::string_view others = "_-.:/@+,!%=";
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         others.find(c) != std::string_view::npos;
}

} // namespace

tl::expected<std::vector<std::string>, TokenError> tokenise(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  const std::size_t first = line.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos || line[first] == '#') return words;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote == kEscaping && c == '\\') {
      const std::size_t length = unescape(line.substr(i + 1), word);
      if (length == 0) return tl::unexpected(TokenError::bad_escape);
      i += length;
    } else if (quote != '\0') {
      if (c == (quote == kEscaping ? '\'' : quote))
        quote = '\0';
      else
        word += c;
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true; // "" is a word of its own
    } else if (c == '$' && line.substr(i + 1).starts_with('\'')) {
      quote = kEscaping;
      in_word = true;
      ++i;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\n') {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      word += c;
      in_word = true;
    }
    if (words.size() > kWordsMax) return tl::unexpected(TokenError::too_many_words);
  }
  if (quote != '\0') return tl::unexpected(TokenError::unbalanced_quote);
  if (in_word) words.push_back(std::move(word));
  if (words.size() > kWordsMax) return tl::unexpected(TokenError::too_many_words);
  return words;
}

std::string quoted_word(std::string_view value) {
  if (std::all_of(value.begin(), value.end(), is_plain)) return std::string(value);
  const bool control = std::any_of(value.begin(), value.end(), [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
  });
  if (!control && value.find('"') == std::string_view::npos) return '"' + std::string(value) + '"';
  if (!control && value.find('\'') == std::string_view::npos) return '\'' + std::string(value) + '\'';
  constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "$'";
  for (const char c : value) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f) {
      quoted += "\\x";
      quoted += digits[octet >> 4];
      quoted += digits[octet & 0xf];
    } else {
      if (c == '\\' || c == '\'') quoted += '\\';
      quoted += c;
    }
  }
  return quoted + "'";
}

std::string_view token_error_text(TokenError error) noexcept {
  switch (error) {
  case TokenError::unbalanced_quote: return "Incomplete command";
  case TokenError::too_many_words: return "Too many words in a command";
  case TokenError::bad_escape: return "Bad escape: inside $'...' there are \\\\, \\' and \\xNN";
  }
  return "";
}

} // namespace openl2tp::cli
