// Result and error codes of StopCCN and CDN, and what a refusal carries. RFC 2661 §4.4.2; each cause names its wire
// answer once, here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace openl2tp::protocol {

enum class StopResult : std::uint16_t {
  general_clear = 1,
  general_error = 2,
  already_exists = 3,
  not_authorised = 4,
  unsupported_version = 5, // the error code is then the highest version supported (0x0100)
  shutting_down = 6,
  fsm_error = 7,
};

enum class CdnResult : std::uint16_t {
  lost_carrier = 1,
  general_error = 2,
  administrative = 3,
  no_facilities_temporary = 4,
  no_facilities_permanent = 5,
  invalid_destination = 6,
  no_carrier = 7,
  busy = 8,
  no_dial_tone = 9,
  lac_timeout = 10,
  no_framing = 11,
};

enum class GeneralError : std::uint16_t {
  none = 0,
  no_control_connection = 1,
  wrong_length = 2,
  value_out_of_range = 3,
  insufficient_resources = 4,
  invalid_session_id = 5,
  vendor_specific = 6,
  try_another = 7,
  unknown_mandatory_avp = 8,
};

/// What goes into a Result Code AVP, either way. `result` is a StopResult or a CdnResult according to the message; a
/// peer may send any number. `error` is meaningful with result 2 (and holds the version with
/// StopResult::unsupported_version).
struct Reason {
  std::uint16_t result = 0;
  std::uint16_t error = 0;
  std::string text; // UTF-8, at most 255 octets when we send it

  bool operator==(const Reason&) const = default;
};

[[nodiscard]] inline Reason make_reason(StopResult result, GeneralError error = GeneralError::none,
                                        std::string_view text = {}) {
  return {static_cast<std::uint16_t>(result), static_cast<std::uint16_t>(error), std::string(text)};
}
[[nodiscard]] inline Reason make_reason(CdnResult result, GeneralError error = GeneralError::none,
                                        std::string_view text = {}) {
  return {static_cast<std::uint16_t>(result), static_cast<std::uint16_t>(error), std::string(text)};
}

} // namespace openl2tp::protocol
