// The control messages of RFC 2661 §3.2 by number.
#pragma once

#include <cstdint>
#include <string_view>

namespace openl2tp::protocol {

enum class MessageType : std::uint16_t {
  zlb = 0, // not a wire value: a control message without a body (§5.8)
  sccrq = 1,
  sccrp = 2,
  scccn = 3,
  stopccn = 4,
  hello = 6,
  ocrq = 7,
  ocrp = 8,
  occn = 9,
  icrq = 10,
  icrp = 11,
  iccn = 12,
  cdn = 14,
  wen = 15,
  sli = 16,
};

inline constexpr std::uint16_t message_type_max = 16;

/// "SCCRQ", ...; "ILLEGAL" for a number that names none.
[[nodiscard]] constexpr std::string_view name(MessageType type) noexcept {
  switch (type) {
  case MessageType::zlb: return "ZLB";
  case MessageType::sccrq: return "SCCRQ";
  case MessageType::sccrp: return "SCCRP";
  case MessageType::scccn: return "SCCCN";
  case MessageType::stopccn: return "StopCCN";
  case MessageType::hello: return "HELLO";
  case MessageType::ocrq: return "OCRQ";
  case MessageType::ocrp: return "OCRP";
  case MessageType::occn: return "OCCN";
  case MessageType::icrq: return "ICRQ";
  case MessageType::icrp: return "ICRP";
  case MessageType::iccn: return "ICCN";
  case MessageType::cdn: return "CDN";
  case MessageType::wen: return "WEN";
  case MessageType::sli: return "SLI";
  }
  return "ILLEGAL";
}

/// True for a message that belongs to one session (§3.2 call management, error reporting, PPP session control).
[[nodiscard]] constexpr bool is_session_message(MessageType type) noexcept { return type >= MessageType::ocrq; }

} // namespace openl2tp::protocol
