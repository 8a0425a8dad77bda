#include "tests/daemon_sim/moody_plugin.hpp"

#include <stdexcept>

namespace openl2tp::daemon_sim {

unsigned MoodyShard::roll(unsigned sides) const noexcept {
  std::byte octet{};
  host_.random({&octet, 1});
  return std::to_integer<unsigned>(octet) % sides;
}

MoodySession::MoodySession(MoodyShard& shard, openl2tp_session_token token, const openl2tp_ppp_params&)
    : shard_(shard), token_(token), timer_(shard.host(), shard.loop(), [this] { speak(); }) {
  if (shard.roll(8) == 0) throw std::runtime_error("not today");
  if (shard.roll(4) == 0) speak();
  if (timer_ && shard.roll(4) != 0) timer_.arm(shard.roll(200) * 50);
}

// A word about a session that is over is nothing that the host may be upset by.
MoodySession::~MoodySession() {
  if (shard_.roll(3) == 0) (void)shard_.host().ppp_up(token_);
}

void MoodySession::frame(std::span<const std::uint8_t> frame) {
  if (shard_.roll(4) == 0) (void)shard_.host().send(token_, frame);
}

void MoodySession::speak() {
  const openl2tp::Host& host = shard_.host();
  for (unsigned i = 1 + shard_.roll(2); i != 0; --i) {
    switch (shard_.roll(5)) {
    case 0:
    case 1: (void)host.ppp_up(token_); break;
    case 2: (void)host.ppp_down(token_, 1, "moody"); break;
    case 3: (void)host.close(token_, 3, "moody"); break;
    default: (void)host.ppp_up(token_ ^ 1); break;
    }
  }
  if (timer_ && shard_.roll(2) == 0) timer_.arm(shard_.roll(200) * 50);
}

} // namespace openl2tp::daemon_sim
