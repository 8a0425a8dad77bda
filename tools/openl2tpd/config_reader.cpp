// Parse everything, then run everything. Secrets never reach a message: of a word that is not understood only its name
// is shown.
#include "tools/openl2tpd/config_reader.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include <fmt/format.h>

#include "runtime/descriptors.hpp"
#include "runtime/trace/escape.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/parser.hpp"
#include "tools/openl2tpd/in_process.hpp"
#include "tools/openl2tpd/staged_control.hpp"
#include "tools/openl2tpd/unique_fd.hpp"

namespace openl2tp::daemon {

namespace {

using cli::Command;
using cli::ParsedCommand;

// OpenL2TP's configuration file spells these values otherwise than its l2tpconfig.
struct Spelling {
  std::string_view file, command;
};
constexpr std::array spellings{
    Spelling{"sync_mode=sync_async", "sync_mode=any"},
    Spelling{"lac_lns=lnslac", "lac_lns=laclns"},
};

/// True when a word was replaced.
bool respell(std::vector<std::string>& words) {
  bool changed = false;
  for (std::string& word : words) {
    const auto found = std::ranges::find(spellings, word, &Spelling::file);
    if (found == spellings.end()) continue;
    word = found->command;
    changed = true;
  }
  return changed;
}

tl::expected<ParsedCommand, cli::ParseError> parse(std::vector<std::string> words, const cli::Resolver& resolver) {
  auto parsed = cli::parse_command(words, cli::command_table(), resolver);
  if (!parsed && respell(words)) return cli::parse_command(words, cli::command_table(), resolver);
  return parsed;
}

/// The words in front of the parameters, for a command that is not known.
std::string keywords(const std::vector<std::string>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size() && i < 3 && words[i].find('=') == std::string::npos; ++i) {
    if (i != 0) text += ' ';
    runtime::append_escaped(text, words[i]);
  }
  return text;
}

/// `text` on one line, with what follows the = of a word in "Error at or near 'word'" left out.
std::string one_line(std::string_view text) {
  constexpr std::string_view near = "at or near '";
  std::string line;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    std::string part(text.substr(0, end));
    if (const std::size_t at = part.find(near); at != std::string::npos) {
      const std::size_t equals = part.find('=', at);
      if (equals != std::string::npos) part = part.substr(0, equals) + "=...'";
    }
    if (!part.empty()) line += (line.empty() ? "" : "; ") + part;
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  }
  return line;
}

/// What a command printed in vain, for a log line.
std::string complaint(const std::string& on_error, const std::string& on_output) {
  std::string line = one_line(on_error);
  if (line.empty()) line = one_line(on_output);
  return line.empty() ? "failed" : line;
}

bool is(const Command& command, std::string_view first) { return command.words[0] == first; }

bool is_profile_command(const Command& command) { return command.words.size() == 3 && command.words[1] == "profile"; }

std::set<std::string>* names_of(runtime::ProfileNames& named, std::string_view kind) {
  if (kind == "peer") return &named.peers;
  if (kind == "tunnel") return &named.tunnels;
  if (kind == "session") return &named.sessions;
  if (kind == "ppp") return &named.ppp;
  return nullptr;
}

/// Why a command has no place in a file; empty when it has.
std::string_view out_of_place(const Command& command) {
  if (is(command, "config")) return "not in a configuration file";
  if (is(command, "test")) return "not in a configuration file";
  return {};
}

bool only_shows(const Command& command) { return command.access != cli::Access::change; }

struct Step {
  unsigned line;
  ParsedCommand command;
};

class Reader {
 public:
  explicit Reader(const ConfigDefaults& defaults)
      : control_(defaults.system, defaults.trace), stub_(control_), resolver_(defaults.resolver) {}

  tl::expected<ReadConfiguration, std::vector<FileFault>> read(const std::string& file, std::string_view text) {
    parse_all(text);
    for (const Step& step : steps_)
      if (faults_.size() < config_faults_max) run(step);
    if (!faults_.empty()) {
      std::ranges::sort(faults_, {}, &FileFault::line);
      if (faults_.size() > config_faults_max) faults_.resize(config_faults_max);
      return tl::unexpected(std::move(faults_));
    }
    ReadConfiguration result{.configuration = control_.take(), .unresolved = unresolved_, .notes = std::move(notes_)};
    result.configuration.file = file;
    result.configuration.named = std::move(named_);
    return result;
  }

 private:
  void parse_all(std::string_view text) {
    FileText read = read_commands(text);
    faults_ = std::move(read.faults);
    for (FileCommand& command : read.commands) {
      auto parsed = parse(command.words, resolver_);
      if (!parsed && !parsed.error().unresolved.empty()) {
        unresolved_ = true;
        miss_objects(command.words);
        notes_.push_back({command.line, keywords(command.words),
                          one_line(parsed.error().on_output) + "; passed over and tried again"});
      } else if (!parsed) {
        miss_objects(command.words);
        faults_.push_back(
            {command.line, keywords(command.words), complaint(parsed.error().on_error, parsed.error().on_output)});
      } else if (only_shows(*parsed->command) && out_of_place(*parsed->command).empty()) {
        notes_.push_back({command.line, cli::name_of(*parsed->command), "only shows something: passed over"});
      } else if (const std::string_view why = out_of_place(*parsed->command); !why.empty()) {
        faults_.push_back({command.line, cli::name_of(*parsed->command), std::string(why)});
      } else {
        steps_.push_back({command.line, std::move(*parsed)});
      }
    }
  }

  void run(const Step& step) {
    const Command* command = step.command.command;
    if (is_profile_command(*command)) {
      const cli::ArgumentValue* name = step.command.arguments.find("profile_name");
      if (name != nullptr)
        if (auto* names = names_of(named_, command->words[0])) names->insert(name->text);
    }
    if (is(*command, "debug")) {
      note_debugged("tunnel_profile_name", named_.tunnels, step);
      note_debugged("session_profile_name", named_.sessions, step);
      note_debugged("ppp_profile_name", named_.ppp, step);
    }
    std::ostringstream out, err;
    cli::Context context{.stub = stub_, .host = {}, .out = out, .err = err, .quiet = true};
    context.restoring = true; // a profile that is there already is modified
    control_.at_line(step.line);
    const cli::Status status =
        command->run == nullptr ? cli::Status::failed : command->run(context, step.command.arguments);
    for (std::string& note : cli::notes_of(step.command.arguments))
      notes_.push_back({step.line, cli::name_of(*command), std::move(note)});
    if (status == cli::Status::done) {
      if (!stub_.note().empty()) notes_.push_back({step.line, cli::name_of(*command), one_line(stub_.note())});
      return;
    }
    // Nothing is said of what lacks an object whose own command has failed: one mistake is told once.
    const bool misses = names_missing(step.command.arguments);
    for (const cli::Arguments::Given& given : step.command.arguments.all())
      if (is_name(given.parameter->name)) missing_.insert(given.value.text);
    std::string what = command->run == nullptr ? "not available in this version" : complaint(err.str(), out.str());
    if (misses && what.find(" not found") != std::string::npos) return;
    // What the commands were not told, as they find it in what was typed.
    if (const std::string& detail = control_.detail(); what.find(detail) == std::string::npos) what += ": " + detail;
    faults_.push_back({step.line, cli::name_of(*step.command.command), std::move(what)});
  }

  static bool is_name(std::string_view parameter) { return parameter.ends_with("_name"); }

  /// Remembers the names in a command that was not understood.
  void miss_objects(const std::vector<std::string>& words) {
    for (const std::string& word : words) {
      const std::size_t equals = word.find('=');
      if (equals != std::string::npos && is_name(std::string_view(word).substr(0, equals)))
        missing_.insert(word.substr(equals + 1));
    }
  }

  [[nodiscard]] bool names_missing(const cli::Arguments& arguments) const {
    return std::ranges::any_of(arguments.all(), [this](const cli::Arguments::Given& given) {
      return is_name(given.parameter->name) && missing_.contains(given.value.text);
    });
  }

  static void note_debugged(std::string_view parameter, std::set<std::string>& names, const Step& step) {
    if (const cli::ArgumentValue* name = step.command.arguments.find(parameter)) names.insert(name->text);
  }

  StagedControl control_;
  InProcessStub stub_;
  cli::Resolver resolver_;
  bool unresolved_ = false;
  std::vector<Step> steps_;
  std::vector<FileFault> faults_, notes_;
  runtime::ProfileNames named_;
  std::set<std::string> missing_; // names of objects whose commands failed
};

std::string reason(int error) { return runtime::error_text(error); }

} // namespace

tl::expected<std::string, std::string> read_configuration_text(const std::string& name) {
  const UniqueFd file(::open(name.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  struct stat about{};
  if (!file || ::fstat(file.get(), &about) != 0) return tl::unexpected(reason(errno));
  if (!S_ISREG(about.st_mode)) return tl::unexpected(std::string("is not a regular file"));
  std::string text;
  std::array<char, 65536> part;
  while (true) {
    const ssize_t length = ::read(file.get(), part.data(), part.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return tl::unexpected(reason(errno));
    if (length == 0) return text;
    text.append(part.data(), static_cast<std::size_t>(length));
    if (text.size() > config_octets_max)
      return tl::unexpected(fmt::format("is longer than {} octets", config_octets_max));
  }
}

tl::expected<ReadConfiguration, std::vector<FileFault>>
read_configuration(const std::string& file, std::string_view text, const ConfigDefaults& defaults) {
  return Reader(defaults).read(file, text);
}

tl::expected<ReadConfiguration, std::vector<FileFault>> load_configuration(const std::string& file,
                                                                           const ConfigDefaults& defaults) {
  const auto text = read_configuration_text(file);
  if (!text) return tl::unexpected(std::vector{FileFault{0, {}, "cannot be read: " + text.error()}});
  return read_configuration(file, *text, defaults);
}

std::string fault_text(std::string_view file, const FileFault& fault) {
  std::string text(file);
  if (fault.line != 0) text += fmt::format(":{}", fault.line);
  if (!fault.command.empty()) text += ": " + fault.command;
  std::string what;
  runtime::append_printable(what, fault.what, 512);
  return text + ": " + what;
}

} // namespace openl2tp::daemon
