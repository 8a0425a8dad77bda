// The reliable control channels of many tunnels, RFC 2661 §5.8, in flat arrays: sequence numbers, acknowledgement,
// retransmission, window. What to say on them, and what an answer means, is a Script's business (lac.hpp, lns.hpp).
//
// A message is kept as four octets until it is acknowledged and encoded again when it is sent again. Messages that
// arrive out of order are dropped: the peer sends them again, which a load generator may expect of it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "tools/l2tpload/message.hpp"
#include "tools/l2tpload/transport.hpp"

namespace openl2tp::load {

enum class TunnelState : std::uint8_t { idle, opening, up, closing, closed, dead };
enum class CallState : std::uint8_t { idle, opening, up, closing, closed, dead };

/// A call is (tunnel, slot); our session id is slot + 1.
struct Call {
  std::uint32_t started_us = 0; // wraps after 71 minutes, longer than a run lasts
  std::uint16_t peer_id = 0;
  CallState state = CallState::idle;
};

struct Tunnel {
  std::uint16_t peer_id = 0;
  std::uint16_t acknowledged = 0; // Ns of the oldest message that is not acknowledged
  std::uint16_t sent = 0;         // Ns of the next message to send for the first time
  std::uint16_t queued = 0;       // Ns that the next message to queue will have
  std::uint16_t expected = 0;     // Ns of the next message to accept: our Nr
  std::uint16_t window = 4;       // the peer's, cut to what we keep
  TunnelState state = TunnelState::idle;
  std::uint8_t timeouts = 0; // in a row
  std::uint8_t socket = 0;
  bool timer_runs = false;
  bool owes_acknowledgement = false;
  bool on_owing_list = false;
  std::uint32_t deadline_ms = 0;
  std::uint32_t earlier = 0, later = 0; // neighbours on a timer list
  std::uint32_t started_us = 0;
};

struct Counters {
  std::uint64_t sent = 0, received = 0;                                         // datagrams
  std::uint64_t retransmitted = 0;                                              // of those sent
  std::uint64_t duplicates = 0, out_of_order = 0, malformed = 0, strangers = 0; // of those received
};

class Script {
 public:
  virtual ~Script() = default;
  /// A SCCRQ: no tunnel is ours yet.
  virtual void handle_request(const Received& message, const Address& from, std::size_t socket) = 0;
  /// A message in order, not a ZLB.
  virtual void handle_message(std::uint32_t tunnel, const Received& message) = 0;
  /// The peer has what we sent.
  virtual void handle_acknowledged(std::uint32_t tunnel, MessageType type, std::uint16_t slot) = 0;
  /// The peer acknowledged nothing for a whole retransmission cycle.
  virtual void handle_silence(std::uint32_t tunnel) = 0;
};

struct TunnelsOptions {
  std::uint32_t tunnels = 1; // 1 to 65535
  std::uint32_t calls = 0;   // slots of each tunnel, 0 to 65535
  std::uint16_t retries = 7; // of one message, 1 to 20
};

class Tunnels {
 public:
  /// Messages kept for one tunnel, sent or waiting.
  static constexpr std::uint16_t queue_size = 32;

  Tunnels(const TunnelsOptions& options, Transport& transport, const Templates& templates);

  void set_script(Script* script) noexcept { script_ = script; }
  /// Where the tunnels' peer is; one for all, or with `each` one a tunnel.
  void set_peer(const Address& peer) { peers_.assign(1, peer); }
  void set_peer(std::uint32_t tunnel, const Address& peer);

  [[nodiscard]] std::uint32_t size() const noexcept { return static_cast<std::uint32_t>(tunnels_.size()); }
  [[nodiscard]] std::uint32_t slots() const noexcept { return calls_a_tunnel_; }
  [[nodiscard]] Tunnel& tunnel(std::uint32_t index) noexcept { return tunnels_[index]; }
  [[nodiscard]] Call& call(std::uint32_t tunnel, std::uint32_t slot) noexcept {
    return calls_[static_cast<std::size_t>(tunnel) * calls_a_tunnel_ + slot];
  }

  /// Messages that send() still takes for this tunnel.
  [[nodiscard]] std::uint16_t room(std::uint32_t index) const noexcept;
  /// Messages not acknowledged yet, of this tunnel and of all.
  [[nodiscard]] std::uint16_t outstanding(std::uint32_t index) const noexcept;
  [[nodiscard]] std::uint64_t outstanding() const noexcept { return outstanding_; }

  /// Queues a message and sends it when the window allows.
  /// @return false when the tunnel has no room.
  bool send(std::uint32_t index, MessageType type, std::uint16_t slot = 0);
  /// Forgets what is not acknowledged, and the timer with it; what arrives is acknowledged still.
  void forget_queue(std::uint32_t index) noexcept;
  /// Back to a tunnel that was never used (its calls too), for another peer.
  void reset(std::uint32_t index) noexcept;

  /// One turn: handle what arrived, send again what is due, acknowledge, flush. Sleeps up to `timeout_ms` when nothing
  /// had arrived.
  void turn(int timeout_ms);

  [[nodiscard]] const Counters& counters() const noexcept { return counters_; }
  /// Microseconds since the table was made, as of the start of this turn.
  [[nodiscard]] std::uint32_t clock_us() const noexcept { return clock_us_; }
  void read_clock() noexcept;

 private:
  struct Entry {
    MessageType type = MessageType::zlb;
    std::uint16_t slot = 0;
  };
  struct TimerList { // of tunnels whose timer was set to the same interval: the oldest is due first
    std::uint32_t first, last;
  };
  static constexpr std::uint32_t none = 0xffffffff;

  void handle(const Transport::Datagram& datagram, std::size_t socket);
  void handle_nr(std::uint32_t index, std::uint16_t nr);
  void pump(std::uint32_t index);
  void transmit(std::uint32_t index, std::uint16_t ns);
  void transmit(std::uint32_t index, MessageType type, std::uint16_t slot, std::uint16_t ns);
  void owe(std::uint32_t index);
  void acknowledge_all();
  void expire_timers();
  void start_timer(std::uint32_t index) noexcept;
  void stop_timer(std::uint32_t index) noexcept;
  [[nodiscard]] static std::size_t level(const Tunnel& tunnel) noexcept;

  Transport& transport_;
  const Templates& templates_;
  Script* script_ = nullptr;
  std::uint32_t calls_a_tunnel_;
  std::uint16_t retries_;
  std::vector<Tunnel> tunnels_;
  std::vector<std::array<Entry, queue_size>> queues_;
  std::vector<Call> calls_;
  std::vector<Address> peers_;
  std::vector<std::uint32_t> owing_;
  std::array<TimerList, 4> timers_;
  std::uint64_t outstanding_ = 0;
  Counters counters_;
  std::uint64_t origin_us_;
  std::uint32_t clock_us_ = 0, clock_ms_ = 0;
};

} // namespace openl2tp::load
