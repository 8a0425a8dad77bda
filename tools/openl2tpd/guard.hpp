// A thread beside everything else, which answers for the end: it hears SIGTERM and SIGINT even while the main thread is
// held up, names calls into plugins that do not return while they do not, and ends the process when a stop takes too
// long. It never calls a plugin and waits for nobody.
#pragma once

#include <atomic>
#include <chrono>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include <tl/expected.hpp>

#include "runtime/plugin/hung_calls.hpp"
#include "runtime/trace/log.hpp"
#include "tools/openl2tpd/unique_fd.hpp"

namespace openl2tp::daemon {

/// Exit status of a stop that took too long.
inline constexpr int stop_cut_short = 3;

class Guard {
 public:
  struct Settings {
    std::chrono::seconds stop_limit{12}; // when a plugin holds the stop up; ten times that in any case
    std::function<void()> last;          // before the process is ended without a return to main; on the guard's thread
  };

  /// SIGTERM and SIGINT are blocked in every thread. `log` outlives it.
  [[nodiscard]] static tl::expected<std::unique_ptr<Guard>, std::string> start(Settings settings, runtime::Log& log);
  ~Guard(); // nothing is guarded any more
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  /// Readable from the first signal on.
  [[nodiscard]] int asked_to_stop() const noexcept { return asked_.get(); }
  /// The stop has begun, whoever asked for it; its time runs. Any thread; the first call counts.
  void begin_stop() noexcept;

  /// Ends the process with this status after naming what hangs in plugins, past the log's queue.
  [[noreturn]] void end(int status, const std::string& why) noexcept;

 private:
  Guard(Settings settings, runtime::Log& log, UniqueFd signals, UniqueFd asked, UniqueFd wake);
  void run() noexcept;
  void take_signal() noexcept;
  void judge_stop(std::chrono::steady_clock::time_point now) noexcept;

  const Settings settings_;
  runtime::Log& log_;
  runtime::HungCalls hung_;
  const UniqueFd signals_, asked_, wake_;
  static constexpr std::chrono::steady_clock::time_point not_begun = std::chrono::steady_clock::time_point::max();
  std::atomic<std::chrono::steady_clock::time_point> begun_{not_begun}; // the stop
  std::thread thread_;
};

} // namespace openl2tp::daemon
