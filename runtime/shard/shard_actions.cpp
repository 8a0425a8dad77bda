// Performing what the engine wants done, and carrying the plugins' reports back to it.
#include <chrono>
#include <string>
#include <utility>
#include <variant>

#include "runtime/shard/shard.hpp"
#include "runtime/trace/escape.hpp"

namespace openl2tp::runtime {

namespace {

std::string tunnel_text(protocol::TunnelId id) { return "tunnel " + std::to_string(id.value); }

std::string session_text(protocol::TunnelId tunnel, protocol::SessionId session) {
  return tunnel_text(tunnel) + " session " + std::to_string(session.value);
}

std::string reason_text(protocol::EndCause cause, const protocol::Reason& reason) {
  std::string text(name(cause));
  if (reason.result == 0) return text;
  text += ", result " + std::to_string(reason.result) + " error " + std::to_string(reason.error);
  if (!reason.text.empty()) {
    text += ' ';
    append_quoted(text, reason.text);
  }
  return text;
}

} // namespace

// Performing may give the engine new work (a plugin that refuses a session, say), so it goes round until nothing is
// left.
void Shard::pump() {
  if (pumping_) return; // a plugin called back from inside an action: the outer round takes it up
  pumping_ = true;
  unpumped_ = false;
  do {
    handle_plugin_events(); // first: what plugins reported since the last round gives the engine work
    engine_->take_actions(batch_);
    for (const protocol::Action& action : batch_.actions)
      std::visit([this](const auto& one) { perform(one); }, action);
  } while (!batch_.actions.empty() || plugins_->has_events());
  pumping_ = false;
}

void Shard::perform(const protocol::SendDatagram& action) {
  if (faults_.drops_sent() && lose_sent(action)) [[unlikely]]
    return;
  UdpEndpoint* from = sockets_->find(action.route.socket);
  if (from == nullptr || !from->send_tagged(action.route.path, batch_.octets(action.octets), action.tunnel.value))
    engine_->note_send_failure(action.tunnel, batch_.octets(action.octets));
}

void Shard::perform(const protocol::HandOver& action) {
  const protocol::Octets octets = batch_.octets(action.octets);
  Shard& other = *options_.group->shards[action.shard];
  const bool taken = other.post([&other, copy = std::vector<std::byte>(octets.begin(), octets.end()),
                                 route = action.route] { other.take_over(copy, route); });
  if (!taken) ++engine_->counters().event_queue_full;
}

void Shard::perform(const protocol::TunnelCreated& action) {
  if (const protocol::Tunnel* tunnel = engine_->find(action.tunnel))
    book_.note_path(*TunnelRecord::of(tunnel->user()), tunnel->route().path);
  events_->tell_created(action.tunnel);
  if (!events_->watched()) return; // not worth a log line: that it came up, or did not, is
  if (const protocol::Tunnel* tunnel = engine_->find(action.tunnel))
    events_->publish(MonitorEvent::Kind::tunnel_created, action.tunnel, {},
                     tunnel_text(action.tunnel) + " is asked for by " + to_string(tunnel->route().path.peer));
}

void Shard::perform(const protocol::TunnelUp& action) {
  const protocol::Tunnel* tunnel = engine_->find(action.tunnel);
  if (tunnel == nullptr) return;
  std::string line = tunnel_text(action.tunnel) + " is up: peer " + to_string(tunnel->route().path.peer) + " tunnel " +
                     std::to_string(tunnel->peer_id().value) + " host name ";
  append_quoted(line, tunnel->peer().host_name);
  events_->report(MonitorEvent::Kind::tunnel_up, action.tunnel, {}, std::move(line));
  TunnelRecord& record = *TunnelRecord::of(tunnel->user());
  book_.begin_counting(record);
  record.attempts = 0;
  events_->tell(OPENL2TP_EVENT_UP, action.tunnel, record, {});
  reopen_sessions(action.tunnel); // those that ended before it was up
}

void Shard::perform(const protocol::TunnelDown& action) {
  if (TunnelRecord* ended = TunnelRecord::of(action.user)) {
    events_->tell(OPENL2TP_EVENT_DOWN, action.tunnel, *ended, action.reason);
    if (!ended->persists()) book_.give_up_path(*ended); // one that comes back keeps its ports
  }
  std::string why = reason_text(action.cause, action.reason);
  if (const TunnelRecord* ended = TunnelRecord::of(action.user);
      ended != nullptr && action.cause == protocol::EndCause::peer_silent)
    if (const std::string trouble = trouble_of(ended->peer); !trouble.empty()) why += " (" + trouble + ")";
  events_->report(MonitorEvent::Kind::tunnel_down, action.tunnel, {},
                  tunnel_text(action.tunnel) + (action.was_up ? " is down: " : " did not come up: ") + why);
  if (kernel_path_) kernel_path_->close_tunnel(action.tunnel);
  // While our StopCCN waits for its acknowledgement it no longer takes a name or a place.
  TunnelRecord* record = record_of(action.tunnel);
  if (record == nullptr || (record->persists() && !shutdown_.is_set())) return;
  book_.give_up_name(action.tunnel, *record);
  book_.stop_counting(*record);
}

void Shard::perform(const protocol::TunnelGone& action) {
  frames_path_->forget_tunnel(action.tunnel);
  TunnelRecord* record = TunnelRecord::of(action.user);
  if (record == nullptr) return;
  if (events_->watched())
    events_->publish(MonitorEvent::Kind::tunnel_gone, action.tunnel, {}, tunnel_text(action.tunnel) + " is forgotten");
  if (record->persists() && !shutdown_.is_set()) return keep_for_revival(action.tunnel, record);
  if (action.last) hold(*action.last, *record);
  forget_tunnel(action.tunnel, *record);
}

void Shard::forget_tunnel(protocol::TunnelId tunnel, TunnelRecord& record) {
  events_->tell_deleted(tunnel, record);
  sockets_->release(record.socket);
  book_.forget(tunnel, record);
}

void Shard::perform(const protocol::SessionCreated& action) {
  const auto key = key_of_session(action.tunnel, action.session);
  if (!key) return; // it has ended already: nobody hears of it
  const auto live = find_live(*key);
  if (!live) return;
  book_.enter(action.tunnel, action.session, live->owner, live->record);
  events_->tell(OPENL2TP_EVENT_CREATED, *key, {});
}

void Shard::perform(const protocol::SessionUp& action) {
  const protocol::Session* session = engine_->find(action.tunnel, action.session);
  if (session == nullptr) return;
  events_->report(MonitorEvent::Kind::session_up, action.tunnel, action.session,
                  session_text(action.tunnel, action.session) + " is up: peer session " +
                      std::to_string(session->peer_id().value));
  const auto key = key_of_session(action.tunnel, action.session);
  if (!key) return;
  events_->tell(OPENL2TP_EVENT_UP, *key, {});
  ppp_->start(*key);
}

void Shard::perform(const protocol::SessionEnded& action) {
  SessionRecord* record = SessionRecord::of(action.user);
  if (record != nullptr) events_->tell_ended(action, *record);
  PppReport ppp; // its plugin will know nothing of it any more
  if (action.last && record != nullptr) {
    ppp = ppp_report(action.tunnel, action.session, *record);
    if (ppp.phase != PppPhase::none) {
      ppp.phase = PppPhase::ended;
      ppp.end_reason = reason_text(action.cause, action.reason);
    }
  }
  ppp_->end(action, record);
  events_->report(MonitorEvent::Kind::session_down, action.tunnel, action.session,
                  session_text(action.tunnel, action.session) + (action.was_up ? " is down: " : " did not come up: ") +
                      reason_text(action.cause, action.reason));
  if (record == nullptr) return;
  // The engine may have forgotten the tunnel in the same call; those that the operator made are known here as well.
  TunnelRecord* owner = book_.made_by_admin(action.tunnel);
  if (owner == nullptr) owner = record_of(action.tunnel);
  if (action.last) hold(action, owner, std::move(ppp));
  const bool comes_back =
      owner != nullptr && owner->persists() && record->created_by_admin && !record->deleted && !shutdown_.is_set();
  const std::shared_ptr<const SessionConfig> config = record->config;
  const std::int64_t created_at = record->created_at;
  book_.forget(action.tunnel, action.session, owner, *record);
  if (!comes_back) return;
  static_cast<void>(book_.keep(*owner, action.session, config, created_at));
  // Where the tunnel stands, the call alone is tried again.
  const protocol::Tunnel* tunnel = engine_->find(action.tunnel);
  if (tunnel != nullptr && tunnel->state() == protocol::TunnelState::established)
    retry_later(action.tunnel, action.session, *TunnelBook::waiting(*owner, action.session));
}

} // namespace openl2tp::runtime
