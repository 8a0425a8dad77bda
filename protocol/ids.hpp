// The four kinds of id that RFC 2661 §3.1 speaks of, as types that do not convert into each other: ours and the peer's,
// of a tunnel and of a session. A header carries the id that its *recipient* assigned, so mixing the two ends is the
// classic mistake here.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>

namespace openl2tp::protocol {

template <class Tag>
struct Id {
  std::uint16_t value = 0; // 0 is never assigned: it means "not known yet"
  constexpr auto operator<=>(const Id&) const = default;
  constexpr explicit operator bool() const noexcept { return value != 0; }
};

using TunnelId = Id<struct LocalTunnelTag>;      // assigned by us; what the peer puts into its headers
using PeerTunnelId = Id<struct PeerTunnelTag>;   // assigned by the peer; what we put into our headers
using SessionId = Id<struct LocalSessionTag>;    // assigned by us; unique within its tunnel
using PeerSessionId = Id<struct PeerSessionTag>; // assigned by the peer; unique within its tunnel

} // namespace openl2tp::protocol

template <class Tag>
struct std::hash<openl2tp::protocol::Id<Tag>> {
  std::size_t operator()(const openl2tp::protocol::Id<Tag>& id) const noexcept { return id.value; }
};
