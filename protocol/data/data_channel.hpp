// Sequence numbers of one session's data messages: which of ours carry Ns, and putting what arrives back into order
// within the reorder timeout. RFC 2661 §5.4. Nothing is ever sent again here; what comes too late is dropped.
//
// An early frame is kept, as a copy, in a pool that all sessions of a shard share; everything else is handed on where
// it lies. The channel has one deadline. It is used by one thread and never reads a clock.
//
//   const DataArrival arrival = channel.receive(header, now, pool);
//   for each node of arrival.before: hand on kept_payload(*node)
//   if (arrival.deliver)             hand on header.payload
//   for each node of arrival.after:  hand on kept_payload(*node)     // then pool.release() every node
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/clock.hpp"
#include "protocol/control/message_pool.hpp"
#include "protocol/control/sequence.hpp"
#include "protocol/wire/header.hpp"

namespace openl2tp::protocol {

struct DataSettings {
  bool lns = false;                  // our end of the call: the LNS decides about sequence numbers, the LAC follows it
  bool sequencing_required = false;  // the Sequencing Required AVP was in ICCN or OCCN: all messages have numbers
  bool use_sequence_numbers = false; // as LNS: send numbers; as LAC it means nothing
  Duration reorder_timeout{0};       // an early frame waits at most this long for those before it; 0: not at all.
                                     // At most 60 s
};

/// Each received message that did not come in its turn counts in out_of_sequence. Modulo 2^32.
struct DataCounters {
  std::uint32_t out_of_sequence = 0; // early, late and duplicate
  std::uint32_t late = 0;            // its place had been given up: dropped
  std::uint32_t duplicates = 0;      // dropped
  std::uint32_t missing = 0;         // places that were given up: not there in time
  std::uint32_t unnumbered = 0;      // without Ns where that is required: dropped
  std::uint32_t restarts = 0;        // the peer began to count anew

  [[nodiscard]] std::uint32_t discards() const noexcept { return late + duplicates + unnumbered; }
};

/// What to hand on, in this order. The lists are linked by `next` and belong to the caller, who releases every node to
/// the pool. Nothing at all for a frame that was kept or dropped.
struct DataArrival {
  MessageNode* before = nullptr;
  bool deliver = false; // the payload that arrived
  MessageNode* after = nullptr;
};

/// The PPP frame in a node of DataArrival; valid until its release.
[[nodiscard]] Octets kept_payload(MessageNode& node) noexcept;

class DataChannel {
 public:
  /// What one session may keep of early frames, whatever the pool has left. With more, or when the pool is exhausted,
  /// the missing ones are given up at once, as if their time were over: nothing that arrived is lost by it.
  static constexpr std::uint32_t early_frames_max = 64;
  static constexpr std::uint32_t early_octets_max = 128U << 10;
  /// A peer whose numbers lie far behind, one after the other, this often in a row has begun to count anew.
  static constexpr std::uint32_t restart_after = 8;

  explicit DataChannel(const DataSettings& settings) noexcept;
  /// @pre nothing waits: clear() it first.
  ~DataChannel();
  DataChannel(const DataChannel&) = delete;
  DataChannel& operator=(const DataChannel&) = delete;

  /// Takes a message of this session. As LAC, without the AVP, it makes our own messages carry numbers or not, as this
  /// one does.
  [[nodiscard]] DataArrival receive(const DataHeader& header, TimePoint now, MessagePool& pool) noexcept {
    if (!header.has_sequence || header.ns != expected_ || early_ != nullptr) return receive_slowly(header, now, pool);
    follow(true);
    pass(header.ns);
    return {.before = nullptr, .deliver = true, .after = nullptr};
  }

  /// To call when next_deadline() has come, and harmless earlier. @return as DataArrival::before.
  [[nodiscard]] MessageNode* handle_timeout(TimePoint now) noexcept;
  /// nullopt while nothing waits.
  [[nodiscard]] std::optional<TimePoint> next_deadline() const noexcept;
  [[nodiscard]] bool waiting() const noexcept { return early_ != nullptr; }

  /// Ns for the next message; nullopt when it goes without. Numbering that was off goes on where it was.
  [[nodiscard]] std::optional<std::uint16_t> next_ns() const noexcept {
    if (!numbering_) return std::nullopt;
    return ns_;
  }
  /// That message was sent. One that could not be sent leaves no gap.
  void on_sent() noexcept {
    if (numbering_) ++ns_;
  }
  /// Whether our messages carry numbers.
  [[nodiscard]] bool numbering() const noexcept { return numbering_; }

  /// The operator changed the session. As LAC, without the AVP, what the LNS decided stays.
  void modify(const DataSettings& settings, TimePoint now) noexcept;
  /// Drops what waits.
  void clear(MessagePool& pool) noexcept;

  /// Next in order from the peer.
  [[nodiscard]] std::uint16_t expected() const noexcept { return expected_; }
  [[nodiscard]] std::uint32_t early_frames() const noexcept { return early_frames_; }
  [[nodiscard]] const DataCounters& counters() const noexcept { return counters_; }

 private:
  static constexpr TimePoint never = TimePoint::max();

  [[nodiscard]] DataArrival receive_slowly(const DataHeader& header, TimePoint now, MessagePool& pool) noexcept;
  [[nodiscard]] DataArrival receive_late(std::uint16_t ns, TimePoint now) noexcept;
  void follow(bool numbered) noexcept {
    if (!lns_ && !required_) numbering_ = numbered;
  }
  /// `ns` was handed on; those between are given up.
  void pass(std::uint16_t ns) noexcept {
    const std::uint16_t skipped = sequence_distance(expected_, ns);
    counters_.missing += skipped;
    history_ = skipped < 63 ? (history_ << (skipped + 1U)) | 1U : 1U;
    expected_ = static_cast<std::uint16_t>(ns + 1U);
    late_run_ = 0;
  }
  [[nodiscard]] bool keep(const DataHeader& header, TimePoint now, MessagePool& pool) noexcept;
  [[nodiscard]] MessageNode* take_first(std::uint32_t count, TimePoint now) noexcept;
  [[nodiscard]] MessageNode* take_before(std::uint16_t ns, TimePoint now) noexcept;
  [[nodiscard]] MessageNode* take_in_order(TimePoint now) noexcept;
  void set_deadline(TimePoint now) noexcept;

  MessageNode* early_ = nullptr; // in the order of Ns
  TimePoint deadline_ = never;
  std::uint64_t history_ = 0; // bit n: message expected_ - 1 - n was received
  DataCounters counters_;
  std::uint32_t early_octets_ = 0;
  std::uint16_t reorder_timeout_ms_;
  std::uint16_t ns_ = 0;
  std::uint16_t expected_ = 0;
  std::uint16_t late_next_ = 0; // what would follow the last one that came far too late
  std::uint8_t early_frames_ = 0;
  std::uint8_t late_run_ = 0;
  bool lns_ : 1;
  bool required_ : 1;
  bool numbering_ : 1;
};
static_assert(sizeof(DataChannel) <= 64, "one a session on the frames data path");

} // namespace openl2tp::protocol
