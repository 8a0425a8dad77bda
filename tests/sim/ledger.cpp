#include "tests/sim/ledger.hpp"

#include <string>

#include "tests/sim/violation.hpp"

namespace openl2tp::protocol::sim {

namespace {

std::string text(TunnelId tunnel) { return "tunnel " + std::to_string(tunnel.value); }
std::string text(TunnelId tunnel, SessionId session) {
  return text(tunnel) + " session " + std::to_string(session.value);
}

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};

} // namespace

void Users::give_back(std::uintptr_t user) {
  require(live_.erase(user) == 1,
          [&] { return "user " + std::to_string(user) + " came back twice, or was never given"; });
}

const Ledger::TunnelEntry* Ledger::find(TunnelId tunnel) const {
  const auto it = tunnels_.find(tunnel);
  return it == tunnels_.end() ? nullptr : &it->second;
}

Ledger::TunnelEntry& Ledger::entry(TunnelId tunnel, const char* what) {
  const auto it = tunnels_.find(tunnel);
  require(it != tunnels_.end(), [&] { return std::string(what) + " of unknown " + text(tunnel); });
  return it->second;
}

Ledger::SessionEntry& Ledger::entry(TunnelId tunnel, SessionId session, const char* what) {
  TunnelEntry& owner = entry(tunnel, what);
  const auto it = owner.sessions.find(session);
  require(it != owner.sessions.end(), [&] { return std::string(what) + " of unknown " + text(tunnel, session); });
  return it->second;
}

void Ledger::opened(TunnelId tunnel) {
  require(tunnel.value != 0, [] { return std::string("tunnel id 0 was given out"); });
  require(tunnel.value % settings_.shards == settings_.shard, [&] { return text(tunnel) + " is of another class"; });
  require(tunnels_.try_emplace(tunnel).second, [&] { return text(tunnel) + " exists twice"; });
}

void Ledger::opened(TunnelId tunnel, SessionId session) {
  TunnelEntry& owner = entry(tunnel, "session");
  require(session.value != 0, [] { return std::string("session id 0 was given out"); });
  require(!owner.down, [&] { return text(tunnel, session) + " on a tunnel that is down"; });
  require(owner.sessions.try_emplace(session).second, [&] { return text(tunnel, session) + " exists twice"; });
  ++session_count_;
}

void Ledger::take(const Action& action, TimePoint now) {
  std::visit(Overloaded{
                 [](const SendDatagram&) {},
                 [&](const HandOver& over) {
                   require(over.shard < settings_.shards && over.shard != settings_.shard,
                           [&] { return "hand-over to shard " + std::to_string(over.shard); });
                 },
                 [&](const TunnelCreated& created) {
                   const auto it = gone_.find(created.tunnel);
                   // Where the class is nearly exhausted, resting ids are taken early.
                   const bool plenty = tunnels_.size() + gone_.size() < 65'536 / settings_.shards / 2;
                   require(it == gone_.end() || !plenty || now - it->second >= TunnelIds::retention,
                           [&] { return text(created.tunnel) + " came back too soon"; });
                   opened(created.tunnel);
                 },
                 [&](const TunnelUp& up) {
                   TunnelEntry& of = entry(up.tunnel, "TunnelUp");
                   require(!of.up && !of.down, [&] { return text(up.tunnel) + " came up twice, or after its end"; });
                   of.up = true;
                 },
                 [&](const TunnelDown& down) {
                   TunnelEntry& of = entry(down.tunnel, "TunnelDown");
                   require(!of.down, [&] { return text(down.tunnel) + " went down twice"; });
                   require(of.up == down.was_up, [&] { return text(down.tunnel) + " reports a wrong was_up"; });
                   require(of.sessions.empty(), [&] { return text(down.tunnel) + " went down before its sessions"; });
                   of.down = true;
                 },
                 [&](const TunnelGone& gone) {
                   require(entry(gone.tunnel, "TunnelGone").down,
                           [&] { return text(gone.tunnel) + " gone without TunnelDown"; });
                   users_.give_back(gone.user);
                   tunnels_.erase(gone.tunnel);
                   gone_[gone.tunnel] = now;
                 },
                 [&](const SessionCreated& created) {
                   require(entry(created.tunnel, "SessionCreated").up,
                           [&] { return text(created.tunnel, created.session) + " on a tunnel that is not up"; });
                   opened(created.tunnel, created.session);
                 },
                 [&](const SessionUp& up) {
                   SessionEntry& of = entry(up.tunnel, up.session, "SessionUp");
                   require(entry(up.tunnel, "SessionUp").up && !of.up,
                           [&] { return text(up.tunnel, up.session) + " came up twice, or before its tunnel"; });
                   of.up = true;
                 },
                 [&](const SessionEnded& ended) {
                   require(entry(ended.tunnel, ended.session, "SessionEnded").up == ended.was_up,
                           [&] { return text(ended.tunnel, ended.session) + " reports a wrong was_up"; });
                   users_.give_back(ended.user);
                   tunnels_[ended.tunnel].sessions.erase(ended.session);
                   --session_count_;
                 },
                 [&](const OpenBearer& bearer) {
                   SessionEntry& of = entry(bearer.tunnel, bearer.session, "OpenBearer");
                   require(!of.up && !of.bearer_asked,
                           [&] { return text(bearer.tunnel, bearer.session) + " asks for a bearer out of turn"; });
                   of.bearer_asked = true;
                 },
                 [&](const AccmReceived& accm) {
                   require(entry(accm.tunnel, accm.session, "AccmReceived").up,
                           [&] { return text(accm.tunnel, accm.session) + " got an ACCM before it was up"; });
                 },
             },
             action);
}

void Ledger::agree_in_number(const Engine& engine) const {
  require(engine.tunnel_count() == tunnels_.size(), [&] {
    return "the engine counts " + std::to_string(engine.tunnel_count()) + " tunnels, it reported " +
           std::to_string(tunnels_.size());
  });
  require(engine.session_count() == session_count_, [&] {
    return "the engine counts " + std::to_string(engine.session_count()) + " sessions, it reported " +
           std::to_string(session_count_);
  });
}

void Ledger::agree(const Engine& engine) const {
  agree_in_number(engine);
  std::size_t queued = 0;
  for (const auto& [id, mine] : tunnels_) {
    const Tunnel* theirs = engine.find(id);
    require(theirs != nullptr, [&] { return text(id) + " vanished without a report"; });
    require((theirs->state() == TunnelState::established) == (mine.up && !mine.down),
            [&] { return text(id) + " is " + std::string(name(theirs->state())) + ", which was not reported"; });
    require((theirs->state() >= TunnelState::closing) == mine.down,
            [&] { return text(id) + " is " + std::string(name(theirs->state())) + ", which was not reported"; });
    require(theirs->sessions().size() == mine.sessions.size(), [&] { return text(id) + " counts other sessions"; });
    for (const auto& [session, state] : mine.sessions) {
      const Session* one = engine.find(id, session);
      require(one != nullptr, [&] { return text(id, session) + " vanished without a report"; });
      require((one->state() == SessionState::established) == state.up, [&] {
        return text(id, session) + " is " + std::string(name(one->state())) + ", which was not reported";
      });
    }
    queued += theirs->channel().queued();
  }
  // Early arrivals take the rest; each channel holds at most its window of them.
  const std::size_t messages = engine.message_memory().messages;
  require(messages >= queued && messages <= queued + 1024 * tunnels_.size(),
          [&] { return "message pool: " + std::to_string(messages) + " nodes, queued " + std::to_string(queued); });
}

} // namespace openl2tp::protocol::sim
