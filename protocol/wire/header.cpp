// Decoding and encoding of the header; the flag bits stand here and nowhere else. RFC 2661 §3.1.
#include "protocol/wire/header.hpp"

#include "protocol/assert.hpp"
#include "protocol/wire/reader.hpp"
#include "protocol/wire/writer.hpp"

namespace openl2tp::protocol {
namespace {

constexpr std::uint16_t flag_type = 0x8000, flag_length = 0x4000, flag_sequence = 0x0800, flag_offset = 0x0200,
                        flag_priority = 0x0100;
constexpr std::uint16_t version_mask = 0x000f, version_l2tpv2 = 2;
constexpr std::size_t sequence_offset = 8; // of Ns in a control message

/// Cuts `datagram` at its Length field. `header_size` is what the flags promise.
tl::expected<Octets, HeaderError> cut_at_length(Octets datagram, std::uint16_t length,
                                                std::size_t header_size) noexcept {
  if (length < header_size || length > datagram.size()) return tl::unexpected(HeaderError::bad_length);
  return datagram.first(length);
}

} // namespace

bool is_control(Octets datagram) noexcept { return (Reader(datagram).u8() & (flag_type >> 8)) != 0; }

tl::expected<ControlDatagram, HeaderError> decode_control_header(Octets datagram) noexcept {
  Reader reader(datagram);
  const std::uint16_t flags = reader.u16();
  if (!reader.ok()) return tl::unexpected(HeaderError::truncated);
  if ((flags & version_mask) != version_l2tpv2) return tl::unexpected(HeaderError::wrong_version);
  constexpr std::uint16_t judged = flag_type | flag_length | flag_sequence | flag_offset | flag_priority;
  if ((flags & judged) != (flag_type | flag_length | flag_sequence)) return tl::unexpected(HeaderError::bad_flags);

  const std::uint16_t length = reader.u16();
  ControlHeader header;
  header.tunnel_id = reader.u16();
  header.session_id = reader.u16();
  header.ns = reader.u16();
  header.nr = reader.u16();
  if (!reader.ok()) return tl::unexpected(HeaderError::truncated);
  const auto message = cut_at_length(datagram, length, control_header_size);
  if (!message) return tl::unexpected(message.error());
  return ControlDatagram{header, message->subspan(control_header_size)};
}

tl::expected<DataHeader, HeaderError> decode_data_header(Octets datagram) noexcept {
  Reader reader(datagram);
  const std::uint16_t flags = reader.u16();
  if (!reader.ok()) return tl::unexpected(HeaderError::truncated);
  if ((flags & version_mask) != version_l2tpv2) return tl::unexpected(HeaderError::wrong_version);
  if ((flags & flag_type) != 0) return tl::unexpected(HeaderError::bad_flags);

  DataHeader header;
  const bool has_length = (flags & flag_length) != 0;
  const std::uint16_t length = has_length ? reader.u16() : std::uint16_t{0};
  header.tunnel_id = reader.u16();
  header.session_id = reader.u16();
  header.priority = (flags & flag_priority) != 0;
  header.has_sequence = (flags & flag_sequence) != 0;
  if (header.has_sequence) {
    header.ns = reader.u16();
    reader.skip(2); // Nr is reserved in data messages and ignored
  }
  const std::uint16_t offset = (flags & flag_offset) != 0 ? reader.u16() : std::uint16_t{0};
  if (!reader.ok()) return tl::unexpected(HeaderError::truncated);

  const std::size_t header_size = datagram.size() - reader.remaining();
  if (has_length) {
    const auto message = cut_at_length(datagram, length, header_size);
    if (!message) return tl::unexpected(message.error());
    datagram = *message;
  }
  if (offset > datagram.size() - header_size) return tl::unexpected(HeaderError::bad_offset);
  header.payload = datagram.subspan(header_size + offset);
  return header;
}

void encode_control_header(std::span<std::byte> message, const ControlHeader& header) noexcept {
  OPENL2TP_ASSERT(message.size() >= control_header_size && message.size() <= 0xffff);
  Writer writer(message);
  writer.u16(flag_type | flag_length | flag_sequence | version_l2tpv2);
  writer.u16(static_cast<std::uint16_t>(message.size()));
  writer.u16(header.tunnel_id);
  writer.u16(header.session_id);
  writer.u16(header.ns);
  writer.u16(header.nr);
}

std::size_t data_header_size(const DataPrefix& prefix) noexcept {
  return 6U + (prefix.length ? 2U : 0U) + (prefix.ns ? 4U : 0U) + (prefix.offset ? 2U + *prefix.offset : 0U);
}

std::size_t encode_data_header(std::span<std::byte> buffer, const DataPrefix& prefix,
                               std::size_t payload_octets) noexcept {
  const std::size_t size = data_header_size(prefix);
  OPENL2TP_ASSERT(buffer.size() >= size && (!prefix.length || size + payload_octets <= 0xffff));
  unsigned flags = version_l2tpv2;
  if (prefix.length) flags |= flag_length;
  if (prefix.ns) flags |= flag_sequence;
  if (prefix.offset) flags |= flag_offset;
  if (prefix.priority) flags |= flag_priority;

  Writer writer(buffer);
  writer.u16(static_cast<std::uint16_t>(flags));
  if (prefix.length) writer.u16(static_cast<std::uint16_t>(size + payload_octets));
  writer.u16(prefix.tunnel_id);
  writer.u16(prefix.session_id);
  if (prefix.ns) {
    writer.u16(*prefix.ns);
    writer.u16(0); // Nr is reserved in data messages
  }
  if (prefix.offset) {
    writer.u16(*prefix.offset);
    for (std::byte& octet : writer.reserve(*prefix.offset))
      octet = std::byte{0};
  }
  return size;
}

void patch_sequence(std::span<std::byte> message, std::uint16_t ns, std::uint16_t nr) noexcept {
  OPENL2TP_ASSERT(message.size() >= control_header_size);
  Writer writer(message.subspan(sequence_offset));
  writer.u16(ns);
  writer.u16(nr);
}

} // namespace openl2tp::protocol
