// The bits of the AVP header stand here and nowhere else. RFC 2661 §4.1.
#include "protocol/wire/avp.hpp"

#include "protocol/assert.hpp"
#include "protocol/wire/reader.hpp"

namespace openl2tp::protocol {
namespace {

constexpr std::uint16_t flag_mandatory = 0x8000, flag_hidden = 0x4000, reserved_mask = 0x3c00, length_mask = 0x03ff;

std::uint16_t saturated(std::size_t octets) noexcept {
  return octets > 0xffff ? 0xffff : static_cast<std::uint16_t>(octets);
}

} // namespace

tl::expected<Avp, AvpFramingError> take_avp(Octets& rest) noexcept {
  Reader reader(rest);
  const std::uint16_t flags = reader.u16();
  Avp avp;
  avp.vendor = reader.u16();
  avp.attribute = reader.u16();
  if (!reader.ok()) return tl::unexpected(AvpFramingError{.seen = saturated(rest.size()), .allowed = avp_header_size});

  const std::uint16_t length = flags & length_mask;
  if (length < avp_header_size)
    return tl::unexpected(AvpFramingError{avp.vendor, avp.attribute, length, avp_header_size});
  if (length > rest.size())
    return tl::unexpected(AvpFramingError{avp.vendor, avp.attribute, length, saturated(rest.size())});
  avp.mandatory = (flags & flag_mandatory) != 0;
  avp.hidden = (flags & flag_hidden) != 0;
  avp.reserved_bits = (flags & reserved_mask) != 0;
  avp.value = reader.octets(length - avp_header_size);
  rest = rest.subspan(length);
  return avp;
}

void write_avp_header(Writer& writer, bool mandatory, bool hidden, std::uint16_t vendor, std::uint16_t attribute,
                      std::size_t value_size) noexcept {
  OPENL2TP_ASSERT(value_size <= avp_value_max);
  const auto length = static_cast<std::uint16_t>(avp_header_size + value_size);
  writer.u16(static_cast<std::uint16_t>((mandatory ? flag_mandatory : 0) | (hidden ? flag_hidden : 0) | length));
  writer.u16(vendor);
  writer.u16(attribute);
}

} // namespace openl2tp::protocol
