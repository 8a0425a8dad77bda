// One pass over the characters finds the commands; l2tpconfig's own tokeniser then takes each apart, so that quoting is
// the same in both. A fault drops its command and goes on behind it.
#include "tools/openl2tpd/config_text.hpp"

#include <optional>
#include <utility>

#include "tools/l2tpconfig/tokeniser.hpp"

namespace openl2tp::daemon {

namespace {

bool is_blank(char c) noexcept { return c == ' ' || c == '\t' || c == '\r'; }

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  FileText split() {
    while (at_ < text_.size())
      step();
    if (quote_ != '\0') fault("a quote is not closed on its line");
    end_command();
    return std::move(result_);
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == '\0') {
      fault("a NUL character");
      ++at_;
    } else if (c == '\n') {
      end_of_line();
    } else if (quote_ != '\0') {
      if (escapes_ && c == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
        add(c);
        add(text_[at_ + 1]);
        at_ += 2;
        return;
      }
      if (c == quote_) quote_ = '\0';
      add(c);
      ++at_;
    } else if (is_blank(c)) {
      blank();
      ++at_;
    } else if (c == '\\' && ends_line(at_ + 1)) {
      blank();
      continued_ = true;
      at_ = text_.find('\n', at_);
      at_ = at_ == std::string_view::npos ? text_.size() : at_ + 1;
      next_line();
    } else if (c == ';') {
      end_command();
      ++at_;
    } else if (c == '#' && !in_word_) {
      const std::size_t end = text_.find('\n', at_);
      at_ = end == std::string_view::npos ? text_.size() : end;
      if (continued_ && line_is_fresh_ && at_ < text_.size()) { // a comment of its own inside a command
        ++at_;
        next_line();
      }
    } else {
      if (c == '"' || c == '\'') {
        quote_ = c;
        escapes_ = c == '\'' && at_ > 0 && text_[at_ - 1] == '$';
      }
      add(c);
      ++at_;
    }
  }

  [[nodiscard]] bool ends_line(std::size_t from) const {
    while (from < text_.size() && is_blank(text_[from]))
      ++from;
    return from >= text_.size() || text_[from] == '\n';
  }

  void end_of_line() {
    if (quote_ != '\0') {
      fault("a quote is not closed on its line");
      quote_ = '\0';
    }
    end_command();
    ++at_;
    next_line();
  }

  void next_line() {
    ++line_;
    line_is_fresh_ = true;
  }

  void blank() {
    if (in_word_) command_ += ' ';
    in_word_ = false;
  }

  void add(char c) {
    if (command_.empty()) first_line_ = line_;
    in_word_ = true;
    line_is_fresh_ = false;
    if (command_.size() < config_command_octets_max)
      command_ += c;
    else
      fault("a command of more than 65536 octets");
  }

  void end_command() {
    if (!fault_ && !command_.empty()) {
      if (auto words = cli::tokenise(command_); !words)
        fault(cli::token_error_text(words.error()));
      else if (!words->empty())
        result_.commands.push_back({first_line_, std::move(*words)});
    }
    if (fault_) result_.faults.push_back(std::move(*fault_));
    fault_.reset();
    command_.clear();
    continued_ = in_word_ = false;
  }

  /// Of the command that is being read; the first one counts.
  void fault(std::string_view what) {
    if (!fault_) fault_ = FileFault{.line = line_, .command = {}, .what = std::string(what)};
  }

  std::string_view text_;
  std::size_t at_ = 0;
  unsigned line_ = 1, first_line_ = 1;
  bool line_is_fresh_ = true; // nothing but blanks so far
  bool continued_ = false;    // the line before ended in a backslash
  bool in_word_ = false;
  char quote_ = '\0';
  bool escapes_ = false; // $'...'
  std::string command_;  // as l2tpconfig would be given it
  std::optional<FileFault> fault_;
  FileText result_;
};

} // namespace

FileText read_commands(std::string_view text) { return Splitter(text).split(); }

} // namespace openl2tp::daemon
