// The checks that the conversions share. Private to convert*.cpp.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "runtime/profiles/parameter.hpp"
#include "tools/rpc/audit.hpp"
#include "tools/rpc/convert.hpp"

namespace openl2tp::rpc::checks {

inline constexpr std::size_t kNameMax = 255;
inline constexpr std::size_t kInterfaceNameMax = 15; // IFNAMSIZ less its NUL

/// Collects the first complaint of a conversion, so that a row stays one line.
class Checker {
 public:
  /// `value` as unsigned; a negative one becomes 0, and the caller is told.
  [[nodiscard]] std::uint32_t not_negative(const char* parameter, int value);
  /// `value` as the enum `E` when it is 0 to `last`.
  template <typename E, typename Wire>
  [[nodiscard]] E enumerated(const char* parameter, const Wire& wire, int last) {
    const int value = number_of(wire);
    if (value < 0 || value > last) refuse(parameter, std::to_string(value), "0 to " + std::to_string(last));
    return static_cast<E>(value);
  }
  /// The text of an optional string that a flag announces; absent counts as empty, which clears.
  /// Names have no control characters, as they end up in logs and on terminals.
  [[nodiscard]] std::string name(const char* parameter, const optstring& text, std::size_t size_max = kNameMax);
  /// As `name`, but a flag that announces nothing is refused.
  [[nodiscard]] std::string announced_name(const char* parameter, const optstring& text);
  /// As `name`, for what may hold any octet: secrets and passwords.
  [[nodiscard]] std::string any_text(const char* parameter, const optstring& text);
  void refuse(const char* parameter, const std::string& seen, const std::string& allowed);

  template <typename T>
  [[nodiscard]] runtime::ControlResult<T> result(T value) {
    if (error_) return tl::unexpected(std::move(*error_));
    return value;
  }

 private:
  std::optional<runtime::ControlError> error_;
};

/// Notes which parameters a call gives.
template <class Parameters>
void note_parameters(const Parameters& given) {
  for (const auto& row : runtime::parameter_table<Parameters>())
    if (std::visit([&](auto field) { return (given.*field).has_value(); }, row.field)) note_parameter(row.name);
}

/// Fills a counted array of the wire from `octets`.
void copy_octets(u_int& size, wire_u8*& target, std::span<const std::byte> octets);
[[nodiscard]] std::vector<std::byte> octets_of(u_int size, const wire_u8* source);

/// The trace parameter of create and modify: an empty mask means every bit.
[[nodiscard]] inline runtime::TraceMask trace_bits(std::uint32_t mask) noexcept {
  return mask == 0 ? protocol::trace::all : mask & protocol::trace::all;
}

inline void set_if(optstring& target, const std::optional<std::string>& text) {
  if (text) set_string(target, *text);
}
inline void set_if_any(optstring& target, std::string_view text) {
  if (!text.empty()) set_string(target, text);
}

} // namespace openl2tp::rpc::checks
