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

/// Text that came from elsewhere, safe for a terminal: control characters become \xNN.
[[nodiscard]] std::string printable(std::string_view text);

/// The text of an optional string, safe for a terminal; `absent` when there is none.
[[nodiscard]] std::string text_or(const optstring& text, std::string_view absent);

/// A time as the interface spells it, without the blank in front and the final newline that some procedures give it.
[[nodiscard]] std::string bare_time(std::string_view time);

/// The line "  created at:  Nov 22 07:01:15 2026"; nothing where no time is told. Takes the time with or without its
/// weekday and its final newline: daemons differ in both.
[[nodiscard]] std::string created_line(const optstring& time);

/// "Sun Nov 22 07:01:15 2026" in local time, as the interface spells times.
[[nodiscard]] std::string time_text(std::uint64_t seconds);
/// The lines of session show about PPP that runs, or ran.
[[nodiscard]] std::string ppp_text(const l2tp_ext_ppp& ppp);
/// "UP", "LCP"...
[[nodiscard]] const char* ppp_phase_text(l2tp_ext_ppp_phase phase) noexcept;

[[nodiscard]] inline std::string framing_text(bool sync, bool async) {
  return both(sync, "SYNC", async, "ASYNC", "NONE");
}
[[nodiscard]] inline std::string bearer_text(bool digital, bool analog) {
  return both(digital, "DIGITAL", analog, "ANALOG", "NONE");
}
[[nodiscard]] const char* auth_mode_text(l2tp_api_tunnel_auth_mode mode) noexcept;

/// "LAC Incoming Call".
[[nodiscard]] const char* session_type_text(l2tp_api_session_type type) noexcept;
/// " SYNC ASYNC"; for none " NONE" where that was asked for (`given`), else nothing: the label ends in a colon either
/// way.
[[nodiscard]] std::string types_text(bool first, const char* first_name, bool second, const char* second_name,
                                     bool given);

/// "connect speed: N", or both directions where the received one is told; nothing for 0. Bits a second.
[[nodiscard]] std::string speed_text(const char* indent, std::int64_t tx, std::int64_t rx);

/// The line about a tunnel's secret: the secret, that there is one, or nothing.
[[nodiscard]] std::string secret_text(const optstring& secret, bool supplied, bool secrets);

} // namespace openl2tp::cli
