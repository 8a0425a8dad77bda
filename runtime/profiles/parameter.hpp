// The parameter tables: one row a parameter, with its name, its range and its member. What is done to every parameter
// alike (check, apply, unset) is done by walking a table; conversions may do the same. The rows are in
// *_parameters.cpp.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "runtime/control.hpp"

namespace openl2tp::runtime {

/// Where a parameter may be given, beside the create call of its object.
enum class Use : std::uint8_t {
  create_only, // at creation of the object alone
  profile,     // also in a profile
  modify,      // also while the object lives
  anywhere,    // both
};

/// What values are allowed. For text and octet strings the bounds are lengths; empty always is allowed and clears.
struct Range {
  std::uint64_t min = 0, max = std::numeric_limits<std::uint32_t>::max();
  bool or_zero = false;   // 0 is allowed beside min to max
  bool any_octet = false; // text: may hold control characters (secrets)
  bool sensitive = false; // its value never appears in logs or messages
  bool ipv4_only = false; // addresses
  bool own = false;       // a new profile does not take it from `default`
};

template <class Parameters>
struct Parameter {
  template <class T>
  using Field = std::optional<T> Parameters::*;

  std::string_view name; // as commands and messages spell it
  std::variant<Field<bool>, Field<std::uint16_t>, Field<std::uint32_t>, Field<std::string>,
               Field<std::vector<std::byte>>, Field<IpAddress>, Field<Framing>, Field<Bearer>, Field<AuthMode>,
               Field<SessionType>, Field<TunnelMode>, Field<ProxyAuthType>, Field<PppSyncMode>>
      field;
  Use use = Use::anywhere;
  Range range{};
};

/// All parameters of a kind of object, in the order of the management interface. Static.
/// `Parameters`: TunnelParameters, SessionParameters, PeerProfileParameters or PppProfileParameters.
template <class Parameters>
[[nodiscard]] std::span<const Parameter<Parameters>> parameter_table() noexcept;

/// The row called `name`; null when there is none.
template <class Parameters>
[[nodiscard]] const Parameter<Parameters>* find_parameter(std::string_view name) noexcept;

/// Refuses values out of range. @error invalid_argument: names the parameter, the value seen and the values allowed.
template <class Parameters>
[[nodiscard]] ControlResult<void> check_ranges(const Parameters& given);

/// Makes numbers that are out of range the nearest that is allowed. @return a note for people on each: the parameter,
/// the value given and the value taken. Text that is too long is left for check_ranges() to refuse.
template <class Parameters>
[[nodiscard]] std::vector<std::string> clamp_ranges(Parameters& given);

/// Refuses what has a value in `given` but is of no use at `place` (Use::profile or Use::modify).
/// @error invalid_argument (place profile), parameter_not_modifiable (place modify)
template <class Parameters>
[[nodiscard]] ControlResult<void> check_place(const Parameters& given, Use place);

/// Parameters with what is in force and what of it was given explicitly.
template <class Parameters>
struct Layered {
  Parameters in_force, supplied;
};

/// Which parameters were given explicitly, in eight octets: their values are those in force.
template <class Parameters>
class Supplied {
 public:
  Supplied() = default; // none
  /// Those that have a value in `supplied`.
  explicit Supplied(const Parameters& supplied);
  /// Those of them, with the values that they have in `in_force`.
  [[nodiscard]] Parameters values(const Parameters& in_force) const;
  /// Takes those out that have a value in `given`.
  void remove(const Parameters& given);
  bool operator==(const Supplied&) const = default;

 private:
  std::uint64_t rows_ = 0; // a bit a row of parameter_table()
};

/// Lays what has a value in `change` over `target`. Text of length 0 makes the parameter what it is in `built_in`, and
/// no longer supplied. Of the trace flags only the bits in trace_bits change; unknown bits are dropped.
template <class Parameters>
void apply(Layered<Parameters>& target, const Parameters& change, const Parameters& built_in);

/// Makes one parameter what it is in `built_in`, and no longer supplied.
template <class Parameters>
void unset(Layered<Parameters>& target, const Parameter<Parameters>& parameter, const Parameters& built_in);

/// Overwrites the octets of secrets and passwords in `parameters`, which are about to go. (Temporaries on the way may
/// have left copies; the engine's own is a protocol::Secret.)
template <class Parameters>
void wipe(Parameters& parameters) noexcept;

/// The built-in `default` of each kind; what has no default has no value.
template <class Parameters>
[[nodiscard]] Parameters built_in_parameters(TraceMask trace);

} // namespace openl2tp::runtime
