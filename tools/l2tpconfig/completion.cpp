// The table says what may follow; the last word narrows it.
#include "tools/l2tpconfig/completion.hpp"

#include <algorithm>

#include "tools/l2tpconfig/profile_kind.hpp"
#include "tools/l2tpconfig/tokeniser.hpp"

namespace openl2tp::cli {
namespace {

struct LastWord {
  std::size_t start = 0;
  bool in_quotes = false;
};

LastWord last_word(std::string_view line) {
  LastWord found;
  char quote = '\0';
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quote != '\0') {
      if (c == quote) quote = '\0';
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == ' ' || c == '\t') {
      found.start = i + 1;
    }
  }
  found.in_quotes = quote != '\0';
  return found;
}

/// True when the first words of a row are what `words` abbreviate, as far as both go.
bool agrees(const Command& row, std::span<const std::string> words) {
  for (std::size_t i = 0; i < row.words.size() && i < words.size(); ++i) {
    if (!abbreviates(words[i], row.words[i])) return false;
  }
  return true;
}

void add(std::vector<Candidate>& candidates, std::string text, std::string_view help) {
  for (const Candidate& known : candidates) {
    if (known.text == text) return;
  }
  candidates.push_back({std::move(text), std::string(help)});
}

bool begins(std::string_view text, std::string_view word) { return word.empty() || abbreviates(word, text); }

void add_values(std::vector<Candidate>& candidates, const Parameter& parameter, std::string_view value) {
  const auto offer = [&](std::string_view text, std::string_view help) {
    if (begins(text, value)) add(candidates, std::string(parameter.name) + '=' + std::string(text), help);
  };
  switch (parameter.type) {
  case Type::boolean:
    offer("yes", parameter.help);
    offer("no", "");
    break;
  case Type::choice:
    for (std::int64_t i = 0;; ++i) {
      const std::string_view word = detail::word_at(parameter.choices, i);
      if (word.empty()) break;
      offer(word, "");
    }
    break;
  case Type::trace:
    offer("all", "Everything");
    for (const std::string_view name : trace_flag_names())
      offer(name, "");
    break;
  case Type::flag:
  case Type::text:
  case Type::uint16:
  case Type::int32:
  case Type::uint32:
  case Type::address:
  case Type::address_v4:
  case Type::hex:
  case Type::speed: break;
  }
}

void add_parameters(std::vector<Candidate>& candidates, const Command& command, std::span<const std::string> words,
                    std::string_view word, const NameSource& names) {
  const std::size_t equals = word.find('=');
  for (const Parameter& parameter : command.parameters) {
    const std::string name(parameter.name);
    if (equals == std::string_view::npos) {
      const bool given = std::any_of(words.begin(), words.end(), [&](const std::string& other) {
        return other == name || other.starts_with(name + '=');
      });
      if (given || !begins(name, word)) continue;
      add(candidates, parameter.type == Type::flag ? name : name + '=', parameter.help);
    } else if (equal_ignoring_case(word.substr(0, equals), name)) {
      const std::string_view value = word.substr(equals + 1);
      add_values(candidates, parameter, value);
      if (!names) continue;
      for (const std::string& object : names(command, parameter.name, words)) {
        if (std::string_view(object).starts_with(value)) add(candidates, name + '=' + quoted_word(object), "");
      }
    }
  }
}

template <typename Kind>
std::vector<std::string> profile_names(Context& context, const Kind& kind) {
  std::vector<std::string> names;
  const auto list = list_profiles(context, kind);
  if (!list || (*list)->result < 0) return names;
  for (u_int i = 0; i < (*list)->profiles.count && names.size() < kNamesMax; ++i) {
    std::string name = (*list)->profiles.entries[i].profile_name;
    if (!name.empty()) names.push_back(std::move(name)); // an entry of nothing closes the list
  }
  return names;
}

std::vector<std::string> tunnel_names(Context& context, bool ids) {
  std::vector<std::string> names;
  const auto list = context.stub.call<l2tp_api_tunnel_list_msg_data>(L2TP_TUNNEL_LIST, rpc::Nothing{});
  if (!list || (*list)->result < 0) return names;
  const u_int count = std::min<u_int>((*list)->tunnel_ids.tunnel_ids_len, kNamesMax);
  for (u_int i = 0; i < count; ++i) {
    const wire_u16 id = (*list)->tunnel_ids.tunnel_ids_val[i];
    if (ids) {
      names.push_back(std::to_string(id));
      continue;
    }
    rpc::Value<l2tp_tunnel_get_1_argument> argument;
    argument->tunnel_id = id;
    const auto tunnel = context.stub.call<l2tp_api_tunnel_msg_data>(L2TP_TUNNEL_GET, *argument);
    if (!tunnel) return names;
    const auto name = rpc::string_of((*tunnel)->tunnel_name);
    if ((*tunnel)->result_code >= 0 && name && !name->empty()) names.emplace_back(*name);
  }
  return names;
}

std::vector<std::string> session_names(Context& context, std::span<const std::string> words, bool ids) {
  std::vector<std::string> names;
  const auto parsed = parse_command(words, command_table());
  if (!parsed) return names;
  rpc::Value<l2tp_session_list_1_argument> tunnel;
  tunnel->tunnel_id = id_of(parsed->arguments, "tunnel_id");
  set_text(tunnel->tunnel_name, parsed->arguments.find("tunnel_name"));
  const auto list = context.stub.call<l2tp_api_session_list_msg_data>(L2TP_SESSION_LIST, *tunnel);
  if (!list || (*list)->result < 0) return names;
  const u_int count = std::min<u_int>((*list)->session_ids.session_ids_len, kNamesMax);
  for (u_int i = 0; i < count; ++i) {
    const wire_u16 id = (*list)->session_ids.session_ids_val[i];
    if (ids) {
      names.push_back(std::to_string(id));
      continue;
    }
    rpc::Value<l2tp_session_get_1_argument> argument;
    argument->tunnel_id = tunnel->tunnel_id;
    set_text(argument->tunnel_name, parsed->arguments.find("tunnel_name"));
    argument->session_id = id;
    const auto session = context.stub.call<l2tp_api_session_msg_data>(L2TP_SESSION_GET, *argument);
    if (!session) return names;
    const auto name = rpc::string_of((*session)->session_name);
    if ((*session)->result_code >= 0 && name && !name->empty()) names.emplace_back(*name);
  }
  return names;
}

} // namespace

Completion complete(std::string_view line, const NameSource& names) {
  Completion completion;
  const LastWord last = last_word(line);
  completion.start = last.start;
  completion.in_quotes = last.in_quotes;
  if (last.in_quotes) return completion;
  const auto words = tokenise(line.substr(0, last.start));
  if (!words) return completion;
  const std::string_view word = line.substr(last.start);
  for (const Command& row : command_table()) {
    if (!agrees(row, *words)) continue;
    if (words->size() < row.words.size()) {
      const std::string_view keyword = row.words[words->size()];
      const bool whole = words->size() + 1 == row.words.size();
      if (begins(keyword, word)) add(completion.candidates, std::string(keyword), whole ? row.help : "");
    } else {
      add_parameters(completion.candidates, row, *words, word, names);
    }
  }
  return completion;
}

std::string common_prefix(const std::vector<Candidate>& candidates) {
  if (candidates.empty()) return {};
  std::string prefix = candidates.front().text;
  for (const Candidate& candidate : candidates) {
    const auto differ = std::mismatch(prefix.begin(), prefix.end(), candidate.text.begin(), candidate.text.end());
    prefix.erase(differ.first, prefix.end());
  }
  return prefix;
}

std::vector<std::string> object_names(Context& context, const Command& command, std::string_view parameter,
                                      std::span<const std::string> words) {
  const std::string_view noun = command.words[0];
  const bool new_object = command.words.back() == "create";
  if (parameter == "tunnel_name" || parameter == "tunnel_id") {
    return new_object && noun == "tunnel" ? std::vector<std::string>()
                                          : tunnel_names(context, parameter == "tunnel_id");
  }
  if (parameter == "session_name" || parameter == "session_id") {
    return new_object ? std::vector<std::string>() : session_names(context, words, parameter == "session_id");
  }
  if (!parameter.ends_with("profile_name")) return {};
  if (parameter == "profile_name" && new_object && command.words.size() == 3) return {};
  const std::string_view kind = parameter == "profile_name"
                                    ? noun
                                    : parameter.substr(0, parameter.size() - std::string_view("_profile_name").size());
  if (kind == "peer") return profile_names(context, peer_profile_kind());
  if (kind == "tunnel") return profile_names(context, tunnel_profile_kind());
  if (kind == "session") return profile_names(context, session_profile_kind());
  if (kind == "ppp") return profile_names(context, ppp_profile_kind());
  return {};
}

} // namespace openl2tp::cli
