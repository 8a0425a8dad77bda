// Making text that somebody else chose fit for a log line: nothing in it can move the cursor, end the line or look like
// our own words.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace openl2tp::runtime {

/// How much of a peer's text or octets a line shows.
inline constexpr std::size_t shown_octets_max = 64;

/// Appends the first `max` octets of `text`: valid UTF-8 stays, everything else (control characters, C1 controls, line
/// and direction marks, stray octets) becomes \xNN, a backslash and a double quote get a backslash. A longer text ends
/// in "...(N octets)".
void append_escaped(std::string& line, std::string_view text, std::size_t max = shown_octets_max);

/// The same in double quotes: what a peer sent as text.
void append_quoted(std::string& line, std::string_view text, std::size_t max = shown_octets_max);

/// The same treatment for a line that we composed ourselves but that may quote others: quotes and backslashes stay as
/// they are.
void append_printable(std::string& line, std::string_view text, std::size_t max);

/// The first `max` octets as hexadecimal digits.
void append_hex(std::string& line, std::span<const std::byte> octets, std::size_t max = shown_octets_max);

} // namespace openl2tp::runtime
