#include "tests/daemon_sim/run.hpp"

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <unistd.h>

#include <fmt/format.h>

namespace openl2tp::daemon_sim {

namespace {

volatile std::uint64_t running_seed = 0;
volatile unsigned running_steps = 0;

/// The files that LNS read; gone with the process.
class OwnFiles {
 public:
  OwnFiles() : folder_(std::filesystem::temp_directory_path() / fmt::format("daemon_sim_{}", ::getpid())) {
    std::filesystem::create_directories(folder_);
    std::ofstream secrets(folder_ / "secrets");
    for (int user = 0; user < 5; ++user)
      secrets << "user" << user << " * word *\n";
    secrets << "user5 * word 10.64.1.5\n"; // an address of their own
    std::ofstream(folder_ / "configuration") << "pool callers 10.64.0.10-10.64.0.17\n";
  }
  ~OwnFiles() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  OwnFiles(const OwnFiles&) = delete;
  OwnFiles& operator=(const OwnFiles&) = delete;
  [[nodiscard]] Files files() const {
    return {.secrets = folder_ / "secrets", .configuration = folder_ / "configuration"};
  }

 private:
  std::filesystem::path folder_;
};

} // namespace

std::optional<std::string> run_seed(const RunOptions& options, Tally& tally) {
  static const OwnFiles own;
  running_seed = options.seed;
  running_steps = options.steps;
  World world(options, own.files(), tally);
  auto failure = world.run();
  if (!failure) return std::nullopt;
  return fmt::format("{}\nseed {}: run it again with  daemon_sim --seed {} --steps {} --verbose", *failure,
                     options.seed, options.seed, options.steps);
}

std::string describe(const Tally& tally) {
  return fmt::format("{} seeds, {} steps, {} turns, {} datagrams, {} kills, {} users up when the good time began",
                     tally.seeds, tally.steps, tally.turns, tally.datagrams, tally.kills, tally.ppp_up);
}

// Nothing here allocates: it runs in a signal's handler.
void report_seed_and_exit(int signal) {
  std::array<char, 160> line{};
  const auto result = fmt::format_to_n(
      line.data(), line.size(), "signal {} in seed {}: run it again with  daemon_sim --seed {} --steps {}\n", signal,
      std::uint64_t{running_seed}, std::uint64_t{running_seed}, unsigned{running_steps});
  static_cast<void>(!::write(STDERR_FILENO, line.data(), std::min(result.size, line.size())));
  ::_exit(1);
}

} // namespace openl2tp::daemon_sim
