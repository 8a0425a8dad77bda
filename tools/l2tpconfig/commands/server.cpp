// server show and server modify: which daemon is managed.
#include "tools/l2tpconfig/json.hpp"

namespace openl2tp::cli {
namespace {

constexpr std::array kModify = {Parameter{"name", Type::text, "Host to manage"}};

Status show(Context& context, const Arguments&) {
  const auto answer = context.stub.call<rpc::Nothing>(0, rpc::Nothing{});
  if (!answer) return unanswered(context, answer.error());
  if (context.json) {
    print_json(context, {{"server", context.host}});
  } else {
    context.out << "Connected to server: " << printable(context.host) << '\n';
  }
  return Status::done;
}

// Only interactive mode has later commands that another server could be for.
Status modify(Context& context, const Arguments& arguments) {
  const ArgumentValue* name = arguments.find("name");
  if (name == nullptr || name->text.empty()) {
    context.err << "Required name argument is missing.\n";
    return Status::usage;
  }
  if (!context.connect_to) return Status::done;
  context.host = name->text;
  context.connect_to(name->text);
  return Status::done;
}

} // namespace

std::span<const Command> server_commands() {
  static constexpr std::array rows = {
      Command{{"server", "show"}, Access::read, "Show which daemon is managed", {}, &show},
      Command{{"server", "modify"}, Access::local, "Manage another daemon", kModify, &modify},
  };
  return rows;
}

} // namespace openl2tp::cli
