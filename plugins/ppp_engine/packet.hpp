// The packets that LCP, the NCPs, PAP and CHAP share: code, identifier, length, data (RFC 1661 section 5), and lists of
// configuration options (RFC 1661 section 6).
#pragma once

#include <cstdint>
#include <optional>

#include <tl/expected.hpp>

#include "plugins/ppp_engine/octets.hpp"

namespace openl2tp::ppp {

/// RFC 1661 section 5, RFC 1570 section 2.
enum class Code : std::uint8_t {
  configure_request = 1,
  configure_ack = 2,
  configure_nak = 3,
  configure_reject = 4,
  terminate_request = 5,
  terminate_ack = 6,
  code_reject = 7,
  protocol_reject = 8, // from here on LCP alone
  echo_request = 9,
  echo_reply = 10,
  discard_request = 11,
  identification = 12,
  time_remaining = 13,
};

struct Packet {
  std::uint8_t code = 0, id = 0;
  Octets data;  // what the length field covers, without the header; padding is not in it
  Octets whole; // with the header
};

inline constexpr std::size_t packet_header_size = 4;
/// No control packet that is sent or listened to has more octets: the default MRU.
inline constexpr std::size_t packet_size_max = 1500;

enum class PacketError : std::uint8_t { truncated, bad_length, too_long };

/// @error truncated fewer than 4 octets.  @error bad_length length below 4 or beyond the frame.
/// @error too_long longer than packet_size_max. All three: discard silently (RFC 1661 section 5).
[[nodiscard]] tl::expected<Packet, PacketError> decode_packet(Octets information) noexcept;

struct Option {
  std::uint8_t type = 0;
  Octets value;
  Octets whole; // type, length and value
};

/// Walks a list of options. Ends at the first that does not fit, and then ok() is false.
class OptionReader {
 public:
  explicit OptionReader(Octets options) noexcept : rest_(options) {}
  [[nodiscard]] std::optional<Option> next() noexcept;
  [[nodiscard]] bool ok() const noexcept { return ok_; }

 private:
  Octets rest_;
  bool ok_ = true;
};

/// True when every option has a length of at least 2 and the list ends where the last option does.
[[nodiscard]] bool options_well_formed(Octets options) noexcept;

/// True when `option` stands octet for octet in `options`, which are well-formed.
[[nodiscard]] bool contains_option(Octets options, Octets option) noexcept;

} // namespace openl2tp::ppp
