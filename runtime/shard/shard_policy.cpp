// A shard's answers to its engine: what Admission says, with a record in the book for what is let in; and what the
// other shards have under way.
#include <utility>

#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

using protocol::Refusal;

tl::expected<protocol::TunnelAdmission, Refusal> Shard::admit_tunnel(const protocol::Route& route,
                                                                     const protocol::Sccrq& request) {
  return admit(route, request, false);
}

// It takes the place of the peer's old tunnel, which counts until then: a site that restarts is not kept out by itself.
tl::expected<protocol::TunnelAdmission, Refusal> Shard::admit_returning_tunnel(const protocol::Route& route,
                                                                               const protocol::Sccrq& request) {
  return admit(route, request, true);
}

tl::expected<protocol::TunnelAdmission, Refusal> Shard::admit(const protocol::Route& route,
                                                              const protocol::Sccrq& request, bool returning) {
  auto config = admission_->judge_tunnel(route, request, !returning);
  if (!config) return tl::unexpected(std::move(config.error()));
  std::shared_ptr<const protocol::TunnelSettings> settings = (*config)->settings;
  const TunnelRecord& record = book_.make_tunnel({.config = std::move(*config),
                                                  .peer = route.path.peer.address,
                                                  .socket = route.socket,
                                                  .created_at = wall_clock(),
                                                  .created_by_admin = false,
                                                  .counted = !returning});
  return protocol::TunnelAdmission{std::move(settings), record.user()};
}

void Shard::withdraw_tunnel(std::uintptr_t user) { book_.forget({}, *TunnelRecord::of(user)); }

protocol::Secret Shard::secret_for(const protocol::Endpoint& peer) { return admission_->secret_for(peer); }

tl::expected<protocol::SessionAdmission, Refusal>
Shard::admit_session(protocol::TunnelId id, std::uintptr_t tunnel_user, const protocol::Message& request) {
  auto config = admission_->judge_session(id, *TunnelRecord::of(tunnel_user)->config, request);
  if (!config) return tl::unexpected(std::move(config.error()));
  std::shared_ptr<const protocol::SessionSettings> settings = (*config)->settings;
  const SessionRecord& record = book_.make_session(std::move(*config), plugins_->next_turn(), wall_clock(), false);
  return protocol::SessionAdmission{std::move(settings), record.user()};
}

void Shard::withdraw_session(std::uintptr_t user) { book_.forget({}, {}, nullptr, *SessionRecord::of(user)); }

void Shard::note_crossing(const protocol::IpAddress& peer, const protocol::Crossing& ours) {
  if (Crossings* all = options_.group->crossings.get()) static_cast<void>(all->set(index(), peer, ours));
}

protocol::Crossing Shard::crossing_elsewhere(const protocol::IpAddress& peer) {
  const Crossings* all = options_.group->crossings.get();
  return all == nullptr ? protocol::Crossing{} : all->others(index(), peer);
}

void Shard::lose_elsewhere(const protocol::IpAddress& peer, const protocol::TieBreaker& winner) {
  for (const auto& shard : options_.group->shards) {
    Shard* const other = shard.get();
    if (other != this && !other->post([other, peer, winner] { other->lose_ties(peer, winner); }))
      ++engine_->counters().event_queue_full;
  }
}

} // namespace openl2tp::runtime
