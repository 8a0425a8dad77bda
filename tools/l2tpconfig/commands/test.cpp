// test modify, test log and test show: fault injection, for daemons started with the test option.
#include "tools/l2tpconfig/json.hpp"
#include "tools/l2tpconfig/output.hpp"

namespace openl2tp::cli {
namespace {

using Test = l2tp_api_test_msg_data;

/// Bare words, which only set a bit.
struct Switch {
  Parameter parameter;
  std::uint32_t flag;
};
constexpr std::array kSwitches = {
    Switch{{"clear_trigger", Type::flag, "Arm the trigger again"}, L2TP_API_TEST_FLAG_CLEAR_FAKE_TRIGGER},
    Switch{{"reset_ids", Type::flag, "Start the sequence of ids again"}, L2TP_API_TEST_FLAG_RESET_IDS},
    Switch{{"default_config", Type::flag, "Reset all profiles"}, L2TP_API_TEST_FLAG_DEFAULT_CONFIG},
    Switch{{"do_transport_test", Type::flag, "Test the transport"}, L2TP_API_TEST_FLAG_DO_TRANSPORT_TEST},
};

Status modify(Context& context, const Arguments& arguments) {
  rpc::Value<Test> message;
  apply(test_fields(), arguments, *message);
  for (const Switch& row : kSwitches) {
    if (arguments.has(row.parameter.name)) message->flags |= row.flag;
  }
  return conclude(context, context.stub.call<int>(L2TP_TEST_MODIFY, *message), "modify", "Modified test config");
}

Status log(Context& context, const Arguments& arguments) {
  const ArgumentValue* text = arguments.find("message");
  if (text == nullptr) {
    context.err << "Required message argument missing\n";
    return Status::usage;
  }
  rpc::Value<wire_string> argument;
  *argument = rpc::copy_string(text->text);
  return conclude(context, context.stub.call<int>(L2TP_TEST_LOG, *argument), "log", "");
}

Status show(Context& context, const Arguments&) {
  const auto found = context.stub.call<Test>(L2TP_TEST_GET, rpc::Nothing{});
  if (!found) return unanswered(context, found.error());
  if (context.json) {
    Json object = parameters_json(test_fields(), **found, false);
    const Test& test = **found;
    object["fake_trigger_fired"] = test.fake_trigger_fired != 0;
    object["rx_drops"] = test.num_rx_drops;
    object["tx_drops"] = test.num_tx_drops;
    const auto lookups = [](int hits, int misses) { return Json{{"hits", hits}, {"misses", misses}}; };
    object["lookups"] = {
        {"tunnel_id", lookups(test.num_tunnel_id_hash_hits, test.num_tunnel_id_hash_misses)},
        {"tunnel_name", lookups(test.num_tunnel_name_hash_hits, test.num_tunnel_name_hash_misses)},
        {"session_id", lookups(test.num_session_id_hash_hits, test.num_session_id_hash_misses)},
    };
    print_json(context, object);
  } else {
    context.out << test_text(**found);
  }
  return Status::done;
}

} // namespace

std::span<const Command> test_commands() {
  static constexpr std::array logged = {Parameter{"message", Type::text, "Text for the log"}};
  static const auto modified = [] {
    auto all = parameters_of(test_fields(), Use::create);
    for (const Switch& row : kSwitches)
      all.push_back(row.parameter);
    return all;
  }();
  static const std::array rows = {
      Command{{"test", "modify"}, Access::change, "Change fault injection", modified, &modify},
      Command{{"test", "log"}, Access::change, "Write to the log", logged, &log},
      Command{{"test", "show"}, Access::read, "Show fault injection", {}, &show},
  };
  return rows;
}

} // namespace openl2tp::cli
