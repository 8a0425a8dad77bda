// The six commands of a kind of profile: create, delete, modify, show, list and unset. The kinds differ in their
// messages, procedure numbers, rows and layout; ProfileKind says these, once a kind. Private to commands/.
#pragma once

#include "tools/l2tpconfig/json.hpp"

namespace openl2tp::cli {

/// `Message`: what create and modify take and get returns. `Unset`, `List`: the messages of these two procedures.
template <typename MessageType, typename UnsetType, typename ListType>
struct ProfileKind {
  using Message = MessageType;
  using Unset = UnsetType;
  using List = ListType;
  std::string_view noun; ///< "tunnel"
  rpcproc_t create, remove, modify, get, list, unset;
  std::span<const Field<Message>> (*fields)() noexcept;
  std::string (*text)(const Message&, bool secrets, const Addresses&);
  l2tp_ext_profile_kind wire_kind;
  /// Of kinds whose addresses may be of IPv6; without them the wire's messages carry all.
  std::optional<AddressParameters> addresses = {};
};

using PeerProfileKind = ProfileKind<l2tp_api_peer_profile_msg_data, l2tp_api_peer_profile_unset_msg_data,
                                    l2tp_api_peer_profile_list_msg_data>;
using TunnelProfileKind = ProfileKind<l2tp_api_tunnel_profile_msg_data, l2tp_api_tunnel_profile_unset_msg_data,
                                      l2tp_api_tunnel_profile_list_msg_data>;
using SessionProfileKind = ProfileKind<l2tp_api_session_profile_msg_data, l2tp_api_session_profile_unset_msg_data,
                                       l2tp_api_session_profile_list_msg_data>;
using PppProfileKind =
    ProfileKind<l2tp_api_ppp_profile_msg_data, l2tp_api_ppp_profile_unset_msg_data, l2tp_api_ppp_profile_list_msg_data>;

[[nodiscard]] const PeerProfileKind& peer_profile_kind() noexcept;
[[nodiscard]] const TunnelProfileKind& tunnel_profile_kind() noexcept;
[[nodiscard]] const SessionProfileKind& session_profile_kind() noexcept;
[[nodiscard]] const PppProfileKind& ppp_profile_kind() noexcept;

/// Asks for one profile.
template <typename Kind>
[[nodiscard]] auto get_profile(Context& context, const Kind& kind, std::string_view name) {
  rpc::Value<wire_string> argument;
  *argument = rpc::copy_string(name);
  return context.stub.call<typename Kind::Message>(kind.get, *argument);
}

template <typename Kind>
[[nodiscard]] auto list_profiles(Context& context, const Kind& kind) {
  return context.stub.call<typename Kind::List>(kind.list, rpc::Nothing{});
}

namespace profile {

inline constexpr std::string_view kMissing = "Required profile_name argument missing";

/// "Created tunnel profile p1".
template <typename Kind>
std::string confirmation(std::string_view done, const Kind& kind, const ArgumentValue& name) {
  return std::string(done) + ' ' + std::string(kind.noun) + " profile " + name.text;
}

/// Gives a profile the addresses that no message of its kind carries, and then, where there are any, the parameters in
/// `message`. A new profile that does not get them does not stay.
template <auto Kind, typename Message>
Status supply_with_text(Context& context, const Arguments& arguments, const ArgumentValue& name, Message& message,
                        bool is_new) {
  const std::string_view verb = is_new ? "create" : "modify";
  const std::string confirmed = confirmation(is_new ? "Created" : "Modified", Kind(), name);
  std::uint32_t others = message.flags;
  for (const auto& field : Kind().fields()) {
    const std::string_view parameter = field.parameter.name;
    if (parameter == Kind().addresses->first || parameter == Kind().addresses->second) others &= ~field.flag;
  }
  message.flags = others;
  if (is_new) {
    const auto created = context.stub.call<int>(Kind().create, message);
    const bool exists = created && **created == -L2TP_ERR_PROFILE_ALREADY_EXISTS;
    if (exists && context.restoring) return supply_with_text<Kind>(context, arguments, name, message, false);
    if (!created || **created < 0) return conclude(context, created, verb, "");
  }
  const auto set = set_profile_addresses(context, Kind().wire_kind, name, arguments, *Kind().addresses);
  if (is_new || !set || **set < 0 || others == 0) {
    const Status status = conclude(context, set, verb, confirmed);
    if (is_new && status != Status::done) {
      rpc::Value<wire_string> argument;
      *argument = rpc::copy_string(name.text);
      (void)context.stub.call<int>(Kind().remove, *argument);
    }
    return status;
  }
  return conclude(context, context.stub.call<int>(Kind().modify, message), verb, confirmed);
}

/// Create and modify, which differ in the procedure. When a script creates what exists, it is modified.
template <auto Kind>
Status supply(Context& context, const Arguments& arguments, bool is_new) {
  const std::string_view verb = is_new ? "create" : "modify";
  const ArgumentValue* name = arguments.find("profile_name");
  if (name == nullptr) return complain(context, verb, kMissing, Status::usage);
  rpc::Value<typename std::decay_t<decltype(Kind())>::Message> message;
  message->profile_name = rpc::copy_string(name->text);
  apply(Kind().fields(), arguments, *message);
  if (Kind().addresses && has_ipv6(arguments, *Kind().addresses)) {
    return supply_with_text<Kind>(context, arguments, *name, *message, is_new);
  }
  const auto result = context.stub.call<int>(is_new ? Kind().create : Kind().modify, *message);
  if (result && **result == -L2TP_ERR_PROFILE_ALREADY_EXISTS && is_new && context.restoring) {
    return supply<Kind>(context, arguments, false);
  }
  return conclude(context, result, verb, confirmation(is_new ? "Created" : "Modified", Kind(), *name));
}

template <auto Kind>
Status create(Context& context, const Arguments& arguments) {
  return supply<Kind>(context, arguments, true);
}

template <auto Kind>
Status modify(Context& context, const Arguments& arguments) {
  return supply<Kind>(context, arguments, false);
}

template <auto Kind>
Status remove(Context& context, const Arguments& arguments) {
  const ArgumentValue* name = arguments.find("profile_name");
  if (name == nullptr || name->text.empty()) return complain(context, "delete", kMissing, Status::usage);
  if (arguments.has("force")) {
    rpc::Value<l2tp_ext_profile_delete_1_argument> forced;
    forced->kind = Kind().wire_kind;
    forced->name = rpc::copy_string(name->text);
    return conclude(context, context.stub.call<int>(L2TP_EXT_PROFILE_DELETE, *forced), "delete",
                    confirmation("Deleted", Kind(), *name));
  }
  rpc::Value<wire_string> argument;
  *argument = rpc::copy_string(name->text);
  return conclude(context, context.stub.call<int>(Kind().remove, *argument), "delete",
                  confirmation("Deleted", Kind(), *name));
}

template <auto Kind>
Status show(Context& context, const Arguments& arguments) {
  const ArgumentValue* name = arguments.find("profile_name");
  if (name == nullptr || name->text.empty()) return complain(context, "show", kMissing, Status::usage);
  const auto found = get_profile(context, Kind(), name->text);
  if (!found) return unanswered(context, found.error());
  if ((*found)->result_code < 0) return refused(context, "show", (*found)->result_code);
  const Addresses addresses = addresses_of(context, **found);
  if (!context.json) {
    context.out << Kind().text(**found, context.secrets, addresses);
    return Status::done;
  }
  Json object = {{"profile_name", (*found)->profile_name}};
  object["config"] = parameters_json(Kind().fields(), **found, context.secrets, addresses);
  object["supplied"] = supplied_json(Kind().fields(), **found);
  print_json(context, object);
  return Status::done;
}

template <auto Kind>
Status list(Context& context, const Arguments&) {
  const auto found = list_profiles(context, Kind());
  if (!found) return unanswered(context, found.error());
  if ((*found)->result < 0) return refused(context, "list", (*found)->result);
  JsonList json(context);
  const auto& profiles = (*found)->profiles;
  for (u_int i = 0; i < profiles.count && !is_stopped(context); ++i) {
    const char* name = profiles.entries[i].profile_name;
    if (*name == '\0') continue; // the entry of nothing that closes the list
    if (context.json)
      json.add(name);
    else
      context.out << '\t' << printable(name) << '\n';
  }
  json.close();
  return Status::done;
}

template <auto Kind>
Status unset(Context& context, const Arguments& arguments) {
  const ArgumentValue* name = arguments.find("profile_name");
  if (name == nullptr || name->text.empty()) return complain(context, "unset", kMissing, Status::usage);
  rpc::Value<typename std::decay_t<decltype(Kind())>::Unset> message;
  message->profile_name = rpc::copy_string(name->text);
  for (const auto& field : Kind().fields()) {
    if (arguments.has(field.parameter.name)) mark(*message, field);
  }
  return conclude(context, context.stub.call<int>(Kind().unset, *message), "unset",
                  "Unset parameters of " + std::string(Kind().noun) + " profile " + name->text);
}

/// The rows of the table.
template <auto Kind>
std::span<const Command> commands() {
  static constexpr Parameter name{"profile_name", Type::text, "Name of the profile"};
  static constexpr std::array named = {name};
  static constexpr std::array deleted = {
      name, Parameter{"force", Type::flag, "Delete it although tunnels or sessions use it"}};
  static const auto supplied = parameters_of(Kind().fields(), Use::create, {name});
  static const auto unsettable = [] {
    auto all = supplied;
    for (std::size_t i = 1; i < all.size(); ++i)
      all[i] = {.name = all[i].name, .type = Type::flag, .help = all[i].help, .value_ignored = true};
    return all;
  }();
  static const std::string_view noun = Kind().noun;
  static const std::array rows = {
      Command{{noun, "profile", "create"}, Access::change, "Make a profile", supplied, &create<Kind>},
      Command{{noun, "profile", "delete"}, Access::change, "Remove a profile", deleted, &remove<Kind>},
      Command{{noun, "profile", "modify"}, Access::change, "Change a profile", supplied, &modify<Kind>},
      Command{{noun, "profile", "show"}, Access::read, "Show a profile", named, &show<Kind>},
      Command{{noun, "profile", "list"}, Access::read, "List profiles", {}, &list<Kind>},
      Command{{noun, "profile", "unset"}, Access::change, "Restore defaults in a profile", unsettable, &unset<Kind>},
  };
  return rows;
}

} // namespace profile

} // namespace openl2tp::cli
