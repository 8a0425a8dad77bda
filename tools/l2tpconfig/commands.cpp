// Running one command line, and the phrases that all commands share.
#include "tools/l2tpconfig/commands.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "tools/l2tpconfig/completion.hpp"
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

/// Prints what the daemon took otherwise than it was given. Only numbers are.
void tell_adjustments(Context& context, const Arguments& arguments) {
  const bool numbers = std::ranges::any_of(arguments.all(), [](const Arguments::Given& given) {
    const Type type = given.parameter->type;
    return type == Type::int32 || type == Type::uint32 || type == Type::uint16 || type == Type::speed ||
           type == Type::address;
  });
  if (!numbers) return;
  const auto reply = context.stub.call<l2tp_ext_error_detail_reply>(L2TP_EXT_ERROR_DETAIL, rpc::Nothing{});
  if (!reply || (*reply)->result < 0) return; // an older daemon, or UDP: the daemon's log has it
  std::string_view rest = (*reply)->text;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    context.err << printable(rest.substr(0, end)) << '\n';
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
}

/// What may follow the words that were typed, a line each.
std::string what_may_follow(std::span<const std::string> words) {
  std::string line;
  for (const std::string& word : words)
    line += quoted_word(word) + ' ';
  std::string text;
  for (const Candidate& candidate : complete(line, {}).candidates)
    text += fmt::format("  {:<24} {}\n", candidate.text, candidate.help);
  return text;
}

void print_parse_error(Context& context, const ParseError& error) {
  if (!error.on_error.empty()) context.err << error.on_error << '\n';
  if (context.json) {
    context.err << error.on_output << '\n';
  } else if (!context.out_is_terminal) {
    context.out << error.on_output << '\n';
  } else if (const std::string follow = what_may_follow(error.understood); error.incomplete && !follow.empty()) {
    context.err << "What comes next? One of\n" << follow;
  } else if (error.on_error.empty()) {
    context.err << error.on_output << '\n';
  }
}

} // namespace

std::vector<std::string> notes_of(const Arguments& arguments) {
  std::vector<std::string> notes;
  for (const Arguments::Given& given : arguments.all())
    if (!given.value.note.empty()) notes.push_back(given.value.note);
  return notes;
}

Status run_command(Context& context, std::span<const std::string> words) {
  if (words.empty()) return Status::done;
  const auto parsed = parse_command(words, command_table());
  if (!parsed) {
    print_parse_error(context, parsed.error());
    return Status::usage;
  }
  for (const std::string& note : notes_of(parsed->arguments))
    context.err << note << '\n';
  const Status status = parsed->command->run(context, parsed->arguments);
  if (status == Status::done && parsed->command->access == Access::change) tell_adjustments(context, parsed->arguments);
  return status;
}

Status run_line(Context& context, std::string_view line) {
  const auto words = tokenise(line);
  if (words) return run_command(context, *words);
  (context.json || context.out_is_terminal ? context.err : context.out) << token_error_text(words.error()) << '\n';
  return Status::usage;
}

void confirm(Context& context, std::string_view text) {
  if (!context.quiet) context.err << text << '\n';
}

Status complain(Context& context, std::string_view word, std::string_view complaint, Status status) {
  context.err << complaint << '\n';
  // Scripts have always got this line. It tells a person nothing, and what reads JSON even less.
  if (!context.out_is_terminal && !context.json) context.out << error_near(word) << '\n';
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
