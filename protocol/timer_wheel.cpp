// A timer lives at the level of the highest octet in which its tick differs from the current one, in the slot that this
// octet names. So every slot lies ahead of the current position, no level ever wraps, and the lowest occupied level
// holds what is next.
#include "protocol/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace openl2tp::protocol {

namespace {
constexpr std::uint64_t kTickMax = (std::uint64_t{1} << 48) - 1;
} // namespace

TimerWheel::TimerWheel(TimePoint start) noexcept : start_(start) {
  for (Timer& head : heads_)
    head.next_ = head.previous_ = &head;
}

TimerWheel::~TimerWheel() {
  for (Timer& head : heads_) {
    while (head.next_ != &head)
      unlink(*head.next_);
    head.next_ = head.previous_ = nullptr;
  }
}

std::uint64_t TimerWheel::tick_at_or_after(TimePoint time) const noexcept {
  if (time <= start_) return 0;
  // Unsigned: the distance of two far ends does not fit the signed type.
  const std::uint64_t distance = static_cast<std::uint64_t>(time.time_since_epoch().count()) -
                                 static_cast<std::uint64_t>(start_.time_since_epoch().count());
  constexpr std::uint64_t tick = kTick.count();
  return std::min(distance / tick + (distance % tick != 0 ? 1 : 0), kTickMax);
}

void TimerWheel::arm(Timer& timer, TimePoint deadline) noexcept {
  if (timer.armed()) unlink(timer);
  timer.deadline_ = deadline;
  timer.tick_ = std::max(tick_at_or_after(deadline), floor_) & kTickMax;
  place(timer);
  ++size_;
}

void TimerWheel::cancel(Timer& timer) noexcept {
  if (timer.armed()) unlink(timer);
}

void TimerWheel::place(Timer& timer) noexcept {
  const std::uint64_t difference = timer.tick_ ^ current_;
  const unsigned level = difference == 0 ? 0 : (static_cast<unsigned>(std::bit_width(difference)) - 1) / kSlotBits;
  if (level >= kLevels) return append(timer, kFar);
  append(timer, level * kSlots + static_cast<unsigned>(timer.tick_ >> (level * kSlotBits)) % kSlots);
}

void TimerWheel::append(Timer& timer, unsigned slot) noexcept {
  Timer& head = heads_[slot];
  timer.slot_ = slot & 0xffffU;
  timer.next_ = &head;
  timer.previous_ = head.previous_;
  head.previous_->next_ = &timer;
  head.previous_ = &timer;
  mark(slot, true);
}

void TimerWheel::unlink(Timer& timer) noexcept {
  OPENL2TP_ASSERT(timer.previous_ != nullptr && timer.next_ != nullptr);
  timer.previous_->next_ = timer.next_;
  timer.next_->previous_ = timer.previous_;
  timer.next_ = timer.previous_ = nullptr;
  const unsigned slot = static_cast<unsigned>(timer.slot_);
  if (heads_[slot].next_ == &heads_[slot]) mark(slot, false);
  --size_;
}

void TimerWheel::mark(unsigned slot, bool occupied) noexcept {
  if (slot >= kFar) return;
  std::uint64_t& word = occupied_[slot / kSlots][slot % kSlots / 64];
  const std::uint64_t bit = std::uint64_t{1} << (slot % 64);
  word = occupied ? word | bit : word & ~bit;
}

std::optional<TimerWheel::Event> TimerWheel::next_event() const noexcept {
  for (unsigned level = 0; level < kLevels; ++level) {
    for (unsigned i = 0; i < kSlots / 64; ++i) {
      const std::uint64_t word = occupied_[level][i];
      if (word == 0) continue;
      const unsigned index = i * 64 + static_cast<unsigned>(std::countr_zero(word));
      const unsigned shift = level * kSlotBits;
      const std::uint64_t above = current_ >> (shift + kSlotBits) << (shift + kSlotBits);
      return Event{above | std::uint64_t{index} << shift, level * kSlots + index};
    }
  }
  if (heads_[kFar].next_ == &heads_[kFar]) return std::nullopt;
  return Event{((current_ >> (kLevels * kSlotBits)) + 1) << (kLevels * kSlotBits), kFar};
}

std::optional<TimePoint> TimerWheel::next_deadline() const noexcept {
  if (heads_[kFiring].next_ != &heads_[kFiring]) return start_ + kTick * static_cast<Duration::rep>(current_);
  const std::optional<Event> event = next_event();
  if (!event) return std::nullopt;
  return start_ + kTick * static_cast<Duration::rep>(event->tick);
}

std::uint64_t TimerWheel::begin_expire(TimePoint now) noexcept {
  OPENL2TP_ASSERT(!expiring_);
  expiring_ = true;
  std::uint64_t target = tick_at_or_after(now);
  // Rounded up above; an instant between two ticks belongs to the earlier one.
  if (target > 0 && start_ + kTick * static_cast<Duration::rep>(target) > now) --target;
  target = std::max(target, current_);
  floor_ = target + 1;
  return target;
}

Timer* TimerWheel::take_expired(std::uint64_t target) noexcept {
  Timer& firing = heads_[kFiring];
  while (firing.next_ == &firing) {
    const std::optional<Event> event = next_event();
    if (!event || event->tick > target) return nullptr;
    current_ = event->tick;
    if (event->slot < kSlots) {
      move_all_to_firing(event->slot);
    } else {
      spread(event->slot);
    }
  }
  Timer* const timer = firing.next_;
  unlink(*timer);
  return timer;
}

void TimerWheel::end_expire(std::uint64_t target) noexcept {
  current_ = target;
  floor_ = target + 1;
  expiring_ = false;
}

void TimerWheel::move_all_to_firing(unsigned slot) noexcept {
  Timer& head = heads_[slot];
  while (head.next_ != &head) {
    Timer& timer = *head.next_;
    unlink(timer);
    append(timer, kFiring);
    ++size_;
  }
}

void TimerWheel::spread(unsigned slot) noexcept {
  // Taken off as a whole first: what is still too far away goes back to the tail of the same list.
  Timer* timer = heads_[slot].next_;
  Timer* const end = &heads_[slot];
  end->previous_->next_ = nullptr;
  end->next_ = end->previous_ = end;
  mark(slot, false);
  while (timer != nullptr) {
    Timer* const next = timer->next_;
    place(*timer);
    timer = next;
  }
}

} // namespace openl2tp::protocol
