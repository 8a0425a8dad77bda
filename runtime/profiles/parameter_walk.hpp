// Definitions of the templates of parameter.hpp, for the four files that hold the tables and instantiate them.
#pragma once

#include <string.h>

#include <algorithm>
#include <type_traits>

#include "protocol/assert.hpp"
#include "runtime/profiles/parameter.hpp"

namespace openl2tp::runtime {

namespace detail {

[[nodiscard]] tl::unexpected<ControlError> refuse(std::string_view name, std::string_view seen, const Range& range);
[[nodiscard]] tl::unexpected<ControlError> refuse(std::string_view name, std::string_view complaint);
/// "max_retries: 200 is not allowed, 100 is used".
[[nodiscard]] std::string clamp_note(std::string_view name, std::string_view given, std::string_view taken);
[[nodiscard]] bool has_control_character(std::string_view text) noexcept;

[[nodiscard]] inline bool fits(std::uint64_t value, const Range& range) noexcept {
  return (range.or_zero && value == 0) || (value >= range.min && value <= range.max);
}

template <class T>
ControlResult<void> check_value(std::string_view name, const T& value, const Range& range) {
  if constexpr (std::is_same_v<T, std::uint16_t> || std::is_same_v<T, std::uint32_t>) {
    if (!fits(value, range)) return refuse(name, std::to_string(value), range);
  } else if constexpr (std::is_same_v<T, std::string> || std::is_same_v<T, std::vector<std::byte>>) {
    if (!value.empty() && !fits(value.size(), range)) {
      return refuse(name, std::to_string(value.size()) + " octets", range);
    }
    if constexpr (std::is_same_v<T, std::string>) {
      if (!range.any_octet && has_control_character(value)) return refuse(name, "control characters are not allowed");
    }
  } else if constexpr (std::is_same_v<T, IpAddress>) {
    if (range.ipv4_only && value.family == 6) return refuse(name, to_string(value) + ", allowed IPv4 addresses");
  }
  return {};
}

template <class T>
void clamp_value(std::string_view name, T& value, const Range& range, std::vector<std::string>& notes) {
  if constexpr (std::is_same_v<T, std::uint16_t> || std::is_same_v<T, std::uint32_t>) {
    if (fits(value, range)) return;
    const std::uint64_t nearest = value < range.min ? range.min : range.max;
    notes.push_back(clamp_note(name, std::to_string(value), std::to_string(nearest)));
    value = static_cast<T>(nearest);
  }
}

template <class T>
[[nodiscard]] bool clears(const T& value) noexcept {
  if constexpr (std::is_same_v<T, std::string>) {
    return value.empty();
  } else {
    return false;
  }
}

[[nodiscard]] constexpr bool allowed_at(Use use, Use place) noexcept { return use == Use::anywhere || use == place; }

template <class Parameters>
concept HasTrace = requires(Parameters p) { p.trace_bits; };

} // namespace detail

template <class Parameters>
const Parameter<Parameters>* find_parameter(std::string_view name) noexcept {
  const auto table = parameter_table<Parameters>();
  const auto row = std::ranges::find(table, name, &Parameter<Parameters>::name);
  return row == table.end() ? nullptr : &*row;
}

template <class Parameters>
ControlResult<void> check_ranges(const Parameters& given) {
  for (const Parameter<Parameters>& row : parameter_table<Parameters>()) {
    auto result = std::visit(
        [&](auto field) -> ControlResult<void> {
          if (!(given.*field)) return {};
          return detail::check_value(row.name, *(given.*field), row.range);
        },
        row.field);
    if (!result) return result;
  }
  return {};
}

template <class Parameters>
std::vector<std::string> clamp_ranges(Parameters& given) {
  std::vector<std::string> notes;
  for (const Parameter<Parameters>& row : parameter_table<Parameters>()) {
    std::visit(
        [&](auto field) {
          if (given.*field) detail::clamp_value(row.name, *(given.*field), row.range, notes);
        },
        row.field);
  }
  return notes;
}

template <class Parameters>
ControlResult<void> check_place(const Parameters& given, Use place) {
  for (const Parameter<Parameters>& row : parameter_table<Parameters>()) {
    if (detail::allowed_at(row.use, place)) continue;
    if (!std::visit([&](auto field) { return (given.*field).has_value(); }, row.field)) continue;
    if (place == Use::modify) {
      return tl::unexpected(ControlError{ControlFault::parameter_not_modifiable, std::string(row.name)});
    }
    return detail::refuse(row.name, "not a parameter of a profile");
  }
  return {};
}

template <class Parameters>
void apply(Layered<Parameters>& target, const Parameters& change, const Parameters& built_in) {
  TraceMask trace_before = 0;
  if constexpr (detail::HasTrace<Parameters>) trace_before = target.in_force.trace.value_or(0);
  for (const Parameter<Parameters>& row : parameter_table<Parameters>()) {
    std::visit(
        [&](auto field) {
          const auto& value = change.*field;
          if (!value) return;
          if (detail::clears(*value)) {
            target.in_force.*field = built_in.*field;
            (target.supplied.*field).reset();
          } else {
            target.in_force.*field = value;
            target.supplied.*field = value;
          }
        },
        row.field);
  }
  if constexpr (detail::HasTrace<Parameters>) {
    if (change.trace) {
      const TraceMask bits = change.trace_bits & protocol::trace::all;
      target.in_force.trace = (trace_before & ~bits) | (*change.trace & bits);
      target.supplied.trace = target.in_force.trace;
    }
  }
}

template <class Parameters>
void unset(Layered<Parameters>& target, const Parameter<Parameters>& parameter, const Parameters& built_in) {
  std::visit(
      [&](auto field) {
        target.in_force.*field = built_in.*field;
        (target.supplied.*field).reset();
      },
      parameter.field);
}

template <class Parameters>
void wipe(Parameters& parameters) noexcept {
  for (const Parameter<Parameters>& row : parameter_table<Parameters>()) {
    if (!row.range.sensitive) continue;
    std::visit(
        [&](auto field) {
          auto& value = parameters.*field;
          if constexpr (requires { value->data(); }) {
            if (value) ::explicit_bzero(value->data(), value->size());
          }
        },
        row.field);
  }
}

template <class Parameters>
Supplied<Parameters>::Supplied(const Parameters& supplied) {
  const auto table = parameter_table<Parameters>();
  OPENL2TP_ASSERT(table.size() <= 64);
  for (std::size_t row = 0; row < table.size(); ++row)
    if (std::visit([&](auto field) { return (supplied.*field).has_value(); }, table[row].field))
      rows_ |= std::uint64_t{1} << row;
}

template <class Parameters>
void Supplied<Parameters>::remove(const Parameters& given) {
  rows_ &= ~Supplied(given).rows_;
}

template <class Parameters>
Parameters Supplied<Parameters>::values(const Parameters& in_force) const {
  Parameters result;
  const auto table = parameter_table<Parameters>();
  for (std::size_t row = 0; row < table.size(); ++row)
    if ((rows_ >> row & 1) != 0) std::visit([&](auto field) { result.*field = in_force.*field; }, table[row].field);
  return result;
}

} // namespace openl2tp::runtime

/// At the end of a table's file, outside of any namespace.
#define OPENL2TP_INSTANTIATE_PARAMETERS(P)                                                                             \
  template const openl2tp::runtime::Parameter<P>* openl2tp::runtime::find_parameter<P>(std::string_view) noexcept;     \
  template openl2tp::runtime::ControlResult<void> openl2tp::runtime::check_ranges<P>(const P&);                        \
  template std::vector<std::string> openl2tp::runtime::clamp_ranges<P>(P&);                                            \
  template openl2tp::runtime::ControlResult<void> openl2tp::runtime::check_place<P>(const P&, openl2tp::runtime::Use); \
  template void openl2tp::runtime::apply<P>(openl2tp::runtime::Layered<P>&, const P&, const P&);                       \
  template class openl2tp::runtime::Supplied<P>;                                                                       \
  template void openl2tp::runtime::wipe<P>(P&) noexcept;                                                               \
  template void openl2tp::runtime::unset<P>(openl2tp::runtime::Layered<P>&, const openl2tp::runtime::Parameter<P>&,    \
                                            const P&)
