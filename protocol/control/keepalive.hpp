// When to send a HELLO. RFC 2661 §5.5. Only time is kept here: the message, its delivery and the verdict on a silent
// peer belong to the tunnel and its reliable channel.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/clock.hpp"
#include "protocol/random.hpp"

namespace openl2tp::protocol {

/// Watches one tunnel for silence. Hearing from the peer only stores a time: the owner's timer is left alone, and when
/// it comes due too early it is armed again for what deadline() says by then.
class Keepalive {
 public:
  enum class Action : std::uint8_t {
    wait,       // nothing to do; arm the timer for deadline()
    send_hello, // send one, then arm the timer for deadline()
  };

  /// Off until configure() is called.
  Keepalive() noexcept = default;

  /// Starts to watch at `now`, or goes on with another interval (time heard before still counts). The interval is
  /// varied by up to 10 % either way, drawn once here, so that many tunnels set up together do not say HELLO together.
  /// @param interval of silence before a HELLO; zero or less switches HELLOs off. At most 24 days.
  void configure(Duration interval, TimePoint now, RandomSource& random);

  /// Something arrived from the peer on this tunnel, control or data.
  void on_received(TimePoint now) noexcept { heard_ = now; }

  /// When on_timeout() is to be called; nullopt while HELLOs are off.
  [[nodiscard]] std::optional<TimePoint> deadline() const noexcept;

  /// To call when the timer comes due; harmless earlier.
  /// @param unacknowledged whether the tunnel waits for the peer's acknowledgement of any message (another HELLO, say):
  /// that message asks whether the peer lives just as well, so there is no HELLO then.
  [[nodiscard]] Action on_timeout(TimePoint now, bool unacknowledged) noexcept;

  /// The interval in use, varied; zero when off.
  [[nodiscard]] Duration interval() const noexcept { return Duration{interval_ms_}; }

 private:
  TimePoint heard_{};
  TimePoint asked_{}; // when the last HELLO was sent, or found to be needless
  std::uint32_t interval_ms_ = 0;
};

} // namespace openl2tp::protocol
