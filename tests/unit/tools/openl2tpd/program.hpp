// Runs the real openl2tpd of this build and collects what it says.
#pragma once

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/unit/tools/openl2tpd/scratch.hpp"

namespace openl2tp::daemon::testing {

/// A started openl2tpd. `wait` must be called.
class Program {
 public:
  /// `prepare` runs in the new process before the program; it must return true.
  explicit Program(
      std::vector<std::string> words, const std::function<bool()>& prepare = [] { return true; },
      const std::string& working_directory = "/") {
    const std::string path = (std::filesystem::read_symlink("/proc/self/exe").parent_path() / "openl2tpd").string();
    words.insert(words.begin(), path);
    std::vector<char*> arguments;
    for (std::string& word : words)
      arguments.push_back(word.data());
    arguments.push_back(nullptr);
    if (::pipe2(out_.data(), O_CLOEXEC) != 0 || ::pipe2(err_.data(), O_CLOEXEC) != 0) return;
    pid_ = ::fork();
    if (pid_ == 0) {
      ::dup2(out_[1], STDOUT_FILENO);
      ::dup2(err_[1], STDERR_FILENO);
      // Its management is found through a file of the test's own; the host's stays out of it.
      ::setenv("OPENL2TP_RPC_PORTS", scratch_.path("rpc-ports").c_str(), 1);
      if (!prepare() || ::chdir(working_directory.c_str()) != 0) ::_exit(99);
      ::execv(arguments[0], arguments.data());
      ::_exit(98);
    }
    ::close(out_[1]);
    ::close(err_[1]);
  }
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  struct Result {
    int status = -1; // exit status; -signal when a signal ended it
    std::string output, error;
  };
  /// Reads until the program and everybody it started have let go of its output, then its status.
  Result wait() {
    Result result;
    result.output = read_all(out_[0]);
    result.error = read_all(err_[0]);
    int status = 0;
    while (::waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
    result.status = WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
    return result;
  }
  /// Reads output until `part` has come; false at its end.
  bool wait_for_output(const std::string& part) {
    while (seen_.find(part) == std::string::npos)
      if (!read_some(out_[0], seen_)) return false;
    return true;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] const std::string& seen() const { return seen_; }
  /// Where it writes the ports of its management.
  [[nodiscard]] std::string ports_file() const { return scratch_.path("rpc-ports"); }

 private:
  static bool read_some(int fd, std::string& text) {
    std::array<char, 1024> part;
    ssize_t length = 0;
    while ((length = ::read(fd, part.data(), part.size())) < 0 && errno == EINTR) {
    }
    if (length > 0) text.append(part.data(), static_cast<std::size_t>(length));
    return length > 0;
  }
  static std::string read_all(int fd) {
    std::string text;
    while (read_some(fd, text)) {
    }
    ::close(fd);
    return text;
  }

  Scratch scratch_;
  std::array<int, 2> out_{-1, -1}, err_{-1, -1};
  pid_t pid_ = -1;
  std::string seen_;
};

} // namespace openl2tp::daemon::testing
