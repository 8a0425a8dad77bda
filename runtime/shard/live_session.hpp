// A checked look at a session that may have ended.
#pragma once

#include <optional>

#include "protocol/engine.hpp"
#include "runtime/plugin/host.hpp"
#include "runtime/shard/records.hpp"

namespace openl2tp::runtime {

/// A session with all that belongs to it. Good until the next wait, pump or call into a plugin: then look again.
struct LiveSession {
  protocol::Tunnel& tunnel;
  protocol::Session& session;
  TunnelRecord& owner;
  SessionRecord& record;
};

/// nullopt when the engine has forgotten the session, or has another with its ids.
[[nodiscard]] inline std::optional<LiveSession> find_live(const protocol::Engine& engine, const SessionKey& key) {
  protocol::Tunnel* const tunnel = engine.find(key.tunnel);
  protocol::Session* const session = tunnel == nullptr ? nullptr : tunnel->find(key.session);
  if (session == nullptr) return std::nullopt;
  TunnelRecord* const owner = TunnelRecord::of(tunnel->user());
  SessionRecord* const record = SessionRecord::of(session->user());
  if (owner == nullptr || record == nullptr || record->turn != key.turn) return std::nullopt;
  return LiveSession{*tunnel, *session, *owner, *record};
}

} // namespace openl2tp::runtime
