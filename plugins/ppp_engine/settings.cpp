#include "plugins/ppp_engine/settings.hpp"

#include <algorithm>

namespace openl2tp::ppp {
namespace {

constexpr std::uint16_t mru_min = 128, mru_default = 1500;

void at_least(Duration& duration, Duration otherwise) noexcept {
  if (duration <= Duration::zero()) duration = otherwise;
}
void at_least_one(std::uint8_t& count) noexcept { count = std::max<std::uint8_t>(count, 1); }

void check(NegotiationLimits& limits) noexcept {
  at_least(limits.restart, NegotiationLimits{}.restart);
  at_least_one(limits.configure_max);
  at_least_one(limits.terminate_max);
  at_least_one(limits.failure_max);
}

} // namespace

LinkSettings make_usable(LinkSettings settings) noexcept {
  const LinkSettings normal;
  settings.mru = settings.mru == 0 ? mru_default : std::max(settings.mru, mru_min);
  settings.mtu = settings.mtu == 0 ? mru_default : std::max(settings.mtu, mru_min);
  check(settings.lcp);
  check(settings.ncp);
  at_least(settings.chap_restart, normal.chap_restart);
  at_least(settings.pap_restart, normal.pap_restart);
  at_least(settings.answer_timeout, normal.answer_timeout);
  at_least(settings.establish_timeout, normal.establish_timeout);
  at_least_one(settings.chap_challenges_max);
  at_least_one(settings.pap_requests_max);
  for (Duration* optional : {&settings.echo_interval, &settings.chap_interval, &settings.pap_timeout,
                             &settings.idle_timeout, &settings.connect_time})
    *optional = std::max(*optional, Duration::zero());
  return settings;
}

} // namespace openl2tp::ppp
