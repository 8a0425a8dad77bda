#include "tools/openl2tpd/service_manager.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include <fmt/format.h>

namespace openl2tp::daemon {

namespace {

/// The value of a variable, which is then gone.
std::string take_variable(const char* name) {
  const char* const value = std::getenv(name); // NOLINT(concurrency-mt-unsafe): the only thread
  std::string text = value == nullptr ? "" : value;
  ::unsetenv(name); // NOLINT(concurrency-mt-unsafe)
  return text;
}

std::optional<std::uint64_t> number_in(const std::string& text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "/path" or "@abstract"; an empty descriptor for anything else.
UniqueFd connect_to(const std::string& name) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (name.size() < 2 || (name[0] != '/' && name[0] != '@') || name.size() >= sizeof address.sun_path) return {};
  std::memcpy(address.sun_path, name.data(), name.size());
  if (name[0] == '@') address.sun_path[0] = '\0';
  UniqueFd socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name.size());
  if (!socket || ::connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), length) != 0) return {};
  return socket;
}

} // namespace

ServiceManager ServiceManager::from_environment() {
  ServiceManager manager;
  const std::string socket = take_variable("NOTIFY_SOCKET");
  const auto microseconds = number_in(take_variable("WATCHDOG_USEC"));
  const auto process = number_in(take_variable("WATCHDOG_PID"));
  manager.socket_ = connect_to(socket);
  const bool ours = !process || *process == static_cast<std::uint64_t>(::getpid());
  // Three times in the time that it has: one may come late.
  if (manager.socket_ && ours && microseconds && *microseconds >= 3'000)
    manager.watchdog_ = std::chrono::milliseconds(*microseconds / 3'000);
  return manager;
}

void ServiceManager::reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  send(fmt::format("RELOADING=1\nMONOTONIC_USEC={}",
                   static_cast<std::int64_t>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1'000));
}

void ServiceManager::status(std::string_view status) {
  if (status == status_) return;
  status_ = status;
  send(fmt::format("STATUS={}", status));
}

void ServiceManager::tell(std::string_view state, std::string_view status) {
  status_ = status;
  send(fmt::format("{}\nSTATUS={}", state, status));
}

// A manager that does not read loses a line; the daemon does not wait for it.
void ServiceManager::send(std::string_view text) const noexcept {
  if (socket_) static_cast<void>(::send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

} // namespace openl2tp::daemon
