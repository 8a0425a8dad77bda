#include "runtime/shard/event_bus.hpp"

#include <string>
#include <utility>

#include "protocol/session/session.hpp"
#include "protocol/tunnel/tunnel.hpp"
#include "runtime/plugin/ppp_params.hpp"

namespace openl2tp::runtime {

namespace {

std::uint32_t type_flags(SessionType type) {
  return (is_lns(type) ? OPENL2TP_OBJECT_LNS : 0U) | (is_outgoing(type) ? OPENL2TP_OBJECT_OUTGOING : 0U);
}

} // namespace

// ---- log and monitor

void EventBus::log(const std::string& line) {
  if (lines_.take(loop_.now())) log_.info(line);
}

void EventBus::warn(const std::string& line) {
  if (lines_.take(loop_.now())) log_.warning(line);
}

void EventBus::log_held_back() {
  const std::uint64_t held_back = lines_.take_report(loop_.now());
  if (held_back != 0) log_.info(std::to_string(held_back) + " more tunnel and session events not logged");
}

void EventBus::report(MonitorEvent::Kind kind, protocol::TunnelId tunnel, protocol::SessionId session,
                      std::string line) {
  log(line);
  if (watched()) publish(kind, tunnel, session, std::move(line));
}

void EventBus::publish(MonitorEvent::Kind kind, protocol::TunnelId tunnel, protocol::SessionId session,
                       std::string text) {
  MonitorEvent event{.kind = kind,
                     .at = environment_.wall_clock().count(),
                     .tunnel_id = tunnel.value,
                     .session_id = session.value,
                     .text = std::move(text)};
  if (const protocol::Tunnel* found = engine_.find(tunnel)) event.peer_tunnel_id = found->peer_id().value;
  if (const protocol::Session* found = engine_.find(tunnel, session)) event.peer_session_id = found->peer_id().value;
  monitor_.publish(std::move(event));
}

// ---- observers

void EventBus::tell(std::uint32_t event, const SessionKey& key, const protocol::Reason& reason) {
  if (!plugins_.has_observers()) return;
  const protocol::Session* session = engine_.find(key.tunnel, key.session);
  const protocol::Tunnel* tunnel = engine_.find(key.tunnel);
  if (session == nullptr || tunnel == nullptr) return;
  SessionRecord& record = *SessionRecord::of(session->user());
  if (event == OPENL2TP_EVENT_CREATED) record.observed = true;
  openl2tp_session_facts facts{};
  facts.flags = type_flags(session->type());
  facts.peer_tunnel_id = tunnel->peer_id().value;
  facts.peer_session_id = session->peer_id().value;
  tell(event, key, record, facts, reason);
}

// For a session that the engine may have forgotten already: what is known without it is in `record` and `facts`.
void EventBus::tell(std::uint32_t event, const SessionKey& key, const SessionRecord& record,
                    openl2tp_session_facts& facts, const protocol::Reason& reason) {
  if (!record.observed) return; // it ended in the turn that made it: nothing was said, and nothing is
  facts.struct_size = sizeof facts;
  if (record.created_by_admin) facts.flags |= OPENL2TP_OBJECT_LOCAL;
  facts.token = token_of(key);
  facts.tunnel_id = key.tunnel.value;
  facts.session_id = key.session.value;
  facts.result_code = reason.result;
  facts.error_code = reason.error;
  facts.reason = reason.text.data();
  facts.reason_length = reason.text.size();
  if (const auto& name = record.config->in_force.session_name) {
    facts.session_name = name->data();
    facts.session_name_length = name->size();
  }
  const PppFacts* ppp = plugins_.facts(key.tunnel, key.session);
  if (const auto& user = record.config->in_force.user_name; ppp != nullptr && !ppp->user_name.empty()) {
    facts.user_name = ppp->user_name.data();
    facts.user_name_length = ppp->user_name.size();
  } else if (user) {
    facts.user_name = user->data();
    facts.user_name_length = user->size();
  }
  if (ppp != nullptr) {
    facts.interface_name = ppp->interface_name.data();
    facts.interface_name_length = ppp->interface_name.size();
  }
  plugins_.observe(event, facts);
}

void EventBus::tell_ended(const protocol::SessionEnded& action, const SessionRecord& record) {
  if (!plugins_.has_observers()) return;
  const SessionKey key{action.tunnel, action.session, record.turn};
  openl2tp_session_facts facts{};
  facts.flags = type_flags(action.type);
  facts.peer_tunnel_id = action.peer_tunnel.value;
  facts.peer_session_id = action.peer_session.value;
  tell(OPENL2TP_EVENT_DOWN, key, record, facts, action.reason);
  tell(OPENL2TP_EVENT_DELETED, key, record, facts, action.reason);
}

void EventBus::tell_created(protocol::TunnelId id) {
  if (!plugins_.has_observers()) return;
  const protocol::Tunnel* tunnel = engine_.find(id);
  if (tunnel == nullptr) return; // it ended in the turn that made it: nothing will be said
  TunnelRecord& record = *TunnelRecord::of(tunnel->user());
  record.observed = std::make_unique<ObservedTunnel>();
  tell(OPENL2TP_EVENT_CREATED, id, record, {});
}

// What the engine knows of it counts as long as it does; then what it knew when observers heard of it last.
void EventBus::tell(std::uint32_t event, protocol::TunnelId id, const TunnelRecord& record,
                    const protocol::Reason& reason) {
  if (!record.observed) return;
  ObservedTunnel& told = *record.observed;
  if (const protocol::Tunnel* tunnel = engine_.find(id); tunnel != nullptr && tunnel->user() == record.user()) {
    told.peer_tunnel = tunnel->peer_id();
    told.peer_host_name = tunnel->peer().host_name;
    const protocol::IpAddress& local = tunnel->route().path.local.address;
    if (told.local.is_unspecified() && !local.is_unspecified()) {
      told.local = local;
      note_peer(record.peer, local, true);
    }
  }
  const std::string address = to_string(record.peer);
  openl2tp_tunnel_facts facts{};
  facts.struct_size = sizeof facts;
  facts.flags = record.created_by_admin ? OPENL2TP_OBJECT_LOCAL : 0U;
  facts.tunnel_id = id.value;
  facts.peer_tunnel_id = told.peer_tunnel.value;
  facts.result_code = reason.result;
  facts.error_code = reason.error;
  facts.peer_address = address.data();
  facts.peer_address_length = address.size();
  facts.peer_host_name = told.peer_host_name.data();
  facts.peer_host_name_length = told.peer_host_name.size();
  if (const auto& name = record.config->in_force.tunnel_name) {
    facts.tunnel_name = name->data();
    facts.tunnel_name_length = name->size();
  }
  facts.reason = reason.text.data();
  facts.reason_length = reason.text.size();
  plugins_.observe(event, facts);
}

void EventBus::tell_deleted(protocol::TunnelId id, TunnelRecord& record) {
  tell(OPENL2TP_EVENT_DELETED, id, record, {});
  if (const auto told = std::exchange(record.observed, nullptr); told && !told->local.is_unspecified())
    note_peer(record.peer, told->local, false);
}

void EventBus::note_peer(const protocol::IpAddress& peer, const protocol::IpAddress& local, bool begins) {
  std::uint32_t& tunnels = observed_peers_[{peer, local}];
  if (begins ? ++tunnels != 1 : --tunnels != 0) return;
  if (!begins) observed_peers_.erase({peer, local});
  const std::string address = to_string(peer), ours = to_string(local);
  openl2tp_peer_facts facts{};
  facts.struct_size = sizeof facts;
  facts.peer_address = address.data();
  facts.peer_address_length = address.size();
  facts.local_address = ours.data();
  facts.local_address_length = ours.size();
  plugins_.observe(begins ? OPENL2TP_EVENT_CREATED : OPENL2TP_EVENT_DELETED, facts);
}

} // namespace openl2tp::runtime
