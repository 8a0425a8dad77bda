// The parts of rows that need no template.
#include "tools/l2tpconfig/field.hpp"

namespace openl2tp::cli {

std::string_view detail::word_at(std::string_view words, std::int64_t index) noexcept {
  for (; !words.empty() && index >= 0; --index) {
    const std::size_t bar = words.find('|');
    if (index == 0) return words.substr(0, bar);
    words = bar == std::string_view::npos ? std::string_view() : words.substr(bar + 1);
  }
  return {};
}

// The network-order word as a little-endian host reads it.
l2tp_api_ip_addr detail::to_address(const ArgumentValue& value) noexcept {
  if (value.address.family != 4) return {0};
  const auto& octets = value.address.octets;
  return {octets[0] | std::uint32_t{octets[1]} << 8 | std::uint32_t{octets[2]} << 16 | std::uint32_t{octets[3]} << 24};
}

std::string detail::hex_text(std::span<const wire_u8> octets) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const wire_u8 octet : octets) {
    text += digits[octet >> 4];
    text += digits[octet & 0xf];
  }
  return text;
}

wire_u16 id_of(const Arguments& arguments, std::string_view parameter) noexcept {
  const ArgumentValue* id = arguments.find(parameter);
  return id == nullptr ? wire_u16{0} : static_cast<wire_u16>(id->number);
}

std::string given_name(const Arguments& arguments, std::string_view name, std::string_view id) {
  if (const ArgumentValue* value = arguments.find(name)) return value->text;
  const ArgumentValue* value = arguments.find(id);
  return value == nullptr ? std::string() : std::to_string(value->number);
}

} // namespace openl2tp::cli
