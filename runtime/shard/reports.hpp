// What the management sees of a tunnel or session, gathered from engine and record. Copies; nothing refers to the
// shard.
#pragma once

#include "protocol/session/session.hpp"
#include "protocol/tunnel/tunnel.hpp"
#include "runtime/control.hpp"
#include "runtime/shard/records.hpp"

namespace openl2tp::runtime {

[[nodiscard]] TunnelReport make_report(const protocol::Tunnel& tunnel, const TunnelRecord& record, TunnelMode mode);
/// Of a persistent tunnel that waits to be tried again, between the addresses and ports of `path`: its state is RETRY.
[[nodiscard]] TunnelReport make_report(protocol::TunnelId id, const TunnelRecord& record, const protocol::Path& path);
/// Likewise of a session.
[[nodiscard]] SessionReport make_report(protocol::SessionId id, const WaitingSession& waiting);
/// Without the tunnel's id and name.
[[nodiscard]] SessionReport make_report(const protocol::Session& session, const SessionRecord& record);

} // namespace openl2tp::runtime
