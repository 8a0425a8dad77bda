// RADIUS packets (RFC 2865 section 3 and 5): a checked view of a received one, a writer for one to send, and the
// digests that protect both (RFC 2865 section 3, RFC 2866 section 3, RFC 2869 section 5.14). No sockets, no clock, no
// randomness.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include <tl/expected.hpp>

#include "plugins/ppp_engine/octets.hpp"
#include "plugins/radius/attribute.hpp"

namespace openl2tp::radius {

using ppp::Octets;
using Authenticator = std::array<std::byte, 16>;

enum class Code : std::uint8_t {
  access_request = 1,
  access_accept = 2,
  access_reject = 3,
  accounting_request = 4,
  accounting_response = 5,
  access_challenge = 11,
  status_server = 12,
  disconnect_request = 40,
  disconnect_ack = 41,
  disconnect_nak = 42,
  coa_request = 43,
  coa_ack = 44,
  coa_nak = 45,
};

inline constexpr std::size_t header_size = 20;
inline constexpr std::size_t packet_size_max = 4096;
inline constexpr std::size_t value_size_max = 253;        // of one attribute
inline constexpr std::size_t vendor_value_size_max = 247; // of one attribute of a vendor

enum class DecodeReason : std::uint8_t {
  truncated,     // fewer octets than the header, or than its length field says
  bad_length,    // the length field is below 20 or above 4096
  bad_attribute, // an attribute is shorter than 2 octets or passes the packet's end
};

struct DecodeError {
  DecodeReason reason;
  std::size_t offset; // octets from the start of the packet to what is wrong
};

/// A view: valid as long as the packet's octets.
struct Attribute {
  AttributeId id;
  Octets value;
};

/// The attributes of a decoded packet in order. A Vendor-Specific attribute that holds well-formed sub-attributes is
/// given as those; any other is given as it is, under its number 26, with the vendor's number in front of its value.
class AttributeReader {
 public:
  /// @param attributes  what Packet::decode checked.
  explicit AttributeReader(Octets attributes) noexcept : rest_(attributes) {}
  [[nodiscard]] std::optional<Attribute> next() noexcept;

 private:
  Octets rest_;
  Octets vendor_rest_; // sub-attributes still to give
  std::uint32_t vendor_ = 0;
};

/// A received packet whose framing is right. Nothing is known about its sender before a digest was checked.
/// It is a view into the datagram, and good as long as that.
class Packet {
 public:
  /// Octets behind the packet's own length are padding and ignored (RFC 2865 section 3). Any code is accepted.
  [[nodiscard]] static tl::expected<Packet, DecodeError> decode(Octets datagram) noexcept;

  [[nodiscard]] Code code() const noexcept { return static_cast<Code>(octets_[0]); }
  [[nodiscard]] std::uint8_t identifier() const noexcept { return std::to_integer<std::uint8_t>(octets_[1]); }
  [[nodiscard]] Authenticator authenticator() const noexcept;
  /// The packet without padding.
  [[nodiscard]] Octets octets() const noexcept { return octets_; }
  [[nodiscard]] AttributeReader attributes() const noexcept { return AttributeReader(octets_.subspan(header_size)); }

  /// The value of the first `id`; nothing where there is none.
  [[nodiscard]] std::optional<Octets> find(AttributeId id) const noexcept;
  /// The first `id` as a number; nothing where there is none or it has not 4 octets.
  [[nodiscard]] std::optional<std::uint32_t> find_u32(AttributeId id) const noexcept;
  /// Joins the values of all `id` in order, as EAP-Message and other long values travel (RFC 2869 section 5.13).
  /// @return the part of `buffer` that was written; nothing where `buffer` is too small. A buffer of packet_size_max
  /// always suffices.
  [[nodiscard]] std::optional<Octets> join(AttributeId id, std::span<std::byte> buffer) const noexcept;

 private:
  explicit Packet(Octets octets) noexcept : octets_(octets) {}

  Octets octets_;
};

/// Whether the packet answers the request that had `request_authenticator`, from one who knows `secret`.
/// Constant time in the digest.
[[nodiscard]] bool is_answer_to(const Packet& answer, const Authenticator& request_authenticator,
                                std::string_view secret) noexcept;

/// Whether a request whose authenticator is a digest (Accounting, CoA, Disconnect) is from one who knows `secret`.
[[nodiscard]] bool is_request_from(const Packet& request, std::string_view secret) noexcept;

enum class MessageAuthenticator : std::uint8_t { absent, good, bad };

/// Checks attribute 80 (RFC 2869 section 5.14; RFC 5176 section 3.4). A second one, or one of another length, is bad.
/// @param request_authenticator  of the request, for an answer; unused for a request.
[[nodiscard]] MessageAuthenticator check_message_authenticator(const Packet& packet,
                                                               const Authenticator& request_authenticator,
                                                               std::string_view secret) noexcept;

/// Writes one packet. It places a Message-Authenticator before all other attributes, so that nothing which an attacker
/// chooses precedes it (CVE-2024-3596); Accounting-Request and its answer carry none. What does not fit, and a value
/// that no attribute can hold, makes finish() return nothing.
class PacketWriter {
 public:
  /// @param buffer  takes the packet and outlives the writer; what exceeds packet_size_max is not used.
  /// @param authenticator  Access-Request, Status-Server: 16 unpredictable octets. Answers: those of the request.
  /// Other requests: unused, finish() computes it.
  PacketWriter(std::span<std::byte> buffer, Code code, std::uint8_t identifier,
               const Authenticator& authenticator) noexcept;

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] const Authenticator& authenticator() const noexcept { return authenticator_; }

  /// 1 to 253 octets, of a vendor's attribute 1 to 247.
  void add(AttributeId id, Octets value) noexcept;
  void add_text(AttributeId id, std::string_view value) noexcept { add(id, ppp::as_octets(value)); }
  void add_u32(AttributeId id, std::uint32_t value) noexcept;
  /// Splits the value over as many attributes as it needs.
  void add_long(AttributeId id, Octets value) noexcept;
  /// Copies all `id` of a packet, unchanged and in order: Proxy-State, State, Class.
  void copy(AttributeId id, const Packet& from) noexcept;

  /// Writes length and digests. @return the packet, a view into the buffer; nothing when ok() is false. Call it once.
  [[nodiscard]] std::optional<Octets> finish(std::string_view secret) noexcept;

 private:
  void put(Octets octets) noexcept;

  std::span<std::byte> buffer_;
  Authenticator authenticator_;
  std::size_t size_ = 0;
  bool ok_ = true;
  bool has_message_authenticator_ = false;
};

} // namespace openl2tp::radius
