// Users and secrets in the format of pppd's chap-secrets and pap-secrets. Parses text; reading the file, and noticing
// that it changed, is the owner's business.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "plugins/ppp_engine/authority.hpp"

namespace openl2tp::ppp {

/// One line each: client, server, secret, and any number of addresses; words are separated by blanks, "#" begins a
/// comment, quotes and backslashes work as in pppd's files, a backslash before the end of a line joins it with the
/// next.
/// "*" as client or server matches every name; of the lines that match, the most exact counts, the client before the
/// server, and among equals the first.
///
/// Addresses: the first one that is a single address is the user's own. Beyond that they say which a user may choose
/// that nobody assigns one to: none or "*": any; "-": none; "a.b.c.d", "a.b.c.d/n": these; "!" in front: not these.
/// Words behind "--" are not looked at.
///
/// Where pppd's files name another file for the secret ("@/path"), or ask a plugin, the line is refused.
class SecretsFile final : public Authority {
 public:
  static constexpr std::size_t text_max = 16 * 1024 * 1024;
  static constexpr std::size_t lines_max = 262'144; // with a secret
  static constexpr std::size_t word_max = 255;
  static constexpr std::size_t problems_max = 32; // reported; all are counted

  struct Problem {
    std::uint32_t line = 0; // the first of joined ones; from 1
    std::string what;       // never a secret
  };
  struct Report {
    std::size_t secrets = 0, problem_count = 0;
    std::vector<Problem> problems; // the first ones
  };

  SecretsFile() = default;
  SecretsFile(const SecretsFile&) = delete;
  SecretsFile& operator=(const SecretsFile&) = delete;
  ~SecretsFile() override;

  /// Takes the place of what was there before, as a whole. Lines that cannot be read are left out and reported; a text
  /// beyond the limits leaves everything as it was, and says so.
  Report reload(std::string_view text);

  /// Answers at once. The server column is matched with `request.server`.
  [[nodiscard]] Verdict verify(const VerdictRequest& request) const;
  void judge(const VerdictRequest& request, Answer answer) override { answer(verify(request)); }
  /// The client column must be `user` itself. Lines whose server column is `local_name` are callers', and so is
  /// everybody's ("*") where we are called.
  [[nodiscard]] std::optional<Credentials> credentials(const SecretRequest& request) override;
  [[nodiscard]] bool has_credentials(const SecretRequest& request) override;
  [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }

 private:
  struct Piece { // of words_
    std::uint32_t offset = 0;
    std::uint16_t length = 0;
  };
  struct Entry {
    Piece client, server, secret;
    std::uint32_t next = none; // of the same client
    AddressRules addresses;
  };
  static constexpr std::uint32_t none = 0xffffffff;
  struct Parsed {
    std::vector<char> words; // all words of all entries, one behind the other; wiped in the end
    std::vector<Entry> entries;
    Report report;
  };

  struct Line;
  static void parse_line(const Line& line, Parsed& parsed);
  static Piece keep(std::string_view word, Parsed& parsed);
  static bool parse_addresses(const Line& line, AddressRules& rules, std::string& problem);
  [[nodiscard]] std::string_view word(Piece piece) const noexcept {
    return {words_.data() + piece.offset, piece.length};
  }
  [[nodiscard]] const Entry* find(std::string_view client, std::string_view server) const noexcept;
  [[nodiscard]] const Entry* find_of(std::string_view client, std::string_view server) const noexcept;
  [[nodiscard]] bool is_ours(const Entry& entry, const SecretRequest& request) const noexcept;
  [[nodiscard]] std::uint32_t first_of(std::string_view client) const noexcept;
  void index();

  std::vector<char> words_;
  std::vector<Entry> entries_;
  std::unordered_map<std::string_view, std::uint32_t> by_client_; // first entry; views words_
};

} // namespace openl2tp::ppp
