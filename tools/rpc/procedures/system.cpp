// APP_INFO_GET, SYSTEM_MODIFY, SYSTEM_GET.
#include <array>

#include "tools/rpc/convert.hpp"
#include "tools/rpc/procedure.hpp"

namespace openl2tp::rpc {

namespace {

Value<Nothing> null(runtime::Control&, const Caller&, const Nothing&) { return {}; }

Value<l2tp_api_app_msg_data> app_info_get(runtime::Control&, const Caller&, const Nothing&) {
  Value<l2tp_api_app_msg_data> message;
  message->build_date = copy_string(__DATE__);
  message->build_time = copy_string(__TIME__);
  message->major = L2TP_APP_MAJOR_VERSION;
  message->minor = L2TP_APP_MINOR_VERSION;
  message->cookie = L2TP_APP_COOKIE;
  message->features =
      L2TP_API_APP_FEATURE_LOCAL_CONF_FILE | L2TP_API_APP_FEATURE_LOCAL_STAT_FILE | L2TP_API_APP_FEATURE_LAC_SUPPORT |
      L2TP_API_APP_FEATURE_LNS_SUPPORT | L2TP_API_APP_FEATURE_RPC_MANAGEMENT | L2TP_API_APP_FEATURE_LAIC_SUPPORT |
      L2TP_API_APP_FEATURE_LAOC_SUPPORT | L2TP_API_APP_FEATURE_LNIC_SUPPORT | L2TP_API_APP_FEATURE_LNOC_SUPPORT;
  return message;
}

Value<int> system_modify(runtime::Control& control, const Caller&, const l2tp_api_system_msg_data& message) {
  Value<int> result;
  auto change = system_change(message.config);
  if (!change) {
    *result = refused("SYSTEM_MODIFY", change.error());
    return result;
  }
  const auto done = control.system_modify(*change);
  *result = done ? 0 : refused("SYSTEM_MODIFY", done.error());
  return result;
}

Value<l2tp_api_system_msg_data> system_get(runtime::Control& control, const Caller&, const Nothing&) {
  const auto report = control.system_get();
  // The message has no place for an error: an all-zero one is what remains.
  if (!report) {
    (void)refused("SYSTEM_GET", report.error());
    return {};
  }
  return system_message(*report);
}

constexpr std::array kProcedures = {
    Procedure{0, "NULL", Access::read, &Typed<&null>::run},
    Procedure{L2TP_APP_INFO_GET, "APP_INFO_GET", Access::read, &Typed<&app_info_get>::run},
    Procedure{L2TP_SYSTEM_MODIFY, "SYSTEM_MODIFY", Access::change, &Typed<&system_modify>::run},
    Procedure{L2TP_SYSTEM_GET, "SYSTEM_GET", Access::read, &Typed<&system_get>::run},
};

} // namespace

std::span<const Procedure> system_procedures() noexcept { return kProcedures; }

} // namespace openl2tp::rpc
