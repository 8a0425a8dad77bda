// The sliding window of RFC 2661 §5.8 with the slow start and congestion avoidance of Appendix A, a measured round trip
// and fast retransmission. docs/reliability.md has the reasons.
#include "protocol/control/reliable_channel.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "protocol/assert.hpp"
#include "protocol/control/sequence.hpp"

namespace openl2tp::protocol {
namespace {

constexpr std::uint16_t window_max = 1024;    // of either direction; keeps every walk along a list short
constexpr std::int64_t backoff_cap_ms = 8000; // §5.8: a cap is allowed, but no lower one than this
constexpr std::int64_t interval_max_ms = 3'600'000;
constexpr std::uint32_t timeout_min_ms = 200; // peers may keep an acknowledgement for a moment
constexpr std::uint8_t backoff_max = 16;
constexpr std::uint16_t duplicates_max = 3;      // this many show a loss, fewer where less is outstanding
constexpr std::uint8_t reorder_quarters_max = 6; // of a round trip that a repair waits at most
constexpr std::uint16_t peer_window_default = 4; // §4.4.3: without a Receive Window Size AVP

std::uint32_t milliseconds_within(Duration duration, std::int64_t low, std::int64_t high) noexcept {
  return static_cast<std::uint32_t>(std::clamp(static_cast<std::int64_t>(duration.count()), low, high));
}

} // namespace

ReliableChannel::ReliableChannel(MessagePool& pool, const ReliableSettings& settings)
    : pool_(&pool), retransmit_interval_ms_(milliseconds_within(settings.retransmit_interval, 1, interval_max_ms)),
      retransmit_interval_max_ms_(
          milliseconds_within(settings.retransmit_interval_max, backoff_cap_ms, interval_max_ms)),
      receive_window_(std::clamp<std::uint16_t>(settings.receive_window, 1, window_max)),
      transmit_window_max_(std::clamp<std::uint16_t>(settings.transmit_window_max, 1, window_max)),
      transmit_window_(std::min(transmit_window_max_, peer_window_default)), retries_max_(settings.retries_max),
      slow_start_threshold_(transmit_window_) {}

ReliableChannel::~ReliableChannel() {
  release_all(first_);
  release_all(held_);
}

void ReliableChannel::set_peer_tunnel_id(PeerTunnelId id) noexcept { peer_tunnel_id_ = id.value; }

void ReliableChannel::set_peer_window(std::uint16_t messages) noexcept {
  transmit_window_ = std::min(transmit_window_max_, std::max<std::uint16_t>(messages, 1));
  // The threshold starts at the window; what a retransmission has lowered it to stays.
  slow_start_threshold_ = congested_ ? std::min(slow_start_threshold_, transmit_window_) : transmit_window_;
  congestion_window_ = std::min(congestion_window_, transmit_window_);
  congestion_accumulator_ = 0;
}

void ReliableChannel::set_timing(Duration retransmit_interval, std::uint16_t retries_max) noexcept {
  retransmit_interval_ms_ = milliseconds_within(retransmit_interval, 1, interval_max_ms);
  retries_max_ = retries_max;
}

// --- sending -------------------------------------------------------------------------------------------------------

tl::expected<void, ReliableChannel::SendError> ReliableChannel::send(std::span<const std::byte> message, TimePoint now,
                                                                     DatagramSink& sink) {
  OPENL2TP_ASSERT(message.size() >= control_header_size);
  if (queued_ >= send_queue_max) return tl::unexpected(SendError::queue_full);
  MessageNode* node = pool_->allocate(message.size());
  if (node == nullptr) return tl::unexpected(SendError::queue_full);
  std::memcpy(node->octets().data(), message.data(), message.size());

  if (first_ == nullptr)
    first_ = node;
  else
    last_->next = node;
  last_ = node;
  if (next_ == nullptr) next_ = node;
  ++queued_;
  transmit_allowed(now, sink);
  return {};
}

// Transmits as far as both windows reach. True when anything went out, and with it our Nr.
bool ReliableChannel::transmit_allowed(TimePoint now, DatagramSink& sink) {
  if (dead_ || paused_) return false;
  bool sent = false;
  const std::uint16_t window = std::min(congestion_window_, transmit_window_);
  while (next_ != nullptr && sequence_distance(acknowledged_, next_ns_) < window) {
    transmit_next(now, sink);
    sent = true;
  }
  return sent;
}

void ReliableChannel::transmit_next(TimePoint now, DatagramSink& sink) {
  MessageNode& node = *next_;
  if (next_ns_ == ns_) {
    node.ns = ns_;
    if (!timing_) {
      timing_ = true;
      timed_ns_ = ns_;
      timed_at_ = now;
    }
    ++ns_;
  } else {
    ++counters_.retransmits;
  }
  ++next_ns_;
  next_ = node.next;
  if (retransmit_at_ == never) begin_waiting(now);

  patch_sequence(node.octets(), node.ns, nr_);
  note_sent(node.length);
  sink.transmit(node.octets());
}

void ReliableChannel::retransmit_first(TimePoint now, DatagramSink& sink) {
  timing_ = false; // an acknowledgement may be of either copy (Karn)
  ++counters_.retransmits;
  retransmit_at_ = now + interval_after(0);
  patch_sequence(first_->octets(), first_->ns, nr_);
  note_sent(first_->length);
  sink.transmit(first_->octets());
}

void ReliableChannel::begin_waiting(TimePoint now) noexcept {
  waiting_since_ = now;
  retransmit_at_ = now + interval_after(0);
}

void ReliableChannel::transmit_zlb(DatagramSink& sink) {
  std::array<std::byte, control_header_size> message{};
  // Its Ns is that of the next message and stays free for it (§5.8).
  encode_control_header(message, {.tunnel_id = peer_tunnel_id_, .session_id = 0, .ns = ns_, .nr = nr_});
  ++counters_.zlbs_sent;
  note_sent(message.size());
  sink.transmit(message);
}

void ReliableChannel::note_sent(std::size_t octets) noexcept {
  ++counters_.sent_packets;
  counters_.sent_octets += octets;
  nr_sent_ = nr_;
}

void ReliableChannel::acknowledge_now(DatagramSink& sink) {
  if (owes_acknowledgement()) transmit_zlb(sink);
}

// --- receiving -----------------------------------------------------------------------------------------------------

ReliableChannel::Verdict ReliableChannel::receive(const ControlDatagram& datagram, TimePoint now, DatagramSink& sink) {
  release_given_out();
  ++counters_.received_packets;
  counters_.received_octets += control_header_size + datagram.body.size();
  const bool progress = take_acknowledgement(datagram.header.nr, now);
  if (progress && fast_ && !dead_ && !paused_) retransmit_first(now, sink); // the next gap

  if (datagram.body.empty()) { // a ZLB: its Ns means nothing, and it is never answered
    ++counters_.zlbs_received;
    if (!progress && datagram.header.nr == acknowledged_) note_duplicate_acknowledgement(now, sink);
    transmit_allowed(now, sink);
    return Verdict::acknowledged;
  }

  if (sequence_before(datagram.header.ns, nr_)) {
    ++counters_.duplicates;
    // The peer has not seen our acknowledgement: repeat it, on a message if the windows let one go.
    if (!transmit_allowed(now, sink)) transmit_zlb(sink);
    return Verdict::duplicate;
  }

  if (datagram.header.ns != nr_) {
    const Verdict verdict = hold(datagram);
    transmit_allowed(now, sink);
    // From a ZLB for each early arrival, and from nothing else, the peer can tell that one before it was lost.
    if (verdict == Verdict::held) transmit_zlb(sink);
    return verdict;
  }

  ++nr_;
  for (const MessageNode* node = held_; node != nullptr && node->ns == nr_; node = node->next)
    ++nr_;
  transmit_allowed(now, sink);
  return Verdict::deliver;
}

void ReliableChannel::take_first(const ControlDatagram& datagram) noexcept {
  ++counters_.received_packets;
  counters_.received_octets += control_header_size + datagram.body.size();
  nr_ = static_cast<std::uint16_t>(datagram.header.ns + 1U);
}

// Frees what `nr` acknowledges. False when it acknowledges nothing new, or what was never sent.
bool ReliableChannel::take_acknowledgement(std::uint16_t nr, TimePoint now) noexcept {
  const std::uint16_t covered = sequence_distance(acknowledged_, nr);
  if (covered == 0 || covered > sequence_distance(acknowledged_, ns_)) return false;

  const bool overtakes_resending = sequence_distance(acknowledged_, next_ns_) < covered;
  for (std::uint16_t i = 0; i < covered; ++i) {
    MessageNode* node = first_;
    first_ = node->next;
    pool_->release(node);
  }
  if (first_ == nullptr) last_ = nullptr;
  queued_ -= covered;
  acknowledged_ = nr;
  if (overtakes_resending) { // the peer had these all along
    next_ = first_;
    next_ns_ = nr;
  }
  // What took a time-out may need as long again: the interval stays, until a message that was sent once has been timed.
  backoff_ = static_cast<std::uint8_t>(std::min<unsigned>(backoff_ + retries_, backoff_max));
  if (timing_ && sequence_before(timed_ns_, nr)) {
    timing_ = false;
    take_round_trip(now - timed_at_);
  }
  retries_ = 0;
  duplicate_acknowledgements_ = 0;
  repair_waits_ = false;
  const bool was_fast = fast_;
  if (fast_) undo_needless_repair(now);
  if (repairing_ && !sequence_before(nr, recover_ns_)) repairing_ = fast_ = false;
  if (acknowledged_ == ns_)
    retransmit_at_ = never;
  else
    begin_waiting(now);
  if (!was_fast) grow_congestion_window(covered);
  return true;
}

// RFC 6298's smoothing: the mean moves by an eighth, the deviation by a quarter of the difference.
void ReliableChannel::take_round_trip(Duration sample) noexcept {
  const std::uint32_t ms = milliseconds_within(sample, 0, interval_max_ms);
  backoff_ = 0;
  if (!measured_) {
    measured_ = true;
    round_trip_8_ = ms * 8;
    round_trip_var_4_ = ms * 2;
    return;
  }
  const std::uint32_t mean = round_trip_8_ / 8;
  const std::uint32_t difference = ms > mean ? ms - mean : mean - ms;
  round_trip_var_4_ += difference - round_trip_var_4_ / 4;
  round_trip_8_ += ms - mean;
}

// A peer repeats its acknowledgement when a later message arrives than the one that it waits for. One repetition may
// come from two messages that changed places on the way, so as many are needed as show a loss, or as there can be; and
// where the way is known to change the order, the message gets some time to arrive all the same.
void ReliableChannel::note_duplicate_acknowledgement(TimePoint now, DatagramSink& sink) {
  const std::uint16_t outstanding = sequence_distance(acknowledged_, ns_);
  if (dead_ || paused_ || repairing_ || repair_waits_ || outstanding < 2) return;
  const std::uint16_t needed = std::min<std::uint16_t>(duplicates_max, static_cast<std::uint16_t>(outstanding - 1));
  if (++duplicate_acknowledgements_ < needed) return;
  if (reorder_quarters_ == 0) return repair_at_once(now, sink);
  repair_waits_ = true;
  const Duration wait{std::max<std::uint32_t>(round_trip_8_ * reorder_quarters_ / 32, 1)};
  retransmit_at_ = std::min(retransmit_at_, now + wait);
}

void ReliableChannel::repair_at_once(TimePoint now, DatagramSink& sink) {
  repair_waits_ = false;
  repairing_ = fast_ = may_undo_ = true;
  recover_ns_ = ns_;
  undo_window_ = congestion_window_;
  undo_threshold_ = slow_start_threshold_;
  congested_ = true;
  slow_start_threshold_ = std::max<std::uint16_t>(congestion_window_ / 2, 1);
  congestion_window_ = slow_start_threshold_;
  congestion_accumulator_ = 0;
  retransmit_first(now, sink);
  timed_at_ = now;
}

// An acknowledgement that comes sooner after a repair than a round trip takes is of the first copy: nothing was lost,
// the order had changed. The windows are as before, and the next repair waits longer.
void ReliableChannel::undo_needless_repair(TimePoint now) noexcept {
  if (!std::exchange(may_undo_, false) || !measured_) return;
  if ((now - timed_at_).count() * 16 >= static_cast<std::int64_t>(round_trip_8_)) return;
  repairing_ = fast_ = false;
  congestion_window_ = std::min(undo_window_, transmit_window_);
  slow_start_threshold_ = std::min(undo_threshold_, transmit_window_);
  reorder_quarters_ = std::min<std::uint8_t>(reorder_quarters_ + 1, reorder_quarters_max);
}

// Appendix A, counted in messages: slow start up to the threshold, then one more for each window of messages.
void ReliableChannel::grow_congestion_window(std::uint16_t acknowledged) noexcept {
  for (std::uint16_t i = 0; i < acknowledged && congestion_window_ < transmit_window_; ++i) {
    if (congestion_window_ < slow_start_threshold_) {
      ++congestion_window_;
    } else if (++congestion_accumulator_ >= congestion_window_) {
      congestion_accumulator_ = 0;
      ++congestion_window_;
    }
  }
}

// --- early arrivals ------------------------------------------------------------------------------------------------

ReliableChannel::Verdict ReliableChannel::hold(const ControlDatagram& datagram) noexcept {
  const std::uint16_t ns = datagram.header.ns;
  MessageNode** place = &held_;
  while (*place != nullptr && sequence_before((*place)->ns, ns))
    place = &(*place)->next;

  MessageNode* node = nullptr;
  const bool held_already = *place != nullptr && (*place)->ns == ns;
  if (!held_already && sequence_distance(nr_, ns) < receive_window_) node = pool_->allocate_spare(datagram.body.size());
  if (node == nullptr) {
    ++counters_.out_of_sequence_discards;
    return Verdict::discarded;
  }
  std::memcpy(node->octets().data(), datagram.body.data(), datagram.body.size());
  node->ns = ns;
  node->session_id = datagram.header.session_id;
  node->next = *place;
  *place = node;
  ++counters_.out_of_sequence;
  return Verdict::held;
}

std::optional<ReliableChannel::HeldMessage> ReliableChannel::next_held() noexcept {
  release_given_out();
  if (held_ == nullptr || !sequence_before(held_->ns, nr_)) return std::nullopt;
  given_out_ = true;
  return HeldMessage{.session_id = held_->session_id, .body = held_->octets()};
}

void ReliableChannel::release_given_out() noexcept {
  if (!given_out_) return;
  given_out_ = false;
  MessageNode* node = held_;
  held_ = node->next;
  pool_->release(node);
}

void ReliableChannel::release_all(MessageNode* list) noexcept {
  while (list != nullptr) {
    MessageNode* node = list;
    list = node->next;
    pool_->release(node);
  }
}

// --- time ----------------------------------------------------------------------------------------------------------

Duration ReliableChannel::interval_after(std::uint16_t retries) const noexcept {
  std::uint64_t interval = retransmit_interval_ms_;
  if (measured_) {
    const std::uint64_t timeout = std::max(round_trip_8_ / 8 + round_trip_var_4_, timeout_min_ms);
    interval = std::min(timeout << backoff_, interval);
  }
  const std::uint32_t cap = std::max(retransmit_interval_ms_, retransmit_interval_max_ms_);
  interval <<= std::min<std::uint16_t>(retries, 16);
  return Duration{static_cast<std::int64_t>(std::min<std::uint64_t>(interval, cap))};
}

// What retries_max_ retransmissions take that begin with the configured interval.
Duration ReliableChannel::patience() const noexcept {
  const std::uint64_t cap = std::max(retransmit_interval_ms_, retransmit_interval_max_ms_);
  std::uint64_t interval = retransmit_interval_ms_, sum = 0;
  std::uint32_t left = retries_max_ + 1U;
  for (; left > 0 && interval < cap; --left, interval *= 2)
    sum += interval;
  return Duration{static_cast<std::int64_t>(sum + left * cap)};
}

ReliableChannel::Health ReliableChannel::handle_timeout(TimePoint now, DatagramSink& sink) {
  if (dead_) return Health::dead;
  if (paused_ || retransmit_at_ > now) return Health::alive;
  if (repair_waits_) {
    repair_at_once(now, sink);
    return Health::alive;
  }
  const TimePoint end = waiting_since_ + patience();
  if (end <= now) {
    dead_ = true;
    return Health::dead;
  }
  ++retries_;
  timing_ = false;
  duplicate_acknowledgements_ = 0;
  repairing_ = true;
  fast_ = may_undo_ = false;
  recover_ns_ = ns_;
  congested_ = true;
  slow_start_threshold_ = std::max<std::uint16_t>(congestion_window_ / 2, 1);
  congestion_window_ = 1;
  congestion_accumulator_ = 0;
  // From the first unacknowledged message on; with a window of one only that goes out now.
  next_ = first_;
  next_ns_ = acknowledged_;
  retransmit_at_ = std::min(now + interval_after(retries_), end);
  transmit_allowed(now, sink);
  return Health::alive;
}

std::optional<TimePoint> ReliableChannel::deadline() const noexcept {
  if (dead_ || paused_ || retransmit_at_ == never) return std::nullopt;
  return retransmit_at_;
}

void ReliableChannel::resume(TimePoint now, DatagramSink& sink) {
  if (!paused_) return;
  paused_ = false;
  if (retransmit_at_ != never) begin_waiting(now);
  transmit_allowed(now, sink);
}

// --- the end -------------------------------------------------------------------------------------------------------

bool ReliableChannel::all_acknowledged() const noexcept { return first_ == nullptr; }

void ReliableChannel::drop_unsent() noexcept {
  const std::uint16_t outstanding = sequence_distance(acknowledged_, ns_);
  MessageNode** rest = &first_;
  MessageNode* last = nullptr;
  for (std::uint16_t i = 0; i < outstanding; ++i) {
    last = *rest;
    rest = &last->next;
  }
  release_all(*rest);
  *rest = nullptr;
  last_ = last;
  if (next_ns_ == ns_) next_ = nullptr;
  queued_ = outstanding;

  MessageNode** held = given_out_ ? &held_->next : &held_;
  release_all(*held);
  *held = nullptr;
}

} // namespace openl2tp::protocol
