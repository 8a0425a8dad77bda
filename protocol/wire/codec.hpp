// Control message bodies to and from the typed structs of message.hpp, AVP by AVP along the table of avp_table.hpp. RFC
// 2661 §4, §6. Hidden AVPs are opened and made here, through hiding.hpp. No state of tunnels or sessions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/random.hpp"
#include "protocol/result_code.hpp"
#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

enum class MessageFault : std::uint8_t {
  no_message_type,      // the body does not begin with a well-formed Message Type AVP (§4.4.1)
  unknown_message_type, // the type is not one of §3.2; see `mandatory`
  avp_length, // an AVP header that is below 6, above the rest of the message, or a mandatory AVP of a wrong length
  avp_value,  // a value that the RFC forbids: id 0, window 0, reserved octet set
  unknown_mandatory_avp, // §4.1: M set and not recognised (also when a reserved bit is set)
  hidden_without_vector, // §4.3: H set and no Random Vector before it
  hidden_without_secret, // H set and no secret is configured
  hidden_garbage,        // the unhidden length does not fit: wrong secret or forged
  illegally_hidden,      // H set on an AVP that must not be hidden
  missing_avp,           // an AVP that §6 requires is not there
  too_many_avps,         // more than the decoder's bound of 256
};

/// The first reason why a message cannot be accepted, with what is needed to answer it.
struct MessageError {
  MessageFault fault;
  MessageType type = MessageType::zlb;     // zlb when not known
  std::uint16_t raw_type = 0;              // as received
  bool mandatory = true;                   // M bit of the Message Type AVP
  std::uint16_t vendor = 0, attribute = 0; // the AVP at fault
  std::uint16_t offset = 0;                // of that AVP in the body, octets
  std::uint16_t seen = 0, allowed = 0;     // length or value, as `fault` says
  std::optional<std::uint16_t> assigned_tunnel_id{},
      assigned_session_id{}; // where readable: a refusal is addressed to them

  /// The General Error that names this fault on the wire (§4.4.2).
  [[nodiscard]] GeneralError wire_error() const noexcept;
  /// "AVP 9 (Assigned Tunnel ID): length 7, expected 8"; for the log and the Error Message. Never holds secret or
  /// hidden values.
  [[nodiscard]] std::string describe() const;
};

/// What was unusual about an accepted message.
struct DecodeNotes {
  std::uint16_t ignored_avps = 0; // not mandatory and unknown, malformed or out of place
  std::uint16_t vendor_avps = 0;
  std::uint16_t hidden_avps = 0;
};

struct DecodedMessage {
  Message message;
  DecodeNotes notes;
  std::span<const VendorAvp>
      vendor_avps{}; // not mandatory, or claimed by the caller; at most 32, further ones are only counted
};

/// Sees each AVP of a message as it is decoded; for the AVP categories of the trace facility. Values of AVPs that hold
/// secrets (Challenge, Challenge Response, Proxy Authen Response, Random Vector) and of hidden AVPs come as empty
/// spans.
class AvpObserver {
 public:
  virtual ~AvpObserver() = default;
  virtual void avp(std::uint16_t vendor, std::uint16_t attribute, bool mandatory, bool hidden, std::size_t length,
                   Octets value) = 0;
};

/// Whether messages of this type are shown to who owns AVPs of other vendors: those that make and end tunnels and
/// sessions.
[[nodiscard]] constexpr bool carries_vendor_avps(MessageType type) noexcept {
  switch (type) {
  case MessageType::sccrq:
  case MessageType::sccrp:
  case MessageType::scccn:
  case MessageType::stopccn:
  case MessageType::ocrq:
  case MessageType::ocrp:
  case MessageType::occn:
  case MessageType::icrq:
  case MessageType::icrp:
  case MessageType::iccn:
  case MessageType::cdn: return true;
  case MessageType::zlb:
  case MessageType::hello:
  case MessageType::wen:
  case MessageType::sli: return false;
  }
  return false;
}

/// Which AVPs of other vendors somebody here knows. Asked while a message is decoded: pure functions.
class VendorClaims {
 public:
  /// Of these the decoder lists up to vendor_avps_max each; of all others it lists none.
  [[nodiscard]] virtual bool owns(std::uint16_t vendor) const noexcept = 0;
  /// A mandatory AVP of an owned vendor that is not understood makes the message unacceptable.
  [[nodiscard]] virtual bool understands(std::uint16_t vendor, std::uint16_t attribute) const noexcept = 0;

 protected:
  ~VendorClaims() = default;
};
/// Of one owned vendor in one message. A further one is ignored and noted, or refused when it is mandatory.
inline constexpr std::size_t vendor_avps_max = 16;

/// Decodes bodies. One a shard: it owns the scratch space that views of unhidden values point to, reused by every call.
/// No allocation after construction.
class MessageDecoder {
 public:
  MessageDecoder();
  ~MessageDecoder();
  MessageDecoder(const MessageDecoder&) = delete;
  MessageDecoder& operator=(const MessageDecoder&) = delete;

  /// `body`: what follows the control header; empty is a ZLB. `secret`: the tunnel's, empty when there is none.
  /// `observer` may be null.
  /// A malformed AVP without M is ignored and noted (§7.1). Of duplicate AVPs the first counts, later ones are ignored
  /// and noted. An AVP that is known but has no place in this message is ignored and noted, whatever its M bit.
  /// `claims` may be null: then mandatory AVPs of other vendors are refused, and others listed whosever they are.
  [[nodiscard]] tl::expected<DecodedMessage, MessageError>
  decode(Octets body, Octets secret, AvpObserver* observer = nullptr, const VendorClaims* claims = nullptr);

 private:
  struct Scratch;
  Scratch* scratch_;
};

/// How to encode: with `secret` not empty and `hide` set, every AVP that may be hidden is (§4.3), after a Random Vector
/// of 16 octets. A Proxy Authen Response that is a password (Proxy Authen Type 1 and 3) is hidden whenever there is a
/// secret, whatever `hide` says. `vendor_avps` are hidden where they say so themselves.
struct EncodeOptions {
  bool hide = false;
  Octets secret{};
  std::size_t hidden_padding = 0; // octets of padding inside each hidden value, 0 to 64
  RandomSource* random = nullptr; // required with `secret`
  std::span<const VendorAvp> vendor_avps{};
};

enum class EncodeError : std::uint8_t {
  too_long,  // an AVP over 1023 octets, or the message over `out`
  no_random, // something is to be hidden and `random` is null
  no_secret, // a vendor's AVP is to be hidden and there is no secret
};

/// Encodes a whole control message into `out`: header (tunnel id, session id, Ns and Nr as in `header`; all may be
/// patched later) and body.
/// @return the message's length in octets. `out` of 4096 octets holds every message whose strings are within 255
/// octets.
[[nodiscard]] tl::expected<std::size_t, EncodeError> encode(std::span<std::byte> out, std::uint16_t tunnel_id,
                                                            std::uint16_t session_id, const Message& message,
                                                            const EncodeOptions& options = {});

} // namespace openl2tp::protocol
