// Running one command line, and the phrases that all commands share.
#include "tools/l2tpconfig/commands.hpp"

#include <fmt/format.h>

#include "tools/l2tpconfig/tokeniser.hpp"
#include "tools/rpc/errors.hpp"

namespace openl2tp::cli {

namespace {

/// Why the daemon refused the call before, on a line of its own; empty when it says no more than the number.
std::string detail_line(Context& context, int code) {
  const auto reply = context.stub.call<l2tp_ext_error_detail_reply>(L2TP_EXT_ERROR_DETAIL, rpc::Nothing{});
  if (!reply) return {}; // a daemon without the procedure
  if ((*reply)->result < 0) {
    // Over UDP nothing is kept. The interface's own numbers say enough, those of the system do not.
    return code > -L2TP_ERR_BASE ? "\nWhich value, and what is allowed: ask over TCP (-t)" : "";
  }
  const std::string text = printable((*reply)->text);
  // With most of the interface's own numbers a lone word is the name that was just typed.
  const bool repeats =
      code <= -L2TP_ERR_BASE && code != -L2TP_ERR_PARAM_NOT_MODIFIABLE && text.find(' ') == std::string::npos;
  return text.empty() || repeats ? std::string() : '\n' + text;
}

} // namespace

Status run_command(Context& context, std::span<const std::string> words) {
  if (words.empty()) return Status::done;
  const auto parsed = parse_command(words, command_table());
  if (!parsed) {
    if (!parsed.error().on_error.empty()) context.err << parsed.error().on_error << '\n';
    context.out << parsed.error().on_output << '\n';
    return Status::usage;
  }
  return parsed->command->run(context, parsed->arguments);
}

Status run_line(Context& context, std::string_view line) {
  const auto words = tokenise(line);
  if (words) return run_command(context, *words);
  context.out << token_error_text(words.error()) << '\n';
  return Status::usage;
}

void confirm(Context& context, std::string_view text) {
  if (!context.quiet) context.err << text << '\n';
}

Status complain(Context& context, std::string_view word, std::string_view complaint, Status status) {
  context.err << complaint << '\n';
  context.out << error_near(word) << '\n';
  return status;
}

Status refused(Context& context, std::string_view verb, int code) {
  return complain(context, verb, "Operation failed: " + rpc::error_text(code) + detail_line(context, code),
                  Status::failed);
}

Status unanswered(Context& context, const std::string& reason) {
  context.err << reason << '\n';
  return Status::failed;
}

Status conclude(Context& context, const tl::expected<rpc::Value<int>, std::string>& result, std::string_view verb,
                std::string_view confirmation) {
  if (!result) return unanswered(context, result.error());
  if (**result < 0) return refused(context, verb, **result);
  if (!confirmation.empty()) confirm(context, confirmation);
  return Status::done;
}

std::string printable(std::string_view text) {
  std::string safe;
  for (const char c : text) {
    const auto octet = static_cast<unsigned char>(c);
    if (octet < 0x20 || octet == 0x7f)
      safe += fmt::format("\\x{:02x}", octet);
    else
      safe += c;
  }
  return safe;
}

} // namespace openl2tp::cli
