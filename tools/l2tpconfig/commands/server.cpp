// server, help, exit and quit.
#include "tools/l2tpconfig/commands.hpp"

namespace openl2tp::cli {

Status exit_command(Context&, const Arguments&) { return Status::done; }

Status help_command(Context& context, const Arguments&) {
  context.out << "The help command is deprecated. Please see the l2tpconfig man page for help.\n";
  return Status::done;
}

Status server_show(Context& context, const Arguments&) {
  const auto answer = context.stub.call<rpc::Nothing>(0, rpc::Nothing{});
  if (!answer) return unanswered(context, answer.error());
  context.out << "Connected to server: " << context.host << '\n';
  return Status::done;
}

// Without a session of several commands there is nothing that another server could be for.
Status server_modify(Context& context, const Arguments& arguments) {
  if (arguments.has("name")) return Status::done;
  context.err << "Required name argument is missing.\n";
  return Status::usage;
}

} // namespace openl2tp::cli
