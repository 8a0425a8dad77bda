#include "plugins/ppp_engine/frame.hpp"

namespace openl2tp::ppp {

std::string_view name(FrameError error) noexcept {
  switch (error) {
  case FrameError::truncated: return "truncated";
  case FrameError::bad_control: return "bad control octet";
  case FrameError::bad_protocol: return "bad protocol number";
  }
  return "?";
}

tl::expected<Frame, FrameError> decode_frame(Octets octets) noexcept {
  Reader reader(octets);
  unsigned first = reader.u8();
  if (reader.ok() && first == 0xff) { // no protocol begins with it (RFC 1661 6.5)
    const unsigned control = reader.u8();
    if (reader.ok() && control != 0x03) return tl::unexpected(FrameError::bad_control);
    first = reader.u8();
  }
  if (!reader.ok()) return tl::unexpected(FrameError::truncated);
  unsigned protocol = first;
  if ((first & 1) == 0) {
    protocol = first << 8 | reader.u8();
    if (!reader.ok()) return tl::unexpected(FrameError::truncated);
  }
  // 00ff would be the address field when it is compressed, and was never assigned (RFC 1661 6.5).
  if ((protocol & 1) == 0 || protocol == 0xff) return tl::unexpected(FrameError::bad_protocol);
  return Frame{.protocol = static_cast<Protocol>(protocol), .information = reader.rest()};
}

FrameHeader make_frame_header(Protocol protocol, Compression compression) noexcept {
  if (protocol == Protocol::lcp) compression = {};
  FrameHeader header;
  const auto put = [&](unsigned octet) { header.octets[header.size++] = static_cast<std::byte>(octet); };
  if (!compression.address_control) {
    put(0xff);
    put(0x03);
  }
  const auto number = static_cast<unsigned>(protocol);
  if (!compression.protocol || number > 0xff) put(number >> 8);
  put(number & 0xff);
  return header;
}

} // namespace openl2tp::ppp
