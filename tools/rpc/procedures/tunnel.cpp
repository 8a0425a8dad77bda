// TUNNEL_CREATE, TUNNEL_DELETE, TUNNEL_MODIFY, TUNNEL_GET, TUNNEL_LIST.
#include <array>
#include <cerrno>
#include <cstdlib>

#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {
namespace {

Value<int> number(int value) {
  Value<int> result;
  *result = value;
  return result;
}

Value<int> tunnel_create(runtime::Control& control, const Caller&, const l2tp_api_tunnel_msg_data& message) {
  const auto parameters = tunnel_parameters(message, false);
  if (!parameters) return number(refused("TUNNEL_CREATE", parameters.error()));
  const auto id = control.tunnel_create(*parameters);
  return number(id ? *id : refused("TUNNEL_CREATE", id.error()));
}

Value<int> tunnel_delete(runtime::Control& control, const Caller&, const l2tp_tunnel_delete_1_argument& argument) {
  const auto name = tunnel_name(argument.tunnel_id, argument.tunnel_name);
  if (!name) return number(refused("TUNNEL_DELETE", name.error()));
  const auto reason = reason_text(argument.reason);
  if (!reason) return number(refused("TUNNEL_DELETE", reason.error()));
  const auto done = control.tunnel_delete(*name, *reason);
  return number(done ? 0 : refused("TUNNEL_DELETE", done.error()));
}

Value<int> tunnel_modify(runtime::Control& control, const Caller&, const l2tp_api_tunnel_msg_data& message) {
  const auto name = tunnel_name(message.tunnel_id, message.tunnel_name);
  if (!name) return number(refused("TUNNEL_MODIFY", name.error()));
  const auto parameters = tunnel_parameters(message, true);
  if (!parameters) return number(refused("TUNNEL_MODIFY", parameters.error()));
  const auto done = control.tunnel_modify(*name, *parameters);
  return number(done ? 0 : refused("TUNNEL_MODIFY", done.error()));
}

Value<l2tp_api_tunnel_msg_data> tunnel_get(runtime::Control& control, const Caller& caller,
                                           const l2tp_tunnel_get_1_argument& argument) {
  const auto name = tunnel_name(argument.tunnel_id, argument.tunnel_name);
  Value<l2tp_api_tunnel_msg_data> failure;
  if (!name) {
    failure->result_code = refused("TUNNEL_GET", name.error());
    return failure;
  }
  const auto report = control.tunnel_get(*name);
  if (!report) {
    failure->result_code = error_number(report.error());
    // Neither id nor name answers "not found" on the wire, unlike the other procedures.
    if (report.error().fault == runtime::ControlFault::tunnel_spec_missing) {
      failure->result_code = -L2TP_ERR_TUNNEL_NOT_FOUND;
    }
    return failure;
  }
  return tunnel_message(*report, caller.privileged);
}

Value<l2tp_api_tunnel_list_msg_data> tunnel_list(runtime::Control& control, const Caller&, const Nothing&) {
  Value<l2tp_api_tunnel_list_msg_data> message;
  const auto ids = control.tunnel_list();
  if (!ids) {
    message->result = refused("TUNNEL_LIST", ids.error());
    return message;
  }
  if (ids->empty()) return message;
  message->tunnel_ids.tunnel_ids_val = static_cast<wire_u16*>(std::malloc(ids->size() * sizeof(wire_u16)));
  if (message->tunnel_ids.tunnel_ids_val == nullptr) {
    message->result = -ENOMEM;
    return message;
  }
  std::memcpy(message->tunnel_ids.tunnel_ids_val, ids->data(), ids->size() * sizeof(wire_u16));
  message->tunnel_ids.tunnel_ids_len = static_cast<u_int>(ids->size());
  return message;
}

constexpr std::array kProcedures = {
    Procedure{L2TP_TUNNEL_CREATE, "TUNNEL_CREATE", Access::change, &Typed<&tunnel_create>::run},
    Procedure{L2TP_TUNNEL_DELETE, "TUNNEL_DELETE", Access::change, &Typed<&tunnel_delete>::run},
    Procedure{L2TP_TUNNEL_MODIFY, "TUNNEL_MODIFY", Access::change, &Typed<&tunnel_modify>::run},
    Procedure{L2TP_TUNNEL_GET, "TUNNEL_GET", Access::read, &Typed<&tunnel_get>::run},
    Procedure{L2TP_TUNNEL_LIST, "TUNNEL_LIST", Access::read, &Typed<&tunnel_list>::run, Weight::large},
};

} // namespace

std::span<const Procedure> tunnel_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
