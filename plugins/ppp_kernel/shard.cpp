#include "plugins/ppp_kernel/shard.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <stdexcept>

#include <unistd.h>

#include "plugins/ppp_kernel/session.hpp"

namespace openl2tp::ppp_kernel {

const Surroundings& daemon_surroundings() {
  static Claims claims;
  static const Surroundings surroundings = [] {
    Surroundings made{.network = kernel_network(), .claims = claims, .secrets = {}, .host_name = {}};
    // Which file has the secrets is not for whoever started a daemon with more privileges than their own.
    if (const char* path = secure_getenv("OPENL2TP_SECRETS"); path != nullptr && path[0] != '\0')
      made.secrets = {.chap = path, .pap = path};
    std::array<char, 256> name{};
    if (gethostname(name.data(), name.size() - 1) == 0) made.host_name = name.data();
    return made;
  }();
  return surroundings;
}

Shard::Shard(Host host, openl2tp_loop* loop, std::uint32_t, std::uint32_t, const Surroundings& surroundings)
    : host_(host), random_(host), host_name_(surroundings.host_name), timer_(host, loop, [this] { handle_timer(); }),
      secrets_(host, loop, surroundings.secrets), tun_paths_(host, loop, surroundings.network, surroundings.claims),
      kernel_paths_(host, loop, *surroundings.ppp, surroundings.claims) {
  if (!timer_) throw std::runtime_error("no timer");
}

void Shard::add(Session& session) { sessions_.emplace(session.token(), &session); }

void Shard::remove(Session& session) noexcept {
  sessions_.erase(session.token());
  deadlines_.remove(session);
}

Session* Shard::find(openl2tp_session_token token) const noexcept {
  const auto found = sessions_.find(token);
  return found == sessions_.end() ? nullptr : found->second;
}

void Shard::wait_until(Session& session, ppp::TimePoint deadline) {
  deadlines_.set(session, deadline);
  arm();
}

/// The timer may be armed for an earlier time than needed: it then wakes in vain.
void Shard::arm() {
  const ppp::TimePoint first = deadlines_.first();
  if (first >= armed_for_) return;
  armed_for_ = first;
  timer_.arm(static_cast<std::uint64_t>(std::max<std::int64_t>((first - now()).count(), 0)));
}

void Shard::handle_timer() {
  armed_for_ = ppp::never;
  for (int i = 0; i < timeouts_a_turn; ++i) {
    Waiting* due = deadlines_.take_due(now());
    if (due == nullptr) break;
    static_cast<Session*>(due)->handle_timeout();
  }
  arm();
}

} // namespace openl2tp::ppp_kernel
