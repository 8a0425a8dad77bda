// The command language as one table: every command with its words, parameters, help and access need. Parsing, help,
// completion and documentation read it; each noun's file in commands/ holds its rows beside their handlers.
#pragma once

#include <array>
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
  std::string_view noun = {};    ///< what complaints call it, where that is not the name
  ValueBounds bounds = {};
  bool value_ignored = false; ///< of Type::flag: "name=anything" is taken, too
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

/// The keywords of a command: one to three.
class CommandWords {
 public:
  static constexpr std::size_t kMax = 3;
  constexpr CommandWords(std::string_view first, std::string_view second = {}, std::string_view third = {}) noexcept
      : words_{first, second, third}, count_(third.empty() ? (second.empty() ? 1U : 2U) : 3U) {}

  [[nodiscard]] constexpr std::size_t size() const noexcept { return count_; }
  [[nodiscard]] constexpr std::string_view operator[](std::size_t i) const noexcept { return words_[i]; }
  [[nodiscard]] constexpr std::string_view back() const noexcept { return words_[count_ - 1]; }
  [[nodiscard]] constexpr const std::string_view* begin() const noexcept { return words_.data(); }
  [[nodiscard]] constexpr const std::string_view* end() const noexcept { return words_.data() + count_; }

 private:
  std::array<std::string_view, kMax> words_;
  std::size_t count_;
};

/// Runs a command; prints results on Context::out, confirmations and complaints on Context::err.
using Handler = Status (*)(Context& context, const Arguments& arguments);

struct Command {
  CommandWords words; ///< "tunnel", "profile", "create"
  Access access;
  std::string_view help;
  std::span<const Parameter> parameters;
  Handler run;
};

/// All commands, in the order in which help lists them.
[[nodiscard]] std::span<const Command> command_table();

/// "tunnel profile create".
[[nodiscard]] std::string name_of(const Command& command);

} // namespace openl2tp::cli
