// The AVPs of RFC 2661 §4.4 and AVP 46 of RFC 3145, one row each. Which member of which struct an AVP fills is
// fields.hpp's business; a static_assert there holds both to the same messages.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/wire/avp.hpp"
#include "protocol/wire/message_type.hpp"

namespace openl2tp::protocol {

/// Attribute Types of the IETF (Vendor ID 0). 20 was never assigned.
enum class Attribute : std::uint16_t {
  message_type = 0,
  result_code = 1,
  protocol_version = 2,
  framing_capabilities = 3,
  bearer_capabilities = 4,
  tie_breaker = 5,
  firmware_revision = 6,
  host_name = 7,
  vendor_name = 8,
  assigned_tunnel_id = 9,
  receive_window_size = 10,
  challenge = 11,
  q931_cause_code = 12,
  challenge_response = 13,
  assigned_session_id = 14,
  call_serial_number = 15,
  minimum_bps = 16,
  maximum_bps = 17,
  bearer_type = 18,
  framing_type = 19,
  called_number = 21,
  calling_number = 22,
  sub_address = 23,
  tx_connect_speed = 24,
  physical_channel_id = 25,
  initial_received_lcp_confreq = 26,
  last_sent_lcp_confreq = 27,
  last_received_lcp_confreq = 28,
  proxy_authen_type = 29,
  proxy_authen_name = 30,
  proxy_authen_challenge = 31,
  proxy_authen_id = 32,
  proxy_authen_response = 33,
  call_errors = 34,
  accm = 35,
  random_vector = 36,
  private_group_id = 37,
  rx_connect_speed = 38,
  sequencing_required = 39,
  ppp_disconnect_cause = 46,
};

enum class ValueKind : std::uint8_t {
  none, // no value at all: presence is the message
  number16,
  nonzero16, // a number that must not be 0 (ids, window)
  low_octet, // two octets, the high one 0
  number32,
  bits32, // the lowest two bits count, the others are reserved and ignored
  text,   // of unknown encoding and any content
  octets,
  structure,   // fixed fields, some followed by text
  result_code, // like structure, but 2 octets or 4 and more: 3 is no form of it
};

/// A set of message types, one bit each.
class MessageSet {
 public:
  constexpr MessageSet() = default;
  template <class... Types>
  constexpr explicit MessageSet(Types... types) : bits_(((1u << static_cast<unsigned>(types)) | ...)) {}
  static constexpr MessageSet all() {
    MessageSet set;
    set.bits_ = 0x1ffff & ~1u; // a ZLB carries nothing
    return set;
  }
  [[nodiscard]] constexpr bool has(MessageType type) const noexcept {
    return (bits_ >> static_cast<unsigned>(type) & 1) != 0;
  }
  [[nodiscard]] constexpr bool empty() const noexcept { return bits_ == 0; }
  [[nodiscard]] constexpr bool within(MessageSet other) const noexcept { return (bits_ & ~other.bits_) == 0; }
  constexpr bool operator==(const MessageSet&) const = default;

 private:
  std::uint32_t bits_ = 0;
};

struct AvpRow {
  Attribute attribute;
  std::string_view name; // as the RFC calls it
  ValueKind kind;
  std::uint16_t value_min, value_max; // octets of value, before hiding; without the six of the header
  bool mandatory;                     // the M bit that we send; a receiver takes either
  bool may_hide;
  bool secret; // its value is never logged or traced
  MessageSet may, must;

  /// A number of the table that names no AVP (20): to be treated as unrecognised.
  [[nodiscard]] constexpr bool assigned() const noexcept { return !may.empty(); }
  [[nodiscard]] constexpr bool fits(std::size_t value_size) const noexcept {
    return value_size >= value_min && value_size <= value_max && !(kind == ValueKind::result_code && value_size == 3);
  }
};

namespace avp_table_detail {

using enum MessageType;
using A = Attribute;
using K = ValueKind;
using In = MessageSet;
inline constexpr std::uint16_t any = avp_value_max;
inline constexpr bool M = true, m = false; // the M bit is sent as 1, as 0
inline constexpr bool H = true, h = false; // may be hidden, must not
inline constexpr bool S = true, s = false; // secret, not

} // namespace avp_table_detail

// clang-format off
inline constexpr auto avp_table = [] {
  using namespace avp_table_detail;
  return std::to_array<AvpRow>({
    //                               name                            kind           octets    M  H  S  may be in                        must be in
    {A::message_type,                "Message Type",                 K::number16,    2, 2,    M, h, s, In::all(),                       In::all()},
    {A::result_code,                 "Result Code",                  K::result_code, 2, any,  M, h, s, In(stopccn, cdn),                In(stopccn, cdn)},
    {A::protocol_version,            "Protocol Version",             K::structure,   2, 2,    M, h, s, In(sccrq, sccrp),                In(sccrq, sccrp)},
    {A::framing_capabilities,        "Framing Capabilities",         K::bits32,      4, 4,    M, H, s, In(sccrq, sccrp),                In(sccrq, sccrp)},
    {A::bearer_capabilities,         "Bearer Capabilities",          K::bits32,      4, 4,    M, H, s, In(sccrq, sccrp),                In()},
    {A::tie_breaker,                 "Tie Breaker",                  K::octets,      8, 8,    m, h, s, In(sccrq),                       In()},
    {A::firmware_revision,           "Firmware Revision",            K::number16,    2, 2,    m, H, s, In(sccrq, sccrp),                In()},
    {A::host_name,                   "Host Name",                    K::text,        1, any,  M, h, s, In(sccrq, sccrp),                In(sccrq, sccrp)},
    {A::vendor_name,                 "Vendor Name",                  K::text,        0, any,  m, H, s, In(sccrq, sccrp),                In()},
    {A::assigned_tunnel_id,          "Assigned Tunnel ID",           K::nonzero16,   2, 2,    M, H, s, In(sccrq, sccrp, stopccn),       In(sccrq, sccrp, stopccn)},
    {A::receive_window_size,         "Receive Window Size",          K::nonzero16,   2, 2,    M, h, s, In(sccrq, sccrp),                In()},
    {A::challenge,                   "Challenge",                    K::octets,      1, any,  M, H, S, In(sccrq, sccrp),                In()},
    {A::q931_cause_code,             "Q.931 Cause Code",             K::structure,   3, any,  M, h, s, In(cdn),                         In()},
    {A::challenge_response,          "Challenge Response",           K::octets,      16, 16,  M, H, S, In(sccrp, scccn),                In()},
    {A::assigned_session_id,         "Assigned Session ID",          K::nonzero16,   2, 2,    M, H, s, In(ocrq, ocrp, icrq, icrp, cdn), In(ocrq, ocrp, icrq, icrp, cdn)},
    {A::call_serial_number,          "Call Serial Number",           K::number32,    4, 4,    M, H, s, In(ocrq, icrq),                  In(ocrq, icrq)},
    {A::minimum_bps,                 "Minimum BPS",                  K::number32,    4, 4,    M, H, s, In(ocrq),                        In(ocrq)},
    {A::maximum_bps,                 "Maximum BPS",                  K::number32,    4, 4,    M, H, s, In(ocrq),                        In(ocrq)},
    {A::bearer_type,                 "Bearer Type",                  K::bits32,      4, 4,    M, H, s, In(ocrq, icrq),                  In(ocrq)},
    {A::framing_type,                "Framing Type",                 K::bits32,      4, 4,    M, H, s, In(ocrq, occn, iccn),            In(ocrq, occn, iccn)},
    {A{20},                          "unassigned",                   K::octets,      0, any,  m, h, s, In(),                            In()},
    {A::called_number,               "Called Number",                K::text,        0, any,  M, H, s, In(ocrq, icrq),                  In(ocrq)},
    {A::calling_number,              "Calling Number",               K::text,        0, any,  M, H, s, In(icrq),                        In()},
    {A::sub_address,                 "Sub-Address",                  K::text,        0, any,  M, H, s, In(ocrq, icrq),                  In()},
    {A::tx_connect_speed,            "Tx Connect Speed",             K::number32,    4, 4,    M, H, s, In(occn, iccn),                  In(occn, iccn)},
    {A::physical_channel_id,         "Physical Channel ID",          K::number32,    4, 4,    m, H, s, In(ocrp, icrq),                  In()},
    {A::initial_received_lcp_confreq,"Initial Received LCP CONFREQ", K::octets,      0, any,  m, H, s, In(iccn),                        In()},
    {A::last_sent_lcp_confreq,       "Last Sent LCP CONFREQ",        K::octets,      0, any,  m, H, s, In(iccn),                        In()},
    {A::last_received_lcp_confreq,   "Last Received LCP CONFREQ",    K::octets,      0, any,  m, H, s, In(iccn),                        In()},
    {A::proxy_authen_type,           "Proxy Authen Type",            K::number16,    2, 2,    m, H, s, In(iccn),                        In()},
    {A::proxy_authen_name,           "Proxy Authen Name",            K::text,        0, any,  m, H, s, In(iccn),                        In()},
    {A::proxy_authen_challenge,      "Proxy Authen Challenge",       K::octets,      1, any,  m, H, s, In(iccn),                        In()},
    {A::proxy_authen_id,             "Proxy Authen ID",              K::low_octet,   2, 2,    m, H, s, In(iccn),                        In()},
    {A::proxy_authen_response,       "Proxy Authen Response",        K::octets,      0, any,  m, H, S, In(iccn),                        In()},
    {A::call_errors,                 "Call Errors",                  K::structure,   26, 26,  M, H, s, In(wen),                         In(wen)},
    {A::accm,                        "ACCM",                         K::structure,   10, 10,  M, H, s, In(sli),                         In(sli)},
    {A::random_vector,               "Random Vector",                K::octets,      1, any,  M, h, S, In::all(),                       In()},
    {A::private_group_id,            "Private Group ID",             K::octets,      0, any,  m, H, s, In(iccn),                        In()},
    {A::rx_connect_speed,            "Rx Connect Speed",             K::number32,    4, 4,    m, H, s, In(occn, iccn),                  In()},
    {A::sequencing_required,         "Sequencing Required",          K::none,        0, 0,    M, h, s, In(occn, iccn),                  In()},
    {A::ppp_disconnect_cause,        "PPP Disconnect Cause Code",    K::structure,   5, any,  m, H, s, In(cdn),                         In()},
  });
}();
// clang-format on

/// Where the row of `attribute` stands in the table; avp_table.size() when it has none.
[[nodiscard]] constexpr std::size_t avp_index(Attribute attribute) noexcept {
  const auto number = static_cast<std::size_t>(attribute);
  if (number <= 39) return number;
  return number == 46 ? 40 : avp_table.size();
}

/// The row of an attribute that a message may carry; nullptr for one that is not recognised.
[[nodiscard]] constexpr const AvpRow* find_avp_row(std::uint16_t attribute) noexcept {
  const std::size_t index = avp_index(Attribute{attribute});
  return index < avp_table.size() && avp_table[index].assigned() ? &avp_table[index] : nullptr;
}

static_assert(
    [] {
      for (std::size_t i = 0; i < avp_table.size(); ++i)
        if (avp_index(avp_table[i].attribute) != i) return false;
      return avp_table.size() == 41;
    }(),
    "the rows are AVP 0 to 39 and 46, in order and without a gap");
static_assert(
    [] {
      for (const AvpRow& row : avp_table)
        if (row.name.empty() || row.value_min > row.value_max || row.value_max > avp_value_max ||
            !row.must.within(row.may) || (row.kind == ValueKind::none) != (row.value_max == 0))
          return false;
      return true;
    }(),
    "a row contradicts itself");

} // namespace openl2tp::protocol
