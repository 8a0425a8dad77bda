// A shard's answers to its engine: who may have a tunnel or a call, from limits and profiles.
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
  const std::uint32_t before = options_.group->tunnels.fetch_add(1, std::memory_order_relaxed);
  if (limit == 0 || before < limit) return true;
  options_.group->tunnels.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

bool Shard::count_session() noexcept {
  const std::uint32_t limit = options_.system.sessions_max;
  const std::uint32_t before = options_.group->sessions.fetch_add(1, std::memory_order_relaxed);
  if (limit == 0 || before < limit) return true;
  options_.group->sessions.fetch_sub(1, std::memory_order_relaxed);
  return false;
}

tl::expected<protocol::TunnelAdmission, Refusal> Shard::admit_tunnel(const protocol::Route& route,
                                                                     const protocol::Sccrq& request) {
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
  if (!count_tunnel())
    return tl::unexpected(
        Refusal{RefusalCause::limit, make_reason(StopResult::general_error, GeneralError::insufficient_resources,
                                                 "tunnel limit is reached")});
  auto record = std::make_unique<TunnelRecord>();
  record->created_at = wall_clock();
  record->peer = route.path.peer.address;
  record->config_id = config_ids_.take(record->peer);
  record->socket = route.socket;
  std::shared_ptr<const protocol::TunnelSettings> settings = config->settings;
  profile_uses_.take(*config->in_force.peer_profile_name);
  record->config = std::move(config);
  return protocol::TunnelAdmission{std::move(settings), record.release()->user()};
}

void Shard::stop_counting(TunnelRecord& record) noexcept {
  if (!record.counted) return;
  record.counted = false;
  options_.group->tunnels.fetch_sub(1, std::memory_order_relaxed);
}

void Shard::withdraw_tunnel(std::uintptr_t user) { discard(TunnelRecord::of(user)); }

protocol::Secret Shard::secret_for(const protocol::Endpoint& peer) {
  const auto config = options_.profiles->for_incoming_tunnel(peer.address, {}, options_.system);
  return config ? config->settings->secret : protocol::Secret{};
}

tl::expected<protocol::SessionAdmission, Refusal>
Shard::admit_session(protocol::TunnelId id, std::uintptr_t tunnel_user, const protocol::Message& request) {
  if (options_.system.drain)
    return tl::unexpected(Refusal{RefusalCause::denied, make_reason(CdnResult::no_facilities_temporary,
                                                                    GeneralError::none, "no new calls here for now")});
  if (auto judged = ask_policies(id, request); !judged) return tl::unexpected(std::move(judged.error()));
  if (!count_session())
    return tl::unexpected(Refusal{RefusalCause::limit, make_reason(CdnResult::no_facilities_temporary,
                                                                   GeneralError::none, "session limit is reached")});
  const bool incoming = std::holds_alternative<protocol::Icrq>(request);
  const TunnelRecord* tunnel = TunnelRecord::of(tunnel_user);
  auto record = std::make_unique<SessionRecord>();
  record->turn = plugins_->next_turn();
  record->created_at = wall_clock();
  record->config = options_.profiles->for_incoming_session(
      *tunnel->config, incoming ? SessionType::lns_incoming : SessionType::lac_outgoing, options_.system);
  std::shared_ptr<const protocol::SessionSettings> settings = record->config->settings;
  return protocol::SessionAdmission{std::move(settings), record.release()->user()};
}

void Shard::withdraw_session(std::uintptr_t user) { discard(SessionRecord::of(user)); }

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

void Shard::discard(TunnelRecord* record) noexcept {
  if (record == nullptr) return;
  if (!record->config_id_given) config_ids_.give_back(record->peer, record->config_id);
  profile_uses_.give_back(*record->config->in_force.peer_profile_name);
  stop_counting(*record);
  forget_path(*record);
  delete record;
}

void Shard::discard(SessionRecord* record) noexcept {
  if (record == nullptr) return;
  options_.group->sessions.fetch_sub(1, std::memory_order_relaxed);
  delete record;
}

} // namespace openl2tp::runtime
