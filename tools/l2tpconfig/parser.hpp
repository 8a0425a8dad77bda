// Words to a command and its arguments: abbreviations of keywords and parameter names, typed values.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

#include "tools/l2tpconfig/command_table.hpp"

namespace openl2tp::cli {

/// The arguments given to a command, by the full names of their parameters.
class Arguments {
 public:
  void add(const Parameter& parameter, ArgumentValue value) { given_.push_back({&parameter, std::move(value)}); }

  /// The value of a parameter; nullptr when it was not given. The last one counts when it was given twice.
  [[nodiscard]] const ArgumentValue* find(std::string_view name) const noexcept;
  [[nodiscard]] bool has(std::string_view name) const noexcept { return find(name) != nullptr; }

  struct Given {
    const Parameter* parameter;
    ArgumentValue value;
  };
  [[nodiscard]] std::span<const Given> all() const noexcept { return given_; }

 private:
  std::vector<Given> given_;
};

struct ParsedCommand {
  const Command* command = nullptr;
  Arguments arguments;
};

/// Why words are no command, as it is printed.
struct ParseError {
  std::string on_output;                    ///< lines for standard output, without the last newline
  std::string on_error;                     ///< a line for standard error; may be empty
  std::vector<std::string> understood = {}; ///< the words in front that are keywords
  bool incomplete = false;                  ///< more keywords were wanted
  std::string unresolved = {};              ///< the host name, where only that has no address for now
};

/// Understands `words`. `resolver` is asked for the addresses of host names, and may block.
[[nodiscard]] tl::expected<ParsedCommand, ParseError> parse_command(std::span<const std::string> words,
                                                                    std::span<const Command> table,
                                                                    const Resolver& resolver = resolve_host);

/// "Error at or near 'word'".
[[nodiscard]] std::string error_near(std::string_view word);

} // namespace openl2tp::cli
