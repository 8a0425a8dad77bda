#include "plugins/ppp_engine/packet.hpp"

namespace openl2tp::ppp {

tl::expected<Packet, PacketError> decode_packet(Octets information) noexcept {
  Reader reader(information);
  Packet packet;
  packet.code = reader.u8();
  packet.id = reader.u8();
  const std::size_t length = reader.u16();
  if (!reader.ok()) return tl::unexpected(PacketError::truncated);
  if (length < packet_header_size || length > information.size()) return tl::unexpected(PacketError::bad_length);
  if (length > packet_size_max) return tl::unexpected(PacketError::too_long);
  packet.data = reader.octets(length - packet_header_size);
  packet.whole = information.first(length);
  return packet;
}

std::optional<Option> OptionReader::next() noexcept {
  if (rest_.empty() || !ok_) return std::nullopt;
  const std::size_t length = rest_.size() < 2 ? 0 : std::to_integer<std::size_t>(rest_[1]);
  if (length < 2 || length > rest_.size()) {
    ok_ = false;
    return std::nullopt;
  }
  const Octets whole = rest_.first(length);
  rest_ = rest_.subspan(length);
  return Option{.type = std::to_integer<std::uint8_t>(whole[0]), .value = whole.subspan(2), .whole = whole};
}

bool options_well_formed(Octets options) noexcept {
  OptionReader reader(options);
  while (reader.next()) {
  }
  return reader.ok();
}

bool contains_option(Octets options, Octets option) noexcept {
  OptionReader reader(options);
  while (const std::optional<Option> candidate = reader.next())
    if (equal(candidate->whole, option)) return true;
  return false;
}

} // namespace openl2tp::ppp
