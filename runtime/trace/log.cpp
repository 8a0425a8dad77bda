#include "runtime/trace/log.hpp"

#include <cstdio>
#include <string>
#include <utility>

#include <fmt/format.h>
#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>

namespace openl2tp::runtime {

namespace {

constexpr std::size_t line_octets_max = 1024;

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
  case LogLevel::trace: return spdlog::level::trace;
  case LogLevel::debug: return spdlog::level::debug;
  case LogLevel::info: return spdlog::level::info;
  case LogLevel::warning: return spdlog::level::warn;
  case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

LogLevel log_level(spdlog::level::level_enum level) {
  if (level <= spdlog::level::trace) return LogLevel::trace;
  if (level == spdlog::level::debug) return LogLevel::debug;
  if (level == spdlog::level::info) return LogLevel::info;
  return level == spdlog::level::warn ? LogLevel::warning : LogLevel::error;
}

/// One of spdlog's own sinks behind our interface.
class SpdlogSink final : public LogSink {
 public:
  explicit SpdlogSink(std::shared_ptr<spdlog::sinks::sink> sink) : sink_(std::move(sink)) {}
  void write(LogLevel level, std::string_view line) override {
    sink_->log(spdlog::details::log_msg({}, spdlog_level(level), {line.data(), line.size()}));
  }
  void flush() override { sink_->flush(); }

 private:
  std::shared_ptr<spdlog::sinks::sink> sink_;
};

/// The only sink of the logger: runs on the writer thread and tells about losses before the first line that survived
/// them.
class CountingSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit CountingSink(std::unique_ptr<LogSink> sink) : sink_(std::move(sink)) {}
  /// Called before the first line is queued.
  void watch(spdlog::details::thread_pool* pool) { pool_ = pool; }

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    if (const std::size_t dropped = pool_->overrun_counter(); dropped != reported_) {
      sink_->write(LogLevel::warning, fmt::format("{} log lines dropped", dropped - reported_));
      reported_ = dropped;
    }
    sink_->write(log_level(message.level), {message.payload.data(), message.payload.size()});
    if (message.level >= spdlog::level::warn) sink_->flush();
  }
  void flush_() override { sink_->flush(); }

  std::unique_ptr<LogSink> sink_;
  spdlog::details::thread_pool* pool_ = nullptr;
  std::size_t reported_ = 0;
};

class TerminalSink final : public LogSink {
 public:
  TerminalSink() : sink_(std::make_shared<spdlog::sinks::stdout_sink_mt>()) {
    sink_->set_pattern("%Y-%m-%d %H:%M:%S.%e %v");
  }
  void write(LogLevel level, std::string_view line) override {
    std::string marked;
    if (level == LogLevel::error) marked = "error: ";
    if (level == LogLevel::warning) marked = "warning: ";
    marked += line;
    sink_->log(spdlog::details::log_msg({}, spdlog_level(level), {marked.data(), marked.size()}));
    sink_->flush();
  }

 private:
  std::shared_ptr<spdlog::sinks::stdout_sink_mt> sink_;
};

} // namespace

std::unique_ptr<LogSink> make_terminal_sink() { return std::make_unique<TerminalSink>(); }

std::unique_ptr<LogSink> make_syslog_sink(int facility) {
  return std::make_unique<SpdlogSink>(
      std::make_shared<spdlog::sinks::syslog_sink_mt>("openl2tpd", LOG_PID, facility, false));
}

struct Log::Queue {
  std::shared_ptr<CountingSink> sink;
  std::shared_ptr<spdlog::async_logger> logger;
  std::shared_ptr<spdlog::details::thread_pool>
      pool; // last: going first, it writes what is queued while the sink still lives
};

Log::Log(std::unique_ptr<LogSink> sink, LogOptions options) : queue_(std::make_unique<Queue>()), debug_(options.debug) {
  queue_->sink = std::make_shared<CountingSink>(std::move(sink));
  queue_->pool = std::make_shared<spdlog::details::thread_pool>(options.queue_lines, 1);
  queue_->sink->watch(queue_->pool.get());
  queue_->logger = std::make_shared<spdlog::async_logger>("openl2tpd", queue_->sink, queue_->pool,
                                                          spdlog::async_overflow_policy::overrun_oldest);
  queue_->logger->set_level(spdlog::level::trace);
}

Log::~Log() {
  if (adopted_) // later words of others have to go somewhere that still exists
    spdlog::set_default_logger(std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::stderr_sink_mt>()));
}

void Log::adopt_default_logger() {
  const auto clone = queue_->logger->clone("");
  clone->set_level(debug_wanted() ? spdlog::level::debug : spdlog::level::info);
  spdlog::set_default_logger(clone);
  adopted_ = true;
}

void Log::set_debug(bool wanted) noexcept {
  debug_.store(wanted, std::memory_order_relaxed);
  if (adopted_) spdlog::default_logger_raw()->set_level(wanted ? spdlog::level::debug : spdlog::level::info);
}

void Log::write(LogLevel level, std::string_view line) noexcept {
  if (level == LogLevel::debug && !debug_wanted()) return;
  // spdlog catches what its formatting or the allocator throws and reports it on stderr, at most once a second.
  queue_->logger->log(spdlog_level(level), spdlog::string_view_t(line.data(), std::min(line.size(), line_octets_max)));
}

std::uint64_t Log::dropped() const noexcept { return queue_->pool->overrun_counter(); }

} // namespace openl2tp::runtime
