// A shard and its plugins: what they report, what they are told and what they are asked. How PPP comes up is
// shard_ppp.cpp's business.
#include <algorithm>
#include <string>
#include <utility>
#include <variant>

#include "runtime/plugin/ppp_params.hpp"
#include "runtime/shard/shard.hpp"
#include "runtime/trace/escape.hpp"

namespace openl2tp::runtime {

namespace {

protocol::IpAddress address_of(const std::array<std::uint8_t, 4>& octets) {
  protocol::IpAddress address = protocol::IpAddress::any_v4();
  std::ranges::copy(octets, address.octets.begin());
  return address;
}
/// The link-local address with this interface identifier (RFC 4291 section 2.5.6).
protocol::IpAddress address_of(const std::array<std::uint8_t, 8>& identifier) {
  protocol::IpAddress address{.family = 6, .octets = {0xfe, 0x80}};
  std::ranges::copy(identifier, address.octets.begin() + 8);
  return address;
}
template <std::size_t Size>
std::optional<protocol::IpAddress> address_of(const std::optional<std::array<std::uint8_t, Size>>& octets) {
  return octets ? std::optional(address_of(*octets)) : std::nullopt;
}

std::string_view data_path_text(std::uint32_t data_path) {
  switch (data_path) {
  case OPENL2TP_DATA_PATH_KERNEL: return "kernel";
  case OPENL2TP_DATA_PATH_FRAMES: return "frames";
  default: return "none";
  }
}

PppPhase phase_of(std::uint32_t told) {
  switch (told) {
  case OPENL2TP_PPP_PHASE_LCP: return PppPhase::lcp;
  case OPENL2TP_PPP_PHASE_AUTHENTICATING: return PppPhase::authenticating;
  case OPENL2TP_PPP_PHASE_NETWORK: return PppPhase::network;
  case OPENL2TP_PPP_PHASE_UP: return PppPhase::up;
  case OPENL2TP_PPP_PHASE_TERMINATING: return PppPhase::terminating;
  default: return PppPhase::starting;
  }
}

std::uint32_t type_flags(SessionType type) {
  return (is_lns(type) ? OPENL2TP_OBJECT_LNS : 0U) | (is_outgoing(type) ? OPENL2TP_OBJECT_OUTGOING : 0U);
}

} // namespace

using protocol::CdnResult;
using protocol::GeneralError;
using protocol::make_reason;

// ---- the shard as its plugin host sees it

// The engine forgets a session before its plugin and the observers hear of the end; until they have heard, its token is
// good.
bool Shard::has_session(const SessionKey& key) const { return book_.session(key) != nullptr; }

std::optional<Shard::LiveSession> Shard::find_live(const SessionKey& key) const {
  protocol::Tunnel* const tunnel = engine_->find(key.tunnel);
  protocol::Session* const session = tunnel == nullptr ? nullptr : tunnel->find(key.session);
  if (session == nullptr) return std::nullopt;
  TunnelRecord* const owner = TunnelRecord::of(tunnel->user());
  SessionRecord* const record = SessionRecord::of(session->user());
  if (owner == nullptr || record == nullptr || record->turn != key.turn) return std::nullopt;
  return LiveSession{*tunnel, *session, *owner, *record};
}

std::uint32_t Shard::trace_mask(const SessionKey& key) const {
  if (const auto live = find_live(key)) return live->session.trace_mask();
  const SessionRecord* ended = book_.session(key);
  return ended == nullptr ? 0 : ended->config->settings->trace | admission_->system().trace;
}

void Shard::trace(const SessionKey& key, std::uint32_t category, std::string_view line) {
  trace_->note(category, key.tunnel, key.session, line);
}

std::optional<SessionKey> Shard::key_of_session(protocol::TunnelId tunnel, protocol::SessionId session) const {
  const protocol::Session* found = engine_->find(tunnel, session);
  if (found == nullptr) return std::nullopt;
  const SessionRecord* record = SessionRecord::of(found->user());
  if (record == nullptr) return std::nullopt;
  return SessionKey{tunnel, session, record->turn};
}

// ---- PPP

void Shard::perform(const protocol::AccmReceived& action) {
  const protocol::Session* session = engine_->find(action.tunnel, action.session);
  if (session != nullptr && session->peer().extras)
    plugins_->tell_accm(action.tunnel, action.session, session->peer().extras->accm);
}

// ---- bearers

void Shard::perform(const protocol::OpenBearer& action) {
  const protocol::Session* session = engine_->find(action.tunnel, action.session);
  const auto key = key_of_session(action.tunnel, action.session);
  if (session == nullptr || !key) return;
  if (!plugins_->places_calls()) {
    // The far side of the call is taken to answer at once, at the speed of the session's profile.
    const protocol::BearerSpeeds speeds{session->settings().tx_connect_speed, session->settings().rx_connect_speed};
    static_cast<void>(engine_->bearer_up(action.tunnel, action.session, speeds, loop_->now()));
    return;
  }
  const protocol::SessionPeer& peer = session->peer();
  openl2tp_bearer_params params{};
  params.struct_size = sizeof params;
  params.tunnel_id = action.tunnel.value;
  params.session_id = action.session.value;
  params.minimum_bps = peer.minimum_bps;
  params.maximum_bps = peer.maximum_bps;
  params.framing_type = framing_bits(peer.framing_type);
  params.bearer_type = bearer_bits(peer.bearer_type);
  if (peer.extras) {
    params.called_number = peer.extras->called_number.data();
    params.called_number_length = peer.extras->called_number.size();
    params.sub_address = peer.extras->sub_address.data();
    params.sub_address_length = peer.extras->sub_address.size();
  }
  if (!plugins_->open_bearer(*key, params))
    static_cast<void>(engine_->bearer_failed(
        action.tunnel, action.session, make_reason(CdnResult::no_facilities_permanent, GeneralError::none, "no bearer"),
        loop_->now()));
}

// ---- what plugins report

void Shard::handle_plugin_events() {
  if (!plugins_->has_events()) return;
  for (const PluginEvent& event : plugins_->take_events()) {
    if (!find_live(event.key)) continue; // an event before this one has ended it
    const protocol::TunnelId tunnel = event.key.tunnel;
    const protocol::SessionId session = event.key.session;
    switch (event.kind) {
    case PluginEvent::Kind::ppp_up:
    case PluginEvent::Kind::ppp_facts: note_ppp_facts(event.key, event.kind == PluginEvent::Kind::ppp_up); break;
    case PluginEvent::Kind::ppp_accm:
      static_cast<void>(engine_->send_accm(tunnel, session, event.accm, loop_->now())); // as LAC nobody wants it
      break;
    case PluginEvent::Kind::bearer_up:
      static_cast<void>(engine_->bearer_up(tunnel, session, {event.tx_bps, event.rx_bps}, loop_->now()));
      break;
    case PluginEvent::Kind::bearer_failed: // before the call was placed; later it is a call that is lost
      if (!engine_->bearer_failed(tunnel, session, event.reason, loop_->now()))
        static_cast<void>(engine_->close_session(tunnel, session, event.reason, loop_->now()));
      break;
    case PluginEvent::Kind::ppp_down:
    case PluginEvent::Kind::close:
      static_cast<void>(engine_->close_session(tunnel, session, event.reason, loop_->now()));
      break;
    }
  }
}

// PPP is up, or its plugin knows more of it.
void Shard::note_ppp_facts(const SessionKey& key, bool is_up) {
  const auto live = find_live(key);
  if (!live) return;
  const PppFacts* facts = plugins_->facts(key.tunnel, key.session);
  SessionRecord& record = live->record;
  if (facts != nullptr && !facts->user_name.empty()) book_.note_user(key.tunnel, key.session, record);
  if (is_up) {
    record.ppp_up_at = wall_clock();
    record.ppp_logged_ipv4 = facts != nullptr && facts->peer_ipv4.has_value();
    report(MonitorEvent::Kind::ppp_up, key.tunnel, key.session, ppp_up_text(key, facts));
    end_set_up(record);
  } else if (plugins_->ppp_is_up(key.tunnel, key.session)) {
    if (facts != nullptr && facts->peer_ipv4 && !std::exchange(record.ppp_logged_ipv4, true))
      log_event(ppp_up_text(key, facts)); // IPV6CP came first; who looks for an IPv4 address in the log finds it, too
    if (options_.group->events.wanted())
      options_.group->events.publish({.kind = MonitorEvent::Kind::session_changed,
                                      .tunnel_id = key.tunnel.value,
                                      .session_id = key.session.value,
                                      .text = {}});
  }
  observe(OPENL2TP_EVENT_PPP_UP, key, {});
}

PppReport Shard::ppp_report(protocol::TunnelId tunnel, protocol::SessionId session, const SessionRecord& record) const {
  PppReport report;
  report.up_at = record.ppp_up_at;
  if (record.setting_up) report.phase = PppPhase::starting; // maybe its data path is being made
  const Plugin* provider = plugins_->provider_of(tunnel, session);
  if (provider == nullptr) return report;
  report.plugin = provider->name();
  report.data_path = data_path_text(record.data_path);
  const bool up = plugins_->ppp_is_up(tunnel, session);
  if (up)
    report.phase = PppPhase::up;
  else if (record.data_path != OPENL2TP_DATA_PATH_NONE)
    report.phase = PppPhase::starting;
  const PppFacts* facts = plugins_->facts(tunnel, session);
  if (facts == nullptr) return report;
  if (facts->phase != 0) report.phase = phase_of(facts->phase);
  report.interface_name = facts->interface_name;
  report.user_name = facts->user_name;
  report.auth_method = facts->auth_method;
  report.unit = facts->unit;
  report.process = facts->process;
  report.local_ipv4 = address_of(facts->local_ipv4);
  report.peer_ipv4 = address_of(facts->peer_ipv4);
  report.local_ipv6 = address_of(facts->local_ipv6);
  report.peer_ipv6 = address_of(facts->peer_ipv6);
  report.mtu = facts->mtu;
  report.mru = facts->mru;
  return report;
}

std::string Shard::ppp_up_text(const SessionKey& key, const PppFacts* facts) {
  std::string text =
      "tunnel " + std::to_string(key.tunnel.value) + " session " + std::to_string(key.session.value) + " carries PPP";
  if (facts == nullptr) return text;
  if (!facts->interface_name.empty()) {
    text += ", interface ";
    append_quoted(text, facts->interface_name);
  }
  if (!facts->user_name.empty()) {
    text += ", user ";
    append_quoted(text, facts->user_name);
  }
  if (facts->peer_ipv4) text += ", peer has " + to_string(address_of(*facts->peer_ipv4));
  if (facts->peer_ipv6) text += (facts->peer_ipv4 ? " and " : ", peer has ") + to_string(address_of(*facts->peer_ipv6));
  return text;
}

// ---- what observers are told

void Shard::observe(std::uint32_t event, const SessionKey& key, const protocol::Reason& reason) {
  if (!plugins_->has_observers()) return;
  const protocol::Session* session = engine_->find(key.tunnel, key.session);
  const protocol::Tunnel* tunnel = engine_->find(key.tunnel);
  if (session == nullptr || tunnel == nullptr) return;
  SessionRecord& record = *SessionRecord::of(session->user());
  if (event == OPENL2TP_EVENT_CREATED) record.observed = true;
  openl2tp_session_facts facts{};
  facts.flags = type_flags(session->type());
  facts.peer_tunnel_id = tunnel->peer_id().value;
  facts.peer_session_id = session->peer_id().value;
  observe(event, key, record, facts, reason);
}

// For a session that the engine may have forgotten already: what is known without it is in `record` and `facts`.
void Shard::observe(std::uint32_t event, const SessionKey& key, const SessionRecord& record,
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
  const PppFacts* ppp = plugins_->facts(key.tunnel, key.session);
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
  plugins_->observe(event, facts);
}

void Shard::observe_ended(const protocol::SessionEnded& action, const SessionRecord& record) {
  if (!plugins_->has_observers()) return;
  const SessionKey key{action.tunnel, action.session, record.turn};
  openl2tp_session_facts facts{};
  facts.flags = type_flags(action.type);
  facts.peer_tunnel_id = action.peer_tunnel.value;
  facts.peer_session_id = action.peer_session.value;
  observe(OPENL2TP_EVENT_DOWN, key, record, facts, action.reason);
  observe(OPENL2TP_EVENT_DELETED, key, record, facts, action.reason);
}

void Shard::observe_created(protocol::TunnelId id) {
  if (!plugins_->has_observers()) return;
  const protocol::Tunnel* tunnel = engine_->find(id);
  if (tunnel == nullptr) return; // it ended in the turn that made it: nothing will be said
  TunnelRecord& record = *TunnelRecord::of(tunnel->user());
  record.observed = std::make_unique<ObservedTunnel>();
  observe(OPENL2TP_EVENT_CREATED, id, record, {});
}

// What the engine knows of it counts as long as it does; then what it knew when observers heard of it last.
void Shard::observe(std::uint32_t event, protocol::TunnelId id, const TunnelRecord& record,
                    const protocol::Reason& reason) {
  if (!record.observed) return;
  ObservedTunnel& told = *record.observed;
  if (const protocol::Tunnel* tunnel = engine_->find(id); tunnel != nullptr && tunnel->user() == record.user()) {
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
  plugins_->observe(event, facts);
}

void Shard::observe_deleted(protocol::TunnelId id, TunnelRecord& record) {
  observe(OPENL2TP_EVENT_DELETED, id, record, {});
  if (const auto told = std::exchange(record.observed, nullptr); told && !told->local.is_unspecified())
    note_peer(record.peer, told->local, false);
}

// The shard ends: what is left is forgotten with it.
void Shard::observe_end() {
  if (!plugins_->has_observers() || !engine_) return;
  for (const protocol::TunnelId id : engine_->tunnels())
    if (TunnelRecord* record = record_of(id)) observe_deleted(id, *record);
  for (const auto& [id, record] : book_.waiting())
    observe_deleted(id, *record);
}

void Shard::note_peer(const protocol::IpAddress& peer, const protocol::IpAddress& local, bool begins) {
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
  plugins_->observe(begins ? OPENL2TP_EVENT_CREATED : OPENL2TP_EVENT_DELETED, facts);
}

} // namespace openl2tp::runtime
