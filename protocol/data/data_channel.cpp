// What happens to messages that are not next in order. A kept frame stands in its node behind the time of its arrival.
#include "protocol/data/data_channel.hpp"

#include <algorithm>
#include <cstring>

#include "protocol/assert.hpp"

namespace openl2tp::protocol {
namespace {

// Milliseconds modulo 2^32: nothing waits for longer than a minute.
using ArrivalTime = std::uint32_t;

ArrivalTime arrival_time(TimePoint now) noexcept { return static_cast<ArrivalTime>(now.time_since_epoch().count()); }

void set_arrival(MessageNode& node, TimePoint now) noexcept {
  const ArrivalTime time = arrival_time(now);
  std::memcpy(node.octets().data(), &time, sizeof time);
}

std::uint32_t waited_ms(MessageNode& node, TimePoint now) noexcept {
  ArrivalTime since;
  std::memcpy(&since, node.octets().data(), sizeof since);
  return arrival_time(now) - since;
}

std::uint16_t clamped_ms(Duration timeout) noexcept {
  return static_cast<std::uint16_t>(std::clamp<Clock::rep>(timeout.count(), 0, 60'000));
}

} // namespace

Octets kept_payload(MessageNode& node) noexcept { return node.octets().subspan(sizeof(ArrivalTime)); }

DataChannel::DataChannel(const DataSettings& settings) noexcept
    : reorder_timeout_ms_(clamped_ms(settings.reorder_timeout)), lns_(settings.lns),
      required_(settings.sequencing_required),
      numbering_(settings.sequencing_required || (settings.lns && settings.use_sequence_numbers)) {}

DataChannel::~DataChannel() { OPENL2TP_ASSERT(early_ == nullptr); }

DataArrival DataChannel::receive_slowly(const DataHeader& header, TimePoint now, MessagePool& pool) noexcept {
  if (!header.has_sequence) {
    if (required_) {
      ++counters_.unnumbered;
      return {};
    }
    // The peer numbers no longer, or not yet: what it sent before this comes before it.
    follow(false);
    return {.before = take_first(early_frames_, now), .deliver = true, .after = nullptr};
  }
  if (sequence_before(header.ns, expected_)) return receive_late(header.ns, now);
  follow(true);
  if (header.ns != expected_) {
    ++counters_.out_of_sequence;
    for (const MessageNode* node = early_; node != nullptr; node = node->next) {
      if (node->ns != header.ns) continue;
      ++counters_.duplicates;
      return {};
    }
    if (keep(header, now, pool)) return {};
  }
  DataArrival arrival{.before = take_before(header.ns, now), .deliver = true, .after = nullptr};
  pass(header.ns);
  arrival.after = take_in_order(now);
  return arrival;
}

DataArrival DataChannel::receive_late(std::uint16_t ns, TimePoint now) noexcept {
  ++counters_.out_of_sequence;
  const unsigned behind = sequence_distance(ns, expected_); // 1 to 32768
  if (behind <= 64) {
    ++((history_ >> (behind - 1U) & 1U) != 0 ? counters_.duplicates : counters_.late);
    return {};
  }
  // Delayed for that long, or a peer that has lost its count: it would stay silent for us until its numbers catch up.
  late_run_ = late_run_ != 0 && ns == late_next_ ? static_cast<std::uint8_t>(late_run_ + 1U) : std::uint8_t{1};
  late_next_ = static_cast<std::uint16_t>(ns + 1U);
  if (late_run_ < restart_after) {
    ++counters_.late;
    return {};
  }
  ++counters_.restarts;
  const DataArrival arrival{.before = take_first(early_frames_, now), .deliver = true, .after = nullptr};
  history_ = 0;
  expected_ = ns;
  pass(ns);
  return arrival;
}

MessageNode* DataChannel::handle_timeout(TimePoint now) noexcept {
  if (now < deadline_) return nullptr;
  std::uint32_t count = 0, position = 0;
  for (MessageNode* node = early_; node != nullptr; node = node->next) {
    ++position;
    if (waited_ms(*node, now) >= reorder_timeout_ms_) count = position; // with all that comes before it
  }
  MessageNode* const first = take_first(count, now);
  MessageNode* const rest = take_in_order(now);
  if (first == nullptr) return rest;
  MessageNode* last = first;
  while (last->next != nullptr)
    last = last->next;
  last->next = rest;
  return first;
}

std::optional<TimePoint> DataChannel::next_deadline() const noexcept {
  if (deadline_ == never) return std::nullopt;
  return deadline_;
}

void DataChannel::modify(const DataSettings& settings, TimePoint now) noexcept {
  lns_ = settings.lns;
  required_ = settings.sequencing_required;
  if (required_)
    numbering_ = true;
  else if (lns_)
    numbering_ = settings.use_sequence_numbers;
  reorder_timeout_ms_ = clamped_ms(settings.reorder_timeout);
  set_deadline(now);
}

void DataChannel::clear(MessagePool& pool) noexcept {
  while (early_ != nullptr) {
    MessageNode* const node = early_;
    early_ = node->next;
    pool.release(node);
  }
  early_frames_ = 0;
  early_octets_ = 0;
  deadline_ = never;
}

// False when it cannot wait.
bool DataChannel::keep(const DataHeader& header, TimePoint now, MessagePool& pool) noexcept {
  if (reorder_timeout_ms_ == 0 || early_frames_ == early_frames_max ||
      header.payload.size() > early_octets_max - early_octets_) {
    return false;
  }
  MessageNode* const node = pool.allocate(sizeof(ArrivalTime) + header.payload.size());
  if (node == nullptr) return false;
  set_arrival(*node, now);
  if (!header.payload.empty())
    std::memcpy(node->octets().data() + sizeof(ArrivalTime), header.payload.data(), header.payload.size());
  node->ns = header.ns;

  const std::uint16_t place = sequence_distance(expected_, header.ns);
  MessageNode** link = &early_;
  while (*link != nullptr && sequence_distance(expected_, (*link)->ns) < place)
    link = &(*link)->next;
  node->next = *link;
  *link = node;
  ++early_frames_;
  early_octets_ += static_cast<std::uint32_t>(header.payload.size());
  // Those that wait already arrived before it.
  if (deadline_ == never) deadline_ = now + Duration{reorder_timeout_ms_};
  return true;
}

MessageNode* DataChannel::take_first(std::uint32_t count, TimePoint now) noexcept {
  if (count == 0) return nullptr;
  MessageNode* const first = early_;
  MessageNode* last = nullptr;
  for (; count != 0; --count) {
    last = early_;
    early_ = last->next;
    pass(last->ns);
    --early_frames_;
    early_octets_ -= static_cast<std::uint32_t>(kept_payload(*last).size());
  }
  last->next = nullptr;
  set_deadline(now);
  return first;
}

MessageNode* DataChannel::take_before(std::uint16_t ns, TimePoint now) noexcept {
  const std::uint16_t place = sequence_distance(expected_, ns);
  std::uint32_t count = 0;
  for (const MessageNode* node = early_; node != nullptr && sequence_distance(expected_, node->ns) < place;
       node = node->next)
    ++count;
  return take_first(count, now);
}

MessageNode* DataChannel::take_in_order(TimePoint now) noexcept {
  std::uint32_t count = 0;
  std::uint16_t next = expected_;
  for (const MessageNode* node = early_; node != nullptr && node->ns == next; node = node->next) {
    ++count;
    ++next;
  }
  return take_first(count, now);
}

void DataChannel::set_deadline(TimePoint now) noexcept {
  deadline_ = never;
  for (MessageNode* node = early_; node != nullptr; node = node->next) {
    const std::uint32_t waited = std::min<std::uint32_t>(waited_ms(*node, now), reorder_timeout_ms_);
    deadline_ = std::min(deadline_, now + Duration{reorder_timeout_ms_ - waited});
  }
}

} // namespace openl2tp::protocol
