// The handlers of the command table, one file a noun in commands/, and what they share.
#pragma once

#include <functional>
#include <ostream>
#include <span>
#include <string>

#include "tools/l2tpconfig/command_table.hpp"
#include "tools/l2tpconfig/parser.hpp"
#include "tools/rpc/stub.hpp"

namespace openl2tp::cli {

/// What a command may use. One command at a time.
struct Context {
  rpc::Stub& stub;    ///< connects when it is first used
  std::string host;   ///< as the user named it
  std::ostream& out;  ///< results and "Error at or near" lines
  std::ostream& err;  ///< confirmations and complaints
  bool quiet = false; ///< no confirmations
};

/// Understands and runs one command line; prints what is to be printed.
[[nodiscard]] Status run_command(Context& context, std::span<const std::string> words);

/// Prints a confirmation such as "Created tunnel 5" unless quiet.
void confirm(Context& context, std::string_view text);
/// Prints `complaint` and names the word of the command line that it is about; returns `status`.
[[nodiscard]] Status complain(Context& context, std::string_view word, std::string_view complaint, Status status);
/// As `complain`, for an error number of the daemon.
[[nodiscard]] Status refused(Context& context, std::string_view verb, int code);
/// As `complain`, when no answer came.
[[nodiscard]] Status unanswered(Context& context, const std::string& reason);

/// Text that came from a peer, safe for a terminal: control characters become \xNN.
[[nodiscard]] std::string printable(std::string_view text);

Status exit_command(Context&, const Arguments&);
Status help_command(Context&, const Arguments&);
Status server_show(Context&, const Arguments&);
Status server_modify(Context&, const Arguments&);
Status system_modify(Context&, const Arguments&);
Status system_show_configuration(Context&, const Arguments&);
Status system_show_status(Context&, const Arguments&);
Status system_show_statistics(Context&, const Arguments&);
Status system_show_version(Context&, const Arguments&);
Status tunnel_create(Context&, const Arguments&);
Status tunnel_delete(Context&, const Arguments&);
Status tunnel_modify(Context&, const Arguments&);
Status tunnel_show(Context&, const Arguments&);
Status tunnel_list(Context&, const Arguments&);
Status session_create(Context&, const Arguments&);
Status session_delete(Context&, const Arguments&);
Status session_modify(Context&, const Arguments&);
Status session_show(Context&, const Arguments&);
Status session_list(Context&, const Arguments&);

} // namespace openl2tp::cli
