// PPP frames without HDLC framing: address and control (RFC 1662 3.1), the protocol field (RFC 1661 2), and the
// compression of both (RFC 1661 6.5, 6.6). What a protocol says inside is not known here.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include <tl/expected.hpp>

#include "plugins/ppp_engine/octets.hpp"

namespace openl2tp::ppp {

/// The protocols that the engine knows. A value of another number is a protocol that it refuses.
enum class Protocol : std::uint16_t {
  ipv4 = 0x0021,
  ipv6 = 0x0057,
  ipcp = 0x8021,
  ipv6cp = 0x8057,
  ccp = 0x80fd,
  lcp = 0xc021,
  pap = 0xc023,
  chap = 0xc223,
  eap = 0xc227,
};

struct Frame {
  Protocol protocol{};
  Octets information; // views what was decoded
};

enum class FrameError : std::uint8_t {
  truncated,   // ends before the protocol field does
  bad_control, // address FF without control 03
  bad_protocol // a number that RFC 1661 section 2 does not allow: second octet even, or first of two odd
};
[[nodiscard]] std::string_view name(FrameError error) noexcept;

/// Decodes a frame. Address and control may be there or not, the protocol field may be compressed or not, whatever was
/// negotiated: what carries PPP may have removed them, and RFC 1661 wants receivers liberal.
[[nodiscard]] tl::expected<Frame, FrameError> decode_frame(Octets octets) noexcept;

/// What the peer said it receives.
struct Compression {
  bool address_control = false; // ACFC
  bool protocol = false;        // PFC
};

/// The octets in front of a frame's information.
struct FrameHeader {
  std::array<std::byte, 4> octets{};
  std::uint8_t size = 0;
  [[nodiscard]] Octets view() const noexcept { return Octets(octets).first(size); }
};

/// LCP always has the full header, whatever `compression` says (RFC 1661 section 5).
[[nodiscard]] FrameHeader make_frame_header(Protocol protocol, Compression compression) noexcept;

} // namespace openl2tp::ppp
