#include "runtime/plugin/crash_note.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <string_view>

#include "runtime/plugin/call_mark.hpp"
#include "runtime/plugin/host_services.hpp"

namespace openl2tp::runtime {

namespace {

int note_fd = STDERR_FILENO;
bool note_is_syslog = false;

// A line in a fixed buffer: a signal handler must not allocate.
class Line {
 public:
  void add(std::string_view text) noexcept {
    for (const char c : text)
      if (length_ < text_.size()) text_[length_++] = c;
  }
  void add(unsigned number) noexcept {
    if (number >= 10) add(number / 10);
    add(std::string_view("0123456789").substr(number % 10, 1));
  }
  void send(int fd) const noexcept {
    const ssize_t sent = ::write(fd, text_.data(), length_);
    static_cast<void>(sent); // there is nobody left to tell
  }

 private:
  std::array<char, 512> text_{};
  std::size_t length_ = 0;
};

// The mark of the calling thread, when that is inside a plugin.
const CallMark* plugin_here() noexcept {
  const CallMark* mark = CallMark::known();
  return mark != nullptr && mark->host() != nullptr ? mark : nullptr;
}

void begin(Line& line) noexcept {
  if (note_is_syslog) {
    line.add("<");
    line.add(static_cast<unsigned>(LOG_DAEMON | LOG_CRIT));
    line.add(">");
  }
  line.add("openl2tpd: ");
}

void add_place(Line& line, const CallMark& mark) noexcept {
  line.add(" inside plugin ");
  line.add(mark.host()->name());
  line.add(", function ");
  line.add(mark.function());
}

void end(Line& line) noexcept {
  if (!note_is_syslog) line.add("\n");
  line.send(note_fd);
}

void on_fault(int signal) {
  Line line;
  begin(line);
  line.add("signal ");
  line.add(static_cast<unsigned>(signal));
  if (const CallMark* mark = plugin_here()) {
    add_place(line, *mark);
    line.add(": the plugin's fault, most likely");
  } else {
    line.add(" outside of any plugin");
  }
  end(line);
  ::raise(signal); // SA_RESETHAND: now it ends the process as it would have
}

void on_process_exit(int status, void*) {
  const CallMark* mark = plugin_here();
  if (mark == nullptr) return;
  Line line;
  begin(line);
  line.add("exit(");
  if (status < 0) line.add("-");
  line.add(status < 0 ? 0U - static_cast<unsigned>(status) : static_cast<unsigned>(status));
  line.add(")");
  add_place(line, *mark);
  line.add(": a plugin must not end the daemon");
  end(line);
  ::_exit(EXIT_FAILURE); // destructors would pull away what the other threads stand on
}

} // namespace

void install_crash_note(bool to_syslog) noexcept {
  if (to_syslog) {
    const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, "/dev/log", sizeof address.sun_path - 1);
    if (fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
      note_fd = fd;
      note_is_syslog = true;
    } else if (fd >= 0) {
      ::close(fd);
    }
  }
  struct sigaction action{};
  action.sa_handler = on_fault;
  action.sa_flags = static_cast<int>(SA_RESETHAND | SA_NODEFER);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::sigaction(signal, &action, nullptr);
  renew_exit_note();
}

void leave_note(std::string_view text) noexcept {
  Line line;
  begin(line);
  line.add(text);
  end(line);
}

void renew_exit_note() noexcept { static_cast<void>(::on_exit(on_process_exit, nullptr)); }

} // namespace openl2tp::runtime
