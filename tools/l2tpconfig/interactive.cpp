// libedit calls back with its own handle alone; the session behind it hangs on EL_CLIENTDATA.
#include "tools/l2tpconfig/interactive.hpp"

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>

#include <fmt/format.h>

#include "tools/l2tpconfig/completion.hpp"
#include "tools/l2tpconfig/tokeniser.hpp"

namespace openl2tp::cli {
namespace {

constexpr int kHistoryDefault = 500;
constexpr int kHistoryMax = 100000;

volatile std::sig_atomic_t interrupted = 0; // a signal handler has no other way to tell

void note_interrupt(int) { interrupted = 1; }

/// Line editing counts characters, of which a terminal that knows any speaks UTF-8. Without a locale that does, every
/// character beyond ASCII would be dropped.
void take_utf8() {
  const char* set = std::setlocale(LC_CTYPE, "");
  if (set == nullptr || MB_CUR_MAX == 1) std::setlocale(LC_CTYPE, "C.UTF-8");
}

/// How many characters of the terminal `text` takes.
int characters_in(const std::string& text) {
  const std::size_t count = std::mbstowcs(nullptr, text.c_str(), 0);
  return static_cast<int>(count == static_cast<std::size_t>(-1) ? text.size() : count);
}

struct EndEditLine {
  void operator()(EditLine* edit) const noexcept { el_end(edit); }
};
struct EndHistory {
  void operator()(History* history) const noexcept { history_end(history); }
};

class Session {
 public:
  explicit Session(Context& context)
      : context_(context), history_(history_init()), edit_(el_init("l2tp", stdin, stdout, stderr)) {}

  Status run();

 private:
  static Session& of(EditLine* edit) {
    Session* session = nullptr;
    el_get(edit, EL_CLIENTDATA, &session);
    return *session;
  }
  static char* prompt(EditLine* edit) { return of(edit).prompt_.data(); }
  static unsigned char complete_key(EditLine* edit, int) { return of(edit).complete_word(); }
  static unsigned char help_key(EditLine* edit, int character) { return of(edit).help(character); }

  void prepare();
  void load_history();
  void save_history() const;
  void remember(const std::string& line);
  void set_prompt() { prompt_ = context_.host == "localhost" ? "l2tp> " : "l2tp-" + printable(context_.host) + "> "; }
  [[nodiscard]] Completion completion_here();
  [[nodiscard]] std::string text_before_cursor() const;
  unsigned char complete_word();
  unsigned char help(int character);
  void print_candidates(const std::vector<Candidate>& candidates) const;

  Context& context_;
  std::unique_ptr<History, EndHistory> history_;
  std::unique_ptr<EditLine, EndEditLine> edit_;
  std::string prompt_;
  std::string history_file_;
  std::string line_at_tab_;
};

void Session::prepare() {
  set_prompt();
  el_set(edit_.get(), EL_CLIENTDATA, this);
  el_set(edit_.get(), EL_PROMPT, &Session::prompt);
  el_set(edit_.get(), EL_EDITOR, "emacs");
  el_set(edit_.get(), EL_SIGNAL, 1);
  el_set(edit_.get(), EL_HIST, history, history_.get());
  el_set(edit_.get(), EL_ADDFN, "l2tp-complete", "Complete the word", &Session::complete_key);
  el_set(edit_.get(), EL_ADDFN, "l2tp-help", "Show what may follow", &Session::help_key);
  el_source(edit_.get(), nullptr);
  el_set(edit_.get(), EL_BIND, "^I", "l2tp-complete", nullptr);
  el_set(edit_.get(), EL_BIND, "?", "l2tp-help", nullptr);
  load_history();
}

void Session::load_history() {
  int size = kHistoryDefault;
  if (const char* wanted = std::getenv("L2TP_HISTFILESIZE")) {
    char* end = nullptr;
    const long number = std::strtol(wanted, &end, 10);
    if (end != wanted && *end == '\0') size = static_cast<int>(std::clamp<long>(number, 0, kHistoryMax));
  }
  HistEvent event{};
  history(history_.get(), &event, H_SETSIZE, size);
  history(history_.get(), &event, H_SETUNIQUE, 1);
  if (const char* file = std::getenv("L2TP_HISTFILE")) {
    history_file_ = file;
  } else if (const char* home = std::getenv("HOME")) {
    history_file_ = std::string(home) + "/.l2tp_history";
  }
  if (!history_file_.empty()) history(history_.get(), &event, H_LOAD, history_file_.c_str());
}

void Session::save_history() const {
  if (history_file_.empty()) return;
  const mode_t before = umask(0077); // what people typed is their own
  HistEvent event{};
  history(history_.get(), &event, H_SAVE, history_file_.c_str());
  umask(before);
}

/// Lines with secrets are not remembered.
void Session::remember(const std::string& line) {
  if (const auto words = tokenise(line)) {
    if (words->empty()) return;
    if (const auto parsed = parse_command(*words, command_table())) {
      if (parsed->arguments.has("secret") || parsed->arguments.has("user_password")) return;
    } else if (line.find("secret") != std::string::npos || line.find("password") != std::string::npos) {
      return;
    }
  }
  HistEvent event{};
  history(history_.get(), &event, H_ENTER, line.c_str());
  save_history(); // a terminal may vanish at any time
}

std::string Session::text_before_cursor() const {
  const LineInfo* line = el_line(edit_.get());
  return {line->buffer, line->cursor};
}

Completion Session::completion_here() {
  return complete(text_before_cursor(),
                  [this](const Command& command, std::string_view parameter, std::span<const std::string> words) {
                    return object_names(context_, command, parameter, words);
                  });
}

void Session::print_candidates(const std::vector<Candidate>& candidates) const {
  std::size_t width = 0;
  for (const Candidate& candidate : candidates)
    width = std::max(width, candidate.text.size());
  std::cout << '\n';
  for (const Candidate& candidate : candidates) {
    if (candidate.help.empty())
      std::cout << "  " << printable(candidate.text) << '\n';
    else
      std::cout << fmt::format("  {:<{}} - {}\n", printable(candidate.text), width, candidate.help);
  }
  std::cout.flush();
}

unsigned char Session::complete_word() {
  const std::string before = text_before_cursor();
  const Completion completion = completion_here();
  if (completion.candidates.empty()) return CC_REFRESH_BEEP;
  std::string word = common_prefix(completion.candidates);
  const std::string typed = before.substr(completion.start);
  const bool one = completion.candidates.size() == 1;
  if (one && !word.ends_with('=')) word += ' ';
  if (word.size() < typed.size() || word == typed) {
    if (one) return CC_NORM;
    if (before != line_at_tab_) {
      line_at_tab_ = before; // the second TAB in the same place lists
      return CC_REFRESH_BEEP;
    }
    print_candidates(completion.candidates);
    return CC_REDISPLAY;
  }
  line_at_tab_.clear();
  el_deletestr(edit_.get(), characters_in(typed));
  if (el_insertstr(edit_.get(), word.c_str()) != 0) return CC_REFRESH_BEEP;
  return CC_REFRESH;
}

unsigned char Session::help(int character) {
  const Completion completion = completion_here();
  if (completion.in_quotes) {
    const char text[] = {static_cast<char>(character), '\0'};
    el_insertstr(edit_.get(), text);
    return CC_REFRESH;
  }
  print_candidates(completion.candidates);
  return CC_REDISPLAY;
}

Status Session::run() {
  if (!edit_ || !history_) {
    context_.err << "l2tpconfig: no terminal to edit lines on\n";
    return Status::failed;
  }
  prepare();
  Status worst = Status::done;
  for (;;) {
    set_prompt();
    line_at_tab_.clear();
    interrupted = 0;
    int length = 0;
    errno = 0;
    const char* text = el_gets(edit_.get(), &length);
    if (text == nullptr || length <= 0) {
      if (interrupted == 0 && errno != EINTR) break; // Ctrl-D, or the terminal has gone
      std::cout << '\n';
      el_reset(edit_.get());
      continue;
    }
    std::string line(text, static_cast<std::size_t>(length));
    while (line.ends_with('\n') || line.ends_with('\r'))
      line.pop_back();
    interrupted = 0;
    remember(line);
    const auto words = tokenise(line);
    if (words && words->size() == 1 &&
        (equal_ignoring_case(words->front(), "exit") || equal_ignoring_case(words->front(), "quit"))) {
      return worst;
    }
    const Status status = run_line(context_, line);
    context_.out.flush();
    if (status != Status::done) worst = status;
  }
  std::cout << '\n';
  return worst;
}

} // namespace

void catch_interrupts(Context& context) {
  struct sigaction action{};
  action.sa_handler = &note_interrupt;
  sigaction(SIGINT, &action, nullptr);
  context.stopped = [] { return interrupted != 0; };
}

Status run_interactive(Context& context) {
  catch_interrupts(context);
  take_utf8();
  return Session(context).run();
}

Status run_lines(Context& context) {
  Status worst = Status::done;
  for (std::string line; std::getline(std::cin, line);) {
    if (const auto words = tokenise(line); words && words->size() == 1) {
      if (equal_ignoring_case(words->front(), "exit") || equal_ignoring_case(words->front(), "quit")) break;
    }
    const Status status = run_line(context, line);
    context.out.flush();
    if (status != Status::done) worst = status;
  }
  return worst;
}

} // namespace openl2tp::cli
