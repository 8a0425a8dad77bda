#include "runtime/trace/escape.hpp"

#include <cstdint>

namespace openl2tp::runtime {

namespace {

constexpr char hex_digits[] = "0123456789abcdef";

void append_hex_octet(std::string& line, unsigned char octet) {
  line += hex_digits[octet >> 4];
  line += hex_digits[octet & 15];
}

/// Octets of the well-formed UTF-8 sequence at the start of `text`, and its code point; 0 when there is none (overlong
/// forms, surrogates and code points above U+10FFFF are not well formed).
std::size_t utf8_sequence(std::string_view text, std::uint32_t& code_point) {
  const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = octet(0);
  std::size_t length = 0;
  std::uint32_t least = 0;
  if (first < 0x80) {
    code_point = first;
    return 1;
  }
  if ((first & 0xe0) == 0xc0) {
    length = 2, least = 0x80, code_point = first & 0x1fu;
  } else if ((first & 0xf0) == 0xe0) {
    length = 3, least = 0x800, code_point = first & 0x0fu;
  } else if ((first & 0xf8) == 0xf0) {
    length = 4, least = 0x10000, code_point = first & 0x07u;
  } else {
    return 0;
  }
  if (text.size() < length) return 0;
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(i) & 0xc0) != 0x80) return 0;
    code_point = code_point << 6 | (octet(i) & 0x3fu);
  }
  const bool surrogate = code_point >= 0xd800 && code_point <= 0xdfff;
  return code_point < least || code_point > 0x10ffff || surrogate ? 0 : length;
}

/// Code points that change how the rest of a line is shown, without being seen themselves.
bool disturbs(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

void append(std::string& line, std::string_view text, std::size_t max, bool escape_quotes) {
  const std::size_t whole = text.size();
  std::string_view rest = text.substr(0, max);
  while (!rest.empty()) {
    std::uint32_t code_point = 0;
    std::size_t length = utf8_sequence(rest, code_point);
    if (length == 0 || disturbs(code_point)) {
      if (length == 0) length = 1;
      for (const char c : rest.substr(0, length)) {
        line += "\\x";
        append_hex_octet(line, static_cast<unsigned char>(c));
      }
    } else {
      if (escape_quotes && (code_point == '"' || code_point == '\\')) line += '\\';
      line += rest.substr(0, length);
    }
    rest.remove_prefix(length);
  }
  if (whole > max) line += "...(" + std::to_string(whole) + " octets)";
}

} // namespace

void append_escaped(std::string& line, std::string_view text, std::size_t max) { append(line, text, max, true); }

void append_quoted(std::string& line, std::string_view text, std::size_t max) {
  line += '"';
  append(line, text, max, true);
  line += '"';
}

void append_printable(std::string& line, std::string_view text, std::size_t max) { append(line, text, max, false); }

void append_hex(std::string& line, std::span<const std::byte> octets, std::size_t max) {
  for (const std::byte octet : octets.first(octets.size() < max ? octets.size() : max))
    append_hex_octet(line, static_cast<unsigned char>(octet));
  if (octets.size() > max) line += "...(" + std::to_string(octets.size()) + " octets)";
}

} // namespace openl2tp::runtime
