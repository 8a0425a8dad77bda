// AVP framing: the six octets before every value, and nothing of what the values mean. RFC 2661 §4.1.
#pragma once

#include <cstddef>
#include <cstdint>

#include <tl/expected.hpp>

#include "protocol/wire/message.hpp"
#include "protocol/wire/writer.hpp"

namespace openl2tp::protocol {

inline constexpr std::size_t avp_header_size = 6;
inline constexpr std::size_t avp_length_max = 1023; // ten bits
inline constexpr std::size_t avp_value_max = avp_length_max - avp_header_size;

/// One AVP as it stands in a message.
struct Avp {
  bool mandatory = false, hidden = false;
  bool reserved_bits = false; // any of the four is set: to be treated as unrecognised (§4.1)
  std::uint16_t vendor = 0, attribute = 0;
  Octets value; // hidden values as received; a view into the message

  [[nodiscard]] std::uint16_t length() const noexcept {
    return static_cast<std::uint16_t>(avp_header_size + value.size());
  }
};

/// What `attribute` of an AvpFramingError is when the octets end before it.
inline constexpr std::uint16_t unreadable_attribute = 0xffff;

/// The Length field does not fit the message. Nothing that follows can be found any more.
struct AvpFramingError {
  std::uint16_t vendor = 0, attribute = unreadable_attribute; // as far as readable
  std::uint16_t seen = 0;    // the Length field, or the octets left where not even the header fits
  std::uint16_t allowed = 0; // 6 when `seen` is below it, otherwise the octets left
};

/// Takes the first AVP off `rest`, which must not be empty.
/// @error AvpFramingError  Length below 6 or beyond `rest`; `rest` is unchanged and the message is to be refused.
[[nodiscard]] tl::expected<Avp, AvpFramingError> take_avp(Octets& rest) noexcept;

/// Writes one AVP header, reserved bits 0. `value_size` is at most avp_value_max.
void write_avp_header(Writer& writer, bool mandatory, bool hidden, std::uint16_t vendor, std::uint16_t attribute,
                      std::size_t value_size) noexcept;

} // namespace openl2tp::protocol
