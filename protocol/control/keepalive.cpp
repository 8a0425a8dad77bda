// The silence that calls for a HELLO. RFC 2661 §5.5.
#include "protocol/control/keepalive.hpp"

#include <algorithm>

namespace openl2tp::protocol {

void Keepalive::configure(Duration interval, TimePoint now, RandomSource& random) {
  if (interval_ms_ == 0) heard_ = asked_ = now;
  const std::int64_t wanted = std::clamp<std::int64_t>(interval.count(), 0, std::int64_t{24} * 24 * 3600 * 1000);
  if (wanted == 0) {
    interval_ms_ = 0;
    return;
  }
  const std::int64_t width = wanted / 10 * 2; // of the band around the interval
  const std::int64_t shift = width * random.next_u16() / 65535 - width / 2;
  interval_ms_ = static_cast<std::uint32_t>(wanted + shift);
}

std::optional<TimePoint> Keepalive::deadline() const noexcept {
  if (interval_ms_ == 0) return std::nullopt;
  return std::max(heard_, asked_) + Duration{interval_ms_};
}

Keepalive::Action Keepalive::on_timeout(TimePoint now, bool unacknowledged) noexcept {
  const std::optional<TimePoint> due = deadline();
  if (!due || now < *due) return Action::wait;
  asked_ = now;
  return unacknowledged ? Action::wait : Action::send_hello;
}

} // namespace openl2tp::protocol
