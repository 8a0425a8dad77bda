// How the value of an AVP looks on the wire, by the type of the member that holds it: one read_value and one
// write_value a type, side by side. RFC 2661 §4.4. Lengths and forbidden values were judged along avp_table before; the
// cursors are bounds-checked all the same.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/wire/message.hpp"
#include "protocol/wire/reader.hpp"
#include "protocol/wire/writer.hpp"

namespace openl2tp::protocol {

inline void read_value(Reader& reader, std::uint16_t& value) noexcept { value = reader.u16(); }
inline void write_value(Writer& writer, std::uint16_t value) noexcept { writer.u16(value); }

inline void read_value(Reader& reader, std::uint32_t& value) noexcept { value = reader.u32(); }
inline void write_value(Writer& writer, std::uint32_t value) noexcept { writer.u32(value); }

// Proxy Authen ID is the only number of one octet; the octet before it is reserved.
inline void read_value(Reader& reader, std::uint8_t& value) noexcept {
  value = static_cast<std::uint8_t>(reader.u16());
}
inline void write_value(Writer& writer, std::uint8_t value) noexcept { writer.u16(value); }

inline void read_value(Reader& reader, std::string_view& value) noexcept { value = reader.rest_as_text(); }
inline void write_value(Writer& writer, std::string_view value) noexcept { writer.text(value); }

inline void read_value(Reader& reader, Octets& value) noexcept { value = reader.rest(); }
inline void write_value(Writer& writer, Octets value) noexcept { writer.octets(value); }

template <std::size_t Size>
void read_value(Reader& reader, std::array<std::byte, Size>& value) noexcept {
  const Octets octets = reader.octets(Size);
  std::copy(octets.begin(), octets.end(), value.begin());
}
template <std::size_t Size>
void write_value(Writer& writer, const std::array<std::byte, Size>& value) noexcept {
  writer.octets(value);
}

inline void read_value(Reader& reader, ProtocolVersion& value) noexcept {
  value.version = reader.u8();
  value.revision = reader.u8();
}
inline void write_value(Writer& writer, const ProtocolVersion& value) noexcept {
  writer.u8(value.version);
  writer.u8(value.revision);
}

inline void read_value(Reader& reader, Framing& value) noexcept {
  const std::uint32_t bits = reader.u32();
  value = {.sync = (bits & 1) != 0, .async = (bits & 2) != 0};
}
inline void write_value(Writer& writer, const Framing& value) noexcept {
  writer.u32((value.sync ? 1u : 0u) | (value.async ? 2u : 0u));
}

inline void read_value(Reader& reader, Bearer& value) noexcept {
  const std::uint32_t bits = reader.u32();
  value = {.digital = (bits & 1) != 0, .analog = (bits & 2) != 0};
}
inline void write_value(Writer& writer, const Bearer& value) noexcept {
  writer.u32((value.digital ? 1u : 0u) | (value.analog ? 2u : 0u));
}

inline void read_value(Reader& reader, ResultCode& value) noexcept {
  value.result = reader.u16();
  if (reader.remaining() == 0) return; // the form of two octets, as many peers send it
  value.error = reader.u16();
  value.text = reader.rest_as_text();
}
inline void write_value(Writer& writer, const ResultCode& value) noexcept {
  writer.u16(value.result);
  if (!value.error && value.text.empty()) return;
  writer.u16(value.error.value_or(0));
  writer.text(value.text);
}

inline void read_value(Reader& reader, Q931Cause& value) noexcept {
  value.cause = reader.u16();
  value.message = reader.u8();
  value.advisory = reader.rest_as_text();
}
inline void write_value(Writer& writer, const Q931Cause& value) noexcept {
  writer.u16(value.cause);
  writer.u8(value.message);
  writer.text(value.advisory);
}

// The reserved octets of Call Errors and ACCM are ignored: a call is not worth clearing for what no one reads.
inline void read_value(Reader& reader, CallErrors& value) noexcept {
  reader.skip(2);
  value.crc = reader.u32();
  value.framing = reader.u32();
  value.hardware_overruns = reader.u32();
  value.buffer_overruns = reader.u32();
  value.timeouts = reader.u32();
  value.alignment = reader.u32();
}
inline void write_value(Writer& writer, const CallErrors& value) noexcept {
  writer.u16(0);
  writer.u32(value.crc);
  writer.u32(value.framing);
  writer.u32(value.hardware_overruns);
  writer.u32(value.buffer_overruns);
  writer.u32(value.timeouts);
  writer.u32(value.alignment);
}

inline void read_value(Reader& reader, Accm& value) noexcept {
  reader.skip(2);
  value.send = reader.u32();
  value.receive = reader.u32();
}
inline void write_value(Writer& writer, const Accm& value) noexcept {
  writer.u16(0);
  writer.u32(value.send);
  writer.u32(value.receive);
}

// RFC 3145 §2.1
inline void read_value(Reader& reader, PppDisconnectCause& value) noexcept {
  value.code = reader.u16();
  value.protocol = reader.u16();
  value.direction = reader.u8();
  value.text = reader.rest_as_text();
}
inline void write_value(Writer& writer, const PppDisconnectCause& value) noexcept {
  writer.u16(value.code);
  writer.u16(value.protocol);
  writer.u8(value.direction);
  writer.text(value.text);
}

// An AVP without value (Sequencing Required): to be there is its value.
inline void read_value(Reader&, bool& value) noexcept { value = true; }
inline void write_value(Writer&, bool) noexcept {}

} // namespace openl2tp::protocol
