#include "runtime/process/spawner.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "runtime/descriptors.hpp"
#include "runtime/process/child_request.hpp"
#include "runtime/process/spawner_process.hpp"

namespace openl2tp::runtime {

namespace {

constexpr char ready = '+';

/// Never one of the standard three, which the helper and its children have other plans for.
UniqueFd above_standard(int fd) {
  if (fd > STDERR_FILENO) return UniqueFd(fd);
  UniqueFd low(fd);
  return UniqueFd(::fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1));
}

} // namespace

tl::expected<Spawner, std::string> Spawner::start(const SpawnerOptions& options) {
  const auto fail = [](const char* what) {
    return tl::unexpected(fmt::format("cannot make the process that starts programs: {}: {}", what, error_text(errno)));
  };
  std::vector<UniqueFd> ours, theirs;
  for (std::size_t i = 0; i < options.channels; ++i) {
    int ends[2];
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) return fail("socketpair");
    // Room for at least one start of the greatest size.
    constexpr int buffer = 4 * static_cast<int>(start_octets_max);
    (void)::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
    ours.push_back(above_standard(ends[0]));
    theirs.push_back(above_standard(ends[1]));
    if (!ours.back() || !theirs.back()) return fail("fcntl");
  }
  int ends[2]; // on which the helper says that it is ready, or why not
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail("pipe");
  UniqueFd hears(ends[0]), says(ends[1]);
  // The helper takes no signal, from its first moment on.
  sigset_t all, before;
  sigfillset(&all);
  (void)::pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t process = ::fork();
  if (process == 0) {
    const std::string failure = options.confine ? options.confine() : std::string();
    const std::string_view word = failure.empty() ? std::string_view(&ready, 1) : failure;
    if (::write(says.get(), word.data(), word.size()) < 0 || !failure.empty()) ::_exit(EXIT_FAILURE);
    run_spawner(std::move(theirs), options.grace);
  }
  const int fault = errno;
  (void)::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = fault;
  if (process < 0) return fail("fork");
  says.reset();
  std::string word;
  char part[256];
  for (ssize_t length = 0; word.empty() || word.front() != ready;) {
    length = ::read(hears.get(), part, sizeof part);
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) break;
    word.append(part, static_cast<std::size_t>(length));
  }
  if (word.empty() || word.front() != ready) {
    ::waitpid(process, nullptr, 0);
    return tl::unexpected("cannot make the process that starts programs: " + (word.empty() ? "it died" : word));
  }
  UniqueFd handle(static_cast<int>(::syscall(SYS_pidfd_open, process, 0)));
  return Spawner(process, std::move(ours), std::move(handle));
}

Spawner::Spawner(Spawner&& other) noexcept
    : process_(std::exchange(other.process_, -1)), channels_(std::move(other.channels_)),
      handle_(std::move(other.handle_)) {}

Spawner::~Spawner() {
  channels_.clear();
  reap();
}

void Spawner::reap() noexcept {
  if (process_ > 0 && ::waitpid(process_, nullptr, WNOHANG) != 0) process_ = -1;
}

bool Spawner::finish(std::chrono::milliseconds patience) {
  channels_.clear();
  if (process_ > 0 && handle_) {
    const auto end = std::chrono::steady_clock::now() + patience;
    pollfd watched{handle_.get(), POLLIN, 0};
    int left = static_cast<int>(patience.count());
    while (::poll(&watched, 1, left) < 0 && errno == EINTR) {
      const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
      left = rest.count() > 0 ? static_cast<int>(rest.count()) : 0;
    }
  }
  reap();
  return process_ < 0;
}

} // namespace openl2tp::runtime
