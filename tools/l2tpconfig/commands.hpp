// Running command lines. This is the entry point for programs other than l2tpconfig, too: give a Context a stub and two
// streams, then call run_line() for a line, run_command() for words, or run_script() (script.hpp) for a file of
// commands. Nothing here keeps state between calls, exits, or touches standard streams. The rows and handlers are in
// commands/, one file a noun.
#pragma once

#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "tools/l2tpconfig/command_table.hpp"
#include "tools/l2tpconfig/parser.hpp"
#include "tools/rpc/stub.hpp"

namespace openl2tp::cli {

/// What a command may use. One command at a time; the references outlive the context.
struct Context {
  rpc::Stub& stub;      ///< how the daemon is asked; l2tpconfig's connects when it is first used
  std::string host;     ///< as the user named it
  std::ostream& out;    ///< results and "Error at or near" lines
  std::ostream& err;    ///< confirmations and complaints
  bool quiet = false;   ///< no confirmations
  bool json = false;    ///< show and list print JSON
  bool secrets = false; ///< secrets are printed, where the daemon tells them
  /// A script runs: create of what exists becomes modify, and scripts run no scripts.
  bool restoring = false;
  bool out_is_terminal = false; ///< lists are their own progress there
  /// Says how far a long command is; not set: nobody wants to know. `total` 0: unknown.
  std::function<void(std::size_t done, std::size_t total)> progress = {};
  /// Asks whether to stop early (Ctrl-C, a closed pipe); not set: never.
  std::function<bool()> stopped = {};
  /// Makes `stub` talk to another host; not set: there is only one.
  std::function<void(const std::string& host)> connect_to = {};
};

/// Understands and runs one command; prints what is to be printed.
[[nodiscard]] Status run_command(Context& context, std::span<const std::string> words);
/// The same for a line as a person types it. Comments and empty lines are done.
[[nodiscard]] Status run_line(Context& context, std::string_view line);

/// What is to be told about values that are not those typed, a line each; run_command() prints it.
[[nodiscard]] std::vector<std::string> notes_of(const Arguments& arguments);

/// Prints a confirmation such as "Created tunnel 5" unless quiet.
void confirm(Context& context, std::string_view text);
/// Prints `complaint` and names the word of the command line that it is about; returns `status`.
[[nodiscard]] Status complain(Context& context, std::string_view word, std::string_view complaint, Status status);
/// As `complain`, for an error number of the daemon, with the words that it has for its last refusal. So nothing else
/// is asked of the daemon in between.
[[nodiscard]] Status refused(Context& context, std::string_view verb, int code);
/// As `complain`, when no answer came.
[[nodiscard]] Status unanswered(Context& context, const std::string& reason);
/// What most changes end with: complains when there is no answer or a negative one, else confirms.
[[nodiscard]] Status conclude(Context& context, const tl::expected<rpc::Value<int>, std::string>& result,
                              std::string_view verb, std::string_view confirmation);

[[nodiscard]] inline bool is_stopped(const Context& context) {
  return !context.out || (context.stopped && context.stopped());
}
/// For commands that print nothing on the way.
inline void tell_progress(const Context& context, std::size_t done, std::size_t total) {
  if (context.progress) context.progress(done, total);
}

/// For lists.
inline void tell_list_progress(const Context& context, std::size_t done, std::size_t total) {
  if (!context.out_is_terminal) tell_progress(context, done, total);
}

/// Text that came from a peer, safe for a terminal: control characters become \xNN.
[[nodiscard]] std::string printable(std::string_view text);

// The rows of the table, by noun.
[[nodiscard]] std::span<const Command> general_commands();
[[nodiscard]] std::span<const Command> server_commands();
[[nodiscard]] std::span<const Command> system_commands();
[[nodiscard]] std::span<const Command> tunnel_commands();
[[nodiscard]] std::span<const Command> session_commands();
[[nodiscard]] std::span<const Command> tunnel_profile_commands();
[[nodiscard]] std::span<const Command> session_profile_commands();
[[nodiscard]] std::span<const Command> ppp_profile_commands();
[[nodiscard]] std::span<const Command> peer_profile_commands();
[[nodiscard]] std::span<const Command> peer_commands();
[[nodiscard]] std::span<const Command> user_commands();
[[nodiscard]] std::span<const Command> config_commands();
[[nodiscard]] std::span<const Command> debug_commands();
[[nodiscard]] std::span<const Command> test_commands();
[[nodiscard]] std::span<const Command> monitor_commands();

} // namespace openl2tp::cli
