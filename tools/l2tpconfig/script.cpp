// Lines to commands, commands to their handlers.
#include "tools/l2tpconfig/script.hpp"

#include <fmt/format.h>

#include "tools/l2tpconfig/tokeniser.hpp"

namespace openl2tp::cli {
namespace {

/// Takes a script apart, one command a call.
class Reader {
 public:
  Reader(std::string_view text, Dialect dialect) : rest_(text), end_(text.data() + text.size()), dialect_(dialect) {
    constexpr std::string_view byte_order_mark = "\xef\xbb\xbf"; // of editors on other systems
    if (rest_.starts_with(byte_order_mark)) rest_.remove_prefix(byte_order_mark.size());
  }

  /// The next command that is not empty. @return false at the end.
  bool next() {
    command_.clear();
    while (!rest_.empty()) {
      const std::string_view line = take_line();
      if (command_.empty()) first_line_ = line_;
      if (add(line)) return true;
    }
    return !command_.empty();
  }

  [[nodiscard]] const std::string& command() const noexcept { return command_; }
  [[nodiscard]] std::size_t line() const noexcept { return first_line_; }
  [[nodiscard]] bool is_too_long() const noexcept { return command_.size() > kScriptCommandMax; }

 private:
  std::string_view take_line() {
    const std::size_t end = rest_.find('\n');
    std::string_view line = rest_.substr(0, end);
    rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
    ++line_;
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
  }

  /// Adds a line to the command. @return true when the command is complete and not empty.
  bool add(std::string_view line) {
    const std::size_t last = line.find_last_not_of(" \t");
    // A comment amid a continued command is left out; the command goes on.
    const std::size_t first = line.find_first_not_of(" \t");
    if (first != std::string_view::npos && line[first] == '#') return false;
    const bool continued = last != std::string_view::npos && line[last] == '\\';
    std::string_view part = line.substr(0, continued ? last : line.size());
    if (dialect_ == Dialect::configuration) part = until_end_of_command(part, continued);
    if (command_.size() <= kScriptCommandMax) {
      if (!command_.empty()) command_ += ' ';
      command_ += part;
    }
    if (continued && !pushed_back_) return false;
    pushed_back_ = false;
    if (command_.find_first_not_of(" \t") != std::string::npos) return true;
    command_.clear();
    return false;
  }

  /// Cuts at ; and # outside quotes. What follows a ; is read again as a line of its own.
  std::string_view until_end_of_command(std::string_view part, bool continued) {
    char quote = '\0';
    bool escapes = false; // inside $'...'
    for (std::size_t i = 0; i < part.size(); ++i) {
      const char c = part[i];
      if (quote != '\0') {
        if (escapes && c == '\\') {
          ++i;
        } else if (c == quote) {
          quote = '\0';
        }
      } else if (c == '"' || c == '\'') {
        quote = c;
        escapes = c == '\'' && i > 0 && part[i - 1] == '$';
      } else if (c == '#' && (i == 0 || part[i - 1] == ' ' || part[i - 1] == '\t')) {
        return part.substr(0, i);
      } else if (c == ';') {
        // All parts view one text, so the rest begins behind the semicolon, the continuation mark included.
        const char* const behind = part.data() + i + 1;
        rest_ = std::string_view(behind, static_cast<std::size_t>(end_ - behind));
        --line_; // the same line once more
        pushed_back_ = continued;
        return part.substr(0, i);
      }
    }
    return part;
  }

  std::string_view rest_;
  const char* end_;
  Dialect dialect_;
  std::string command_;
  std::size_t line_ = 0, first_line_ = 0;
  bool pushed_back_ = false;
};

/// Names file, line and command, as the last word about a script.
Status abort_script(Context& context, std::string_view name, const Reader& reader, Status status) {
  constexpr std::size_t shown = 200; // octets of the command that help to find it
  const std::string& command = reader.command();
  context.err << fmt::format("{}:{}: {}{}\nAborting.\n", printable(name), reader.line(),
                             printable(command.substr(0, shown)), command.size() > shown ? " ..." : "");
  return status;
}

/// Runs or checks the command that the reader holds.
Status take_command(Context& context, const Reader& reader, bool run) {
  if (reader.is_too_long()) {
    context.err << "Command longer than " << kScriptCommandMax << " octets\n";
    return Status::usage;
  }
  const auto words = tokenise(reader.command());
  if (!words) {
    context.out << token_error_text(words.error()) << '\n';
    return Status::usage;
  }
  if (run) return run_command(context, *words);
  const auto parsed = parse_command(*words, command_table());
  if (parsed) return Status::done;
  if (!parsed.error().on_error.empty()) context.err << parsed.error().on_error << '\n';
  context.out << parsed.error().on_output << '\n';
  return Status::usage;
}

/// @param commands  how many there are, when that is known; counted.
Status walk(Context& context, std::string_view text, std::string_view name, Dialect dialect, bool run,
            std::size_t& commands) {
  const std::size_t total = commands;
  commands = 0;
  Reader reader(text, dialect);
  while (reader.next()) {
    ++commands;
    if (run) tell_progress(context, commands, total);
    const Status status = take_command(context, reader, run);
    if (status != Status::done) return abort_script(context, name, reader, status);
    if (run && is_stopped(context)) {
      context.err << "Stopped.\n";
      return abort_script(context, name, reader, Status::failed);
    }
  }
  return Status::done;
}

bool is_too_large(Context& context, std::string_view text, std::string_view name) {
  if (text.size() <= kScriptMax) return false;
  context.err << fmt::format("{}: {} octets, expected at most {}\n", printable(name), text.size(), kScriptMax);
  return true;
}

} // namespace

Status check_script(Context& context, std::string_view text, std::string_view name, Dialect dialect) {
  if (is_too_large(context, text, name)) return Status::failed;
  std::size_t commands = 0;
  return walk(context, text, name, dialect, false, commands);
}

Status run_script(Context& context, std::string_view text, std::string_view name, Dialect dialect) {
  if (context.restoring) {
    context.err << printable(name) << ": a file of commands cannot run another\n";
    return Status::failed;
  }
  if (is_too_large(context, text, name)) return Status::failed;
  std::size_t commands = 0;
  Status status = walk(context, text, name, dialect, false, commands);
  if (status != Status::done) return status;
  context.restoring = true;
  status = walk(context, text, name, dialect, true, commands);
  context.restoring = false;
  return status;
}

} // namespace openl2tp::cli
