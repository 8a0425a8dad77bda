// Lines from a person: prompt, editing, history, completion, help. libedit does the editing.
#pragma once

#include "tools/l2tpconfig/commands.hpp"

namespace openl2tp::cli {

/// Reads and runs commands until exit, quit or the end of input. @return the status of the last command that failed, or
/// done.
[[nodiscard]] Status run_interactive(Context& context);

/// The same without a terminal: lines from standard input, no prompt, no history.
[[nodiscard]] Status run_lines(Context& context);

/// From here on Ctrl-C stops the running command (see is_stopped) instead of the program.
void catch_interrupts(Context& context);

} // namespace openl2tp::cli
