// A user's proof as RADIUS carries it: PAP and CHAP (RFC 2865 sections 5.2, 5.3, 5.40), MS-CHAP and MS-CHAPv2 with the
// server's answer (RFC 2548 sections 2.1, 2.3). Nothing is verified here; the server does that.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "plugins/radius/packet.hpp"

namespace openl2tp::radius {

/// Each adds the proof to an Access-Request. A password above 128 octets, and a response or challenge of another size
/// than the method's, makes the writer's ok() false.
void add_pap(PacketWriter& writer, std::string_view password, std::string_view secret) noexcept;
/// @param id, response  of the CHAP Response; 16 octets.
void add_chap(PacketWriter& writer, std::uint8_t id, Octets challenge, Octets response) noexcept;
/// @param response  the value of the CHAP Response, 49 octets (RFC 2433 section 5). `challenge`: 8 octets.
void add_ms_chap(PacketWriter& writer, std::uint8_t id, Octets challenge, Octets response) noexcept;
/// @param response  the value of the CHAP Response, 49 octets (RFC 2759 section 4). `challenge`: 16 octets.
void add_ms_chap2(PacketWriter& writer, std::uint8_t id, Octets challenge, Octets response) noexcept;

/// The text for the CHAP Success of MS-CHAPv2 out of an Access-Accept ("S=" and 40 hexadecimal digits, and what the
/// server put behind them): a view into the packet. Nothing where the attribute is missing, malformed, or for another
/// CHAP id; the peer would refuse the session then.
[[nodiscard]] std::optional<std::string_view> ms_chap2_success(const Packet& accept, std::uint8_t id) noexcept;
/// The text for the CHAP Failure of MS-CHAP and MS-CHAPv2 ("E=691 R=0 ..."): a view into the packet. Nothing where the
/// attribute is missing, malformed, or for another CHAP id.
[[nodiscard]] std::optional<std::string_view> ms_chap_error(const Packet& reject, std::uint8_t id) noexcept;

} // namespace openl2tp::radius
