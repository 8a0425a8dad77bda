// What a service manager such as systemd hears of the daemon, sd_notify(3): lines of text in a datagram to the socket
// that NOTIFY_SOCKET names. No library is needed for that, so that a package depends on none. Without the variable
// nothing is said. One thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "tools/openl2tpd/unique_fd.hpp"

namespace openl2tp::daemon {

class ServiceManager {
 public:
  ServiceManager() = default; // nobody listens
  /// Whoever the environment names. Takes the variables out of it: programs that plugins start do not speak for the
  /// daemon. Call it before there is a second thread or process.
  [[nodiscard]] static ServiceManager from_environment();

  [[nodiscard]] bool listens() const noexcept { return static_cast<bool>(socket_); }
  /// How often alive() is to be called at least; nullopt: there is no watchdog.
  [[nodiscard]] std::optional<std::chrono::milliseconds> watchdog() const noexcept { return watchdog_; }

  void ready(std::string_view status) { tell("READY=1", status); }
  /// A reload begins; ready() ends it, with what came of it.
  void reloading();
  void stopping(std::string_view status) { tell("STOPPING=1", status); }
  /// Only the line that systemctl shows; nothing is sent when it is the same as before.
  void status(std::string_view status);
  void alive() { send("WATCHDOG=1"); }

 private:
  void tell(std::string_view state, std::string_view status);
  void send(std::string_view text) const noexcept;

  UniqueFd socket_; // connected
  std::optional<std::chrono::milliseconds> watchdog_;
  std::string status_;
};

} // namespace openl2tp::daemon
