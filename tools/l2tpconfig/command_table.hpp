// The command language as one table: every command with its words, parameters, help and access need. Parsing, help,
// completion and documentation read it; adding a command is adding a row.
#pragma once

#include <span>
#include <string_view>

#include "tools/l2tpconfig/values.hpp"

namespace openl2tp::cli {

class Arguments;
struct Context;

struct Parameter {
  std::string_view name;
  Type type;
  std::string_view help;
  std::string_view choices = {}; ///< for Type::choice: words separated by |
};

enum class Access : std::uint8_t {
  local,  ///< asks no daemon
  read,   ///< reads the daemon's state
  change, ///< changes it: root only
};

/// The outcome of a command, which is also the exit status.
enum class Status : std::uint8_t {
  done = 0,
  failed = 1, ///< the daemon refused, or could not be asked
  usage = 2,  ///< the command was not understood
};

/// Runs a command; prints results on Context::out, confirmations and complaints on Context::err.
using Handler = Status (*)(Context& context, const Arguments& arguments);

struct Command {
  std::span<const std::string_view> words; ///< "tunnel", "profile", "create"
  Access access;
  std::string_view help;
  std::span<const Parameter> parameters;
  Handler run; ///< nullptr: a command of the language whose function this version lacks
};

/// All commands, in the order in which help lists them.
[[nodiscard]] std::span<const Command> command_table() noexcept;

} // namespace openl2tp::cli
