// exit, quit and help.
#include "tools/l2tpconfig/commands.hpp"

namespace openl2tp::cli {
namespace {

// Interactive mode sees these two words before they come here; elsewhere there is nothing to leave.
Status leave(Context&, const Arguments&) { return Status::done; }

Status help(Context& context, const Arguments&) {
  context.out << "The help command is deprecated. Please see the l2tpconfig man page for help.\n";
  return Status::done;
}

} // namespace

std::span<const Command> general_commands() {
  static constexpr std::array rows = {
      Command{{"exit"}, Access::local, "Leave", {}, &leave},
      Command{{"quit"}, Access::local, "Leave", {}, &leave},
      Command{{"help"}, Access::local, "Say where help is", {}, &help},
  };
  return rows;
}

} // namespace openl2tp::cli
