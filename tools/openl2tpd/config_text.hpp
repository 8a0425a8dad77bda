// The text of a configuration file: where commands begin and end, and their words. What the words mean is the command
// language of l2tpconfig (config_reader.hpp).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace openl2tp::daemon {

/// One command of the file.
struct FileCommand {
  unsigned line = 0; // of its first word, from 1
  std::vector<std::string> words;
};

/// One thing that is wrong with a file.
struct FileFault {
  unsigned line = 0;   // 0: of the file as a whole
  std::string command; // its keywords; empty when there are none
  std::string what;    // never shows a secret's value
};

struct FileText {
  std::vector<FileCommand> commands;
  std::vector<FileFault> faults; // at most one a command
};

inline constexpr std::size_t config_octets_max = std::size_t{64} << 20;
inline constexpr std::size_t config_command_octets_max = 65536;

/// Takes a file apart. A command ends at the end of its line or at a semicolon; a backslash at the end of the line
/// (blanks may follow it) continues it on the next. # begins a comment where a word may begin; a line of comment alone
/// inside a continued command is passed over, an empty one ends it. Quotes are those of l2tpconfig; they hide what is
/// special and do not reach beyond their line.
[[nodiscard]] FileText read_commands(std::string_view text);

} // namespace openl2tp::daemon
