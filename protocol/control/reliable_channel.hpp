// Reliable delivery of control messages over one tunnel: sequence numbers, the two windows, acknowledgement,
// retransmission, slow start and congestion avoidance. RFC 2661 §5.8 and Appendix A. Knows nothing of message types
// beyond "has a body or not". How losses are repaired, and where that goes beyond the RFC, is in docs/reliability.md.
//
// The channel owns copies of what it sends until the peer acknowledges them, and of what arrived early until its turn
// comes; both live in the MessagePool that all tunnels of an engine share. It has one deadline, for the engine's timer
// wheel. It is used by one thread, never reads a clock, and must not be called again from within its sink.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include <tl/expected.hpp>

#include "protocol/clock.hpp"
#include "protocol/control/message_pool.hpp"
#include "protocol/ids.hpp"
#include "protocol/wire/header.hpp"

namespace openl2tp::protocol {

/// Where the channel puts datagrams. `message` is only valid during the call; the sink copies it.
class DatagramSink {
 public:
  virtual ~DatagramSink() = default;
  virtual void transmit(std::span<const std::byte> message) = 0;
};

struct ReliableSettings {
  std::uint16_t receive_window = 10;      // what we advertise, 1 to 1024 messages (taken into that range)
  std::uint16_t transmit_window_max = 10; // we never have more outstanding, whatever the peer allows; 1 to 1024
  Duration retransmit_interval{1000}; // before the first retransmission, until the round trip is known; never longer
  Duration retransmit_interval_max{8000}; // never below 8 s (§5.8)
  /// The peer is given up after the time that this many retransmissions take when the first comes after
  /// retransmit_interval. Where the round trip is shorter there are more of them in that time.
  std::uint16_t retries_max = 5;
};

struct ChannelCounters {
  std::uint32_t retransmits = 0;
  std::uint32_t zlbs_sent = 0, zlbs_received = 0;
  std::uint32_t duplicates = 0;               // received again: acknowledged, not delivered
  std::uint32_t out_of_sequence = 0;          // arrived early and were held
  std::uint32_t out_of_sequence_discards = 0; // arrived beyond our window, or held twice
  std::uint64_t received_packets = 0,
                received_octets = 0; // every control datagram of the tunnel, ZLBs too; octets of UDP payload
  std::uint64_t sent_packets = 0, sent_octets = 0; // with retransmissions and ZLBs
};

class ReliableChannel {
 public:
  /// What to do with a received datagram.
  enum class Verdict : std::uint8_t {
    deliver,      // next in order: handle its body now, then ask next_held() until it is empty
    acknowledged, // a ZLB
    duplicate,    // seen before: it has been acknowledged again
    held,         // early, kept until the gap closes
    discarded,    // beyond the window, held already, or no memory to hold it: not acknowledged, the peer sends it again
  };

  enum class SendError : std::uint8_t {
    queue_full, // send_queue_max messages wait, or the pool has no room; the caller refuses what it was asked to do
  };
  static constexpr std::uint32_t send_queue_max = 131072;

  enum class Health : std::uint8_t { alive, dead };

  /// `pool` outlives the channel.
  ReliableChannel(MessagePool& pool, const ReliableSettings& settings);
  ~ReliableChannel();
  ReliableChannel(const ReliableChannel&) = delete;
  ReliableChannel& operator=(const ReliableChannel&) = delete;

  /// What goes into the headers of ZLBs; messages carry their ids from their encoder.
  void set_peer_tunnel_id(PeerTunnelId id) noexcept;
  /// The peer's Receive Window Size AVP; 4 until told otherwise (§4.4.3). 0 is taken as 1.
  void set_peer_window(std::uint16_t messages) noexcept;
  /// New timing for what is sent from now on; windows keep the values of construction.
  void set_timing(Duration retransmit_interval, std::uint16_t retries_max) noexcept;

  /// Queues an encoded control message (header included) and transmits it, with everything else the windows allow.
  /// Its Ns and Nr are written here, its other octets stay as they are. A dead channel queues but sends nothing.
  /// @pre `message` has at least its header.
  /// @error queue_full nothing was queued.
  [[nodiscard]] tl::expected<void, SendError> send(std::span<const std::byte> message, TimePoint now,
                                                   DatagramSink& sink);

  /// Takes a control datagram of this tunnel: its acknowledgement frees what it covers (and transmits what that
  /// allows), then the verdict tells about its own message. An Nr outside of what is outstanding is ignored.
  [[nodiscard]] Verdict receive(const ControlDatagram& datagram, TimePoint now, DatagramSink& sink);

  /// Takes the message that made the tunnel (an SCCRQ with Ns 0), before anything else: its answer follows at once and
  /// acknowledges it, so that no ZLB is due.
  void take_first(const ControlDatagram& datagram) noexcept;

  struct HeldMessage {
    std::uint16_t session_id; // of its header
    Octets body;              // valid until the next call of next_held() or receive(), or the end of the channel
  };
  /// The message that was held and is now next in order; nullopt when there is none.
  [[nodiscard]] std::optional<HeldMessage> next_held() noexcept;

  /// To call when deadline() has come, and harmless earlier: retransmits the first unacknowledged message.
  /// @return dead when the peer has acknowledged nothing for the whole time (ReliableSettings::retries_max); from then
  /// on always.
  [[nodiscard]] Health handle_timeout(TimePoint now, DatagramSink& sink);

  /// When handle_timeout() must be called; nullopt while nothing is outstanding.
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

  /// Sends nothing by itself until resume(): messages wait, and no time runs against the peer.
  void pause() noexcept { paused_ = true; }
  /// Goes on as if what is outstanding had been sent just now.
  void resume(TimePoint now, DatagramSink& sink);
  [[nodiscard]] bool paused() const noexcept { return paused_; }

  /// Whether something was received that nothing sent since has acknowledged. The owner then calls acknowledge_now()
  /// once it has handled all that arrived together.
  [[nodiscard]] bool owes_acknowledgement() const noexcept { return nr_sent_ != nr_; }
  /// Sends a ZLB if an acknowledgement is owed.
  void acknowledge_now(DatagramSink& sink);

  /// True when everything that was given to send() has been acknowledged (or dropped).
  [[nodiscard]] bool all_acknowledged() const noexcept;
  /// Drops all that waits to be sent for the first time and everything held; what is outstanding stays.
  void drop_unsent() noexcept;

  /// Ns of the message that is transmitted for the first time next.
  [[nodiscard]] std::uint16_t ns() const noexcept { return ns_; }
  /// Next expected from the peer.
  [[nodiscard]] std::uint16_t nr() const noexcept { return nr_; }
  /// Last acknowledgement of the peer.
  [[nodiscard]] std::uint16_t peer_nr() const noexcept { return acknowledged_; }
  [[nodiscard]] std::uint16_t congestion_window() const noexcept { return congestion_window_; }
  [[nodiscard]] std::uint16_t slow_start_threshold() const noexcept { return slow_start_threshold_; }
  /// Acknowledged messages counted towards the next increase of the congestion window.
  [[nodiscard]] std::uint16_t congestion_accumulator() const noexcept { return congestion_accumulator_; }
  /// min(peer's window, transmit_window_max).
  [[nodiscard]] std::uint16_t transmit_window() const noexcept { return transmit_window_; }
  /// Messages not yet acknowledged, sent or not.
  [[nodiscard]] std::uint32_t queued() const noexcept { return queued_; }
  /// Time-outs since the peer acknowledged something.
  [[nodiscard]] std::uint16_t retries() const noexcept { return retries_; }
  /// Before the first retransmission of what is sent now.
  [[nodiscard]] Duration retransmission_timeout() const noexcept { return interval_after(0); }
  [[nodiscard]] const ChannelCounters& counters() const noexcept { return counters_; }

 private:
  static constexpr TimePoint never = TimePoint::max();

  bool take_acknowledgement(std::uint16_t nr, TimePoint now) noexcept;
  void grow_congestion_window(std::uint16_t acknowledged) noexcept;
  bool transmit_allowed(TimePoint now, DatagramSink& sink);
  void transmit_next(TimePoint now, DatagramSink& sink);
  void retransmit_first(TimePoint now, DatagramSink& sink);
  void note_duplicate_acknowledgement(TimePoint now, DatagramSink& sink);
  void repair_at_once(TimePoint now, DatagramSink& sink);
  void undo_needless_repair(TimePoint now) noexcept;
  void take_round_trip(Duration sample) noexcept;
  void begin_waiting(TimePoint now) noexcept;
  void transmit_zlb(DatagramSink& sink);
  void note_sent(std::size_t octets) noexcept;
  Verdict hold(const ControlDatagram& datagram) noexcept;
  void release_given_out() noexcept;
  void release_all(MessageNode* list) noexcept;
  [[nodiscard]] Duration interval_after(std::uint16_t retries) const noexcept;
  [[nodiscard]] Duration patience() const noexcept;

  // The send queue is one list: [acknowledged_, ns_) has been transmitted, what follows has not. next_ is the node that
  // goes out next and next_ns_ its Ns. They lag behind ns_ after a time-out, while what was outstanding then goes out
  // once more.
  MessagePool* pool_;
  MessageNode* first_ = nullptr;
  MessageNode* last_ = nullptr;
  MessageNode* next_ = nullptr;
  MessageNode* held_ = nullptr; // early arrivals in the order of Ns; those before nr_ wait for next_held()
  TimePoint retransmit_at_ = never;
  TimePoint waiting_since_{}; // for an acknowledgement, while retransmit_at_ is set
  TimePoint timed_at_{};      // when the message that measures the round trip was sent, or the one that repairs
  ChannelCounters counters_;
  std::uint32_t queued_ = 0;
  std::uint32_t retransmit_interval_ms_;
  std::uint32_t retransmit_interval_max_ms_;
  std::uint32_t round_trip_8_ = 0;     // smoothed, in eighths of a millisecond
  std::uint32_t round_trip_var_4_ = 0; // its mean deviation, in quarters of a millisecond
  std::uint16_t peer_tunnel_id_ = 0;
  std::uint16_t receive_window_;
  std::uint16_t transmit_window_max_;
  std::uint16_t transmit_window_;
  std::uint16_t retries_max_;
  std::uint16_t retries_ = 0;
  std::uint16_t acknowledged_ = 0; // the peer's highest acceptable Nr: Ns of first_
  std::uint16_t next_ns_ = 0;
  std::uint16_t ns_ = 0;
  std::uint16_t nr_ = 0;
  std::uint16_t nr_sent_ = 0; // the Nr that the peer has been sent last
  std::uint16_t congestion_window_ = 1;
  std::uint16_t slow_start_threshold_;
  std::uint16_t congestion_accumulator_ = 0;
  std::uint16_t timed_ns_ = 0;
  std::uint16_t recover_ns_ = 0;                       // the repair of a loss is over when the peer has all before this
  std::uint16_t undo_window_ = 0, undo_threshold_ = 0; // as they were before the repair
  std::uint8_t reorder_quarters_ = 0; // of a round trip that a repair waits, as the way changes the order of messages
  std::uint8_t duplicate_acknowledgements_ = 0; // of the first outstanding message, while nothing is being repaired
  std::uint8_t backoff_ = 0;  // doublings of the interval that stay until the round trip is measured again
  bool timing_ = false;       // timed_ns_ is on its way, and was sent once
  bool measured_ = false;     // round_trip_8_ holds something
  bool repairing_ = false;    // a loss was noticed, and recover_ns_ is not acknowledged yet
  bool fast_ = false;         // repairing without a time-out: gaps are filled as they show
  bool may_undo_ = false;     // nothing was acknowledged since the repair that is fast
  bool repair_waits_ = false; // a loss shows; retransmit_at_ is when it is believed
  bool congested_ = false;    // a retransmission has set the threshold
  bool given_out_ = false;    // the first of held_ is with the caller of next_held()
  bool dead_ = false;
  bool paused_ = false;
};
static_assert(sizeof(ReliableChannel) <= 192, "one a tunnel: the memory budget counts on it");

} // namespace openl2tp::protocol
