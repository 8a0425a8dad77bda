// Files of commands: saved configurations and openl2tpd.conf. A backslash at the end of a line continues the command on
// the next; an empty line ends it; lines that begin with # are comments. All commands are understood before the first
// is run, so that a mistyped file changes nothing.
#pragma once

#include <string>
#include <string_view>

#include "tools/l2tpconfig/commands.hpp"

namespace openl2tp::cli {

enum class Dialect : std::uint8_t {
  saved,         ///< what config save writes and OpenL2TP's l2tpconfig wrote
  configuration, ///< openl2tpd.conf: also ; ends a command, and # begins a comment anywhere outside quotes
};

/// The largest script; larger ones are refused.
inline constexpr std::size_t kScriptMax = 256U << 20;
/// The longest command, continuation lines joined.
inline constexpr std::size_t kScriptCommandMax = 64U << 10;

/// Understands all of `text`, then runs its commands with Context::restoring set. Stops at the first that fails: prints
/// its complaint and "NAME:LINE: COMMAND" on Context::err. @param name  the file's name, for messages. Scripts may not
/// run scripts.
[[nodiscard]] Status run_script(Context& context, std::string_view text, std::string_view name, Dialect dialect);

/// Understands all of `text` and runs nothing. Complains as run_script does.
[[nodiscard]] Status check_script(Context& context, std::string_view text, std::string_view name, Dialect dialect);

} // namespace openl2tp::cli
