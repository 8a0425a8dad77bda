// A log sink that keeps its lines, for tests. Read the lines after the Log is gone: then all of them have arrived.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "runtime/trace/log.hpp"

namespace openl2tp::runtime::testing {

using Lines = std::vector<std::pair<LogLevel, std::string>>;

class MemorySink final : public LogSink {
 public:
  explicit MemorySink(std::shared_ptr<Lines> lines) : lines_(std::move(lines)) {}
  void write(LogLevel level, std::string_view line) override { lines_->emplace_back(level, line); }

 private:
  std::shared_ptr<Lines> lines_;
};

/// A Log and its lines. `take()` ends the log.
class CapturedLog {
 public:
  explicit CapturedLog(LogOptions options = {})
      : log_(std::make_unique<Log>(std::make_unique<MemorySink>(lines_), options)) {}
  Log& log() { return *log_; }
  const Lines& take() {
    log_.reset();
    return *lines_;
  }
  bool has(std::string_view part) {
    for (const auto& [level, line] : take())
      if (line.find(part) != std::string::npos) return true;
    return false;
  }

 private:
  std::shared_ptr<Lines> lines_ = std::make_shared<Lines>();
  std::unique_ptr<Log> log_;
};

} // namespace openl2tp::runtime::testing
