// Show and list as JSON: parameters from their rows, the rest spelled here. Private to commands/ and json*.cpp.
#pragma once

#include <nlohmann/json.hpp>

#include "tools/l2tpconfig/addresses.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/fields.hpp"

namespace openl2tp::cli {

using Json = nlohmann::ordered_json;

/// The text of an optional string, null when it is absent.
[[nodiscard]] Json json_of(const optstring& text);

/// Every parameter in force. Secrets are left out unless `secrets`; then "secret_set" and the like say that there is
/// one.
template <typename Message>
[[nodiscard]] Json parameters_json(std::span<const Field<Message>> fields, const Message& message, bool secrets,
                                   const Addresses& addresses = {}) {
  Json object = Json::object();
  for (const Field<Message>& field : fields) {
    const std::string name(field.parameter.name);
    const FieldValue value = value_of(field, message, addresses);
    if (field.sensitive && !secrets) {
      object[name + "_set"] = is_supplied(message, field) || !std::holds_alternative<std::monostate>(value);
      continue;
    }
    std::visit(
        [&](const auto& held) {
          if constexpr (std::is_same_v<std::decay_t<decltype(held)>, std::monostate>)
            object[name] = nullptr;
          else
            object[name] = held;
        },
        value);
  }
  return object;
}

/// The names of the parameters that were explicitly given.
template <typename Message>
[[nodiscard]] Json supplied_json(std::span<const Field<Message>> fields, const Message& message) {
  Json names = Json::array();
  for (const Field<Message>& field : fields) {
    if (is_supplied(message, field)) names.push_back(field.parameter.name);
  }
  return names;
}

[[nodiscard]] Json tunnel_json(const l2tp_api_tunnel_msg_data& tunnel, bool secrets, const Addresses& addresses);
/// `ppp`: null where the daemon does not tell.
[[nodiscard]] Json session_json(const l2tp_api_session_msg_data& session, bool secrets, const l2tp_ext_ppp* ppp);
[[nodiscard]] Json user_json(const l2tp_ext_user& user);
[[nodiscard]] Json system_statistics_json(const l2tp_api_system_stats& stats);

/// Prints one document. Octets that are no UTF-8 become U+FFFD.
void print_json(Context& context, const Json& document);

/// Prints an array element by element, so that its length costs no memory. In text mode it prints nothing.
class JsonList {
 public:
  explicit JsonList(Context& context) : context_(context) {}
  void add(const Json& element);
  /// Ends the array. Call once, also when no element came.
  void close();

 private:
  Context& context_;
  bool empty_ = true;
};

} // namespace openl2tp::cli
