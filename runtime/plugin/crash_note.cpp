#include "runtime/plugin/crash_note.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstring>
#include <string_view>

namespace openl2tp::runtime {

thread_local const char* InsidePlugin::current_plugin = nullptr;
thread_local const char* InsidePlugin::current_function = nullptr;

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
  std::array<char, 256> text_{};
  std::size_t length_ = 0;
};

void on_fault(int signal) {
  Line line;
  if (note_is_syslog) {
    line.add("<");
    line.add(static_cast<unsigned>(LOG_DAEMON | LOG_CRIT));
    line.add(">");
  }
  line.add("openl2tpd: signal ");
  line.add(static_cast<unsigned>(signal));
  if (InsidePlugin::current_plugin != nullptr) {
    line.add(" inside plugin ");
    line.add(InsidePlugin::current_plugin);
    line.add(", function ");
    line.add(InsidePlugin::current_function);
    line.add(": the plugin's fault, most likely");
  } else {
    line.add(" outside of any plugin");
  }
  if (!note_is_syslog) line.add("\n");
  line.send(note_fd);
  ::raise(signal); // SA_RESETHAND: now it ends the process as it would have
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
}

} // namespace openl2tp::runtime
