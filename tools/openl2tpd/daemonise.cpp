#include "tools/openl2tpd/daemonise.hpp"
#include "runtime/descriptors.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include <fmt/format.h>

namespace openl2tp::daemon {

namespace {

constexpr char success = '+'; // first octet of a report; anything else is the text of a failure

std::string reason(int error) { return runtime::error_text(error); }

void write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return; // nobody listens any more
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void point_at_null(int fd) {
  const UniqueFd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (null) ::dup2(null.get(), fd);
}

/// The first process: relays the report and ends. Uses nothing that the child might also flush or run at exit.
[[noreturn]] void wait_for_report(UniqueFd pipe, pid_t child) {
  std::string report;
  std::array<char, 512> part;
  while (true) {
    const ssize_t length = ::read(pipe.get(), part.data(), part.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    report.append(part.data(), static_cast<std::size_t>(length));
    if (report.front() == success) ::_exit(0);
    if (report.size() > 8192) break;
  }
  if (report.empty()) {
    int status = 0;
    while (::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    report = WIFSIGNALED(status) ? fmt::format("openl2tpd: died at start by signal {}\n", WTERMSIG(status))
                                 : fmt::format("openl2tpd: ended at start with status {}\n", WEXITSTATUS(status));
  }
  write_all(STDERR_FILENO, report);
  ::_exit(1);
}

} // namespace

void StartReport::succeed() {
  if (!pipe_) return;
  point_at_null(STDERR_FILENO);
  write_all(pipe_.get(), {&success, 1});
  pipe_.close();
}

void StartReport::fail(std::string_view line) {
  const std::string text = fmt::format("openl2tpd: {}\n", line);
  write_all(pipe_ ? pipe_.get() : STDERR_FILENO, text);
  pipe_.close();
}

tl::expected<StartReport, std::string> daemonise() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return tl::unexpected(fmt::format("cannot make a pipe: {}", reason(errno)));
  UniqueFd reading(ends[0]), writing(ends[1]);

  const pid_t child = ::fork();
  if (child < 0) return tl::unexpected(fmt::format("cannot fork: {}", reason(errno)));
  if (child > 0) {
    writing.close();
    // The terminal's interrupt ends the wait (the daemon, in its own session, does not get it).
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    wait_for_report(std::move(reading), child);
  }

  reading.close();
  std::signal(SIGPIPE,
              SIG_IGN); // NOLINT(concurrency-mt-unsafe): one thread; the first process may have gone before the report
  ::setsid();
  if (::chdir("/") != 0) return tl::unexpected(fmt::format("cannot change to /: {}", reason(errno)));
  ::umask(022);
  point_at_null(STDIN_FILENO);
  point_at_null(STDOUT_FILENO);
  // Standard error stays with the caller until succeed(): sanitizers and libraries may still have something to say.
  return StartReport(std::move(writing));
}

} // namespace openl2tp::daemon
