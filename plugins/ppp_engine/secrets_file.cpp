#include "plugins/ppp_engine/secrets_file.hpp"

#include <array>
#include <cstring>

namespace openl2tp::ppp {
namespace {

void wipe(std::vector<char>& words) noexcept {
  if (!words.empty()) explicit_bzero(words.data(), words.size());
}

/// Walks the text character by character and counts lines.
struct Cursor {
  std::string_view rest;
  std::uint32_t line = 1;

  [[nodiscard]] bool done() const noexcept { return rest.empty(); }
  [[nodiscard]] char peek() const noexcept { return rest.front(); }
  char take() noexcept {
    const char c = rest.front();
    rest.remove_prefix(1);
    if (c == '\n') ++line;
    return c;
  }
  /// A backslash before the end of the line; taken when it is there.
  bool take_join() noexcept {
    if (!rest.starts_with("\\\n")) return false;
    take();
    take();
    return true;
  }
};

bool blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v'; }

constexpr std::size_t words_max = 64; // of a line

} // namespace

/// The words of one line. The buffer is wiped: the secret is among them.
struct SecretsFile::Line {
  std::array<std::string, words_max> words;
  std::size_t count = 0;
  std::uint32_t number = 0;
  std::string problem;

  Line() = default;
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;
  ~Line() {
    for (std::string& word : words)
      if (!word.empty()) explicit_bzero(word.data(), word.size());
  }
  void clear() noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      if (!words[i].empty()) explicit_bzero(words[i].data(), words[i].size());
      words[i].clear();
    }
    count = 0;
    problem.clear();
  }
  void complain(std::string_view what) {
    if (problem.empty()) problem = what;
  }

  void read_word(Cursor& cursor);
  void read(Cursor& cursor);
};

void SecretsFile::Line::read_word(Cursor& cursor) {
  std::string& word = words[count];
  char quote = 0;
  const auto put = [&](char c) {
    if (word.size() < word_max)
      word.push_back(c);
    else
      complain("a word is longer than 255 octets");
  };
  while (!cursor.done()) {
    if (cursor.take_join()) continue;
    const char c = cursor.peek();
    if (c == '\n') break;
    if (quote == 0 && (blank(c) || c == '#')) break;
    cursor.take();
    if (c == '\0') complain("a zero octet");
    if (c == '\\' && !cursor.done() && cursor.peek() != '\n' && quote != '\'') {
      put(cursor.take());
    } else if (quote == 0 && (c == '"' || c == '\'')) {
      quote = c;
    } else if (c == quote) {
      quote = 0;
    } else {
      put(c);
    }
  }
  if (quote != 0) complain("a quote is not closed");
  ++count;
}

/// Up to and with the end of the line.
void SecretsFile::Line::read(Cursor& cursor) {
  clear();
  number = cursor.line;
  while (!cursor.done() && cursor.peek() != '\n') {
    if (cursor.take_join()) continue;
    if (blank(cursor.peek())) {
      cursor.take();
    } else if (cursor.peek() == '#') {
      while (!cursor.done() && cursor.peek() != '\n')
        cursor.take();
    } else if (count == words_max) {
      complain("too many words");
      cursor.take();
    } else {
      read_word(cursor);
    }
  }
  if (!cursor.done()) cursor.take();
}

SecretsFile::~SecretsFile() { wipe(words_); }

SecretsFile::Report SecretsFile::reload(std::string_view text) {
  Parsed parsed;
  const auto beyond = [&](const char* what) {
    wipe(parsed.words);
    parsed.report = {};
    parsed.report.secrets = entries_.size();
    parsed.report.problem_count = 1;
    parsed.report.problems.push_back({0, what});
    return parsed.report;
  };
  if (text.size() > text_max) return beyond("larger than 16 MiB; the secrets stay as they were");
  parsed.words.reserve(text.size()); // never moved while it grows: no copy of a secret stays behind
  Cursor cursor{.rest = text};
  Line line;
  while (!cursor.done()) {
    line.read(cursor);
    if (line.count == 0 && line.problem.empty()) continue;
    parse_line(line, parsed);
    if (parsed.entries.size() > lines_max) return beyond("more than 262144 secrets; they stay as they were");
  }
  parsed.report.secrets = parsed.entries.size();
  wipe(words_);
  by_client_.clear();
  words_ = std::move(parsed.words);
  entries_ = std::move(parsed.entries);
  index();
  return std::move(parsed.report);
}

void SecretsFile::parse_line(const Line& line, Parsed& parsed) {
  std::string problem = line.problem;
  Entry entry;
  if (problem.empty() && line.count < 3) problem = "fewer than three words";
  if (problem.empty() && line.words[2].starts_with('@')) problem = "a secret in another file is not supported";
  if (problem.empty() && parse_addresses(line, entry.addresses, problem)) {
    entry.client = keep(line.words[0], parsed);
    entry.server = keep(line.words[1], parsed);
    entry.secret = keep(line.words[2], parsed);
    parsed.entries.push_back(entry);
    return;
  }
  ++parsed.report.problem_count;
  if (parsed.report.problems.size() < problems_max) parsed.report.problems.push_back({line.number, std::move(problem)});
}

SecretsFile::Piece SecretsFile::keep(std::string_view word, Parsed& parsed) {
  const Piece piece{static_cast<std::uint32_t>(parsed.words.size()), static_cast<std::uint16_t>(word.size())};
  parsed.words.insert(parsed.words.end(), word.begin(), word.end());
  return piece;
}

bool SecretsFile::parse_addresses(const Line& line, AddressRules& rules, std::string& problem) {
  bool any_allowed = line.count == 3;
  for (std::size_t i = 3; i < line.count; ++i) {
    std::string_view text = line.words[i];
    if (text == "--") { // options of pppd follow
      any_allowed = any_allowed || i == 3;
      break;
    }
    if (text == "*") {
      any_allowed = true;
      continue;
    }
    if (text == "-") continue;
    AddressRules::Rule rule;
    rule.allow = !text.starts_with('!');
    if (!rule.allow) text.remove_prefix(1);
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
      unsigned prefix = 0;
      const std::string_view digits = text.substr(slash + 1);
      for (const char c : digits)
        prefix = c >= '0' && c <= '9' && prefix <= 32 ? prefix * 10 + static_cast<unsigned>(c - '0') : 99;
      if (digits.empty() || prefix > 32) {
        problem = "a prefix length is not 0 to 32";
        return false;
      }
      rule.prefix = static_cast<std::uint8_t>(prefix);
      text = text.substr(0, slash);
    }
    const std::optional<Ipv4> address = Ipv4::parse(text);
    if (!address) {
      problem = "an address is not understood";
      return false;
    }
    if (rules.count == AddressRules::rules_max) {
      problem = "more than " + std::to_string(AddressRules::rules_max) + " addresses";
      return false;
    }
    rule.address = *address;
    rules.rules[rules.count++] = rule;
  }
  rules.any = any_allowed;
  return true;
}

void SecretsFile::index() {
  // From behind, so that each chain begins with the first line.
  for (std::size_t i = entries_.size(); i-- > 0;) {
    const auto [place, fresh] = by_client_.try_emplace(word(entries_[i].client), static_cast<std::uint32_t>(i));
    if (fresh) continue;
    entries_[i].next = place->second;
    place->second = static_cast<std::uint32_t>(i);
  }
}

const SecretsFile::Entry* SecretsFile::find_of(std::string_view client, std::string_view server) const noexcept {
  const auto place = by_client_.find(client);
  const Entry* wild = nullptr;
  for (std::uint32_t i = place == by_client_.end() ? none : place->second; i != none; i = entries_[i].next) {
    if (word(entries_[i].server) == server) return &entries_[i];
    if (wild == nullptr && word(entries_[i].server) == "*") wild = &entries_[i];
  }
  return wild;
}

const SecretsFile::Entry* SecretsFile::find(std::string_view client, std::string_view server) const noexcept {
  const Entry* exact = client == "*" ? nullptr : find_of(client, server); // nobody is called "*"
  return exact != nullptr ? exact : find_of("*", server);
}

Verdict SecretsFile::verify(const VerdictRequest& request) const {
  const Entry* entry = find(request.user, request.server);
  // Who is not known costs as much time as who is.
  Verdict verdict = judge_proof(request, entry == nullptr ? std::string_view("no such user") : word(entry->secret));
  if (entry == nullptr)
    return {.refusal = by_client_.contains(request.user) ? Refusal::another_server : Refusal::unknown_user};
  if (!verdict.accepted) return {.refusal = Refusal::wrong_secret};
  verdict.addresses = entry->addresses;
  verdict.peer_address = entry->addresses.first_single().value_or(Ipv4{});
  return verdict;
}

/// Of the lines of `request.user`: one that we may prove ourselves with.
bool SecretsFile::is_ours(const Entry& entry, const SecretRequest& request) const noexcept {
  const std::string_view server = word(entry.server);
  return server != request.local_name && !(request.called && server == "*");
}

std::uint32_t SecretsFile::first_of(std::string_view client) const noexcept {
  if (client.empty() || client == "*") return none; // nobody in particular
  const auto place = by_client_.find(client);
  return place == by_client_.end() ? none : place->second;
}

std::optional<Credentials> SecretsFile::credentials(const SecretRequest& request) {
  const Entry* found = nullptr;
  for (std::uint32_t i = first_of(request.user); i != none; i = entries_[i].next) {
    const Entry& entry = entries_[i];
    if (!is_ours(entry, request)) continue;
    const bool exact = word(entry.server) == request.server;
    if (exact || (found == nullptr && word(entry.server) == "*")) found = &entry;
    if (exact) break;
  }
  if (found == nullptr) return std::nullopt;
  return Credentials{.name = std::string(request.user), .secret = std::string(word(found->secret))};
}

bool SecretsFile::has_credentials(const SecretRequest& request) {
  for (std::uint32_t i = first_of(request.user); i != none; i = entries_[i].next)
    if (is_ours(entries_[i], request)) return true;
  return false;
}

} // namespace openl2tp::ppp
