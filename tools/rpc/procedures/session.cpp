// SESSION_CREATE, SESSION_DELETE, SESSION_MODIFY, SESSION_GET, SESSION_LIST, SESSION_INCALL_IND.
#include <array>
#include <cerrno>
#include <cstdlib>

#include "runtime/profiles/profile_store.hpp"
#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

Value<int> number(int value) {
  Value<int> result;
  *result = value;
  return result;
}

/// The tunnel of a session; unlike with tunnels, one that is not named at all is told apart.
runtime::ControlResult<runtime::TunnelName> tunnel_of(std::uint16_t id, const optstring& name) {
  auto tunnel = tunnel_name(id, name);
  if (tunnel && tunnel->id == 0 && !tunnel->name)
    return tl::unexpected(runtime::ControlError{runtime::ControlFault::tunnel_spec_missing, {}});
  return tunnel;
}

Value<int> session_create(runtime::Control& control, const Caller&, const l2tp_api_session_msg_data& message) {
  const auto tunnel = tunnel_of(message.tunnel_id, message.tunnel_name);
  if (!tunnel) return number(refused("SESSION_CREATE", tunnel.error()));
  const auto parameters = session_parameters(message, false);
  if (!parameters) return number(refused("SESSION_CREATE", parameters.error()));
  const auto id = control.session_create(*tunnel, *parameters);
  return number(id ? *id : refused("SESSION_CREATE", id.error()));
}

Value<int> session_delete(runtime::Control& control, const Caller&, const l2tp_session_delete_1_argument& argument) {
  const auto name = session_name(argument.tunnel_id, argument.tunnel_name, argument.session_id, argument.session_name);
  if (!name) return number(refused("SESSION_DELETE", name.error()));
  const auto reason = reason_text(argument.reason);
  if (!reason) return number(refused("SESSION_DELETE", reason.error()));
  const auto done = control.session_delete(*name, *reason);
  return number(done ? 0 : refused("SESSION_DELETE", done.error()));
}

Value<int> session_modify(runtime::Control& control, const Caller&, const l2tp_api_session_msg_data& message) {
  const auto name = session_name(message.tunnel_id, message.tunnel_name, message.session_id, message.session_name);
  if (!name) return number(refused("SESSION_MODIFY", name.error()));
  const auto parameters = session_parameters(message, true);
  if (!parameters) return number(refused("SESSION_MODIFY", parameters.error()));
  const auto done = control.session_modify(*name, *parameters);
  return number(done ? 0 : refused("SESSION_MODIFY", done.error()));
}

Value<l2tp_api_session_msg_data> session_get(runtime::Control& control, const Caller& caller,
                                             const l2tp_session_get_1_argument& argument) {
  Value<l2tp_api_session_msg_data> failure;
  const auto name = session_name(argument.tunnel_id, argument.tunnel_name, argument.session_id, argument.session_name);
  if (!name) {
    failure->result_code = refused("SESSION_GET", name.error());
    return failure;
  }
  const auto report = control.session_get(*name);
  if (!report) {
    failure->result_code = error_number(report.error());
    return failure;
  }
  return session_message(*report, caller.privileged);
}

Value<l2tp_api_session_list_msg_data> session_list(runtime::Control& control, const Caller&,
                                                   const l2tp_session_list_1_argument& argument) {
  Value<l2tp_api_session_list_msg_data> message;
  const auto tunnel = tunnel_of(argument.tunnel_id, argument.tunnel_name);
  if (!tunnel) {
    message->result = refused("SESSION_LIST", tunnel.error());
    return message;
  }
  const auto ids = control.session_list(*tunnel);
  if (!ids) {
    message->result = error_number(ids.error());
    return message;
  }
  if (ids->empty()) return message;
  message->session_ids.session_ids_val = static_cast<wire_u16*>(std::malloc(ids->size() * sizeof(wire_u16)));
  if (message->session_ids.session_ids_val == nullptr) {
    message->result = -ENOMEM;
    return message;
  }
  std::memcpy(message->session_ids.session_ids_val, ids->data(), ids->size() * sizeof(wire_u16));
  message->session_ids.session_ids_len = static_cast<u_int>(ids->size());
  return message;
}

/// The tunnel for a call that comes in at a LAC: the established one of that tunnel profile with the fewest sessions.
runtime::ControlResult<runtime::TunnelName> tunnel_of_profile(runtime::Control& control, const std::string& profile) {
  if (const auto known = control.profiles().get<runtime::TunnelProfileParameters>(profile); !known) {
    return tl::unexpected(known.error());
  }
  const auto ids = control.tunnel_list();
  if (!ids) return tl::unexpected(ids.error());
  std::uint16_t best = 0;
  std::uint32_t sessions = 0;
  for (const std::uint16_t id : *ids) {
    const auto report = control.tunnel_get({.id = id, .name = std::nullopt});
    if (!report) continue; // gone meanwhile
    if (report->config.tunnel_profile_name != profile || report->state != "ESTABLISHED") continue;
    if (report->mode == runtime::TunnelMode::lns) continue;
    if (best != 0 && report->sessions >= sessions) continue;
    best = id;
    sessions = report->sessions;
    if (sessions == 0) break;
  }
  if (best == 0) {
    return tl::unexpected(runtime::ControlError{runtime::ControlFault::tunnel_not_found,
                                                "no established LAC tunnel of tunnel profile " + profile});
  }
  return runtime::TunnelName{.id = best, .name = std::nullopt};
}

/// A bearer of ours tells of a call that came in: it becomes a LAIC session on the tunnel that is named, else on one of
/// the tunnel profile. The answer is the session's id. `ppp_unit` is the bearer's own affair.
Value<int> session_incall(runtime::Control& control, const Caller&, const l2tp_api_session_incall_msg_data& message) {
  constexpr const char* kName = "SESSION_INCALL_IND";
  const l2tp_api_session_msg_data& session = message.session;
  auto parameters = session_parameters(session, false);
  if (!parameters) return number(refused(kName, parameters.error()));
  if (parameters->session_type.value_or(runtime::SessionType::unspecified) != runtime::SessionType::unspecified &&
      *parameters->session_type != runtime::SessionType::lac_incoming) {
    return number(
        refused(kName, {runtime::ControlFault::session_type_bad, "a call that comes in makes a LAIC session"}));
  }
  parameters->session_type = runtime::SessionType::lac_incoming;
  auto tunnel = tunnel_name(session.tunnel_id, session.tunnel_name);
  if (tunnel && tunnel->id == 0 && !tunnel->name) {
    if (*message.tunnel_profile_name == '\0') {
      return number(refused(kName, {runtime::ControlFault::tunnel_spec_missing, "neither tunnel nor tunnel profile"}));
    }
    tunnel = tunnel_of_profile(control, message.tunnel_profile_name);
  }
  if (!tunnel) return number(refused(kName, tunnel.error()));
  const auto id = control.session_create(*tunnel, *parameters);
  return number(id ? *id : refused(kName, id.error()));
}

constexpr std::array kProcedures = {
    Procedure{L2TP_SESSION_CREATE, "SESSION_CREATE", Access::change, &Typed<&session_create>::run},
    Procedure{L2TP_SESSION_DELETE, "SESSION_DELETE", Access::change, &Typed<&session_delete>::run},
    Procedure{L2TP_SESSION_MODIFY, "SESSION_MODIFY", Access::change, &Typed<&session_modify>::run},
    Procedure{L2TP_SESSION_GET, "SESSION_GET", Access::read, &Typed<&session_get>::run},
    Procedure{L2TP_SESSION_LIST, "SESSION_LIST", Access::read, &Typed<&session_list>::run, Weight::large},
    Procedure{L2TP_SESSION_INCALL_IND, "SESSION_INCALL_IND", Access::change, &Typed<&session_incall>::run,
              Weight::large},
};

} // namespace

std::span<const Procedure> session_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
