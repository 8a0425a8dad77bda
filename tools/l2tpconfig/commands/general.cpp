// exit, quit and help.
#include <fmt/format.h>

#include "tools/l2tpconfig/commands.hpp"

namespace openl2tp::cli {
namespace {

// Interactive mode sees these two words before they come here; elsewhere there is nothing to leave.
Status leave(Context&, const Arguments&) { return Status::done; }

/// Lines of commands, those of one noun together.
Status help(Context& context, const Arguments&) {
  context.out << "Commands; words and names of parameters may be abbreviated:\n";
  for (const Command& command : command_table())
    context.out << fmt::format("  {:<28}{}\n", name_of(command), command.help);
  context.out << "At the prompt ? shows what may follow and TAB completes it. Every parameter is in l2tpconfig(1).\n";
  return Status::done;
}

} // namespace

std::span<const Command> general_commands() {
  static constexpr std::array rows = {
      Command{{"exit"}, Access::local, "Leave", {}, &leave},
      Command{{"quit"}, Access::local, "Leave", {}, &leave},
      Command{{"help"}, Access::local, "List the commands", {}, &help},
  };
  return rows;
}

} // namespace openl2tp::cli
