// The wheel against a std::multimap that does the same in the obvious way, and its edges one by one.
#include "protocol/timer_wheel.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <vector>

namespace openl2tp::protocol {
namespace {

using std::chrono::milliseconds;

struct Named : Timer {
  int name = 0;
};

TimePoint at(std::int64_t ms) { return TimePoint{milliseconds{ms}}; }

std::vector<int> expired(TimerWheel& wheel, TimePoint now) {
  std::vector<int> names;
  wheel.expire(now, [&](Timer& timer) { names.push_back(static_cast<Named&>(timer).name); });
  return names;
}

TEST(TimerWheel, FiresAtTheFirstTickNotBeforeTheDeadline) {
  TimerWheel wheel(at(1000));
  Named timer;
  wheel.arm(timer, at(1010));
  EXPECT_TRUE(timer.armed());
  EXPECT_EQ(wheel.next_deadline(), at(1012));
  EXPECT_TRUE(expired(wheel, at(1011)).empty());
  EXPECT_EQ(expired(wheel, at(1012)), std::vector{0});
  EXPECT_FALSE(timer.armed());
  EXPECT_EQ(wheel.next_deadline(), std::nullopt);
}

TEST(TimerWheel, PassedDeadlineIsDueAtTheNextTick) {
  TimerWheel wheel(at(0));
  Named timer;
  expired(wheel, at(5000));
  wheel.arm(timer, at(10));
  EXPECT_EQ(wheel.next_deadline(), at(5004));
  EXPECT_TRUE(expired(wheel, at(5000)).empty());
  EXPECT_EQ(expired(wheel, at(5004)).size(), 1U);
}

TEST(TimerWheel, ReArmingMovesTheTimer) {
  TimerWheel wheel(at(0));
  Named timer;
  wheel.arm(timer, at(100));
  wheel.arm(timer, at(90'000));
  EXPECT_EQ(wheel.size(), 1U);
  EXPECT_TRUE(expired(wheel, at(80'000)).empty());
  wheel.arm(timer, at(80'100));
  EXPECT_EQ(expired(wheel, at(80'100)).size(), 1U);
}

TEST(TimerWheel, CancelledTimerDoesNotFire) {
  TimerWheel wheel(at(0));
  Named timer;
  wheel.arm(timer, at(100));
  wheel.cancel(timer);
  wheel.cancel(timer);
  EXPECT_EQ(wheel.size(), 0U);
  EXPECT_EQ(wheel.next_deadline(), std::nullopt);
  EXPECT_TRUE(expired(wheel, at(1000)).empty());
}

TEST(TimerWheel, CallbackMayCancelATimerDueNow) {
  TimerWheel wheel(at(0));
  Named first, second, third;
  for (Named* timer : {&first, &second, &third})
    wheel.arm(*timer, at(8));
  int fired = 0;
  wheel.expire(at(100), [&](Timer&) {
    ++fired;
    wheel.cancel(second);
  });
  EXPECT_EQ(fired, 2);
}

TEST(TimerWheel, WhatACallbackArmsWaitsForALaterCall) {
  TimerWheel wheel(at(0));
  Named timer;
  wheel.arm(timer, at(8));
  int fired = 0;
  wheel.expire(at(5000), [&](Timer& due) {
    ++fired;
    wheel.arm(due, at(0));
  });
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(wheel.next_deadline(), at(5004));
  EXPECT_EQ(expired(wheel, at(5004)).size(), 1U);
}

TEST(TimerWheel, CallbackMayDestroyTheTimer) {
  TimerWheel wheel(at(0));
  auto timer = std::make_unique<Named>();
  wheel.arm(*timer, at(8));
  wheel.expire(at(8), [&](Timer&) { timer.reset(); });
  EXPECT_EQ(timer, nullptr);
  EXPECT_EQ(wheel.size(), 0U);
}

TEST(TimerWheel, TimeThatGoesBackIsIgnored) {
  TimerWheel wheel(at(0));
  Named timer;
  expired(wheel, at(1000));
  wheel.arm(timer, at(1100));
  EXPECT_TRUE(expired(wheel, at(10)).empty());
  EXPECT_TRUE(expired(wheel, at(-10)).empty());
  EXPECT_EQ(expired(wheel, at(1100)).size(), 1U);
}

TEST(TimerWheel, DeadlineBeyondTheLevelsComesDue) {
  constexpr std::int64_t year = 365LL * 24 * 3600 * 1000;
  TimerWheel wheel(at(-77));
  Named soon, late;
  soon.name = 1;
  late.name = 2;
  wheel.arm(late, at(3 * year));
  wheel.arm(soon, at(2 * year));
  TimePoint now = at(0);
  while (now < at(2 * year)) {
    EXPECT_TRUE(expired(wheel, now).empty());
    const auto next = wheel.next_deadline();
    ASSERT_TRUE(next.has_value());
    now = next.value_or(now);
  }
  EXPECT_EQ(expired(wheel, at(2 * year + 4)), std::vector{1});
  EXPECT_TRUE(expired(wheel, at(3 * year - 1)).empty());
  EXPECT_EQ(expired(wheel, at(3 * year + 4)), std::vector{2});
}

TEST(TimerWheel, FarthestDeadlineNeitherFiresNorOverflows) {
  TimerWheel wheel(at(-5));
  Named timer;
  wheel.arm(timer, TimePoint::max());
  EXPECT_TRUE(expired(wheel, at(1LL << 40)).empty());
  EXPECT_TRUE(wheel.next_deadline().has_value());
  wheel.cancel(timer);
}

TEST(TimerWheel, DestroyedWheelDisarmsItsTimers) {
  Named near, far;
  {
    TimerWheel wheel(at(0));
    wheel.arm(near, at(5));
    wheel.arm(far, at(1LL << 45));
  }
  EXPECT_FALSE(near.armed());
  EXPECT_FALSE(far.armed());
}

TEST(TimerWheel, FollowingNextDeadlineFindsEveryTimerAtItsTick) {
  TimerWheel wheel(at(3));
  std::vector<Named> timers(2000);
  std::mt19937_64 random(7);
  for (Named& timer : timers)
    wheel.arm(timer, at(3 + static_cast<std::int64_t>(random() % 50'000'000)));
  std::size_t fired = 0;
  while (const auto due = wheel.next_deadline()) {
    wheel.expire(*due, [&](Timer& timer) {
      ++fired;
      EXPECT_GE(*due, timer.deadline());
      EXPECT_LT(*due, timer.deadline() + TimerWheel::kTick);
    });
  }
  EXPECT_EQ(fired, timers.size());
}

// The obvious implementation: due tick -> timer.
struct Model {
  TimePoint start;
  std::int64_t floor = 1;
  std::multimap<std::int64_t, int> due;

  std::int64_t tick(TimePoint time) const { return std::max<std::int64_t>(0, ((time - start).count() + 3) / 4); }
  void cancel(int name) {
    std::erase_if(due, [&](const auto& entry) { return entry.second == name; });
  }
  void arm(int name, TimePoint deadline) {
    cancel(name);
    due.emplace(std::max(tick(deadline), floor), name);
  }
  std::vector<std::pair<std::int64_t, int>> expire(TimePoint now) {
    std::vector<std::pair<std::int64_t, int>> names;
    const std::int64_t target = std::max((now - start).count() / 4, floor - 1);
    floor = target + 1;
    while (!due.empty() && due.begin()->first <= target) {
      names.emplace_back(*due.begin());
      due.erase(due.begin());
    }
    return names;
  }
};

class TimerWheelModel : public testing::TestWithParam<unsigned> {};

TEST_P(TimerWheelModel, AgreesWithAMultimapUnderRandomOperations) {
  std::mt19937_64 random(GetParam());
  const auto below = [&](std::uint64_t bound) { return static_cast<std::int64_t>(random() % bound); };
  TimePoint now = at(below(1'000'000) - 500'000);
  std::vector<Named> timers(100);
  TimerWheel wheel(now);
  Model model{now, 1, {}};
  for (int i = 0; i < 100; ++i)
    timers[static_cast<std::size_t>(i)].name = i;

  for (int step = 0; step < 20'000; ++step) {
    const int name = static_cast<int>(below(timers.size()));
    Named& timer = timers[static_cast<std::size_t>(name)];
    switch (below(4)) {
    case 0:
    case 1: {
      const TimePoint deadline = now + milliseconds{below(std::uint64_t{1} << below(44)) - below(100)};
      wheel.arm(timer, deadline);
      model.arm(name, deadline);
      break;
    }
    case 2:
      wheel.cancel(timer);
      model.cancel(name);
      break;
    default: {
      now += milliseconds{below(std::uint64_t{1} << below(step % 100 == 0 ? 42 : 20))};
      std::vector<std::pair<std::int64_t, int>> fired;
      wheel.expire(now, [&](Timer& due) {
        const int id = static_cast<Named&>(due).name;
        fired.emplace_back(0, id);
      });
      auto wanted = model.expire(now);
      ASSERT_EQ(fired.size(), wanted.size()) << "seed " << GetParam() << " step " << step;
      // Within one tick the order is free: compare tick by tick.
      for (std::size_t i = 0; i < fired.size(); ++i) {
        const auto found =
            std::find_if(wanted.begin(), wanted.end(), [&](const auto& w) { return w.second == fired[i].second; });
        ASSERT_NE(found, wanted.end()) << "seed " << GetParam() << " step " << step;
        fired[i].first = found->first;
      }
      ASSERT_TRUE(
          std::is_sorted(fired.begin(), fired.end(), [](const auto& a, const auto& b) { return a.first < b.first; }));
    }
    }
    ASSERT_EQ(wheel.size(), model.due.size());
    const auto next = wheel.next_deadline();
    ASSERT_EQ(next.has_value(), !model.due.empty());
    if (next) {
      ASSERT_LE(*next, model.start + milliseconds{4 * model.due.begin()->first});
      ASSERT_GT(*next, now - TimerWheel::kTick);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, TimerWheelModel, testing::Range(1U, 9U));

} // namespace
} // namespace openl2tp::protocol
