// debug modify and debug show: trace flags, of the daemon or of one object. Each object's own get and modify carry
// them.
#include "tools/l2tpconfig/profile_kind.hpp"

namespace openl2tp::cli {
namespace {

struct Category {
  Parameter parameter;
  std::uint32_t bits;
};
constexpr std::array kCategories = {
    Category{{"protocol", Type::boolean, "Trace messages"}, L2TP_DEBUG_PROTOCOL},
    Category{{"fsm", Type::boolean, "Trace state changes"}, L2TP_DEBUG_FSM},
    Category{{"api", Type::boolean, "Trace management calls"}, L2TP_DEBUG_API},
    Category{{"transport", Type::boolean, "Trace sequence numbers and retransmission"}, L2TP_DEBUG_XPRT},
    Category{{"data", Type::boolean, "Trace the data path"}, L2TP_DEBUG_DATA},
    Category{{"ppp_control", Type::boolean, "Trace PPP"}, L2TP_DEBUG_PPP},
    Category{{"avp_info", Type::boolean, "Trace AVPs"}, L2TP_DEBUG_AVP},
    Category{{"avp_data", Type::boolean, "Trace values of AVPs"}, L2TP_DEBUG_AVP_DATA},
    Category{{"avp_hide", Type::boolean, "Trace hiding of AVPs"}, L2TP_DEBUG_AVP_HIDE},
    Category{{"func", Type::boolean, "Trace internal steps"}, L2TP_DEBUG_FUNC},
    Category{{"system", Type::boolean, "Trace system calls"}, L2TP_DEBUG_SYSTEM},
    Category{{"all", Type::boolean, "Trace everything"}, 0xffffffff},
};

constexpr std::array kTargets = {
    Parameter{"tunnel_id", Type::uint16, "Id of the tunnel"},
    Parameter{"tunnel_name", Type::text, "Administrative name of the tunnel"},
    Parameter{"session_id", Type::uint16, "Id of the session in its tunnel"},
    Parameter{"session_name", Type::text, "Administrative name of the session"},
    Parameter{"tunnel_profile_name", Type::text, "Of a tunnel profile"},
    Parameter{"session_profile_name", Type::text, "Of a session profile"},
    Parameter{"ppp_profile_name", Type::text, "Of a PPP profile"},
    Parameter{"app", Type::flag, "Of the whole daemon"},
};

/// What is changed, or nothing to look only.
struct Change {
  std::uint32_t flags = 0, mask = 0;
};

/// Prints the flags of one object, or changes them when `change` is given.
template <typename Message, typename Argument>
Status read_or_change(Context& context, std::string_view verb, rpcproc_t get, const Argument& argument,
                      rpcproc_t modify, std::uint32_t flag, Message* change) {
  if (change != nullptr) {
    change->flags |= flag;
    return conclude(context, context.stub.call<int>(modify, *change), verb, "");
  }
  const auto found = context.stub.call<Message>(get, argument);
  if (!found) return unanswered(context, found.error());
  if ((*found)->result_code < 0) return refused(context, verb, (*found)->result_code);
  if (context.json)
    print_json(context, {{"trace_flags", (*found)->trace_flags}});
  else
    context.out << "  trace flags: " << trace_flags_text((*found)->trace_flags) << '\n';
  return Status::done;
}

template <typename Message>
void set_flags(Message& message, const Change& change) {
  message.trace_flags = change.flags;
  message.trace_flags_mask = change.mask;
}

template <typename Kind>
Status profile(Context& context, std::string_view verb, const Kind& kind, std::uint32_t flag, const std::string& name,
               const Change* change) {
  rpc::Value<wire_string> argument;
  *argument = rpc::copy_string(name);
  rpc::Value<typename Kind::Message> message;
  message->profile_name = rpc::copy_string(name);
  if (change != nullptr) set_flags(*message, *change);
  return read_or_change<typename Kind::Message>(context, verb, kind.get, *argument, kind.modify, flag,
                                                change == nullptr ? nullptr : &*message);
}

Status daemon(Context& context, std::string_view verb, const Change* change) {
  rpc::Value<l2tp_api_system_msg_data> message;
  if (change != nullptr) {
    set_flags(message->config, *change);
    message->config.flags = L2TP_API_CONFIG_FLAG_TRACE_FLAGS;
    return conclude(context, context.stub.call<int>(L2TP_SYSTEM_MODIFY, *message), verb, "");
  }
  const auto found = context.stub.call<l2tp_api_system_msg_data>(L2TP_SYSTEM_GET, rpc::Nothing{});
  if (!found) return unanswered(context, found.error());
  if (context.json)
    print_json(context, {{"trace_flags", (*found)->config.trace_flags}});
  else
    context.out << "  trace flags: " << trace_flags_text((*found)->config.trace_flags) << '\n';
  return Status::done;
}

template <typename Message>
void name_tunnel(Message& message, const Arguments& arguments) {
  message.tunnel_id = id_of(arguments, "tunnel_id");
  set_text(message.tunnel_name, arguments.find("tunnel_name"));
}
template <typename Message>
void name_session(Message& message, const Arguments& arguments) {
  name_tunnel(message, arguments);
  message.session_id = id_of(arguments, "session_id");
  set_text(message.session_name, arguments.find("session_name"));
}

Status run(Context& context, std::string_view verb, const Arguments& arguments, const Change* change) {
  if (arguments.has("app")) return daemon(context, verb, change);
  if (const ArgumentValue* name = arguments.find("tunnel_profile_name")) {
    return profile(context, verb, tunnel_profile_kind(), L2TP_API_TUNNEL_PROFILE_FLAG_TRACE_FLAGS, name->text, change);
  }
  if (const ArgumentValue* name = arguments.find("session_profile_name")) {
    return profile(context, verb, session_profile_kind(), L2TP_API_SESSION_PROFILE_FLAG_TRACE_FLAGS, name->text,
                   change);
  }
  if (const ArgumentValue* name = arguments.find("ppp_profile_name")) {
    return profile(context, verb, ppp_profile_kind(), L2TP_API_PPP_PROFILE_FLAG_TRACE_FLAGS, name->text, change);
  }
  if (!arguments.has("tunnel_id") && !arguments.has("tunnel_name")) {
    if (change != nullptr) return complain(context, verb, "Missing argument", Status::usage);
    context.out << "Ambiguous command\n";
    return Status::usage;
  }
  if (arguments.has("session_id") || arguments.has("session_name")) {
    rpc::Value<l2tp_session_get_1_argument> argument;
    name_session(*argument, arguments);
    rpc::Value<l2tp_api_session_msg_data> message;
    name_session(*message, arguments);
    if (change != nullptr) set_flags(*message, *change);
    return read_or_change<l2tp_api_session_msg_data>(context, verb, L2TP_SESSION_GET, *argument, L2TP_SESSION_MODIFY,
                                                     L2TP_API_SESSION_FLAG_TRACE_FLAGS,
                                                     change == nullptr ? nullptr : &*message);
  }
  rpc::Value<l2tp_tunnel_get_1_argument> argument;
  name_tunnel(*argument, arguments);
  rpc::Value<l2tp_api_tunnel_msg_data> message;
  name_tunnel(*message, arguments);
  if (change != nullptr) set_flags(*message, *change);
  return read_or_change<l2tp_api_tunnel_msg_data>(context, verb, L2TP_TUNNEL_GET, *argument, L2TP_TUNNEL_MODIFY,
                                                  L2TP_API_TUNNEL_FLAG_TRACE_FLAGS,
                                                  change == nullptr ? nullptr : &*message);
}

Status modify(Context& context, const Arguments& arguments) {
  Change change;
  for (const Arguments::Given& given : arguments.all()) {
    for (const Category& category : kCategories) {
      if (given.parameter->name != category.parameter.name) continue;
      change.mask |= category.bits;
      change.flags = given.value.number != 0 ? change.flags | category.bits : change.flags & ~category.bits;
    }
  }
  // A mask of nothing would mean everything to the daemon.
  if (change.mask == 0) return complain(context, "modify", "Missing argument", Status::usage);
  return run(context, "modify", arguments, &change);
}

Status show(Context& context, const Arguments& arguments) { return run(context, "show", arguments, nullptr); }

} // namespace

std::span<const Command> debug_commands() {
  static const auto modified = [] {
    std::vector<Parameter> all;
    for (const Category& category : kCategories)
      all.push_back(category.parameter);
    all.insert(all.end(), kTargets.begin(), kTargets.end());
    return all;
  }();
  static const std::array rows = {
      Command{{"debug", "modify"}, Access::change, "Change what is traced", modified, &modify},
      Command{{"debug", "show"}, Access::read, "Show what is traced", kTargets, &show},
  };
  return rows;
}

} // namespace openl2tp::cli
