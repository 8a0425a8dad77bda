#include "runtime/coro/stop.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <vector>

namespace openl2tp::runtime {
namespace {

struct Noted final : StopCallback {
  Noted(std::vector<int>& log, int name) : log_(log), name_(name) {}
  void on_stop() noexcept override {
    log_.push_back(name_);
    also.reset();
  }
  std::vector<int>& log_;
  int name_;
  std::unique_ptr<Noted> also; // destroyed by this callback
};

TEST(StopSource, CallsEveryCallbackOnceInOrder) {
  std::vector<int> log;
  StopSource source;
  Noted first(log, 1), second(log, 2);
  source.token().subscribe(first);
  source.token().subscribe(second);
  source.request_stop();
  source.request_stop();
  EXPECT_EQ(log, (std::vector{1, 2}));
  EXPECT_TRUE(source.token().stop_requested());
}

TEST(StopSource, DestroyedCallbackIsNotCalled) {
  std::vector<int> log;
  StopSource source;
  {
    Noted gone(log, 1);
    source.token().subscribe(gone);
  }
  source.request_stop();
  EXPECT_TRUE(log.empty());
}

TEST(StopSource, CallbackMayDestroyAnotherOne) {
  std::vector<int> log;
  StopSource source;
  Noted first(log, 1);
  first.also = std::make_unique<Noted>(log, 2);
  source.token().subscribe(first);
  source.token().subscribe(*first.also);
  source.request_stop();
  EXPECT_EQ(log, std::vector{1});
}

TEST(StopSource, FollowsItsParentButNotTheOtherWay) {
  StopSource parent;
  StopSource left(parent.token()), right(parent.token());
  left.request_stop();
  EXPECT_FALSE(parent.stop_requested());
  parent.request_stop();
  EXPECT_TRUE(right.stop_requested());
  StopSource late(parent.token());
  EXPECT_TRUE(late.stop_requested());
}

TEST(StopToken, WithoutASourceNeverStops) { EXPECT_FALSE(StopToken().stop_requested()); }

} // namespace
} // namespace openl2tp::runtime
