// A shard's answers to its engine: who may have a tunnel or a call, from limits and profiles.
#include <utility>

#include "runtime/shard/shard.hpp"

namespace openl2tp::runtime {

using protocol::CdnResult;
using protocol::GeneralError;
using protocol::make_reason;
using protocol::Refusal;
using protocol::RefusalCause;
using protocol::StopResult;

bool Shard::count_tunnel() noexcept {
  const std::uint32_t limit = options_.system.tunnels_max;
  const std::uint32_t before = options_.group->counts.tunnels.fetch_add(1, std::memory_order_relaxed);
  if (limit == 0 || before < limit) return true;
  options_.group->counts.tunnels.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool Shard::count_session() noexcept {
  const std::uint32_t limit = options_.system.sessions_max;
  const std::uint32_t before = options_.group->counts.sessions.fetch_add(1, std::memory_order_relaxed);
  if (limit == 0 || before < limit) return true;
  options_.group->counts.sessions.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

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
  const SystemConfig& system = options_.system;
  if (shutdown_.is_set()) return tl::unexpected(Refusal{RefusalCause::denied, make_reason(StopResult::shutting_down)});
  if (system.drain)
    return tl::unexpected(
        Refusal{RefusalCause::denied,
                make_reason(StopResult::general_error, GeneralError::try_another, "no new tunnels here for now")});
  if (system.deny_remote_tunnel_creates)
    return tl::unexpected(Refusal{RefusalCause::denied, make_reason(StopResult::not_authorised, GeneralError::none,
                                                                    "tunnels from peers are disabled")});
  auto config = options_.profiles->for_incoming_tunnel(route.path.peer.address, request.host_name, system);
  if (!config)
    return tl::unexpected(Refusal{RefusalCause::not_authorised,
                                  make_reason(StopResult::not_authorised, GeneralError::none, "unknown peer")});
  if (auto judged = ask_policies(route, request, *config); !judged) return tl::unexpected(std::move(judged.error()));
  if (!returning && !count_tunnel())
    return tl::unexpected(
        Refusal{RefusalCause::limit, make_reason(StopResult::general_error, GeneralError::insufficient_resources,
                                                 "tunnel limit is reached")});
  std::shared_ptr<const protocol::TunnelSettings> settings = config->settings;
  const TunnelRecord& record = book_.make_tunnel({.config = std::move(config),
                                                  .peer = route.path.peer.address,
                                                  .socket = route.socket,
                                                  .created_at = wall_clock(),
                                                  .created_by_admin = false,
                                                  .counted = !returning});
  return protocol::TunnelAdmission{std::move(settings), record.user()};
}

void Shard::withdraw_tunnel(std::uintptr_t user) { book_.forget({}, *TunnelRecord::of(user)); }

protocol::Secret Shard::secret_for(const protocol::Endpoint& peer) {
  const auto config = options_.profiles->for_incoming_tunnel(peer.address, {}, options_.system);
  return config ? config->settings->secret : protocol::Secret{};
}

tl::expected<protocol::SessionAdmission, Refusal>
Shard::admit_session(protocol::TunnelId id, std::uintptr_t tunnel_user, const protocol::Message& request) {
  if (options_.system.drain)
    return tl::unexpected(Refusal{RefusalCause::denied, make_reason(CdnResult::no_facilities_temporary,
                                                                    GeneralError::none, "no new calls here for now")});
  const bool incoming = std::holds_alternative<protocol::Icrq>(request);
  const TunnelRecord* tunnel = TunnelRecord::of(tunnel_user);
  // ICRQ wants an LNS, OCRQ a LAC: the peer profile may let us be only one of them.
  const TunnelMode wanted = incoming ? TunnelMode::lns : TunnelMode::lac;
  const TunnelMode allowed = tunnel->config->allowed_mode;
  if (allowed != TunnelMode::lac_lns && allowed != wanted)
    return tl::unexpected(
        Refusal{RefusalCause::denied,
                make_reason(CdnResult::no_facilities_permanent, GeneralError::none,
                            incoming ? "no incoming calls to this LAC" : "no outgoing calls by this LNS")});
  if (auto judged = ask_policies(id, request); !judged) return tl::unexpected(std::move(judged.error()));
  if (!count_session())
    return tl::unexpected(Refusal{RefusalCause::limit, make_reason(CdnResult::no_facilities_temporary,
                                                                   GeneralError::none, "session limit is reached")});
  auto config = options_.profiles->for_incoming_session(
      *tunnel->config, incoming ? SessionType::lns_incoming : SessionType::lac_outgoing, options_.system);
  std::shared_ptr<const protocol::SessionSettings> settings = config->settings;
  const SessionRecord& record = book_.make_session(std::move(config), plugins_->next_turn(), wall_clock(), false);
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
