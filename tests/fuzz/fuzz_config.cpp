// The command language as files: what is understood is saved, and what is saved comes back; what is not names its line.
// The first octet picks the dialect: even for openl2tpd.conf, odd for saved configurations.
#include <netdb.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <sstream>
#include <string>
#include <string_view>

#include <spdlog/spdlog.h>

#include "tests/fuzz/check.hpp"
#include "tests/unit/tools/openl2tpd/model_control.hpp"
#include "tools/l2tpconfig/commands.hpp"
#include "tools/l2tpconfig/script.hpp"
#include "tools/openl2tpd/config_reader.hpp"
#include "tools/openl2tpd/in_process.hpp"
#include "tools/openl2tpd/reconciler.hpp"

/// In place of the resolver: a fuzzer asks no name server.
extern "C" int getaddrinfo(const char*, const char*, const addrinfo*, addrinfo**) { return EAI_NONAME; }

namespace {

using namespace openl2tp;
using daemon::testing::ModelControl;

constexpr std::string_view file = "FILE";

std::size_t lines_of(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '\n')) + 1; }

/// A daemon in memory, and l2tpconfig that talks to it.
struct Daemon {
  ModelControl control;
  daemon::InProcessStub stub{control};
  std::ostringstream out, err;
  cli::Context context{.stub = stub, .host = "localhost", .out = out, .err = err, .quiet = true, .secrets = true};

  std::string saved() {
    static const std::vector<std::string> save = {"config", "save"};
    out.str("");
    FUZZ_CHECK(cli::run_command(context, save) == cli::Status::done);
    return out.str();
  }
};

/// A saved configuration that is not understood names its line in the last words about it. It is not run: it may save
/// files.
void check_saved(std::string_view text) {
  Daemon daemon;
  const cli::Status status = cli::check_script(daemon.context, text, file, cli::Dialect::saved);
  const std::string err = daemon.err.str();
  if (status == cli::Status::done) {
    FUZZ_CHECK(err.empty());
    return;
  }
  const std::size_t at = err.rfind("FILE:");
  FUZZ_CHECK(at != std::string::npos);
  std::size_t line = 0;
  const char* const digits = err.data() + at + file.size() + 1;
  FUZZ_CHECK(std::from_chars(digits, err.data() + err.size(), line).ec == std::errc{});
  FUZZ_CHECK(line >= 1 && line <= lines_of(text));
}

void check_faults(const std::vector<daemon::FileFault>& faults, std::size_t lines) {
  FUZZ_CHECK(!faults.empty() && faults.size() <= daemon::config_faults_max);
  for (std::size_t i = 0; i < faults.size(); ++i) {
    FUZZ_CHECK(faults[i].line >= 1 && faults[i].line <= lines);
    FUZZ_CHECK(i == 0 || faults[i - 1].line <= faults[i].line);
    const std::string text = daemon::fault_text(file, faults[i]);
    FUZZ_CHECK(text.starts_with("FILE:") && text.find('\n') == std::string::npos);
  }
}

void check_configuration(std::string_view text) {
  const daemon::FileText commands = daemon::read_commands(text);
  for (const daemon::FileCommand& command : commands.commands)
    FUZZ_CHECK(command.line >= 1 && command.line <= lines_of(text) && !command.words.empty());
  auto read = daemon::read_configuration(std::string(file), text, {});
  if (!read) {
    check_faults(read.error(), lines_of(text));
    return;
  }
  // What a file may ask for is bounded by what the model's ids are.
  if (read->configuration.tunnels.size() > 100) return;
  Daemon first;
  daemon::Reconciler reconciler(first.control, runtime::SystemConfig{}, [](const std::string&) {});
  if (const auto applied = reconciler.apply(std::move(read->configuration)); !applied) {
    FUZZ_CHECK(applied.error().line <= lines_of(text));
    return;
  }
  const std::string saved = first.saved();
  Daemon second;
  FUZZ_CHECK(cli::run_script(second.context, saved, file, cli::Dialect::saved) == cli::Status::done);
  FUZZ_CHECK(second.saved() == saved);
  // And onto itself.
  FUZZ_CHECK(cli::run_script(second.context, saved, file, cli::Dialect::saved) == cli::Status::done);
  FUZZ_CHECK(second.saved() == saved);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  [[maybe_unused]] static const bool quiet = [] {
    spdlog::set_level(spdlog::level::off);
    return true;
  }();
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0)
    check_saved(text);
  else
    check_configuration(text);
  return 0;
}
