// Options, then one command line from the remaining words, or lines from a person. The daemon is looked for when a
// command first needs it.
#include <getopt.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "tools/l2tpconfig/completion.hpp"
#include "tools/l2tpconfig/interactive.hpp"
#include "tools/rpc/client.hpp"

namespace openl2tp::cli {
namespace {

/// Connects when the first call is made, so that a mistyped command is told without a daemon.
class LazyClient final : public rpc::Stub {
 public:
  explicit LazyClient(rpc::ClientOptions options) : options_(std::move(options)) {}

  void connect_to(const std::string& host) {
    options_.host = host;
    client_.reset();
  }

 private:
  tl::expected<void, std::string> call_raw(rpcproc_t procedure, xdrproc_t encode_argument, void* argument,
                                           xdrproc_t decode_result, void* result) override {
    if (!client_) {
      auto client = rpc::Client::connect(options_);
      if (!client) return tl::unexpected(std::move(client.error()));
      client_.emplace(std::move(*client));
    }
    auto done = client_->call_raw(procedure, encode_argument, argument, decode_result, result);
    // A daemon that was restarted listens elsewhere: interactive mode finds it with its next command.
    if (!done) client_.reset();
    return done;
  }

  rpc::ClientOptions options_;
  std::optional<rpc::Client> client_;
};

/// A line on the terminal that says how far a long command is; shown after a second, gone in the end.
class ProgressLine {
 public:
  void operator()(std::size_t done, std::size_t total) {
    const auto now = Clock::now();
    if (now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    std::cerr << '\r' << done;
    if (total != 0) std::cerr << " of " << total;
    std::cerr << "\033[K" << std::flush;
    shown_ = true;
  }
  void clear() {
    if (shown_) std::cerr << "\r\033[K" << std::flush;
    shown_ = false;
  }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point next_ = Clock::now() + std::chrono::seconds(1);
  bool shown_ = false;
};

void print_usage(std::ostream& out) {
  out << "Usage: l2tpconfig [-q] [-t] [-R host] [--json] [--secrets] [command [parameter=value ...]]\n"
         "  -q, --quiet        print no confirmations\n"
         "  -t, --tcp          talk to the daemon over TCP instead of UDP\n"
         "  -R, --remote host  manage the daemon on that host\n"
         "      --json         show and list print JSON\n"
         "      --secrets      show, list and config save print secrets\n"
         "      --complete line  print what may stand at the end of a line\n"
         "  -h, --help         print this text\n"
         "      --version      print the version\n"
         "\nCommands (words and parameter names may be abbreviated; none: lines from the terminal or standard "
         "input):\n";
  for (const Command& command : command_table()) {
    std::string words = name_of(command);
    words.resize(std::max<std::size_t>(words.size() + 1, 28), ' ');
    out << "  " << words << command.help << '\n';
  }
}

struct Options {
  rpc::ClientOptions client;
  bool quiet = false, json = false, secrets = false;
  std::optional<std::string> to_complete;
};

/// @return the exit status when there is nothing more to do.
std::optional<int> parse_options(int argc, char** argv, Options& options) {
  enum Long : int { version = 256, json, secrets, complete };
  const option long_options[] = {{"quiet", no_argument, nullptr, 'q'},
                                 {"tcp", no_argument, nullptr, 't'},
                                 {"remote", required_argument, nullptr, 'R'},
                                 {"json", no_argument, nullptr, json},
                                 {"secrets", no_argument, nullptr, secrets},
                                 {"complete", required_argument, nullptr, complete},
                                 {"help", no_argument, nullptr, 'h'},
                                 {"version", no_argument, nullptr, version},
                                 {nullptr, 0, nullptr, 0}};
  // No word of a command begins with a dash, so options may stand anywhere.
  for (int letter = 0; (letter = getopt_long(argc, argv, "qtR:h", long_options, nullptr)) != -1;) {
    switch (letter) {
    case 'q': options.quiet = true; break;
    case 't': options.client.protocol = rpc::Protocol::tcp; break;
    case 'R': options.client.host = optarg; break;
    case json: options.json = true; break;
    case secrets: options.secrets = true; break;
    case complete: options.to_complete = optarg; break;
    case 'h': print_usage(std::cout); return 0;
    case version: std::cout << "l2tpconfig " OPENL2TP_VERSION "\n"; return 0;
    default: std::cerr << "Try 'l2tpconfig --help'.\n"; return static_cast<int>(Status::usage);
    }
  }
  return std::nullopt;
}

void print_completion(Context& context, const std::string& line) {
  const Completion completion =
      complete(line, [&](const Command& command, std::string_view parameter, std::span<const std::string> words) {
        return object_names(context, command, parameter, words);
      });
  for (const Candidate& candidate : completion.candidates)
    context.out << candidate.text << '\n';
}

int run(int argc, char** argv) {
  Options options;
  if (const auto status = parse_options(argc, argv, options)) return *status;
  LazyClient client(options.client);
  Context context{.stub = client,
                  .host = options.client.host,
                  .out = std::cout,
                  .err = std::cerr,
                  .quiet = options.quiet,
                  .json = options.json,
                  .secrets = options.secrets};
  context.out_is_terminal = isatty(STDOUT_FILENO) != 0;
  context.connect_to = [&client](const std::string& host) { client.connect_to(host); };
  if (options.to_complete) {
    print_completion(context, *options.to_complete);
    return 0;
  }
  const std::vector<std::string> words(argv + optind, argv + argc);
  if (words.empty()) {
    return static_cast<int>(isatty(STDIN_FILENO) != 0 ? run_interactive(context) : run_lines(context));
  }
  ProgressLine progress;
  if (isatty(STDERR_FILENO) != 0) context.progress = std::ref(progress);
  // One word may be a whole line: l2tpconfig "tunnel list".
  const Status status = words.size() == 1 ? run_line(context, words.front()) : run_command(context, words);
  progress.clear();
  std::cout.flush();
  if (!std::cout && status == Status::done) return static_cast<int>(Status::failed);
  return static_cast<int>(status);
}

} // namespace
} // namespace openl2tp::cli

int main(int argc, char** argv) { return openl2tp::cli::run(argc, argv); }
