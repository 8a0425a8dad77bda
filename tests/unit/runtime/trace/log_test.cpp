#include "runtime/trace/log.hpp"

#include <condition_variable>
#include <mutex>
#include <thread>

#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using testing::CapturedLog;
using testing::Lines;

TEST(Log, DestroyingItWritesWhatIsQueued) {
  CapturedLog captured;
  for (int i = 0; i < 100; ++i)
    captured.log().info("line " + std::to_string(i));
  const Lines& lines = captured.take();
  ASSERT_EQ(lines.size(), 100u);
  EXPECT_EQ(lines.back().second, "line 99");
}

TEST(Log, LevelsArriveAsTheyWereGiven) {
  CapturedLog captured(LogOptions{.debug = true});
  for (const LogLevel level : {LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error})
    captured.log().write(level, "x");
  std::vector<LogLevel> seen;
  for (const auto& [level, line] : captured.take())
    seen.push_back(level);
  EXPECT_EQ(seen, (std::vector{LogLevel::trace, LogLevel::debug, LogLevel::info, LogLevel::warning, LogLevel::error}));
}

TEST(Log, DebugLinesAreLeftOutUnlessWantedAndTraceLinesAreNot) {
  CapturedLog captured;
  captured.log().debug("debug");
  captured.log().write(LogLevel::trace, "trace");
  ASSERT_EQ(captured.take().size(), 1u);
  EXPECT_EQ(captured.take()[0].second, "trace");
}

TEST(Log, WordsToTheDefaultLoggerArriveWhileItLives) {
  CapturedLog captured;
  captured.log().adopt_default_logger();
  spdlog::warn("from {}", "elsewhere");
  spdlog::debug("not wanted");
  ASSERT_EQ(captured.take().size(), 1u);
  EXPECT_EQ(captured.take()[0], (std::pair{LogLevel::warning, std::string("from elsewhere")}));
  spdlog::debug("goes nowhere, and does no harm");
}

TEST(Log, AnOverlongLineIsCut) {
  CapturedLog captured;
  captured.log().info(std::string(5000, 'x'));
  EXPECT_EQ(captured.take().at(0).second.size(), 1024u);
}

/// Blocks in its first line until released.
class StuckSink final : public LogSink {
 public:
  struct State {
    std::mutex mutex;
    std::condition_variable changed;
    bool entered = false, released = false;
    std::vector<std::string> lines;
  };
  explicit StuckSink(std::shared_ptr<State> state) : state_(std::move(state)) {}
  void write(LogLevel, std::string_view line) override {
    std::unique_lock lock(state_->mutex);
    state_->entered = true;
    state_->changed.notify_all();
    state_->changed.wait(lock, [&] { return state_->released; });
    state_->lines.emplace_back(line);
  }

 private:
  std::shared_ptr<State> state_;
};

TEST(Log, AStuckSinkStopsNoWriterAndTheLossIsCountedAndTold) {
  auto state = std::make_shared<StuckSink::State>();
  {
    Log log(std::make_unique<StuckSink>(state), LogOptions{.queue_lines = 16});
    log.info("first");
    {
      std::unique_lock lock(state->mutex);
      state->changed.wait(lock, [&] { return state->entered; });
    }
    for (int i = 0; i < 100; ++i)
      log.info("line " + std::to_string(i)); // would hang here if writers waited
    EXPECT_EQ(log.dropped(), 84u);
    {
      const std::scoped_lock lock(state->mutex);
      state->released = true;
    }
    state->changed.notify_all();
  }
  ASSERT_EQ(state->lines.size(), 1u + 1u + 16u);
  EXPECT_EQ(state->lines[0], "first");
  EXPECT_EQ(state->lines[1], "84 log lines dropped");
  EXPECT_EQ(state->lines[2], "line 84");
  EXPECT_EQ(state->lines.back(), "line 99");
}

TEST(Log, ManyThreadsMayWriteAtOnce) {
  CapturedLog captured;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&log = captured.log()] {
      for (int i = 0; i < 500; ++i)
        log.info("x");
    });
  for (std::thread& thread : threads)
    thread.join();
  EXPECT_EQ(captured.take().size(), 2000u);
}

} // namespace
} // namespace openl2tp::runtime
