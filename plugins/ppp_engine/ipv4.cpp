#include "plugins/ppp_engine/ipv4.hpp"

namespace openl2tp::ppp {

std::optional<Ipv4> Ipv4::parse(std::string_view text) noexcept {
  std::uint32_t value = 0;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (text.empty() || text[0] != '.') return std::nullopt;
      text.remove_prefix(1);
    }
    std::uint32_t number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && text[digits] >= '0' && text[digits] <= '9')
      number = number * 10 + static_cast<std::uint32_t>(text[digits++] - '0');
    if (digits == 0 || digits > 3 || number > 255) return std::nullopt;
    text.remove_prefix(digits);
    value = value << 8 | number;
  }
  if (!text.empty()) return std::nullopt;
  return Ipv4{value};
}

std::string Ipv4::text() const {
  std::string out;
  for (int shift = 24; shift >= 0; shift -= 8)
    out += (out.empty() ? "" : ".") + std::to_string(value >> shift & 0xff);
  return out;
}

bool AddressRules::allows(Ipv4 address) const noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    const Rule& rule = rules[i];
    const std::uint32_t mask = rule.prefix == 0 ? 0 : ~std::uint32_t{0} << (32 - rule.prefix);
    if ((address.value & mask) == (rule.address.value & mask)) return rule.allow;
  }
  return any;
}

std::optional<Ipv4> AddressRules::first_single() const noexcept {
  for (std::size_t i = 0; i < count; ++i)
    if (rules[i].allow && rules[i].prefix == 32) return rules[i].address;
  return std::nullopt;
}

} // namespace openl2tp::ppp
