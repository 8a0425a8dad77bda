// The value types of the command language: text after "name=" to typed values, and names of trace flags.
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "protocol/endpoint.hpp"

namespace openl2tp::cli {

enum class Type : std::uint8_t {
  flag,   ///< a bare word without value
  text,   ///< any text; empty clears
  uint16, ///< numbers in base 0: decimal, 0x hexadecimal, 0 octal
  int32,
  uint32,
  boolean,    ///< yes enable true on 1, no disable false off 0
  address,    ///< IPv4 or IPv6 address, or host name
  address_v4, ///< the same of IPv4 alone
  hex,        ///< an even number of hexadecimal digits, 0x in front allowed
  trace,      ///< number, "all", or names with commas
  choice,     ///< one of the words of Parameter::choices
  speed,      ///< N, or RX:TX
};

/// How a type is named in help: "<uint16>".
[[nodiscard]] std::string_view type_name(Type type) noexcept;

/// A parsed value. Which member counts follows from the parameter's type.
struct ArgumentValue {
  std::string text;              ///< text, and the words of any value as typed
  std::int64_t number = 0;       ///< uint16, int32, uint32, boolean (0, 1), trace, choice (its index); speed: tx
  std::int64_t second = 0;       ///< speed: rx, 0 when not given
  protocol::IpAddress address;   ///< address, address_v4
  std::vector<std::byte> octets; ///< hex
  std::string note;              ///< for people: the value is not the one that was typed
};

struct ValueBounds {
  std::int64_t max = std::numeric_limits<std::int64_t>::max(); ///< of a number; more becomes this, with a note
  int numbered = -1; ///< of a choice: the number of its first word where numbers may be given, too
};

struct ValueError {
  std::string on_output;  ///< printed where the original prints it: standard output
  std::string on_error;   ///< one line for standard error
  std::string unresolved; ///< the host name, where only that has no address for now
};

/// Finds the address of a host name. @error why there is none, for people.
using Resolver = std::function<tl::expected<protocol::IpAddress, std::string>(const std::string& name, bool v4_only)>;

/// Asks the system's resolver, which may block. @return all addresses, in its order. @error its reason
[[nodiscard]] tl::expected<std::vector<protocol::IpAddress>, std::string> addresses_of_host(const std::string& name,
                                                                                            bool v4_only);
/// The first of addresses_of_host(); IPv4 where there are both, as scripts have always got that.
[[nodiscard]] tl::expected<protocol::IpAddress, std::string> resolve_host(const std::string& name, bool v4_only);

/// Parses `text` as a value of `type`.
/// @param name     the parameter's full name, for messages
/// @param choices  words separated by |, for Type::choice
/// A number beyond its type or bounds.max becomes the nearest that is allowed, with a note; ports and ids are refused.
/// Asks `resolver` about addresses that are not numeric.
[[nodiscard]] tl::expected<ArgumentValue, ValueError> parse_value(std::string_view name, Type type,
                                                                  std::string_view text, std::string_view choices,
                                                                  const ValueBounds& bounds = {},
                                                                  const Resolver& resolver = resolve_host);

/// Parses a trace mask as -d and trace_flags= take it. @error the word that is unknown or ambiguous.
[[nodiscard]] tl::expected<std::uint32_t, std::string> parse_trace_flags(std::string_view text);

/// Names of the bits in display order, or "NONE".
[[nodiscard]] std::string trace_flags_text(std::uint32_t mask);

/// The names that parse_trace_flags() knows, besides "all".
[[nodiscard]] std::vector<std::string_view> trace_flag_names();

/// True when `word` is `full` or an abbreviation of it, whatever the case.
[[nodiscard]] bool abbreviates(std::string_view word, std::string_view full) noexcept;
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept;

} // namespace openl2tp::cli
