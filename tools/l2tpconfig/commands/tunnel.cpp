// tunnel create, delete, modify, show and list.
#include <array>

#include <fmt/format.h>

#include "tools/l2tpconfig/binding.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/output.hpp"
#include "tools/rpc/errors.hpp"

namespace openl2tp::cli {
namespace {

using Tunnel = l2tp_api_tunnel_msg_data;
using Row = Binding<Tunnel>;

// Create takes all rows; modify's grammar offers only what a live tunnel lets change.
constexpr std::array kBindings = {
    Row{"dest_ipaddr", L2TP_API_TUNNEL_FLAG_PEER_ADDR,
        [](Tunnel& t, const ArgumentValue& v) { t.peer_addr = to_address(v); }},
    Row{"src_ipaddr", L2TP_API_TUNNEL_FLAG_OUR_ADDR,
        [](Tunnel& t, const ArgumentValue& v) { t.our_addr = to_address(v); }},
    Row{"config_id", L2TP_API_TUNNEL_FLAG_CONFIG_ID,
        [](Tunnel& t, const ArgumentValue& v) { t.config_id = to_int(v); }},
    Row{"profile_name", L2TP_API_TUNNEL_FLAG_PROFILE_NAME,
        [](Tunnel& t, const ArgumentValue& v) { set_text(t.tunnel_profile_name, v); }},
    Row{"peer_udp_port", L2TP_API_TUNNEL_FLAG_PEER_UDP_PORT,
        [](Tunnel& t, const ArgumentValue& v) { t.peer_udp_port = to_u16(v); }},
    Row{"our_udp_port", L2TP_API_TUNNEL_FLAG_OUR_UDP_PORT,
        [](Tunnel& t, const ArgumentValue& v) { t.our_udp_port = to_u16(v); }},
    Row{"use_tiebreaker", L2TP_API_TUNNEL_FLAG_USE_TIEBREAKER,
        [](Tunnel& t, const ArgumentValue& v) { t.use_tiebreaker = to_int(v); }},
    Row{"allow_ppp_proxy", L2TP_API_TUNNEL_FLAG_ALLOW_PPP_PROXY,
        [](Tunnel& t, const ArgumentValue& v) { t.allow_ppp_proxy = to_int(v); }},
    // The index into none, sync, async, any is a set of two bits; likewise for bearers.
    Row{"framing_caps", L2TP_API_TUNNEL_FLAG_FRAMING_CAP,
        [](Tunnel& t, const ArgumentValue& v) {
          t.framing_cap_sync = (v.number & 1) != 0;
          t.framing_cap_async = (v.number & 2) != 0;
        }},
    Row{"bearer_caps", L2TP_API_TUNNEL_FLAG_BEARER_CAP,
        [](Tunnel& t, const ArgumentValue& v) {
          t.bearer_cap_digital = (v.number & 1) != 0;
          t.bearer_cap_analog = (v.number & 2) != 0;
        }},
    Row{"host_name", L2TP_API_TUNNEL_FLAG_HOST_NAME,
        [](Tunnel& t, const ArgumentValue& v) { set_text(t.host_name, v); }},
    Row{"secret", L2TP_API_TUNNEL_FLAG_SECRET, [](Tunnel& t, const ArgumentValue& v) { set_text(t.secret, v); }},
    Row{"auth_mode", L2TP_API_TUNNEL_FLAG_AUTH_MODE,
        [](Tunnel& t, const ArgumentValue& v) { t.auth_mode = static_cast<l2tp_api_tunnel_auth_mode>(v.number); }},
    Row{"hide_avps", L2TP_API_TUNNEL_FLAG_HIDE_AVPS,
        [](Tunnel& t, const ArgumentValue& v) { t.hide_avps = to_int(v); }},
    Row{"rx_window_size", L2TP_API_TUNNEL_FLAG_RX_WINDOW_SIZE,
        [](Tunnel& t, const ArgumentValue& v) { t.rx_window_size = to_u16(v); }},
    Row{"tx_window_size", L2TP_API_TUNNEL_FLAG_TX_WINDOW_SIZE,
        [](Tunnel& t, const ArgumentValue& v) { t.tx_window_size = to_u16(v); }},
    Row{"do_pmtu_discovery", L2TP_API_TUNNEL_FLAG_DO_PMTU_DISCOVERY,
        [](Tunnel& t, const ArgumentValue& v) { t.do_pmtu_discovery = to_int(v); }},
    Row{"trace_flags", L2TP_API_TUNNEL_FLAG_TRACE_FLAGS,
        [](Tunnel& t, const ArgumentValue& v) {
          t.trace_flags = to_mask(v);
          t.trace_flags_mask = 0xffffffff;
        },
        kMaskMax},
    Row{"use_udp_checksums", L2TP_API_TUNNEL_FLAG_USE_UDP_CHECKSUMS,
        [](Tunnel& t, const ArgumentValue& v) { t.use_udp_checksums = to_int(v); }},
    Row{"persist", L2TP_API_TUNNEL_FLAG_PERSIST, [](Tunnel& t, const ArgumentValue& v) { t.persist = to_int(v); }},
    Row{"hello_timeout", L2TP_API_TUNNEL_FLAG_HELLO_TIMEOUT,
        [](Tunnel& t, const ArgumentValue& v) { t.hello_timeout = to_int(v); }},
    Row{"max_retries", L2TP_API_TUNNEL_FLAG_MAX_RETRIES,
        [](Tunnel& t, const ArgumentValue& v) { t.max_retries = to_int(v); }},
    Row{"retry_timeout", L2TP_API_TUNNEL_FLAG_RETRY_TIMEOUT,
        [](Tunnel& t, const ArgumentValue& v) { t.retry_timeout = to_int(v); }},
    Row{"idle_timeout", L2TP_API_TUNNEL_FLAG_IDLE_TIMEOUT,
        [](Tunnel& t, const ArgumentValue& v) { t.idle_timeout = to_int(v); }},
    Row{"max_sessions", L2TP_API_TUNNEL_FLAG_MAX_SESSIONS,
        [](Tunnel& t, const ArgumentValue& v) { t.max_sessions = to_int(v); }},
    Row{"mtu", L2TP_API_TUNNEL_FLAG_MTU, [](Tunnel& t, const ArgumentValue& v) { t.mtu = to_int(v); }},
    Row{"peer_profile_name", L2TP_API_TUNNEL_FLAG_PEER_PROFILE_NAME,
        [](Tunnel& t, const ArgumentValue& v) { set_text(t.peer_profile_name, v); }},
    Row{"session_profile_name", L2TP_API_TUNNEL_FLAG_SESSION_PROFILE_NAME,
        [](Tunnel& t, const ArgumentValue& v) { set_text(t.session_profile_name, v); }},
    Row{"ppp_profile_name", L2TP_API_TUNNEL_FLAG_PPP_PROFILE_NAME,
        [](Tunnel& t, const ArgumentValue& v) { set_text(t.ppp_profile_name, v); }},
    Row{"interface_name", 0,
        [](Tunnel& t, const ArgumentValue& v) {
          set_text(t.interface_name, v);
          t.flags2 |= L2TP_API_TUNNEL_FLAG_INTERFACE_NAME;
        }},
};

bool names_tunnel(const Arguments& arguments) { return arguments.has("tunnel_id") || arguments.has("tunnel_name"); }

wire_u16 tunnel_id(const Arguments& arguments) {
  const ArgumentValue* id = arguments.find("tunnel_id");
  return id == nullptr ? wire_u16{0} : to_u16(*id);
}

Status name_missing(Context& context, std::string_view verb) {
  return complain(context, verb, "Required tunnel_id or tunnel_name argument is missing", Status::usage);
}

tl::expected<rpc::Value<Tunnel>, std::string> get_tunnel(Context& context, wire_u16 id, const ArgumentValue* name) {
  rpc::Value<l2tp_tunnel_get_1_argument> argument;
  argument->tunnel_id = id;
  set_text(argument->tunnel_name, name);
  return context.stub.call<Tunnel>(L2TP_TUNNEL_GET, *argument);
}

} // namespace

Status tunnel_create(Context& context, const Arguments& arguments) {
  rpc::Value<Tunnel> message;
  if (const auto complaint = apply(std::span<const Row>(kBindings), arguments, *message)) {
    return complain(context, "create", *complaint, Status::usage);
  }
  if (arguments.has("tunnel_id")) {
    message->tunnel_id = tunnel_id(arguments);
    message->flags |= L2TP_API_TUNNEL_FLAG_TUNNEL_ID;
  }
  if (const ArgumentValue* name = arguments.find("tunnel_name")) {
    set_text(message->tunnel_name, *name);
    message->flags |= L2TP_API_TUNNEL_FLAG_TUNNEL_NAME;
  }
  const auto result = context.stub.call<int>(L2TP_TUNNEL_CREATE, *message);
  if (!result) return unanswered(context, result.error());
  if (**result < 0) return refused(context, "create", **result);
  confirm(context, fmt::format("Created tunnel {}", **result));
  return Status::done;
}

Status tunnel_delete(Context& context, const Arguments& arguments) {
  if (!names_tunnel(arguments)) return name_missing(context, "delete");
  rpc::Value<l2tp_tunnel_delete_1_argument> argument;
  argument->tunnel_id = tunnel_id(arguments);
  set_text(argument->tunnel_name, arguments.find("tunnel_name"));
  const auto result = context.stub.call<int>(L2TP_TUNNEL_DELETE, *argument);
  if (!result) return unanswered(context, result.error());
  if (**result < 0) return refused(context, "delete", **result);
  confirm(context, "Deleted tunnel " + given_name(arguments, "tunnel_name", "tunnel_id"));
  return Status::done;
}

Status tunnel_modify(Context& context, const Arguments& arguments) {
  if (!names_tunnel(arguments)) return name_missing(context, "modify");
  rpc::Value<Tunnel> message;
  message->tunnel_id = tunnel_id(arguments);
  set_text(message->tunnel_name, arguments.find("tunnel_name"));
  if (const auto complaint = apply(std::span<const Row>(kBindings), arguments, *message)) {
    return complain(context, "modify", *complaint, Status::usage);
  }
  const auto result = context.stub.call<int>(L2TP_TUNNEL_MODIFY, *message);
  if (!result) return unanswered(context, result.error());
  if (**result < 0) return refused(context, "modify", **result);
  confirm(context, "Modified tunnel " + given_name(arguments, "tunnel_name", "tunnel_id"));
  return Status::done;
}

Status tunnel_show(Context& context, const Arguments& arguments) {
  if (!names_tunnel(arguments)) return name_missing(context, "show");
  const auto tunnel = get_tunnel(context, tunnel_id(arguments), arguments.find("tunnel_name"));
  if (!tunnel) return unanswered(context, tunnel.error());
  if ((*tunnel)->result_code < 0) {
    // This complaint alone comes without the "Error at or near" line.
    context.err << "get tunnel failed: " << rpc::error_text((*tunnel)->result_code) << '\n';
    return Status::failed;
  }
  const bool config = arguments.has("config"), transport = arguments.has("transport");
  context.out << tunnel_text(**tunnel, {.config = config || !transport, .transport = transport || !config});
  return Status::done;
}

Status tunnel_list(Context& context, const Arguments& arguments) {
  const auto list = context.stub.call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, rpc::Nothing{});
  if (!list) return unanswered(context, list.error());
  if ((*list)->result < 0) return refused(context, "list", (*list)->result);
  const bool local_only = arguments.has("local_only"), remote_only = arguments.has("remote_only");
  const bool names = arguments.has("names");
  bool headed = false;
  for (u_int i = 0; i < (*list)->tunnel_ids.tunnel_ids_len; ++i) {
    const auto tunnel = get_tunnel(context, (*list)->tunnel_ids.tunnel_ids_val[i], nullptr);
    if (!tunnel) return unanswered(context, tunnel.error());
    if ((*tunnel)->result_code < 0) continue; // closed since the list was made
    const bool local = (*tunnel)->created_by_admin != 0;
    if ((local_only && !local) || (remote_only && local)) continue;
    if (names) {
      const auto name = rpc::string_of((*tunnel)->tunnel_name);
      if (name && !name->empty()) context.out << '\t' << printable(*name) << '\n';
    } else if (local_only || remote_only) {
      context.out << '\t' << (*tunnel)->tunnel_id << '\n';
    } else {
      if (!headed) context.out << tunnel_list_header();
      headed = true;
      context.out << tunnel_list_row(**tunnel);
    }
  }
  return Status::done;
}

} // namespace openl2tp::cli
