// What the walks of all tables share: messages and the look at text.
#include "runtime/profiles/parameter_walk.hpp"

namespace openl2tp::runtime::detail {

tl::unexpected<ControlError> refuse(std::string_view name, std::string_view seen, const Range& range) {
  std::string text(name);
  text.append(": ").append(seen).append(", allowed ");
  if (range.or_zero && range.min > 0) text.append("0 or ");
  text.append(std::to_string(range.min)).append(" to ").append(std::to_string(range.max));
  return tl::unexpected(ControlError{ControlFault::invalid_argument, std::move(text)});
}

tl::unexpected<ControlError> refuse(std::string_view name, std::string_view complaint) {
  return tl::unexpected(ControlError{ControlFault::invalid_argument, std::string(name).append(": ").append(complaint)});
}

std::string clamp_note(std::string_view name, std::string_view given, std::string_view taken) {
  return std::string(name).append(": ").append(given).append(" is not allowed, ").append(taken).append(" is used");
}

bool has_control_character(std::string_view text) noexcept {
  return std::ranges::any_of(text, [](char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 || octet == 0x7f;
  });
}

} // namespace openl2tp::runtime::detail
