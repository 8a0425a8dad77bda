#include "tools/openl2tpd/guard.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include "runtime/descriptors.hpp"
#include "runtime/environment.hpp"
#include "runtime/plugin/crash_note.hpp"

namespace openl2tp::daemon {

namespace {

constexpr int look_interval_ms = 250;
constexpr int patience_factor = 10; // for a stop that no plugin holds up

} // namespace

tl::expected<std::unique_ptr<Guard>, std::string> Guard::start(Settings settings, runtime::Log& log) {
  sigset_t handled;
  sigemptyset(&handled);
  sigaddset(&handled, SIGTERM);
  sigaddset(&handled, SIGINT);
  UniqueFd signals(::signalfd(-1, &handled, SFD_CLOEXEC | SFD_NONBLOCK));
  UniqueFd asked(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!signals || !asked || !wake)
    return tl::unexpected(fmt::format("cannot make a descriptor for signals: {}", runtime::error_text(errno)));
  std::unique_ptr<Guard> guard(
      new Guard(std::move(settings), log, std::move(signals), std::move(asked), std::move(wake)));
  try {
    guard->thread_ = std::thread([self = guard.get()] { self->run(); });
  } catch (const std::system_error& fault) {
    return tl::unexpected(fmt::format("cannot start the guard's thread: {}", fault.code().message()));
  }
  ::pthread_setname_np(guard->thread_.native_handle(), "guard");
  return guard;
}

Guard::Guard(Settings settings, runtime::Log& log, UniqueFd signals, UniqueFd asked, UniqueFd wake)
    : settings_(std::move(settings)), log_(log), hung_(log), signals_(std::move(signals)), asked_(std::move(asked)),
      wake_(std::move(wake)) {}

Guard::~Guard() {
  if (!thread_.joinable()) return;
  ::eventfd_write(wake_.get(), 1);
  thread_.join();
}

void Guard::begin_stop() noexcept {
  auto none = not_begun;
  begun_.compare_exchange_strong(none, std::chrono::steady_clock::now());
}

void Guard::take_signal() noexcept {
  signalfd_siginfo info{};
  if (::read(signals_.get(), &info, sizeof info) != sizeof info) return;
  if (begun_.load() != not_begun) end(EXIT_FAILURE, "a second signal: ending at once");
  log_.info(fmt::format("SIG{}: stopping", ::sigabbrev_np(static_cast<int>(info.ssi_signo))));
  begin_stop();
  ::eventfd_write(asked_.get(), 1);
}

void Guard::run() noexcept {
  while (true) {
    std::array<pollfd, 2> watched{{{wake_.get(), POLLIN, 0}, {signals_.get(), POLLIN, 0}}};
    const int ready = ::poll(watched.data(), watched.size(), look_interval_ms);
    if (ready > 0 && watched[0].revents != 0) return;
    if (ready > 0 && watched[1].revents != 0) take_signal();
    hung_.look(runtime::system_environment().now());
    judge_stop(std::chrono::steady_clock::now());
  }
}

// A stop that has much to take down goes on; one that a plugin holds up does not.
void Guard::judge_stop(std::chrono::steady_clock::time_point now) noexcept {
  const auto begun = begun_.load();
  if (begun == not_begun || now - begun < settings_.stop_limit) return;
  const protocol::TimePoint hung_since = runtime::system_environment().now() - settings_.stop_limit / 2;
  const auto hangs = [&](const runtime::PluginCall& call) { return call.since <= hung_since; };
  const auto limit = std::ranges::any_of(runtime::plugin_calls(), hangs) ? settings_.stop_limit
                                                                         : settings_.stop_limit * patience_factor;
  if (now - begun >= limit)
    end(stop_cut_short, fmt::format("the stop took longer than {} s: ending at once", limit.count()));
}

void Guard::end(int status, const std::string& why) noexcept {
  const protocol::TimePoint now = runtime::system_environment().now();
  for (const runtime::PluginCall& call : runtime::plugin_calls())
    runtime::leave_note(runtime::describe(call, now));
  runtime::leave_note(why);
  if (settings_.last) settings_.last();
  std::this_thread::sleep_for(std::chrono::milliseconds(50)); // lines that the log's own thread is about to write
  ::_exit(status);
}

} // namespace openl2tp::daemon
