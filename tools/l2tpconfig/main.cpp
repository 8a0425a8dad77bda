// Options, then one command line from the remaining words. The daemon is looked for when a command first needs it.
#include <getopt.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/tokeniser.hpp"
#include "tools/rpc/client.hpp"

namespace openl2tp::cli {
namespace {

/// Connects when the first call is made, so that a mistyped command is told without a daemon.
class LazyClient final : public rpc::Stub {
 public:
  explicit LazyClient(rpc::ClientOptions options) : options_(std::move(options)) {}

 private:
  tl::expected<void, std::string> call_raw(rpcproc_t procedure, xdrproc_t encode_argument, void* argument,
                                           xdrproc_t decode_result, void* result) override {
    if (!client_) {
      auto client = rpc::Client::connect(options_);
      if (!client) return tl::unexpected(std::move(client.error()));
      client_.emplace(std::move(*client));
    }
    return client_->call_raw(procedure, encode_argument, argument, decode_result, result);
  }

  rpc::ClientOptions options_;
  std::optional<rpc::Client> client_;
};

void print_usage(std::ostream& out) {
  out << "Usage: l2tpconfig [-q] [-t] [-R host] command [parameter=value ...]\n"
         "  -q, --quiet        print no confirmations\n"
         "  -t, --tcp          talk to the daemon over TCP instead of UDP\n"
         "  -R, --remote host  manage the daemon on that host\n"
         "  -h, --help         print this text\n"
         "      --version      print the version\n"
         "\nCommands (words and parameter names may be abbreviated):\n";
  for (const Command& command : command_table()) {
    if (command.run == nullptr) continue;
    std::string words;
    for (const std::string_view word : command.words)
      words += std::string(word) + ' ';
    words.resize(std::max<std::size_t>(words.size(), 28), ' ');
    out << "  " << words << command.help << '\n';
  }
}

int run(int argc, char** argv) {
  const option long_options[] = {{"quiet", no_argument, nullptr, 'q'},        {"tcp", no_argument, nullptr, 't'},
                                 {"remote", required_argument, nullptr, 'R'}, {"help", no_argument, nullptr, 'h'},
                                 {"version", no_argument, nullptr, 'V'},      {nullptr, 0, nullptr, 0}};
  rpc::ClientOptions options;
  bool quiet = false;
  // + : options end at the first command word.
  for (int letter = 0; (letter = getopt_long(argc, argv, "+qtR:h", long_options, nullptr)) != -1;) {
    switch (letter) {
    case 'q': quiet = true; break;
    case 't': options.protocol = rpc::Protocol::tcp; break;
    case 'R': options.host = optarg; break;
    case 'h': print_usage(std::cout); return 0;
    case 'V': std::cout << "l2tpconfig " OPENL2TP_VERSION "\n"; return 0;
    default: std::cerr << "Try 'l2tpconfig --help'.\n"; return static_cast<int>(Status::usage);
    }
  }
  std::vector<std::string> words(argv + optind, argv + argc);
  if (words.empty()) {
    std::cerr << "l2tpconfig: interactive mode is not available in this version; try 'l2tpconfig --help'\n";
    return static_cast<int>(Status::usage);
  }
  // One word may be a whole line: l2tpconfig "tunnel list".
  if (words.size() == 1) {
    auto tokens = tokenise(words.front());
    if (!tokens) {
      std::cout << "Incomplete command\n";
      return static_cast<int>(Status::usage);
    }
    words = std::move(*tokens);
  }
  LazyClient client(options);
  Context context{.stub = client, .host = options.host, .out = std::cout, .err = std::cerr, .quiet = quiet};
  const Status status = run_command(context, words);
  std::cout.flush();
  if (!std::cout && status == Status::done) return static_cast<int>(Status::failed);
  return static_cast<int>(status);
}

} // namespace
} // namespace openl2tp::cli

int main(int argc, char** argv) { return openl2tp::cli::run(argc, argv); }
