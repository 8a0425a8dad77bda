// system modify and system show.
#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

using System = l2tp_api_system_msg_data;

Status modify(Context& context, const Arguments& arguments) {
  rpc::Value<System> message;
  apply(system_fields(), arguments, message->config);
  if (arguments.has("reset_statistics")) message->config.flags |= L2TP_API_CONFIG_FLAG_RESET_STATISTICS;
  return conclude(context, context.stub.call<int>(L2TP_SYSTEM_MODIFY, *message), "modify", "Modified system config");
}

Status show(Context& context, std::string (*text)(const System&), Json (*json)(const System&)) {
  const auto message = context.stub.call<System>(L2TP_SYSTEM_GET, rpc::Nothing{});
  if (!message) return unanswered(context, message.error());
  if (context.json) {
    print_json(context, json(**message));
  } else {
    context.out << text(**message);
  }
  return Status::done;
}

Status show_configuration(Context& context, const Arguments&) {
  return show(
      context, [](const System& s) { return system_configuration_text(s.config); },
      [](const System& s) {
        Json object = {{"udp_port", s.config.udp_port}};
        object["config"] = parameters_json(system_fields(), s.config, false);
        object["supplied"] = supplied_json(system_fields(), s.config);
        return object;
      });
}

Status show_status(Context& context, const Arguments&) {
  return show(
      context, [](const System& s) { return system_status_text(s.status); },
      [](const System& s) -> Json { return {{"tunnels", s.status.num_tunnels}, {"sessions", s.status.num_sessions}}; });
}

Status show_statistics(Context& context, const Arguments&) {
  return show(
      context, [](const System& s) { return system_statistics_text(s.status.stats); },
      [](const System& s) { return system_statistics_json(s.status.stats); });
}

Status show_version(Context& context, const Arguments&) {
  const auto message = context.stub.call<l2tp_api_app_msg_data>(L2TP_APP_INFO_GET, rpc::Nothing{});
  if (!message) return unanswered(context, message.error());
  const l2tp_api_app_msg_data& app = **message;
  if (context.json) {
    print_json(context, {{"major", app.major},
                         {"minor", app.minor},
                         {"build_date", app.build_date},
                         {"build_time", app.build_time},
                         {"features", app.features}});
  } else {
    context.out << system_version_text(app);
  }
  return Status::done;
}

} // namespace

std::span<const Command> system_commands() {
  static const auto parameters = [] {
    auto all = parameters_of(system_fields(), Use::create);
    all.push_back(
        {.name = "reset_statistics", .type = Type::flag, .help = "Set all counters to 0", .value_ignored = true});
    return all;
  }();
  static const std::array rows = {
      Command{{"system", "modify"}, Access::change, "Change parameters of the daemon", parameters, &modify},
      Command{
          {"system", "show", "configuration"}, Access::read, "Show parameters of the daemon", {}, &show_configuration},
      Command{{"system", "show", "status"}, Access::read, "Show how much is running", {}, &show_status},
      Command{{"system", "show", "statistics"}, Access::read, "Show counters", {}, &show_statistics},
      Command{{"system", "show", "version"}, Access::read, "Show versions", {}, &show_version},
  };
  return rows;
}

} // namespace openl2tp::cli
