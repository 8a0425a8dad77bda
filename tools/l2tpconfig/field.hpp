// One row for each parameter of a wire message: how it is spelled, which flag says that it is supplied, and how it
// moves between typed arguments and the message. Commands, show, JSON and config save all walk these rows. The rows are
// in fields_*.cpp; what does not live here: layouts (output*.cpp).
#pragma once

#include <cstdlib>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <variant>

#include "tools/l2tpconfig/command_table.hpp"
#include "tools/l2tpconfig/parser.hpp"
#include "tools/rpc/xdr_value.hpp"

namespace openl2tp::cli {

/// A parameter's value as a message carries it; nothing when an optional string is absent.
using FieldValue = std::variant<std::monostate, bool, std::int64_t, std::string>;

/// When a parameter may be given.
enum class Use : std::uint8_t {
  create, ///< at creation alone
  modify, ///< at creation, and while the object lives
};

template <typename Message>
struct Field {
  Parameter parameter;
  std::uint32_t flag = 0;  ///< bit of Message::flags
  std::uint32_t flag2 = 0; ///< or bit of Message::flags2
  void (*set)(Message& message, const ArgumentValue& value) = nullptr;
  FieldValue (*get)(const Message& message) = nullptr;
  Use use = Use::modify;
  bool sensitive = false;         ///< a secret: printed only when asked for
  std::string_view saved_as = {}; ///< how saved configurations spell it, where that differs

  [[nodiscard]] constexpr Field during(Use when) const noexcept {
    Field copy = *this;
    copy.use = when;
    return copy;
  }
  [[nodiscard]] constexpr Field secret() const noexcept {
    Field copy = *this;
    copy.sensitive = true;
    return copy;
  }
  [[nodiscard]] constexpr Field saved(std::string_view spelling) const noexcept {
    Field copy = *this;
    copy.saved_as = spelling;
    return copy;
  }
  [[nodiscard]] constexpr Field called(std::string_view noun) const noexcept {
    Field copy = *this;
    copy.parameter.noun = noun;
    return copy;
  }
  /// An address may be of IPv6, too; the commands see to it.
  [[nodiscard]] constexpr Field of_any_family() const noexcept {
    Field copy = *this;
    copy.parameter.type = Type::address;
    return copy;
  }
  [[nodiscard]] constexpr Field at_most(std::int64_t max) const noexcept {
    Field copy = *this;
    copy.parameter.bounds.max = max;
    return copy;
  }
  /// The words of a choice may be given as numbers, too, the first one as `first`.
  [[nodiscard]] constexpr Field numbered(int first) const noexcept {
    Field copy = *this;
    copy.parameter.bounds.numbered = first;
    return copy;
  }
  /// The flag is a bit of the second word.
  [[nodiscard]] constexpr Field second_word() const noexcept {
    Field copy = *this;
    copy.flag2 = std::exchange(copy.flag, 0U);
    return copy;
  }
};

// ---- making rows
// -----------------------------------------------------------------------------------------------------

namespace detail {
template <auto Member>
struct Of;
template <typename Message, typename T, T Message::* Member>
struct Of<Member> {
  using Owner = Message;
  using Value = T;
};
template <auto Member>
using Owner = typename Of<Member>::Owner;
template <auto Member>
using ValueOf = typename Of<Member>::Value;

/// The word at `index` of words separated by |; empty when there are fewer.
[[nodiscard]] std::string_view word_at(std::string_view words, std::int64_t index) noexcept;
/// "192.0.2.1" as the wire's word; 0 for IPv6, which goes as text (addresses.hpp).
[[nodiscard]] l2tp_api_ip_addr to_address(const ArgumentValue& value) noexcept;
[[nodiscard]] std::string hex_text(std::span<const wire_u8> octets);
/// The words of rows of two booleans, known at compile time so that they can be template arguments.
struct Words {
  char text[32]{};
  consteval Words(const char* words) { // NOLINT: a string is what it is
    for (std::size_t i = 0; words[i] != '\0'; ++i)
      text[i] = words[i];
  }
  [[nodiscard]] constexpr std::string_view view() const noexcept { return text; }
};
} // namespace detail

/// What a mask of trace flags may be.
inline constexpr std::int64_t kMaskMax = std::numeric_limits<std::uint32_t>::max();

template <auto Member>
[[nodiscard]] constexpr auto number_field(std::string_view name, Type type, std::uint32_t flag, std::string_view help) {
  using M = detail::Owner<Member>;
  using V = detail::ValueOf<Member>;
  Field<M> field{.parameter = {name, type, help}, .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) { message.*Member = static_cast<V>(value.number); };
  field.get = [](const M& message) { return FieldValue(static_cast<std::int64_t>(message.*Member)); };
  // Most fields of the wire are signed.
  field.parameter.bounds.max =
      std::is_unsigned_v<V> ? std::int64_t{std::numeric_limits<V>::max()} : std::numeric_limits<std::int32_t>::max();
  return field;
}

/// `Inverted`: the message says what is refused, the parameter what is accepted.
template <auto Member, bool Inverted = false>
[[nodiscard]] constexpr auto boolean_field(std::string_view name, std::uint32_t flag, std::string_view help) {
  using M = detail::Owner<Member>;
  Field<M> field{.parameter = {name, Type::boolean, help}, .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) { message.*Member = (value.number != 0) != Inverted; };
  field.get = [](const M& message) { return FieldValue((message.*Member != 0) != Inverted); };
  return field;
}

template <auto Member>
[[nodiscard]] constexpr auto text_field(std::string_view name, std::uint32_t flag, std::string_view help) {
  using M = detail::Owner<Member>;
  Field<M> field{.parameter = {name, Type::text, help}, .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) { rpc::set_string(message.*Member, value.text); };
  field.get = [](const M& message) {
    const auto text = rpc::string_of(message.*Member);
    return text ? FieldValue(std::string(*text)) : FieldValue();
  };
  return field;
}

template <auto Member>
[[nodiscard]] constexpr auto address_field(std::string_view name, std::uint32_t flag, std::string_view help) {
  using M = detail::Owner<Member>;
  Field<M> field{.parameter = {name, Type::address_v4, help}, .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) { message.*Member = detail::to_address(value); };
  field.get = [](const M& message) {
    const std::uint32_t word = (message.*Member).s_addr;
    return FieldValue(std::to_string(word & 0xff) + '.' + std::to_string((word >> 8) & 0xff) + '.' +
                      std::to_string((word >> 16) & 0xff) + '.' + std::to_string(word >> 24));
  };
  return field;
}

/// An enumeration whose first word has the value `First`.
template <auto Member, detail::Words Words, int First = 0>
[[nodiscard]] constexpr auto choice_field(std::string_view name, std::uint32_t flag, std::string_view help) {
  using M = detail::Owner<Member>;
  using V = detail::ValueOf<Member>;
  Field<M> field{.parameter = {name, Type::choice, help, Words.view()}, .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) { message.*Member = static_cast<V>(value.number + First); };
  field.get = [](const M& message) {
    const std::string_view word = detail::word_at(Words.view(), static_cast<std::int64_t>(message.*Member) - First);
    return word.empty() ? FieldValue() : FieldValue(std::string(word));
  };
  return field;
}

/// Two booleans, spelled by a word: the index plus `First` is a set of two bits, 1 for `Low` and 2 for `High`.
template <auto Low, auto High, detail::Words Words, int First = 0>
[[nodiscard]] constexpr auto pair_field(std::string_view name, std::uint32_t flag, std::string_view help) {
  using M = detail::Owner<Low>;
  Field<M> field{.parameter = {name, Type::choice, help, Words.view()}, .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) {
    const std::int64_t bits = std::min<std::int64_t>(value.number + First, 3); // a fourth word means both, too
    message.*Low = (bits & 1) != 0;
    message.*High = (bits & 2) != 0;
  };
  field.get = [](const M& message) {
    const int bits = (message.*Low != 0 ? 1 : 0) | (message.*High != 0 ? 2 : 0);
    const std::string_view word = bits < First ? std::string_view() : detail::word_at(Words.view(), bits - First);
    return word.empty() ? FieldValue() : FieldValue(std::string(word));
  };
  return field;
}

template <typename M>
[[nodiscard]] constexpr Field<M> trace_field(std::uint32_t flag) {
  Field<M> field{.parameter = {"trace_flags", Type::trace, "What is traced: a number, all, or names with commas"},
                 .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) {
    message.trace_flags = static_cast<std::uint32_t>(value.number);
    message.trace_flags_mask = 0xffffffff;
  };
  field.get = [](const M& message) { return FieldValue(static_cast<std::int64_t>(message.trace_flags)); };
  return field.at_most(kMaskMax);
}

template <typename M>
[[nodiscard]] constexpr Field<M> speed_field(std::uint32_t flag) {
  Field<M> field{.parameter = {"connect_speed", Type::speed, "Speed told to the peer, N or RX:TX"}, .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) {
    message.tx_connect_speed = static_cast<int>(value.number);
    message.rx_connect_speed = static_cast<int>(value.second);
  };
  field.get = [](const M& message) {
    const std::string tx = std::to_string(message.tx_connect_speed);
    const bool both = message.rx_connect_speed != 0 || message.tx_connect_speed == 0;
    return FieldValue(both ? std::to_string(message.rx_connect_speed) + ':' + tx : tx);
  };
  return field;
}

/// Octets, spelled as hexadecimal digits.
template <auto Member>
[[nodiscard]] constexpr auto octets_field(std::string_view name, std::uint32_t flag, std::string_view help) {
  using M = detail::Owner<Member>;
  Field<M> field{.parameter = {name, Type::hex, help}, .flag = flag};
  field.set = [](M& message, const ArgumentValue& value) {
    auto& [length, octets] = message.*Member;
    if (value.octets.empty()) return;
    octets = static_cast<wire_u8*>(std::malloc(value.octets.size()));
    if (octets == nullptr) return;
    std::memcpy(octets, value.octets.data(), value.octets.size());
    length = static_cast<u_int>(value.octets.size());
  };
  field.get = [](const M& message) {
    const auto& [length, octets] = message.*Member;
    return FieldValue(detail::hex_text({octets, length}));
  };
  return field;
}

// ---- using rows
// ------------------------------------------------------------------------------------------------------

/// Says in the flags words that a parameter is supplied (or, for unset, meant).
template <typename Message, typename Target>
void mark(Target& message, const Field<Message>& field) noexcept {
  message.flags |= field.flag;
  if constexpr (requires { message.flags2; }) message.flags2 |= field.flag2;
}

/// True when the flags words say that a parameter was explicitly given.
template <typename Message>
[[nodiscard]] bool is_supplied(const Message& message, const Field<Message>& field) noexcept {
  if ((message.flags & field.flag) != 0) return true;
  if constexpr (requires { message.flags2; }) return (message.flags2 & field.flag2) != 0;
  return false;
}

/// Sets every field whose parameter was given. The message's strings must be absent before.
template <typename Message>
void apply(std::span<const Field<Message>> fields, const Arguments& arguments, Message& message) {
  for (const Field<Message>& field : fields) {
    const ArgumentValue* value = arguments.find(field.parameter.name);
    if (value == nullptr) continue;
    field.set(message, *value);
    mark(message, field);
  }
}

/// The parameters of a command: `first`, then those of the fields that `use` admits.
template <typename Message>
[[nodiscard]] std::vector<Parameter> parameters_of(std::span<const Field<Message>> fields, Use use,
                                                   std::initializer_list<Parameter> first = {}) {
  std::vector<Parameter> all(first);
  for (const Field<Message>& field : fields) {
    if (use == Use::create || field.use == Use::modify) all.push_back(field.parameter);
  }
  return all;
}

/// The id of a tunnel or session among the arguments; 0 when it was not given.
[[nodiscard]] wire_u16 id_of(const Arguments& arguments, std::string_view parameter) noexcept;
/// Sets an optional string when the parameter was given.
inline void set_text(optstring& target, const ArgumentValue* value) {
  if (value != nullptr) rpc::set_string(target, value->text);
}
/// How a command names its object in confirmations: the name when given, else the id as typed.
[[nodiscard]] std::string given_name(const Arguments& arguments, std::string_view name, std::string_view id);

} // namespace openl2tp::cli
