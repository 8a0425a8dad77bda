// Keywords narrow the table row by row; what remains after the last keyword are parameters.
#include "tools/l2tpconfig/parser.hpp"

namespace openl2tp::cli {
namespace {

ParseError near(std::string_view word, std::string explanation = {}) {
  return {.on_output = error_near(word), .on_error = std::move(explanation)};
}

/// The keyword at `level` that `word` means among the rows that share the first `level` keywords with `path`.
struct Resolution {
  std::string_view keyword; // empty: none
  bool ambiguous = false;
  bool looks = false; // it completes a command that changes nothing
};

bool shares(const Command& row, std::span<const std::string_view> path) {
  if (row.words.size() < path.size()) return false;
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (row.words[i] != path[i]) return false;
  }
  return true;
}

Resolution resolve(std::string_view word, std::span<const std::string_view> path, std::span<const Command> table) {
  Resolution found;
  for (const Command& row : table) {
    if (!shares(row, path) || row.words.size() <= path.size()) continue;
    const std::string_view keyword = row.words[path.size()];
    if (equal_ignoring_case(word, keyword)) return {.keyword = keyword};
    if (!abbreviates(word, keyword) || keyword == found.keyword) continue;
    // Among commands that only look the last one counts: scripts say "system show stat".
    const bool looks = row.words.size() == path.size() + 1 && row.access != Access::change && word.size() > 2;
    if (!found.keyword.empty() && !(looks && found.looks)) found.ambiguous = true;
    found.keyword = keyword;
    found.looks = looks;
  }
  return found;
}

const Command* complete_row(std::span<const std::string_view> path, std::span<const Command> table) {
  for (const Command& row : table) {
    if (row.words.size() == path.size() && shares(row, path)) return &row;
  }
  return nullptr;
}

tl::expected<void, ParseError> parse_argument(const std::string& word, std::string_view verb, const Command& command,
                                              Arguments& arguments, const Resolver& resolver) {
  const std::size_t equals = word.find('=');
  const std::string_view name = std::string_view(word).substr(0, equals);
  const Parameter* match = nullptr;
  std::string candidates;
  int matches = 0;
  for (const Parameter& parameter : command.parameters) {
    if (!abbreviates(name, parameter.name)) continue;
    match = &parameter;
    if (name.size() == parameter.name.size()) {
      matches = 1;
      break;
    }
    ++matches;
    candidates += (candidates.empty() ? "" : ", ") + std::string(parameter.name);
  }
  if (matches == 0) return tl::unexpected(near(word));
  if (matches > 1) return tl::unexpected(near(word, "Ambiguous parameter '" + std::string(name) + "': " + candidates));
  const bool has_value = equals != std::string::npos;
  if (has_value && match->type == Type::flag && !match->value_ignored) return tl::unexpected(near(word));
  if (!has_value && match->type != Type::flag) return tl::unexpected(near(word));
  if (match->type == Type::flag) {
    arguments.add(*match, {});
    return {};
  }
  auto value = parse_value(match->noun.empty() ? match->name : match->noun, match->type,
                           std::string_view(word).substr(equals + 1), match->choices, match->bounds, resolver);
  if (!value) {
    ParseError error = near(verb, std::move(value.error().on_error));
    error.unresolved = std::move(value.error().unresolved);
    if (!value.error().on_output.empty()) error.on_output = value.error().on_output + "\n" + error.on_output;
    return tl::unexpected(std::move(error));
  }
  if (arguments.has(match->name))
    value->note = std::string(match->name) + " is given twice, '" + value->text + "' counts";
  arguments.add(*match, std::move(*value));
  return {};
}

} // namespace

std::string error_near(std::string_view word) { return "Error at or near '" + std::string(word) + "'"; }

const ArgumentValue* Arguments::find(std::string_view name) const noexcept {
  for (auto it = given_.rbegin(); it != given_.rend(); ++it) {
    if (it->parameter->name == name) return &it->value;
  }
  return nullptr;
}

tl::expected<ParsedCommand, ParseError> parse_command(std::span<const std::string> words,
                                                      std::span<const Command> table, const Resolver& resolver) {
  std::vector<std::string_view> path;
  ParsedCommand parsed;
  std::size_t at = 0;
  for (; at < words.size(); ++at) {
    const Resolution found = resolve(words[at], path, table);
    if (found.keyword.empty()) break;
    if (found.ambiguous) {
      return tl::unexpected(
          ParseError{.on_output = "Ambiguous command", .on_error = "'" + words[at] + "' begins several commands"});
    }
    path.push_back(found.keyword);
    // No command's words begin another's, so the first complete row is the one.
    parsed.command = complete_row(path, table);
    if (parsed.command != nullptr) break;
  }
  if (parsed.command == nullptr) {
    if (at < words.size()) return tl::unexpected(near(words[at]));
    return tl::unexpected(ParseError{.on_output = "Ambiguous command",
                                     .on_error = {},
                                     .understood = {words.begin(), words.end()},
                                     .incomplete = true});
  }
  for (++at; at < words.size(); ++at) {
    if (auto done = parse_argument(words[at], path.back(), *parsed.command, parsed.arguments, resolver); !done) {
      return tl::unexpected(std::move(done.error()));
    }
  }
  return parsed;
}

} // namespace openl2tp::cli
