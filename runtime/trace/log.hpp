// The daemon's log: lines go through a bounded queue to one writer thread, which hands them to the terminal or to
// syslog. Lines come from everywhere; what becomes a line (trace, warnings) is decided elsewhere.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

namespace openl2tp::runtime {

enum class LogLevel : std::uint8_t {
  trace, // switched on by a trace mask: always written
  debug, // written with -D only
  info,
  warning,
  error,
};

/// Where lines end up. Its functions run on the log's own thread, one at a time; they may block.
class LogSink {
 public:
  virtual ~LogSink() = default;
  virtual void write(LogLevel level, std::string_view line) = 0;
  virtual void flush() {}
};

/// Standard output with a time stamp in front of each line, flushed after each.
[[nodiscard]] std::unique_ptr<LogSink> make_terminal_sink();
/// syslog(3) under the name openl2tpd; `facility` is LOG_DAEMON or LOG_LOCAL0 to LOG_LOCAL7.
[[nodiscard]] std::unique_ptr<LogSink> make_syslog_sink(int facility);

struct LogOptions {
  bool debug = false;
  std::size_t queue_lines = 8192; // when it is full the oldest line goes, is counted, and the count becomes a line
};

/// [any thread] Starts a thread, so it is made after daemonising. Destroying it writes what is queued.
class Log {
 public:
  Log(std::unique_ptr<LogSink> sink, LogOptions options = {});
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  /// Queues one line; never waits for the sink. A line longer than 1024 octets is cut.
  void write(LogLevel level, std::string_view line) noexcept;
  void error(std::string_view line) noexcept { write(LogLevel::error, line); }
  void warning(std::string_view line) noexcept { write(LogLevel::warning, line); }
  void info(std::string_view line) noexcept { write(LogLevel::info, line); }
  void debug(std::string_view line) noexcept { write(LogLevel::debug, line); }

  /// Sends here what is said to spdlog's default logger, too, for as long as this log lives. [main thread, once]
  void adopt_default_logger();

  /// True when debug lines are written; ask before composing one.
  [[nodiscard]] bool debug_wanted() const noexcept { return debug_.load(std::memory_order_relaxed); }
  /// Debug lines are written, or not, from now on. Any thread.
  void set_debug(bool wanted) noexcept;
  /// Lines that the queue had no room for, since the start.
  [[nodiscard]] std::uint64_t dropped() const noexcept;

 private:
  struct Queue;
  std::unique_ptr<Queue> queue_;
  std::atomic<bool> debug_;
  bool adopted_ = false;
};

} // namespace openl2tp::runtime
