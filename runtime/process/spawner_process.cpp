#include "runtime/process/spawner_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>

#include "runtime/process/child_request.hpp"
#include "runtime/process/child_setup.hpp"

namespace openl2tp::runtime {

namespace {

using Time = std::chrono::steady_clock::time_point;

constexpr int messages_a_turn = 64; // of one channel, before the others have theirs

/// Memory that children share with the helper until execve: where they leave why they could not start.
class FailureBoard {
 public:
  FailureBoard()
      : cells_(static_cast<int*>(::mmap(nullptr, spawner_children_max * sizeof(int), PROT_READ | PROT_WRITE,
                                        MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
    if (cells_ == MAP_FAILED) ::_exit(EXIT_FAILURE);
  }

  /// A cell that says 0.
  [[nodiscard]] std::optional<std::size_t> take() {
    std::size_t cell = used_;
    if (!free_.empty()) {
      cell = free_.back();
      free_.pop_back();
    } else if (used_ == spawner_children_max) {
      return std::nullopt;
    } else {
      ++used_;
    }
    cells_[cell] = 0;
    return cell;
  }
  [[nodiscard]] int& operator[](std::size_t cell) noexcept { return cells_[cell]; }
  void give_back(std::size_t cell) { free_.push_back(cell); }

 private:
  int* cells_;
  std::size_t used_ = 0;
  std::vector<std::size_t> free_;
};

class Helper {
 public:
  Helper(std::vector<UniqueFd> channels, std::chrono::milliseconds grace, int signals)
      : grace_(grace), signals_(signals) {
    for (UniqueFd& fd : channels)
      channels_.push_back({.fd = std::move(fd), .reports = {}, .children = {}});
  }

  void serve() {
    while (!children_.empty() || std::ranges::any_of(channels_, [](const Channel& c) { return bool(c.fd); })) {
      wait();
      reap_all();
      for (std::size_t i = 0; i < channels_.size(); ++i)
        if (channels_[i].fd) hear(i);
      kill_late_ones();
      for (std::size_t i = 0; i < channels_.size(); ++i)
        tell(i);
    }
  }

 private:
  struct Channel {
    UniqueFd fd;                     // empty once its shard is gone
    std::deque<ChildReport> reports; // at most two a child
    std::unordered_map<ChildId, pid_t> children;
  };
  struct Child {
    std::size_t channel;
    ChildId id;
    std::size_t cell;  // of the failure board
    bool left = false; // nobody waits for it
    Time kill_at = Time::max();
  };

  void wait() {
    std::vector<pollfd> watched{{signals_, POLLIN, 0}};
    for (const Channel& channel : channels_)
      watched.push_back({channel.fd ? channel.fd.get() : -1,
                         static_cast<short>(channel.reports.empty() ? POLLIN : POLLIN | POLLOUT), 0});
    int timeout = -1;
    if (!deadlines_.empty()) {
      using std::chrono::milliseconds;
      const auto left = deadlines_.begin()->first - std::chrono::steady_clock::now();
      const auto rounded = std::chrono::ceil<milliseconds>(left).count();
      timeout = static_cast<int>(std::clamp<milliseconds::rep>(rounded, 0, 3'600'000));
    }
    (void)::poll(watched.data(), watched.size(), timeout);
    signalfd_siginfo ignored;
    while (::read(signals_, &ignored, sizeof ignored) > 0) {
    }
  }

  // ---- from the shards ----

  void hear(std::size_t index) {
    for (int i = 0; i < messages_a_turn; ++i) {
      std::array<int, child_fds_max> fds{};
      alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof fds)> control{};
      iovec octets{buffer_.data(), buffer_.size()};
      msghdr message{};
      message.msg_iov = &octets;
      message.msg_iovlen = 1;
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      const ssize_t length = ::recvmsg(channels_[index].fd.get(), &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
      if (length < 0) {
        if (errno == EINTR) continue;
        if (errno != EAGAIN) lose(index);
        return;
      }
      if (length == 0) return lose(index);
      std::size_t count = 0;
      for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr; part = CMSG_NXTHDR(&message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
        count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        std::memcpy(fds.data(), CMSG_DATA(part), count * sizeof(int));
      }
      const std::span<std::byte> request(buffer_.data(), static_cast<std::size_t>(length));
      handle(index, request, {fds.data(), count});
      for (const int fd : std::span(fds.data(), count))
        ::close(fd);
      ::explicit_bzero(request.data(), request.size()); // an environment may hold secrets
    }
  }

  void handle(std::size_t index, std::span<std::byte> message, std::span<const int> fds) {
    ChildRequest request;
    if (message.size() < sizeof request) return;
    std::memcpy(&request, message.data(), sizeof request);
    Channel& channel = channels_[index];
    const auto known = channel.children.find(request.child);
    if (request.kind == RequestKind::start) {
      if (known == channel.children.end()) start(index, request.child, message, fds);
    } else if (known == channel.children.end() || message.size() != sizeof request) {
      return; // it has ended, and the report is on its way
    } else if (request.kind == RequestKind::signal) {
      if (request.number > 0 && request.number < NSIG) ::kill(known->second, static_cast<int>(request.number));
    } else if (request.kind == RequestKind::leave) {
      end_child(known->second, std::chrono::milliseconds(request.number));
    }
  }

  void start(std::size_t index, ChildId id, std::span<std::byte> message, std::span<const int> fds) {
    const auto report = [&](ReportKind kind, int status) {
      channels_[index].reports.push_back({.kind = kind, .status = status, .child = id});
    };
    const auto decoded = decode_start(message, fds.size());
    if (!decoded) return report(ReportKind::ended, -decoded.error());
    const auto cell = board_.take();
    if (!cell) return report(ReportKind::ended, -EAGAIN);
    const pid_t helper = ::getpid();
    const pid_t process = ::fork();
    if (process == 0) {
      board_[*cell] = become_program(*decoded, fds, helper);
      ::_exit(127);
    }
    if (process < 0) {
      report(ReportKind::ended, -errno);
      return board_.give_back(*cell);
    }
    children_.emplace(process, Child{.channel = index, .id = id, .cell = *cell});
    channels_[index].children.emplace(id, process);
    report(ReportKind::started, 0);
  }

  /// The shard has stopped, or the daemon is gone.
  void lose(std::size_t index) {
    Channel& channel = channels_[index];
    channel.fd.reset();
    channel.reports.clear();
    for (const auto& [id, process] : channel.children)
      end_child(process, grace_);
  }

  // ---- the children ----

  void end_child(pid_t process, std::chrono::milliseconds grace) {
    Child& child = children_.at(process);
    if (!child.left) ::kill(process, SIGTERM);
    child.left = true;
    const Time kill_at = std::chrono::steady_clock::now() + grace;
    if (kill_at >= child.kill_at) return;
    forget_deadline(process, child);
    child.kill_at = kill_at;
    deadlines_.emplace(kill_at, process);
  }

  void forget_deadline(pid_t process, const Child& child) {
    const auto [begin, end] = deadlines_.equal_range(child.kill_at);
    const auto found = std::find_if(begin, end, [&](const auto& entry) { return entry.second == process; });
    if (found != end) deadlines_.erase(found);
  }

  void kill_late_ones() {
    const Time now = std::chrono::steady_clock::now();
    while (!deadlines_.empty() && deadlines_.begin()->first <= now) {
      const pid_t process = deadlines_.begin()->second;
      deadlines_.erase(deadlines_.begin());
      ::kill(-process, SIGKILL); // with what it started in its group
      ::kill(process, SIGKILL);  // it may have left it
    }
  }

  void reap_all() {
    int status = 0;
    for (pid_t process = 0; (process = ::waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto found = children_.find(process);
      if (found == children_.end()) continue;
      const Child child = found->second;
      children_.erase(found);
      forget_deadline(process, child);
      Channel& channel = channels_[child.channel];
      channel.children.erase(child.id);
      const int failure = board_[child.cell];
      board_.give_back(child.cell);
      if (child.left) continue;
      const int told = failure != 0 ? -failure : WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
      channel.reports.push_back({.kind = ReportKind::ended, .status = told, .child = child.id});
    }
  }

  // ---- to the shards ----

  void tell(std::size_t index) {
    Channel& channel = channels_[index];
    while (channel.fd && !channel.reports.empty()) {
      if (::send(channel.fd.get(), &channel.reports.front(), sizeof(ChildReport), MSG_DONTWAIT | MSG_NOSIGNAL) < 0) {
        if (errno == EINTR) continue;
        return; // full: poll says when; gone: hear() finds out
      }
      channel.reports.pop_front();
    }
  }

  std::chrono::milliseconds grace_;
  int signals_;
  std::vector<Channel> channels_;
  std::unordered_map<pid_t, Child> children_;
  std::multimap<Time, pid_t> deadlines_; // of children that are there
  FailureBoard board_;
  std::vector<std::byte> buffer_{start_octets_max};
};

/// Nothing of the daemon's stays open but the channels.
void keep_only(std::span<const UniqueFd> channels) {
  std::vector<unsigned> kept;
  for (const UniqueFd& fd : channels)
    kept.push_back(static_cast<unsigned>(fd.get()));
  std::ranges::sort(kept);
  unsigned from = STDERR_FILENO + 1;
  for (const unsigned fd : kept) {
    if (fd > from) ::close_range(from, fd - 1, 0);
    from = fd + 1;
  }
  ::close_range(from, ~0U, 0);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int standard : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    ::dup2(null, standard);
  ::close(null);
}

} // namespace

void run_spawner(std::vector<UniqueFd> channels, std::chrono::milliseconds grace) {
  (void)::signal(SIGCHLD, SIG_DFL); // ignored, children would reap themselves
  (void)::setsid();                 // what is sent to the daemon's group or terminal is not meant for it
  (void)::chdir("/");
  (void)::prctl(PR_SET_NAME, "openl2tpd-spawn");
  (void)::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
  keep_only(channels);
  sigset_t children;
  sigemptyset(&children);
  sigaddset(&children, SIGCHLD);
  const int signals = ::signalfd(-1, &children, SFD_CLOEXEC | SFD_NONBLOCK);
  if (signals < 0) ::_exit(EXIT_FAILURE);
  Helper(std::move(channels), grace, signals).serve();
  ::_exit(EXIT_SUCCESS);
}

} // namespace openl2tp::runtime
