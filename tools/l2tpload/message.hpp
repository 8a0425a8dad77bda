// The control messages that the load generator speaks, as octets: built from templates made once, read with a
// bounds-checked reader. Independent of the daemon's codec on purpose: of protocol/ it uses the names of messages and
// the two cursors alone.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/wire/message_type.hpp"

namespace openl2tp::load {

using protocol::MessageType;

/// No message that we build is longer.
inline constexpr std::size_t message_size_max = 128;

/// The header of a control message, RFC 2661 §3.1, less what never changes.
struct Header {
  std::uint16_t tunnel = 0, session = 0; // as the receiver of the message numbers them
  std::uint16_t ns = 0, nr = 0;
};

/// What the generator wants to know of a received control message; absent AVPs leave the RFC's default.
struct Received {
  Header header;
  MessageType type = MessageType::zlb;
  std::uint16_t assigned_tunnel = 0, assigned_session = 0;
  std::uint16_t receive_window = 4; // §4.4.3
  std::uint16_t result = 0, error = 0;
  bool challenged = false; // the peer wants a secret, which the generator does not have
};

/// Reads one datagram.
/// @return nullopt  for a data message and for whatever is not a well-formed L2TPv2 control message.
[[nodiscard]] std::optional<Received> decode(std::span<const std::byte> datagram) noexcept;

/// One template for each message that we send; encoding copies it and fills in the numbers.
class Templates {
 public:
  /// @param host_name       1 to 32 octets are sent, the rest is cut.
  /// @param receive_window  what SCCRQ and SCCRP offer, in messages.
  Templates(std::string_view host_name, std::uint16_t receive_window) noexcept;

  /// Writes a message into `out`, at least `message_size_max` octets.
  /// @param assigned  our id for the tunnel (SCCRQ, SCCRP, StopCCN) or the session (ICRQ, ICRP, CDN).
  /// @param serial    the Call Serial Number of an ICRQ.
  /// @return its size; 0 for a type that the generator does not send.
  std::size_t encode(MessageType type, const Header& header, std::uint16_t assigned, std::uint32_t serial,
                     std::span<std::byte> out) const noexcept;

 private:
  struct Template {
    std::array<std::byte, message_size_max> octets{};
    std::uint16_t size = 0, assigned_at = 0, serial_at = 0; // 0: not in this message
  };
  std::array<Template, protocol::message_type_max + 1> templates_;
};

} // namespace openl2tp::load
