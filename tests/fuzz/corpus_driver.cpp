// Runs a fuzz target over the files of its corpus, where the build has no libFuzzer: corpora are ordinary tests then.
// usage: fuzz_NAME [-ignored...] FOLDER...
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include <unistd.h>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

char current_input[4096] = "(none)";

// Names the input at fault and ends with an ordinary failure, which a test that expects failure can tell from a crash
// of the harness.
void report_and_exit(int) {
  constexpr char text[] = "failing input: ";
  static_cast<void>(!write(STDERR_FILENO, text, sizeof text - 1));
  static_cast<void>(!write(STDERR_FILENO, current_input, std::strlen(current_input)));
  static_cast<void>(!write(STDERR_FILENO, "\n", 1));
  _exit(1);
}

bool run_file(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return false;
  }
  const std::vector<char> octets{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  std::snprintf(current_input, sizeof current_input, "%s", path.c_str());
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(octets.data()), octets.size());
  return true;
}

} // namespace

int main(int argc, char** argv) {
  std::signal(SIGABRT, report_and_exit);
  unsigned long ran = 0;
  for (int i = 1; i < argc; ++i) {
    if (argv[i][0] == '-') continue;
    std::error_code error;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(argv[i], error)) {
      if (!entry.is_regular_file()) continue;
      if (!run_file(entry.path())) return 1;
      ++ran;
    }
    if (error) {
      std::fprintf(stderr, "%s: %s\n", argv[i], error.message().c_str());
      return 1;
    }
  }
  std::printf("%lu inputs\n", ran);
  return ran == 0 ? 1 : 0;
}
