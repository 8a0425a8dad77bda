// Phrases that several layouts share. Private to output*.cpp.
#pragma once

#include <string>
#include <string_view>

#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::cli {

[[nodiscard]] inline const char* yes_no(bool value) noexcept { return value ? "YES" : "NO"; }
[[nodiscard]] inline const char* on_off(bool value) noexcept { return value ? "ON" : "OFF"; }

/// "A B", "A", "B" or `none`.
[[nodiscard]] inline std::string both(bool first, std::string_view first_name, bool second,
                                      std::string_view second_name, std::string_view none) {
  std::string text(first ? first_name : std::string_view());
  if (second) text += (text.empty() ? "" : " ") + std::string(second_name);
  return text.empty() ? std::string(none) : text;
}

/// The text of an optional string, safe for a terminal; `absent` when there is none.
[[nodiscard]] std::string text_or(const optstring& text, std::string_view absent);

/// What follows "created at: ": month to year, with the blank that the weekday leaves.
[[nodiscard]] std::string creation_text(const optstring& time);

} // namespace openl2tp::cli
