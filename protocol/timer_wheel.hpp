// Hierarchical timer wheel: arming, moving and cancelling cost O(1) and never allocate, however many timers there are.
// No clock and no thread in here: the owner says what time it is. One wheel belongs to one thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocol/assert.hpp"
#include "protocol/clock.hpp"

namespace openl2tp::protocol {

class TimerWheel;

/// One timer. Derive from it (or hold it as a member) and arm it on a TimerWheel. It cancels nothing by itself: it must
/// not be destroyed while armed. Not copyable, as the wheel links it in place.
class Timer {
 public:
  Timer() = default;
  Timer(const Timer&) = delete;
  Timer& operator=(const Timer&) = delete;
  ~Timer() { OPENL2TP_ASSERT(!armed()); }

  /// True from arm() until it is cancelled or just before its callback runs.
  [[nodiscard]] bool armed() const noexcept { return next_ != nullptr; }
  /// The deadline last armed; meaningless when it never was.
  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }

 private:
  friend class TimerWheel;
  Timer* next_ = nullptr;
  Timer* previous_ = nullptr;
  TimePoint deadline_{};
  std::uint64_t tick_ : 48 = 0;
  std::uint64_t slot_ : 16 = 0;
};

static_assert(sizeof(Timer) <= 32);

/// Four levels of 256 slots, 4 ms a tick. Precision: a timer is due at the first tick (a multiple of 4 ms after
/// `start`) that is not before its deadline, so it may be up to 4 ms late and is never early. Deadlines further away
/// than the wheel reaches (198 days) are kept aside and come due just as well.
class TimerWheel {
 public:
  static constexpr Duration kTick{4};

  explicit TimerWheel(TimePoint start) noexcept;
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  /// Disarms whatever is still armed.
  ~TimerWheel();

  /// Arms `timer`, or moves it when it is armed already (on this wheel). A deadline that has passed is due at the next
  /// tick.
  void arm(Timer& timer, TimePoint deadline) noexcept;
  /// Disarms `timer`; nothing happens when it is not armed. It must not be armed on another wheel.
  void cancel(Timer& timer) noexcept;

  /// When expire() should be called next; nullopt when nothing is armed. Never later than the earliest timer is due;
  /// may be earlier, when the timer is still far off and moves down a level.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;

  /// Calls `on_expired(Timer&)` for every timer due at `now`, in the order of their ticks. The timer is disarmed by
  /// then and may be armed again or destroyed. The callback may arm and cancel any timer, also one due now; what it
  /// arms fires in a later call at the earliest, so this loop always ends. It must not call expire(). A `now` before
  /// the last one is ignored.
  template <class OnExpired>
  void expire(TimePoint now, OnExpired on_expired) {
    const std::uint64_t target = begin_expire(now);
    while (Timer* timer = take_expired(target))
      on_expired(*timer);
    end_expire(target);
  }

  /// Number of armed timers.
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  static constexpr unsigned kLevels = 4;
  static constexpr unsigned kSlotBits = 8;
  static constexpr unsigned kSlots = 1U << kSlotBits;
  static constexpr unsigned kFar = kLevels * kSlots; // beyond the reach of the levels
  static constexpr unsigned kFiring = kFar + 1;      // due in the tick that is being expired

  struct Event { // what comes next: a slot to fire (level 0) or to spread over the lower levels
    std::uint64_t tick;
    unsigned slot;
  };

  [[nodiscard]] std::uint64_t tick_at_or_after(TimePoint time) const noexcept;
  [[nodiscard]] std::optional<Event> next_event() const noexcept;
  void place(Timer& timer) noexcept;
  void append(Timer& timer, unsigned slot) noexcept;
  void unlink(Timer& timer) noexcept;
  void move_all_to_firing(unsigned slot) noexcept;
  void spread(unsigned slot) noexcept;
  void mark(unsigned slot, bool occupied) noexcept;
  std::uint64_t begin_expire(TimePoint now) noexcept;
  Timer* take_expired(std::uint64_t target) noexcept;
  void end_expire(std::uint64_t target) noexcept;

  TimePoint start_;
  std::uint64_t current_ = 0; // the last tick that was expired
  std::uint64_t floor_ = 1;   // nothing is armed for an earlier tick
  std::size_t size_ = 0;
  bool expiring_ = false;
  std::array<std::array<std::uint64_t, kSlots / 64>, kLevels> occupied_{};
  std::array<Timer, kFiring + 1> heads_; // sentinels of circular lists
};

} // namespace openl2tp::protocol
