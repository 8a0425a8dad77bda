// The header of control and data messages. RFC 2661 §3.1.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <tl/expected.hpp>

#include "protocol/wire/message.hpp"

namespace openl2tp::protocol {

enum class HeaderError : std::uint8_t {
  truncated,     // fewer octets than its own flags promise
  wrong_version, // Ver is not 2 (1 is L2F, 3 is L2TPv3): discard silently
  bad_flags,     // a control message without L or S, or with O or P
  bad_length,    // Length below 12 on a control message, beyond the datagram, or shorter than the header
  bad_offset,    // Offset Size past the end
};

/// A control message's header; every one of its fields is always present.
struct ControlHeader {
  std::uint16_t tunnel_id = 0; // the id that the recipient assigned, 0 before it is known
  std::uint16_t session_id = 0;
  std::uint16_t ns = 0, nr = 0;
};
inline constexpr std::size_t control_header_size = 12;

struct DataHeader {
  std::uint16_t tunnel_id = 0, session_id = 0;
  bool has_sequence = false; // S bit
  bool priority = false;     // P bit
  std::uint16_t ns = 0;
  Octets payload; // the PPP frame, after any offset padding; a view into the datagram
};

/// True when the T bit says control; false too for an empty datagram.
[[nodiscard]] bool is_control(Octets datagram) noexcept;

struct ControlDatagram {
  ControlHeader header;
  Octets body; // the AVPs, up to Length; empty for a ZLB; a view into the datagram
};

/// Reserved bits are ignored; octets past Length are not part of the message.
/// @error any HeaderError: the caller discards the datagram and counts it; a malformed header is never answered (§7.1).
[[nodiscard]] tl::expected<ControlDatagram, HeaderError> decode_control_header(Octets datagram) noexcept;

/// All forms: L, S, O and P in any combination.
/// @error any HeaderError: the caller discards the datagram and counts it.
[[nodiscard]] tl::expected<DataHeader, HeaderError> decode_data_header(Octets datagram) noexcept;

/// Writes the 12 octets of a control header (T, L, S set, Ver 2) to the front of `message`.
/// @pre message.size() is the whole message, 12 to 65535 octets; it becomes Length.
void encode_control_header(std::span<std::byte> message, const ControlHeader& header) noexcept;

/// The header of a data message to send. What is not set is left out; offset padding is only ever sent when asked for.
struct DataPrefix {
  std::uint16_t tunnel_id = 0, session_id = 0; // the ids that the recipient assigned
  std::optional<std::uint16_t> ns;             // S bit; the reserved Nr beside it is 0
  bool length = false;                         // L bit
  bool priority = false;                       // P bit
  std::optional<std::uint16_t> offset;         // O bit: octets of padding, zeros, behind the header
};
/// The longest header without offset padding.
inline constexpr std::size_t data_header_size_max = 14;

/// Octets that encode_data_header() writes: 6 to 14, and the padding.
[[nodiscard]] std::size_t data_header_size(const DataPrefix& prefix) noexcept;

/// Writes a data header to the front of `buffer`; the payload of `payload_octets` follows it, wherever the caller keeps
/// it.
/// @pre `buffer` has data_header_size() octets or more, and with L the whole message at most 65535.
/// @return data_header_size().
std::size_t encode_data_header(std::span<std::byte> buffer, const DataPrefix& prefix,
                               std::size_t payload_octets) noexcept;

/// Puts other sequence numbers into an encoded control message: a retransmission keeps Ns and takes the newest Nr
/// (§5.8).
void patch_sequence(std::span<std::byte> message, std::uint16_t ns, std::uint16_t nr) noexcept;

} // namespace openl2tp::protocol
