// system modify and system show.
#include <array>

#include "tools/l2tpconfig/binding.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

using Config = l2tp_api_system_config;
using Row = Binding<Config>;

constexpr std::array kBindings = {
    Row{"trace_flags", L2TP_API_CONFIG_FLAG_TRACE_FLAGS,
        [](Config& c, const ArgumentValue& v) {
          c.trace_flags = to_mask(v);
          c.trace_flags_mask = 0xffffffff;
        },
        kMaskMax},
    Row{"max_tunnels", L2TP_API_CONFIG_FLAG_MAX_TUNNELS,
        [](Config& c, const ArgumentValue& v) { c.max_tunnels = to_int(v); }},
    Row{"max_sessions", L2TP_API_CONFIG_FLAG_MAX_SESSIONS,
        [](Config& c, const ArgumentValue& v) { c.max_sessions = to_int(v); }},
    Row{"drain_tunnels", L2TP_API_CONFIG_FLAG_DRAIN_TUNNELS,
        [](Config& c, const ArgumentValue& v) { c.drain_tunnels = to_int(v); }},
    Row{"tunnel_establish_timeout", L2TP_API_CONFIG_FLAG_TUNNEL_ESTABLISH_TIMEOUT,
        [](Config& c, const ArgumentValue& v) { c.tunnel_establish_timeout = to_int(v); }},
    Row{"session_establish_timeout", L2TP_API_CONFIG_FLAG_SESSION_ESTABLISH_TIMEOUT,
        [](Config& c, const ArgumentValue& v) { c.session_establish_timeout = to_int(v); }},
    Row{"tunnel_persist_pend_timeout", L2TP_API_CONFIG_FLAG_TUNNEL_PERSIST_PEND_TIMEOUT,
        [](Config& c, const ArgumentValue& v) { c.tunnel_persist_pend_timeout = to_int(v); }},
    Row{"session_persist_pend_timeout", L2TP_API_CONFIG_FLAG_SESSION_PERSIST_PEND_TIMEOUT,
        [](Config& c, const ArgumentValue& v) { c.session_persist_pend_timeout = to_int(v); }},
    Row{"deny_local_tunnel_creates", L2TP_API_CONFIG_FLAG_DENY_LOCAL_TUNNEL_CREATES,
        [](Config& c, const ArgumentValue& v) { c.deny_local_tunnel_creates = to_int(v); }},
    Row{"deny_remote_tunnel_creates", L2TP_API_CONFIG_FLAG_DENY_REMOTE_TUNNEL_CREATES,
        [](Config& c, const ArgumentValue& v) { c.deny_remote_tunnel_creates = to_int(v); }},
    Row{"reset_statistics", L2TP_API_CONFIG_FLAG_RESET_STATISTICS, [](Config&, const ArgumentValue&) {}},
};

} // namespace

Status system_modify(Context& context, const Arguments& arguments) {
  rpc::Value<l2tp_api_system_msg_data> message;
  if (const auto complaint = apply(std::span<const Row>(kBindings), arguments, message->config)) {
    return complain(context, "modify", *complaint, Status::usage);
  }
  const auto result = context.stub.call<int>(L2TP_SYSTEM_MODIFY, *message);
  if (!result) return unanswered(context, result.error());
  if (**result < 0) return refused(context, "modify", **result);
  confirm(context, "Modified system config");
  return Status::done;
}

Status system_show_configuration(Context& context, const Arguments&) {
  const auto message = context.stub.call<l2tp_api_system_msg_data>(L2TP_SYSTEM_GET, rpc::Nothing{});
  if (!message) return unanswered(context, message.error());
  context.out << system_configuration_text((*message)->config);
  return Status::done;
}

Status system_show_status(Context& context, const Arguments&) {
  const auto message = context.stub.call<l2tp_api_system_msg_data>(L2TP_SYSTEM_GET, rpc::Nothing{});
  if (!message) return unanswered(context, message.error());
  context.out << system_status_text((*message)->status);
  return Status::done;
}

Status system_show_statistics(Context& context, const Arguments&) {
  const auto message = context.stub.call<l2tp_api_system_msg_data>(L2TP_SYSTEM_GET, rpc::Nothing{});
  if (!message) return unanswered(context, message.error());
  context.out << system_statistics_text((*message)->status.stats);
  return Status::done;
}

Status system_show_version(Context& context, const Arguments&) {
  const auto message = context.stub.call<l2tp_api_app_msg_data>(L2TP_APP_INFO_GET, rpc::Nothing{});
  if (!message) return unanswered(context, message.error());
  context.out << system_version_text(**message);
  return Status::done;
}

} // namespace openl2tp::cli
