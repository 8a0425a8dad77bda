// The script of a LAC: opens tunnels and calls, holds or works them, clears them. One phase after another, each
// measured.
#pragma once

#include <csignal>
#include <cstdint>

#include "tools/l2tpload/meter.hpp"
#include "tools/l2tpload/tunnels.hpp"

namespace openl2tp::load {

enum class Clear : std::uint8_t { nothing, tunnels, calls };
/// `acknowledged`: calls whose life goes on when their ICCN has been acknowledged, as with a peer that says one thing
/// after the other; `calls` sends ICCN and CDN together.
enum class Churn : std::uint8_t { hello, calls, acknowledged };

struct LacOptions {
  std::uint32_t calls = 0;      // of each tunnel
  std::uint32_t in_flight = 64; // tunnels or calls that wait for an answer at once
  std::uint32_t opening = 0;    // tunnels that may open at once; 0: as many as in_flight
  std::uint32_t hold_s = 0;
  std::uint32_t churn_s = 0; // 0: no churn
  Churn churn = Churn::calls;
  std::uint32_t burst = 0; // HELLOs in a row on one tunnel; 0: half the peer's window, which it acknowledges at once
  std::uint32_t rate = 0;  // operations a second at most; 0: as fast as answers come
  std::uint32_t limit_s = 300; // whole run, at most 3600
  Clear clear = Clear::tunnels;
};

/// Number of SIGINT or SIGTERM so far: the first ends the phase and clears, the second ends the run.
extern volatile std::sig_atomic_t interruptions;

class Lac final : public Script {
 public:
  Lac(const LacOptions& options, Tunnels& tunnels, Meter& meter);
  /// The whole run.
  /// @return true when everything came up, stayed up, and was cleared.
  bool run();

  void handle_request(const Received& message, const Address& from, std::size_t socket) override;
  void handle_message(std::uint32_t tunnel, const Received& message) override;
  void handle_acknowledged(std::uint32_t tunnel, MessageType type, std::uint16_t slot) override;
  void handle_silence(std::uint32_t tunnel) override;

 private:
  void open_tunnels();
  void open_calls();
  void hold();
  void verify();
  void work();
  void clear_calls();
  void clear_tunnels();

  void handle_sccrp(std::uint32_t index, const Received& message);
  void handle_icrp(std::uint32_t index, const Received& message);
  void handle_cdn(std::uint32_t index, const Received& message);
  void lose_tunnel(std::uint32_t index, TunnelState state);
  void start_call(std::uint32_t index, std::uint16_t slot);
  /// A slot of those that come and go, for a call of that tunnel; slots() when all are in use.
  [[nodiscard]] std::uint32_t free_slot(std::uint32_t index) noexcept;
  void end_call(Call& call, CallState state);

  [[nodiscard]] bool stopped() const noexcept;
  [[nodiscard]] bool may_start() const noexcept;
  /// The next tunnel that is up and has room for `messages`, from the cursor on; size() when a bounded search finds
  /// none.
  std::uint32_t next_tunnel(std::uint16_t messages) noexcept;
  void settle();
  void begin(const char* name, std::uint64_t wanted);

  LacOptions options_;
  Tunnels& tunnels_;
  Meter& meter_;
  std::uint32_t cursor_ = 0;
  std::uint64_t in_flight_ = 0, started_ = 0;
  std::uint32_t most_ = 0; // of in_flight_, in this phase
  std::uint32_t phase_started_us_ = 0;
  std::uint64_t tunnels_up_ = 0, tunnels_failed_ = 0, tunnels_died_ = 0, tunnels_unanswered_ = 0;
  std::uint64_t calls_up_ = 0, calls_failed_ = 0, calls_died_ = 0;
  std::uint64_t unexpected_ = 0;
  std::sig_atomic_t interruptions_allowed_ = 0;
  std::uint32_t limit_s_;
  bool greeting_ = false; // HELLOs are what is in flight
  bool cycling_ = false;  // a call is cleared as soon as it is up
};

} // namespace openl2tp::load
