#include "runtime/plugin/hung_calls.hpp"

#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <latch>
#include <string>
#include <thread>

#include "runtime/plugin/door.hpp"
#include "tests/unit/runtime/trace/memory_sink.hpp"

namespace openl2tp::runtime {
namespace {

using namespace std::chrono_literals;
using testing::CapturedLog;

// A thread inside a plugin until this goes.
class Hung {
 public:
  Hung(openl2tp_host& host, const char* function, PluginThread kind)
      : thread_([&host, function, kind, this] {
          ::pthread_setname_np(::pthread_self(), "shard 7");
          enter_plugin(host, function, kind, [this] {
            inside_.count_down();
            leave_.wait();
          });
        }) {
    inside_.wait();
  }
  ~Hung() { release(); }
  Hung(const Hung&) = delete;
  Hung& operator=(const Hung&) = delete;
  void release() {
    if (!thread_.joinable()) return;
    leave_.count_down();
    thread_.join();
  }

 private:
  std::latch inside_{1}, leave_{1};
  std::thread thread_;
};

class HungCallsTest : public ::testing::Test {
 protected:
  void look(protocol::Duration after_begin) { hung_.look(begin_ + after_begin); }
  /// The lines so far; ends the log.
  const testing::Lines& lines() { return captured_.take(); }

  CapturedLog captured_;
  openl2tp_host host_{captured_.log(), "lab"};
  HungCalls hung_{captured_.log()};
  // Not before any call of the test; calls begin within the same minute.
  protocol::TimePoint begin_ = system_environment().now() + 60s;
};

TEST_F(HungCallsTest, ACallOnAShardIsNamedWhileItHangs) {
  Hung hung(host_, "on_timer", PluginThread::shard);
  look(0s);
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_TRUE(lines()[0].second.starts_with("plugin lab: on_timer on shard 7 has not returned for "))
      << lines()[0].second;
  EXPECT_TRUE(lines()[0].second.ends_with(" s: every session of the shard waits for it"));
  EXPECT_EQ(lines()[0].first, LogLevel::warning);
}

TEST_F(HungCallsTest, OneThatHasNotTakenLongIsNot) {
  Hung hung(host_, "on_timer", PluginThread::shard);
  hung_.look(system_environment().now() - 1s); // as if it had just begun, however late this runs
  EXPECT_TRUE(lines().empty());
}

TEST_F(HungCallsTest, OneThatHasReturnedIsNot) {
  Hung(host_, "on_timer", PluginThread::shard).release();
  look(0s);
  EXPECT_TRUE(lines().empty());
}

TEST_F(HungCallsTest, ItIsNamedAgainEachTimeItsTimeDoubles) {
  Hung hung(host_, "on_timer", PluginThread::shard);
  for (int minute = 0; minute < 16; ++minute) // it began about a minute before the first look
    look(std::chrono::minutes(minute));
  EXPECT_GE(lines().size(), 4U); // after 1, 2, 4, 8 and maybe 16 minutes
  EXPECT_LE(lines().size(), 6U);
}

TEST_F(HungCallsTest, TheNextCallOfTheThreadIsAnother) {
  Hung(host_, "first", PluginThread::shard).release();
  {
    Hung hung(host_, "second", PluginThread::shard);
    look(0s);
  }
  {
    Hung hung(host_, "third", PluginThread::shard);
    look(1s);
  }
  ASSERT_EQ(lines().size(), 2U);
  EXPECT_NE(lines()[0].second.find("second on"), std::string::npos);
  EXPECT_NE(lines()[1].second.find("third on"), std::string::npos);
}

TEST_F(HungCallsTest, AWorkMayTakeLonger) {
  const auto now = system_environment().now();
  Hung hung(host_, "a work of run_on_worker", PluginThread::worker);
  hung_.look(now + 20s);
  hung_.look(now + 31s + 60s);
  ASSERT_EQ(lines().size(), 1U);
  EXPECT_TRUE(lines()[0].second.ends_with("it takes up one of the daemon's worker threads"));
}

} // namespace
} // namespace openl2tp::runtime
