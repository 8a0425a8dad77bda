// session create, delete, modify, show and list.
#include <array>

#include <fmt/format.h>

#include "tools/l2tpconfig/binding.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

using Session = l2tp_api_session_msg_data;
using Row = Binding<Session>;

// Create takes all rows; modify's grammar offers only what a live session lets change.
constexpr std::array kBindings = {
    Row{"profile_name", L2TP_API_SESSION_FLAG_PROFILE_NAME,
        [](Session& s, const ArgumentValue& v) { set_text(s.profile_name, v); }},
    Row{"ppp_profile_name", L2TP_API_SESSION_FLAG_PPP_PROFILE_NAME,
        [](Session& s, const ArgumentValue& v) { set_text(s.ppp_profile_name, v); }},
    Row{"trace_flags", L2TP_API_SESSION_FLAG_TRACE_FLAGS,
        [](Session& s, const ArgumentValue& v) {
          s.trace_flags = to_mask(v);
          s.trace_flags_mask = 0xffffffff;
        },
        kMaskMax},
    Row{"sequencing_required", L2TP_API_SESSION_FLAG_SEQUENCING_REQUIRED,
        [](Session& s, const ArgumentValue& v) { s.sequencing_required = to_int(v); }},
    Row{"use_sequence_numbers", L2TP_API_SESSION_FLAG_USE_SEQUENCE_NUMBERS,
        [](Session& s, const ArgumentValue& v) { s.use_sequence_numbers = to_int(v); }},
    Row{"reorder_timeout", L2TP_API_SESSION_FLAG_REORDER_TIMEOUT,
        [](Session& s, const ArgumentValue& v) { s.reorder_timeout = to_int(v); }},
    // The words begin with the type of value 1; 0 is "unspecified", which is not asked for.
    Row{"session_type", L2TP_API_SESSION_FLAG_SESSION_TYPE,
        [](Session& s, const ArgumentValue& v) { s.session_type = static_cast<l2tp_api_session_type>(v.number + 1); }},
    Row{"priv_group_id", L2TP_API_SESSION_FLAG_PRIV_GROUP_ID,
        [](Session& s, const ArgumentValue& v) { set_text(s.priv_group_id, v); }},
    Row{"interface_name", L2TP_API_SESSION_FLAG_INTERFACE_NAME,
        [](Session& s, const ArgumentValue& v) { set_text(s.interface_name, v); }},
    Row{"user_name", L2TP_API_SESSION_FLAG_USER_NAME,
        [](Session& s, const ArgumentValue& v) { set_text(s.user_name, v); }},
    Row{"user_password", L2TP_API_SESSION_FLAG_USER_PASSWORD,
        [](Session& s, const ArgumentValue& v) { set_text(s.user_password, v); }},
    // sync, async, any: one more than the index is a set of two bits.
    Row{"framing_type", L2TP_API_SESSION_FLAG_FRAMING_TYPE,
        [](Session& s, const ArgumentValue& v) {
          s.framing_type_sync = ((v.number + 1) & 1) != 0;
          s.framing_type_async = ((v.number + 1) & 2) != 0;
        }},
    Row{"bearer_type", L2TP_API_SESSION_FLAG_BEARER_TYPE,
        [](Session& s, const ArgumentValue& v) {
          s.bearer_type_digital = (v.number & 1) != 0;
          s.bearer_type_analog = (v.number & 2) != 0;
        }},
    Row{"minimum_bps", L2TP_API_SESSION_FLAG_MINIMUM_BPS,
        [](Session& s, const ArgumentValue& v) { s.minimum_bps = to_int(v); }},
    Row{"maximum_bps", L2TP_API_SESSION_FLAG_MAXIMUM_BPS,
        [](Session& s, const ArgumentValue& v) { s.maximum_bps = to_int(v); }},
    Row{"connect_speed", L2TP_API_SESSION_FLAG_CONNECT_SPEED,
        [](Session& s, const ArgumentValue& v) {
          s.tx_connect_speed = to_int(v);
          s.rx_connect_speed = static_cast<int>(v.second);
        }},
    Row{"no_ppp", L2TP_API_SESSION_FLAG_NO_PPP, [](Session& s, const ArgumentValue& v) { s.no_ppp = to_int(v); }},
    Row{"use_ppp_proxy", L2TP_API_SESSION_FLAG_USE_PPP_PROXY,
        [](Session& s, const ArgumentValue& v) { s.use_ppp_proxy = to_int(v); }},
    Row{"proxy_auth_type", L2TP_API_SESSION_FLAG_PROXY_AUTH_TYPE,
        [](Session& s, const ArgumentValue& v) {
          s.proxy_auth_type = static_cast<l2tp_api_session_proxy_auth_type>(v.number);
        },
        L2TP_API_SESSION_PROXY_AUTH_TYPE_PPP_MSCHAPV1},
    Row{"proxy_auth_name", L2TP_API_SESSION_FLAG_PROXY_AUTH_NAME,
        [](Session& s, const ArgumentValue& v) { set_text(s.proxy_auth_name, v); }},
    Row{"proxy_auth_challenge", L2TP_API_SESSION_FLAG_PROXY_AUTH_CHALLENGE,
        [](Session& s, const ArgumentValue& v) {
          set_octets(s.proxy_auth_challenge.proxy_auth_challenge_len, s.proxy_auth_challenge.proxy_auth_challenge_val,
                     v);
        }},
    Row{"proxy_auth_response", L2TP_API_SESSION_FLAG_PROXY_AUTH_RESPONSE,
        [](Session& s, const ArgumentValue& v) {
          set_octets(s.proxy_auth_response.proxy_auth_response_len, s.proxy_auth_response.proxy_auth_response_val, v);
        }},
    Row{"calling_number", L2TP_API_SESSION_FLAG_CALLING_NUMBER,
        [](Session& s, const ArgumentValue& v) { set_text(s.calling_number, v); }},
    Row{"called_number", L2TP_API_SESSION_FLAG_CALLED_NUMBER,
        [](Session& s, const ArgumentValue& v) { set_text(s.called_number, v); }},
    Row{"sub_address", L2TP_API_SESSION_FLAG_SUB_ADDRESS,
        [](Session& s, const ArgumentValue& v) { set_text(s.sub_address, v); }},
    Row{"initial_rcvd_lcp_confreq", L2TP_API_SESSION_FLAG_INITIAL_RCVD_LCP_CONFREQ,
        [](Session& s, const ArgumentValue& v) {
          set_octets(s.initial_rcvd_lcp_confreq.initial_rcvd_lcp_confreq_len,
                     s.initial_rcvd_lcp_confreq.initial_rcvd_lcp_confreq_val, v);
        }},
    Row{"last_sent_lcp_confreq", L2TP_API_SESSION_FLAG_LAST_SENT_LCP_CONFREQ,
        [](Session& s, const ArgumentValue& v) {
          set_octets(s.last_sent_lcp_confreq.last_sent_lcp_confreq_len,
                     s.last_sent_lcp_confreq.last_sent_lcp_confreq_val, v);
        }},
    Row{"last_rcvd_lcp_confreq", L2TP_API_SESSION_FLAG_LAST_RCVD_LCP_CONFREQ,
        [](Session& s, const ArgumentValue& v) {
          set_octets(s.last_rcvd_lcp_confreq.last_rcvd_lcp_confreq_len,
                     s.last_rcvd_lcp_confreq.last_rcvd_lcp_confreq_val, v);
        }},
};

wire_u16 id_of(const Arguments& arguments, std::string_view parameter) {
  const ArgumentValue* id = arguments.find(parameter);
  return id == nullptr ? wire_u16{0} : to_u16(*id);
}

/// Fills the four fields that say which session is meant; all messages spell them alike.
template <typename Message>
void set_names(Message& message, const Arguments& arguments) {
  message.tunnel_id = id_of(arguments, "tunnel_id");
  set_text(message.tunnel_name, arguments.find("tunnel_name"));
  message.session_id = id_of(arguments, "session_id");
  set_text(message.session_name, arguments.find("session_name"));
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

} // namespace

Status session_create(Context& context, const Arguments& arguments) {
  if (missing_name(arguments, false) != nullptr) {
    return complain(context, "create", "Required tunnel_id / tunnel_name argument missing", Status::usage);
  }
  rpc::Value<Session> message;
  if (const auto complaint = apply(std::span<const Row>(kBindings), arguments, *message)) {
    return complain(context, "create", *complaint, Status::usage);
  }
  set_names(*message, arguments);
  if (arguments.has("tunnel_name")) message->flags |= L2TP_API_SESSION_FLAG_TUNNEL_NAME;
  if (arguments.has("session_name")) message->flags |= L2TP_API_SESSION_FLAG_SESSION_NAME;
  const auto result = context.stub.call<int>(L2TP_SESSION_CREATE, *message);
  if (!result) return unanswered(context, result.error());
  if (**result < 0) return refused(context, "create", **result);
  if (const ArgumentValue* tunnel = arguments.find("tunnel_name")) {
    confirm(context, fmt::format("Created session {} on tunnel {}", **result, tunnel->text));
  } else {
    confirm(context, fmt::format("Created session {}/{}", id_of(arguments, "tunnel_id"), **result));
  }
  return Status::done;
}

Status session_delete(Context& context, const Arguments& arguments) {
  if (const char* missing = missing_name(arguments, true)) return complain(context, "delete", missing, Status::usage);
  rpc::Value<l2tp_session_delete_1_argument> argument;
  set_names(*argument, arguments);
  const auto result = context.stub.call<int>(L2TP_SESSION_DELETE, *argument);
  if (!result) return unanswered(context, result.error());
  if (**result < 0) return refused(context, "delete", **result);
  confirm(context, "Deleted session " + full_name(arguments));
  return Status::done;
}

Status session_modify(Context& context, const Arguments& arguments) {
  if (const char* missing = missing_name(arguments, true)) return complain(context, "modify", missing, Status::usage);
  rpc::Value<Session> message;
  if (const auto complaint = apply(std::span<const Row>(kBindings), arguments, *message)) {
    return complain(context, "modify", *complaint, Status::usage);
  }
  set_names(*message, arguments);
  const auto result = context.stub.call<int>(L2TP_SESSION_MODIFY, *message);
  if (!result) return unanswered(context, result.error());
  if (**result < 0) return refused(context, "modify", **result);
  confirm(context, "Modified session " + full_name(arguments));
  return Status::done;
}

Status session_show(Context& context, const Arguments& arguments) {
  if (const char* missing = missing_name(arguments, true)) return complain(context, "show", missing, Status::usage);
  rpc::Value<l2tp_session_get_1_argument> argument;
  set_names(*argument, arguments);
  const auto session = context.stub.call<Session>(L2TP_SESSION_GET, *argument);
  if (!session) return unanswered(context, session.error());
  if ((*session)->result_code < 0) return refused(context, "show", (*session)->result_code);
  context.out << session_text(**session);
  return Status::done;
}

Status session_list(Context& context, const Arguments& arguments) {
  if (const char* missing = missing_name(arguments, false)) return complain(context, "list", missing, Status::usage);
  rpc::Value<l2tp_session_list_1_argument> tunnel;
  tunnel->tunnel_id = id_of(arguments, "tunnel_id");
  set_text(tunnel->tunnel_name, arguments.find("tunnel_name"));
  const auto list = context.stub.call<l2tp_api_session_list_msg_data>(L2TP_SESSION_LIST, *tunnel);
  if (!list) return unanswered(context, list.error());
  if ((*list)->result < 0) return refused(context, "list", (*list)->result);
  const bool local_only = arguments.has("local_only"), remote_only = arguments.has("remote_only");
  const bool names = arguments.has("names");
  const auto& ids = (*list)->session_ids;
  if (!local_only && !remote_only && !names) {
    if (ids.session_ids_len > 0) {
      context.out << fmt::format("{} sessions on tunnel {}:-\n", ids.session_ids_len,
                                 given_name(arguments, "tunnel_name", "tunnel_id"));
    }
    for (u_int i = 0; i < ids.session_ids_len; ++i)
      context.out << '\t' << ids.session_ids_val[i] << '\n';
    return Status::done;
  }
  for (u_int i = 0; i < ids.session_ids_len; ++i) {
    rpc::Value<l2tp_session_get_1_argument> argument;
    argument->tunnel_id = tunnel->tunnel_id;
    set_text(argument->tunnel_name, arguments.find("tunnel_name"));
    argument->session_id = ids.session_ids_val[i];
    const auto session = context.stub.call<Session>(L2TP_SESSION_GET, *argument);
    if (!session) return unanswered(context, session.error());
    if ((*session)->result_code < 0) continue; // closed since the list was made
    const bool local = (*session)->created_by_admin != 0;
    if ((local_only && !local) || (remote_only && local)) continue;
    if (names) {
      const auto name = rpc::string_of((*session)->session_name);
      if (name && !name->empty()) context.out << '\t' << printable(*name) << '\n';
    } else {
      context.out << '\t' << (*session)->session_id << '\n';
    }
  }
  return Status::done;
}

} // namespace openl2tp::cli
