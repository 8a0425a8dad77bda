// session create, delete, modify, show and list.
#include <fmt/format.h>

#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/list_filter.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

using Session = l2tp_api_session_msg_data;

constexpr Parameter kTunnelId{"tunnel_id", Type::uint16, "Id of the tunnel"};
constexpr Parameter kTunnelName{"tunnel_name", Type::text, "Administrative name of the tunnel"};
constexpr Parameter kId{"session_id", Type::uint16, "Id of the session in its tunnel"};
constexpr Parameter kName{"session_name", Type::text, "Administrative name of the session"};

/// Fills the four fields that say which session is meant; all messages spell them alike.
template <typename Message>
void set_names(Message& message, const Arguments& arguments) {
  message.tunnel_id = id_of(arguments, "tunnel_id");
  set_text(message.tunnel_name, arguments.find("tunnel_name"));
  message.session_id = id_of(arguments, "session_id");
  set_text(message.session_name, arguments.find("session_name"));
}

/// Ids in a script are wishes of an earlier life: where there are names, these count.
void prefer_names(const Context& context, const Arguments& arguments, Session& message) {
  if (!context.restoring) return;
  if (arguments.has("tunnel_name")) message.tunnel_id = 0;
}

/// A complaint when the arguments name no tunnel or no session.
const char* missing_name(const Arguments& arguments, bool session_too) {
  if (!arguments.has("tunnel_id") && !arguments.has("tunnel_name")) {
    return "Required tunnel_id or tunnel_name argument is missing";
  }
  if (session_too && !arguments.has("session_id") && !arguments.has("session_name")) {
    return "Required session_id or session_name argument is missing";
  }
  return nullptr;
}

/// "t1/s1", "5/7": the session as the user named it.
std::string full_name(const Arguments& arguments) {
  return given_name(arguments, "tunnel_name", "tunnel_id") + "/" + given_name(arguments, "session_name", "session_id");
}

Status modify(Context& context, const Arguments& arguments) {
  if (const char* missing = missing_name(arguments, true)) return complain(context, "modify", missing, Status::usage);
  rpc::Value<Session> message;
  std::vector<Field<Session>> live;
  for (const Field<Session>& field : session_fields()) {
    if (field.use == Use::modify) live.push_back(field);
  }
  apply(std::span<const Field<Session>>(live), arguments, *message);
  set_names(*message, arguments);
  prefer_names(context, arguments, *message);
  return conclude(context, context.stub.call<int>(L2TP_SESSION_MODIFY, *message), "modify",
                  "Modified session " + full_name(arguments));
}

Status create(Context& context, const Arguments& arguments) {
  if (missing_name(arguments, false) != nullptr) {
    return complain(context, "create", "Required tunnel_id / tunnel_name argument missing", Status::usage);
  }
  rpc::Value<Session> message;
  apply(session_fields(), arguments, *message);
  set_names(*message, arguments);
  prefer_names(context, arguments, *message);
  if (arguments.has("tunnel_name")) message->flags |= L2TP_API_SESSION_FLAG_TUNNEL_NAME;
  if (arguments.has("session_name")) message->flags |= L2TP_API_SESSION_FLAG_SESSION_NAME;
  const auto result = context.stub.call<int>(L2TP_SESSION_CREATE, *message);
  if (!result) return unanswered(context, result.error());
  if (**result == -L2TP_ERR_SESSION_ALREADY_EXISTS && context.restoring && missing_name(arguments, true) == nullptr) {
    return modify(context, arguments);
  }
  if (**result < 0) return refused(context, "create", **result);
  if (const ArgumentValue* tunnel = arguments.find("tunnel_name")) {
    confirm(context, fmt::format("Created session {} on tunnel {}", **result, tunnel->text));
  } else {
    confirm(context, fmt::format("Created session {}/{}", id_of(arguments, "tunnel_id"), **result));
  }
  return Status::done;
}

Status remove(Context& context, const Arguments& arguments) {
  if (const char* missing = missing_name(arguments, true)) return complain(context, "delete", missing, Status::usage);
  rpc::Value<l2tp_session_delete_1_argument> argument;
  set_names(*argument, arguments);
  return conclude(context, context.stub.call<int>(L2TP_SESSION_DELETE, *argument), "delete",
                  "Deleted session " + full_name(arguments));
}

using PppReply = tl::expected<rpc::Value<l2tp_ext_session_ppp_reply>, std::string>;

/// What the daemon knows of its PPP. A daemon without our own procedures tells nothing.
PppReply ppp_of(Context& context, const Session& session) {
  if (session.no_ppp) return tl::unexpected(std::string());
  rpc::Value<l2tp_ext_session_ppp_1_argument> argument;
  argument->tunnel_id = session.tunnel_id;
  argument->session_id = session.session_id;
  return context.stub.call<l2tp_ext_session_ppp_reply>(L2TP_EXT_SESSION_PPP, *argument);
}
const l2tp_ext_ppp* told(const PppReply& reply) {
  return reply && (*reply)->result >= 0 ? &(*reply)->ppp : nullptr; // it may have gone since
}

Status show(Context& context, const Arguments& arguments) {
  if (const char* missing = missing_name(arguments, true)) return complain(context, "show", missing, Status::usage);
  rpc::Value<l2tp_session_get_1_argument> argument;
  set_names(*argument, arguments);
  const auto session = context.stub.call<Session>(L2TP_SESSION_GET, *argument);
  if (!session) return unanswered(context, session.error());
  if ((*session)->result_code < 0) return refused(context, "show", (*session)->result_code);
  const PppReply ppp = ppp_of(context, **session);
  if (context.json) {
    print_json(context, session_json(**session, context.secrets, told(ppp)));
  } else {
    context.out << session_text(**session, told(ppp), context.secrets);
  }
  return Status::done;
}

/// One walk over sessions, of one tunnel or of all.
class Listing {
 public:
  Listing(Context& context, const Arguments& arguments) : context_(context), filter_(arguments), json_(context) {}

  [[nodiscard]] bool is_over() const { return filter_.is_full(printed_) || is_stopped(context_); }

  /// `label`: how the header calls the tunnel.
  Status add_tunnel(wire_u16 id, const ArgumentValue* name, const std::string& label, bool vanished_is_fine) {
    rpc::Value<l2tp_session_list_1_argument> tunnel;
    tunnel->tunnel_id = id;
    set_text(tunnel->tunnel_name, name);
    const auto list = context_.stub.call<l2tp_api_session_list_msg_data>(L2TP_SESSION_LIST, *tunnel);
    if (!list) return unanswered(context_, list.error());
    if ((*list)->result == -L2TP_ERR_TUNNEL_NOT_FOUND && vanished_is_fine) return Status::done;
    if ((*list)->result < 0) return refused(context_, "list", (*list)->result);
    const auto& ids = (*list)->session_ids;
    const std::span<const wire_u16> all(ids.session_ids_val, ids.session_ids_len);
    if (context_.json || filter_.names() || filter_.one_side()) return add_objects(id, name, all, nullptr);
    std::vector<wire_u16> wanted;
    if (filter_.needs_objects()) {
      const Status status = add_objects(id, name, all, &wanted);
      if (status != Status::done) return status;
    } else {
      for (const wire_u16 session : all) {
        if (filter_.admits_id(session) && !filter_.is_full(printed_ + wanted.size())) wanted.push_back(session);
      }
    }
    if (!wanted.empty()) context_.out << fmt::format("{} sessions on tunnel {}:-\n", wanted.size(), label);
    for (const wire_u16 session : wanted)
      context_.out << '\t' << session << '\n';
    printed_ += wanted.size();
    return Status::done;
  }

  void close() { json_.close(); }

 private:
  /// Asks about each session. Prints those that the filter admits, or notes their ids in `wanted`.
  Status add_objects(wire_u16 tunnel, const ArgumentValue* tunnel_name, std::span<const wire_u16> ids,
                     std::vector<wire_u16>* wanted) {
    const std::size_t noted_before = printed_;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (filter_.is_full(wanted == nullptr ? printed_ : noted_before + wanted->size()) || is_stopped(context_)) break;
      tell_list_progress(context_, i, ids.size());
      if (!filter_.admits_id(ids[i])) continue;
      rpc::Value<l2tp_session_get_1_argument> argument;
      argument->tunnel_id = tunnel;
      set_text(argument->tunnel_name, tunnel_name);
      argument->session_id = ids[i];
      const auto session = context_.stub.call<Session>(L2TP_SESSION_GET, *argument);
      if (!session) return unanswered(context_, session.error());
      if ((*session)->result_code < 0 || !filter_.admits(**session)) continue; // or closed since the list was made
      if (wanted != nullptr) {
        wanted->push_back(ids[i]);
        continue;
      }
      if (context_.json) {
        json_.add(session_json(**session, context_.secrets, told(ppp_of(context_, **session))));
      } else if (filter_.names()) {
        const auto name = rpc::string_of((*session)->session_name);
        if (!name || name->empty()) continue;
        context_.out << '\t' << printable(*name) << '\n';
      } else {
        context_.out << '\t' << ids[i] << '\n';
      }
      ++printed_;
    }
    return Status::done;
  }

  Context& context_;
  ListFilter filter_;
  JsonList json_;
  std::size_t printed_ = 0;
};

Status list(Context& context, const Arguments& arguments) {
  Listing listing(context, arguments);
  if (!arguments.has("all")) {
    if (const char* missing = missing_name(arguments, false)) return complain(context, "list", missing, Status::usage);
    const Status status = listing.add_tunnel(id_of(arguments, "tunnel_id"), arguments.find("tunnel_name"),
                                             given_name(arguments, "tunnel_name", "tunnel_id"), false);
    if (status == Status::done) listing.close();
    return status;
  }
  const auto tunnels = context.stub.call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, rpc::Nothing{});
  if (!tunnels) return unanswered(context, tunnels.error());
  if ((*tunnels)->result < 0) return refused(context, "list", (*tunnels)->result);
  const auto& ids = (*tunnels)->tunnel_ids;
  for (u_int i = 0; i < ids.tunnel_ids_len && !listing.is_over(); ++i) {
    const wire_u16 id = ids.tunnel_ids_val[i];
    const Status status = listing.add_tunnel(id, nullptr, std::to_string(id), true);
    if (status != Status::done) return status;
  }
  listing.close();
  return Status::done;
}

} // namespace

std::span<const Command> session_commands() {
  static constexpr std::array name = {kTunnelId, kTunnelName, kId, kName};
  static constexpr std::array listed = {
      kTunnelId,  kTunnelName, Parameter{"all", Type::flag, "Sessions of all tunnels"},
      kListLocal, kListRemote, kListNames,
      kListState, kListAfter,  kListLimit};
  static const auto created = parameters_of(session_fields(), Use::create, {kTunnelId, kTunnelName, kName, kId});
  static const auto modified = parameters_of(session_fields(), Use::modify, {kTunnelId, kTunnelName, kId, kName});
  static const std::array rows = {
      Command{{"session", "create"}, Access::change, "Open a session", created, &create},
      Command{{"session", "delete"}, Access::change, "Close a session", name, &remove},
      Command{{"session", "modify"}, Access::change, "Change a session", modified, &modify},
      Command{{"session", "show"}, Access::read, "Show a session", name, &show},
      Command{{"session", "list"}, Access::read, "List sessions", listed, &list},
  };
  return rows;
}

} // namespace openl2tp::cli
