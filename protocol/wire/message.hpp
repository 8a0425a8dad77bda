// The control messages of RFC 2661 §6 as typed structs. Encoding and decoding them is protocol/wire/codec.hpp's
// business; what they mean to a tunnel or session is not known here.
//
// Strings and octets are views. In a decoded message they point into the datagram or into the decoder's scratch space
// and stay valid until the decoder is used again; in a message to encode they must only outlive the call.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <variant>

#include "protocol/wire/message_type.hpp"

namespace openl2tp::protocol {

using Octets = std::span<const std::byte>;

/// §4.4.3 Framing Capabilities / §4.4.4 Framing Type: bit A is 0x2, bit S is 0x1.
struct Framing {
  bool sync = false, async = false;
  bool operator==(const Framing&) const = default;
};

/// §4.4.3 Bearer Capabilities / §4.4.4 Bearer Type: bit A is 0x2, bit D is 0x1.
struct Bearer {
  bool digital = false, analog = false;
  bool operator==(const Bearer&) const = default;
};

struct ProtocolVersion {
  std::uint8_t version = 1, revision = 0;
  bool operator==(const ProtocolVersion&) const = default;
};

/// §4.4.2 Result Code. `error` is absent in the two-octet form; `text` is what follows it, as the peer sent it.
struct ResultCode {
  std::uint16_t result = 0;
  std::optional<std::uint16_t> error{};
  std::string_view text{};
};

/// §4.4.5 Q.931 Cause Code.
struct Q931Cause {
  std::uint16_t cause = 0;
  std::uint8_t message = 0;
  std::string_view advisory{};
};

/// §4.4.5 proxy LCP and authentication AVPs (26 to 33), as the LAC collected them.
struct ProxyPpp {
  std::optional<Octets> initial_received_confreq{}, last_sent_confreq{}, last_received_confreq{};
  std::optional<std::uint16_t> authen_type{};
  std::optional<std::string_view> authen_name{};
  std::optional<Octets> authen_challenge{};
  std::optional<std::uint8_t> authen_id{};
  std::optional<Octets> authen_response{};
};

/// §4.4.6 Call Errors, cumulative counts of one call.
struct CallErrors {
  std::uint32_t crc = 0, framing = 0, hardware_overruns = 0, buffer_overruns = 0, timeouts = 0, alignment = 0;
  bool operator==(const CallErrors&) const = default;
};

/// §4.4.6 ACCM.
struct Accm {
  std::uint32_t send = 0xffffffff, receive = 0xffffffff;
  bool operator==(const Accm&) const = default;
};

/// RFC 3145 PPP Disconnect Cause Code (AVP 46, only in CDN).
struct PppDisconnectCause {
  std::uint16_t code = 0, protocol = 0;
  std::uint8_t direction = 0; // 0 not applicable, 1 the peer, 2 the local side
  std::string_view text{};
};

/// The part that SCCRQ and SCCRP share (§6.1, §6.2).
struct TunnelOffer {
  ProtocolVersion protocol_version{};
  Framing framing_capabilities{};
  std::string_view host_name{};
  std::uint16_t assigned_tunnel_id = 0;
  std::optional<Bearer> bearer_capabilities{};
  std::optional<std::uint16_t> receive_window_size{}; // absent means 4
  std::optional<std::uint16_t> firmware_revision{};
  std::optional<std::string_view> vendor_name{};
  std::optional<Octets> challenge{};
};

using ChallengeResponse = std::array<std::byte, 16>;
using TieBreaker = std::array<std::byte, 8>; // compared as a big-endian number: the lower wins

struct Zlb {};
struct Sccrq : TunnelOffer {
  std::optional<TieBreaker> tie_breaker{};
};
struct Sccrp : TunnelOffer {
  std::optional<ChallengeResponse> challenge_response{};
};
struct Scccn {
  std::optional<ChallengeResponse> challenge_response{};
};
struct StopCcn {
  std::uint16_t assigned_tunnel_id = 0;
  ResultCode result_code{};
};
struct Hello {};

struct Ocrq {
  std::uint16_t assigned_session_id = 0;
  std::uint32_t call_serial_number = 0;
  std::uint32_t minimum_bps = 0, maximum_bps = 0;
  Bearer bearer_type{};
  Framing framing_type{};
  std::string_view called_number{};
  std::optional<std::string_view> sub_address{};
};
struct Ocrp {
  std::uint16_t assigned_session_id = 0;
  std::optional<std::uint32_t> physical_channel_id{};
};
struct Occn {
  std::uint32_t tx_connect_speed = 0; // bits a second, LAC to caller
  Framing framing_type{};
  std::optional<std::uint32_t> rx_connect_speed{};
  bool sequencing_required = false;
};
struct Icrq {
  std::uint16_t assigned_session_id = 0;
  std::uint32_t call_serial_number = 0;
  std::optional<Bearer> bearer_type{};
  std::optional<std::uint32_t> physical_channel_id{};
  std::optional<std::string_view> calling_number{}, called_number{}, sub_address{};
};
struct Icrp {
  std::uint16_t assigned_session_id = 0;
};
struct Iccn {
  std::uint32_t tx_connect_speed = 0;
  Framing framing_type{};
  ProxyPpp proxy{};
  std::optional<Octets> private_group_id{};
  std::optional<std::uint32_t> rx_connect_speed{};
  bool sequencing_required = false;
};
struct Cdn {
  ResultCode result_code{};
  std::uint16_t assigned_session_id = 0;
  std::optional<Q931Cause> q931_cause{};
  std::optional<PppDisconnectCause> ppp_disconnect_cause{};
};
struct Wen {
  CallErrors call_errors{};
};
struct Sli {
  Accm accm{};
};

using Message =
    std::variant<Zlb, Sccrq, Sccrp, Scccn, StopCcn, Hello, Ocrq, Ocrp, Occn, Icrq, Icrp, Iccn, Cdn, Wen, Sli>;

[[nodiscard]] constexpr MessageType type_of(const Message& message) noexcept {
  constexpr MessageType types[] = {MessageType::zlb,     MessageType::sccrq, MessageType::sccrp, MessageType::scccn,
                                   MessageType::stopccn, MessageType::hello, MessageType::ocrq,  MessageType::ocrp,
                                   MessageType::occn,    MessageType::icrq,  MessageType::icrp,  MessageType::iccn,
                                   MessageType::cdn,     MessageType::wen,   MessageType::sli};
  return types[message.index()];
}

/// An AVP of another vendor than the IETF (Vendor ID not 0), or one of ours to send along.
struct VendorAvp {
  std::uint16_t vendor = 0, attribute = 0;
  bool mandatory = false;
  Octets value{};      // after unhiding; at most 1017 octets
  bool hidden = false; // it came hidden, or is to be hidden (§4.3)
};

} // namespace openl2tp::protocol
