// What the end of pppd means for the session: one table from pppd's exit status to the CDN's result and error code.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace openl2tp::ppp_unix {

/// RFC 2661 section 4.4.2, as far as the end of PPP needs it.
enum class Result : std::uint16_t {
  lost_carrier = 1,
  general_error = 2, // with an error code
  administrative = 3,
  no_facilities_now = 4,
  no_facilities = 5,
  not_in_time = 10, // "not established within time allotted by LAC"
};
inline constexpr std::uint16_t vendor_error = 6; // with general_error: the text says what

struct Ending {
  Result result;
  std::string reason; // for the CDN and the log: nothing that a peer must not know

  [[nodiscard]] std::uint16_t error_code() const noexcept { return result == Result::general_error ? vendor_error : 0; }
};

struct ExitRow {
  std::int32_t status; // as pppd(8) lists them
  Result result;
  std::string_view reason;
};

/// Every exit status that pppd(8) knows, 0 to 21, in order.
[[nodiscard]] std::span<const ExitRow> exit_table() noexcept;

/// What `status` of openl2tp_host_ops.spawn's on_exit means: exit status, 256 + signal, or -errno of a failed start.
[[nodiscard]] Ending ending_of(std::int32_t status);

} // namespace openl2tp::ppp_unix
