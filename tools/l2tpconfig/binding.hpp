// From typed arguments to fields of a wire message: one row a parameter. Private to commands/.
#pragma once

#include <limits>
#include <optional>
#include <span>
#include <string>

#include "tools/l2tpconfig/parser.hpp"
#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::cli {

template <typename Message>
struct Binding {
  std::string_view parameter;
  std::uint32_t flag; ///< bit of Message::flags that says "supplied"; 0 when there is none
  void (*set)(Message& message, const ArgumentValue& value);
  std::int64_t number_max = std::numeric_limits<std::int32_t>::max(); ///< most wire fields are signed
};

/// Sets every field whose parameter was given.
/// @return a complaint for people when a number does not fit its field.
template <typename Message>
[[nodiscard]] std::optional<std::string> apply(std::span<const Binding<Message>> bindings, const Arguments& arguments,
                                               Message& message) {
  for (const Binding<Message>& row : bindings) {
    const ArgumentValue* value = arguments.find(row.parameter);
    if (value == nullptr) continue;
    if (value->number > row.number_max) {
      return std::string(row.parameter) + ": '" + value->text + "', expected at most " + std::to_string(row.number_max);
    }
    row.set(message, *value);
    message.flags |= row.flag;
  }
  return std::nullopt;
}

inline constexpr std::int64_t kMaskMax = std::numeric_limits<std::uint32_t>::max();

[[nodiscard]] inline int to_int(const ArgumentValue& value) noexcept { return static_cast<int>(value.number); }
[[nodiscard]] inline wire_u16 to_u16(const ArgumentValue& value) noexcept {
  return static_cast<wire_u16>(value.number);
}
[[nodiscard]] inline std::uint32_t to_mask(const ArgumentValue& value) noexcept {
  return static_cast<std::uint32_t>(value.number);
}
/// The network-order word as a little-endian host reads it.
[[nodiscard]] inline l2tp_api_ip_addr to_address(const ArgumentValue& value) noexcept {
  const std::uint32_t a = ntohl(value.address.s_addr);
  return {(a >> 24) | ((a >> 8) & 0xff00) | ((a << 8) & 0xff0000) | (a << 24)};
}
/// Sets an optional string; an empty one clears the parameter.
inline void set_text(optstring& target, const ArgumentValue& value) { rpc::set_string(target, value.text); }
/// As `set_text` for a parameter that may not have been given.
inline void set_text(optstring& target, const ArgumentValue* value) {
  if (value != nullptr) rpc::set_string(target, value->text);
}
void set_octets(u_int& size, wire_u8*& target, const ArgumentValue& value);

/// How a command names its object in confirmations: the name when given, else the id as typed.
[[nodiscard]] std::string given_name(const Arguments& arguments, std::string_view name, std::string_view id);

} // namespace openl2tp::cli
