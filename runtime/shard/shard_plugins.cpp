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

} // namespace

using protocol::CdnResult;
using protocol::GeneralError;
using protocol::make_reason;

// ---- the shard as its plugin host sees it

// The engine forgets a session before its plugin and the observers hear of the end; until they have heard, its token is
// good.
bool Shard::has_session(const SessionKey& key) const { return book_.session(key) != nullptr; }

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
    events_->report(MonitorEvent::Kind::ppp_up, key.tunnel, key.session, ppp_up_text(key, facts));
    ppp_->end_set_up(record);
  } else if (plugins_->ppp_is_up(key.tunnel, key.session)) {
    if (facts != nullptr && facts->peer_ipv4 && !std::exchange(record.ppp_logged_ipv4, true))
      events_->log(
          ppp_up_text(key, facts)); // IPV6CP came first; who looks for an IPv4 address in the log finds it, too
    if (events_->watched()) events_->publish(MonitorEvent::Kind::session_changed, key.tunnel, key.session);
  }
  events_->tell(OPENL2TP_EVENT_PPP_UP, key, {});
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

// The shard ends: what is left is forgotten with it.
void Shard::tell_end() {
  if (!engine_ || !events_->has_observers()) return;
  for (const protocol::TunnelId id : engine_->tunnels())
    if (TunnelRecord* record = record_of(id)) events_->tell_deleted(id, *record);
  for (const auto& [id, record] : book_.waiting())
    events_->tell_deleted(id, *record);
}

} // namespace openl2tp::runtime
