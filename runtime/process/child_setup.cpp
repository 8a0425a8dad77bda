#include "runtime/process/child_setup.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

namespace openl2tp::runtime {

namespace {

void reset_signals() noexcept {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal)
    (void)::sigaction(signal, &action, nullptr); // KILL, STOP and the C library's own refuse
}

int place_descriptors(const DecodedStart& start, std::span<const int> fds) noexcept {
  // Everything goes at execve, but what dup2 makes below.
  if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return errno;
  // Out of the way first: a descriptor may lie where another one belongs.
  std::array<int, child_fds_max> moved{};
  for (std::size_t i = 0; i < fds.size(); ++i) {
    moved[i] = ::fcntl(fds[i], F_DUPFD_CLOEXEC, child_fd_number_max + 1);
    if (moved[i] < 0) return errno;
  }
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) return errno;
  const int null_moved = ::fcntl(null, F_DUPFD_CLOEXEC, child_fd_number_max + 1);
  if (null_moved < 0) return errno;
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (std::ranges::find(start.targets, standard) == start.targets.end() && ::dup2(null_moved, standard) < 0)
      return errno;
  for (std::size_t i = 0; i < fds.size(); ++i)
    if (::dup2(moved[i], start.targets[i]) < 0) return errno;
  return 0;
}

} // namespace

int become_program(const DecodedStart& start, std::span<const int> fds, pid_t helper) noexcept {
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return errno;
  if (::getppid() != helper) return ESRCH; // it died before it could be watched
  (void)::setsid();                        // cannot fail: a new process leads no group
  ::umask(S_IWGRP | S_IWOTH);
  if (::chdir("/") != 0) return errno;
  if (const int error = place_descriptors(start, fds); error != 0) return error;
  reset_signals();
  sigset_t none;
  sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr); // what was sent meanwhile arrives here
  ::execve(start.path, start.arguments.data(), start.environment.data());
  return errno;
}

} // namespace openl2tp::runtime
